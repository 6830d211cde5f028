"""Who is reminded now, and of what: decided and written down in one step with what is said in the rooms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.reminder import POLL_OFFSET, due, follow_up_at
from commands import tell
from commands.reminders import schedules
from commands.reminders.occasions import URGENCY, ADeadline, APoll, occasion
from storage.reminders import Cause, Fate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from commands.command import Elsewhere
    from commands.reminders.occasions import Occasion
    from storage.campaigns import Campaign, Member
    from storage.deadlines import Deadline
    from storage.polls import Poll
    from storage.storage import Storage

PORTION = 250
"""How many organisations are reminded in private in one transaction: whoever signs meanwhile waits for no more."""
FAILED = "failed"
"""Why a reminder was not said that could not be."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A reminder whose time has come, and whom it may concern."""

    about: Occasion
    members: Sequence[Member]
    public: bool = True
    late: bool = False
    over: str = ""
    """Why it is not said any more; empty if it is."""


def of_deadline(storage: Storage, campaign: Campaign, deadline: Deadline, now: datetime) -> Sequence[Ring]:
    """What is to be reminded of a deadline now, at the campaign's offsets; what comes too late is over."""
    offsets = schedules.offsets(campaign)
    found = due(
        deadline.at,
        deadline.set_at,
        offsets,
        schedules.civil_hours(campaign),
        campaign.timezone,
        {offset for offset in offsets if storage.reminders.handled(_cause(campaign, deadline, offset))},
        now,
        schedules.pauses(campaign),
    )
    members = storage.campaigns.members(campaign.id) if found else ()
    return [
        Ring(
            ADeadline(storage, campaign, _cause(campaign, deadline, one.offset), now, deadline),
            members,
            public=one.action != "skip" and schedules.is_public(storage, campaign, deadline, one.offset),
            late=one.action == "late",
            over=one.why if one.action == "skip" else "",
        )
        for one in found
    ]


def _cause(campaign: Campaign, deadline: Deadline, offset: timedelta) -> Cause:
    before = int(offset.total_seconds())
    return Cause(campaign.id, before, deadline_id=deadline.id, deadline_version=deadline.version)


def of_poll(storage: Storage, campaign: Campaign, poll: Poll, now: datetime) -> Sequence[Ring]:
    """The electors who have not voted, a day before a poll closes; again if it takes answers for longer."""
    before = int(POLL_OFFSET.total_seconds())
    about = APoll(
        storage,
        campaign,
        Cause(campaign.id, before, poll_id=poll.id, closes_at=poll.closes_at),
        now,
        poll,
    )
    found = about.due
    if not found or storage.reminders.handled(about.cause):
        return ()
    members = storage.campaigns.members_among(
        campaign.id, [number for number, _ in storage.polls.electorate(poll.id)]
    )
    over = found[0].why if found[0].action == "skip" else ""
    return [Ring(about, members, late=found[0].action == "late", over=over)]


def after_own_dates(storage: Storage, campaign: Campaign, now: datetime) -> Sequence[Ring]:
    """Whom to ask what came of it, the day after the day by which they said they would decide; once."""
    candidates = storage.own_dates.past(campaign.id, schedules.today(campaign, now))
    if not candidates or not schedules.may_remind(campaign, now):
        return ()
    of_day: dict[date, list[Member]] = {}
    for member in storage.campaigns.members_among(campaign.id, candidates):
        at = asked_at(campaign, member)
        if member.deciding_until is not None and at is not None and at <= now:
            of_day.setdefault(member.deciding_until, []).append(member)
    rings = []
    for day, members in sorted(of_day.items()):
        about = occasion(storage, Cause(campaign.id, deciding_until=day), now)
        late = schedules.today(campaign, now) > day + timedelta(days=1)
        rings.append(Ring(about, own_places(storage, members), late=late, over=about.over))
    return rings


def ring(rings: Sequence[Ring]) -> tuple[Elsewhere, ...]:
    """Say in the rooms what is to be said now, and write down what becomes of each reminder."""
    return tuple(
        said
        for one in rings
        for said in (
            _skip(one, one.over)
            if one.over
            else _give(one.about, one.members, public=one.public, late=one.late)
        )
    )


def missed(rings: Sequence[Ring]) -> Sequence[Ring]:
    """Those that were never said and are not said any more, though there is somebody whom they concern."""
    return [
        one
        for one in rings
        if one.over == "past the deadline" and len(one.about.left_out(one.members)) < len(one.members)
    ]


def skip(rings: Sequence[Ring], why: str = FAILED) -> int:
    """Write down that these cannot be said, or are not; return how many they are."""
    for one in rings:
        _skip(one, one.over or why)
    return len(rings)


def pass_over(storage: Storage, campaign: Campaign, now: datetime, why: str) -> None:
    """Let a campaign's deadlines not be reminded of by what should have been said by now, even if the hour held it back."""
    members = storage.campaigns.members(campaign.id)
    for deadline in storage.deadlines.of_campaign(campaign.id):
        for one in schedules.planned(campaign, deadline):
            about = ADeadline(storage, campaign, _cause(campaign, deadline, one.offset), now, deadline)
            if one.at <= now and not storage.reminders.handled(about.cause):
                skip([Ring(about, members)], why)


def _skip(one: Ring, why: str) -> tuple[Elsewhere, ...]:
    fates = {member.organisation_id: Fate("skipped", why) for member in one.members}
    one.about.storage.reminders.write(one.about.cause, fates, one.about.now)
    return ()


def asked_at(campaign: Campaign, member: Member) -> datetime | None:
    """When an organisation is asked what came of its own date; None if it has none."""
    if member.deciding_until is None:
        return None
    return follow_up_at(
        member.deciding_until,
        member.snoozed_until,
        schedules.civil_hours(campaign),
        campaign.timezone,
        schedules.pauses(campaign),
    )


def own_places(storage: Storage, members: Sequence[Member]) -> list[Member]:
    """The same, who are asked in private where that can be: what concerns one alone need not be read by all."""
    return [
        member if chat is None or member.reminders == "room" else replace(member, reminders="private")
        for member, chat in schedules.chats(storage, members)
    ]


def _give(about: Occasion, members: Sequence[Member], *, public: bool, late: bool) -> tuple[Elsewhere, ...]:
    """Say it in the rooms, and write down whom it is to be said to in private, and who is left out and why."""
    storage = about.storage
    out = about.left_out(members)
    asked = [member for member in members if member.organisation_id not in out]
    again = schedules.signed_before(storage, about.campaign, asked)
    first = {member.organisation_id for member in asked} - again
    there = schedules.split(storage, about.campaign, asked, public=public, first=first)
    said, alone, not_here = (
        Fate("late" if late else "sent", public=True),
        Fate("due"),
        Fate("skipped", "only in a room"),
    )
    reasons = {why: Fate("skipped", why) for why in set(out.values())}
    fates = {
        member.organisation_id: reasons[out[member.organisation_id]]
        for member in members
        if member.organisation_id in out
    }
    fates |= {member.organisation_id: said for some in there.rooms.values() for member in some}
    fates |= {member.organisation_id: alone for member in there.alone}
    fates |= {member.organisation_id: not_here for member in there.elsewhere}
    given = storage.reminders.write(about.cause, fates, about.now)
    return about.in_rooms(there.rooms, given, late=late)


def in_private(
    storage: Storage, cause: Cause, now: datetime, only: int | None = None
) -> tuple[Elsewhere, ...] | None:
    """Remind in private some of those of whom that was decided, or one; None if nobody can be told anything of it now.

    What does not hold any more is skipped; what the hour does not allow waits.
    """
    about = occasion(storage, cause, now)
    over = "closed" if about.campaign.closed_at else about.over
    if not over and not about.may_be_said:
        return None
    rows = storage.reminders.due(cause, PORTION, only)
    if over:
        storage.reminders.settle(dict.fromkeys(rows.values(), Fate("skipped", over)), now)
        return () if rows else None
    return _alone(about, rows) if rows else None


def give_up(storage: Storage, rows: Sequence[int], now: datetime) -> None:
    """Skip those who cannot be reminded in private: others wait behind them."""
    storage.reminders.settle(dict.fromkeys(rows, Fate("skipped", FAILED)), now)


def _alone(about: Occasion, rows: Mapping[int, int]) -> tuple[Elsewhere, ...]:
    """Say it in each one's private chat. `rows`: organisation → what was written down of its reminder."""
    storage, late = about.storage, about.is_late
    members = storage.campaigns.members_among(about.campaign.id, rows)
    out = about.left_out(members)
    said = Fate("late" if late else "sent")
    fates = dict.fromkeys(rows.values(), Fate("skipped", "left"))
    told: list[Elsewhere] = []
    for member, chat in schedules.chats(storage, members):
        row = rows[member.organisation_id]
        if member.organisation_id in out:
            fates[row] = Fate("skipped", out[member.organisation_id])
        elif chat is None:
            fates[row] = Fate("skipped", "nowhere")
        else:
            fates[row] = said
            message = about.message([member], None, late=late)
            one = tell.alone(chat, message, urgency=URGENCY)
            told.append(replace(one, expires_at=about.expires_at, reminders=(row,)))
    storage.reminders.settle(fates, about.now)
    return tuple(told)


def hush(storage: Storage, now: datetime) -> None:
    """Count every reminder that would ring by now as given, and say nothing: for a database that comes from the past."""
    for campaign in storage.campaigns.open():
        for deadline in storage.deadlines.of_campaign(campaign.id):
            ring(of_deadline(storage, campaign, deadline, now))
        for poll in storage.polls.of_campaign(campaign.id, only_open=True):
            ring(of_poll(storage, campaign, poll, now))
        ring(after_own_dates(storage, campaign, now))
    for cause in storage.reminders.due_causes():
        rows = storage.reminders.due(cause, -1)
        storage.reminders.settle(dict.fromkeys(rows.values(), Fate("skipped", "restored")), now)
