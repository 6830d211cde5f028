"""What organisations are reminded of, looked at as it stands now: whether it still holds, whom it concerns, what is said."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.chat import Moment
from campaign.civil import instant
from campaign.reminder import POLL_OFFSET, due, poll_reminder_at
from commands.ballots import polling
from commands.command import Elsewhere
from commands.reminders import reminding, schedules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from campaign.chat import Message, Text
    from campaign.reminder import Due
    from storage.campaigns import Campaign, Member
    from storage.deadlines import Deadline
    from storage.polls import Poll
    from storage.reminders import Cause
    from storage.storage import Storage

URGENCY = 1
"""A reminder outranks an answer, which outranks an announcement."""


@dataclass(frozen=True)
class Occasion(ABC):
    """Something to remind of, as it is `now` (UTC)."""

    storage: Storage
    campaign: Campaign
    cause: Cause
    now: datetime

    @property
    @abstractmethod
    def over(self) -> str:
        """Why it is not to be said any more; empty if it is."""

    @property
    def planned_at(self) -> datetime | None:
        """When it is to be said at the soonest (UTC), as is planned now; None if nothing tells.

        Decided before that, it was by a clock that ran ahead.
        """
        return None

    @property
    def may_be_said(self) -> bool:
        """Whether its time has come, and the hour allows it."""
        at = self.planned_at
        return (at is None or at <= self.now) and schedules.may_remind(self.campaign, self.now)

    @property
    def opening(self) -> datetime | None:
        """When that may be so next (UTC), if it is not now; None if never."""
        at = self.planned_at
        return at if at is not None and at > self.now else schedules.opening(self.campaign, self.now)

    @property
    def expires_at(self) -> datetime | None:
        """From when on it is not worth saying any more."""
        return None

    @property
    def is_late(self) -> bool:
        """Whether what was not said until now is late."""
        return False

    @abstractmethod
    def left_out(self, members: Sequence[Member]) -> Mapping[int, str]:
        """Which of these organisations it does not concern any more, and why."""

    @abstractmethod
    def lines(self, members: Sequence[Member], *, late: bool) -> tuple[Text, ...]:
        """What is said to these."""

    def message(self, members: Sequence[Member], room_id: int | None, *, late: bool) -> Message:
        """What is said to these: in a room, their people mentioned; or (None) in private."""
        people = reminding.mentions(self.storage, room_id, members)
        return reminding.message(self.lines(members, late=late), people, self.cause.poll_id)

    def in_rooms(
        self, rooms: Mapping[int, Sequence[Member]], given: Mapping[int, int], *, late: bool
    ) -> tuple[Elsewhere, ...]:
        """Say it once in each room. `given`: organisation → what was written down of its reminder."""
        return tuple(
            Elsewhere(
                self.message(members, room_id, late=late),
                room_id=room_id,
                urgency=URGENCY,
                expires_at=self.expires_at,
                reminders=tuple(given[member.organisation_id] for member in members),
            )
            for room_id, members in rooms.items()
        )


@dataclass(frozen=True)
class ADeadline(Occasion):
    """A deadline comes nearer."""

    deadline: Deadline | None

    @property
    def over(self) -> str:
        """It was moved, cancelled or has passed, or a nearer reminder takes this one's place."""
        if self.deadline is None or self.deadline.version != self.cause.deadline_version:
            return "moved"
        if self.now >= self.deadline.at:
            return "past the deadline"
        return "overtaken" if self.storage.reminders.overtaken(self.cause) else ""

    @property
    def expires_at(self) -> datetime | None:
        """At the deadline."""
        return self.deadline.at if self.deadline else None

    @property
    def is_late(self) -> bool:
        """Long after it was planned."""
        return any(one.action == "late" for one in self.due)

    @property
    def due(self) -> list[Due]:
        """What is to become of this reminder, if that can be said now."""
        if self.deadline is None:
            return []
        offset = timedelta(seconds=self.cause.seconds_before)
        found = due(
            self.deadline.at,
            self.deadline.set_at,
            schedules.offsets(self.campaign),
            schedules.civil_hours(self.campaign),
            self.campaign.timezone,
            (),
            self.now,
            schedules.pauses(self.campaign),
        )
        return [one for one in found if one.offset == offset]

    @property
    def planned_at(self) -> datetime | None:
        """At the campaign's offset."""
        planned = schedules.planned(self.campaign, self.deadline) if self.deadline else ()
        return next(
            (one.at for one in planned if one.offset.total_seconds() == self.cause.seconds_before), None
        )

    @property
    def is_last(self) -> bool:
        """Whether no other reminder of it follows."""
        existing = schedules.planned(self.campaign, self.deadline) if self.deadline else ()
        return all(one.offset.total_seconds() >= self.cause.seconds_before for one in existing)

    def left_out(self, members: Sequence[Member]) -> Mapping[int, str]:
        """Whoever has answered or is not to be asked; nor twice on a day, but for the last time."""
        out = dict(schedules.left_out(self.storage, self.campaign, members, self.now))
        if not self.is_last:
            for number in self.storage.own_dates.asked_since(
                self.campaign.id, midnight(self.campaign, self.now)
            ):
                out.setdefault(number, "asked today")
        return out

    def lines(self, members: Sequence[Member], *, late: bool) -> tuple[Text, ...]:
        """Please answer by then."""
        at = Moment(self.deadline.at, self.deadline.zone) if self.deadline else None
        again = schedules.signed_before(self.storage, self.campaign, members)
        return reminding.of_deadline(self.campaign, members, at, again, late=late)


@dataclass(frozen=True)
class AnOwnDate(Occasion):
    """An organisation's own date has passed."""

    @property
    def planned_at(self) -> datetime | None:
        """The day after, whenever each wants to be asked."""
        day = self.cause.deciding_until
        return midnight(self.campaign, self.now, day + timedelta(days=1)) if day is not None else None

    @property
    def over(self) -> str:
        """There was a deadline, and it has passed."""
        deadlines = self.storage.deadlines.of_campaign(self.campaign.id)
        is_past = bool(deadlines) and all(one.at <= self.now for one in deadlines)
        return "past the deadline" if is_past else ""

    def left_out(self, members: Sequence[Member]) -> Mapping[int, str]:
        """Whoever has answered since, gave another date, or was reminded of the deadline since."""
        out = dict(schedules.left_out(self.storage, self.campaign, members, self.now))
        until = self.cause.deciding_until
        if until is None:
            return out
        for member in members:
            if member.word != "deciding" or member.deciding_until != until:
                out.setdefault(member.organisation_id, "answered")
        since = midnight(self.campaign, self.now, until + timedelta(days=1))
        numbers = [member.organisation_id for member in members]
        for number in self.storage.own_dates.reminded_since(self.campaign.id, numbers, since):
            out.setdefault(number, "overtaken")
        return out

    def lines(self, members: Sequence[Member], *, late: bool) -> tuple[Text, ...]:  # noqa: ARG002 - the date says it
        """What came of it."""
        day = self.cause.deciding_until or schedules.today(self.campaign, self.now)
        return reminding.after_own_date(self.campaign, members, day)


@dataclass(frozen=True)
class ByHand(ADeadline):
    """A campaigner reminds whoever has not answered, whatever the hour; of the next deadline, if there is one."""

    @property
    def over(self) -> str:
        """Never: it was asked for."""
        return ""

    @property
    def may_be_said(self) -> bool:
        """A campaigner takes it upon themselves."""
        return True

    def left_out(self, members: Sequence[Member]) -> Mapping[int, str]:
        """Whoever has answered or is not to be asked."""
        return schedules.left_out(self.storage, self.campaign, members, self.now)


@dataclass(frozen=True)
class APoll(Occasion):
    """A poll closes soon."""

    poll: Poll

    @property
    def over(self) -> str:
        """It is over, or takes answers for longer than it did."""
        if self.poll.closed_at is not None or self.now >= self.poll.closes_at:
            return "past the deadline"
        return "moved" if self.poll.closes_at != self.cause.closes_at else ""

    @property
    def expires_at(self) -> datetime | None:
        """When it closes."""
        return self.poll.closes_at

    @property
    def planned_at(self) -> datetime | None:
        """A day before it closes."""
        return poll_reminder_at(
            self.poll.closes_at,
            self.poll.set_at,
            schedules.civil_hours(self.campaign),
            self.campaign.timezone,
            schedules.pauses(self.campaign),
        )

    @property
    def due(self) -> list[Due]:
        """Whether its electors are to be reminded now."""
        return due(
            self.poll.closes_at,
            self.poll.set_at,
            (POLL_OFFSET,),
            schedules.civil_hours(self.campaign),
            self.campaign.timezone,
            (),
            self.now,
            schedules.pauses(self.campaign),
        )

    def left_out(self, members: Sequence[Member]) -> Mapping[int, str]:
        """Whoever has voted, may not vote, or is not to be asked."""
        electors = {number for number, _ in self.storage.polls.electorate(self.poll.id)}
        voted = {ballot.organisation_id for ballot in polling.answers(self.storage, self.poll)}
        out = {number: "answered" for member in members if (number := member.organisation_id) in voted}
        for member in members:
            number = member.organisation_id
            why = (
                "not asked" if number not in electors else schedules.is_quiet(self.campaign, member, self.now)
            )
            if why:
                out.setdefault(number, why)
        return out

    def lines(self, members: Sequence[Member], *, late: bool) -> tuple[Text, ...]:  # noqa: ARG002 - it says when it closes
        """It closes then; how to vote."""
        return reminding.of_poll(self.poll, members)


def occasion(storage: Storage, cause: Cause, now: datetime) -> Occasion:
    """What a reminder is about, as it stands now."""
    campaign = storage.campaigns.get(cause.campaign_id)
    if cause.poll_id is not None:
        return APoll(storage, campaign, cause, now, storage.polls.get(cause.poll_id))
    if cause.deadline_id is not None:
        return ADeadline(storage, campaign, cause, now, storage.deadlines.get(cause.deadline_id))
    if cause.deciding_until is not None:
        return AnOwnDate(storage, campaign, cause, now)
    ahead = next((one for one in storage.deadlines.of_campaign(campaign.id) if one.at > now), None)
    return ByHand(storage, campaign, cause, now, ahead)


def midnight(campaign: Campaign, now: datetime, day: date | None = None) -> datetime:
    """When a day begins in the campaign's zone: today, unless another is given."""
    return instant(day or schedules.today(campaign, now), time(), ZoneInfo(campaign.timezone))
