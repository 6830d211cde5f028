"""A delivery between a real database and a network of which a test says what it does."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from bot.delivery.delivery import Delivery
from bot.intake.intake import Intake
from bot.texts.wordings import Wordings
from bot.ticking import Ticking
from bot.transports.base import (
    Batch,
)
from campaign.chat import MATRIX, XMPP, Address, File, Message, Room, Said, say
from commands.menu import MENU
from tests.bot.scripted import (
    HOUSE,
    MAUD,
    NOW,
    TEAM,
    Network,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from storage.database import Database
    from storage.storage import Storage

MATRIX_FRIEND = Address(MATRIX, "@friend:example.org")
ANA_ON_XMPP = Address(XMPP, "ana@example.org")
GARAGE = Room(XMPP, "garage@rooms.example.org")


@dataclass
class Bench:
    """A delivery between a real database and a played network."""

    database: Database
    network: Network

    def __post_init__(self) -> None:
        self.delivery = Delivery(
            self.network.network, self.network, self.database, Wordings(HOUSE, MENU), lambda: NOW
        )
        self.intake = Intake(self.database, HOUSE, MENU, lambda: NOW)
        self.ticking = Ticking(self.database, HOUSE)

    async def put(self, room: Room, *texts: str, **more: object) -> None:
        """Decide to say something."""

        def work(storage: Storage) -> None:
            known = storage.rooms.find(room.network, room.id)
            assert known is not None
            for text in texts:
                to = more.get("to")
                asker = storage.people.ensure(to, "", NOW).id if isinstance(to, Address) else None
                message = Message((say("{text}", text=text),), purpose=str(more.get("purpose", "")))
                storage.outbox.put(
                    room.network, message, NOW, room=known.id, thread=str(more.get("thread", "")),
                    reply_to=str(more.get("reply_to", "")), expires_at=cast("datetime | None", more.get("expires_at")),
                    asker=asker,
                )  # fmt: skip

        await self.database.write(work)
        self.delivery.wake()

    async def put_file(self, data: bytes) -> None:
        """Decide to hand over a file, in the campaigners' room."""

        def work(storage: Storage) -> None:
            room = storage.rooms.find(MATRIX, TEAM.id)
            assert room is not None
            file = File("a.csv", "text/csv", data)
            storage.outbox.put(MATRIX, Message((say("Here."),)), NOW, room=room.id, file=file)

        await self.database.write(work)
        self.delivery.wake()

    async def write_to(self, address: Address, text: str, urgency: int = 5) -> None:
        """Decide to say something to somebody alone."""

        def work(storage: Storage) -> None:
            person = storage.people.ensure(address, "", NOW)
            message = Message((say("{text}", text=text),), private=True)
            storage.outbox.put(address.network, message, NOW, address=person.address_id, urgency=urgency)

        await self.database.write(work)
        self.delivery.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Deliver, while what the network tells is taken in beside it."""
        position = len(self.network.log)

        async def listen() -> None:
            nonlocal position
            while True:
                self.network._changed.clear()
                events, position = self.network.log[position:], len(self.network.log)
                if events:
                    taken = await self.intake.take(self.network.network, Batch(tuple(events)), lambda _: None)
                    self.delivery.came_back(taken.came_back)
                else:
                    await self.network._changed.wait()

        listening = asyncio.create_task(listen())
        delivering = asyncio.create_task(self.delivery.run())
        try:
            yield delivering
        finally:
            for task in (delivering, listening):
                task.cancel()
            await asyncio.gather(delivering, listening, return_exceptions=True)

    async def settle(self) -> None:
        """Deliver all that waits."""
        async with self.running(), asyncio.timeout(10):
            await self.delivery.settled()

    async def fails(self, error: type[Exception]) -> None:
        """Deliver until that breaks off."""
        async with self.running() as delivering:
            with pytest.RaisesGroup(error, flatten_subgroups=True):
                await asyncio.wait_for(delivering, 10)

    async def states(self) -> list[str]:
        """What has become of each dispatch."""
        return await self.query("SELECT state FROM dispatches ORDER BY rowid")

    async def query(self, query: str) -> list[str]:
        return await self.database.read(
            lambda storage: [str(row[0]) for row in storage._connection.exec_driver_sql(query)]
        )


async def say_to(bench: Bench, text: str, event: str, room: Room = TEAM, who: Address = MAUD) -> None:
    """Let somebody say a line; what comes of it leaves as it does in life."""
    said = Said(room, event, who, who.id, text, NOW)
    taken = await bench.intake.take(room.network, Batch((said,)), bench.delivery.claim)
    bench.delivery.carry(taken.claimed)
