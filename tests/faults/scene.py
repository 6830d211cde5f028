"""One run: fresh accounts and rooms, a config, the bot as a process behind the proxies, and what was typed."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sqlite3
import time
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.sides import SIDES, TYPISTS, Servers, Side

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.faults.nursery import Nursery, Process

ORGANISATIONS = 120
"""How many can sign on each network of a run."""
SOUND_WITHIN, BROKEN_WITHIN = 180.0, 30.0
"""Seconds after which a bot is taken for stuck, and one that does without a safeguard; mostly it takes one or two."""
LOOK = 0.05
"""Seconds between two looks at the bot's database."""
_LETTERS = "bcdfghjkmnpqrstvwxz"


class Stuck(Exception):
    """What a run waited for did not come about."""


@dataclass
class Scene:
    """A run in which faults strike. `rng` alone decides when."""

    rng: random.Random
    servers: Servers
    folder: Path
    nursery: Nursery
    safeguard: str
    """What the bot does without in this run."""
    sides: dict[str, Side]
    names: dict[str, list[str]]
    """Network → organisations that have not been signed for yet."""
    typed: dict[str, str] = field(default_factory=dict)
    """Organisation → network, for each `!sign` that a server has taken."""
    silent: set[str] = field(default_factory=set)
    """Organisations of which no signature is to come."""
    wrong: list[str] = field(default_factory=list)
    """What a scenario itself found amiss, in words."""
    excused: tuple[str, ...] = ()
    """States in which dispatches may end besides `delivered`: the scenario says why."""
    ends: bool = False
    """Whether the bot is to have ended by itself."""
    cursors: list[tuple[str, str, str]] = field(default_factory=list)
    is_followed: bool = True
    """Whether the moves of the cursors are noted."""
    """Each cursor as it was seen to move: network, scope, cursor."""
    hits: list[str] = field(default_factory=list)
    """The kill points that ended the bot."""
    recovery: float = 0.0
    """The longest time from the end of a fault until everything was answered, in seconds."""
    bot: Process | None = None
    _since: float = 0.0
    _number: int = 0

    @property
    def side(self) -> Side:
        """The network, in a run with one."""
        return next(iter(self.sides.values()))

    @property
    def database(self) -> Path:
        return self.folder / "data" / "tocsin.db"

    # --- what people do

    async def sign(self, network: str = "") -> str:
        """Let somebody sign for the next organisation; return its name once the server has taken the message."""
        network = network or self.rng.choice(sorted(self.sides))
        side, name = self.sides[network], self.names[network].pop()
        await side.say(self._typist(name), f"!sign {name}")
        self.typed[name] = network
        return name

    def next_name(self, network: str) -> tuple[int, str]:
        """The next organisation and who speaks for it, for a scenario that types by itself."""
        name = self.names[network].pop()
        self.typed[name] = network
        return self._typist(name), name

    @staticmethod
    def _typist(name: str) -> int:
        return ord(name[-1]) % TYPISTS

    async def signs(self, count: int, network: str = "", *, pause: float = 0.0) -> None:
        """Several, one after another, with pauses of up to `pause` seconds: people type."""
        for _ in range(count):
            await self.sign(network)
            if pause:
                await asyncio.sleep(self.rng.uniform(0, pause))

    # --- the bot

    async def launch(self, *, kill_at: str = "", **environment: str) -> Process:
        """Start the bot, armed or not; the time until all is answered counts from here."""
        self._since = time.monotonic()
        for side in self.sides.values():
            environment |= side.environment
        if kill_at:
            environment["TOCSIN_KILL_AT"] = kill_at
        self.bot = await self.nursery.start(
            self.folder / "config.toml", self.folder / "bot.log", environment, safeguard=self.safeguard
        )
        return self.bot

    async def start(self, within: float = 180, **environment: str) -> None:
        """Start the bot and wait until it is ready. Raises Stuck."""
        bot = await self.launch(**environment)
        try:
            async with asyncio.timeout(within):
                await bot.ready.wait()
        except TimeoutError:
            raise Stuck("the bot did not get ready") from None
        if self.ended is not None:
            raise Stuck(f"the bot ended at its start ({self.ended})")

    async def arrive(self, **environment: str) -> None:
        """Start the bot for the first time and wait until it is in its rooms: what is said from then on is its to take."""
        await self.start(**environment)
        await self.until(self.in_rooms, "the bot in its rooms")

    def in_rooms(self) -> bool:
        """Whether the bot is in every room of the config, and has said all it has to say."""
        rooms = self.ask("SELECT state FROM rooms WHERE NOT direct")
        return (
            len(rooms) >= 2 * len(self.sides)
            and all(state == "joined" for (state,) in rooms)
            and not self.under_way()
        )

    @property
    def ended(self) -> int | None:
        """The exit code of the bot if it has ended."""
        return None if self.bot is None else self.bot.returncode

    async def stop(self, number: signal.Signals = signal.SIGTERM, within: float = 90) -> int:
        """End the bot with a signal and return its exit code. Raises Stuck if it does not end."""
        if self.bot is None:
            return 0
        self.bot.signal(number)
        try:
            return await asyncio.wait_for(self.bot.wait(), within)
        except TimeoutError:
            raise Stuck(f"it did not end within {within:g} s of {number.name}") from None

    async def kill(self) -> None:
        """SIGKILL."""
        await self.stop(signal.SIGKILL)

    # --- what is known

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the bot's database from outside; nothing if there is none yet."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as connection:
            try:
                return connection.execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def signed(self) -> list[str]:
        """The organisations with a standing signature."""
        return [
            name
            for (name,) in self.ask(
                "SELECT o.name FROM signatures s JOIN organisations o ON o.id = s.organisation_id"
                " WHERE s.ended_at IS NULL"
            )
        ]

    def under_way(self) -> int:
        """How many intents wait and how many dispatches have no answer yet."""
        ((waiting,),) = self.ask("SELECT count(*) FROM outbox WHERE settled = 0") or [(0,)]
        ((sending,),) = self.ask("SELECT count(*) FROM dispatches WHERE state = 'sending'") or [(0,)]
        return int(waiting) + int(sending)

    async def until(self, true: Callable[[], bool], what: str, within: float = 0.0) -> None:
        """Wait until this is so. Raises Stuck, at once if the bot ends meanwhile. The limit guards against hanging alone."""
        within = within or (BROKEN_WITHIN if self.safeguard else SOUND_WITHIN)
        give_up = time.monotonic() + within
        while not true():
            if self.ended is not None and not self.ends:
                raise Stuck(f"the bot ended ({self.ended}) while waiting for {what}")
            if time.monotonic() > give_up:
                raise Stuck(f"{what}: not within {within:g} s")
            await asyncio.sleep(LOOK)

    def healed(self) -> None:
        """Say that the fault is over: the time until all is answered counts from here."""
        self._since = time.monotonic()

    async def settle(self, within: float = 0.0) -> None:
        """Let one last organisation sign on each network, and wait until nothing is under way. Raises Stuck.

        Rooms keep their order: once the last one is in, whatever is not in before it is lost.
        """
        last = await asyncio.gather(*(self.sign(network) for network in self.sides))
        await self.until(
            lambda: set(last) <= set(self.signed()) and not self.under_way(),
            "the last answers",
            within or (2 * BROKEN_WITHIN if self.safeguard else SOUND_WITHIN),
        )
        self.recovery = max(self.recovery, time.monotonic() - self._since)

    async def follow_cursors(self) -> None:
        """Note each move of a cursor, until cancelled."""
        latest: dict[tuple[str, str], str] = {}
        while True:
            seen = self.ask("SELECT network, scope, cursor FROM cursors") if self.is_followed else []
            for network, scope, cursor in seen:
                if latest.get((network, scope)) != cursor:
                    latest[network, scope] = cursor
                    self.cursors.append((network, scope, cursor))
            await asyncio.sleep(LOOK)


@asynccontextmanager
async def scene(
    servers: Servers,
    nursery: Nursery,
    folder: Path,
    rng: random.Random,
    networks: tuple[str, ...],
    *,
    safeguard: str = "",
) -> AsyncIterator[Scene]:
    """Build everything a run needs; the bot is not started yet. With a `safeguard`, it is the bot without that."""
    mark = secrets.token_hex(4)
    folder.mkdir(parents=True)  # noqa: ASYNC240 - a local disk
    async with AsyncExitStack() as stack:
        each: list[Side] = [await stack.enter_async_context(SIDES[one](servers, mark)) for one in networks]
        sides = {side.network: side for side in each}
        made = Scene(rng, servers, folder, nursery, safeguard, sides, _names(rng, tuple(sides)))
        _write(made)
        following = asyncio.create_task(made.follow_cursors())
        try:
            yield made
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await made.kill()


def _names(rng: random.Random, networks: tuple[str, ...]) -> dict[str, list[str]]:
    """Names of one length, so that none is part of another, and unlike enough to need no asking back."""
    names: set[str] = set()
    while len(names) < ORGANISATIONS * len(networks):
        names.add("Ruche " + "".join(rng.choices(_LETTERS, k=7)))
    each = sorted(names)
    rng.shuffle(each)
    return {network: each[n * ORGANISATIONS : (n + 1) * ORGANISATIONS] for n, network in enumerate(networks)}


def _write(made: Scene) -> None:
    """Write the operator's files."""
    (made.folder / "letter.fr.md").write_text("# Pour les communs\n\nNous demandons la suite.\n")
    lines = [
        f"{name},,,{side.typists[made._typist(name)]}"
        for network, side in made.sides.items()
        for name in made.names[network]
    ]
    (made.folder / "organisations.csv").write_text(
        "name,aliases,website,representatives\n" + "\n".join(lines) + "\n"
    )
    sides = made.sides.values()
    (made.folder / "config.toml").write_text(f"""
[bot]
language = "en"
admins = [{", ".join(f'"{side.admin}"' for side in sides)}]
admin_rooms = [{", ".join(f'"{side.office}"' for side in sides)}]

{"".join(side.settings() for side in sides)}
[campaigns.communs]
title = "Pour les communs"
letter = {{ fr = "letter.fr.md" }}
rooms = [{", ".join(f'"{side.room}"' for side in sides)}]
organisations = "organisations.csv"
reminders = []
""")
