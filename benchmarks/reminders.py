"""What it costs that the reminders of many organisations become due in one tick, and how long signing waits meanwhile."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert

from benchmarks.measures import median, table
from bot.ticking import Ticking
from campaign.chat import MATRIX
from commands.command import House
from commands.tick import Tick
from storage.opening import open_database
from storage.tables import (
    addresses,
    campaign_organisations,
    organisations,
    people,
    reminders,
    representatives,
    rooms,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Database
    from storage.storage import Storage

BEGINNING = datetime(2027, 1, 1, 12, tzinfo=UTC)
DEADLINE = BEGINNING + timedelta(days=30)
OFFSETS = [14 * 86400, 7 * 86400, 86400]
ROOMS = 5
PUBLIC, PRIVATE = "in 5 rooms", "in private"


@dataclass(frozen=True)
class Measured:
    """What one tick took: in all, the longest transaction, and rows written; in seconds."""

    whole: float
    longest: float
    transactions: int
    rows: int
    quiet: float
    """A tick at which nothing is due."""


def fill(storage: Storage, count: int) -> None:
    """Enter organisations with a representative each, who has a private chat with the bot."""
    campaign = storage.campaigns.add(
        "big", "Letter", BEGINNING, timezone="UTC", language="en", reminders=OFFSETS, civil_hours="00:00-00:00"
    )  # fmt: skip
    for number in range(ROOMS):
        room = storage.rooms.ensure(MATRIX, f"!room{number}:example.org", state="joined", language="en")
        storage.rooms.list_in(campaign.id, room.id, number)
    storage.deadlines.put(campaign.id, "", DEADLINE, "UTC", BEGINNING)
    connection, ids = storage._connection, range(1, count + 1)  # noqa: SLF001 - to enter many at once
    connection.execute(
        insert(organisations), [{"id": one, "name": f"Collective {one:05}", "added_at": BEGINNING} for one in ids]
    )  # fmt: skip
    connection.execute(
        insert(campaign_organisations),
        [
            {
                "campaign_id": campaign.id,
                "organisation_id": one,
                "standing": "declined" if one % 10 == 0 else "silent",
                "since": BEGINNING,
                "room_id": one % ROOMS + 1,
            }
            for one in ids
        ],
    )
    connection.execute(
        insert(people), [{"id": one, "name": "Somebody", "known_since": BEGINNING} for one in ids]
    )
    connection.execute(
        insert(addresses),
        [
            {"id": one, "person_id": one, "network": MATRIX, "address": f"@p{one}:example.org", "room": ""}
            for one in ids
        ],
    )
    connection.execute(
        insert(representatives),
        [{"organisation_id": one, "person_id": one, "how": "roster", "since": BEGINNING} for one in ids],
    )
    connection.execute(
        insert(rooms),
        [
            {
                "network": MATRIX,
                "address": f"!with{one}:example.org",
                "direct": True,
                "partner": f"@p{one}:example.org",
                "state": "joined",
            }
            for one in ids
        ],
    )


async def tick(database: Database, now: datetime) -> tuple[float, list[float]]:
    """Let one tick happen as the bot does; return what it took, and each of its transactions."""
    ticking = Ticking(database, House())
    took: list[float] = []
    transaction = database.transaction

    def timed(work, **more):  # noqa: ANN001, ANN003, ANN202 - as what it stands for
        began = time.perf_counter()
        try:
            return transaction(work, **more)
        finally:
            took.append(time.perf_counter() - began)

    database.transaction = timed  # type: ignore[method-assign]
    began = time.perf_counter()
    try:
        await ticking.tick(Tick(now, now))
    finally:
        del database.transaction  # type: ignore[method-assign]
    return time.perf_counter() - began, took


async def measure(count: int, offset: timedelta) -> Measured:
    """Fill a database of its own, and let one reminder of everybody become due."""
    with tempfile.TemporaryDirectory(prefix="tocsin-reminders-") as folder:
        database = open_database(Path(folder) / "data")
        try:
            database.transaction(lambda storage: fill(storage, count))
            for seconds in OFFSETS:
                if timedelta(seconds=seconds) > offset:  # the ones before have been
                    now = DEADLINE - timedelta(seconds=seconds)
                    await tick(database, now)
            now = DEADLINE - offset
            quiet, _ = await tick(database, now - timedelta(seconds=20))
            whole, took = await tick(database, now + timedelta(seconds=5))
            rows = database.transaction(
                lambda storage: len(
                    storage._connection.execute(  # noqa: SLF001
                        reminders.select().where(
                            reminders.c.seconds_before == int(offset.total_seconds()),
                            reminders.c.state == "sent",
                        )
                    ).all()
                ),
                writes=False,
            )
            return Measured(whole, max(took), len(took), rows, quiet)
        finally:
            database.close()


def main() -> None:
    """Measure each size several times, and print the medians."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sizes", nargs="*", type=int, default=[2500, 5000, 10_000, 20_000])
    arguments.add_argument("--times", type=int, default=3)
    given = arguments.parse_args()
    lines: list[Sequence[str]] = []
    for where, offset in ((PUBLIC, timedelta(days=14)), (PRIVATE, timedelta(days=7))):
        for size in given.sizes:
            found = [asyncio.run(measure(size, offset)) for _ in range(given.times)]
            whole = median([one.whole for one in found])
            lines.append(
                (
                    where,
                    f"{size:,}",
                    f"{found[0].rows:,}",
                    f"{whole:.2f}",
                    f"{whole / size * 1e6:.0f}",
                    f"{found[0].transactions}",
                    f"{median([one.longest for one in found]) * 1000:.0f}",
                    f"{median([one.quiet for one in found]) * 1000:.0f}",
                )
            )
    head = (
        "reminded",
        "organisations",
        "of them",
        "s",
        "µs each",
        "transactions",
        "longest (ms)",
        "idle tick (ms)",
    )
    print(table(head, lines))


if __name__ == "__main__":
    main()
