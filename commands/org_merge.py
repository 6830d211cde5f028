"""Making two organisations one that turned out to be one, and undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Text, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import normal_form, tidy_name
from commands.command import Choice, Context, Reply, Rest, command, reply
from commands.organisations import authority, known, lookup, uniting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.merges import Lost, Merge
    from storage.merging import Plan
    from storage.organisations import Organisation


@command(
    "org merge",
    fr="org fusionner",
    help=N_("Make two organisations one; the first one's name stays. I show what will happen, and ask."),
    example=N_("!org merge Le Fil Commun = La Fibre Partagée"),
    admin=True,
    needs_campaign=False,
)
def org_merge(ctx: Context, names: Rest) -> Reply:
    """Show what becomes of everything that hangs on the second one; once confirmed, do it."""
    kept, typed = known.and_another(ctx, names, "org merge")
    gone = known.organisation(ctx, typed)
    if kept.id == gone.id:
        raise CampaignError(say(N_("“{typed}” is **{name}** already."), typed=typed, name=kept.name))
    _make_sure_no_voice_is_lost(ctx, kept, gone)
    merges = ctx.storage.merges
    if not ctx.confirmed:
        again = Choice("org merge", {"names": f"{kept.name} = {gone.name}"})
        plan = merges.plan(kept.id, gone.id, ctx.now)
        return Reply((*_preview(ctx, kept, gone, plan), _ask(kept, gone)), choices=(again,))
    plan = merges.merge(kept.id, gone.id, ctx.person.id, ctx.now)
    ctx.storage.audit.note(
        "organisations merged",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        organisation=kept.id,
        other=gone.id,
    )
    authority.prove_again(ctx.storage, ctx.house.public_providers, ctx.now, {kept.id})
    return reply(
        N_("**{gone}** is one with **{kept}** now. To undo it: {unmerge}"),
        gone=gone.name,
        kept=kept.name,
        unmerge=Typed("org unmerge", gone.name),
    ).also(*uniting.told(ctx, plan))


def _make_sure_no_voice_is_lost(ctx: Context, kept: Organisation, gone: Organisation) -> None:
    """Raise CampaignError if one of the two is all of a campaign's organisations together, and the other one of them.

    The collective votes in no poll, is reminded of nothing, and signs by a poll alone: so would the two as one.
    """
    for campaign in ctx.storage.campaigns.open():
        for collective, one in ((kept, gone), (gone, kept)):
            if campaign.collective_id == collective.id and uniting.votes(ctx, campaign, one):
                raise CampaignError(
                    say(
                        N_(
                            "**{collective}** is the collective of “{title}”, and **{name}** one of its organisations: as one it could neither vote nor sign for itself. If that is meant, first: {command}"
                        ),
                        collective=collective.name,
                        title=campaign.named,
                        name=one.name,
                        command=Typed("campaign collective", one.name),
                    )
                )


def _preview(ctx: Context, kept: Organisation, gone: Organisation, plan: Plan) -> Iterator[Text]:
    moved, campaigns = plan.moved(), ctx.storage.campaigns
    yield say(N_("**{gone}** becomes one with **{kept}**, whose name stays."), gone=gone.name, kept=kept.name)
    yield say(
        N_("What goes over: names {names}; people {people}; signatures {signatures}; ballots {ballots}."),
        names=", ".join(ctx.storage.organisations.names_of(gone.id)),
        people=moved["representatives"],
        signatures=moved["signatures"],
        ballots=moved["ballots"],
    )
    yield from uniting.differing(ctx, plan)
    for campaign in plan.left:
        yield say(
            N_("“{title}” has ended: on its list both stay, as they answered."),
            title=campaigns.get(campaign).named,
        )
    for poll in plan.polls:
        yield say(
            N_("⚠ Poll {number}: one voice instead of two; of two ballots the later one stands."),
            number=ctx.storage.polls.get(poll).number,
        )
    for person in plan.silenced:
        accounts = [one.id for one in ctx.storage.people.addresses(person) if one.is_account]
        yield say(
            N_("⚠ {who} was revoked for one of them, and will speak for neither."), who=", ".join(accounts)
        )


def _ask(kept: Organisation, gone: Organisation) -> Text:
    return say(
        N_("To do it: {confirm} · to keep the other name: {merge}"),
        confirm=Typed("confirm"),
        merge=Typed("org merge", f"{gone.name} = {kept.name}"),
    )


@command(
    "org unmerge",
    fr="org séparer",
    help=N_("Undo a merge, with everything that hung on the organisation."),
    example=N_("!org unmerge La Fibre Partagée"),
    admin=True,
    needs_campaign=False,
)
def org_unmerge(ctx: Context, name: Rest) -> Reply:
    """Give an organisation back what was its own; what came after stays with the one that was kept."""
    merge = _meant(ctx, name)
    kept = ctx.storage.organisations.get(merge.kept_id)
    _make_sure_it_can_be(ctx, merge, kept)
    lost = ctx.storage.merges.undo(merge, ctx.now)
    ctx.storage.audit.note(
        "organisations unmerged",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        organisation=kept.id,
        other=merge.gone_id,
    )
    authority.prove_again(ctx.storage, ctx.house.public_providers, ctx.now, {kept.id, merge.gone_id})
    done = say(
        N_("**{gone}** and **{kept}** are two again. What was said since stays with **{kept}**."),
        gone=merge.gone,
        kept=kept.name,
    )
    return Reply((done, *(_lost(ctx, kept, one) for one in lost if not _comes_back(ctx, merge, one))))


def _meant(ctx: Context, typed: str) -> Merge:
    """The merge that is meant: by the name of the one that is gone, or of the one that stayed if there is only one.

    Raises:
        CampaignError: there is none, or there are several.
        Unclear: the name is near those of some that are gone.
    """
    standing, name = ctx.storage.merges.standing(), tidy_name(typed)
    form = normal_form(name)
    found = [one for one in standing if normal_form(one.gone) == form]
    if not found:
        kept = ctx.storage.organisations.find(form)
        found = [one for one in standing if kept is not None and one.kept_id == kept.id]
        if len(found) > 1:
            names = ", ".join(one.gone for one in found)
            raise CampaignError(say(N_("Which one? Merged into **{name}**: {names}"), name=name, names=names))
    if not found:
        # The names of those that are gone are the kept ones' by now.
        kept_ids = {one.id for one in lookup.suggestions(ctx, name)}
        near = [one.gone for one in standing if one.kept_id in kept_ids]
        if near:
            raise lookup.unclear(name, typed, near)
    if not found:
        raise CampaignError(say(N_("I know of no merge of “{name}”."), name=name))
    return found[-1]


def _make_sure_it_can_be(ctx: Context, merge: Merge, kept: Organisation) -> None:
    """Raise CampaignError if something has to be done first."""
    later = [
        one
        for one in ctx.storage.merges.standing()
        if one.id > merge.id and merge.kept_id in (one.kept_id, one.gone_id)
    ]
    if later:
        unmerge = Typed("org unmerge", later[-1].gone)
        raise CampaignError(
            say(N_("There was another merge after that one. First undo it: {unmerge}"), unmerge=unmerge)
        )
    other = ctx.storage.organisations.find(normal_form(merge.gone))
    if normal_form(kept.name) == normal_form(merge.gone):
        raise CampaignError(
            say(
                N_("**{name}** bears that very name now. First give it another: {rename}"),
                name=kept.name,
                rename=Typed("org rename", f"{kept.name} = …"),
            )
        )
    if other is not None and other.id != kept.id:
        raise CampaignError(
            say(N_("“{name}” is a name of **{other}** by now."), name=merge.gone, other=other.name)
        )


def _comes_back(ctx: Context, merge: Merge, one: Lost) -> bool:
    """Whether it is the word of somebody whom the organisation's domain proves at their next."""
    gone = ctx.storage.organisations.get(merge.gone_id)
    person = one.which if one.what == "person" else None
    return isinstance(person, int) and authority.proves(ctx.storage, ctx.house.public_providers, person, gone)


def _lost(ctx: Context, kept: Organisation, one: Lost) -> Text:
    """What could not be given back, and why."""
    if isinstance(one.which, str):
        return say(N_("- not given back: the name {name}"), name=one.which)
    if one.what == "person":
        accounts = [each.id for each in ctx.storage.people.addresses(one.which) if each.is_account]
        return say(N_("- not given back: the word of {who}, who lost it since"), who=", ".join(accounts))
    if one.what == "word":
        title = ctx.storage.campaigns.get(one.which).named
        text = N_("- “{title}”: **{kept}** keeps what it has answered since")
        return say(text, title=title, kept=kept.name)
    if one.what == "signature":
        return say(N_("- signature no. {number} stays ended"), number=one.which)
    return say(N_("- poll {number} was counted since, and stays as it is"), number=one.which)
