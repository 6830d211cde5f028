"""Whatever the database is busy with, the event loop goes on: networks are answered, and nobody is disconnected."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import TYPE_CHECKING, TypeVar

import pytest

from bot.files.opening import open_campaigns
from bot.intake.intake import Intake
from bot.transports.base import Batch
from campaign.chat import MATRIX, Address
from campaign.publish import FORMATS
from campaign.signature import LEVELS
from commands.export import make
from commands.menu import MENU
from storage.database import Database
from storage.opening import open_database
from tests.bot.scripted import COOP, HOUSE, NOW, config, said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from storage.storage import Storage

T = TypeVar("T")
LONGEST_GAP = 0.1
"""Seconds for which the event loop may stand still."""
ORGANISATIONS = 1500
SIGNS = 300
TRIES = 5


def person(number: int) -> Address:
    return Address(MATRIX, f"@person{number}:example.org")


_BYSTANDER = """
import select, sys, time
print(flush=True)
longest, last = 0.0, time.perf_counter()
while True:
    over = select.select([sys.stdin], [], [], 0.001)[0]
    now = time.perf_counter()
    longest, last = max(longest, now - last), now
    if over:
        break
print(longest)
"""
"""Beats as the loop below does, in a process that has nothing else to do: when it stands still, that is the machine's doing."""


class Heartbeat:
    """Beats every millisecond, and notes the longest time between two beats."""

    def __init__(self) -> None:
        self.longest = 0.0
        """Seconds by the clock."""
        self.worked = 0.0
        """Most seconds for which this process used the processor between two beats: nobody else's doing."""
        self._beaten = asyncio.Event()
        self.bystander = 0.0
        """Seconds for which a process that had nothing to do stood still meanwhile, at the longest."""

    @property
    def stood_still(self) -> float:
        """Seconds for which the loop stood still by our own doing."""
        return max(self.worked, self.longest - self.bystander)

    @contextlib.asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        bystander = await asyncio.create_subprocess_exec(
            sys.executable,
            "-S",
            "-c",
            _BYSTANDER,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert bystander.stdout is not None
        await bystander.stdout.readline()
        beating = asyncio.create_task(self._beat())
        await asyncio.sleep(0.05)
        try:
            yield
        finally:
            self._beaten.clear()
            await self._beaten.wait()  # the beat that was due meanwhile tells how late it was
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            told, _ = await bystander.communicate(b"")
        self.bystander = float(told)

    async def _beat(self) -> None:
        last, used = time.perf_counter(), time.process_time()
        while True:
            await asyncio.sleep(0.001)
            now, uses = time.perf_counter(), time.process_time()
            self.longest = max(self.longest, now - last)
            self.worked = max(self.worked, min(now - last, uses - used))
            last, used = now, uses
            self._beaten.set()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    opened = open_database(folder / "data")
    yield opened
    opened.close()


def roster(count: int) -> str:
    lines = [f"Collectif {number:05},,,{person(number).id}" for number in range(count)]
    return "name,aliases,website,representatives\n" + "\n".join(lines) + "\n"


async def everything_at_once(database: Database, folder: Path, turn: int) -> None:
    """Take a big roster, three hundred signatures in one batch, and write the whole list in every format."""
    what = config(folder, roster=roster(ORGANISATIONS))
    intake = Intake(database, HOUSE, MENU, lambda: NOW)

    def open_all(storage: Storage) -> None:
        open_campaigns(storage, what, NOW)
        room = storage.rooms.find(MATRIX, COOP.id)
        assert room is not None
        storage.rooms.change(room.id, state="joined", welcomed_at=NOW)

    def every_format(storage: Storage) -> list[int]:
        (campaign,) = storage.campaigns.open()
        return [len(make(storage, campaign, form, NOW, language="fr")[0].data) for form in FORMATS]

    await database.write(open_all)
    numbers = range(turn * SIGNS, (turn + 1) * SIGNS)
    signs = [said(f"${number}", f"!sign Collectif {number:05}", sender=person(number)) for number in numbers]
    _, sizes = await asyncio.gather(
        intake.take(MATRIX, Batch(tuple(signs), {"sync": str(turn)}), lambda _: None),
        database.read(every_format),
    )
    assert max(sizes) > 100_000
    assert await database.read(lambda storage: storage.signatures.count(1, LEVELS)) == (turn + 1) * SIGNS


async def heart_during(database: Database, folder: Path, turn: int) -> Heartbeat:
    heart = Heartbeat()
    async with heart.beating():
        await everything_at_once(database, folder, turn)
    return heart


async def test_the_event_loop_never_stands_still(database: Database, folder: Path) -> None:
    """Another program may take the processor away meanwhile: what counts is that it can be done."""
    hearts = []
    for turn in range(TRIES):
        hearts.append(await heart_during(database, folder, turn))
        if hearts[-1].stood_still < LONGEST_GAP:
            return
    pytest.fail(f"the loop stood still for {', '.join(f'{heart.stood_still:.3f}' for heart in hearts)} s")


async def test_control_the_same_work_on_the_event_loop_itself_stops_it(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def on_the_loop(database: Database, work: Callable[[Storage], T], *, writes: bool) -> T:
        return database.transaction(work, writes=writes)

    monkeypatch.setattr(Database, "_run", on_the_loop)
    heart = await heart_during(database, folder, 0)
    assert heart.worked > LONGEST_GAP, "whatever else the machine has to do"


async def test_control_who_only_waits_on_the_event_loop_stops_it_too() -> None:
    heart = Heartbeat()
    async with heart.beating():
        time.sleep(4 * LONGEST_GAP)  # noqa: ASYNC251 - what nobody should do
    assert heart.longest > 4 * LONGEST_GAP
    assert heart.worked < LONGEST_GAP
    assert heart.stood_still == heart.longest - heart.bystander
