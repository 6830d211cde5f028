"""One network of the console, as the bot sees it."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.transports.base import (
    Accepted,
    Allowance,
    Batch,
    Capabilities,
    Dispatch,
    NotPrivate,
    Refused,
    Start,
    Uploaded,
    Vitals,
)
from bot.transports.console.stage import private_room
from campaign.chat import MATRIX, XMPP, Address, Echo, Joined, Room

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from bot.transports.console.stage import Stage
    from campaign.chat import Event


class ConsoleTransport:
    """One network of the console. Accepted is delivered on Matrix; on XMPP only the echo is, as in life."""

    allowance: Allowance | None = None

    def __init__(
        self, network: str, stage: Stage, show: Callable[[Dispatch, str], None], files: dict[str, bytes]
    ) -> None:
        """`show` has a dispatch shown under the id of its event; what is handed over is kept in `files`, by name."""
        self.network = network
        self._stage, self._files = stage, files
        self.show = show
        self._queue: asyncio.Queue[tuple[Event, ...]] = asyncio.Queue()
        self._numbers = itertools.count(1)
        self._waiting = 0
        self._taken = asyncio.Event()

    @asynccontextmanager
    async def connected(self, start: Start) -> AsyncIterator[None]:  # noqa: ARG002 - a console has no past
        """Nothing to connect to."""
        yield

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """What people say, as they say it."""
        stage = self._stage
        rooms = [room for room in stage.rooms.values() if room.network == self.network]
        names = {room.id: name for name, room in stage.rooms.items()}
        yield Batch(
            tuple(Joined(room, stage.now, alias=room.id, name=names[room.id]) for room in rooms),
            caught_up=True,
        )
        while True:
            if self._queue.empty():
                self._taken.set()
            events = await self._queue.get()
            yield Batch(events, caught_up=True)

    def hear(self, *events: Event) -> None:
        """Let something happen on this network."""
        self._taken.clear()
        self._queue.put_nowait(events)

    async def taken(self) -> None:
        """Wait until everything that happened has been taken."""
        await self._taken.wait()

    def event_id(self) -> str:
        """An id as the network would give it."""
        return f"${self.network}-{next(self._numbers)}"

    async def send(self, dispatch: Dispatch, *, private_with: Address | None = None) -> Accepted:
        """Show it."""
        room = dispatch.room
        if private_with is not None and private_room(private_with) != room:
            raise NotPrivate("not the chat of this person")
        event = self.event_id()
        self.show(dispatch, event)
        if self.network == XMPP:
            self.hear(Echo(room, event, dispatch.key, self._stage.now))
            return Accepted()
        return Accepted(event)

    async def upload(self, room: Room, name: str, media_type: str, data: bytes) -> Uploaded:  # noqa: ARG002 - for any
        """Keep the file where the transcript can show it."""
        self._files[name] = data
        return Uploaded(f"console:{name}#{media_type.partition(';')[0]}")

    async def open_direct(self, address: Address) -> Room:
        """The private chat of a person is always there."""
        if not address.is_account:
            raise Refused("an occupant has no private chat")
        return private_room(address)

    async def join(self, room: str) -> None:
        """The bot is in every room of the stage."""

    async def leave(self, room: str, reason: str) -> None:
        """Nobody leaves the stage."""

    async def compose(self, room: Room, *, on: bool) -> None:
        """Nobody has to wait on a stage."""

    async def recount(self, room: Room, poll: str) -> None:
        """Nothing is missed on a stage."""

    def vitals(self) -> Vitals:
        """Say nothing: a terminal is either there or not."""
        return Vitals()

    def capabilities(self, room: Room) -> Capabilities:
        """A terminal shows styled text, and polls where Matrix does."""
        return Capabilities(reactions=True, files=True, edits=True, polls=room.network == MATRIX)
