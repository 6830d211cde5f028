"""The bot is away for long."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults import troubles

if TYPE_CHECKING:
    from tests.faults.scene import Scene

MEANWHILE = 1040
"""Messages in one room: more than one sync or one page of an archive brings."""
_AT_ONCE = 8
_MORE_MEMORY = 60_000
"""KiB by which the bot may grow while it catches up."""


async def bot_down(run: Scene) -> None:
    """The bot is dead while a thousand messages pass, some of them signatures."""
    await run.arrive()
    await run.kill()
    await _meanwhile(run)
    await run.launch()
    await run.settle(120)


async def cut_off(run: Scene) -> None:
    """The bot lives and cannot reach its server while a thousand messages pass: no storm, and memory stays flat."""
    await run.arrive()
    before = _memory(run)
    run.side.proxy.fault = troubles.Reset()
    run.side.proxy.cut()
    since = time.monotonic()
    await _meanwhile(run)
    lasted = time.monotonic() - since
    asked = sum(at > since for at in run.side.proxy.requests)
    if asked > 10 + lasted:
        run.wrong.append(f"{asked} requests in {lasted:.0f} s")
    run.side.proxy.mend()
    run.healed()
    await run.settle(120)
    if (more := _memory(run) - before) > _MORE_MEMORY:
        run.wrong.append(f"{more} KiB more memory")


async def _meanwhile(run: Scene) -> None:
    """A thousand messages, said by several at once, and signatures among them."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def chatter(number: int) -> None:
        async with slots:
            await run.side.say(number, f"blabla {number}")

    await run.signs(4)  # the oldest of all, which a page too few does not bring
    talk = asyncio.gather(*map(chatter, range(MEANWHILE)))
    await run.signs(4, pause=1.0)
    await talk
    await run.signs(2)


def _memory(run: Scene) -> int:
    """The bot's resident memory, in KiB."""
    status = Path(f"/proc/{run.bot.pid}/status").read_text() if run.bot else ""
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)


async def right_after_joining(run: Scene) -> None:
    """Killed as soon as it is there, before anything was said: what is said then is the first it hears."""
    await run.arrive()
    await run.kill()
    await run.signs(6)
    await run.start()


async def cursor_expired(run: Scene) -> None:
    """The archive forgot the item up to which the bot has read: it reads by time, and tells the campaigners."""
    await run.arrive()
    await run.signs(3)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    await run.kill()
    with closing(sqlite3.connect(run.database)) as connection, connection:
        connection.execute("UPDATE cursors SET cursor = substr(cursor, 1, 26) || 'forgotten' || scope")
    run.cursors.clear()
    await run.signs(5)
    await run.start()
    await run.settle()
    told = [one for one in await run.side.visible() if one.room in run.side.office]
    if not any("may have missed" in one.text or "missed" in one.text for one in told):
        run.wrong.append("the campaigners were not told of the gap")
