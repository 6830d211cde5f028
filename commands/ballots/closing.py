"""What time, or the last answer, does to a poll: it begins, is put off, waits for a network, is counted and ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, NETWORKS, Listing, Message, Moment, Text, Typed, say
from campaign.decision import check_opening, is_settled
from campaign.errors import CampaignError
from commands import tell
from commands.ballots import adopting, polling
from commands.command import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commands.command import House
    from commands.tick import Tick
    from storage.campaigns import Campaign
    from storage.polls import Poll
    from storage.rooms import RoomRow
    from storage.storage import Storage

MOMENT = timedelta(minutes=5)
"""How long after its time a poll may begin, or wait to be counted, without a word about it."""
PROVISIONAL = timedelta(hours=24)
"""How long after its closing a poll waits at most for ballots that may lie on a network that is away."""


def begin(
    storage: Storage, house: House, campaign: Campaign, poll: Poll, now: datetime
) -> tuple[Elsewhere, ...]:
    """Let the voting begin in a poll that was planned; if it cannot, it is cancelled and the campaigners are told.

    If we were away at its time it closes later by as much: everybody gets the time that its rule gives.
    """
    electorate = polling.electorate(storage, campaign)
    why = _why_not(poll, len(electorate))
    if why is not None:
        storage.polls.close(poll.id, "cancelled", now)
        storage.audit.note("poll cancelled", now, campaign=campaign.id, poll=poll.number)
        line = say(
            N_("🗳 I could not open poll {number} (“{question}”), so it is cancelled: {why}"),
            number=poll.number,
            question=poll.question,
            why=why,
        )
        return tell.admins(storage, house, line)
    late = now - (poll.starts_at or now)
    ends = poll.closes_at + late if late > MOMENT else poll.closes_at
    begun = storage.polls.begin(poll.id, electorate, now, ends)
    storage.audit.note(
        "poll opened",
        now,
        campaign=campaign.id,
        poll=poll.number,
        procedure=poll.procedure,
        closes=ends.isoformat(),
        electors=len(electorate),
        signs=poll.signs,
    )
    return polling.opened(storage, campaign, begun)


def _why_not(poll: Poll, eligible: int) -> Text | None:
    if not eligible:
        return say(N_("There is nobody to vote."))
    try:
        check_opening(polling.procedure_of(poll), eligible)
    except CampaignError as refused:
        return refused.text
    return None


def put_off(
    storage: Storage, campaign: Campaign, poll: Poll, until: datetime, now: datetime
) -> tuple[Elsewhere, ...]:
    """Let a poll close later, once, because of a late objection that is received `now`; say so in every room.

    If that is long after the closing, it closes later by as much: there is to be time to integrate it.
    """
    late = now - poll.closes_at
    until = until + late if late > MOMENT else until
    storage.polls.extend(poll.id, until, now)
    storage.audit.note(
        "poll put off",
        now,
        campaign=campaign.id,
        poll=poll.number,
        before=poll.closes_at.isoformat(),
        after=until.isoformat(),
    )
    line = say(
        N_("⏳ Poll {number}: a late objection puts the closing off, once, to {at}."),
        number=poll.number,
        at=Moment(until, poll.zone).seen(now),
    )
    return tell.rooms(public(storage, campaign), line, expires_at=until)


def is_over(storage: Storage, poll: Poll, tick: Tick) -> bool:
    """Whether a poll is to be counted now.

    A ballot given in time counts though its network is away, so every network has to be heard until the closing; a day
    after it nobody is waited for any more. Where its rule says so it is over once everybody has answered.
    """
    if poll.closes_at <= tick.heard or poll.closes_at + PROVISIONAL <= tick.now:
        return True
    procedure = polling.procedure_of(poll)
    # This is asked at every tick: thousands of ballots are not read before there is something to count.
    if tick.away or not procedure.closes_early or storage.ballots.somebody_is_missing(poll.id):
        return False
    cast = polling.counted(polling.answers(storage, poll))
    return is_settled(procedure, len(storage.polls.electorate(poll.id)), cast)


def hold(storage: Storage, house: House, campaign: Campaign, poll: Poll, tick: Tick) -> tuple[Elsewhere, ...]:
    """Say once, where it can be heard, what a poll that is over comes to so far, and which network it waits for."""
    away = sorted(tick.away)
    storage.polls.hold(poll.id, tick.now)
    until = poll.closes_at + PROVISIONAL
    outcome = polling.outcome_of(storage, poll)
    lines = (
        say(
            N_("🗳 **Poll {number}, provisional: {outcome}.** “{question}”"),
            number=poll.number,
            outcome=say(polling.OUTCOMES[outcome.result]),
            question=poll.question,
        ),
        outcome.rule,
        say(
            N_(
                "I cannot reach {networks}: answers given there in time count. The result is final by {at} at the latest."
            ),
            networks=Listing(tuple(NETWORKS[one] for one in away)),
            at=Moment(until, poll.zone),
        ),
    )
    told = (*tell.rooms(public(storage, campaign), *lines), *tell.admins(storage, house, *lines))
    return tuple(replace(one, expires_at=until) for one in told if tell.network_of(storage, one) not in away)


def close(
    storage: Storage, house: House, campaign: Campaign, poll: Poll, now: datetime
) -> tuple[Elsewhere, ...]:
    """Count a poll, end it, let the collective sign if it was to, and say in every room what it came to and by which rule."""
    outcome = polling.outcome_of(storage, poll)
    _end(storage, poll, outcome.result, now)
    storage.audit.note(
        "poll closed",
        now,
        campaign=campaign.id,
        poll=poll.number,
        outcome=outcome.result,
        counts=dict(outcome.counts),
    )
    adopted = outcome.result == "adopted"
    signed = adopting.sign(storage, campaign, poll, now) if adopted and poll.signs else ()
    cast = polling.answers(storage, poll)
    lines = (
        say(
            N_("🗳 **Poll {number}: {outcome}.** “{question}”"),
            number=poll.number,
            outcome=say(polling.OUTCOMES[outcome.result]),
            question=poll.question,
        ),
        outcome.rule,
        *polling.objections(cast, polling.procedure_of(poll)),
        *signed,
        *(() if adopted else (_alone(),)),
    )
    conclude = say(
        N_("🗳 Poll {number} is over: {outcome}. To state in every room what was decided: {conclude}"),
        number=poll.number,
        outcome=say(polling.OUTCOMES[outcome.result]),
        conclude=Typed("poll conclude", f"{poll.number} …"),
    )
    return (
        *tell.rooms(public(storage, campaign), *lines),
        *ends(storage, poll, *lines[:2]),
        *tell.admins(storage, house, conclude),
    )


def _end(storage: Storage, poll: Poll, outcome: str, now: datetime) -> None:
    """End a poll; what waits to be said of its objections is not said after that: the result says how they stand."""
    storage.polls.close(poll.id, outcome, now)
    storage.outbox.unsay(f"{polling.OBJECTION}:{poll.id}")


def _alone() -> Text:
    return say(
        N_("This is about the collective only. Your organisation may still sign: {sign}"),
        sign=Typed("sign", "…"),
    )


def ends(storage: Storage, poll: Poll, *lines: Text) -> tuple[Elsewhere, ...]:
    """Let the poll itself end wherever it is shown as one."""
    return tuple(
        Elsewhere(Message(lines), room_id=room, intent="end", target=row)
        for row, room in storage.outbox.with_purpose(polling.purpose(poll.id), "poll")
    )


def cancel(storage: Storage, campaign: Campaign, poll: Poll, now: datetime) -> tuple[Elsewhere, ...]:
    """End a poll without counting it; where it had begun, that is said in every room."""
    lines, ended = call_off(storage, poll, now)
    return (*(tell.rooms(public(storage, campaign), *lines) if lines else ()), *ended)


def call_off(storage: Storage, poll: Poll, now: datetime) -> tuple[tuple[Text, ...], tuple[Elsewhere, ...]]:
    """End a poll without counting it; return what the rooms are to hear of it (nothing of one that had not begun), and its end."""
    _end(storage, poll, "cancelled", now)
    if not poll.begun:
        return (), ()
    line = say(
        N_("🗳 Poll {number} is cancelled: “{question}” Its answers count for nothing."),
        number=poll.number,
        question=poll.question,
    )
    return (line,), ends(storage, poll, line)


def public(storage: Storage, campaign: Campaign) -> Sequence[RoomRow]:
    """The rooms of a campaign in which its polls are held; a room of the campaigners is none."""
    return [room for room in storage.rooms.of_campaign(campaign.id) if not room.admin]
