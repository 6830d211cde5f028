"""Days of the week, in both languages."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from campaign.dates.which import one_of

WEEKDAYS = {
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


@lru_cache
def weekday_pattern(language: str) -> re.Pattern[str]:
    """Any weekday's name, with those short forms that are the reader's."""
    names = [f"(?P<d{number}>{'|'.join(words)})" for number, words in enumerate(_weekday_names(language))]
    return re.compile(
        rf"(?:le |the |ce |this )?(?P<before>next )?(?:{'|'.join(names)})\b[.,]?"
        r"(?P<after> en huit\b| en quinze\b| (?:de )?(?:la )?semaine prochaine\b| (?:of )?next week\b"
        r"| de (?:la|cette) semaine\b| (?:of )?this week\b| prochain\b| next\b| week\b)?"
    )


@lru_cache
def numbered_weekday(language: str) -> re.Pattern[str]:
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
            for spoken, week in WEEKDAYS.items()
            for word in (week[number].split() if spoken == language else week[number].split()[:1])
        ]
        for number in range(7)
    ]


def next_weekday(number: int, now: datetime, at: time | None, *, which: str) -> date:
    """The next such day after today, or `which` of them was said.

    "Vendredi prochain" and "next Friday", said while this week's is still to come, are the coming one to some and next
    week's to others, in both languages; so is a day that is tomorrow, which anybody would call so. A deadline a week off is
    told to hundreds before anybody notices, so it is asked which. Once that day of this week is over, or it is today, both
    mean the same. Today's own name alone is asked about, unless its hour has passed.

    Raises:
        Which: it may be two.
    """
    today = now.date()
    days, monday = (number - now.weekday()) % 7, today - timedelta(days=now.weekday())
    coming = today + timedelta(days=days)
    week = timedelta(days=7)
    if which.endswith(("semaine prochaine", "next week")):
        return monday + week + timedelta(days=number)
    if which in _THIS_WEEK:
        return monday + timedelta(days=number)
    if which in _LATER:
        if days == 0:  # "friday week", on a Friday: counted from today by some, from the next one by others
            raise one_of(today + _LATER[which], today + _LATER[which] + week)
        return coming + _LATER[which]
    if days == 0:
        passed = at is not None and at <= now.time()
        if not (which or passed):
            raise one_of(today, today + week)
        return today + week
    if which and (coming < monday + week or days == 1):
        raise one_of(coming, coming + week)
    return coming


_THIS_WEEK = frozenset({"de cette semaine", "de la semaine", "of this week", "this week"})
_LATER = {"en huit": timedelta(days=7), "week": timedelta(days=7), "en quinze": timedelta(days=14)}
"""What is counted from the coming day of that name."""
