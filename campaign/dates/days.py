"""Days of the calendar: written out, in figures, or as a part of a month."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from dateparser.date import DateDataParser

from campaign.chat import N_, Day, say
from campaign.dates.feasts import feast
from campaign.dates.spans import AHEAD, EXACT, LONG, span
from campaign.dates.times import NoSuchDay, Unreadable
from campaign.dates.weekdays import next_weekday, weekday_pattern
from campaign.dates.weeks import whole
from campaign.dates.which import one_of, within
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence


_UNTIL = re.compile(
    r"^(?:(?:au plus tard|at the latest|avant|before|by|until|till|jusqu'au|jusqu'a|pour|au|on|d'ici(?: a)?(?! \d)|a(?= la fin| fin)|la(?= fin)"
    r"|at(?= the end)|(?:the )?end of(?= (?:[a-z]{3,6}day|tomorrow)\b)) )+"
)
"""What may stand before a day and changes nothing: a day means its end anyway."""
_NEAR = {
    "today": 0,
    "aujourd'hui": 0,
    "aujourdhui": 0,
    "tomorrow": 1,
    "demain": 1,
    "day after tomorrow": 2,
    "after tomorrow": 2,
    "apres-demain": 2,
    "apres demain": 2,
    "yesterday": -1,
    "hier": -1,
}
_MONTH = r"(?:jan|feb|fev|mar(?!di)|apr|avr|mai|may|jui|jun|jul|aou|aug|sep|oct|nov|dec)[a-z]{0,6}"
"""Whatever may be a month's name. The library, asked about anything else, finds a month in it: "12 hours", "5 dim"."""
_NAMED_DAY = re.compile(
    rf"(?:(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)? (?:of |de )?(?P<month>{_MONTH})\.?"
    rf"|(?P<month_first>{_MONTH})\.? (?P<day_last>\d{{1,2}})(?:st|nd|rd|th)?,?)"
    r"(?:,? (?P<year>\d{4}))?"
)
_END_OF_MONTH = re.compile(
    r"(?P<which>fin|end of|mi|mid)[ -](?:(?:du mois )?(?:de |d'))?"
    rf"(?P<month>(?P<name>{_MONTH})|(?:du |ce )?mois|(?:the |this )?month"
    r"|(?P<whole>(?:l'|cette )?annee|(?:the |this )?year|(?=\d{4}$)))"
    r"(?: ?(?P<year>\d{4}))?"
)
_IN_MONTH = re.compile(
    rf"(?:en|in|courant|during|dans le courant d[eu']|au mois d[e'])(?: mois d[e'])? ?(?P<month>{_MONTH})(?: (?P<year>\d{{4}}))?"
)
_NEXT_YEAR = re.compile(r"(?:l'annee prochaine|l'an prochain|next year)")
_ISO = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?")
_DAY_OF_MONTH = re.compile(r"(?:le|the) (\d{1,2})(?:er|st|nd|rd|th)?")


def day_of(text: str, now: datetime, at: time | None, languages: Sequence[str]) -> date:
    """Read what remains of a text once its time of day (`at`) is taken out; `now` is local.

    Raises:
        Unreadable, OverflowError, ValueError: it is no day.
        CampaignError: it may be two.
    """
    text = _UNTIL.sub("", text)
    today, language = now.date(), next(iter(languages), "fr")
    named = feast(text, today) or whole(text, today)
    if named:
        return named
    weekday = weekday_pattern(language).match(text)
    if weekday is None:
        return _calendar_day(text, today, language)
    number = int(next(name for name, found in weekday.groupdict().items() if found and name[0] == "d")[1])
    rest = text[weekday.end() :].strip(" ,")
    if not rest:
        return next_weekday(number, now, at, which=(weekday["before"] or weekday["after"] or "").strip())
    found = _calendar_day(rest, today, language)
    if found.weekday() != number:
        raise CampaignError(
            say(N_("{day} is another day of the week: please write the date alone."), day=Day(found))
        )
    return found


def _calendar_day(text: str, today: date, language: str) -> date:
    near = _near(text.removeprefix("the "), today)
    if near:
        return near
    for form, read in _FORMS:
        found = form.fullmatch(text) or form.fullmatch(text.removeprefix("le ").removeprefix("the "))
        if found:
            return read(found, today, language)
    raise Unreadable


def _iso(found: re.Match[str], _today: date, _language: str) -> date:
    return date(int(found[1]), int(found[3]), int(found[4]))


def _named_day(found: re.Match[str], today: date, _language: str) -> date:
    day, month = int(found["day"] or found["day_last"]), found["month"] or found["month_first"]
    return _next(_month(month, today), day, found["year"], today)


def _ahead(found: re.Match[str], today: date, _language: str) -> date:
    said = found["length"] or found["from"]
    long = LONG.fullmatch(said)
    if long:
        return _library(
            f"in {long['count']} {long['english']}"
            if long["english"]
            else f"dans {long['count']} {long['french']}",
            "relative-time",
            today,
        )
    length = None if EXACT.fullmatch(said) else span(said)
    if length is None:
        raise Unreadable  # "in 2 hours, at 6pm"
    return today + length


def _near(text: str, today: date) -> date | None:
    days = _NEAR.get(text)
    return None if days is None else today + timedelta(days=days)


def _slashed(found: re.Match[str], today: date, language: str) -> date:
    """Day first, as in French and most of Europe; English readers may mean the month first and are asked."""
    first, second, year = int(found[1]), int(found[3]), found[4]
    if (found[2] == "." and not year) or (found[2] == "-" and len(year or "") < len("2024")):
        raise Unreadable  # 3.10 is as likely a version, 3-10 a range, 06-12-34 a telephone
    english = found[2] in "/-" and language == "en"
    months = 12
    if english and first <= months and second <= months and first != second:
        raise one_of(_next(first, second, year, today), _next(second, first, year, today))
    if english and second > months:
        first, second = second, first
    return _next(second, first, year, today)


def _next(month: int, day: int, year: str | None, today: date) -> date:
    """A day of a given year (two digits: of this century), else of the year in which it comes next, today included."""
    in_a_month = 1 <= month <= 12 and 1 <= day <= 31  # noqa: PLR2004 - of a calendar
    if year:
        try:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 - two digits
        except ValueError:
            raise (NoSuchDay if in_a_month else Unreadable) from None
    for ahead in range(9):  # a 29 February may be eight years away
        try:
            found = date(today.year + ahead, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise NoSuchDay if in_a_month else Unreadable


def _day_of_month(found: re.Match[str], today: date, _language: str) -> date:
    """The next day with this number, today included."""
    day = int(found[1])
    first = today.replace(day=1)
    for _ in range(3):
        if day <= monthrange(first.year, first.month)[1] and first.replace(day=day) >= today:
            return first.replace(day=day)
        first = (first + timedelta(days=32)).replace(day=1)
    raise Unreadable


def _part_of_month(found: re.Match[str], today: date, _language: str) -> date:
    """The last day of a month or of the year, or the fifteenth of a month."""
    middle = found["which"] in ("mi", "mid")
    whole = found["whole"] is not None
    if not found["name"] and (middle or (found["year"] and not whole)):
        raise Unreadable
    month = 12 if whole else _month(found["name"], today) if found["name"] else today.month
    year = int(found["year"] or today.year)
    last = date(year, month, 15 if middle else monthrange(year, month)[1])
    return last if found["year"] or last >= today else _in_year(last, today.year + 1)


def _in_month(found: re.Match[str], today: date, _language: str) -> date:
    """Some day of a month, this or the next time it comes: which one is asked."""
    month = _month(found["month"], today)
    year = int(found["year"] or (today.year if month >= today.month else today.year + 1))
    last = date(year, month, monthrange(year, month)[1])
    if last < today:
        raise Unreadable
    first = max(last.replace(day=1), today)
    raise within(first, last, max(first, last.replace(day=15)), last)


def _next_year(_found: re.Match[str], today: date, _language: str) -> date:
    year = today.year + 1
    raise within(date(year, 1, 1), date(year, 12, 31), date(year, 1, 31), date(year, 6, 30))


def _in_year(day: date, year: int) -> date:
    """The same part of a month in another year, in which February may be longer."""
    return day.replace(year=year, day=15 if day.day == 15 else monthrange(year, day.month)[1])  # noqa: PLR2004


def in_year(day: date, year: int) -> date:
    """The same day in another year; of a 29 February the 28th, where there is none."""
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def _month(name: str, today: date) -> int:
    return _library(f"1 {name} {today.year}", "absolute-time", today).month


def _library(text: str, parser: str, today: date) -> date:
    """Ask the date library, which knows the names of months and units; it sees nothing else. Raises Unreadable."""
    found = _parser(parser, today).get_date_data(text).date_obj
    if found is None:
        raise Unreadable
    return found.date()


@lru_cache(maxsize=8)
def _parser(parser: str, today: date) -> DateDataParser:
    return DateDataParser(
        languages=["fr", "en"],
        try_previous_locales=False,  # what was read before would change what is read next
        settings={
            "TIMEZONE": "UTC",  # else it asks the machine for its own
            "RELATIVE_BASE": datetime.combine(today, time()),
            "PREFER_DATES_FROM": "future",
            "PARSERS": [parser],
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )


_FORMS = (
    (_ISO, _iso),
    (_SLASHED, _slashed),
    (_DAY_OF_MONTH, _day_of_month),
    (_END_OF_MONTH, _part_of_month),
    (_NAMED_DAY, _named_day),
    (_IN_MONTH, _in_month),
    (_NEXT_YEAR, _next_year),
    (AHEAD, _ahead),
)
"""The ways to say a day, and who reads each."""
