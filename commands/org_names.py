"""Correcting what an organisation is called, and where it is on the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign.chat import N_, Link, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import domain_of, normal_form, tidy_name, tidy_url
from commands.command import Context, Option, Reply, Rest, command, reply
from commands.organisations import authority, known
from commands.vocabulary import in_language, read_choice

if TYPE_CHECKING:
    from storage.organisations import Organisation


@command(
    "org rename",
    fr="org renommer",
    help=N_("Give an organisation another name; the one before stays as an alias."),
    example=N_("!org rename Nuage Libre = Nuage Libre et Cie"),
    admin=True,
    needs_campaign=False,
)
def org_rename(ctx: Context, names: Rest) -> Reply:
    """Change the canonical name, also if only its spelling is another."""
    found, typed = known.and_another(ctx, names, "org rename")
    name = tidy_name(typed)
    _make_sure_it_is_free(ctx, found, name)
    ctx.storage.organisations.rename(found.id, name, normal_form(name))
    # How a stranger called it may be somebody's name.
    _note(ctx, "organisation renamed", found, before="" if found.flagged else found.name, after=name)
    return reply(N_("**{before}** is called **{name}** now."), before=found.name, name=name)


@command(
    "org alias",
    fr="org alias",
    help=N_("Let an organisation be found by one more name."),
    example=N_("!org alias Nuage Libre = Le Nuage"),
    admin=True,
    needs_campaign=False,
)
def org_alias(ctx: Context, names: Rest) -> Reply:
    """Add a name by which an organisation is found."""
    found, typed = known.and_another(ctx, names, "org alias")
    name = tidy_name(typed)
    if _make_sure_it_is_free(ctx, found, name):
        return reply(N_("**{name}** is known as {alias} already."), name=found.name, alias=name)
    ctx.storage.organisations.alias(found.id, name, normal_form(name))
    _note(ctx, "alias added", found, after=name)
    return reply(N_("**{name}** is known as {alias}, too."), name=found.name, alias=name)


@command(
    "org unalias",
    fr="org sansalias",
    help=N_("Take an alias away from an organisation."),
    example=N_("!org unalias NL"),
    admin=True,
    needs_campaign=False,
)
def org_unalias(ctx: Context, name: Rest) -> Reply:
    """Take a name away that is not the canonical one; the organisations' file does not give it back."""
    found = known.organisation(ctx, name)
    form = normal_form(tidy_name(name))
    if form == normal_form(found.name):
        raise CampaignError(
            say(
                N_("**{name}** is its name. To give it another: {rename}"),
                name=found.name,
                rename=Typed("org rename", f"{found.name} = …"),
            )
        )
    ctx.storage.organisations.unalias(form)
    _note(ctx, "alias taken away", found, before="" if found.flagged else tidy_name(name))
    return reply(N_("**{name}** is no longer known as {alias}."), name=found.name, alias=tidy_name(name))


@command(
    "org site",
    fr="org site",
    help=N_("Correct the website or the domain of an organisation; “none” takes it away."),
    example=N_("!org site Nuage Libre url=https://nuage.example.org"),
    admin=True,
    needs_campaign=False,
)
def org_site(ctx: Context, organisation: Rest, *, url: Option = "", domain: Option = "") -> Reply:
    """Set the website, and with it the domain unless another is given: accounts there are the organisation's own."""
    found = known.organisation(ctx, organisation)
    if not (url or domain):
        raise CampaignError(
            say(
                N_("Please say which: {site}"),
                site=Typed("org site", f"{found.name} {in_language('url', ctx.language)}=https://…"),
            )
        )
    values: dict[str, str] = {}
    if url:
        values["website"] = "" if read_choice(url, ("none",)) else tidy_url(url)
        values["domain"] = domain_of(values["website"])
    if domain:
        values["domain"] = "" if read_choice(domain, ("none",)) else domain_of(tidy_url(domain))
    ctx.storage.organisations.change(found.id, **values)
    before = {key: getattr(found, key) for key in values}
    _note(ctx, "organisation changed", found, before=before, after=values)
    authority.prove_again(ctx.storage, ctx.house.public_providers, ctx.now, {found.id})
    now = ctx.storage.organisations.get(found.id)
    lines = (
        say(N_("**{name}**: website {url}"), name=now.name, url=Link(now.website))
        if now.website
        else say(N_("**{name}**: no website"), name=now.name),
        say(N_("Domain: {domain}"), domain=now.domain) if now.domain else say(N_("Domain: none")),
    )
    return Reply(lines)


def _make_sure_it_is_free(ctx: Context, organisation: Organisation, name: str) -> bool:
    """Whether an organisation goes by this name already. Raises CampaignError if another does."""
    other = ctx.storage.organisations.find(normal_form(name))
    if other is not None and other.id != organisation.id:
        raise CampaignError(
            say(
                N_("“{name}” is a name of **{other}**. If they are one: {merge}"),
                name=name,
                other=other.name,
                merge=Typed("org merge", f"{organisation.name} = {other.name}"),
            )
        )
    return other is not None


def _note(ctx: Context, act: str, organisation: Organisation, **details: Any) -> None:  # noqa: ANN401 - as JSON keeps them
    ctx.storage.audit.note(
        act, ctx.now, person=ctx.person.id, room=ctx.room.id, organisation=organisation.id, **details
    )
