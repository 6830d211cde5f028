"""Days of the week, in both languages."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from campaign.chat import N_, Day, say
from campaign.errors import CampaignError

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
        r"(?P<after> prochain\b| en huit\b| week\b)?"
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


def next_weekday(
    number: int, now: datetime, at: time | None, *, before: str | None, after: str | None
) -> date:
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
