"""The bot is killed: at each of its own steps, and at any moment."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from storage.steps import STEPS
from tests.faults.sides import SealedSide

if TYPE_CHECKING:
    from tests.faults.scene import Scene

MOST_SIGNS = 12
"""Signatures in which every step must have been reached as often as it takes."""


async def at_each_step(run: Scene) -> None:
    """Killed at each step, started again armed with the next: each time at the n-th passing, n up to six."""
    sealed = isinstance(run.side, SealedSide)
    steps = [step for step in STEPS if step != "migration" and (sealed or "keys" not in step)]
    run.rng.shuffle(steps)
    await run.arrive()
    await run.kill()
    for step in steps:
        await run.launch(kill_at=f"{step}:{run.rng.randint(1, 6)}")
        for _ in range(MOST_SIGNS):
            name = await run.sign()
            await run.until(lambda name=name: answered_or_dead(run, name), "an answer")  # type: ignore[misc]
            if run.ended is not None:
                break
        if run.ended != -signal.SIGKILL:
            run.wrong.append(f"{step} was not reached ({run.ended})")
            await run.kill()
        run.hits.append(step)
    await run.start()


def answered_or_dead(run: Scene, name: str) -> bool:
    """Whether this signature was answered, or the bot has ended."""
    return run.ended is not None or (name in run.signed() and not run.under_way())


async def at_any_moment(run: Scene) -> None:
    """Killed two or three times while people type, sometimes while it starts; some type while it is down."""
    await run.arrive()
    bot = run.bot
    for _ in range(run.rng.randint(2, 3)):
        if bot is not None and run.rng.random() < 0.75:
            await bot.ready.wait()
        typing = asyncio.ensure_future(run.signs(run.rng.randint(4, 12), pause=0.08))
        await asyncio.sleep(run.rng.uniform(0, 1.2))
        await run.kill()
        await typing
        await run.signs(run.rng.randint(1, 2))
        await run.start()


async def by_sigterm(run: Scene) -> None:
    """Stopped in order while people type: it leaves within seconds with exit code 0, and nothing is lost or doubled."""
    await run.arrive()
    for _ in range(2):
        typing = asyncio.ensure_future(run.signs(run.rng.randint(6, 12), pause=0.05))
        await asyncio.sleep(run.rng.uniform(0, 0.7))
        code = await run.stop()
        if code != 0:
            run.wrong.append(f"exit code {code} after SIGTERM")
        await typing
        await run.signs(2)
        await run.start()
