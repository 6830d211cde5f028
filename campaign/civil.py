"""Civil hours and pauses: at which times of day, and on which days, people may be reminded at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOTICE = timedelta(minutes=15)
"""The least time before a deadline for a reminder that is moved on to the opening of civil hours."""

GRACE = timedelta(minutes=15)
"""How long after civil hours have closed it may still be said what was planned within them."""

CivilHours: TypeAlias = tuple[time, time]
"""Wall times at which civil hours open and close. They may span midnight; equal ones mean the whole day."""
Pauses: TypeAlias = "Sequence[tuple[date, date]]"
"""First and last days of holidays, both included: days without civil hours."""

_AROUND = 3
"""How many days with civil hours are looked at on either side: hours that span midnight belong to the day they begin."""
_LAST_MINUTE = timedelta(minutes=1)


def is_civil(at: datetime, civil_hours: CivilHours, zone: str, pauses: Pauses = ()) -> bool:
    """Whether an instant lies within civil hours, both ends included, and in no pause."""
    return any(opens <= at <= closes for opens, closes in _windows(at, civil_hours, ZoneInfo(zone), pauses))


def is_still_civil(now: datetime, civil_hours: CivilHours, zone: str, pauses: Pauses = ()) -> bool:
    """Whether somebody may be reminded now: as `is_civil`, and `GRACE` beyond the closing, but in no pause.

    What is planned for the closing itself is given a few seconds later, or once a bot is back that was just then away.
    """
    where = ZoneInfo(zone)
    return any(
        opens <= now <= closes or (closes < now <= closes + GRACE and not _is_paused(now, where, pauses))
        for opens, closes in _windows(now, civil_hours, where, pauses)
    )


def _is_paused(at: datetime, zone: ZoneInfo, pauses: Pauses) -> bool:
    return pause_on(at.astimezone(zone).date(), pauses) is not None


def moved(
    exact: datetime, deadline: datetime, civil_hours: CivilHours, zone: ZoneInfo, pauses: Pauses = ()
) -> datetime | None:
    """Move an instant into civil hours: on to the next opening if `NOTICE` is left, else back to the last closing.

    None if there is neither.
    """
    windows = list(_windows(exact, civil_hours, zone, pauses))
    if any(opens <= exact <= closes for opens, closes in windows):
        return exact
    opening = min((opens for opens, _ in windows if opens > exact), default=deadline)
    if opening <= deadline - NOTICE:
        return opening
    return max((closes for _, closes in windows if closes < exact), default=None)


def opening_after(day: date, civil_hours: CivilHours, zone: str, pauses: Pauses = ()) -> datetime | None:
    """The first opening (UTC) on a later day; None if there is none for ever."""
    where = ZoneInfo(zone)
    noon = instant(day, time(12), where)
    openings = [opens for opens, _ in _windows(noon, civil_hours, where, pauses)]
    return min((at for at in openings if at.astimezone(where).date() > day), default=None)


def next_opening(now: datetime, civil_hours: CivilHours, zone: str, pauses: Pauses = ()) -> datetime | None:
    """When civil hours open next (UTC), after an instant; None if they never do."""
    windows = _windows(now, civil_hours, ZoneInfo(zone), pauses)
    return min((opens for opens, _ in windows if opens > now), default=None)


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Read a wall time as an instant. `fold=0` is RFC 5545's rule for the days on which the clocks change."""
    return datetime.combine(day, wall.replace(fold=0), tzinfo=zone).astimezone(UTC)


def pause_on(day: date, pauses: Pauses) -> tuple[date, date] | None:
    """The pause a day lies in, if it lies in one."""
    return next(((first, last) for first, last in pauses if first <= day <= last), None)


def _windows(
    at: datetime, civil_hours: CivilHours, zone: ZoneInfo, pauses: Pauses
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the civil hours of the days around an instant, as instants."""
    start, end = civil_hours
    for day in _days(at.astimezone(zone).date(), pauses):
        opens = instant(day, start, zone)
        following = day + timedelta(days=1)
        closes = instant(day if start < end else following, end, zone)
        if pauses and pause_on(following, pauses):
            closes = min(closes, instant(following, time(), zone) - 2 * _LAST_MINUTE)
        # Hours that fall wholly into an hour the clocks skip leave nothing of that day.
        if opens <= closes:
            yield opens, closes


def _days(today: date, pauses: Pauses) -> Iterator[date]:
    """Yield the days around one that lie in no pause: those before it, then it and those after."""
    for step in (-1, 1):
        day, found = (today if step > 0 else today - timedelta(days=1)), 0
        try:
            while found < _AROUND:
                pause = pause_on(day, pauses)
                if pause is None:
                    yield day
                    found += 1
                    day += timedelta(days=step)
                else:
                    day = pause[step > 0] + timedelta(days=step)
        except OverflowError:
            continue  # a pause to the end of time
