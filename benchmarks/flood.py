"""One person says five hundred commands in ten seconds: how much longer everybody else waits for their answers."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sqlite3
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from benchmarks import bots, screens
from benchmarks.campaign import organisation, write
from benchmarks.measures import median, table
from campaign.chat import MATRIX, XMPP
from storage.opening import FILE
from tests.live.prosody import prosody
from tests.live.synapse import synapse
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from benchmarks.screens import Seen
    from tests.live.prosody import Prosody
    from tests.live.synapse import Person, Synapse

    Say: TypeAlias = Callable[[str], Awaitable[object]]

MOST_EXTRA = 2.0
"""Seconds by which a flood may delay an answer to somebody else."""
SIGNED = 60
"""Organisations that have signed before, so that lists are long."""
EVERY = 1.0
"""Seconds between two commands of everybody else."""
CLIENTS = 4
"""With how many clients the flooder types, each of which waits until the server has a line before it says the next."""
PATIENCE = 60.0
"""Seconds after which an answer is not waited for any more."""
NAMES = {MATRIX: "Matrix", XMPP: "XMPP"}
COLUMNS = (
    "one person floods",
    "typed in s",
    "all said s",
    "who waits",
    "calm: median s",
    "worst s",
    "flooded: median s",
    "worst s",
    "worst extra s",
    "where no bot is s",
)


@dataclass(frozen=True, slots=True)
class Flood:
    """What one person says, over and over, and where."""

    network: str
    place: str
    """"room", or "private": to the bot alone."""
    lines: tuple[str, ...]
    """Said by turns."""

    def __str__(self) -> str:
        return f"{NAMES[self.network]}, {self.place}: {', '.join(self.lines)}"


FLOODS = (
    Flood(MATRIX, "room", ("!aide",)),
    Flood(MATRIX, "room", ("!statut", "!signataires")),
    Flood(MATRIX, "private", ("!statut", "!signataires")),
    Flood(XMPP, "room", ("!aide",)),
    Flood(XMPP, "room", ("!statut", "!signataires")),
    Flood(XMPP, "private", ("!statut", "!signataires")),
)


@dataclass
class Witness:
    """Somebody who says a command each second, in a room of their own or the flooder's."""

    network: str
    room: str
    say: Say
    seen: Seen
    """What the bot says on this network."""
    waited: list[float] = field(default_factory=list)
    """Seconds from each command to its answer."""
    watching: set[asyncio.Task[None]] = field(default_factory=set)

    async def commands(self, numbers: Sequence[int]) -> None:
        """Sign for these organisations, one each second, and wait for the answers."""
        for number in numbers:
            watching = asyncio.create_task(self._one(organisation(self.network, number)))
            self.watching.add(watching)
            watching.add_done_callback(self.watching.discard)
            await asyncio.sleep(EVERY)
        await asyncio.gather(*self.watching)

    async def _one(self, name: str) -> None:
        began = time.perf_counter()
        await self.say(f"!sign {name}")
        await self.seen.all({name}, patience=PATIENCE, within=PATIENCE)
        self.waited.append(self.seen.named.get(name, began + PATIENCE) - began)


@dataclass
class Ground:
    """A bot on both networks in two rooms of each, a witness in every room, and somebody to flood on each network."""

    data: Path
    witnesses: list[Witness]
    flooders: dict[tuple[str, str], Say]
    """Network and place ("room", "private", "nobody": where no bot is) → how the flooder says something there."""
    alone: Callable[[], Awaitable[object]]
    """Says something in the Matrix room where no bot is, until the server has it."""
    numbers: dict[str, int]
    """Network → the next organisation to sign."""

    async def settled(self) -> None:
        """Wait until the bot has said all it has to say."""
        query = (
            "SELECT (SELECT count(*) FROM outbox WHERE settled = 0)"
            " + (SELECT count(*) FROM dispatches WHERE state = 'sending')"
        )
        with closing(sqlite3.connect(f"file:{self.data / FILE}?mode=ro", uri=True)) as file:
            calm = 0
            while calm < 5:  # noqa: PLR2004 - looks in a row in which nothing is under way
                calm = 0 if file.execute(query).fetchone()[0] else calm + 1
                await asyncio.sleep(0.1)

    async def witness(self, seconds: float) -> list[list[float]]:
        """Let every witness say commands for so long; return the seconds each of them waited."""
        count = max(1, round(seconds / EVERY))
        for one in self.witnesses:
            one.waited = []
        saying = []
        for one in self.witnesses:
            first = self.numbers[one.network]
            self.numbers[one.network] += count
            saying.append(one.commands(range(first, first + count)))
        await asyncio.gather(*saying)
        return [one.waited for one in self.witnesses]

    async def without(self, seconds: float) -> list[float]:
        """Let people alone do as much: one says something each second, and as soon as it is there it is answered."""
        waited: list[float] = []

        async def one() -> None:
            began = time.perf_counter()
            await self.alone()
            await self.alone()
            waited.append(time.perf_counter() - began)

        saying = []
        for _ in range(max(1, round(seconds / EVERY))):
            saying.append(asyncio.create_task(one()))
            await asyncio.sleep(EVERY)
        await asyncio.gather(*saying)
        return waited

    async def flood(self, flood: Flood, count: int, seconds: float, *, nobody: bool = False) -> float:
        """Say so many commands in so many seconds, each at its time if the server keeps up; return how long it took."""
        say = self.flooders[flood.network, "nobody" if nobody else flood.place]
        began = time.perf_counter()
        clients = asyncio.Semaphore(CLIENTS)

        async def one(number: int) -> None:
            await asyncio.sleep(number * seconds / count)
            async with clients:
                await say(flood.lines[number % len(flood.lines)])

        await asyncio.gather(*map(one, range(count)))
        return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Result:
    """How long each witness waited, in seconds, with nobody flooding and beside the flood.

    `alone` is how long a line and an answer took people in a room where no bot is, beside the same flood there: what
    the server alone makes of it (on XMPP that is next to nothing, and not measured).
    """

    flood: Flood
    typed: float
    said: float
    """From the first line of the flood until the bot had said all it had to say."""
    calm: list[list[float]]
    flooded: list[list[float]]
    alone: list[float]

    @property
    def worst(self) -> float:
        """The longest delay of all, beyond what the server alone makes of it."""
        return max(map(self.delay, range(len(self.calm)))) - max(self.alone, default=0.0)

    def delay(self, who: int) -> float:
        """By how many seconds the flood delayed the worst answer to a witness, beside the usual one."""
        return max(self.flooded[who]) - median(self.calm[who])


async def play(ground: Ground, flood: Flood, count: int, seconds: float) -> Result:
    """Measure with nobody flooding, then beside the flood where no bot hears it, then beside the flood."""
    await ground.settled()
    calm = await ground.witness(seconds)
    alone: list[float] = []
    if flood.network == MATRIX:
        _, alone = await asyncio.gather(
            ground.flood(flood, count, seconds, nobody=True), ground.without(seconds)
        )
    await ground.settled()
    began = time.perf_counter()
    typed, flooded = await asyncio.gather(ground.flood(flood, count, seconds), ground.witness(seconds))
    await ground.settled()
    return Result(flood, typed, time.perf_counter() - began, calm, flooded, alone)


# --- the ground


@asynccontextmanager
async def ground(
    matrix: Synapse,
    xmpp: Prosody,
    folder: Path,
    signatures: int,
    *,
    signed: int = SIGNED,
    without: str = "circles",
) -> AsyncIterator[Ground]:
    """Set up people, rooms and a bot on both networks; so many organisations may sign on each, and some have.

    The bot is `without` these safeguards of the fault tests: with the one against circles, a flood of equal lines would
    be answered three times and not keep anybody waiting.
    """
    async with AsyncExitStack() as stack:
        flooder, observer, *typing = [
            await stack.enter_async_context(matrix.person(name))
            for name in ("flooder", "observer", "one", "two")
        ]
        bot_id, matrix_password = await matrix.register(f"tocsin-{secrets.token_hex(4)}")
        rooms = [
            await observer.create_room(public=True, invite=(bot_id,) if number < 2 else ())  # noqa: PLR2004
            for number in range(3)
        ]
        for person, room in ((flooder, 0), (flooder, 2), (typing[0], 2), (typing[0], 0), (typing[1], 1)):
            await person.join(rooms[room])
        flooding, *chatting = [
            await stack.enter_async_context(XmppPerson(xmpp, name)) for name in ("flooder", "one", "two")
        ]
        jid, xmpp_password = xmpp.register("tocsin")
        mucs = [xmpp.room(name) for name in ("flooded", "beside")]
        for muc, owner in zip(mucs, chatting, strict=True):
            await owner.create_room(muc, "Owner", non_anonymous=True)
        await flooding.join_room(mucs[0], "Flooder")
        signing = [person.user_id for person in typing], [f"xmpp:{person.jid}" for person in chatting]
        config = write(
            folder,
            networks=(
                f'[matrix]\nhomeserver = "{matrix.base_url}"\nuser = "{bot_id}"\n'
                f'[xmpp]\njid = "{jid}"\nnick = "tocsin"\nhost = "{xmpp.host}"\nport = {xmpp.port}\n'
                f'ca_file = "{xmpp.ca_file}"\n'
            ),
            rooms=[*rooms[:2], *(f"xmpp:{muc}" for muc in mucs)],
            admins=[observer.user_id],
            roster={
                organisation(network, number): "|".join(accounts)
                for network, accounts in zip((MATRIX, XMPP), signing, strict=True)
                for number in range(signatures)
            },
        )
        passwords = {"TOCSIN_MATRIX_PASSWORD": matrix_password, "TOCSIN_XMPP_PASSWORD": xmpp_password}
        await stack.enter_async_context(bots.tocsin(config, passwords, folder / "bot.log", without=without))
        for room in rooms[:2]:
            await observer.sees_join(room, bot_id, 60)
        alone = await flooder.create_room(invite=(bot_id,), is_direct=True)
        await flooder.sees_join(alone, bot_id, 60)
        on_matrix = await stack.enter_async_context(screens.on_matrix(observer, bot_id))
        on_xmpp = [
            await stack.enter_async_context(screens.on_xmpp(person, muc, "tocsin"))
            for person, muc in zip(chatting, mucs, strict=True)
        ]
        await stack.enter_async_context(_forgetting(flooding))

        def muc_say(person: XmppPerson, muc: str) -> Say:
            async def say(text: str) -> None:
                person.say(muc, text)

            return say

        def matrix_say(person: Person, room: str) -> Say:
            return lambda text: person.say(room, text)

        async def chat(text: str) -> None:
            flooding.chat(jid, text)

        made = Ground(
            folder / "data",
            [
                *(
                    Witness(MATRIX, room, matrix_say(person, room), on_matrix)
                    for person, room in zip(typing, rooms, strict=False)
                ),
                *(
                    Witness(XMPP, muc, muc_say(person, muc), seen)
                    for person, muc, seen in zip(chatting, mucs, on_xmpp, strict=True)
                ),
            ],
            {
                (MATRIX, "room"): matrix_say(flooder, rooms[0]),
                (MATRIX, "private"): matrix_say(flooder, alone),
                (MATRIX, "nobody"): matrix_say(flooder, rooms[2]),
                (XMPP, "room"): muc_say(flooding, mucs[0]),
                (XMPP, "private"): chat,
            },
            lambda: typing[0].say(rooms[2], "blabla"),
            {MATRIX: signed, XMPP: signed},
        )
        # Some have signed before; and by so many messages a server is known not to be a strict one.
        for number in range(signed):
            await made.witnesses[2].say(f"!sign {organisation(XMPP, number)}")
        for _ in range(16):
            await made.witnesses[0].say("!statut")
            await made.settled()
        yield made


@asynccontextmanager
async def _forgetting(person: XmppPerson) -> AsyncIterator[None]:
    """Let somebody who is told a lot keep nothing of it."""

    async def forget() -> None:
        while True:
            person.heard.clear()
            await asyncio.sleep(1)

    forgetting = asyncio.create_task(forget())
    try:
        yield
    finally:
        forgetting.cancel()
        with suppress(asyncio.CancelledError):
            await forgetting


# --- the table


def rows(result: Result) -> list[list[str]]:
    """Say how each witness did."""
    here = {MATRIX: (0, 1), XMPP: (2, 3)}[result.flood.network]
    there = [who for who in range(4) if who not in here]
    said = []
    for label, whose in (
        ("the same room" if result.flood.place == "room" else "a room", here[:1]),
        ("another room", here[1:]),
        ("the other network", there),
    ):
        calm, flooded = (
            [each for who in whose for each in times[who]] for times in (result.calm, result.flooded)
        )
        first = not said
        said.append(
            [
                str(result.flood) if first else "",
                f"{result.typed:.1f}" if first else "",
                f"{result.said:.1f}" if first else "",
                label,
                f"{median(calm):.2f}",
                f"{max(calm):.2f}",
                f"{median(flooded):.2f}",
                f"{max(flooded):.2f}",
                f"{max(map(result.delay, whose)):.2f}",
                f"{max(result.alone):.2f}" if first and result.alone else "",
            ]
        )
    return said


async def measure(
    floods: Sequence[Flood], count: int, seconds: float, folder: Path, *, signed: int = SIGNED
) -> list[Result]:
    """Run every flood, one after another, on one bot; the rooms are quiet between them."""
    for part in ("synapse", "prosody", "bot"):
        (folder / part).mkdir()
    needed = signed + 3 * 2 * (len(floods) + 1) * (round(seconds / EVERY) + 1)
    async with synapse(folder / "synapse") as matrix:
        with prosody(folder / "prosody") as xmpp:
            async with ground(matrix, xmpp, folder / "bot", needed, signed=signed) as made:
                results = []
                for flood in floods:
                    results.append(await play(made, flood, count, seconds))
                    print(*rows(results[-1]), sep="\n", file=sys.stderr, flush=True)
                return results


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--only", type=int, nargs="*", help="which of the floods, counted from 1")
    parser.add_argument("--signed", type=int, default=SIGNED, help="how many have signed before, on XMPP")
    given = parser.parse_args(arguments)
    floods = [FLOODS[number - 1] for number in given.only or range(1, len(FLOODS) + 1)]
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        Path(folder).chmod(
            0o755
        )  # Prosody, started by root, gives up its rights and must still reach its files
        results = asyncio.run(
            measure(floods, given.commands, given.seconds, Path(folder), signed=given.signed)
        )
    print(table(COLUMNS, [row for result in results for row in rows(result)]))
    worst = max(result.delay(who) for result in results for who in range(4))
    print(
        f"{given.commands} commands of one person in {given.seconds:g} s; everybody else says one each second. "
        f"The worst extra wait: {worst:.2f} s. The goal: at most {MOST_EXTRA:g} s."
    )


if __name__ == "__main__":
    main()
