"""The rooms the bot is asked to be in: finding them by alias, and joining those it is not in yet."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.transports.base import Limited, LoginRefused, Refused, Unreachable
from bot.transports.matrix.homeserver import Backoff
from campaign.chat import MATRIX, Event, Removed, Room

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from bot.transports.matrix.homeserver import Homeserver

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 300.0


class WantedRooms:
    """Joins in the background, so that one room's slow server holds up nothing else."""

    def __init__(self, server: Homeserver, wanted: tuple[str, ...]) -> None:
        self.addresses: dict[str, str] = {}
        """Room id → the alias under which it was asked for."""
        self._server = server
        self._wanted = wanted
        self._news: list[Event] = []
        self._joining: asyncio.Task[None] | None = None

    @property
    def is_joining(self) -> bool:
        """Whether some rooms are still being tried."""
        return self._joining is not None and not self._joining.done()

    def take_news(self) -> list[Event]:
        """Return what has to be told since the last time: rooms that cannot be joined."""
        news, self._news = self._news, []
        return news

    async def resolve(self) -> None:
        """Learn which rooms the aliases are, once; what fails here is asked again when joining."""

        async def resolve(alias: str) -> None:
            try:
                answer = await self._server.call("GET", "directory", "room", alias)
            except (Refused, Unreachable, Limited) as error:
                log.info("an alias is not resolved yet (%s)", error, extra={"alias": alias})
                return
            room_id = answer.get("room_id")
            if isinstance(room_id, str):
                self.addresses[room_id] = alias

        await asyncio.gather(*(resolve(address) for address in self._wanted if address.startswith("#")))

    def join_missing(self, but: AbstractSet[str], invited: AbstractSet[str]) -> None:
        """Begin to join the wanted rooms, but not these: we are there, or were just removed from them.

        Nor one that is wanted by its id and into which we are `invited`: we may have been there, and been sent away.
        Whoever is told of the invitation decides.
        """
        resolved = {alias: room_id for room_id, alias in self.addresses.items()}
        missing = [
            address
            for address in self._wanted
            if address not in invited and resolved.get(address, address) not in but
        ]
        if missing:
            self._joining = asyncio.create_task(self._join_all(missing))

    async def close(self) -> None:
        """Give up the joins that are still waiting."""
        if self._joining is not None:
            self._joining.cancel()
            await asyncio.gather(self._joining, return_exceptions=True)

    async def join(self, address: str) -> str:
        """Enter a room by id or alias and return its id. Raises as `Homeserver.call`."""
        answer = await self._server.call("POST", "join", address, body={})
        room_id = answer.get("room_id")
        if not isinstance(room_id, str):
            raise Unreachable("join: the answer is not Matrix")
        if address.startswith("#"):
            self.addresses[room_id] = address
        return room_id

    async def _join_all(self, missing: list[str]) -> None:
        backoff = Backoff(longest=_LONGEST_PAUSE)
        while missing:
            again: list[str] = []
            pause = 0.0
            for address in missing:
                try:
                    await self.join(address)
                except Limited as error:
                    again.append(address)
                    pause = max(pause, error.seconds)
                except Unreachable as error:
                    log.warning("a room cannot be joined yet (%s)", error, extra={"address": address})
                    again.append(address)
                except LoginRefused:
                    return  # the sync loop says so itself
                except Refused as error:
                    log.warning("a room cannot be joined (%s)", error, extra={"address": address})
                    room = Room(MATRIX, address)
                    self._news.append(Removed(room, "", datetime.now(UTC), "unreachable"))
            missing = again
            if missing:
                await asyncio.sleep(max(pause, backoff.next()))
