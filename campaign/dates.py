"""Dates and spans as people type them on a phone, in French and English; nothing here reads a clock.

What is typed is cut into a time of day and a day. Times, weekdays and the ends of months have rules of their own, for
a general date library reads "vendredi 18h" as midnight. The spelling of months and counting in months and years are
the library's work; it is handed nothing else, for it finds a day of some month in "12 hours", too.

Two rules decide what a day alone means. A day without a time lasts: as a moment it is its last minute, 23:59. A day
without a year is the next such day, today included.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

from dateparser.date import DateDataParser

from campaign.chat import N_, Day, Moment, say
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence

END_OF_DAY = time(23, 59)
"""What a day without a time means where a moment is wanted, and what "midnight" of a day means: its end."""
MOST_WORDS = 12
"""In how many words a date is looked for at the beginning of a text."""
LONGEST = timedelta(days=3660)
"""The longest span anybody means."""
LONGEST_TEXT = 100
"""More signs than any date has: a longer text is none, however it begins."""

_TIMES_OF_DAY = {
    "midi": time(12),
    "noon": time(12),
    "matin": time(9),
    "morning": time(9),
    "apres-midi": time(14),
    "apres midi": time(14),
    "afternoon": time(14),
    "soir": time(20),
    "evening": time(20),
    "minuit": END_OF_DAY,
    "midnight": END_OF_DAY,
    "fin de journee": END_OF_DAY,
    "end of day": END_OF_DAY,
    "eod": END_OF_DAY,
}
_AT = r"(?:\b(?:a|au|at|vers|avant|before|in the|cet?|this|du|le|the)\s+|@\s*)?"
_NAMED_TIME = re.compile(rf"{_AT}\b({'|'.join(_TIMES_OF_DAY)})\b")
_CLOCK = re.compile(
    rf"{_AT}(?<![\d:/.-])(?P<hour>\d{{1,2}})"
    r"(?:\s?h(?:eures?|rs)?\s?(?:(?P<minutes>\d{2})(?:\s?min)?)?|:(?P<colon>\d{2})(?::\d{2})?|\s?o'clock)"
    r"(?:\s?(?P<half>[ap])\.?m)?(?![\w:])"
)
_TWELVE = re.compile(
    rf"{_AT}(?<![\d:/.-])(?P<hour>\d{{1,2}})(?:\.(?P<minutes>\d{{2}}))?\s?(?P<half>[ap])\.?m\b\.?"
)

_WEEKDAYS = {
    "fr": (
        "lundi lun",
        "mardi mar",
        "mercredi mer",
        "jeudi jeu",
        "vendredi ven",
        "samedi sam",
        "dimanche dim",
    ),
    "en": (
        "monday mon",
        "tuesday tues tue",
        "wednesday weds wed",
        "thursday thurs thur thu",
        "friday fri",
        "saturday sat",
        "sunday sun",
    ),
}
"""Monday first; the full name, then what is short for it in its own language only ("mon" is French for "my")."""
_BARE_HOUR = re.compile(
    r"\b\d{1,2} (?:du (?:matin|soir)|de l'apres[- ]midi|in the (?:morning|afternoon|evening))\b"
)
"""Here one would be an hour, but "6 du soir" is said in too many ways to guess which."""
_UNTIL = re.compile(
    r"^(?:(?:au plus tard|at the latest|avant|before|by|until|till|jusqu'au|jusqu'a|pour|au|on|d'ici(?: a)?(?! \d)|a(?= la fin| fin)|la(?= fin)"
    r"|at(?= the end)|(?:the )?end of(?= (?:[a-z]{3,6}day|tomorrow)\b)) )+"
)
"""What may stand before a day and changes nothing: a day means its end anyway."""
_AT_THE_LATEST = re.compile(
    r",? (?:au plus tard|dernier delai|max(?:i|imum)?|pile|precises?|at the latest|latest|sharp)$"
)
"""What may stand behind a date and changes nothing either."""
_ZONE_SAID = re.compile(
    r"(?<=[\dhm])(?: \(?|\(|(?=utc|gmt))(?:(?P<utc>utc|gmt)|(?:heure de |heure )?(?P<city>[a-z][a-z ]+?)(?: time)?)\)?$"
)
"""A zone behind a time of day: Greenwich's, or the one meant anyway, said by its city."""
_WITH_OFFSET = re.compile(
    r"(?P<local>\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?P<offset>z|[+-](?:0\d|1[0-4]):?[0-5]\d)"
)
"""An offset is read in the international form alone: "9:00-12:00" is opening hours."""
_AHEAD = re.compile(
    r"(?:dans|in|d'ici|sous|within) (?P<length>\d{1,4} ?[a-z]+(?: ?\d{2}(?: ?min)?)?)"
    r"|(?P<from>\d{1,4} ?[a-z]+) from (?:now|today)"
)
_EXACT = re.compile(r"\d+ ?(?:h|hr|hour|heure|m|mn|min|minute|s|sec|second|seconde)s?(?: ?\d{2}(?: ?min)?)?")
"""Spans in these end at an exact time; spans in days end with their day."""
_LONG = re.compile(r"(?P<count>\d+) ?(?:(?P<french>mois|an|ans|annees?)|(?P<english>months?|years?))")
"""Spans without a fixed length."""
_NEAR = {
    "today": 0,
    "aujourd'hui": 0,
    "aujourdhui": 0,
    "tomorrow": 1,
    "demain": 1,
    "day after tomorrow": 2,
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
_ISO = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?")
_DAY_OF_MONTH = re.compile(r"(?:le|the) (\d{1,2})(?:er|st|nd|rd|th)?")

_NUMBERS = {
    word: number
    for number, words in {
        1: "un une a an one",
        2: "deux two",
        3: "trois three",
        4: "quatre four",
        5: "cinq five",
        6: "six",
        7: "sept seven",
        8: "huit eight",
        9: "neuf nine",
        10: "dix ten",
        12: "douze twelve",
        15: "quinze fifteen",
        20: "vingt twenty",
        30: "trente thirty",
    }.items()
    for word in words.split()
}
_COUNTED = re.compile(
    rf"\b({'|'.join(sorted(_NUMBERS, key=len, reverse=True))}) "
    r"(?=(?:minute|min|heure|hour|h|jour|day|semaine|week|mois|month|ans?\b|annee|year)s?\b)"
)
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconde"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "mn", "min", "minute"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "heure", "hour", "hr"), timedelta(hours=1)),
    **dict.fromkeys(("j", "d", "jour", "day"), timedelta(days=1)),
    **dict.fromkeys(("w", "sem", "semaine", "week"), timedelta(weeks=1)),
}
_SAID_OTHERWISE = {
    "une heure et demie": "90 minutes",
    "an hour and a half": "90 minutes",
    "une demi-heure": "30 minutes",
    "une demi heure": "30 minutes",
    "half an hour": "30 minutes",
    "un quart d'heure": "15 minutes",
    "a fortnight": "2 weeks",
}
_OTHERWISE = re.compile(rf"\b({'|'.join(_SAID_OTHERWISE)})\b")
_PART = re.compile(r"(\d{1,6}) ?([a-z]+?)s?(?=$|[ ,]|\d)")


_NUMBER_WORD = "|".join(word for word in _NUMBERS if word not in {"un", "une", "a", "an", "one"})
_EVERY_WEEKDAY = "|".join(name.split()[0] for week in _WEEKDAYS.values() for name in week)
_CLOCK_LIKE = r"\d{1,2} ?(?:h(?:eures?|rs?|ours?)?\b|h\d|[:.]\d\d|[ap]\.?m\b|o'clock)"
_BELONGS = re.compile(
    r"(?:(?:,|a|at|@|vers|avant|apres|before|after|by|around|about|de|du|from|of|le|the|on|ou|or|au|to|until|et|and"
    r"|en|in|dans|la|cette|this|fin|end|debut|-|--) ?)*"
    rf"(?:{_CLOCK_LIKE}|(?:a|at|vers|around|about) (?:(?:{_NUMBER_WORD})\b|(?:half|quarter)\b(?: (?:past|to) \S+)?)"
    rf"|(?:{_NUMBER_WORD})(?:[- ](?:{_NUMBER_WORD}))* (?:heures?|hours?|o'clock)\b"
    rf"|(?:{'|'.join(_TIMES_OF_DAY)}|matinee|soiree|journee)\b"
    rf"|(?:{_EVERY_WEEKDAY}|today|tomorrow|aujourd'hui|demain)$"
    r"|(?:utc|gmt|bst|i?st|wes?t|ces?t|ees?t|[ecmp][sd]t)\b|[+-]\d|heure (?:de |d')\S+|heure locale|(?:[a-z]+ )?time$"
    r"|\d{1,4}[/.-]\d{1,2}\b)"
)
"""What, behind a date, is a piece of it that was not understood; each with what may lead up to it."""
_AT_FIGURES = re.compile(
    r"(?:,|a|at|@|vers|avant|apres|before|after|by|around|about|ou|or|au|to|until|-|--|et|and) ?\d{1,4}\b"
)
_FIGURES = re.compile(r"\d{1,4}(?:$|(?P<more> ))")


class _Unreadable(Exception):
    """Nothing here is a date."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A local day, and the time of day if one was said; or an instant, where nothing local is left to decide."""

    day: date
    at: time | None = None
    instant: datetime | None = None


# --- what others ask


def read_moment(text: str, *, now: datetime, zone: str, languages: Sequence[str]) -> Moment:
    """Read an instant still to come, in an IANA zone; a day without a time means its last minute.

    `now` is aware. The first of `languages` decides how 03/04 is read. A local time that occurs twice, when clocks go
    back, is the earlier one.

    Raises:
        CampaignError: it cannot be read, is past, may mean two days, or is an hour that clocks skip.
    """
    here = ZoneInfo(zone)
    try:
        said = _read(_plain(text), now.astimezone(here), languages)
        at = said.instant or _instant(datetime.combine(said.day, said.at or END_OF_DAY), here, zone)
    except (_Unreadable, OverflowError, ValueError):
        _refuse(text, now)
    if at <= now:
        raise CampaignError(say(N_("{at} is past: please give a date still to come."), at=Moment(at, zone)))
    return Moment(at, zone)


def read_day(text: str, *, now: datetime, zone: str, languages: Sequence[str]) -> Day:
    """Read a calendar day in a zone, today or later. See `read_moment`; a time of day is left out.

    Raises:
        CampaignError: it cannot be read, is past, or may mean two days.
    """
    local = now.astimezone(ZoneInfo(zone))
    try:
        said = _read(_plain(text), local, languages)
    except (_Unreadable, OverflowError, ValueError):
        _refuse(text, now)
    if said.day < local.date():
        raise CampaignError(say(N_("{at} is past: please give a date still to come."), at=Day(said.day)))
    return Day(said.day)


def read_span(text: str) -> timedelta:
    """Read a length of time: "3d", "2m" (minutes), "1h30", "3 jours", "a week", "1 day 12 hours".

    Raises:
        CampaignError: it cannot be read, is nothing, or is longer than ten years.
    """
    length = _span(_numbers(_plain(text)))
    if length is None:
        raise CampaignError(
            say(
                N_("“{said}” is not a length of time. Write for example `3d`, `12h` or `30 min`."),
                said=text[:80],
            )
        )
    return length


def split_date(
    words: Sequence[str], *, now: datetime, zone: str, languages: Sequence[str]
) -> tuple[str, list[str]]:
    """Cut the longest date off the beginning: the date ("" if none) and the words that follow.

    A past or an ambiguous date is a date too: whoever reads it says what is wrong with it. So is one behind which a
    piece of it stands that cannot be read, as in "friday at 6": it is cut off with that piece, and reading it refuses.
    """
    local = now.astimezone(ZoneInfo(zone))
    for count in range(min(MOST_WORDS, len(words)), 0, -1):
        said, to_the_minute = " ".join(words[:count]), False
        try:
            read = _read(_plain(said), local, languages)
            to_the_minute = read.at is not None or read.instant is not None
        except (_Unreadable, OverflowError, ValueError):
            continue
        except CampaignError:
            pass
        end = count + _belonging(words[count:], to_the_minute=to_the_minute)
        return " ".join(words[:end]), list(words[end:])
    return "", list(words)


def _belonging(words: Sequence[str], *, to_the_minute: bool) -> int:
    """How many of the words behind a date belong to it, though they cannot be read with it.

    A number alone would be an hour or a day, or a year; behind a time of day a name may begin with one. Several words
    that were said as one, in quotes, are a name.
    """
    until = next((place for place, word in enumerate(words) if " " in word), len(words))
    text = _folded(" ".join(words[:until]))
    found = _BELONGS.match(text) or _AT_FIGURES.match(text)
    if found is None:
        found = _FIGURES.match(text)
        if found is None or (to_the_minute and found["more"]):
            return 0
    return min(len(found[0].split()), until)


# --- from text to a local day and time


def _read(text: str, now: datetime, languages: Sequence[str]) -> _Said:
    """Read what `_plain` made. `now` is local.

    Raises:
        _Unreadable, OverflowError, ValueError: it is no date.
        CampaignError: it is one, but which one is to be asked.
    """
    text = _AT_THE_LATEST.sub("", text)
    exact = _WITH_OFFSET.fullmatch(text)
    if exact:
        offset = exact["offset"].replace("z", "+00:00")
        return _at_once(datetime.fromisoformat(f"{exact['local'].upper()}{offset}"), now)
    zone = _ZONE_SAID.search(text)
    if zone and (zone["utc"] or zone["city"] in _own_names(str(now.tzinfo))):
        said = _read(text[: zone.start()], now.astimezone(UTC) if zone["utc"] else now, languages)
        if said.at is None:
            raise _Unreadable
        return _at_once(datetime.combine(said.day, said.at, UTC), now) if zone["utc"] else said
    if re.match(r"\d{4}-\d{2}-\d{2}t", text):
        local = datetime.fromisoformat(text.upper())
        return _Said(local.date(), local.time())
    text = _numbers(text)
    if _BARE_HOUR.search(text):
        raise _Unreadable
    text = _numbered_weekday(next(iter(languages), "fr")).sub(r"\g<0>le ", text, count=1)
    ahead = _AHEAD.fullmatch(text)
    if ahead and _EXACT.fullmatch(ahead["length"] or ahead["from"]):
        length = _span(ahead["length"] or ahead["from"])
        if length is None:
            raise _Unreadable
        instant = now.astimezone(UTC) + length
        return _Said(instant.astimezone(now.tzinfo).date(), instant=instant)
    text = text.replace("tonight", "today evening")
    text, at = _take_time(text)
    if not text and at is None:
        raise _Unreadable
    return _Said(_day(text, now, at, languages) if text else now.date(), at)


def _at_once(at: datetime, now: datetime) -> _Said:
    """What was said with a zone of its own."""
    return _Said(at.astimezone(now.tzinfo).date(), instant=at.astimezone(UTC))


@lru_cache
def _own_names(zone: str) -> frozenset[str]:
    """How people call the zone in which a date is meant anyway."""
    city = zone.rpartition("/")[2].replace("_", " ").casefold()
    return frozenset({city, "locale", "local"})


def _take_time(text: str) -> tuple[str, time | None]:
    """Take the time of day out of a text; with a figure beside it, a word such as "du soir" only tells which half."""
    at = None
    clock = _TWELVE.search(text) or _CLOCK.search(text)
    if clock:
        groups = clock.groupdict()
        hour = int(groups["hour"])
        if groups["half"]:
            if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock of twelve hours
                raise _Unreadable
            hour = hour % 12 + 12 * (groups["half"] == "p")
        minutes = int(groups.get("minutes") or groups.get("colon") or 0)
        at = END_OF_DAY if (hour, minutes) == (24, 0) else time(hour, minutes)
        text = text[: clock.start()] + " " + text[clock.end() :]
    named = _NAMED_TIME.search(text)
    if named:
        word = _TIMES_OF_DAY[named[1]]
        text = text[: named.start()] + " " + text[named.end() :]
        if at is None:
            at = word
        elif named[1] in ("soir", "evening", "apres-midi", "apres midi", "afternoon") and at.hour < 12:  # noqa: PLR2004
            at = at.replace(hour=at.hour + 12)
    return " ".join(text.split()).strip(" ,"), at


def _day(text: str, now: datetime, at: time | None, languages: Sequence[str]) -> date:
    text = _UNTIL.sub("", text)
    today, language = now.date(), next(iter(languages), "fr")
    weekday = _weekday_pattern(language).match(text)
    if weekday is None:
        return _calendar_day(text, today, language)
    number = int(next(name for name, found in weekday.groupdict().items() if found and name[0] == "d")[1])
    rest = text[weekday.end() :].strip(" ,")
    if not rest:
        return _weekday(number, now, at, before=weekday["before"], after=weekday["after"])
    found = _calendar_day(rest, today, language)
    if found.weekday() != number:
        raise CampaignError(
            say(N_("{day} is another day of the week: please write the date alone."), day=Day(found))
        )
    return found


@lru_cache
def _weekday_pattern(language: str) -> re.Pattern[str]:
    """Any weekday's name, with those short forms that are the reader's."""
    names = [f"(?P<d{number}>{'|'.join(words)})" for number, words in enumerate(_weekday_names(language))]
    return re.compile(
        rf"(?:le |the |ce |this )?(?P<before>next )?(?:{'|'.join(names)})\b[.,]?"
        r"(?P<after> prochain\b| en huit\b| week\b)?"
    )


@lru_cache
def _numbered_weekday(language: str) -> re.Pattern[str]:
    """A weekday's name before a number that is no hour, hence a day of the month: a bare number never is an hour."""
    names = "|".join(word for words in _weekday_names(language) for word in words)
    return re.compile(
        rf"\b(?:{names})\b[.,]?(?: prochain)? "
        r"(?=\d{1,2}(?:er|st|nd|rd|th)?\b(?![:/.-]\d| ?(?:h|heures?|hrs?|hours?|[ap]\.?m|o'clock)\b| ?h ?\d))"
    )


def _weekday_names(language: str) -> list[list[str]]:
    return [
        [
            word
            for spoken, week in _WEEKDAYS.items()
            for word in (week[number].split() if spoken == language else week[number].split()[:1])
        ]
        for number in range(7)
    ]


def _weekday(number: int, now: datetime, at: time | None, *, before: str | None, after: str | None) -> date:
    """The next such day after today. Today's own name is asked about, unless it says which or its hour has passed."""
    days, later = (number - now.weekday()) % 7, (after or "").strip()
    if days == 0:
        passed = at is not None and at <= now.time()
        if not (before or later or passed):
            week = Day(now.date() + timedelta(days=7))
            raise CampaignError(
                say(N_("Today, or in a week? Please write “today” or “{later}”."), later=week)
            )
        days = 7
    if later in ("en huit", "week"):
        days += 7
    return now.date() + timedelta(days=days)


def _calendar_day(text: str, today: date, language: str) -> date:
    near = _near(text.removeprefix("the "), today)
    if near:
        return near
    for form, read in _FORMS:
        found = form.fullmatch(text) or form.fullmatch(text.removeprefix("le ").removeprefix("the "))
        if found:
            return read(found, today, language)
    raise _Unreadable


def _iso(found: re.Match[str], _today: date, _language: str) -> date:
    return date(int(found[1]), int(found[3]), int(found[4]))


def _named_day(found: re.Match[str], today: date, _language: str) -> date:
    day, month = int(found["day"] or found["day_last"]), found["month"] or found["month_first"]
    return _next(_month(month, today), day, found["year"], today)


def _ahead(found: re.Match[str], today: date, _language: str) -> date:
    said = found["length"] or found["from"]
    long = _LONG.fullmatch(said)
    if long:
        return _library(
            f"in {long['count']} {long['english']}"
            if long["english"]
            else f"dans {long['count']} {long['french']}",
            "relative-time",
            today,
        )
    length = None if _EXACT.fullmatch(said) else _span(said)
    if length is None:
        raise _Unreadable  # "in 2 hours, at 6pm"
    return today + length


def _near(text: str, today: date) -> date | None:
    days = _NEAR.get(text)
    return None if days is None else today + timedelta(days=days)


def _slashed(found: re.Match[str], today: date, language: str) -> date:
    """Day first, as in French and most of Europe; English readers may mean the month first and are asked."""
    first, second, year = int(found[1]), int(found[3]), found[4]
    if (found[2] == "." and not year) or (found[2] == "-" and len(year or "") < len("2024")):
        raise _Unreadable  # 3.10 is as likely a version, 3-10 a range, 06-12-34 a telephone
    english = found[2] in "/-" and language == "en"
    months = 12
    if english and first <= months and second <= months and first != second:
        shown = _next(second, first, year, today), _next(first, second, year, today)
        raise CampaignError(
            say(
                N_("{first} or {second}? Please write the month as a word."),
                first=Day(shown[1]),
                second=Day(shown[0]),
            )
        )
    if english and second > months:
        first, second = second, first
    return _next(second, first, year, today)


def _next(month: int, day: int, year: str | None, today: date) -> date:
    """A day of a given year (two digits: of this century), else of the year in which it comes next, today included."""
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)  # noqa: PLR2004 - two digits
    for ahead in range(9):  # a 29 February may be eight years away
        try:
            found = date(today.year + ahead, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise _Unreadable


def _day_of_month(found: re.Match[str], today: date, _language: str) -> date:
    """The next day with this number, today included."""
    day = int(found[1])
    first = today.replace(day=1)
    for _ in range(3):
        if day <= monthrange(first.year, first.month)[1] and first.replace(day=day) >= today:
            return first.replace(day=day)
        first = (first + timedelta(days=32)).replace(day=1)
    raise _Unreadable


def _part_of_month(found: re.Match[str], today: date, _language: str) -> date:
    """The last day of a month or of the year, or the fifteenth of a month."""
    middle = found["which"] in ("mi", "mid")
    whole = found["whole"] is not None
    if not found["name"] and (middle or (found["year"] and not whole)):
        raise _Unreadable
    month = 12 if whole else _month(found["name"], today) if found["name"] else today.month
    year = int(found["year"] or today.year)
    last = date(year, month, 15 if middle else monthrange(year, month)[1])
    return last if found["year"] or last >= today else _in_year(last, today.year + 1)


def _in_year(day: date, year: int) -> date:
    """The same part of a month in another year, in which February may be longer."""
    return day.replace(year=year, day=15 if day.day == 15 else monthrange(year, day.month)[1])  # noqa: PLR2004


def _month(name: str, today: date) -> int:
    return _library(f"1 {name} {today.year}", "absolute-time", today).month


def _library(text: str, parser: str, today: date) -> date:
    """Ask the date library, which knows the names of months and units; it sees nothing else. Raises _Unreadable."""
    found = _parser(parser, today).get_date_data(text).date_obj
    if found is None:
        raise _Unreadable
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
    (_AHEAD, _ahead),
)
"""The ways to say a day, and who reads each."""


# --- texts and zones


def _plain(text: str) -> str:
    """Small letters without accents, one kind of space and apostrophe, nothing around it; "" if it is too long."""
    text = " ".join(text.split())
    if len(text) > LONGEST_TEXT:
        return ""
    return _folded(text).strip(' .!?;,`"«»“”')  # examples are copied with the signs around them


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.casefold()).replace("\u2019", "'")
    return " ".join("".join(sign for sign in text if not unicodedata.combining(sign)).split())


def _numbers(text: str) -> str:
    """Small numbers as figures where they count something: "dans une semaine" → "dans 1 semaine"."""
    text = _OTHERWISE.sub(lambda said: _SAID_OTHERWISE[said[1]], text)
    return _COUNTED.sub(lambda one: f"{_NUMBERS[one[1]]} ", text)


def _span(text: str) -> timedelta | None:
    """What `_numbers` made, as a length of time; None if it is none, or longer than anybody means."""
    text = re.sub(r"^(\d+) ?(?:h|heures?|hours?|hrs?) ?(\d{2})$", r"\1h \2m", text)
    total = timedelta()
    while text:
        part = _PART.match(text)
        unit = _UNITS.get(part[2]) if part else None
        if part is None or unit is None:
            return None
        total += int(part[1]) * unit
        text = re.sub(r"^(?:, ?|et |and )+", "", text[part.end() :].strip())
    return total if timedelta() < total <= LONGEST else None


def _instant(local: datetime, here: ZoneInfo, zone: str) -> datetime:
    """A local time as an instant; of two, the earlier. Raises CampaignError where clocks skip it."""
    at = local.replace(tzinfo=here).astimezone(UTC)
    if at.astimezone(here).replace(tzinfo=None) != local:
        raise CampaignError(
            say(
                N_("Clocks are put forward then: {at} is what follows. Please write another time."),
                at=Moment(at, zone),
            )
        )
    return at


def _refuse(text: str, now: datetime) -> NoReturn:
    raise CampaignError(
        say(
            N_("I cannot read “{said}” as a date. Write for example `{weekday}`, `{ahead}` or `{iso}`."),
            said=text[:80],
            weekday=say(N_("friday 18:00")),
            ahead=say(N_("in 3 days")),
            iso=f"{now + timedelta(days=30):%Y-%m-%d} 18:00",
        )
    ) from None
