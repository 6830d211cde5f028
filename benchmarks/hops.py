"""One transaction, run whole in a database thread or statement by statement through aiosqlite: what the hops cost."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.measures import median, p95, table
from campaign.chat import MATRIX, Address, Message, say
from storage import memory
from storage.opening import FILE, open_database
from storage.storage import Storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.pool import ConnectionPoolEntry

    Work = Callable[[Storage], None]
    Run = Callable[[Work], Awaitable[None]]

ROOM = "!room:example.org"
SOMEBODY = Address(MATRIX, "@somebody:example.org")


def prepare(storage: Storage) -> None:
    """Put there what the transaction looks up."""
    now = datetime.now(UTC)
    storage.rooms.ensure(MATRIX, ROOM, state="joined")
    storage.people.ensure(SOMEBODY, "Somebody", now)
    storage.inbox.move(MATRIX, {"sync": "0"}, now)


def transaction(number: int) -> Work:
    """Return what a message that is answered comes to, in ten statements: looked up, entered, noted, answered, read."""

    def work(storage: Storage) -> None:
        now = datetime.now(UTC)
        storage.inbox.take(MATRIX, [(ROOM, f"$event{number}")], now)  # two statements
        room = storage.rooms.find(MATRIX, ROOM)
        person = storage.people.find(SOMEBODY)
        if room is None or person is None:
            raise LookupError("nothing was prepared")
        storage.rooms.campaigns_of(room.id)
        storage.organisations.of_person(person.id)
        storage.outbox.purpose_of(MATRIX, f"$event{number}")
        storage.audit.note("seen", now, person=person.id, room=room.id)
        storage.outbox.put(MATRIX, Message((say("Seen."),)), now, room=room.id)
        storage.inbox.move(MATRIX, {"sync": str(number)}, now)

    return work


@asynccontextmanager
async def async_engine(path: Path) -> AsyncIterator[AsyncEngine]:
    """Open a file as the bot's database is opened, by an async engine: same settings, same kind of transaction."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": 5.0, "isolation_level": None},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepared(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    memory.listen(engine.sync_engine, writes=True)
    try:
        yield engine
    finally:
        await engine.dispose()


async def statements(engine: AsyncEngine, run: Run) -> int:
    """Return how many statements the transaction makes beside BEGIN and COMMIT."""
    made: list[str] = []

    def made_one(*given: Any) -> None:  # noqa: ANN401 - six values of SQLAlchemy's, of which one is of interest
        made.append(given[2])

    event.listen(engine.sync_engine, "before_cursor_execute", made_one)
    await run(transaction(-1))
    event.remove(engine.sync_engine, "before_cursor_execute", made_one)
    return len(made) - 1


async def measure(rounds: int, size: int, folder: Path) -> str:
    """Run everything by turns and return the table."""
    for way in ("thread", "async"):
        open_database(folder / way).close()
    async with async_engine(folder / "async" / FILE) as engine:
        with closing(open_database(folder / "thread")) as database:

            async def by_statement(work: Work) -> None:
                async with engine.connect() as connection, connection.begin():
                    # The very function the thread runs: each of its statements awaits aiosqlite's thread.
                    await connection.run_sync(lambda inner: work(Storage(inner)))

            async def whole(work: Work) -> None:
                await database.write(work)

            ways: dict[str, Run] = {
                "whole in one database thread": whole,
                "async engine, aiosqlite": by_statement,
            }
            times: dict[str, list[list[float]]] = {name: [] for name in ways}
            for run in ways.values():
                await run(prepare)
            counted = await statements(engine, by_statement)
            numbers = count()
            for round_number in range(rounds + 1):
                for samples in times.values():
                    samples.append([])
                for number in range(size):
                    for name, run in list(ways.items())[:: 1 if number % 2 else -1]:
                        work = transaction(next(numbers))
                        began = time.perf_counter()
                        await run(work)
                        times[name][round_number].append((time.perf_counter() - began) * 1000)
    table_ = table(("transaction", "p50 ms", "p95 ms", "p50 ratio", "ratio by round"), rows(times))
    return f"{table_}\n{counted} statements between BEGIN and COMMIT."


def rows(times: dict[str, list[list[float]]]) -> Sequence[Sequence[str]]:
    """Say how long each way took, beside the first. The first round warmed up."""
    first = next(iter(times.values()))[1:]
    said = []
    for name, samples in times.items():
        rounds = samples[1:]
        every = [one for each in rounds for one in each]
        ratios = sorted(median(a) / median(b) for a, b in zip(rounds, first, strict=True))
        ratio = median(every) / median([one for each in first for one in each])
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}" if rounds is not first and ratio != 1 else ""
        said.append([name, f"{median(every):.2f}", f"{p95(every):.2f}", f"{ratio:.2f}", spread])
    return said


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--size", type=int, default=200, help="transactions each way in a round")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        print(asyncio.run(measure(given.rounds, given.size, Path(folder))))
    print(f"{given.rounds} rounds of {given.size} transactions each way, by turns, after one that warms up.")


if __name__ == "__main__":
    main()
