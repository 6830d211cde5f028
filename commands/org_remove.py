"""Taking an organisation off a campaign's list again: one that is there by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Moment, Text, Typed, say, say_many
from campaign.errors import CampaignError
from commands.command import Choice, Context, Reply, Rest, command, reply
from commands.organisations import known
from commands.organisations.org_words import STANDINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.campaigns import Member
    from storage.organisations import Organisation


@command(
    "org remove",
    fr="org supprimer",
    help=N_("Take an organisation that is there by mistake off the campaign's list."),
    example=N_("!org remove Les Amis du libre"),
    admin=True,
)
def org_remove(ctx: Context, name: Rest) -> Reply:
    """Let an organisation be none of the campaign's; ask first where that takes an answer or a right away.

    Nobody's signature and no voice in an open poll is taken away by it. Of one that is in no campaign any more, the name
    is all that remains, as of one that a stranger named: nobody speaks for it, and no domain proves that they do.
    """
    storage, campaign = ctx.storage, ctx.campaign
    found = known.organisation(ctx, name)
    member = storage.campaigns.member(campaign.id, found.id)
    if found.id == campaign.collective_id:
        raise CampaignError(_is_the_collective(found))
    if member is None:
        raise CampaignError(
            say(N_("**{name}** is not on the list of “{title}”."), name=found.name, title=campaign.named)
        )
    _make_sure_nothing_is_lost(ctx, found)
    is_elsewhere = _is_elsewhere(ctx, found)
    people = () if is_elsewhere else storage.representatives.of(found.id)
    if not ctx.confirmed and (people or member.standing != "silent"):
        return Reply(_preview(ctx, member, people), choices=(Choice("org remove", {"name": found.name}),))
    storage.campaigns.leave(campaign.id, found.id)
    storage.audit.note(
        "organisation removed",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=found.id,
        before="" if member.standing == "silent" else member.standing,
    )
    if not is_elsewhere:
        _disown(ctx, found, people)
    return reply(
        N_("**{name}** is off the list. To put it back: {add}"),
        name=found.name,
        add=Typed("org add", found.name),
    )


def _make_sure_nothing_is_lost(ctx: Context, organisation: Organisation) -> None:
    """Raise CampaignError if a signature stands, the organisations' file says that it is listed, or it may vote just now."""
    storage, campaign = ctx.storage, ctx.campaign
    signature = storage.signatures.standing(campaign.id, organisation.id)
    if signature is not None:
        raise CampaignError(
            say(
                N_(
                    "There is a signature for **{name}** (no. {number}), so it stays on the list. If that is wrong, first: {reject}"
                ),
                name=organisation.name,
                number=signature.number,
                reject=Typed("reject", f"{signature.number} …"),
            )
        )
    listed = storage.organisations.listed().get(organisation.id)
    if listed and not listed.get("left"):
        raise CampaignError(
            say(
                N_(
                    "**{name}** stands in the organisations' file, which would put it back. Have whoever runs me take its line out, then say this again."
                ),
                name=organisation.name,
            )
        )
    for poll in storage.polls.of_campaign(campaign.id, only_open=True):
        if any(elector == organisation.id for elector, _ in storage.polls.electorate(poll.id)):
            raise CampaignError(
                say(
                    N_(
                        "**{name}** has a voice in poll {number}, and who votes in it was fixed as it opened. It closes on {at}: please say this again then."
                    ),
                    name=organisation.name,
                    number=poll.number,
                    at=Moment(poll.closes_at, poll.zone),
                )
            )


def _is_the_collective(organisation: Organisation) -> Text:
    return say(
        N_("**{name}** is the collective of this campaign. To name another one instead: {command}"),
        name=organisation.name,
        command=Typed("campaign collective", "…"),
    )


def _is_elsewhere(ctx: Context, organisation: Organisation) -> bool:
    """Whether it is another campaign's as well, or all of its organisations together; be it by another name, in one that ended."""
    return any(
        one == other.collective_id or ctx.storage.campaigns.member(other.id, one) is not None
        for other in ctx.storage.campaigns.all()
        if other.id != ctx.campaign.id
        for one in ctx.storage.merges.whole(organisation.id)
    )


def _preview(ctx: Context, member: Member, people: Sequence[int]) -> tuple[Text, ...]:
    lines = [
        say(N_("**{name}** comes off the list of “{title}”."), name=member.name, title=ctx.campaign.named)
    ]
    if member.standing != "silent":
        lines.append(
            say(N_("⚠ Its answer goes with it: {standing}."), standing=say(STANDINGS[member.standing]))
        )
    if people:
        lines.append(
            say_many(
                *NN_(
                    "⚠ {count} person no longer speaks for it.",
                    "⚠ {count} people no longer speak for it.",
                ),
                len(people),
            )
        )
    return (*lines, say(N_("To do it: {confirm}"), confirm=Typed("confirm")))


def _disown(ctx: Context, organisation: Organisation, people: Sequence[int]) -> None:
    """Leave of an organisation that is in no campaign any more what is left of one that only a stranger named."""
    storage = ctx.storage
    for person in people:
        storage.representatives.dismiss(organisation.id, person)
        storage.audit.right(
            organisation.id, person, ctx.now, by=ctx.person.id, room=ctx.room.id, granted=False
        )
    storage.organisations.change(organisation.id, flagged=True)
