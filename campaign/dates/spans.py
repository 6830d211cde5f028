"""Lengths of time, and days that are said by how far away they are."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=3660)
"""The longest span anybody means."""
AHEAD = re.compile(
    r"(?:dans|in|d'ici|sous|within) (?P<length>\d{1,4} ?[a-z]+(?: ?\d{2}(?: ?min)?)?)"
    r"|(?P<from>\d{1,4} ?[a-z]+) from (?:now|today)"
)
ALONE = re.compile(r"\+? ?(\d{1,3} ?(?:j|jours?|d|days?|sem|semaines?|w|weeks?|mois|months?))")
"""A length of time said alone, from now on: "7j", "1 semaine"; one in hours may be a time of day."""
EXACT = re.compile(r"\d+ ?(?:h|hr|hour|heure|m|mn|min|minute|s|sec|second|seconde)s?(?: ?\d{2}(?: ?min)?)?")
"""Spans in these end at an exact time; spans in days end with their day."""
LONG = re.compile(r"(?P<count>\d+) ?(?:(?P<french>mois|an|ans|annees?)|(?P<english>months?|years?))")
"""Spans without a fixed length."""
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconde"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "mn", "min", "minute"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "heure", "hour", "hr"), timedelta(hours=1)),
    **dict.fromkeys(("j", "d", "jour", "day"), timedelta(days=1)),
    **dict.fromkeys(("w", "sem", "semaine", "week"), timedelta(weeks=1)),
}
_PART = re.compile(r"(\d{1,6}) ?([a-z]+?)s?(?=$|[ ,]|\d)")


def span(text: str) -> timedelta | None:
    """What `in_figures` made, as a length of time; None if it is none, or longer than anybody means."""
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
