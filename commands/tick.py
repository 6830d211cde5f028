"""What time brings, as an event: that it is so late, and how far everything was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """It is `now`, and everything that was said before `heard` has been read, on every network (both in UTC)."""

    now: datetime
    heard: datetime
    away: frozenset[str] = frozenset()
    """Networks that are not heard now."""
