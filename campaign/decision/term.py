"""When a poll closes: its duration, working days and holidays, and the one extension for a late objection."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dateutil.easter import easter

from campaign.dates import END_OF_DAY
from campaign.decision.outcome import lacks_reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from campaign.decision.outcome import Ballot
    from campaign.decision.procedure import Procedure

_SATURDAY = 5
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
"""Month and day of the French legal holidays that do not move."""
_AFTER_EASTER = (1, 39, 50)
"""Days after Easter Sunday: Easter Monday, Ascension Day, Whit Monday."""


def closes_at(procedure: Procedure, opened_at: datetime, zone: str) -> datetime:
    """When a poll closes that opens then, in UTC, unless something else is said.

    `opened_at` is aware. `zone` is the poll's IANA zone, in which its days are days.
    """
    return _after(procedure, opened_at, procedure.duration, zone)


def extended_to(
    procedure: Procedure, closing: datetime, zone: str, ballot: Ballot, cast_at: datetime, *, extended: bool
) -> datetime | None:
    """When a poll closes now that this ballot came in, if it was an objection so late that it puts the closing off.

    None if it does not: it came early enough or too late, does not block, lacks its reason, was resolved already, or
    the poll was `extended` before. All instants are aware; the answer is in UTC.
    """
    if extended or not procedure.extension or not procedure.can_be_blocked:
        return None
    if ballot.choice not in procedure.blocks or ballot.resolved:
        return None
    if (
        lacks_reason(procedure, ballot.choice, ballot.reason)
        or not closing - procedure.late <= cast_at < closing
    ):
        return None
    return _after(procedure, closing, procedure.extension, zone)


def public_holidays(zone: str, years: Iterable[int]) -> tuple[date, ...]:
    """The legal holidays where this zone is, in order: France's in Europe/Paris, for other zones none are known.

    Those of some places alone (Alsace and Moselle, overseas) are not among them: they are given by hand.
    Source: Code du travail, article L3133-1.
    """
    if zone != "Europe/Paris":
        return ()
    days = {date(year, *day) for year in set(years) for day in _FIXED}
    days |= {easter(year) + timedelta(days=after) for year in set(years) for after in _AFTER_EASTER}
    return tuple(sorted(days))


def _after(procedure: Procedure, start: datetime, length: timedelta, zone: str) -> datetime:
    """An instant after a length of time.

    In working days the day of the start is not counted, and the time of day stays. What starts on a day that is no
    working day ends with its last one: nobody loses part of a day. Source: Regulation (EEC, Euratom) No 1182/71, articles
    2 and 3 (working days are all days but public holidays, Saturdays and Sundays; the day of the event does not count).
    """
    if not procedure.working_days or not length:
        return (start + length).astimezone(UTC)
    here = ZoneInfo(zone)
    local = start.astimezone(here)
    day, left = local.date(), length.days
    at = local.timetz() if _is_working(day, procedure.holidays) else END_OF_DAY.replace(tzinfo=here)
    while left:
        day += timedelta(days=1)
        left -= _is_working(day, procedure.holidays)
    return datetime.combine(day, at.replace(fold=0)).astimezone(UTC)


def _is_working(day: date, holidays: Collection[date]) -> bool:
    return day.weekday() < _SATURDAY and day not in holidays
