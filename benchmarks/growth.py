"""What a million events leave in the database, with and without forgetting, and what a step of forgetting costs."""

from __future__ import annotations

import argparse
import hashlib
import sqlite3
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert

from benchmarks.measures import median, p95, table
from bot.transports.base import Payload
from campaign.chat import MATRIX, Address, Message, say
from commands.privacy.forgetting import Forgetting
from storage.messages import freeze
from storage.opening import FILE, open_database
from storage.tables import dispatches, outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.database import Database
    from storage.storage import Storage

BATCH = 1000
ROOMS = 5
ANSWERED = 20
"""One event in so many is answered by the bot."""
BEGINNING = datetime(2027, 1, 1, tzinfo=UTC)
MEGABYTE = 1_000_000


def event_id(number: int) -> str:
    """Return an id as long and as random as Matrix's."""
    return "$" + hashlib.sha256(str(number).encode()).hexdigest()[:43]


@dataclass
class Life:
    """Rooms that talk for `days`, in which the bot answers some; with `forgets`, a clock that ticks."""

    database: Database
    events: int
    days: float
    forgets: bool
    deadline: float
    """When to stop, by the computer's own clock: what was not done by then is not claimed."""
    done: int = 0
    largest: int = 0
    steps: list[float] = field(default_factory=list)
    """Seconds each step of forgetting took, flush to the disk included."""
    now: datetime = BEGINNING

    def live(self) -> None:
        """Let it all happen."""
        forgetting = Forgetting()
        pause = timedelta(days=self.days) * (BATCH / self.events)
        while self.done < self.events and time.monotonic() < self.deadline:
            with hurried(self.database):
                self.database.transaction(self._batch)
            self.done += BATCH
            self.now += pause
            if self.forgets:
                self.steps += forget(self.database, forgetting, self.now)
            if self.done % (50 * BATCH) == 0:
                self.largest = max(self.largest, size(self.database))
        self.largest = max(self.largest, size(self.database))

    def _batch(self, storage: Storage) -> None:
        for room in range(ROOMS):
            address = f"!{room}{hashlib.sha256(bytes([room])).hexdigest()[:17]}:matrix.example.org"
            known = storage.rooms.ensure(MATRIX, address, state="joined")
            numbers = range(self.done + room, self.done + BATCH, ROOMS)
            storage.inbox.take(MATRIX, [(address, event_id(number)) for number in numbers], self.now)
            answered = [self._answer(known.id, number) for number in numbers[::ANSWERED]]
            # As the bot writes them, but many with one statement: it is the size that is measured, not the writing.
            connection = storage._connection  # noqa: SLF001
            connection.execute(insert(dispatches), [dispatch for dispatch, _ in answered])
            connection.execute(insert(outbox), [row for _, row in answered])
        storage.inbox.move(MATRIX, {"sync": f"s{self.done}_1_2_3"}, self.now)

    def _answer(self, room: int, number: int) -> tuple[dict[str, object], dict[str, object]]:
        """Return the rows of an answer that was delivered: its dispatch, and its intent."""
        who = Address(MATRIX, f"@somebody{number % 500}:example.org")
        text = f"✅ Collectif {number:07} has signed the letter: {number} of 100000."
        message = Message((say("{text}", text=text),), to=who, to_name="Somebody")
        payload = Payload(
            f"Somebody: {text}", f"<p>Somebody: {text}</p>", (who.id,), reply_to=event_id(number)
        )
        key = f"{number:036}"
        dispatch = {
            "key": key,
            "network": MATRIX,
            "room_id": room,
            "payload": asdict(payload),
            "state": "delivered",
            "event": event_id(-number),
            "made_at": self.now,
            "settled_at": self.now,
        }
        row = {
            "network": MATRIX,
            "room_id": room,
            "intent": "message",
            "message": freeze(message),
            "reply_to": event_id(number),
            "created_at": self.now,
            "dispatch_key": key,
            "settled": True,
        }
        return dispatch, row


@contextmanager
def hurried(database: Database) -> Iterator[None]:
    """Do not wait for the disk inside the block: what is written there is only to be measured."""
    raw = database._engines[True].raw_connection()  # noqa: SLF001 - the one writing connection of its pool
    connection = raw.driver_connection
    if connection is None:
        raise RuntimeError("not connected")
    kept = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "cache_size")
    }
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    raw.close()
    yield
    for name, value in kept.items():
        connection.execute(f"PRAGMA {name} = {value}")


def forget(database: Database, forgetting: Forgetting, now: datetime, most: int = 10_000) -> list[float]:
    """Take steps until nothing is left, `most` at the most; return the seconds each took."""
    took: list[float] = []
    while forgetting.is_due(now) and len(took) < most:
        began = time.perf_counter()
        database.transaction(lambda storage: forgetting.step(storage, now))
        took.append(time.perf_counter() - began)
    return took


def size(database: Database) -> int:
    """Return the bytes of the file and of what stands beside it."""
    return sum(file.stat().st_size for file in database.path.parent.glob(FILE + "*"))


def rows(database: Database) -> tuple[int, int]:
    """Return how many events and messages the database holds."""
    with closing(sqlite3.connect(database.path)) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM outbox)"
        ).fetchone()


def measure(events: int, seconds: float) -> str:
    """Run everything and return the tables."""
    lines: list[Sequence[str]] = []
    costs: list[Sequence[str]] = []
    for what, days, forgets in (
        ("in a year", 365, True),
        ("in a year, without forgetting; or all of it within 45 days", 365, False),
    ):
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            database = open_database(Path(folder) / "data")
            with closing(database):
                life = Life(database, events, days, forgets, time.monotonic() + seconds)
                life.live()
                known, messages = rows(database)
                print(f"{what}: {life.done:,} events", file=sys.stderr)
                lines.append(
                    [
                        what,
                        f"{life.done:,}",
                        f"{known:,}",
                        f"{messages:,}",
                        f"{life.largest / MEGABYTE:,.0f} MB",
                    ]
                )
                if forgets:
                    costs.append(cost("as it goes", life.steps))
                if not forgets:
                    costs.append(
                        cost("a year's backlog", forget(database, Forgetting(), life.now, most=1000))
                    )
    head = (
        "a million events" if events == MEGABYTE else f"{events:,} events",
        "taken",
        "events known",
        "messages kept",
        "largest",
    )
    return (
        table(head, lines)
        + "\n\n"
        + table(("a step of forgetting", "steps", "median", "95th percentile", "longest"), costs)
    )


def cost(what: str, took: Sequence[float]) -> Sequence[str]:
    """Say what steps took."""
    shown = [f"{1000 * value:.1f} ms" for value in (median(took), p95(took), max(took))]
    return [what, f"{len(took):,}", *shown]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=300, help="at the most, for each of the two lives")
    given = parser.parse_args(arguments)
    print(measure(given.events, given.seconds))
    print(f"One event in {ANSWERED} is answered. Sizes are of the file with its write-ahead log.")


if __name__ == "__main__":
    main()
