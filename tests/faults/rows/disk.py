"""The disk is full, the database is damaged, a migration is killed half-way."""

from __future__ import annotations

import asyncio
import resource
import shutil
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.faults.scene import Stuck

if TYPE_CHECKING:
    from tests.faults.scene import Scene

NOTICED = "nothing is lost"
"""What the bot says of a disk that cannot be written to."""
_MOST_STATEMENTS = 40
"""Statements of the migrations at which one is killed: there are some more."""


async def full(run: Scene) -> None:
    """No file may grow any more, from a random size on, while people type; then there is room again."""
    await run.arrive()
    await run.signs(3)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    bot = run.bot
    if bot is None:
        raise RuntimeError("not started")
    before = len(bot.said())
    _, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (run.rng.randint(20_000, 50_000), hard))
    cursors = run.ask("SELECT cursor FROM cursors")
    await run.signs(run.rng.randint(2, 5))
    await run.until(lambda: NOTICED in bot.said()[before:], "the full disk to be noticed", 30)
    if set(run.typed) <= set(run.signed()) and cursors != run.ask("SELECT cursor FROM cursors"):
        run.wrong.append("nothing was full")
    await run.signs(2)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (hard, hard))
    run.healed()
    await run.settle(90)


async def damaged(run: Scene) -> None:
    """A page of the database is overwritten: the bot refuses to start and says so; the backup goes on."""
    await _refuses(run, _overwrite)


async def truncated(run: Scene) -> None:
    """The end of the database is missing."""
    await _refuses(run, _truncate)


async def _refuses(run: Scene, damage: object) -> None:
    await run.arrive()
    await run.signs(3)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    await run.stop()
    kept = run.folder / "backup.db"
    with closing(sqlite3.connect(run.database)) as source, closing(sqlite3.connect(kept)) as target:
        source.backup(target)
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(run)  # type: ignore[operator]
    bot = await run.launch()
    await bot.ready.wait()
    if bot.returncode != 1 or "backup" not in bot.said():
        run.wrong.append(f"it started on a damaged database ({bot.returncode})")
        await run.kill()
    for leftover in run.database.parent.glob("tocsin.db*"):
        leftover.unlink()
    shutil.copyfile(kept, run.database)
    await run.signs(2)
    await run.start()


def _overwrite(run: Scene) -> None:
    """Overwrite a page that nothing reads while all is well."""
    with closing(sqlite3.connect(run.database)) as connection:
        ((page,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'quarantine'")
        ((size,),) = connection.execute("PRAGMA page_size")
    with run.database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(run.rng.randbytes(size))


def _truncate(run: Scene) -> None:
    size = run.database.stat().st_size
    with run.database.open("r+b") as file:
        file.truncate(int(size * run.rng.uniform(0.3, 0.9)))


async def migration_killed(run: Scene) -> None:
    """Killed at a statement of the first migration: there is nothing of it, and the next start goes through."""
    bot = await run.launch(kill_at=f"migration:{run.rng.randint(3, _MOST_STATEMENTS)}")
    try:
        code = await asyncio.wait_for(bot.wait(), 30)
    except TimeoutError:
        raise Stuck("the statement was not reached") from None
    if code != -signal.SIGKILL:
        run.wrong.append(f"it ended with {code}")
    run.hits.append("migration")
    tables = len(run.ask("SELECT 1 FROM sqlite_master WHERE type = 'table'"))
    if tables:
        run.wrong.append(f"{tables} tables of a migration that was not finished")
    await run.arrive()
    await run.signs(3)
