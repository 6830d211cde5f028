"""Pinning a message of ours in a room: in place of the one of ours that was pinned before, never of anybody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.transports.base import Accepted
from bot.transports.matrix.answer import Json, RefusedByServer
from bot.transports.matrix.rooms import listing

if TYPE_CHECKING:
    from bot.transports.base import Payload
    from bot.transports.matrix.homeserver import Homeserver

PINNED = "m.room.pinned_events"
OURS = "tocsin.pinned"
"""The account data of a room in which the bot remembers what it pinned itself: anybody may rewrite the room's state."""


class Pins:
    """Pins and unpins for one account. Repeating it changes nothing."""

    def __init__(self, server: Homeserver, me: str) -> None:
        self._server = server
        self._me = me

    async def change(self, room_id: str, payload: Payload) -> Accepted:
        """Pin or unpin the payload's target. Raises as `Homeserver.call`."""
        target = payload.target
        pinned = await self._list("rooms", room_id, "state", PINNED, key="pinned")
        own = ("user", self._me, "rooms", room_id, "account_data", OURS)
        ours = [one for one in await self._list(*own, key="events") if one in pinned]
        wanted = [one for one in pinned if one not in ours or one == target]
        if payload.kind == "unpin":
            # Whoever else has pinned it wants it there.
            wanted = [one for one in pinned if one != target or one not in ours]
        elif target not in wanted:
            # Remembered first: what is remembered and not pinned after all is not asked about the next time.
            await self._server.call("PUT", *own, body={"events": [*ours, target]})
            wanted.append(target)
        if wanted != pinned:
            await self._server.call("PUT", "rooms", room_id, "state", PINNED, body={"pinned": wanted})
        return Accepted(target)

    async def _list(self, *path: str, key: str) -> list[str]:
        try:
            content: Json = await self._server.call("GET", *path)
        except RefusedByServer as error:
            if error.errcode != "M_NOT_FOUND":
                raise
            return []
        return [one for one in listing(content.get(key)) if isinstance(one, str)]
