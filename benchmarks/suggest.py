"""How long a suggestion takes among many organisations, and what holding their names costs."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
import tracemalloc
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.intake import lines, nothing, ready
from benchmarks.measures import median, p95, table
from bot.clock import utc_now
from campaign.chat import MATRIX
from campaign.organisation import Names, normal_form
from tests.data import make_names
from tests.data.name_world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.storage import Storage

FRENCH = 0.72
"""How many of the names are French, as in the lists."""
SIZES = (1_000, 10_000, 50_000)


def names(number: int) -> list[tuple[int, str, str]]:
    """Make the names and sites of that many organisations, as in the lists of `make bench-names`."""
    world, made = World(7), []
    while len(made) < number:
        name, language = (world.french(), "fr") if world.chance.random() < FRENCH else world.foreign()
        # There are not that many different ones: one name in two towns is another.
        one = world.new(name, language) or world.new(f"{name} {world.coined()}", language)
        if one:
            made.append((len(made) + 1, one.name, one.website))
    return made


def typed(number: int) -> list[tuple[str, str]]:
    """Make names as people type them, most of them of nobody in the list."""
    rows = make_names.signatures(make_names.SEED)
    return [(row[1], row[2]) for row in rows if row[3]][:number]


def measure(size: int, asked: int) -> Sequence[str]:
    """Fill an index, ask it, and return the cells of a row."""
    rows = names(size)
    began = time.perf_counter()
    known = Names(rows)
    filled = time.perf_counter() - began
    took = []
    for name, site in typed(asked):
        began = time.perf_counter()
        known.closest(name, site)
        took.append(1000 * (time.perf_counter() - began))
    fresh = count(size + 1)
    began = time.perf_counter()
    known.refresh([*rows, (next(fresh), "One More Organisation", "")])
    again = 1000 * (time.perf_counter() - began)
    return [
        f"{size:,}",
        *(f"{value:.1f}" for value in (median(took), p95(took), max(took))),
        f"{filled:.1f}",
        f"{again:.0f}",
        f"{memory(rows):.0f}",
    ]


async def answered(size: int, asked: int, folder: Path) -> Sequence[str]:
    """Let people type names nobody knows into the real intake; return how long each took to be answered, as cells."""
    database, intake = await ready(folder, 1)
    with closing(database):

        def enter(storage: Storage) -> None:
            for _, name, site in names(size):
                if storage.organisations.find(normal_form(name)) is None:
                    storage.organisations.add(name, normal_form(name), utc_now(), website=site)

        await database.write(enter)
        await intake.suggesting.warm()
        took = []
        said = [f"!sign {name}" for name, _ in typed(asked)]
        for batch in lines(asked, 1, lambda number: said[number], count()):
            began = time.perf_counter()
            await intake.take(MATRIX, batch, nothing)
            took.append(1000 * (time.perf_counter() - began))
    return [f"{size:,}", *(f"{value:.1f}" for value in (median(took), p95(took), max(took)))]


def memory(rows: Sequence[tuple[int, str, str]]) -> float:
    """Return the megabytes an index of these takes."""
    tracemalloc.start()
    known = Names(rows)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / 1_000_000 if len(known) else 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--asked", type=int, default=500, help="names asked for among each number of organisations"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    given = parser.parse_args(arguments)
    head = (
        "organisations",
        "median ms",
        "p95 ms",
        "longest ms",
        "filling it once s",
        "one more ms",
        "memory MB",
    )
    print(table(head, [measure(size, given.asked) for size in given.sizes]))
    print(f"{given.asked} names asked for in each, typed as in tests/data/names.csv.\n")
    rows = []
    for size in given.sizes:
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            rows.append(asyncio.run(answered(size, given.asked, Path(folder))))
    print(table(("organisations", "line to answer: median ms", "p95 ms", "longest ms"), rows))


if __name__ == "__main__":
    main()
