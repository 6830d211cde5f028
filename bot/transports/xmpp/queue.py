"""What came in and waits to be asked for, in the order in which it came."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.transports.xmpp.archive import Page, Position
    from bot.transports.xmpp.rooms import MucRoom
    from campaign.chat import Event


MOST_WAITING = 5000
"""With more than this the stream is given up: the next one takes it from the archives, as slowly as we can read."""


@dataclass(frozen=True, slots=True)
class Live:
    """Something that came live: at most one event, and the archive id that it has in its room."""

    event: Event | None
    room: MucRoom | None = None
    stay: int = 0
    archive_id: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it came: later, when it is taken, others that came after it may be in the archive already."""


@dataclass(frozen=True, slots=True)
class Entered:
    """We are in a room: before anything that follows counts, its archive is to be read."""

    room: MucRoom
    stay: int


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page of a room's archive. Whoever takes it sets `taken` once it is committed: only then the next is read."""

    room: MucRoom
    stay: int
    page: Page
    taken: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Read:
    """A room's archive was read to its end, or (with `failed`) could not be."""

    room: MucRoom
    stay: int
    failed: bool = False
    baseline: Position | None = None
    """Where a room begins for us in which we were not before: nothing of its archive was read."""


@dataclass(frozen=True, slots=True)
class OwnRead:
    """A few messages of our own archive, which keeps the direct chats (None: it was read to its end); `taken` as above.

    `before`: how many that it does not keep were held when that reading began, and so come after it.
    """

    piece: Page | None
    before: int = 0
    taken: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """All rooms have been entered that can be."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The stream is over; nothing follows."""

    reason: str
    for_good: bool = False
    """Whether a person has to mend something before it is of any use to come back."""


Incoming: TypeAlias = Live | Entered | PageRead | Read | OwnRead | CaughtUp | Lost


class Archived(Protocol):
    """A room, or our direct chats."""

    @property
    def unread(self) -> bool:
        """Whether its archive is being read: what comes live meanwhile comes after that."""


class Queue:
    """A queue one can look into: filled synchronously, emptied by one reader."""

    def __init__(self, overflows: Callable[[], None]) -> None:
        self._items: deque[Incoming] = deque()
        self._held: dict[Archived, list[Live]] = {}
        self._holding = 0
        self._filled = asyncio.Event()
        self._overflows = overflows

    def put(self, item: Incoming) -> None:
        """Append an item. Nothing is refused, but with too many `overflows` is called, to end the stream."""
        self._items.append(item)
        self._filled.set()
        self._count()

    def put_behind_archive(self, where: Archived, item: Live) -> None:
        """Append what happened in a room; while its archive is being read it waits for `release`, and only that."""
        if not where.unread:
            self.put(item)
            return
        self._held.setdefault(where, []).append(item)
        self._holding += 1
        self._count()

    def held(self, where: Archived) -> Sequence[Live]:
        """What waits for a room's archive."""
        return self._held.get(where, ())

    def release(self, where: Archived, count: int | None = None) -> None:
        """Let what waited for a room's archive come next, or so many of it."""
        waited = self._held.pop(where, [])
        held = waited[:count]
        if rest := waited[len(held) :]:
            self._held[where] = rest
        self._holding -= len(held)
        self._items.extendleft(reversed(held))
        self._filled.set()

    def _count(self) -> None:
        if len(self._items) + self._holding == MOST_WAITING:
            self._overflows()

    async def get(self) -> Incoming:
        """Wait for the first item and take it."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        return self._items.popleft()

    def more_live(self) -> Live | None:
        """Take the first item if it came live and is there now."""
        first = self._items[0] if self._items else None
        if not isinstance(first, Live):
            return None
        self._items.popleft()
        return first
