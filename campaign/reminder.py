"""When organisations are reminded of a deadline, and which of these reminders are due now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from campaign.civil import NOTICE, CivilHours, instant, is_civil, is_still_civil, moved, opening_after

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from campaign.civil import Pauses
    from campaign.signature import Standing

__all__ = ["NOTICE", "CivilHours", "due", "is_civil", "is_still_civil", "schedule"]

PUNCTUAL = timedelta(minutes=15)
"""How long after its planned instant a reminder still counts as on time."""

POLL_OFFSET = timedelta(hours=24)
"""How long before a poll closes the electors who have not voted are reminded."""

MOST_IN_PUBLIC = 2
"""How often a deadline is said in the rooms."""

T = TypeVar("T")
Action: TypeAlias = Literal["send", "late", "skip"]
Why: TypeAlias = Literal["on time", "after downtime", "overtaken", "past the deadline"]
Not: TypeAlias = Literal["", "answered", "deciding", "snoozed", "off"]
"""Why an organisation is not reminded; empty if it is."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder that will be given: how long before the deadline, and the instant (UTC) that comes to."""

    offset: timedelta
    at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What becomes of an offset now: sent, sent late, or skipped for good. `planned_at` is in UTC."""

    offset: timedelta
    planned_at: datetime
    action: Action
    why: Why


def schedule(  # noqa: PLR0917 - a deadline with its whole context
    deadline: datetime,
    set_at: datetime,
    offsets: Iterable[timedelta],
    civil_hours: CivilHours,
    zone: str,
    pauses: Pauses = (),
) -> list[Planned]:
    """List the reminders of a deadline in the order in which they come, as nobody being late would see them.

    Each offset before the deadline has a planned instant:

    - Whole days are calendar days in the zone: one day before Sunday 18:00 is Saturday 18:00, also when the
      clocks change in between. What remains of an offset (hours, minutes) is elapsed time. 24 hours are a
      day.
    - A wall time that the clocks skip is read with the offset in force before the change (02:30 becomes
      03:30), and one that happens twice is its first occurrence: RFC 5545, section 3.3.5.
    - Within civil hours, both ends included, a reminder is planned exactly there, to the second.
    - Outside of them it moves on to the next opening if that leaves at least `NOTICE` before the deadline,
      and otherwise back to the last closing. A day in a pause has no civil hours.
    - An offset that lies before the deadline was set, or can only be moved to before that, does not exist.

    Where several fall on the same instant, only the nearest to the deadline is given. `deadline` and `set_at`
    are aware, `zone` is an IANA name.
    """
    nearest = {each.at: each for each in _plan(deadline, set_at, offsets, civil_hours, zone, pauses)}
    return list(nearest.values())


def due(  # noqa: PLR0917 - a deadline with its whole context; callers name what they pass
    deadline: datetime,
    set_at: datetime,
    offsets: Iterable[timedelta],
    civil_hours: CivilHours,
    zone: str,
    already: Collection[timedelta],
    now: datetime,
    pauses: Pauses = (),
) -> list[Due]:
    """Say what to do now about each offset whose planned instant has come and which is not handled `already`.

    At most one of them is sent or late, and all are to be recorded as handled together with the message. On
    time means within `PUNCTUAL` of the plan; what is later than that, after downtime, is marked late. Outside
    of civil hours it waits: until then it is not returned, and due again at a later tick. It is skipped once
    the deadline has passed or a nearer reminder's moment has come. All instants are aware.
    """
    come = [each for each in _plan(deadline, set_at, offsets, civil_hours, zone, pauses) if each.at <= now]
    found = []
    for each in come:
        if each.offset in already:
            continue
        if now >= deadline:
            found.append(Due(each.offset, each.at, "skip", "past the deadline"))
        elif each is not come[-1]:
            found.append(Due(each.offset, each.at, "skip", "overtaken"))
        elif is_still_civil(now, civil_hours, zone, pauses):
            found.append(
                Due(each.offset, each.at, "send", "on time")
                if now - each.at <= PUNCTUAL
                else Due(each.offset, each.at, "late", "after downtime")
            )
    return found


def poll_reminder_at(
    closes_at: datetime, opened_at: datetime, civil_hours: CivilHours, zone: str, pauses: Pauses = ()
) -> datetime | None:
    """Return the instant (UTC) at which electors who have not voted are reminded: 24 h before closing.

    None for a poll that is too short to have one. `due` with `POLL_OFFSET` says when it is due.
    """
    planned = schedule(closes_at, opened_at, (POLL_OFFSET,), civil_hours, zone, pauses)
    return planned[0].at if planned else None


def public_offsets(offsets: Iterable[timedelta]) -> frozenset[timedelta]:
    """Choose which of the offsets that exist are said in public: the first and the last, two at most."""
    existing = set(offsets)
    return frozenset((max(existing), min(existing))) if existing else frozenset()


def public_names(names: Sequence[T], limit: int = 10) -> tuple[tuple[T, ...], int]:
    """Shorten a list of names for a public reminder: those to say, and how many more there are."""
    return tuple(names[:limit]), max(0, len(names) - limit)


def follow_up_at(
    deciding_until: date, snoozed_until: date | None, civil_hours: CivilHours, zone: str, pauses: Pauses = ()
) -> datetime | None:
    """When (UTC) an organisation is asked what came of its own date: as civil hours open on the day after.

    Later, if it does not want to be reminded yet; None if never.
    """
    return opening_after(max(deciding_until, snoozed_until or deciding_until), civil_hours, zone, pauses)


def why_not(
    standing: Standing,
    deciding_until: date | None,
    snoozed_until: date | None,
    today: date,
    *,
    waits: bool = False,
    off: bool = False,
) -> Not:
    """Say why an organisation is not reminded of a deadline; `today` is the day in the campaign's zone.

    Who has not answered is; who is deciding, only after its own date; whoever has answered in any way is not.
    Without a date, it is not while it `waits` for something else. Nobody is who wants none (`off`), or none up to and
    including a day.
    """
    if standing not in ("silent", "deciding"):
        return "answered"
    if off:
        return "off"
    if snoozed_until is not None and today <= snoozed_until:
        return "snoozed"
    if standing == "deciding" and (today <= deciding_until if deciding_until is not None else waits):
        return "deciding"
    return ""


def to_remind(
    standing: Standing,
    deciding_until: date | None,
    snoozed_until: date | None,
    today: date,
    *,
    waits: bool = False,
) -> bool:
    """Say whether an organisation is reminded at all: see `why_not`."""
    return not why_not(standing, deciding_until, snoozed_until, today, waits=waits)


def _plan(  # noqa: PLR0917 - as `schedule`
    deadline: datetime,
    set_at: datetime,
    offsets: Iterable[timedelta],
    civil_hours: CivilHours,
    zone: str,
    pauses: Pauses,
) -> list[Planned]:
    """Plan every offset that exists, ordered by instant; of two at one instant the nearer comes last."""
    where = ZoneInfo(zone)
    deadline = deadline.astimezone(UTC)
    planned = []
    for offset in set(offsets):
        if offset <= timedelta(0):
            continue
        exact = _before(deadline, offset, where)
        at = moved(exact, deadline, civil_hours, where, pauses)
        if at is not None and min(exact, at) > set_at:
            planned.append(Planned(offset, at))
    return sorted(planned, key=lambda each: (each.at, -each.offset))


def _before(deadline: datetime, offset: timedelta, zone: ZoneInfo) -> datetime:
    rest = offset - timedelta(days=offset.days)
    if not offset.days:
        return deadline - rest
    local = deadline.astimezone(zone)
    return instant(local.date() - timedelta(days=offset.days), local.time(), zone) - rest
