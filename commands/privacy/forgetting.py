"""What is forgotten because time passed, a little at each tick, and what is too old to be believed new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import Balloted, Reacted, Said

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.chat import Event
    from storage.storage import Storage

REMEMBERED = timedelta(days=45)
"""How long an event is known again after it was received, and a message kept after it has left."""
BEHIND = timedelta(days=1)
"""How long before its cursor last moved an event must have been received: what is nearer may be read again."""
SKEW = timedelta(hours=12)
"""How far a server's clock may be from ours where ages are compared."""
UNSEEN = 1000
"""How many of the events that could not be taken wait for somebody to look at them, however old they are."""
AT_ONCE = 100
"""How many rows of a table are looked at in one step: a step must not be felt by who signs meanwhile."""
EVERY = timedelta(hours=1)
"""How often it is begun anew when nothing is left to forget."""


def is_beyond_memory(storage: Storage, event: Event, now: datetime) -> bool:
    """Whether an event that nobody remembers may have been taken long ago, and been forgotten since.

    Only what is read while catching up is asked about, and only what is older by its server than anything the inbox
    still knows of its room: what comes live is new, whatever time its server claims.
    """
    if not isinstance(event, Said | Reacted | Balloted) or event.live or event.at > now - REMEMBERED + SKEW:
        return False
    private = isinstance(event, Said) and event.private
    until = storage.inbox.forgotten_until(event.room.network, event.room.id, private=private)
    return until is not None and event.at <= until + SKEW


@dataclass
class Forgetting:
    """Walks one table after the other from its oldest rows on, a step at a time, and begins anew every hour."""

    _table: int = 0
    _after: int = 0
    _rested: datetime | None = None
    """When the last walk came to its end; None while one is under way."""

    def is_due(self, now: datetime) -> bool:
        """Whether there may be something to forget."""
        # A clock that was set back is no reason to wait longer.
        return self._rested is None or abs(now - self._rested) >= EVERY

    def step(self, storage: Storage, now: datetime) -> None:
        """Forget a little of one table, in a transaction of the caller's."""
        self._rested = None
        after = _TABLES[self._table](storage, self._after, now)
        self._after = after or 0
        if after is None:
            self._table += 1
        if self._table == len(_TABLES):
            self._table, self._rested = 0, now


def _events(storage: Storage, after: int, now: datetime) -> int | None:
    return storage.forgetting.events(after, now - REMEMBERED, now, margin=BEHIND, most=AT_ONCE)


def _messages(storage: Storage, after: int, now: datetime) -> int | None:
    return storage.forgetting.messages(after, now - REMEMBERED, now, most=AT_ONCE)


def _questions(storage: Storage, _: int, now: datetime) -> int | None:
    return 0 if storage.forgetting.questions(now - REMEMBERED, AT_ONCE) else None


def _quarantined(storage: Storage, _: int, now: datetime) -> int | None:
    return 0 if storage.forgetting.quarantined(now - REMEMBERED, unseen=UNSEEN, most=AT_ONCE) else None


def _unread(storage: Storage, _: int, now: datetime) -> int | None:
    return 0 if storage.unread.forget(now - REMEMBERED, AT_ONCE) else None


def _declined(storage: Storage, after: int, _: datetime) -> int | None:
    return storage.forgetting.declined(after, AT_ONCE)


_TABLES = (_events, _messages, _questions, _quarantined, _unread, _declined)
"""What a step forgets of each table: it returns where the next one goes on, or None at the end."""
