"""A day of the calendar that stands somewhere in a text, be it past or still to come: "CA du 12 décembre 2026"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.dates.reading import read_local
from campaign.dates.times import Unreadable
from campaign.dates.weekdays import WEEKDAYS
from campaign.dates.words import plain
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from datetime import date, datetime

SOON = timedelta(days=60)
"""How near a day is that is meant by its date alone, although the one a year before has been."""
_YEARS_BACK, _YEARS_AHEAD = 4, 1
"""The years in which a day without one is looked for: in any five there is a 29 February."""
_MONTH = (
    r"(?:jan|feb|f[eé]v|mars?(?!di)|a[pv]r|mai|may|jui|jun|jul|ao[uû]|aug|sep|oct|nov|d[eé]c)[a-zéû]{0,7}"
)
_WEEKDAY = "|".join(name.split()[0] for week in WEEKDAYS.values() for name in week)
_WRITTEN = re.compile(
    rf"(?<![\w/.-])(?:(?:(?:{_WEEKDAY}),? )?(?:"
    r"\d{4}([-/])\d{1,2}\1\d{1,2}"
    r"|\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})"
    r"|\d{1,2}([.-])\d{1,2}\2\d{4}"
    rf"|(?P<named>\d{{1,2}}(?:er|st|nd|rd|th)? (?:of )?{_MONTH}\.?|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?)"
    r"(?P<year>,? \d{4})?"
    r")|hier|yesterday|aujourd['\u2019]hui|today)(?![\w/-])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A day as it stands in a text, and which one that is; None: no calendar has it."""

    said: str
    day: date | None


def find_day(text: str, now: datetime) -> Written | None:
    """Find the first day that is written out in a text, its day before its month; None if there is none.

    Of a day without a year it is the latest one until `now`, which is local, unless the next one is near (`SOON`).

    Raises:
        CampaignError: it is said to be another day of the week than it is.
    """
    for found in _WRITTEN.finditer(text):
        without_year = found["named"] and not found["year"]
        try:
            return Written(found[0], (_latest if without_year else _read)(found[0], now))
        except Unreadable:
            continue  # "3 marches"
    return None


def _read(said: str, now: datetime) -> date | None:
    """The day that is meant; None if there is no such day. Raises Unreadable, CampaignError."""
    for language in ("fr", "en"):  # 12/25/2024 can only be meant as an American writes it
        try:
            return read_local(plain(said), now, (language,)).day
        except (OverflowError, ValueError):
            continue
        except Unreadable:
            if language == "en":
                raise
    return None


def _latest(said: str, now: datetime) -> date | None:
    """The day that is meant by one without a year; None if no year has it. Raises Unreadable, CampaignError."""
    days, another = [], None
    for year in range(now.year - _YEARS_BACK, now.year + _YEARS_AHEAD + 1):
        try:
            day = _read(f"{said} {year}", now)
        except CampaignError as refusal:  # another day of the week, in that year
            another = refusal
        else:
            days += [day] if day else []
    if another is not None and not days:
        raise another
    return max((day for day in days if day <= now.date() + SOON), default=None)
