"""Showing in a room that an answer is being written, where one takes long: nobody should wonder whether they were heard."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.transports.base import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.transports.base import Transport
    from campaign.chat import Room

log = logging.getLogger(__name__)

AFTER = 1.0
"""Seconds somebody may wait for an answer before it is shown that it is being written."""
AGAIN = 20.0
"""Seconds after which it is shown again: networks let it fade."""
MOST = 120.0
"""Seconds after which it is not shown any more, whatever waits."""
WITHIN = 2.0
"""Seconds that showing it may take: it is an ornament."""


class Composing:
    """The rooms of one network in which somebody waits for an answer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._rooms: dict[Room, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def begin(self, rooms: Iterable[Room]) -> None:
        """Somebody waits for an answer in these rooms, if not since before."""
        for room in rooms:
            if room not in self._rooms:
                self._rooms[room] = asyncio.create_task(self._show(room))

    def end(self, room: Room) -> None:
        """What was waited for in a room is there, or will not come."""
        task = self._rooms.pop(room, None)
        if task is not None:
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Show nothing any more."""
        for room in tuple(self._rooms):
            self.end(room)
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _show(self, room: Room) -> None:
        await asyncio.sleep(AFTER)
        try:
            for _ in range(int(MOST / AGAIN)):
                await self._say(room, on=True)
                await asyncio.sleep(AGAIN)
        finally:
            await self._say(room, on=False)

    async def _say(self, room: Room, *, on: bool) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                await self._transport.compose(room, on=on)
        except (TransportError, TimeoutError) as error:
            log.debug("not shown: %s", error, extra={"action": "compose"})
