"""Showing in each room up to where it was read: after it was taken, and seldom enough not to be felt."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.transports.base import Limited, LoginRefused, TransportError
from bot.transports.matrix.rooms import listing, mapping

if TYPE_CHECKING:
    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.homeserver import Homeserver

log = logging.getLogger(__name__)

AFTER = 1.0
"""Seconds after something was taken: the answer to it goes first."""
EVERY = 5.0
"""Seconds between two receipts in one room, at least."""


class Receipts:
    """Read receipts (`m.read`) of one account. They are an ornament: one that fails is not tried again."""

    def __init__(self, server: Homeserver, me: str) -> None:
        self._server = server
        self._me = me
        self._due: dict[str, str] = {}
        """Room → the last event that was taken there and not shown as read."""
        self._showing: asyncio.Task[None] | None = None

    def taken(self, joined: Json) -> None:
        """Note what of a sync answer's joined rooms was taken just now."""
        for room_id, part in joined.items():
            for raw in reversed(listing(mapping(mapping(part).get("timeline")).get("events"))):
                event = mapping(raw)
                event_id = event.get("event_id")
                if isinstance(event_id, str) and event.get("sender") != self._me:
                    self._due[room_id] = event_id
                    break
        if self._due and (self._showing is None or self._showing.done()):
            self._showing = asyncio.create_task(self._show())

    async def close(self) -> None:
        """Show nothing more."""
        if self._showing is not None:
            self._showing.cancel()
            await asyncio.gather(self._showing, return_exceptions=True)

    async def _show(self) -> None:
        await asyncio.sleep(AFTER)
        while self._due:
            due, self._due = self._due, {}
            pause = EVERY
            for room_id, event_id in due.items():
                try:
                    await self._server.call("POST", "rooms", room_id, "receipt", "m.read", event_id, body={})
                except LoginRefused:
                    return  # the sync loop says so itself
                except Limited as error:
                    pause = max(pause, error.seconds)
                    break
                except TransportError as error:
                    log.debug("not shown as read: %s", error, extra={"room": room_id})
            await asyncio.sleep(pause)
