"""Cutting a date off the beginning of what somebody said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.dates.leftover import ALTERNATIVE, belonging
from campaign.dates.reading import read_local
from campaign.dates.spans import ALONE
from campaign.dates.times import NoSuchDay, Unreadable
from campaign.dates.words import folded, in_figures, plain
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


MOST_WORDS = 12
"""In how many words a date is looked for at the beginning of a text."""
_COUNTED_FROM = re.compile(r"(?:avant|apres|before|after|from|past|prior|plus|d'|de\b|du\b|of\b)")
"""What, behind a length of time, counts it from something else than now: "3 days before the assembly"."""


def split_date(
    words: Sequence[str], *, now: datetime, zone: str, languages: Sequence[str]
) -> tuple[str, list[str]]:
    """Cut the longest date off the beginning: the date ("" if none) and the words that follow.

    A past or an ambiguous date is a date too: whoever reads it says what is wrong with it. So is one behind which a
    piece of it stands that cannot be read, as in "friday at 6", or a second date, as in "friday or saturday": it is cut
    off with that piece, and reading it refuses.
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
        bare = [*words[count:], " "]
        bare = bare[: next(place for place, word in enumerate(bare) if " " in word)]  # in quotes it is a name
        end = count + max(
            belonging(said, bare, to_the_minute=to_the_minute),
            _second(bare, now=now, zone=zone, languages=languages),
        )
        return " ".join(words[:end]), list(words[end:])
    return "", list(words)


def _second(words: Sequence[str], *, now: datetime, zone: str, languages: Sequence[str]) -> int:
    """How many words behind a date are a second one: one with something behind it is only where "or" leads up to it."""
    lead = 0
    while lead < len(words) and folded(words[lead]).strip(" ,;:(/->") in ALTERNATIVE | {""}:
        lead += 1
    said, following = split_date(words[lead:][:MOST_WORDS], now=now, zone=zone, languages=languages)
    is_all = not following and len(words) - lead <= MOST_WORDS
    return lead + len(said.split()) if said and (lead or is_all) else 0
