"""What would be said where, and when, if nobody answered until then: everything that time brings of a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from campaign.chat import N_, Day, Moment, Text, Typed, say
from campaign.reminder import MOST_IN_PUBLIC, POLL_OFFSET, poll_reminder_at, public_names, public_offsets
from commands.reminders import ringing, schedules
from commands.reminders.occasions import APoll, occasion
from storage.reminders import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.campaigns import Campaign, Member
    from storage.deadlines import Deadline
    from storage.storage import Storage


@dataclass(frozen=True, slots=True)
class _Coming:
    """Something that will be said: when, what about, and by which organisations it is heard."""

    at: datetime
    head: Text
    members: Sequence[Member]
    public: bool
    quiet: Mapping[str, Sequence[Member]]
    """Why → those that are left out though they have not answered."""


def lines(storage: Storage, campaign: Campaign, now: datetime) -> tuple[Text, ...]:
    """Show the coming reminders of deadlines and polls, and the questions after an organisation's own date."""
    coming = [
        *_deadlines(storage, campaign, now),
        *_own_dates(storage, campaign, now),
        *_polls(storage, campaign, now),
    ]
    found: list[Text] = []
    for one in sorted(coming, key=lambda one: one.at):
        found.append(one.head)
        found += _places(storage, campaign, one)
        found += [
            say(QUIET[why], count=len(members), names=names(members)) for why, members in one.quiet.items()
        ]
    ahead = [one for one in storage.deadlines.of_campaign(campaign.id) if one.at > now]
    if not ahead:
        found.insert(
            0,
            say(
                N_("There is no deadline ahead, so nobody is reminded of one. To set one: {deadline}"),
                deadline=Typed("deadline", "…"),
            ),
        )
    elif not schedules.unanswered(storage, campaign, now):
        found.append(say(N_("As it stands, nobody is to be reminded of the deadline now.")))
    elif not coming:
        found.append(say(N_("Nobody is reminded any more before the deadline: nothing else is planned.")))
    found += _pauses(campaign, ahead, now)
    return tuple(found)


QUIET = {
    "deciding": N_("- Not asked, still deciding ({count}): {names}"),
    "snoozed": N_("- Not asked, as they want none before a day of their own ({count}): {names}"),
    "off": N_("- Not asked, as they want none at all ({count}): {names}"),
}
"""Why an organisation is not reminded though it has not answered: by its own word."""


def _quiet(members: Sequence[Member], out: Mapping[int, str]) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {}
    for why in QUIET:
        there = [member for member in members if out.get(member.organisation_id) == why]
        if there:
            found[why] = there
    return found


def names(members: Sequence[Member]) -> Text | str:
    """Some organisations: at most ten by name, and how many more."""
    named, more = public_names([member.name for member in members])
    if more:
        return say(N_("{names} and {more} more"), names=", ".join(named), more=more)
    return ", ".join(named)


def _deadlines(storage: Storage, campaign: Campaign, now: datetime) -> list[_Coming]:
    found = []
    for deadline in storage.deadlines.of_campaign(campaign.id):
        existing = schedules.planned(campaign, deadline)
        public = public_offsets(one.offset for one in existing)
        left = MOST_IN_PUBLIC - storage.reminders.said_in_public(deadline.id, deadline.version)
        for one in existing:
            before = int(one.offset.total_seconds())
            cause = Cause(campaign.id, before, deadline_id=deadline.id, deadline_version=deadline.version)
            if one.at <= now or storage.reminders.handled(cause):
                continue
            is_public = one.offset in public and left > 0
            left -= is_public
            about = occasion(storage, cause, one.at)
            members = storage.campaigns.members(campaign.id)
            out = about.left_out(members)
            head = (
                N_("**{at}** — in public: answer by {until}")
                if is_public
                else N_("**{at}** — in private: answer by {until}")
            )
            found.append(
                _Coming(
                    one.at,
                    say(
                        head,
                        at=Moment(one.at, campaign.timezone).seen(now),
                        until=_labelled(deadline, now),
                    ),
                    [member for member in members if member.organisation_id not in out],
                    is_public,
                    _quiet(members, out),
                )
            )
    return found


def _labelled(deadline: Deadline, now: datetime) -> Text:
    at = Moment(deadline.at, deadline.zone).seen(now)
    if deadline.label:
        return say(N_("{at} ({label})"), at=at, label=deadline.label)
    return say(N_("{at}"), at=at)


def _own_dates(storage: Storage, campaign: Campaign, now: datetime) -> list[_Coming]:
    numbers = storage.own_dates.past(campaign.id, date.max)
    of: dict[tuple[datetime, date], list[Member]] = {}
    for member in storage.campaigns.members_among(campaign.id, numbers):
        at = ringing.asked_at(campaign, member)
        if member.deciding_until is not None and at is not None:
            of.setdefault((max(at, now), member.deciding_until), []).append(member)
    found = []
    for (at, day), members in of.items():
        about = occasion(storage, Cause(campaign.id, deciding_until=day), at)
        out = about.left_out(members)
        asked = [member for member in members if member.organisation_id not in out]
        if asked and not about.over:
            head = say(
                N_("**{at}** — they said they would decide by {day}: what came of it?"),
                at=Moment(at, campaign.timezone).seen(now),
                day=Day(day),
            )
            places, quiet = ringing.own_places(storage, asked), _quiet(members, out)
            found.append(_Coming(at, head, places, public=True, quiet=quiet))
    return found


def _polls(storage: Storage, campaign: Campaign, now: datetime) -> list[_Coming]:
    found = []
    for poll in storage.polls.of_campaign(campaign.id, only_open=True):
        at = poll_reminder_at(
            poll.closes_at,
            poll.set_at,
            schedules.civil_hours(campaign),
            campaign.timezone,
            schedules.pauses(campaign),
        )
        before = int(POLL_OFFSET.total_seconds())
        cause = Cause(campaign.id, before, poll_id=poll.id, closes_at=poll.closes_at)
        if at is None or at <= now or storage.reminders.handled(cause):
            continue
        about = APoll(storage, campaign, cause, at, poll)
        electors = [number for number, _ in storage.polls.electorate(poll.id)]
        members = storage.campaigns.members_among(campaign.id, electors)
        out = about.left_out(members)
        head = say(
            N_("**{at}** — poll {number} closes on {until}"),
            at=Moment(at, campaign.timezone).seen(now),
            number=poll.number,
            until=Moment(poll.closes_at, poll.zone).seen(now),
        )
        asked = [member for member in members if member.organisation_id not in out]
        found.append(_Coming(at, head, asked, public=True, quiet=_quiet(members, out)))
    return found


def _places(storage: Storage, campaign: Campaign, one: _Coming) -> list[Text]:
    if not one.members:
        return [say(N_("- nobody, as it stands"))]
    where = schedules.places(storage, campaign, one.members, public=one.public)
    found = [
        say(
            N_("- In {room} ({count}): {names}"),
            room=storage.rooms.get(room_id).label,
            count=len(there),
            names=names(there),
        )
        for room_id, there in where.rooms.items()
    ]
    if where.private:
        alone = [member for member, _ in where.private]
        found.append(say(N_("- In private ({count}): {names}"), count=len(alone), names=names(alone)))
    if where.nowhere:
        found.append(
            say(
                N_("- Not reminded, for I have nowhere to tell them ({count}): {names}"),
                count=len(where.nowhere),
                names=names(where.nowhere),
            )
            if one.public
            else say(
                N_("- Not this time, for it is said in private chats only: {count}"), count=len(where.nowhere)
            )
        )
    return found


def pauses(campaign: Campaign, now: datetime) -> list[Text]:
    """The pauses that are not over."""
    today = schedules.today(campaign, now)
    return [
        say(N_("⏸ Nobody is reminded on {day}."), day=Day(first))
        if first == last
        else say(N_("⏸ Nobody is reminded from {first} to {last}."), first=Day(first), last=Day(last))
        for first, last in schedules.pauses(campaign)
        if last >= today
    ]


def _pauses(campaign: Campaign, ahead: Sequence[Deadline], now: datetime) -> list[Text]:
    """Show the pauses to come, and what they move or let drop."""
    found = pauses(campaign, now)
    if not found:
        return []
    moved = dropped = 0
    for deadline in ahead:
        kept = {one.offset: one.at for one in schedules.planned(campaign, deadline)}
        for one in schedules.planned(campaign, deadline, paused=False):
            if one.at > now and kept.get(one.offset) != one.at:
                moved += one.offset in kept
                dropped += one.offset not in kept
    if moved or dropped:
        found.append(
            say(
                N_(
                    "Because of that: reminders that come at another time: {moved}, that are left out: {dropped}."
                ),
                moved=moved,
                dropped=dropped,
            )
        )
    return found
