"""Everybody types at once, before a bot or behind its back: how soon the last of hundreds of `!sign`s is answered, beside other bots, by turns."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import bots
from benchmarks.campaign import organisation, write
from benchmarks.crowds import Contender, MatrixCrowd, Turn, XmppCrowd
from benchmarks.measures import median, p95, table
from campaign.chat import MATRIX, XMPP
from tests.live.prosody import prosody
from tests.live.synapse import Person, synapse
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from benchmarks.bots import Running
    from benchmarks.crowds import Crowd
    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse

PATIENCE = 20.0
"""Seconds without any news after which what was not answered never will be."""
ROOMS = 5
CAST = {MATRIX: 10, XMPP: 5}
"""How many people type. On XMPP this process reads a copy of every message for each of them."""
STARTS = 3
COLUMNS = (
    "network",
    "bot",
    "all typed s",
    "all answered s",
    "beyond the typing alone s",
    "one waits: median s",
    "p95 s",
    "in messages",
    "unanswered",
    "Tocsin is faster by",
    "beyond the typing by",
    "for each by",
)

WAITED = ("network", "bot", "all answered s", "in messages", "unanswered", "Tocsin is faster by")


async def turn(crowd: Crowd, one: Contender, numbers: Sequence[int]) -> Turn:
    """Let the crowd type, and look until everything is answered."""
    async with crowd.look(one) as seen:
        began = time.perf_counter()
        taken = await crowd.type(one, numbers)
        typed = time.perf_counter() - began
        if one.start is None:
            return Turn(typed, typed, 0, 0)
        ended = await seen.all(taken.keys(), patience=PATIENCE)
        waits = [max(0.0, seen.named[name] - at) for name, at in taken.items() if name in seen.named]
        return Turn(typed, ended - began, seen.messages, len(taken) - len(waits), waits)


async def held(crowd: Crowd, one: Contender, running: Running, numbers: Sequence[int]) -> Turn:
    """Let the crowd type while a bot stands still, then let it go on: what it needs, without what the typing needs."""
    async with crowd.look(one) as seen:
        os.kill(running.process_id, signal.SIGSTOP)
        try:
            began = time.perf_counter()
            await crowd.type(one, numbers)
            released = time.perf_counter()
        finally:
            os.kill(running.process_id, signal.SIGCONT)
        names = {organisation(crowd.network, number) for number in numbers}
        ended = await seen.all(names, patience=PATIENCE)
        return Turn(released - began, ended - released, seen.messages, len(names - seen.named.keys()))


async def compare(crowd: Crowd, contenders: Sequence[Contender], rounds: int, lines: int, warm: int) -> None:
    """Start all a few times, by turns; then let the crowd type to each by turns, in another order each round."""
    bots_alone = [(one, one.start) for one in contenders if one.start is not None]
    for _ in range(STARTS - 1):
        for one, start in bots_alone:
            async with start() as running:
                one.starts.append(running.seconds)
    async with AsyncExitStack() as stack:
        ready = []
        for one, start in bots_alone:
            running = await stack.enter_async_context(start())
            one.starts.append(running.seconds)
            ready.append((one, running))
        for one, _ in ready:
            await asyncio.sleep(2)  # it may say that it is ready before it reads
            await turn(crowd, one, range(warm))
        for number in range(rounds):
            numbers = range(warm + number * lines, warm + (number + 1) * lines)
            shift = number % len(contenders)
            for one in (*contenders[shift:], *contenders[:shift]):
                one.turns.append(await turn(crowd, one, numbers))
        for number in range(rounds, 2 * rounds):
            numbers = range(warm + number * lines, warm + (number + 1) * lines)
            shift = number % len(ready)
            for one, running in (*ready[shift:], *ready[:shift]):
                one.held.append(await held(crowd, one, running, numbers))
        for one, running in ready:
            one.memory = running.memory


def roster(network: str, accounts: Sequence[str], signatures: int) -> dict[str, str]:
    """Say who may sign for which organisation: whoever will type its line."""
    return {organisation(network, number): accounts[number % len(accounts)] for number in range(signatures)}


@asynccontextmanager
async def on_matrix(
    server: Synapse, folder: Path, signatures: int
) -> AsyncIterator[tuple[Crowd, list[Contender]]]:
    """Set up people, rooms and bots on Synapse."""
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(server.person(f"person{number}"))
            for number in range(CAST[MATRIX])
        ]
        observer = await stack.enter_async_context(server.person("observer"))
        everybody = [*people[1:], observer]
        accounts = {name: await server.register(name) for name in ("tocsin", "echo", "maubot")}
        rooms: dict[str, list[str]] = {}
        for name in ("nobody", *accounts):
            invited = tuple(person.user_id for person in everybody)
            if name in accounts:
                invited = (accounts[name][0], *invited)
            rooms[name] = [await people[0].create_room(name=name, invite=invited) for _ in range(ROOMS)]
            for person in everybody:
                for room in rooms[name]:
                    await person.join(room)
        config = write(
            folder,
            networks=f'[matrix]\nhomeserver = "{server.base_url}"\nuser = "{accounts["tocsin"][0]}"\n',
            rooms=rooms["tocsin"],
            admins=[people[0].user_id],
            roster=roster(MATRIX, [person.user_id for person in people], signatures),
        )
        passwords = {"TOCSIN_MATRIX_PASSWORD": accounts["tocsin"][1]}
        async with bots.tocsin(config, passwords, folder / "bot.log"):
            for room in rooms["tocsin"]:
                await people[0].sees_join(room, accounts["tocsin"][0], 60)
        there = (server.base_url, accounts["echo"][0], "bare", *rooms["echo"])
        account = await stack.enter_async_context(Person(server.base_url, *accounts["maubot"]))
        for room in rooms["maubot"]:
            await account.join(room)
        yield (
            MatrixCrowd(people, observer),
            [
                Contender("nobody answers", None, rooms["nobody"], ""),
                Contender(
                    "bare matrix-nio",
                    lambda: bots.echo("benchmarks.echo_matrix", accounts["echo"][1], *there),
                    rooms["echo"],
                    accounts["echo"][0],
                ),
                Contender(
                    "maubot, echo plugin",
                    lambda: bots.maubot(account, folder),
                    rooms["maubot"],
                    accounts["maubot"][0],
                ),
                Contender(
                    "Tocsin",
                    lambda: bots.tocsin(config, passwords, folder / "bot.log"),
                    rooms["tocsin"],
                    accounts["tocsin"][0],
                ),
            ],
        )


@asynccontextmanager
async def on_xmpp(
    server: Prosody, folder: Path, signatures: int
) -> AsyncIterator[tuple[Crowd, list[Contender]]]:
    """Set up people, rooms and bots on Prosody."""
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(XmppPerson(server, f"person{number}"))
            for number in range(CAST[XMPP])
        ]
        jid, password = server.register("tocsin")
        echo_jid, echo_password = server.register("echo")
        mucs = [server.room(each) for each in ("signing", "echoing", "alone")]
        for muc in mucs:
            await people[0].create_room(muc, "Person 0", non_anonymous=True)
            for number, one in enumerate(people[1:], 1):
                await one.join_room(muc, f"Person {number}")
        where = f'host = "{server.host}"\nport = {server.port}\nca_file = "{server.ca_file}"\n'
        config = write(
            folder,
            networks=f'[xmpp]\njid = "{jid}"\nnick = "tocsin"\n{where}',
            rooms=[f"xmpp:{mucs[0]}"],
            admins=[f"xmpp:{people[0].jid}"],
            roster=roster(XMPP, [f"xmpp:{person.jid}" for person in people], signatures),
        )
        passwords = {"TOCSIN_XMPP_PASSWORD": password}
        there = (echo_jid, server.host, str(server.port), str(server.ca_file), mucs[1])
        yield (
            XmppCrowd(people),
            [
                Contender("nobody answers", None, mucs[2:], ""),
                Contender(
                    "bare slixmpp",
                    lambda: bots.echo("benchmarks.echo_xmpp", echo_password, *there),
                    mucs[1:2],
                    "echo",
                ),
                Contender(
                    "Tocsin",
                    lambda: bots.tocsin(config, passwords, folder / "bot.log"),
                    mucs[:1],
                    "tocsin",
                ),
            ],
        )


def rows(network: str, contenders: Sequence[Contender]) -> list[list[str]]:
    """Say how each did, and how many times as fast Tocsin (the last) was: with the typing, and beyond it alone."""
    alone, *_, ours = contenders
    said = []
    for one in contenders:
        turns = list(zip(one.turns, ours.turns, alone.turns, strict=True))
        ratios = sorted(theirs.answered / mine.answered for theirs, mine, _ in turns)
        waits, our_waits = ([wait for turn in each.turns for wait in turn.waits] for each in (one, ours))
        cells = [network, one.name, f"{median([turn.typed for turn in one.turns]):.1f}"]
        if one is not alone:
            beyond = [
                ((theirs.answered - none.typed), (mine.answered - none.typed)) for theirs, mine, none in turns
            ]
            cells += [
                f"{median([turn.answered for turn in one.turns]):.1f}",
                f"{median([theirs for theirs, _ in beyond]):.1f}",
                f"{median(waits):.2f}",
                f"{p95(waits):.2f}",
                f"{median([turn.messages for turn in one.turns]):.0f}",
                str(sum(turn.unanswered for turn in one.turns)),
                f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
                f"{median([theirs for theirs, _ in beyond]) / median([mine for _, mine in beyond]):.2f}",
                f"{median(waits) / median(our_waits):.2f}",
            ]
        said.append(cells + [""] * (len(COLUMNS) - len(cells)))
    return said


def waiting(network: str, contenders: Sequence[Contender]) -> list[list[str]]:
    """Say how soon each had answered what waited for it; one that leaves lines unanswered is not compared."""
    _, *bots_alone = contenders
    ours = bots_alone[-1]
    said = []
    for one in bots_alone:
        left = sum(turn.unanswered for turn in one.held)
        ratios = sorted(
            theirs.answered / mine.answered for theirs, mine in zip(one.held, ours.held, strict=True)
        )
        said.append(
            [
                network,
                one.name,
                "" if left else f"{median([turn.answered for turn in one.held]):.1f}",
                f"{median([turn.messages for turn in one.held]):.0f}",
                str(left),
                "" if left else f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            ]
        )
    return said


async def measure(
    network: str, rounds: int, lines: int, folder: Path
) -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
    """Run one network and return the rows of the three tables."""
    warm = 50
    signatures = warm + 2 * rounds * lines
    for part in ("server", "bots"):
        (folder / part).mkdir(parents=True)
    async with AsyncExitStack() as stack:
        if network == MATRIX:
            server = await stack.enter_async_context(synapse(folder / "server"))
            crowd, contenders = await stack.enter_async_context(
                on_matrix(server, folder / "bots", signatures)
            )
        else:
            prosody_server = stack.enter_context(prosody(folder / "server"))
            crowd, contenders = await stack.enter_async_context(
                on_xmpp(prosody_server, folder / "bots", signatures)
            )
        await compare(crowd, contenders, rounds, lines, warm)
    name = {MATRIX: "Matrix", XMPP: "XMPP"}[network]
    first = contenders[-1]
    needs = [
        [
            name,
            one.name,
            f"{median(one.starts):.2f}",
            f"{median(one.starts) / median(first.starts):.2f}",
            f"{one.memory:.0f}",
            f"{one.memory / first.memory:.2f}",
        ]
        for one in contenders
        if one.start is not None
    ]
    return rows(name, contenders), waiting(name, contenders), needs


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--matrix", type=int, default=500, help="lines typed to each bot in a round; 0: none")
    parser.add_argument("--xmpp", type=int, default=2000, help="the same on XMPP")
    given = parser.parse_args(arguments)
    answered: list[list[str]] = []
    waited: list[list[str]] = []
    needed: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        for network, lines in ((MATRIX, given.matrix), (XMPP, given.xmpp)):
            if lines:
                folder_of = Path(folder) / network
                turns, holds, needs = asyncio.run(measure(network, given.rounds, lines, folder_of))
                answered += turns
                waited += holds
                needed += needs
    print(table(COLUMNS, answered))
    print()
    print(table(WAITED, waited))
    print()
    print(table(("network", "bot", "ready after s", "beside Tocsin", "memory MiB", "beside Tocsin"), needed))
    print(
        f"{given.rounds} rounds of {given.matrix} lines on Matrix and {given.xmpp} on XMPP to each bot, by turns."
    )


if __name__ == "__main__":
    main()
