"""The fault matrix: playing its rows with seeds, side by side where nothing is disturbed by it."""

from __future__ import annotations

import asyncio
import random
import shutil
import traceback
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.judge import Verdict, judge
from tests.faults.nursery import Nursery, nursery
from tests.faults.scene import Stuck, scene
from tests.faults.sides import Servers
from tests.live.prosody import prosody
from tests.live.synapse import running_synapse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from pathlib import Path

    from tests.faults.table import Row, Variant

SIDE_BY_SIDE = 6
"""Runs at once: a bot that starts keeps one core busy for two seconds, and most of a run is waiting."""
RUN_WITHIN = 480.0
"""Seconds after which a run has failed, whatever it waits for."""


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


@dataclass(frozen=True)
class Ground:
    """What all runs share: servers, where bots come from, and a folder."""

    servers: Servers
    nursery: Nursery
    folder: Path

    async def play(self, score: Score, seed: int, safeguard: str = "") -> Verdict:
        """Play one run and judge it. Its files are kept if it is not sound."""
        name = f"{score.row.name} {score.variant} {seed} {safeguard}".strip()
        where = self.folder / "".join(letter if letter.isalnum() else "-" for letter in name)
        variant, trouble = score.variant, ""
        rng = random.Random(f"{variant} {seed}")
        made = scene(self.servers, self.nursery, where, rng, variant.networks, safeguard=safeguard)
        async with made as run:
            try:
                async with asyncio.timeout(RUN_WITHIN):
                    await variant.play(run)
                    if not run.ends:
                        await run.settle()
                        if code := await run.stop():
                            run.wrong.append(f"exit code {code}")
            except (Stuck, TimeoutError) as error:
                trouble = str(error) or f"not done within {RUN_WITHIN:g} s"
            await run.kill()
            for side in run.sides.values():
                side.proxy.mend()
            verdict = await judge(run, trouble)
        if verdict.sound or safeguard:
            shutil.rmtree(where, ignore_errors=True)
        return verdict


@dataclass
class Plan:
    """What is to be played: rows, seeds, and how many seeds a control gets to fail in."""

    rows: Sequence[Row]
    seeds: Sequence[int]
    tries: int = 3
    done: Callable[[Score, str], None] = lambda *_: None
    """Called after each run with what happened."""
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SIDE_BY_SIDE))
    scores: list[Score] = field(init=False)
    """What has been played so far."""

    def __post_init__(self) -> None:
        self.scores = [Score(row, variant) for row in self.rows for variant in row.variants]

    async def run(self, here: Servers, folder: Path) -> list[Score]:
        """Play everything: what disturbs nobody side by side, the rest one by one."""
        async with nursery() as born:
            ground = Ground(here, born, folder)
            await asyncio.gather(*self._work(ground, alone=False))
            for each in self._work(ground, alone=True):
                await each
        return self.scores

    def _work(self, ground: Ground, *, alone: bool) -> list[Awaitable[None]]:
        work: list[Awaitable[None]] = []
        for score in self.scores:
            if score.variant.alone is alone:
                work += [self._seed(ground, score, seed) for seed in self.seeds[: score.variant.most]]
                work += [self._control(ground, score, safeguard) for safeguard in score.variant.controls]
        return work

    async def _seed(self, ground: Ground, score: Score, seed: int) -> None:
        async with self.slots:
            try:
                verdict = await ground.play(score, seed)
            except Exception as error:  # noqa: BLE001 - one run that breaks must not end the others
                verdict = Verdict(wrong=["".join(traceback.format_exception(error))])
        score.add(seed, verdict)
        self.done(score, f"seed {seed}: {verdict}")

    async def _control(self, ground: Ground, score: Score, safeguard: str) -> None:
        """Take a safeguard away, with one seed after another until it fails."""
        score.controls[safeguard] = ""
        for seed in range(1, self.tries + 1):
            async with self.slots:
                try:
                    verdict = await ground.play(score, seed, safeguard)
                except Exception as error:  # noqa: BLE001 - a control that breaks has not failed
                    self.done(score, f"without {safeguard}: broken: {error!r}")
                    continue
            self.done(score, f"without {safeguard}: {verdict}")
            if not verdict.sound:
                score.controls[safeguard] = str(verdict)
                return
