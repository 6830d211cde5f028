"""Times of day: figures, words, and both."""

from __future__ import annotations

import re
from datetime import time

END_OF_DAY = time(23, 59)
"""What a day without a time means where a moment is wanted, and what "midnight" of a day means: its end."""
TIMES_OF_DAY = {
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
_NAMED_TIME = re.compile(rf"{_AT}\b({'|'.join(TIMES_OF_DAY)})\b")
_CLOCK = re.compile(
    rf"{_AT}(?<![\d:/.-])(?P<hour>\d{{1,2}})"
    r"(?:\s?h(?:eures?|rs)?\s?(?:(?P<minutes>\d{2})(?:\s?min)?)?|:(?P<colon>\d{2})(?::\d{2})?|\s?o'clock)"
    r"(?:\s?(?P<half>[ap])\.?m)?(?![\w:])"
)
_TWELVE = re.compile(
    rf"{_AT}(?<![\d:/.-])(?P<hour>\d{{1,2}})(?:\.(?P<minutes>\d{{2}}))?\s?(?P<half>[ap])\.?m\b\.?"
)
BARE_HOUR = re.compile(
    r"\b\d{1,2} (?:du (?:matin|soir)|de l'apres[- ]midi|in the (?:morning|afternoon|evening))\b"
)
"""Here one would be an hour, but "6 du soir" is said in too many ways to guess which."""


class Unreadable(Exception):
    """Nothing here is a date."""


class NoSuchDay(ValueError):
    """A date is written that no calendar has: 31 November."""


def take_time(text: str) -> tuple[str, time | None]:
    """Take the time of day out of a text; with a figure beside it, a word such as "du soir" only tells which half."""
    at = None
    clock = _TWELVE.search(text) or _CLOCK.search(text)
    if clock:
        groups = clock.groupdict()
        hour = int(groups["hour"])
        if groups["half"]:
            if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock of twelve hours
                raise Unreadable
            hour = hour % 12 + 12 * (groups["half"] == "p")
        minutes = int(groups.get("minutes") or groups.get("colon") or 0)
        at = END_OF_DAY if (hour, minutes) == (24, 0) else time(hour, minutes)
        text = text[: clock.start()] + " " + text[clock.end() :]
    named = _NAMED_TIME.search(text)
    if named:
        word = TIMES_OF_DAY[named[1]]
        text = text[: named.start()] + " " + text[named.end() :]
        if at is None:
            at = word
        elif named[1] in ("soir", "evening", "apres-midi", "apres midi", "afternoon") and at.hour < 12:  # noqa: PLR2004
            at = at.replace(hour=at.hour + 12)
    return " ".join(text.split()).strip(" ,"), at
