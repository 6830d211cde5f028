"""Asking a server about keys: where it wants us to wait, nobody asks it the same sooner, however many need it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.transports.base import Limited

if TYPE_CHECKING:
    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.homeserver import Homeserver


class Asking:
    """Requests about keys. A server limits each kind of them by itself, and none of them with messages."""

    def __init__(self, server: Homeserver) -> None:
        self._server = server
        self._closed: dict[tuple[str, ...], float] = {}
        """Kinds that the server limited when it was last asked → until when (monotonic)."""
        self._turns: defaultdict[tuple[str, ...], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ask(self, method: str, *path: str, body: Json) -> Json:
        """Make one request. Raises as `Homeserver.call`; Limited also, without asking, before that time is over."""
        kind = path[:2]
        if kind not in self._closed:
            return await self._once(kind, method, *path, body=body)
        async with self._turns[kind]:  # once it is over, one of those who waited finds out
            left = self._closed.get(kind, 0.0) - time.monotonic()
            if left > 0:
                raise Limited(left)
            return await self._once(kind, method, *path, body=body)

    async def to_devices(self, kind: str, messages: Json) -> None:
        """Send devices something. Raises as `ask`."""
        await self.ask("PUT", "sendToDevice", kind, secrets.token_hex(8), body={"messages": messages})

    async def _once(self, kind: tuple[str, ...], method: str, *path: str, body: Json) -> Json:
        try:
            answer = await self._server.call(method, *path, body=body)
        except Limited as error:
            self._closed[kind] = max(self._closed.get(kind, 0.0), time.monotonic() + error.seconds)
            raise
        self._closed.pop(kind, None)
        return answer
