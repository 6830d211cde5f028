"""What was done lately, by a clock that may have been set back since."""

from __future__ import annotations

from datetime import datetime, timedelta

AHEAD = timedelta(minutes=5)
"""How far ahead of now an instant may lie that was noted a moment ago: a clock that is kept right makes small steps."""


def is_lately(at: datetime, span: timedelta, now: datetime) -> bool:
    """Whether something that was noted `at` is less than `span` ago.

    Noted in the future, by more than a step that a clock is kept right with, it is nothing to wait for: the clock ran
    ahead then, and what is held back once a day would be for as long as it did. All instants are aware.
    """
    return -AHEAD <= now - at < span
