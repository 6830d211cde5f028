"""Numbers, dates and lists as a language writes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.texts.data import clean
from campaign.chat import N_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from babel.core import Locale

    from bot.texts.catalogue import Catalogue
    from campaign.chat import Moment

_MOMENT = N_("{date} at {time} ({zone})")
_BRIEF = N_("{date} at {time}")
_TOO_LONG = "…"
_YEAR = re.compile(r"[,\s]*\by+\b")


class Formats:
    """How one language writes values."""

    def __init__(self, catalogue: Catalogue, zone: str) -> None:
        """Write with a catalogue's language; `zone` (IANA) is for moments that name none."""
        self._locale = catalogue.locale
        self._moment = catalogue.one(_MOMENT)
        self._brief = catalogue.one(_BRIEF)
        self._zone = zone

    def number(self, number: int) -> str:
        """Write a whole number with its thousands apart."""
        return _number(number, self._locale)

    def day(self, day: date) -> str:
        """Write a day with its weekday, e.g. "jeudi 30 septembre 2027"."""
        return _day(day, self._locale)

    def moment(self, moment: Moment) -> str:
        """Write weekday, day, minute and zone; and the offset where the clocks show that minute twice.

        A brief one has no year, and no zone where that is the one everybody here lives by.
        """
        values = _moment(moment.at, moment.zone or self._zone, self._locale, brief=moment.brief)
        template = self._brief if moment.brief and values["zone"] == self._zone else self._moment
        return "".join(values[part] if index % 2 else part for index, part in enumerate(template))

    def listing(self, items: Sequence[str], *, either: bool = False) -> str:
        """Write items as the language joins them, e.g. "a, b and c", or as alternatives, "a, b or c"."""
        return format_list(items, style="or" if either else "standard", locale=self._locale) if items else ""


@lru_cache(maxsize=1024)
def _number(number: int, locale: Locale) -> str:
    try:
        return format_decimal(number, locale=locale)
    except (ValueError, ArithmeticError):
        return _TOO_LONG  # Python itself refuses to write out thousands of digits


@lru_cache(maxsize=256)
def _day(day: date, locale: Locale, *, brief: bool = False) -> str:
    full = locale.date_formats["full"].pattern
    written = format_date(day, _YEAR.sub("", full) if brief else full, locale=locale)
    if locale.language == "fr" and day.day == 1:
        return written.replace(" 1 ", " 1er ", 1)  # as everybody writes it; the locale data has no such form
    return written


@lru_cache(maxsize=256)
def _moment(at: datetime, zone: str, locale: Locale, *, brief: bool) -> dict[str, str]:
    try:
        local = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))
    except (LookupError, ValueError, OSError, OverflowError):
        local, zone = at, str(at.tzinfo or UTC)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        zone = f"{zone}, UTC{local.isoformat()[-6:]}"
    return {
        "date": _day(local.date(), locale, brief=brief),
        "time": format_time(local, "short", locale=locale),
        "zone": clean(zone),
    }
