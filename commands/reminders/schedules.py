"""How a campaign's reminders fall: its offsets, hours and pauses as rules take them, who is reminded, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.civil import next_opening
from campaign.reminder import MOST_IN_PUBLIC, is_still_civil, public_offsets, schedule, why_not
from campaign.signature import answer_of
from commands import tell

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from campaign.civil import CivilHours, Pauses
    from campaign.reminder import Planned
    from commands.tell import Chat
    from storage.campaigns import Campaign, Member
    from storage.deadlines import Deadline
    from storage.storage import Storage

LAST_DAYS = timedelta(days=3)
"""How long before a deadline an organisation is asked although the question it waits for has no answer."""
AT_ONCE = 500
"""Of how many organisations it is looked up together where their people can be reached."""


def offsets(campaign: Campaign) -> list[timedelta]:
    """How long before a deadline the campaign reminds."""
    return [timedelta(seconds=seconds) for seconds in campaign.reminders]


def civil_hours(campaign: Campaign) -> CivilHours:
    """Between which wall times it may remind."""
    opens, _, closes = campaign.civil_hours.partition("-")
    return time.fromisoformat(opens), time.fromisoformat(closes)


def pauses(campaign: Campaign) -> Pauses:
    """On which days it does not remind."""
    return [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in campaign.pauses]


def planned(campaign: Campaign, deadline: Deadline, *, paused: bool = True) -> list[Planned]:
    """The reminders of a deadline; not `paused`: as they would fall without the campaign's pauses."""
    return schedule(
        deadline.at,
        deadline.set_at,
        offsets(campaign),
        civil_hours(campaign),
        campaign.timezone,
        pauses(campaign) if paused else (),
    )


def may_remind(campaign: Campaign, now: datetime) -> bool:
    """Whether the campaign may remind anybody now."""
    return is_still_civil(now, civil_hours(campaign), campaign.timezone, pauses(campaign))


def opening(campaign: Campaign, now: datetime) -> datetime | None:
    """When it may remind next, if it may not now (UTC); None if never."""
    return next_opening(now, civil_hours(campaign), campaign.timezone, pauses(campaign))


def today(campaign: Campaign, now: datetime) -> date:
    """The day in the campaign's zone."""
    return now.astimezone(ZoneInfo(campaign.timezone)).date()


# --- who


def left_out(
    storage: Storage, campaign: Campaign, members: Sequence[Member], now: datetime
) -> Mapping[int, str]:
    """Which of these organisations are not reminded of a deadline now, and why (see `campaign.reminder.why_not`).

    Who has signed a text that a change of substance has overtaken has not answered the letter as it is. Nobody is asked
    for an answer of those whom only strangers have named, nor of all of them together. Who waits for the answer to a
    question, and gave no date, is left in peace until the last days before the deadline.
    """
    day = today(campaign, now)
    ahead = next((one.at for one in storage.deadlines.of_campaign(campaign.id) if one.at > now), None)
    is_early = ahead is None or now < ahead - LAST_DAYS
    waiting = storage.questions.waiting(campaign.id) if is_early else {}
    overtaken = storage.letters.overtaken(campaign.id)
    found: dict[int, str] = {}
    for member in members:
        number = member.organisation_id
        if member.flagged or number == campaign.collective_id:
            found[number] = "not asked"
            continue
        why = why_not(
            answer_of(member.word, member.level, overtaken=member.letter_id in overtaken),
            member.deciding_until,
            member.snoozed_until,
            day,
            waits=number in waiting,
            off=member.reminders == "off",
        )
        if why:
            found[number] = why
    return found


def unanswered(storage: Storage, campaign: Campaign, now: datetime) -> list[Member]:
    """The organisations that are reminded now: those that have not answered, and may be asked again."""
    members = storage.campaigns.members(campaign.id)
    out = left_out(storage, campaign, members, now)
    return [member for member in members if member.organisation_id not in out]


def is_quiet(campaign: Campaign, member: Member, now: datetime) -> str:
    """Why an organisation is not asked at all now, whatever it is about; empty if it may be."""
    if member.flagged or member.organisation_id == campaign.collective_id:
        return "not asked"
    if member.reminders == "off":
        return "off"
    snoozed = member.snoozed_until
    return "snoozed" if snoozed is not None and today(campaign, now) <= snoozed else ""


# --- where


def is_public(storage: Storage, campaign: Campaign, deadline: Deadline, offset: timedelta) -> bool:
    """Whether this reminder is said in the rooms: the first and the last, two at most whatever has moved since.

    The others go to those who have a private chat with the bot.
    """
    existing = planned(campaign, deadline)
    return (
        offset in public_offsets(one.offset for one in existing)
        and storage.reminders.said_in_public(deadline.id, deadline.version) < MOST_IN_PUBLIC
    )


@dataclass(frozen=True, slots=True)
class Split:
    """Which organisations are reminded in which room, which in private, and which not this time."""

    rooms: dict[int, list[Member]]
    alone: list[Member]
    elsewhere: list[Member]
    """Those that want to be reminded in a room, when it is not said there."""


def split(
    storage: Storage, campaign: Campaign, members: Sequence[Member], *, public: bool, first: Collection[int]
) -> Split:
    """Choose where: in public where an organisation's people last spoke, else the first room listed.

    What its people said goes before. In each room those who are not among `first` (organisations) come last.
    """
    rooms = [room for room in storage.rooms.of_campaign(campaign.id) if not room.admin]
    known = {room.id for room in rooms}
    found = Split({}, [], [])
    for member in sorted(members, key=lambda one: one.organisation_id not in first):
        if member.reminders == "private" or (not public and member.reminders != "room") or not rooms:
            found.alone.append(member)
        elif not public:
            found.elsewhere.append(member)
        else:
            where = member.room_id if member.room_id in known else rooms[0].id
            found.rooms.setdefault(where or rooms[0].id, []).append(member)
    return found


@dataclass(frozen=True, slots=True)
class Places:
    """Where each organisation is reminded: in one room, or in its people's private chat; or nowhere this time."""

    rooms: dict[int, list[Member]]
    private: list[tuple[Member, Chat]]
    nowhere: list[Member]
    again: frozenset[int]
    """Those of them (organisations) that have signed an earlier text, and are asked to confirm."""


def places(storage: Storage, campaign: Campaign, members: Sequence[Member], *, public: bool) -> Places:
    """Choose where, as `split`; in private where one of an organisation's people can be written to.

    In each room those who have never answered come first.
    """
    again = signed_before(storage, campaign, members)
    silent = {member.organisation_id for member in members} - again
    there = split(storage, campaign, members, public=public, first=silent)
    private, nowhere = [], list(there.elsewhere)
    for member, chat in chats(storage, there.alone):
        if chat is None:
            nowhere.append(member)
        else:
            private.append((member, chat))
    return Places(there.rooms, private, nowhere, again)


def signed_before(storage: Storage, campaign: Campaign, members: Sequence[Member]) -> frozenset[int]:
    """The organisations among these whose signature is of a text that a change of substance has overtaken."""
    overtaken = storage.letters.overtaken(campaign.id)
    return frozenset(member.organisation_id for member in members if member.letter_id in overtaken)


def chats(storage: Storage, members: Sequence[Member]) -> list[tuple[Member, Chat | None]]:
    """Where each organisation's people can be written to: the one standing longest who can be, deputies last."""
    found: list[tuple[Member, Chat | None]] = []
    for start in range(0, len(members), AT_ONCE):
        some = members[start : start + AT_ONCE]
        people = storage.representatives.people_of([member.organisation_id for member in some])
        known = tell.private_chats(storage, {person for theirs in people.values() for person in theirs})
        for member in some:
            theirs = people.get(member.organisation_id, ())
            found.append((member, next((known[person] for person in theirs if person in known), None)))
    return found
