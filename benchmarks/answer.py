"""From a typed `!sign` to the answer seen, beside bare echo bots: real servers, real processes, interleaved."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.bots import echo
from benchmarks.campaign import organisation, write
from benchmarks.measures import median, p95, table
from campaign.chat import MATRIX, XMPP
from tests.live.prosody import prosody
from tests.live.synapse import synapse
from tests.live.town import CHECKOUT, Bot
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Protocol

    from tests.live.prosody import Prosody
    from tests.live.synapse import Person, Synapse

    class Typist(Protocol):
        """Somebody who types, and looks at the screen."""

        async def ask(self, turn: int, room: str, bot: str, line: str, answer: str) -> float:
            """Let one of the cast say a line; return the seconds until this bot's message with `answer` is seen."""
            ...


WARM_UP = 10
ANSWERED_WITHIN = 20.0
CAST = {MATRIX: 10, XMPP: 8}
"""How many people type by turns, in both rooms of a network: hardly anybody signs for a hundred organisations.

Fewer on XMPP, where this process reads a copy of every message for each of them.
"""


class OnMatrix:
    """People with plain HTTP clients: one request to say something, one long poll to see what is said.

    One screen is looked at for all of them: ten clients that poll would be ten times the server's work.
    """

    def __init__(self, cast: Sequence[Person]) -> None:
        self._cast = cast
        self._awaited: tuple[str, str, str] = ("", "", "")
        self._seen: asyncio.Future[float] | None = None
        self._polling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._cast[0].sync()
        self._polling = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    async def ask(self, turn: int, room: str, bot: str, line: str, answer: str) -> float:
        """See `Typist`."""
        self._awaited, self._seen = (room, bot, answer), asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self._cast[turn % len(self._cast)].say(room, line)
        return await asyncio.wait_for(self._seen, ANSWERED_WITHIN) - began

    async def _poll(self) -> None:
        while True:
            for event in await self._cast[0].sync(wait=30):
                room, bot, answer = self._awaited
                if (
                    self._seen is not None
                    and not self._seen.done()
                    and (event["room_id"], event["sender"]) == (room, bot)
                    and answer in event["content"].get("body", "")
                ):
                    self._seen.set_result(time.perf_counter())


class OnXmpp:
    """People whose clients take every stanza as it comes."""

    def __init__(self, cast: Sequence[XmppPerson]) -> None:
        self._cast = cast

    async def ask(self, turn: int, room: str, bot: str, line: str, answer: str) -> float:
        """See `Typist`."""
        person = self._cast[turn % len(self._cast)]
        since = len(person.heard)
        began = time.perf_counter()
        person.say(room, line)
        await person.wait_for(
            lambda each: each.sender == f"{room}/{bot}" and answer in each.body, ANSWERED_WITHIN, since=since
        )
        return time.perf_counter() - began


@dataclass
class Contender:
    """A bot in a room of its own, and what it took so far."""

    name: str
    typist: Typist
    room: str
    bot: str
    signs_on: str = ""
    """The network on which the typist's lines are signatures; empty for an echo bot."""
    typed: int = 0
    rounds: list[list[float]] = field(default_factory=list)

    async def once(self) -> float:
        """Type one line, and return the milliseconds until its answer is seen."""
        turn, self.typed = self.typed, self.typed + 1
        name = organisation(self.signs_on or "echo", turn)
        line = f"!sign {name}"
        answer = f"✅ {name}" if self.signs_on == MATRIX else name if self.signs_on else line
        return await self.typist.ask(turn, self.room, self.bot, line, answer) * 1000

    @property
    def samples(self) -> list[float]:
        """Every time measured, in milliseconds."""
        return [sample for one in self.rounds for sample in one]


@asynccontextmanager
async def contenders(
    matrix: Synapse, xmpp: Prosody, folder: Path, signatures: int
) -> AsyncIterator[tuple[list[list[Contender]], Bot]]:
    """Set up rooms, people and bots; yield, by network, the bare one first, then those compared with it."""
    async with AsyncExitStack() as stack:
        typing = [
            await stack.enter_async_context(matrix.person(f"person{number}"))
            for number in range(CAST[MATRIX])
        ]
        bot, matrix_password = await matrix.register("tocsin")
        echoes = [await matrix.register(name) for name in ("echo", "formal")]
        others = [person.user_id for person in typing[1:]]
        rooms = [
            await typing[0].create_room(name="Room", invite=(each, *others))
            for each in (bot, *(echo_id for echo_id, _ in echoes))
        ]
        for person in typing[1:]:
            for room in rooms:
                await person.join(room)
        chatting = [
            await stack.enter_async_context(XmppPerson(xmpp, f"person{number}"))
            for number in range(CAST[XMPP])
        ]
        jid, xmpp_password = xmpp.register("tocsin")
        bare_jid, bare_xmpp_password = xmpp.register("echo")
        mucs = [xmpp.room(each) for each in ("signing", "echoing")]
        for muc in mucs:
            await chatting[0].create_room(muc, "Person 0", non_anonymous=True)
            for number, one in enumerate(chatting[1:], 1):
                await one.join_room(muc, f"Person {number}")
        config = write(
            folder,
            networks=f"""
[matrix]
homeserver = "{matrix.base_url}"
user = "{bot}"

[xmpp]
jid = "{jid}"
nick = "tocsin"
host = "{xmpp.host}"
port = {xmpp.port}
ca_file = "{xmpp.ca_file}"
""",
            rooms=(rooms[0], f"xmpp:{mucs[0]}"),
            admins=(typing[0].user_id, f"xmpp:{chatting[0].jid}"),
            roster={
                organisation(network, number): accounts[number % len(accounts)]
                for network, accounts in (
                    (MATRIX, [person.user_id for person in typing]),
                    (XMPP, [f"xmpp:{person.jid}" for person in chatting]),
                )
                for number in range(signatures)
            },
        )
        passwords = {"TOCSIN_MATRIX_PASSWORD": matrix_password, "TOCSIN_XMPP_PASSWORD": xmpp_password}
        tocsin = Bot(config, passwords, folder / "bot.log")
        stack.push_async_callback(tocsin.stop)
        await tocsin.start()
        for (echo_id, password), room, form in zip(echoes, rooms[1:], ("bare", "like-ours"), strict=True):
            there = (matrix.base_url, echo_id, form, room)
            await stack.enter_async_context(echo("benchmarks.echo_matrix", password, *there))
        where = (bare_jid, xmpp.host, str(xmpp.port), str(xmpp.ca_file), mucs[1])
        await stack.enter_async_context(echo("benchmarks.echo_xmpp", bare_xmpp_password, *where))
        on_matrix = await stack.enter_async_context(OnMatrix(typing))
        on_xmpp = OnXmpp(chatting)
        yield (
            [
                [
                    Contender("bare matrix-nio", on_matrix, rooms[1], echoes[0][0]),
                    Contender("the same, answering in Tocsin's form", on_matrix, rooms[2], echoes[1][0]),
                    Contender("Tocsin", on_matrix, rooms[0], bot, MATRIX),
                ],
                [
                    Contender("bare slixmpp", on_xmpp, mucs[1], "echo"),
                    Contender("Tocsin", on_xmpp, mucs[0], "tocsin", XMPP),
                ],
            ],
            tocsin,
        )


async def compare(bots: Sequence[Contender], rounds: int, size: int, pause: float) -> None:
    """Take turns line by line, one under way at any time: what disturbs the machine disturbs all."""
    for each in bots:
        for _ in range(WARM_UP):
            await each.once()
    for _ in range(rounds):
        for each in bots:
            each.rounds.append([])
        for number in range(size):
            for each in bots if number % 2 else reversed(bots):
                await asyncio.sleep(pause)  # nobody types the next line in the millisecond of the answer
                each.rounds[-1].append(await each.once())


def rows(network: str, bots: Sequence[Contender]) -> list[list[str]]:
    """Say how each did beside the first. The spread is that of the rounds' own ratios."""
    first = bots[0]
    said = []
    for each in bots:
        ratios = sorted(median(a) / median(b) for a, b in zip(each.rounds, first.rounds, strict=True))
        ratio = f"{median(each.samples) / median(first.samples):.2f}"
        tail = f"{p95(each.samples) / p95(first.samples):.2f}"
        spread = "" if each is first else f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        times = (f"{median(each.samples):.1f}", f"{p95(each.samples):.1f}")
        said.append([network, each.name, *times, ratio, tail, spread])
    return said


async def counted(config: Path, passwords: dict[str, str]) -> int:
    """Return how many signatures stand in the list that `tocsin export` gives."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "export", "--campaign", "communs", "--format", "json", "--config", str(config)),
        cwd=CHECKOUT,
        env={**os.environ, **passwords},
        stdout=asyncio.subprocess.PIPE,
    )
    exported, _ = await process.communicate()
    return sum(one["standing"] == "signed" for one in json.loads(exported)["signatories"])


async def measure(rounds: int, size: int, pause: float, folder: Path) -> str:
    """Run everything and return the table. Raises RuntimeError if a signature that was answered is not in the list."""
    signatures = WARM_UP + rounds * size
    for part in ("synapse", "bot"):
        (folder / part).mkdir()
    async with synapse(folder / "synapse") as matrix:
        with prosody(folder / "prosody") as xmpp:
            async with contenders(matrix, xmpp, folder / "bot", signatures) as (networks, tocsin):
                for bots in networks:
                    await compare(bots, rounds, size, pause)
                stood = await counted(tocsin.config, tocsin.environment)
    if stood != 2 * signatures:
        raise RuntimeError(f"{2 * signatures} signatures were answered, {stood} are in the list")
    lines = [
        line
        for network, bots in zip(("Matrix", "XMPP"), networks, strict=True)
        for line in rows(network, bots)
    ]
    return table(
        ("network", "bot", "p50 ms", "p95 ms", "p50 ratio", "p95 ratio", "p50 ratio by round"), lines
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--size", type=int, default=10, help="lines typed to each bot in a round")
    parser.add_argument(
        "--pause", type=float, default=0.05, help="seconds between an answer and the next line"
    )
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        print(asyncio.run(measure(given.rounds, given.size, given.pause, Path(folder))))
    print(f"{given.rounds} rounds of {given.size} lines to each bot, one under way at a time.")


if __name__ == "__main__":
    main()
