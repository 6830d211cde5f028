"""Keeping the list of organisations: adding one, and saying who speaks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.account import read_account
from campaign.chat import N_, Link, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import domain_of, normal_form, tidy_name, tidy_url
from commands.command import Choice, Context, Option, Reply, Rest, command, reply
from commands.organisations import authority, lookup

if TYPE_CHECKING:
    from storage.organisations import Organisation


@command(
    "org add",
    fr="org ajouter",
    help=N_("Add an organisation to the campaign."),
    example=N_("!org add Les Amis du libre url=https://amis.example.org"),
    admin=True,
)
def org_add(ctx: Context, name: Rest, *, url: Option = "") -> Reply:
    """Add an organisation, or enrol one that another campaign knows."""
    name, url = tidy_name(name), tidy_url(url) if url else ""
    storage = ctx.storage
    found = storage.organisations.find(normal_form(name))
    if found is not None and storage.campaigns.member(ctx.campaign.id, found.id) is not None:
        known = (
            say(N_("**{name}** was named in chat. It is on the list for good now."), name=found.name)
            if found.flagged
            else say(N_("**{name}** is on the list already."), name=found.name)
        )
        _vouch(ctx, found, url)
        site = (say(N_("Its website is {url} now."), url=Link(url)),) if url else ()
        return Reply((known, *site))
    if found is None and not ctx.confirmed:
        doubts, _ = lookup.doubted(ctx, name)
        if doubts:
            sure = say(
                N_("If **{name}** is one organisation and written so, say {confirm} or react with ✅."),
                name=name,
                confirm=Typed("confirm"),
            )
            return Reply((*doubts, sure), choices=(Choice("org add", {"name": name, "url": url}),))
    if found is None:
        found = storage.organisations.add(
            name, normal_form(name), ctx.now, website=url, domain=domain_of(url)
        )
    else:
        _vouch(ctx, found, url)
    storage.campaigns.enrol(ctx.campaign.id, found.id, ctx.now)
    storage.audit.note(
        "organisation added",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=found.id,
        website=found.website,
    )
    return reply(
        N_("**{name}** is on the list. To say who speaks for it: {rep}"),
        name=found.name,
        rep=Typed("org rep", "…"),
    )


def _vouch(ctx: Context, organisation: Organisation, url: str) -> None:
    """Take a known organisation as a campaigner names it: it is no stranger's any more, and has the site they give."""
    values = {"website": url, "domain": domain_of(url)} if url else {}
    before = {"flagged": organisation.flagged, **({"website": organisation.website} if url else {})}
    ctx.storage.organisations.change(organisation.id, flagged=False, **values)
    ctx.storage.audit.note(
        "organisation vouched for",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        organisation=organisation.id,
        before=before,
        after={"flagged": False, **({"website": url} if url else {})},
    )
    authority.prove_again(ctx.storage, ctx.house.public_providers, ctx.now, {organisation.id})


@command(
    "org rep",
    fr="org représentant",
    help=N_("Let an account speak for an organisation: a full Matrix ID or XMPP address."),
    example=N_("!org rep @camille:example.org Nuage Libre"),
    admin=True,
)
def org_rep(ctx: Context, who: str, organisation: Rest) -> Reply:
    """Make the person behind an account a representative; never a nick or a display name."""
    return _let_speak(ctx, who, organisation, N_("{who} may speak for **{name}** now."), deputy=False)


@command(
    "org deputy",
    fr="org suppléant",
    help=N_("Let an account speak for an organisation as a deputy: asked only where nobody else can be."),
    example=N_("!org deputy @camille:example.org Nuage Libre"),
    admin=True,
)
def org_deputy(ctx: Context, who: str, organisation: Rest) -> Reply:
    """Make the person behind an account a deputy, also if they were a representative before."""
    done = N_("{who} may speak for **{name}** now, as a deputy: I ask them only where I reach nobody else.")
    return _let_speak(ctx, who, organisation, done, deputy=True)


def _let_speak(ctx: Context, who: str, organisation: str, done: str, *, deputy: bool) -> Reply:
    address = read_account(who)
    room = ctx.storage.rooms.find(address.network, address.id)
    if room is not None and not room.direct:
        raise CampaignError(
            say(N_("“{typed}” is a room. Please write the account of a person."), typed=address.id)
        )
    found = lookup.organisation(ctx, organisation)
    if found.id in ctx.storage.campaigns.collectives():
        raise CampaignError(lookup.collective_answers(found))
    person = ctx.storage.people.ensure(address, "", ctx.now)
    ctx.storage.representatives.represent(found.id, person.id, "campaigner", ctx.now, deputy=deputy)
    ctx.storage.representatives.restore(found.id, person.id)
    ctx.storage.organisations.change(found.id, flagged=False)
    ctx.storage.audit.right(found.id, person.id, ctx.now, by=ctx.person.id, room=ctx.room.id, granted=True)
    return reply(done, who=address.id, name=found.name)


@command(
    "org revoke",
    fr="org révoquer",
    help=N_("Let an account no longer speak for an organisation."),
    example=N_("!org revoke @camille:nuagelibre.example Nuage Libre"),
    admin=True,
)
def org_revoke(ctx: Context, who: str, organisation: Rest) -> Reply:
    """Take the right to speak for an organisation from the person behind an account, with all their accounts.

    Their signature and their ballots stand until somebody says otherwise. The config's list does not give it back.
    """
    address = read_account(who)
    found = lookup.organisation(ctx, organisation)
    storage = ctx.storage
    person = storage.people.find(address)
    if person is None or not storage.representatives.is_representative(found.id, person.id):
        return reply(
            N_("{who} does not speak for **{name}**, so there is nothing to revoke."),
            who=address.id,
            name=found.name,
        )
    storage.representatives.revoke(found.id, person.id, ctx.now)
    storage.audit.right(found.id, person.id, ctx.now, by=ctx.person.id, room=ctx.room.id, granted=False)
    done = reply(N_("{who} no longer speaks for **{name}**."), who=address.id, name=found.name)
    signature = storage.signatures.standing(ctx.campaign.id, found.id)
    if signature is None or signature.person_id != person.id:
        return done
    stands = say(
        N_("The signature they gave (no. {number}) stands. To reject it: {reject}"),
        number=signature.number,
        reject=Typed("reject", f"{signature.number} …"),
    )
    return Reply((*done.lines, stands))
