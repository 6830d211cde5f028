"""When two bots answer each other: how that is told from people, of whom two hundred may sign at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SAME, AT_ONCE = 3, timedelta(seconds=30)
"""So many times the same answer to one person, in so short a time, is what a machine makes of it."""
MOST, WITHIN = 30, timedelta(minutes=1)
"""So many answers to one person within that time are, whatever they say."""
LASTS = timedelta(hours=1)
"""How long such an answer is not given to them again."""


def is_circle(earlier: Sequence[tuple[datetime, str]], answer: str) -> bool:
    """Whether one more answer to a person would go round in a circle.

    `earlier` are the answers given to them within `LASTS`, newest first, each with when it was given. Everything is
    counted by person: however many sign at once, none of them has anything to do with another. A clock that was set
    back in between makes nothing of this a circle.
    """
    same = [at for at, said in earlier if said == answer]
    if any(abs(last - first) <= AT_ONCE for last, first in zip(same, same[SAME - 1 :], strict=False)):
        return True
    every = [at for at, _ in earlier]
    return len(every) >= MOST and any(
        abs(last - first) <= WITHIN for last, first in zip(every, every[MOST - 1 :], strict=False)
    )
