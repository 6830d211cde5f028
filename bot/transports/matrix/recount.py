"""Polls counted once more: what the server has of the answers to one, told in batches between those of the sync."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.transports.base import Unreachable
from bot.transports.matrix.polls import REFERENCE
from bot.transports.matrix.rooms import listing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.homeserver import Homeserver, Patience
    from campaign.chat import Event

RELATIONS = "/_matrix/client/v1"
_PAGE = 500


@dataclass(slots=True)
class _Found:
    events: tuple[Event, ...]
    taken: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Recounts:
    """Asks for the answers to polls, and hands them to whoever reads the batches."""

    def __init__(self, server: Homeserver, patience: Patience) -> None:
        self._server = server
        self._patience = patience
        self._waiting: deque[_Found] = deque()
        self._news = asyncio.Event()

    async def answers(self, room_id: str, poll: str) -> list[Any]:
        """Return what refers to the event that began a poll, oldest first, as the server has it.

        Raises:
            Refused: the server gives nothing.
            Unreachable: it is not known whether there is more.
            LoginRefused: as in `Homeserver.call`.

        """
        path = ("rooms", room_id, "relations", poll, REFERENCE)
        newest_first: list[Any] = []
        token: object = ""
        while isinstance(token, str):
            query = {"dir": "b", "limit": str(_PAGE), **({"from": token} if token else {})}

            async def ask(within: float, query: dict[str, str] = query) -> Json:
                return await self._server.call("GET", *path, query=query, prefix=RELATIONS, timeout=within)

            page = await self._server.briefly(ask, self._patience)
            newest_first += listing(page.get("chunk"))
            following = page.get("next_batch")
            token = following if following != token else None
        return newest_first[::-1]

    async def tell(self, events: Sequence[Event]) -> None:
        """Have these events told, and return once they are committed. Raises Unreachable if they never will be."""
        if events:
            found = _Found(tuple(events))
            self._waiting.append(found)
            self._news.set()
            await found.taken

    async def until(self, answer: asyncio.Future[Json]) -> AsyncGenerator[tuple[Event, ...], None]:
        """Yield what is found until an answer is there; asking for more says that the last is committed."""
        while not answer.done():
            news = asyncio.ensure_future(self._news.wait())
            try:
                await asyncio.wait((answer, news), return_when=asyncio.FIRST_COMPLETED)
            finally:
                news.cancel()
            while self._waiting:
                yield self._waiting[0].events
                done = self._waiting.popleft().taken
                if not done.done():
                    done.set_result(None)
            self._news.clear()

    def close(self) -> None:
        """Let nobody wait any more for what nobody will commit."""
        for found in self._waiting:
            if not found.taken.done():
                found.taken.set_exception(Unreachable("not connected"))
        self._waiting.clear()
