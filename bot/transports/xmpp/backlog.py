"""What was said in rooms before we came in: each archive is read in a task of its own, so that none waits for another."""

from __future__ import annotations

import logging
from contextlib import aclosing
from typing import TYPE_CHECKING

from slixmpp.exceptions import IqError

from bot.transports.xmpp.archive import Archive, Position
from bot.transports.xmpp.queue import PageRead, Queue, Read
from bot.transports.xmpp.session import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any, TypeAlias

    from bot.transports.xmpp.queue import Entered
    from bot.transports.xmpp.rooms import MucRoom
    from bot.transports.xmpp.session import Session

    Spawn: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]

log = logging.getLogger(__name__)


class Backlog:
    """Reads the archives of rooms into the queue, page by page, each page once the one before it is committed."""

    def __init__(self, session: Session, queue: Queue, cursors: Mapping[str, str], page_size: int) -> None:
        self._session, self._queue, self._cursors, self._page_size = session, queue, cursors, page_size
        self._first: set[MucRoom] = set()
        self._all_entered = False

    @property
    def caught_up(self) -> bool:
        """Whether all rooms were entered that can be, and the archive of each was read, or failed us, once."""
        return self._all_entered and not self._first

    def all_entered(self) -> None:
        """Note that no more rooms are to be entered before we have caught up."""
        self._all_entered = True

    def begins_now(self, room: MucRoom) -> bool:
        """Whether nothing that was said in a room so far is any of ours."""
        return room.newcomer or (room.position is None and room.jid not in self._cursors)

    def read(self, entered: Entered, spawn: Spawn) -> None:
        """Begin to read; ends with a page that is the last, or with a `Read`."""
        room, stay = entered.room, entered.stay
        if not self._all_entered:
            self._first.add(room)
        if self.begins_now(room):
            spawn(self._find_baseline(room, stay))
        else:
            room.position = room.position or Position.read(self._cursors[room.jid])
            spawn(self._read(room, stay, room.position))

    def ended(self, room: MucRoom) -> None:
        """Note that a room's archive was read, or failed us, or that it keeps none any more."""
        self._first.discard(room)

    async def _find_baseline(self, room: MucRoom, stay: int) -> None:
        try:
            baseline = await self._archive(room).newest(except_for=room.arrived)
        except (NoAnswer, IqError) as error:
            self._fails(room, stay, error)
        else:
            self._queue.put(Read(room, stay, baseline=baseline))

    async def _read(self, room: MucRoom, stay: int, position: Position) -> None:
        complete = False
        try:
            async with aclosing(self._archive(room).pages(position)) as pages:
                async for page in pages:
                    read = PageRead(room, stay, page)
                    self._queue.put(read)
                    await read.taken.wait()
                    complete = page.complete
                    if room.stay != stay:
                        return  # we have entered again since: it is read for that stay
        except (NoAnswer, IqError) as error:
            self._fails(room, stay, error)
        else:
            if not complete:  # the last page says so by itself, but one with nothing on it is not told
                self._queue.put(Read(room, stay))

    def _fails(self, room: MucRoom, stay: int, error: Exception) -> None:
        # Nothing of this room may count until its archive was read: it is entered again later.
        log.warning("the archive of %s could not be read: %s", room.jid, error)
        self._queue.put(Read(room, stay, failed=True))

    def _archive(self, room: MucRoom) -> Archive:
        return Archive(self._session, room.jid, self._page_size)
