"""How many messages per second the intake takes, beside bare SQLite inserts of the same: same file system, same sync."""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.campaign import organisation, write
from benchmarks.measures import median, table
from bot.clock import utc_now
from bot.config import load
from bot.delivery.claiming import Claimed
from bot.files.opening import open_campaigns
from bot.intake.intake import Intake
from bot.transports.base import Batch
from campaign.chat import MATRIX, Address, Joined, Room, Said
from commands.command import House
from commands.menu import MENU
from storage.opening import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage.database import Database
    from storage.storage import Storage

ROOM = Room(MATRIX, "!room:example.org")
PEOPLE = 100
NETWORKS = '[matrix]\nhomeserver = "https://example.org"\nuser = "@tocsin:example.org"'


def person(number: int) -> str:
    """Return the account of somebody in the room."""
    return f"@person{number}:example.org"


class Bare:
    """The least that keeps an event for good: one insert each, one commit per batch, flushed to the disk."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        columns = (
            "room TEXT, event TEXT, sender TEXT, name TEXT, text TEXT, at TEXT, PRIMARY KEY (room, event)"
        )
        self._connection.execute(f"CREATE TABLE events ({columns})")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def take(self, batch: Batch) -> None:
        """Keep the events of a batch."""
        self._connection.execute("BEGIN IMMEDIATE")
        for event in batch.events:
            if isinstance(event, Said):
                kept = (
                    event.room.id,
                    event.event,
                    event.sender.id,
                    event.name,
                    event.text,
                    event.at.isoformat(),
                )
                self._connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", kept)
        self._connection.execute("COMMIT")


def lines(batches: int, size: int, said: Callable[[int], str], numbers: Iterator[int]) -> list[Batch]:
    """Return batches of what people say by turns, as a live network gives them (1) or one that was caught up (many)."""
    made = []
    for _ in range(batches):
        events = []
        for _ in range(size):
            number = next(numbers)
            who = number % PEOPLE
            at = datetime.now(UTC)
            sender = Address(MATRIX, person(who))
            events.append(Said(ROOM, f"$event{number}", sender, f"Person {who}", said(number), at))
        made.append(Batch(tuple(events), {"sync": events[-1].event}, caught_up=True))
    return made


async def ready(folder: Path, signatures: int) -> tuple[Database, Intake]:
    """Open a campaign in which each of a hundred people may sign for a few organisations, the bot in its room."""
    roster = {organisation(MATRIX, number): person(number % PEOPLE) for number in range(signatures)}
    path = write(folder, networks=NETWORKS, rooms=[ROOM.id], admins=["@maud:example.org"], roster=roster)
    config = load(path, environment={"TOCSIN_MATRIX_PASSWORD": "never used"})
    database = open_database(folder / "data")
    await database.write(lambda storage: open_campaigns(storage, config, utc_now()))
    intake = Intake(database, House(), MENU, utc_now)
    await intake.take(MATRIX, Batch((Joined(ROOM, utc_now()),)), nothing)
    return database, intake


def nothing(_: Storage) -> Claimed:
    """Claim nothing: nobody delivers here."""
    return Claimed()


async def measure(rounds: int, messages: int, folder: Path) -> str:
    """Run everything and return the table. Raises RuntimeError if not every signature was taken."""
    kinds = [(what, size) for what in ("idle chatter", "!sign") for size in (1, 100)]
    total = (rounds + 1) * messages * 2
    database, intake = await ready(folder, total)
    rates: dict[tuple[str, int], list[tuple[float, float]]] = {kind: [] for kind in kinds}
    numbers, signing = count(), count()

    def chat(number: int) -> str:
        return f"Somebody says something for the {number}th time, and it is not for the bot."

    def sign(_: int) -> str:
        return f"!sign {organisation(MATRIX, next(signing))}"

    with closing(database), closing(Bare(folder / "bare.db")) as bare:
        for number in range(rounds + 1):
            for what, size in kinds:
                batches = lines(messages // size, size, chat if what == "idle chatter" else sign, numbers)
                began = time.perf_counter()
                for batch in batches:
                    await intake.take(MATRIX, batch, nothing)
                between = time.perf_counter()
                for batch in batches:
                    bare.take(batch)
                ended = time.perf_counter()
                if number:  # the first round warms up
                    taken = len(batches) * size
                    rates[what, size].append((taken / (between - began), taken / (ended - between)))
        signed = await database.read(lambda storage: storage.signatures.count(1, ["confirmed"]))
    if signed != total:
        raise RuntimeError(f"{total} people signed, {signed} signatures were taken")
    return table(
        ("what", "in one batch", "taken /s", "bare inserts /s", "ratio", "ratio by round"), rows(rates)
    )


def rows(rates: dict[tuple[str, int], list[tuple[float, float]]]) -> Sequence[Sequence[str]]:
    """Say for each kind of message the median rates, and how often slower the intake is than the bare inserts."""
    said = []
    for (what, size), pairs in rates.items():
        ratios = sorted(bare / ours for ours, bare in pairs)
        medians = [f"{median([pair[side] for pair in pairs]):,.0f}" for side in (0, 1)]
        said.append(
            [what, str(size), *medians, f"{median(ratios):.1f}", f"{ratios[0]:.1f} to {ratios[-1]:.1f}"]
        )
    return said


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--messages", type=int, default=200, help="of each kind in a round")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        print(asyncio.run(measure(given.rounds, given.messages, Path(folder))))
    print(f"{given.rounds} rounds of {given.messages} messages of each kind, after one that warms up.")


if __name__ == "__main__":
    main()
