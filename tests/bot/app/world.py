"""The whole bot on two networks of which a test says what they do, and a clock that is wound by hand."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.app import App
from bot.clock import Clock
from campaign.chat import MATRIX, XMPP, Address, Room
from tests.bot.scripted import COOP, FORGE, NOA, NOW, TEAM, Network, cut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from bot.config import Config
    from storage.database import Database
    from storage.storage import Storage

BO = Address(XMPP, "bo@example.org")
WITH_NOA = Room(XMPP, f"!with-{NOA.id}")


@dataclass
class World:
    """Both networks, and the bot on them."""

    database: Database
    config: Config
    at: datetime = NOW

    def __post_init__(self) -> None:
        self.matrix = Network(MATRIX, rooms=(COOP, TEAM))
        self.xmpp = Network(XMPP, echoes=True, rooms=(FORGE,))
        self.app = self.bot()

    def bot(self) -> App:
        """A bot that has just been started."""
        return App(self.config, self.database, {MATRIX: self.matrix, XMPP: self.xmpp}, lambda: self.at)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the bot without its clock."""
        task = asyncio.create_task(self.app.serve())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def rests(self) -> None:
        """Wait until nothing is under way: what there was to say is said, its echoes are taken, and nothing came of them."""
        async with asyncio.timeout(10):
            await self.app.settled()
            for network in (self.matrix, self.xmpp):
                await network.taken()
            await self.app.settled()  # whatever one network took has the others look whether there is more

    def full(self, *, full: bool) -> None:
        """Let SQLite grow by two pages at most, or again as it likes."""

        def work(storage: Storage) -> None:
            (used,) = storage._connection.exec_driver_sql("PRAGMA page_count").one()
            pages = used + (2 if full else 10_000)
            storage._connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        self.database.transaction(work)


def answers(network: Network, room: Room, part: str) -> int:
    """How many messages that say this people see in a room."""
    return sum(part in text for text in network.texts(room))


async def goes_away(network: Network) -> None:
    """A network breaks off, and lets nobody back in until its `shuts` says otherwise."""
    network.shuts = True
    network.trouble(cut())
    await network.until(lambda: len(network.starts) == 2)


class Wound(Clock):
    """A clock that ticks when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.hands: asyncio.Queue[datetime] = asyncio.Queue()
        self.resting = asyncio.Event()

    async def tick(self, *at: datetime) -> None:
        """Tick, and wait until all that has been dealt with."""
        self.resting.clear()
        for now in at:
            self.hands.put_nowait(now)
        await asyncio.wait_for(self.resting.wait(), 10)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.begun.set()
        yield

    async def ticks(self) -> AsyncIterator[datetime]:
        while True:
            if self.hands.empty():
                self.resting.set()
            yield await self.hands.get()


@asynccontextmanager
async def running(world: World, clock: Clock) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(world.app.run(clock))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def begun(world: World) -> AsyncIterator[Wound]:
    """Run the bot until it has begun on both networks, and give its clock."""
    clock = Wound()
    async with running(world, clock):
        await asyncio.wait_for(world.app.ready(), 10)
        yield clock
