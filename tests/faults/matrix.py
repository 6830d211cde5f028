"""The fault matrix: its rows by name, playing them with seeds, and the table that comes of it."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.judge import Verdict, judge
from tests.faults.nursery import Nursery, nursery
from tests.faults.rows import disk, duplicates, hostile, kills, network, outage, people, servers as killed, time
from tests.faults.scene import Stuck, scene
from tests.faults.sides import Servers
from tests.live.prosody import prosody
from tests.live.synapse import running_synapse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from tests.faults.scene import Scene

SIDE_BY_SIDE = 4
"""Runs at once: a bot that starts keeps one core busy for two seconds, and most of a run is waiting."""
RUN_WITHIN = 240.0
"""Seconds after which a run has failed, whatever it waits for."""

M, X = ("matrix",), ("xmpp",)


@dataclass(frozen=True)
class Variant:
    """One way in which a fault strikes, on one network or both."""

    play: Callable[[Scene], Awaitable[None]]
    networks: tuple[str, ...]
    name: str = ""
    most: int = 10
    """How many seeds at most: where the seed decides little, more would show nothing new."""
    controls: tuple[str, ...] = ()
    """Safeguards without which it must fail."""
    alone: bool = False
    """Whether it disturbs a server that others use."""

    def __str__(self) -> str:
        where = " and ".join({"matrix": "Matrix", "xmpp": "XMPP"}[one] for one in self.networks)
        return f"{where}: {self.name}" if self.name else where


@dataclass(frozen=True)
class Row:
    """A fault of the matrix."""

    name: str
    variants: tuple[Variant, ...]


def _network(name: str, play: Callable[[Scene], Awaitable[None]], **more: tuple[str, ...]) -> tuple[Variant, ...]:
    return (
        Variant(play, M, name, controls=more.get("matrix", ())),
        Variant(play, X, name, controls=more.get("xmpp", ())),
    )


ROWS: tuple[Row, ...] = (
    Row(
        "kill points",
        (
            Variant(kills.at_each_step, M, most=20, controls=("one-transaction", "same-key")),
            Variant(kills.at_each_step, X, most=20, controls=("one-transaction", "archive-for-ours")),
        ),
    ),
    Row(
        "random SIGKILL",
        (
            Variant(kills.at_any_moment, M, most=1000, controls=("one-transaction",)),
            Variant(kills.at_any_moment, X, most=1000, controls=("archive-for-theirs",)),
        ),
    ),
    Row(
        "network",
        (
            *_network("reset", network.reset),
            *_network("black hole", network.black_hole),
            *_network("latency of 5 s", network.latency),
            *_network(
                "response lost", network.response_lost, matrix=("same-key",), xmpp=("archive-for-ours",)
            ),
            *_network("truncated answer", network.truncated),
            *_network("truncated news", network.truncated_news),
            Variant(network.bad_gateway, M, "502", controls=("backing-off",)),
            Variant(network.too_many, M, "429"),
        ),
    ),
    Row("delayed stanza", (Variant(network.released_late, X, controls=("fence",)),)),
    Row(
        "server killed",
        (
            Variant(killed.mid_send, M, "mid-send", most=5, controls=("same-key",), alone=True),
            Variant(killed.mid_send, X, "mid-send", most=5, controls=("archive-for-ours",), alone=True),
            Variant(killed.mid_sync, M, "mid-sync", most=5, alone=True),
            Variant(killed.mid_archive, X, "mid-archive", most=5, alone=True),
        ),
    ),
    Row(
        "long outage",
        (
            Variant(outage.bot_down, M, "bot down, 1,000 messages", most=2, controls=("paging",)),
            Variant(outage.bot_down, X, "bot down, 1,000 messages", most=2, controls=("paging",)),
            Variant(outage.cut_off, M, "cut off, 1,000 messages", most=2),
            Variant(outage.cut_off, X, "cut off, 1,000 messages", most=2),
            *_network(
                "right after joining",
                outage.right_after_joining,
                matrix=("baseline",),
                xmpp=("baseline",),
            ),
            Variant(outage.cursor_expired, X, "cursor expired", controls=("expired-cursor",)),
        ),
    ),
    Row(
        "duplicates",
        (
            Variant(duplicates.replayed_sync, M, "replayed sync", controls=("deduplication",)),
            Variant(duplicates.doubled_stanzas, X, "doubled stanzas", controls=("deduplication",)),
            Variant(duplicates.archive_and_live, X, "archive and live"),
            Variant(duplicates.same_id, X, "the same id by another", controls=("stanza-id",)),
        ),
    ),
    Row("two bots", (Variant(people.two_bots, (*M, *X), most=3, controls=("one-process",)),)),
    # Row("encryption"): kill between to-device and cursor, a key that comes late, a new device. With encrypted rooms.
    Row(
        "authentication",
        (
            Variant(people.hard_logout, (*M, *X), "Matrix hard logout", most=3, controls=("login-refused",)),
            Variant(people.soft_logout, (*M, *X), "Matrix soft logout", most=3),
            Variant(people.password_changed, M, "password changed", most=3),
            Variant(people.password_changed, X, "password changed", most=3, controls=("login-refused",)),
        ),
    ),
    Row(
        "membership",
        (
            *_network("kick", people.kicked, matrix=("parking",), xmpp=("parking",)),
            *_network("ban", people.banned),
            Variant(people.nick_taken, X, "nick conflict", controls=("another-nick",)),
        ),
    ),
    Row(
        "clock",
        (
            Variant(time.down_over_a_due_time, M, "down over a due time", controls=("reminded-once",)),
            Variant(time.jumps, M, "jumps of an hour", most=3),
            Variant(time.too_late, M, "jumps of a day", most=3),
        ),
    ),
    Row(
        "disk full",
        (
            Variant(disk.full, M, controls=("held-cursor",)),
            Variant(disk.full, X, controls=("held-cursor",)),
        ),
    ),
    Row(
        "damaged database",
        (
            Variant(disk.damaged, M, "a page overwritten", most=5, controls=("integrity",)),
            Variant(disk.truncated, M, "truncated", most=5),
        ),
    ),
    Row(
        "hostile input",
        (
            Variant(hostile.matrix, M, most=5, controls=("careful-reading",)),
            Variant(hostile.xmpp, X, most=5),
        ),
    ),
    Row("SIGTERM", _network("", kills.by_sigterm, matrix=("one-transaction",), xmpp=("archive-for-theirs",))),
    Row("migration killed", (Variant(disk.migration_killed, M, most=20, controls=("whole-migration",)),)),
)


@dataclass
class Score:
    """What all the runs of a variant came to."""

    row: Row
    variant: Variant
    runs: int = 0
    events: int = 0
    effects: int = 0
    visible: int = 0
    lost: int = 0
    doubled: int = 0
    recovery: float = 0.0
    hits: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    controls: dict[str, str] = field(default_factory=dict)
    """Safeguard → how the run without it failed; empty if it did not."""

    def add(self, seed: int, verdict: Verdict) -> None:
        """Count one run."""
        self.runs += 1
        self.events += verdict.events
        self.effects += verdict.effects
        self.visible += verdict.visible
        self.lost += len(verdict.lost)
        self.doubled += len(verdict.doubled)
        self.recovery = max(self.recovery, verdict.recovery)
        self.hits += verdict.hits
        if not verdict.sound:
            self.failures.append(f"seed {seed}: {verdict}")

    @property
    def sound(self) -> bool:
        """Whether every run was, and every control failed."""
        return bool(self.runs) and not self.failures and all(self.controls.values())


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Both servers, for all the runs."""
    folder.chmod(0o755)
    with (
        running_synapse(folder / "synapse") as synapse,
        prosody(folder / "prosody", plaintext=True) as xmpp,
    ):
        yield Servers(synapse, xmpp)


async def play(
    variant: Variant, seed: int, here: Servers, born: Nursery, folder: Path, *, safeguard: str = ""
) -> Verdict:
    """Play one run and judge it. Its files are kept if it is not sound."""
    rng = random.Random(f"{variant} {seed}")
    trouble = ""
    async with scene(here, born, folder, rng, variant.networks, safeguard=safeguard) as run:
        try:
            async with asyncio.timeout(RUN_WITHIN):
                await variant.play(run)
                if not run.ends:
                    await run.settle()
        except (Stuck, TimeoutError) as error:
            trouble = str(error) or f"not done within {RUN_WITHIN:g} s"
        try:
            if not run.ends and run.ended is None and (code := await run.stop()):
                trouble = trouble or f"exit code {code}"
        except Stuck as error:
            trouble = trouble or str(error)
            await run.kill()
        for side in run.sides.values():
            side.proxy.mend()
        verdict = await judge(run, trouble)
    if verdict.sound or safeguard:
        shutil.rmtree(folder, ignore_errors=True)
    return verdict


@dataclass
class Plan:
    """What is to be played: seeds, and how many seeds a control gets to fail in."""

    rows: Sequence[Row]
    seeds: Sequence[int]
    tries: int = 3
    done: Callable[[Score, str], None] = lambda *_: None
    """Called after each run with what happened."""

    def scores(self) -> list[Score]:
        """One for each variant."""
        return [Score(row, variant) for row in self.rows for variant in row.variants]

    async def run(self, here: Servers, folder: Path) -> list[Score]:
        """Play everything; what disturbs nobody side by side, the rest one by one."""
        async with nursery() as born:
            return await self._run(here, born, folder)

    async def _run(self, here: Servers, born: Nursery, folder: Path) -> list[Score]:
        scores = self.scores()
        slots = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(score: Score, seed: int) -> None:
            async with slots:
                verdict = await self._play(score, seed, here, born, folder)
            score.add(seed, verdict)
            self.done(score, f"seed {seed}: {verdict}")

        async def control(score: Score, safeguard: str) -> None:
            score.controls[safeguard] = ""
            for seed in range(1, self.tries + 1):
                async with slots:
                    verdict = await self._play(score, seed, here, born, folder, safeguard)
                self.done(score, f"without {safeguard}: {verdict}")
                if not verdict.sound:
                    score.controls[safeguard] = str(verdict)
                    return

        for alone in (False, True):
            work: list[Awaitable[None]] = []
            for score in scores:
                if score.variant.alone is alone:
                    work += [one(score, seed) for seed in self.seeds[: score.variant.most]]
                    work += [control(score, safeguard) for safeguard in score.variant.controls]
            if alone:
                for each in work:
                    await each
            else:
                await asyncio.gather(*work)
        return scores

    @staticmethod
    async def _play(
        score: Score, seed: int, here: Servers, born: Nursery, folder: Path, safeguard: str = ""
    ) -> Verdict:
        name = f"{score.row.name} {score.variant} {seed} {safeguard}".strip()
        where = folder / "".join(letter if letter.isalnum() else "-" for letter in name)
        return await play(score.variant, seed, here, born, where, safeguard=safeguard)
