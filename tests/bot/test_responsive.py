"""Whatever the database is busy with, the event loop goes on: networks are answered, and nobody is disconnected."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, TypeVar

import pytest

from bot.intake import Intake
from bot.opening import open_campaigns
from bot.transports.base import Batch
from campaign.chat import MATRIX, Address
from campaign.publish import FORMATS
from campaign.signature import LEVELS
from commands.export import make
from commands.menu import MENU
from storage.database import Database, open_database
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


@contextlib.asynccontextmanager
async def heartbeat(gaps: list[float]) -> AsyncIterator[None]:
    """Beat every millisecond; at the end, note the longest time between two beats."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0.05)
    try:
        yield
    finally:
        await asyncio.sleep(0)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        gaps.append(longest)


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
        return [len(make(storage, campaign, form, NOW)[0].data) for form in FORMATS]

    await database.write(open_all)
    numbers = range(turn * SIGNS, (turn + 1) * SIGNS)
    signs = [said(f"${number}", f"!sign Collectif {number:05}", sender=person(number)) for number in numbers]
    _, sizes = await asyncio.gather(
        intake.take(MATRIX, Batch(tuple(signs), {"sync": str(turn)}), lambda _: None),
        database.read(every_format),
    )
    assert max(sizes) > 100_000
    assert await database.read(lambda storage: storage.signatures.count(1, LEVELS)) == (turn + 1) * SIGNS


async def longest_gap(database: Database, folder: Path, turn: int) -> float:
    gaps: list[float] = []
    async with heartbeat(gaps):
        await everything_at_once(database, folder, turn)
    return gaps[0]


async def test_the_event_loop_never_stands_still(database: Database, folder: Path) -> None:
    """Another program may take the processor away meanwhile: what counts is that it can be done."""
    gaps = []
    for turn in range(TRIES):
        gaps.append(await longest_gap(database, folder, turn))
        if gaps[-1] < LONGEST_GAP:
            return
    pytest.fail(f"the loop stood still for {', '.join(f'{gap:.3f}' for gap in gaps)} s")


async def test_control_the_same_work_on_the_event_loop_itself_stops_it(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def on_the_loop(database: Database, work: Callable[[Storage], T], *, writes: bool) -> T:
        return database.transaction(work, writes=writes)

    monkeypatch.setattr(Database, "_run", on_the_loop)
    assert await longest_gap(database, folder, 0) > LONGEST_GAP
