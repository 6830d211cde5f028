"""Somebody who reads along and types nothing: which organisations a bot has named, and when."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.campaign import NAMED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from tests.live.synapse import Person
    from tests.live.xmpp_person import XmppPerson

LOOKS_EVERY = 0.02


@dataclass
class Seen:
    """What one bot has said since somebody began to look. Instants are those of `time.perf_counter`."""

    named: dict[str, float] = field(default_factory=dict)
    """Organisation → when it was first named."""
    messages: int = 0

    def note(self, body: str) -> None:
        """Take one message of the bot's."""
        self.messages += 1
        for name in NAMED.findall(body):
            self.named.setdefault(name, time.perf_counter())

    async def all(self, names: Collection[str], *, patience: float, within: float = 3600) -> float:
        """Wait until all these were named, or no other one is for `patience` seconds; return when the last was."""
        give_up = time.perf_counter() + within
        count, since = len(self.named), time.perf_counter()
        while not self.named.keys() >= set(names):
            await asyncio.sleep(LOOKS_EVERY)
            now = time.perf_counter()
            if len(self.named) > count:
                count, since = len(self.named), now
            elif now - since > patience or now > give_up:
                break
        return max((self.named[name] for name in names if name in self.named), default=time.perf_counter())


@asynccontextmanager
async def on_matrix(person: Person, bot: str) -> AsyncIterator[Seen]:
    """Look at every room this person is in, until the end of the block."""
    await person.sync()
    seen = Seen()

    async def look() -> None:
        while True:
            for event in await person.sync(wait=30):
                if event["sender"] == bot and event["type"] == "m.room.message":
                    seen.note(event["content"].get("body", ""))
            person.timeline.clear()

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


@asynccontextmanager
async def on_xmpp(person: XmppPerson, room: str, nick: str) -> AsyncIterator[Seen]:
    """Look at a room, until the end of the block."""
    person.heard.clear()
    seen = Seen()

    async def look() -> None:
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            heard = person.heard[:]
            del person.heard[: len(heard)]
            for each in heard:
                if each.sender == f"{room}/{nick}":
                    seen.note(each.body)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
