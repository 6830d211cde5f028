"""What becomes of an objection: withdrawn by whoever raised it, or integrated into what is proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, Moment, Text, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import normal_form, tidy_name
from commands import tell
from commands.ballots import objecting, polling
from commands.command import CAMPAIGNERS, Context, Reply, Rest, command
from commands.organisations import authority
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from commands.command import Elsewhere
    from storage.ballots import BallotRow
    from storage.polls import Poll

MOST_POLLS = 3
"""Open polls of which it is said how to object."""


def _how_to_object(ctx: Context) -> tuple[Text, ...]:
    """How somebody objects in the open polls where that can be done: this command says what becomes of it."""
    try:
        running = ctx.storage.polls.of_campaign(ctx.campaign.id, only_open=True)
    except CampaignError:
        return ()
    return tuple(
        say(
            N_("To object in poll {number}: {vote}"),
            number=poll.number,
            vote=Typed("vote", f"{poll.number} {in_language(blocks[0], ctx.language)} …"),
        )
        for poll in running[:MOST_POLLS]
        if (blocks := polling.procedure_of(poll).blocks)
    )


@command(
    "objection",
    fr="objection",
    help=N_(
        "Say that an objection to a poll is withdrawn, or integrated into the proposal: it no longer blocks."
    ),
    example=N_("!objection integrated Nuage Libre"),
    also=_how_to_object,
)
def objection(
    ctx: Context,
    fate: Literal["integrated", "withdrawn"],
    organisation: Rest = "",
    *,
    poll: int | None = None,
) -> Reply:
    """Resolve an objection: its own people withdraw it; they, or a campaigner, say that it is integrated.

    The organisation goes on having answered, for nothing and against nothing; it may vote again as before.
    """
    found, standing = _objections(ctx, poll)
    one = _meant(ctx, standing, organisation, found)
    elector = ctx.storage.organisations.get(one.organisation_id)
    speaks = authority.speaks(ctx, elector)
    campaigner = ctx.is_admin and ctx.place in CAMPAIGNERS
    if not speaks and fate == "withdrawn":
        only = N_(
            "Only the people of **{name}** can withdraw its objection; a campaigner can say that it is integrated."
        )
        raise CampaignError(say(only, name=elector.name))
    if not speaks and not campaigner:
        only = N_(
            "Only the people of **{name}** can say that its objection is integrated, or a campaigner, in their room or in private."
        )
        raise CampaignError(say(only, name=elector.name))
    ctx.storage.ballots.resolve(one.id, fate, ctx.person.id, ctx.now)
    ctx.storage.audit.note(
        "objection resolved",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=elector.id,
        poll=found.number,
        after=fate,
    )
    line = say(
        N_("🗳 Poll {number}: the objection of **{name}** is {fate}, and no longer blocks."),
        number=found.number,
        name=elector.name,
        fate=say(polling.RESOLUTIONS[fate]),
    )
    told = () if speaks else _tell_them(ctx, found, elector.id, elector.name)
    return Reply((line,)).also(*objecting.state(ctx, found, elector, line), *told)


def _tell_them(ctx: Context, poll: Poll, organisation_id: int, name: str) -> tuple[Elsewhere, ...]:
    line = say(
        N_(
            "{who} says that the objection of **{name}** to poll {number} is integrated. If it is not: {vote}"
        ),
        who=ctx.name,
        name=name,
        number=poll.number,
        vote=Typed("vote", f"{poll.number} …"),
    )
    return tell.representatives(ctx.storage, organisation_id, line, but=ctx.person.id)


def _objections(ctx: Context, number: int | None) -> tuple[Poll, list[BallotRow]]:
    """The open poll that is meant, and the objections that stand in it.

    Raises:
        CampaignError: there is none, they are not to be changed any more, or several have some and none was named.
    """
    running = ctx.storage.polls.of_campaign(ctx.campaign.id, only_open=True)
    if number is not None:
        running = [poll for poll in running if poll.number == number]
    with_some = [(poll, standing) for poll in running if (standing := _standing(ctx, poll))]
    found = [(poll, standing) for poll, standing in with_some if ctx.now < poll.closes_at]
    if with_some and not found:
        over, _ = with_some[0]
        raise CampaignError(
            say(
                N_("Poll {number} ended on {at}: what stood then is counted, and its result follows."),
                number=over.number,
                at=Moment(over.closes_at, over.zone).seen(ctx.now),
            )
        )
    if not found:
        raise CampaignError(
            say(N_("No objection stands in an open poll. {polls} lists them."), polls=Typed("polls"))
        )
    if len(found) > 1:
        numbers = ", ".join(str(poll.number) for poll, _ in found)
        raise CampaignError(
            say(
                N_("There are objections in several polls ({numbers}): please add poll= and its number."),
                numbers=numbers,
            )
        )
    return found[0]


def _standing(ctx: Context, poll: Poll) -> list[BallotRow]:
    """The objections that stand; of what is read late, those that were there when it was said."""
    blocks = polling.procedure_of(poll).blocks
    return [
        one
        for one in polling.answers(ctx.storage, poll)
        if one.choice in blocks and not one.resolution and (ctx.live or one.cast_at <= ctx.now)
    ]


def _meant(ctx: Context, standing: list[BallotRow], name: str, poll: Poll) -> BallotRow:
    """The objection of the organisation that is named; without a name, one's own, or the only one there is."""
    if name:
        found = ctx.storage.organisations.find(normal_form(tidy_name(name)))
        theirs = [one for one in standing if found is not None and one.organisation_id == found.id]
    else:
        mine = {one.id for one in authority.organisations(ctx)}
        theirs = [one for one in standing if one.organisation_id in mine]
        theirs = theirs or (standing if ctx.is_admin else [])
    if len(theirs) == 1:
        return theirs[0]
    raise CampaignError(_which(standing, poll))


def _which(standing: list[BallotRow], poll: Poll) -> Text:
    return say(
        N_("Which objection? In poll {number} there are those of {names}: please add the name."),
        number=poll.number,
        names=", ".join(one.organisation for one in standing),
    )
