"""A reader of the Matrix transport as the bot is one, for tests: it commits what it is given."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from bot.transports.base import Batch, Dispatch, Payload, Start
from bot.transports.matrix import MatrixTransport
from campaign.chat import MATRIX, Event, Room, Said, Sealed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from bot.transports.base import Transport
    from tests.live.synapse import Synapse

E = TypeVar("E")
DEVICE = "TOCSINTEST"


class Bot:
    """A reader of the transport as the bot is one: it commits what it is given, and can be restarted."""

    def __init__(self, base_url: str, user_id: str, password: str, **tunables: Any) -> None:
        self.base_url = base_url
        self.user_id = user_id
        self.password = password
        self.tunables = {"poll_seconds": 5.0, **tunables}
        self.cursors: dict[str, str] = {}
        self.sealed: dict[tuple[str, str], Sealed] = {}
        self.device = DEVICE
        self.events: list[Event] = []
        self.batches: list[Batch] = []
        self.transport: Transport = self.new_transport()
        self.failure: BaseException | None = None
        self._news = asyncio.Condition()

    def new_transport(self) -> MatrixTransport:
        return MatrixTransport(self.base_url, self.user_id, self.password, **self.tunables)

    @contextlib.asynccontextmanager
    async def running(self, *rooms: str) -> AsyncIterator[Transport]:
        """Connect, read and commit until the end of the block."""
        self.transport = self.new_transport()
        self.batches, self.failure = [], None
        async with self.transport.connected(
            Start(
                dict(self.cursors),
                rooms,
                self.device,
                sealed=frozenset((one.room.id, one.session) for one in self.sealed.values()),
                kept=self._kept,
            )
        ):
            reading = asyncio.create_task(self._read())
            try:
                await self.until(lambda: any(batch.caught_up for batch in self.batches))
                yield self.transport
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _kept(self, sessions: Collection[tuple[str, str]]) -> list[Sealed]:
        return [one for one in self.sealed.values() if (one.room.id, one.session) in sessions]

    async def _read(self) -> None:
        try:
            async for batch in self.transport.batches():
                async with self._news:
                    self.events += batch.events
                    self.batches.append(batch)
                    self.sealed |= {
                        (event.room.id, event.event): event
                        for event in batch.events
                        if isinstance(event, Sealed)
                    }
                    for key in batch.opened:
                        self.sealed.pop(key, None)
                    self.cursors |= batch.cursors
                    self._news.notify_all()
        except Exception as error:  # noqa: BLE001 - told to the test, which waits for it
            async with self._news:
                self.failure = error
                self._news.notify_all()

    async def until(self, true: Callable[[], bool], within: float = 60) -> None:
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self.failure is not None or true())
        if self.failure is not None and not true():
            raise self.failure

    def of(self, kind: type[E], room: str = "") -> list[E]:
        return [event for event in self.events if isinstance(event, kind) and room in ("", event.room.id)]

    async def first(self, kind: type[E], true: Callable[[E], bool] = lambda _: True, within: float = 60) -> E:
        await self.until(lambda: any(map(true, self.of(kind))), within)
        return next(event for event in self.of(kind) if true(event))

    async def heard(self, text: str, within: float = 60) -> Said:
        return await self.first(Said, lambda said: said.text == text, within)

    def texts(self, room: str) -> list[str]:
        return [said.text for said in self.of(Said, room)]


@contextlib.asynccontextmanager
async def new_bot(server: Synapse, **tunables: Any) -> AsyncIterator[Bot]:
    user_id, password = await server.register(f"tocsin-{secrets.token_hex(4)}", displayname="Tocsin")
    with tempfile.TemporaryDirectory() as folder:
        yield Bot(server.base_url, user_id, password, **{"keys": Path(folder), **tunables})


@pytest.fixture
async def bot(synapse_server: Synapse) -> AsyncIterator[Bot]:
    """One that is not running yet."""
    async with new_bot(synapse_server) as made:
        yield made


def dispatch(room: str, text: str = "Bonjour", **more: Any) -> Dispatch:
    return Dispatch(secrets.token_hex(8), Room(MATRIX, room), Payload(text, **more))
