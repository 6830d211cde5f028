"""A server is killed and comes back."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from tests.faults import troubles
from tests.faults.scene import Stuck
from tests.faults.sides import MatrixSide, XmppSide

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.scene import Scene

BACK_WITHIN = 60.0
"""Seconds after the server's start in which everything is to be answered."""
_ARCHIVE_QUERY = re.compile(rb"<query[^>]*mam:2")


async def _killed_when(
    run: Scene, which: Callable[[bytes], bool], *, answers: bool, start: bool = False
) -> None:
    """Kill the server when this passes (or when it is answered, before the answer arrives), and start it again."""
    fault = troubles.Watch(which, lambda: _kill(run), answers=answers)
    run.side.proxy.fault = fault
    if start:
        await run.launch()
    typing = asyncio.ensure_future(run.signs(run.rng.randint(2, 5), pause=0.1))
    try:
        async with asyncio.timeout(120):
            await fault.struck.wait()
        await asyncio.sleep(run.rng.uniform(0, 1.5))
    except TimeoutError:
        raise Stuck("there was nothing to strike") from None
    finally:
        run.side.proxy.mend()
        await asyncio.to_thread(_start, run)
    run.healed()
    await typing
    await run.settle()
    if run.recovery > BACK_WITHIN:
        run.wrong.append(f"back after {run.recovery:.0f} s")


def _kill(run: Scene) -> None:
    if isinstance(run.side, MatrixSide):
        run.side.synapse.end(kill=True)
    elif isinstance(run.side, XmppSide):
        run.side.prosody.kill()


def _start(run: Scene) -> None:
    if isinstance(run.side, MatrixSide):
        if run.side.synapse.pid is None:
            run.side.synapse.launch()
    elif isinstance(run.side, XmppSide):
        run.side.prosody.start()


async def mid_send(run: Scene) -> None:
    """It dies when it has taken a message of the bot's, before the bot hears of it; another time before it took it."""
    await run.arrive()
    for answers in (True, False):
        await _killed_when(run, troubles.is_send, answers=answers)


async def mid_sync(run: Scene) -> None:
    """It dies while the bot asks what is new, with something new to tell."""
    await run.arrive()
    await run.kill()
    await run.signs(run.rng.randint(3, 8))
    await _killed_when(run, troubles.is_sync, answers=run.rng.random() < 0.5, start=True)


async def mid_archive(run: Scene) -> None:
    """It dies while the bot reads an archive of several pages."""
    await run.arrive()
    await run.kill()
    for number in range(230):
        await run.side.say(number, f"blabla {number}")
        if number % 40 == 0:
            await run.sign()
    asked = 0
    wanted = run.rng.randint(2, 4)

    def which(data: bytes) -> bool:
        nonlocal asked
        asked += len(_ARCHIVE_QUERY.findall(data))
        return asked >= wanted

    await _killed_when(run, which, answers=False, start=True)
