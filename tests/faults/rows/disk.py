"""The disk is full or read-only, the database is damaged, a migration is killed half-way."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from storage import migrations
from tests.faults.scene import Stuck

if TYPE_CHECKING:
    from tests.faults.scene import Scene

NOTICED = "nothing is lost"
"""What the bot says of a disk that cannot be written to."""
_MOST_STATEMENTS = 40
"""Statements of the migrations at which one is killed: there are some more."""
_FIRST_SCHEMA = Path(__file__).parents[2] / "storage" / "filled-0001.sql"
"""A database of the first schema with something in every table."""


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
    await run.until(lambda: NOTICED in bot.said()[before:], "the full disk to be noticed")
    if set(run.typed) <= set(run.signed()) and cursors != run.ask("SELECT cursor FROM cursors"):
        run.wrong.append("nothing was full")
    await run.signs(2)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (hard, hard))
    run.healed()
    await run.settle(90)


async def read_only(run: Scene) -> None:
    """The file system turns read-only while people type, as one does that has met an error; a person mends it.

    Where nobody may mount one (only root may), the files are write-protected while the bot is down.
    """
    await run.arrive()
    await run.signs(3)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    await run.stop()
    data = run.database.parent
    if os.geteuid() == 0:
        await _on_a_disk(run, data)
        return
    for path, mode in ((data, 0o500), *((file, 0o400) for file in data.iterdir())):
        path.chmod(mode)
    bot = await run.launch()
    await bot.ready.wait()
    if bot.returncode != 1 or "nothing was changed" not in bot.said():
        run.wrong.append(f"it started on a read-only disk ({bot.returncode})")
    await run.signs(2)
    for path, mode in ((data, 0o700), *((file, 0o600) for file in data.iterdir())):
        path.chmod(mode)
    await run.start()


async def _on_a_disk(run: Scene, data: Path) -> None:
    """Move the data folder to a disk of its own, and let that become read-only."""
    image, kept = run.folder / "disk", run.folder / "kept"
    with image.open("wb") as file:
        file.truncate(64 << 20)
    await _does("mkfs.ext4", "-q", "-F", image)
    data.rename(kept)  # noqa: ASYNC240 - a local disk
    data.mkdir(mode=0o700)  # noqa: ASYNC240
    await _does("mount", "-o", "loop", image, data)
    try:
        shutil.copytree(kept, data, dirs_exist_ok=True)
        await _does("sync", "-f", data)  # the copy, which nobody else would ever flush
        await run.start()
        await run.signs(2)
        if run.rng.random() < 0.5:
            await run.until(lambda: not run.under_way(), "answers")
        bot = run.bot
        if bot is None:
            raise RuntimeError("not started")
        before = len(bot.said())
        # As the kernel does at an error: whoever has a file open has it still, and can write no more.
        await _does("mount", "-o", "remount,abort", data)
        await run.signs(run.rng.randint(2, 5))
        await run.until(lambda: NOTICED in bot.said()[before:], "the read-only disk to be noticed")
        if code := await run.stop():
            run.wrong.append(f"exit code {code} on a read-only disk")
        await run.signs(2)
        await _unmount(data)
        await _does("mount", "-o", "loop", image, data)
        run.healed()
        await run.start()
        await run.settle()
        if code := await run.stop():
            run.wrong.append(f"exit code {code}")
        run.ends = True
        shutil.copytree(data, kept, dirs_exist_ok=True)
    finally:
        await run.kill()
        await _unmount(data)
    data.rmdir()  # noqa: ASYNC240
    kept.rename(data)


async def _does(*command: object) -> None:
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise Stuck(f"{command[0]}: {said.decode(errors='replace').strip()}")


async def _unmount(where: Path) -> None:
    """Unmount it, as soon as nobody looks into it any more."""
    for left in reversed(range(50)):
        try:
            await _does("umount", where)
        except Stuck:
            if not left:
                raise
            await asyncio.sleep(0.1)
        else:
            return


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
        code = await asyncio.wait_for(bot.wait(), 90)
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


async def upgrade_killed(run: Scene) -> None:
    """An upgrade from the first schema is killed at each of its statements: each time nothing is changed at all.

    Then it goes through, and every row is still there.
    """
    run.database.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(run.database)) as file:
        file.executescript(_FIRST_SCHEMA.read_text("utf-8"))
        before = list(file.iterdump())
        rows = _counted(file)
    statements = await asyncio.to_thread(_statements, run.database, run.folder / "counted.db")
    for number in range(1, statements + 1):
        bot = await run.launch(kill_at=f"migration:{number}")
        try:
            code = await asyncio.wait_for(bot.wait(), 90)
        except TimeoutError:
            raise Stuck(f"statement {number} was not reached") from None
        if code != -signal.SIGKILL:
            run.wrong.append(f"it ended with {code} at statement {number}")
        run.hits.append("migration")
        with closing(sqlite3.connect(run.database)) as file:
            if list(file.iterdump()) != before:
                run.wrong.append(f"something is changed after statement {number}")
                break
    await run.launch()
    await run.until(
        lambda: run.ask("SELECT version_num FROM alembic_version") == [(migrations.head(),)],
        "the newest schema",
        30,
    )
    await run.kill()
    with closing(sqlite3.connect(run.database)) as file:
        if file.execute("PRAGMA foreign_key_check").fetchall():
            run.wrong.append("rows of the upgraded database point at nothing")
        now = _counted(file)
        if missing := [name for name, count in rows.items() if now.get(name, 0) < count]:
            run.wrong.append(f"rows are missing in {', '.join(missing)}")
    for leftover in run.database.parent.glob("tocsin.db*"):
        leftover.unlink()
    run.cursors.clear()
    await run.arrive()
    await run.signs(3)


def _counted(file: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - our own tables
        for (name,) in tables
    }


def _statements(database: Path, copy: Path) -> int:
    """How many statements it takes to bring a copy of a database to the newest schema."""
    shutil.copyfile(database, copy)
    steps: list[str] = []
    reached, migrations.reached = migrations.reached, steps.append
    try:
        migrations.upgrade(copy)
    finally:
        migrations.reached = reached
    return len(steps)
