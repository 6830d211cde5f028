"""Opening polls: the procedure with what is changed of it, shown before anybody else sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from campaign.chat import N_, Moment, Text, Typed, say
from campaign.dates import END_OF_DAY, read_moment, read_span
from campaign.decision import (
    PARAMETERS,
    PRESETS,
    at_opening,
    check_opening,
    closes_at,
    described,
    edited,
    lasting,
    to_data,
)
from campaign.errors import CampaignError
from commands import tell
from commands.ballots import polling
from commands.command import ANYWHERE, Choice, Context, More, Option, Reply, Rest, command, reply
from commands.organisations import lookup
from commands.reminders import schedules
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from datetime import datetime, time

    from campaign.decision import Procedure
    from storage.polls import Poll


@dataclass(frozen=True, slots=True)
class Proposal:
    """A poll as it would be opened."""

    question: str
    rules: Procedure
    begins: datetime | None
    """When the voting begins, if not at once (UTC)."""
    ends: datetime
    electorate: list[int]
    signs: bool


@command(
    "poll open",
    fr="scrutin ouvrir",
    help=N_("Put a question to the organisations, by the rule you choose."),
    example=N_("!poll open majority Shall the collective sign the letter? closes=3 days"),
    admin=True,
    where=ANYWHERE,
    more=tuple(PARAMETERS),
)
def poll_open(
    ctx: Context,
    procedure: Literal["consent", "consensus", "lazy", "majority", "veto", "two-thirds", "collective"],
    question: Rest,
    *,
    starts: Option = "",
    closes: Option = "",
    signs: Literal["yes", "no"] | None = None,
    **edits: More,
) -> Reply:
    """Show what would be opened; once confirmed, open it in every room, or plan it for the date from which it runs.

    The electorate is the campaign's organisations as the voting begins. That is when the yes is received, though it was
    said long before: everybody gets the time that the rule gives, and nobody sees a poll that is over.
    """
    electorate = polling.electorate(ctx.storage, ctx.campaign)
    if not electorate:
        return reply(N_("There is nobody to vote yet: {add} adds organisations."), add=Typed("org add", "…"))
    if not ctx.storage.rooms.of_campaign(ctx.campaign.id, joined=False):
        return reply(N_("The campaign has no room in which I could ask."))
    begins = _moment(ctx, starts, schedules.civil_hours(ctx.campaign)[0]) if starts else None
    rules, ends = _term(ctx, edited(PRESETS[procedure], edits), closes, begins or ctx.received_at)
    check_opening(rules, len(electorate))
    proposal = Proposal(lookup.short(question), rules, begins, ends, electorate, _signs(ctx, signs))
    if ctx.confirmed:
        return _opened(ctx, _entered(ctx, procedure, proposal))
    arguments = {"procedure": procedure, "question": question, "signs": signs, **edits}
    arguments |= {"starts": _again(ctx, starts, begins), "closes": _again(ctx, closes, ends)}
    given = {key: value for key, value in arguments.items() if value}
    return Reply(_preview(ctx, proposal), choices=(Choice("poll open", given),))


def _signs(ctx: Context, said: str | None) -> bool:
    """Whether the collective signs if the poll is adopted: only where that was said, for not every poll is about the letter.

    Raises:
        CampaignError: the campaign does not say what the collective is called.
    """
    if said == "yes" and ctx.campaign.collective_id is None:
        raise CampaignError(
            say(
                N_("I do not know what the collective is called that would sign: say {collective} first."),
                collective=Typed("campaign collective", "…"),
            )
        )
    return said == "yes"


def _entered(ctx: Context, procedure: str, proposal: Proposal) -> Poll:
    """Open a poll, or plan it; its electorate is fixed as the voting begins."""
    campaign = ctx.campaign
    at_once = proposal.begins is None
    poll = ctx.storage.polls.open(
        campaign.id,
        proposal.electorate if at_once else (),
        question=proposal.question,
        procedure=procedure,
        rules=to_data(proposal.rules),
        signs=proposal.signs,
        opened_by=ctx.person.id,
        opened_at=ctx.received_at,
        starts_at=proposal.begins,
        begun=at_once,
        closes_at=proposal.ends,
        zone=campaign.timezone,
    )
    ctx.storage.audit.note(
        "poll opened" if at_once else "poll planned",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        poll=poll.number,
        procedure=procedure,
        edited=list(proposal.rules.edited),
        closes=proposal.ends.isoformat(),
        electors=len(proposal.electorate),
        signs=proposal.signs,
    )
    return poll


def _opened(ctx: Context, poll: Poll) -> Reply:
    if not poll.begun:
        return reply(
            N_("Poll {number} is planned: I open it on {at}. To give it up: {cancel}"),
            number=poll.number,
            at=Moment(poll.starts_at or poll.opened_at, poll.zone),
            cancel=Typed("poll cancel", str(poll.number)),
        )
    said = polling.opened(ctx.storage, ctx.campaign, poll)
    missing = tell.missing(ctx.storage, ctx.campaign.id)
    if ctx.place == "campaign":
        return Reply(missing, elsewhere=said)
    done = say(N_("Poll {number} is open in every room of the campaign."), number=poll.number)
    return Reply((done, *missing), elsewhere=said)


def _preview(ctx: Context, proposal: Proposal) -> tuple[Text, ...]:
    """What would be opened, and how to open it."""
    campaign, eligible = ctx.campaign, len(proposal.electorate)
    until = Moment(proposal.ends, campaign.timezone)
    lines = [
        say(
            N_("This is what I would put to {eligible} organisations: “{question}”"),
            eligible=eligible,
            question=proposal.question,
        ),
        *described(proposal.rules, eligible),
    ]
    if proposal.begins is None:
        lines.append(say(N_("Open until {at}."), at=until))
    else:
        start = Moment(proposal.begins, campaign.timezone)
        lines.append(say(N_("From {start} until {at}; who votes is fixed then."), start=start, at=until))
    if campaign.collective_id is not None:
        name = ctx.storage.organisations.get(campaign.collective_id).name
        lines.append(
            say(N_("If it is adopted, **{name}** signs the letter."), name=name)
            if proposal.signs
            else say(
                N_("**{name}** does not sign the letter by it; if it is to, ask anew with {signs}"),
                name=name,
                signs=f"{in_language('signs', ctx.language)}={in_language('yes', ctx.language)}",
            )
        )
    confirm = Typed("confirm")
    return (
        *lines,
        say(N_("Nothing of it can be changed afterwards. To open it: {confirm}"), confirm=confirm),
    )


def _moment(ctx: Context, typed: str, alone: time = END_OF_DAY) -> datetime:
    """What a date comes to (UTC); a day without a time is meant at the time `alone`."""
    return read_moment(typed, now=ctx.now, zone=ctx.zone, languages=ctx.languages, alone=alone).at


def _again(ctx: Context, typed: str, at: datetime | None) -> str:
    """A date as it is said again once it is confirmed: what it came to. A length of time is counted anew."""
    if not typed or at is None:
        return ""
    try:
        read_span(typed)
    except CampaignError:
        return at.astimezone(ZoneInfo(ctx.zone)).isoformat(timespec="minutes")
    return typed


def length_of(ctx: Context, closes: str, begins: datetime) -> timedelta:
    """How long a poll is open that begins then (UTC), from what was said of its closing: a duration, or a date.

    Raises:
        CampaignError: it is neither, or a date before it opens.
    """
    try:
        length = read_span(closes)
    except CampaignError:
        length = _moment(ctx, closes) - begins
    if length <= timedelta():
        raise CampaignError(say(N_("It would close before it opens: please give a later date.")))
    return length


def _term(ctx: Context, rules: Procedure, closes: str, begins: datetime) -> tuple[Procedure, datetime]:
    """A rule and when it closes: by `closes=`, a duration ("3 days", "72h") or a date; else by its own duration.

    Raises:
        CampaignError: that date is no closing, or cannot be given beside working days.
    """
    zone = ctx.campaign.timezone
    if closes:
        length = length_of(ctx, closes, begins)
        if rules.working_days:
            raise CampaignError(
                say(
                    N_(
                        "Working days are counted from the opening: please leave {closes} out, and give {duration} instead."
                    ),
                    closes=f"{in_language('closes', ctx.language)}=",
                    duration=f"{in_language('duration', ctx.language)}=",
                )
            )
        rules = lasting(rules, length)
    # What lacks its duration is refused by whoever checks whether it may open.
    return (rules := at_opening(rules, begins, zone)), closes_at(rules, begins, zone)
