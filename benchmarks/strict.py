"""Three hundred people sign within ten seconds where the server lets a bot say ten messages, then one in five seconds."""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import bots, screens
from benchmarks.campaign import organisation, write
from benchmarks.measures import table
from campaign.chat import MATRIX
from storage.opening import FILE
from tests.live.synapse import synapse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.live.synapse import Person, Synapse

ROOMS = 5
STORED_WITHIN, ANSWERED_WITHIN, MOST_MESSAGES = 15.0, 60.0, 24
BURST = 10
"""How many messages the server takes at once."""
RESTS = 5.0 * BURST
"""Seconds after which the server has forgotten that a bot entered its rooms, which counts as much as speaking."""
AT_ONCE = 20
"""How many people are made, or enter a room, at the same time."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What became of one crowd's lines, in seconds since the first was typed."""

    typed: float
    """When the server had the last line."""
    stored: float | None
    """When the last signature was committed; None where nothing is kept."""
    named: Sequence[float]
    """When each organisation was first named, in order."""
    messages: int

    def would_take(self, count: int) -> float:
        """When so many would have been named, at the pace it had after the first burst."""
        burst, last = self.named[min(BURST, len(self.named)) - 1], self.named[-1]
        pace = (len(self.named) - BURST) / (last - burst) if len(self.named) > BURST else 0.0
        return last + (count - len(self.named)) / pace if pace > 0 else float("inf")


async def everybody(server: Synapse, count: int, stack: AsyncExitStack) -> list[Person]:
    """Make people, a few at a time, each with a client that is logged in."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Person:
        async with gate:
            return await stack.enter_async_context(server.person(f"person{number}"))

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def public_rooms(owner: Person, people: Sequence[Person], rooms: int, bot: str) -> list[str]:
    """Make rooms of the owner's to which the bot is invited, and let everybody into one of them by turns."""
    made = [await owner.create_room(name="Room", public=True, invite=(bot,)) for _ in range(rooms)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def enter(number: int) -> None:
        async with gate:
            await people[number].join(made[number % rooms])

    await asyncio.gather(*(enter(number) for number in range(len(people))))
    return made


def campaign(owner: Person, folder: Path, bot: str, rooms: Sequence[str], people: Sequence[Person]) -> Path:
    """Write the files of a campaign of the owner's in which each of these people may sign for one organisation."""
    return write(
        folder,
        networks=f'[matrix]\nhomeserver = "{owner.base_url}"\nuser = "{bot}"\n',
        rooms=rooms,
        admins=[owner.user_id],
        roster={organisation(MATRIX, number): person.user_id for number, person in enumerate(people)},
    )


async def crowd(
    people: Sequence[Person],
    rooms: Sequence[str],
    owner: Person,
    bot: str,
    *,
    spread: float,
    within: float,
    data: Path | None = None,
) -> Crowd:
    """Let everybody sign once, at some instant of the first `spread` seconds; look for `within` seconds at most.

    The owner of the rooms looks. `data` is the data folder in which signatures are kept.
    """
    names = [organisation(MATRIX, number) for number in range(len(people))]
    dice = random.Random(3)  # noqa: S311 - the same crowd for every bot

    async def signs(number: int, at: float) -> None:
        await asyncio.sleep(at)
        await people[number].say(rooms[number % len(rooms)], f"!sign {names[number]}")

    async def all_kept(folder: Path) -> float:
        with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as file:
            while True:
                if file.execute("SELECT count(*) FROM signatures").fetchone()[0] == len(people):
                    return time.perf_counter() - began
                await asyncio.sleep(0.05)

    async with screens.on_matrix(owner, bot) as seen:
        began = time.perf_counter()
        keeping = asyncio.create_task(all_kept(data)) if data else None
        await asyncio.gather(*(signs(number, dice.uniform(0, spread)) for number in range(len(people))))
        typed = time.perf_counter() - began
        await seen.all(names, patience=within, within=within - typed)
        if keeping is not None:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        stored = keeping.result() if keeping and not keeping.cancelled() else None
        return Crowd(typed, stored, sorted(at - began for at in seen.named.values()), seen.messages)


async def measure(count: int, spread: float, within: float, folder: Path) -> list[tuple[str, Crowd]]:
    """Run Tocsin and then a plain bot on one server, each in rooms of its own with the same people."""
    for part in ("synapse", "bot"):
        (folder / part).mkdir()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(synapse(folder / "synapse", limits=True))
        people = await everybody(server, count, stack)
        owner = await stack.enter_async_context(server.person("owner"))
        ours, password = await server.register("tocsin")
        plain, plain_password = await server.register("plain")
        rooms = await public_rooms(owner, people, ROOMS, ours)
        config = campaign(owner, folder / "bot", ours, rooms, people)
        passwords = {"TOCSIN_MATRIX_PASSWORD": password}
        async with bots.tocsin(config, passwords, folder / "bot.log"):
            for room in rooms:
                await owner.sees_join(room, ours, 60)
            await asyncio.sleep(RESTS)
            data = folder / "bot" / "data"
            first = await crowd(people, rooms, owner, ours, spread=spread, within=within, data=data)
        rooms = await public_rooms(owner, people, ROOMS, plain)
        there = (server.base_url, plain, "bare", *rooms)
        async with bots.echo("benchmarks.echo_matrix", plain_password, *there):
            await asyncio.sleep(RESTS)
            second = await crowd(people, rooms, owner, plain, spread=spread, within=within)
    return [("Tocsin", first), ("plain, one answer each", second)]


def rows(crowds: Sequence[tuple[str, Crowd]], count: int) -> list[list[str]]:
    """Say how each did. Where not everybody was answered in time, say how long it would take at its last pace."""
    _, ours = crowds[0]
    said = []
    for name, one in crowds:
        ended = one.named[-1] if one.named else 0.0
        shown = f"{ended:.1f}"
        if len(one.named) < count:
            ended = one.would_take(count)
            shown = f"({ended:.0f}, at its pace)"
        said.append(
            [
                name,
                f"{one.typed:.1f}",
                f"{one.stored:.1f}" if one.stored is not None else "",
                shown,
                f"{len(one.named)}",
                f"{one.messages}",
                f"{ended / ours.named[-1]:.1f}" if ours.named else "",
            ]
        )
    return said


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--spread", type=float, default=10.0, help="seconds in which everybody types")
    parser.add_argument(
        "--within", type=float, default=120.0, help="seconds after which nobody looks any more"
    )
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        crowds = asyncio.run(measure(given.people, given.spread, given.within, Path(folder)))
    head = ("bot", "all typed s", "all stored s", "all answered s", "answered", "in messages", "ratio")
    print(table(head, rows(crowds, given.people)))
    print(
        f"{given.people} people in {ROOMS} rooms, within {given.spread:g} s. "
        f"The goal: stored in {STORED_WITHIN:g} s, answered in {ANSWERED_WITHIN:g} s, in at most {MOST_MESSAGES} messages."
    )


if __name__ == "__main__":
    main()
