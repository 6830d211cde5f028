"""The disk is full or read-only, the database is damaged, a migration is killed half-way."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import sys
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from storage import migrations
from tests.faults.nursery import CHECKOUT
from tests.faults.scene import Stuck

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.faults.nursery import Process
    from tests.faults.scene import Scene

NOTICED = "nothing is lost"
"""What the bot says of a disk that cannot be written to."""
_MOST_STATEMENTS = 40
"""Statements of the migrations at which one is killed: there are some more."""
_DISK = 64 << 20
"""Bytes of the disk that fails."""
_A_LOG = 20_000
"""Bytes that what a bot says does not reach in a run, and its database has long passed."""
_AS_A_DISK = ("-o", "loop,errors=remount-ro")
"""Options of mount: a file as a disk, on which the kernel lets nothing be written any more after an error."""
_NO_MORE_THAN_OTHERS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
"""What comes before a command that root runs, for permissions to bind it as they do anybody."""
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

    Where no disk may be mounted, the bot is kept from writing, and its files are write-protected.
    """
    await run.arrive()
    await run.signs(3)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    await run.stop()
    data = run.database.parent
    if await _may_mount(run.folder):
        await _on_a_disk(run, data)
    else:
        await _write_protected(run, data)


async def _write_protected(run: Scene, data: Path) -> None:
    """Let the bot write no more to what it has open, and nobody open anything to write."""

    def permit(folder: int, file: int) -> None:
        for one in (*data.rglob("*"), data):
            one.chmod(folder if one.is_dir() else file)

    async def fails(bot: Process) -> None:
        _, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (_A_LOG, hard))
        permit(0o500, 0o400)

    async def mended() -> None:
        permit(0o700, 0o600)

    await _fails_and_is_mended(run, fails, mended, *(_NO_MORE_THAN_OTHERS if os.geteuid() == 0 else ()))


async def _refuses_to_start(run: Scene, *before: str) -> None:
    """Start the bot where it can keep nothing: it says so, and ends without having looked at a network."""
    module = ("tests.faults.without", run.safeguard) if run.safeguard else ("bot",)
    environment = dict(os.environ)
    for side in run.sides.values():
        environment |= side.environment
    process = await asyncio.create_subprocess_exec(
        *(*before, sys.executable, "-m", *module, "run", "--config", str(run.folder / "config.toml")),
        cwd=CHECKOUT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(120):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        run.wrong.append("it started where it can keep nothing")
        return
    if process.returncode != 1 or not any(one in said for one in (b"nothing was changed", NOTICED.encode())):
        run.wrong.append(f"where it can keep nothing it ended with {process.returncode}")


async def _may_mount(folder: Path) -> bool:
    """Whether a disk of our own can be had: root may do so, but not in every container."""
    try:
        (folder / "tried").mkdir()
        async with _a_disk(folder / "device", folder / "tried"):
            return True
    except (Stuck, FileNotFoundError):
        return False


@asynccontextmanager
async def _a_disk(device: Path, where: Path) -> AsyncIterator[None]:
    """Mount a disk whose blocks lie in memory, which can be given no more of a sudden. Raises Stuck."""
    device.mkdir(exist_ok=True)  # noqa: ASYNC240
    await _does("mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", device)
    try:
        with (device / "disk").open("wb") as file:
            file.truncate(_DISK)
        await _does("mkfs.ext4", "-q", "-F", device / "disk")
        await _does("mount", *_AS_A_DISK, device / "disk", where)
        try:
            yield
        finally:
            await _unmount(where)
    finally:
        await _unmount(device)


async def _on_a_disk(run: Scene, data: Path) -> None:
    """Move the data folder to a disk of its own, and let that fail as disks do.

    The device refuses a write, and the kernel makes the file system read-only. To tell the kernel to do so (`mount -o
    remount,abort`) would be simpler, but then it says of the fsync under way that it was done and drops what was
    written, which a disk that fails was never seen to do.
    """
    device, kept = run.folder / "device", run.folder / "kept"

    async def fails(_: Process) -> None:
        await _filled(device)

    async def mended() -> None:
        if not await _becomes_read_only(data):
            run.wrong.append("nothing was read-only")
        await _mounted_again(data, device)

    data.rename(kept)  # noqa: ASYNC240 - a local disk
    data.mkdir(mode=0o700)  # noqa: ASYNC240
    try:
        async with _a_disk(device, data):
            shutil.copytree(kept, data, dirs_exist_ok=True)
            await _does("sync", "-f", data)  # the copy, which nobody else would ever flush
            try:
                await _fails_and_is_mended(run, fails, mended)
            finally:
                await run.kill()
                await _mounted_again(data, device)  # however it went: judged is what the disk has kept
                shutil.rmtree(kept)  # a WAL that is left over would be taken for the new file's
                shutil.copytree(data, kept)
    finally:
        data.rmdir()  # noqa: ASYNC240
        kept.rename(data)


async def _fails_and_is_mended(
    run: Scene,
    fails: Callable[[Process], Awaitable[None]],
    mended: Callable[[], Awaitable[None]],
    *before: str,
) -> None:
    """Let every write fail while people type: the bot says so, and starts only once that is mended."""
    await run.start()
    await run.signs(2)
    if run.rng.random() < 0.5:
        await run.until(lambda: not run.under_way(), "answers")
    bot = run.bot
    if bot is None:
        raise RuntimeError("not started")
    said = len(bot.said())
    await fails(bot)
    await run.signs(run.rng.randint(2, 5))
    await run.until(lambda: NOTICED in bot.said()[said:], "the read-only disk to be noticed")
    # Once nobody has the database open, who opens it on such a disk reads what was written and never kept.
    run.is_followed = False
    if code := await run.stop():
        run.wrong.append(f"exit code {code} on a read-only disk")
    await _refuses_to_start(run, *before)
    await run.signs(2)
    await mended()
    run.is_followed = True
    run.healed()
    await run.start()
    await run.settle()
    if code := await run.stop():
        run.wrong.append(f"exit code {code}")
    run.ends = True


async def _mounted_again(data: Path, device: Path) -> None:
    """Give the device its room back and mount the disk again: of what it refused, nothing is there."""
    await _unmount(data)
    await _does("mount", "-o", f"remount,size={_DISK}", device)
    await _does("mount", *_AS_A_DISK, device / "disk", data)


async def _becomes_read_only(where: Path) -> bool:
    """Whether the kernel makes it read-only at a further write, if it has not done so yet: once its journal is refused."""
    for _ in range(100):
        if await _is_read_only(where):
            return True
        with suppress(OSError):
            (where / "written").touch()
            await asyncio.to_thread(os.sync)
        await asyncio.sleep(0.1)
    return False


async def _is_read_only(where: Path) -> bool:
    """Whether the kernel has made what is mounted there read-only."""
    device = where.stat().st_dev  # noqa: ASYNC240 - by number: a name is written there in its own way
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts = await asyncio.to_thread(Path("/proc/self/mountinfo").read_text, "utf-8")
    [options, *_] = [line.split()[-1] for line in mounts.splitlines() if line.split()[2] == number]
    return bool({"ro", "emergency_ro"} & set(options.split(",")))


async def _filled(device: Path) -> None:
    """Leave no room on the device beyond what is written by now, which may grow while it is asked."""
    for left in reversed(range(50)):
        written = (await asyncio.to_thread((device / "disk").stat)).st_blocks * 512
        try:
            await _does("mount", "-o", f"remount,size={written}", device)
        except Stuck:
            if not left:
                raise
        else:
            return


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
