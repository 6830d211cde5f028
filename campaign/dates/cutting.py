"""Cutting a date off the beginning of what somebody said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.dates.reading import read_local
from campaign.dates.spans import ALONE
from campaign.dates.times import TIMES_OF_DAY, NoSuchDay, Unreadable
from campaign.dates.weekdays import WEEKDAYS
from campaign.dates.words import NUMBERS, folded, in_figures, plain
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


MOST_WORDS = 12
"""In how many words a date is looked for at the beginning of a text."""
_NUMBER_WORD = "|".join(word for word in NUMBERS if word not in {"un", "une", "a", "an", "one"})
_EVERY_WEEKDAY = "|".join(name.split()[0] for week in WEEKDAYS.values() for name in week)
_CLOCK_LIKE = r"\d{1,2} ?(?:h(?:eures?|rs?|ours?)?\b|h\d|[:.]\d\d|[ap]\.?m\b|o'clock)"
_BELONGS = re.compile(
    r"(?:(?:,|a|at|@|vers|avant|apres|before|after|by|around|about|de|du|from|of|le|the|on|ou|or|au|to|until|et|and"
    r"|en|in|dans|la|cette|this|fin|end|debut|-|--) ?)*"
    rf"(?:{_CLOCK_LIKE}|(?:a|at|vers|around|about) (?:(?:{_NUMBER_WORD})\b|(?:half|quarter)\b(?: (?:past|to) \S+)?)"
    rf"|(?:{_NUMBER_WORD})(?:[- ](?:{_NUMBER_WORD}))* (?:heures?|hours?|o'clock)\b"
    rf"|(?:{'|'.join(TIMES_OF_DAY)}|matinee|soiree|journee)\b"
    rf"|(?:{_EVERY_WEEKDAY}|today|tomorrow|aujourd'hui|demain)$"
    r"|(?:utc|gmt|bst|i?st|wes?t|ces?t|ees?t|[ecmp][sd]t)\b|[+-]\d|heure (?:de |d')\S+|heure locale|(?:[a-z]+ )?time$"
    r"|\d{1,4}[/.-]\d{1,2}\b)"
)
"""What, behind a date, is a piece of it that was not understood; each with what may lead up to it."""
_AT_FIGURES = re.compile(
    r"(?:,|a|at|@|vers|avant|apres|before|after|by|around|about|ou|or|au|to|until|-|--|et|and) ?\d{1,4}\b"
)
_COUNTED_FROM = re.compile(r"(?:avant|apres|before|after|from|past|prior|plus|d'|de\b|du\b|of\b)")
"""What, behind a length of time, counts it from something else than now: "3 days before the assembly"."""
_FIGURES = re.compile(r"\d{1,4}(?:$|(?P<more> ))")


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
            read = read_local(plain(said), local, languages)
            to_the_minute = read.at is not None or read.instant is not None
        except (CampaignError, NoSuchDay):
            pass
        except (Unreadable, OverflowError, ValueError):
            continue
        if ALONE.fullmatch(in_figures(plain(said))) and _COUNTED_FROM.match(folded(" ".join(words[count:]))):
            return " ".join(words), []
        end = count + _belonging(words[count:], to_the_minute=to_the_minute)
        return " ".join(words[:end]), list(words[end:])
    return "", list(words)


def _belonging(words: Sequence[str], *, to_the_minute: bool) -> int:
    """How many of the words behind a date belong to it, though they cannot be read with it.

    A number alone would be an hour or a day, or a year; behind a time of day a name may begin with one. Several words
    that were said as one, in quotes, are a name.
    """
    until = next((place for place, word in enumerate(words) if " " in word), len(words))
    text = folded(" ".join(words[:until]))
    found = _BELONGS.match(text) or _AT_FIGURES.match(text)
    if found is None:
        found = _FIGURES.match(text)
        if found is None or (to_the_minute and found["more"]):
            return 0
    return min(len(found[0].split()), until)
