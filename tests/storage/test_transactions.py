"""A transaction is whole or not at all, for this process, for two at once, and for one that is killed."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from sqlalchemy.exc import IntegrityError, StatementError

from campaign.chat import MATRIX
from storage.opening import FILE, _make, keep_written_ahead, lock, open_database
from storage.trouble import StorageBusy, StorageError, is_fatal
from tests.storage.made import ANA, NOW, dump, fill, make, rows, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.database import Database
    from storage.storage import Storage
    from tests.storage.made import Made


class Mishap(Exception):
    pass


def everything(database: Database) -> list[str]:
    return dump(database.path.parent)


def rooms(storage: Storage) -> list[str]:
    return [room.address for room in storage.rooms.all()]


def known(database: Database) -> list[str]:
    return database.transaction(rooms, writes=False)


# --- all or nothing


@pytest.mark.parametrize("mishap", [Mishap, KeyboardInterrupt, asyncio.CancelledError])
def test_what_raises_leaves_nothing_behind(database: Database, mishap: type[BaseException]) -> None:
    before = everything(database)

    def work(storage: Storage) -> NoReturn:
        fill(storage)
        raise mishap

    with pytest.raises(mishap):
        database.transaction(work)

    assert everything(database) == before


def test_control_the_same_writes_without_the_raise_are_kept(database: Database) -> None:
    before = everything(database)

    database.transaction(fill)

    assert len(everything(database)) > len(before) + 20


def test_a_broken_rule_of_the_database_undoes_what_came_before_it(database: Database, made: Made) -> None:
    before = everything(database)

    def work(storage: Storage) -> None:
        storage.rooms.ensure(MATRIX, "!new:example.org")
        storage.organisations.alias(made.other, "Picasoft", "picasoft")

    with pytest.raises(IntegrityError) as refused:
        database.transaction(work)

    assert everything(database) == before
    assert not is_fatal(refused.value)
    assert "Picasoft" not in str(refused.value)  # what people wrote stays out of logs


def test_a_reference_to_nothing_is_refused(database: Database, made: Made) -> None:
    with pytest.raises(IntegrityError):
        database.transaction(lambda storage: storage.campaigns.enrol(made.campaign, 999, NOW))


def test_a_naive_instant_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(StatementError, match="needs a zone"):
        database.transaction(lambda storage: storage.people.ensure(ANA, "Ana", naive))


def test_a_savepoint_undoes_its_block_alone(database: Database) -> None:
    def fail(storage: Storage, *addresses: str) -> NoReturn:
        with storage.savepoint():
            for address in addresses:
                with storage.savepoint():
                    storage.rooms.ensure(MATRIX, address)
            raise Mishap

    def work(storage: Storage) -> None:
        storage.rooms.ensure(MATRIX, "!before:example.org")
        with pytest.raises(Mishap):
            fail(storage, "!inside:example.org", "!deeper:example.org")
        with storage.savepoint():
            storage.rooms.ensure(MATRIX, "!kept:example.org")
            with pytest.raises(Mishap):
                fail(storage, "!undone:example.org")
        storage.rooms.ensure(MATRIX, "!after:example.org")

    database.transaction(work)

    assert known(database) == ["!before:example.org", "!kept:example.org", "!after:example.org"]


def test_a_savepoint_does_not_outlive_its_transaction(database: Database) -> None:
    def work(storage: Storage) -> NoReturn:
        with storage.savepoint():
            storage.rooms.ensure(MATRIX, "!inside:example.org")
        raise Mishap

    with pytest.raises(Mishap):
        database.transaction(work)

    assert known(database) == []


# --- the two threads


async def test_a_write_through_the_reader_fails(database: Database) -> None:
    def work(storage: Storage) -> None:
        storage.rooms.ensure(MATRIX, "!new:example.org")

    with pytest.raises(StorageError, match="readonly"):
        await database.read(work)
    assert await database.read(rooms) == []

    await database.write(work)  # control
    assert await database.read(rooms) == ["!new:example.org"]


def test_a_reader_sees_one_moment_and_delays_no_writer(database: Database) -> None:
    def look(storage: Storage) -> tuple[list[str], list[str]]:
        before = rooms(storage)
        database.transaction(lambda other: other.rooms.ensure(MATRIX, "!new:example.org"))
        return before, rooms(storage)

    assert database.transaction(look, writes=False) == ([], [])
    assert known(database) == ["!new:example.org"]


async def test_read_modify_write_by_many_at_once_loses_nothing(database: Database) -> None:
    def work(storage: Storage) -> None:
        cursor = int(storage.inbox.cursors(MATRIX).get("sync", "0"))
        storage.inbox.move(MATRIX, {"sync": str(cursor + 1)}, NOW)

    await asyncio.gather(*(database.write(work) for _ in range(50)))

    assert await database.read(lambda storage: storage.inbox.cursors(MATRIX)) == {"sync": "50"}


async def test_a_cancelled_caller_leaves_a_whole_transaction(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(storage: Storage) -> None:
        storage.rooms.ensure(MATRIX, "!first:example.org")
        begun.set()
        assert go_on.wait(10)
        storage.rooms.ensure(MATRIX, "!second:example.org")

    caller = asyncio.create_task(database.write(work))
    await asyncio.to_thread(begun.wait, 10)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()

    assert await database.write(rooms) == ["!first:example.org", "!second:example.org"]


def test_the_connections_are_as_safe_as_sqlite_makes_them(database: Database) -> None:
    def settings(storage: Storage) -> list[object]:
        return [
            rows(storage, f"PRAGMA {name}")[0][0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "query_only")
        ]

    assert database.transaction(settings) == ["wal", 2, 1, 0]
    assert database.transaction(settings, writes=False) == ["wal", 2, 1, 1]


def test_the_files_are_nobody_elses_to_read_and_one_is_left_at_the_end(folder: Path) -> None:
    umask = os.umask(0)
    try:
        database = open_database(folder)
        database.transaction(make)
        database.transaction(rooms, writes=False)
        held = lock(folder)
        assert {one.name for one in folder.iterdir()} >= {FILE, f"{FILE}-wal", "tocsin.lock"}
        assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        os.umask(umask)
    database.close()
    held.close()

    assert {one.name for one in folder.iterdir()} == {FILE, "tocsin.lock"}


@pytest.mark.parametrize("name", ["what?", "50%25 off", "a#b", "être là", "x?mode=memory&cache=shared"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    database = open_database(tmp_path / name)
    database.transaction(make)
    database.close()

    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert any("Sauvons-le" in line for line in dump(tmp_path / name))


# --- two processes

OTHER = """
import sys
from pathlib import Path
from campaign.chat import MATRIX
from storage.opening import lock, open_database
from tests.storage.made import NOW, make, said

folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
held = lock(folder)
database = open_database(folder)
database.transaction(make)

def work(storage):
    room = storage.rooms.ensure(MATRIX, "!uncommitted:example.org")
    for number in range(40):  # more than a cache holds: it is in the files before the commit
        storage.outbox.put(MATRIX, said("x" * 100_000), NOW, room=room.id)
    print("ready", flush=True)
    if sys.stdin.readline() != "commit\\n":
        raise SystemExit

database.transaction(work)
print("committed", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process in the middle of a transaction, which it commits when it is told so."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path.cwd(),
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_a_second_bot_is_refused_and_told_who_has_it(folder: Path) -> None:
    with another(folder) as process:
        for _ in range(2):
            with pytest.raises(
                StorageBusy, match=rf"another Tocsin \(process {process.pid}\) is running"
            ) as refused:
                lock(folder)
        assert str(folder) in str(refused.value)
        assert "\n" not in str(refused.value)


def test_in_one_process_too(folder: Path) -> None:
    folder.mkdir()
    held = lock(folder)
    with pytest.raises(StorageBusy, match=str(os.getpid())):
        lock(folder)
    held.close()

    lock(folder).close()


def test_kill_9_frees_the_lock_keeps_what_was_committed_and_nothing_else(folder: Path) -> None:
    with another(folder) as process:
        assert (folder / f"{FILE}-wal").stat().st_size > 1_000_000
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL

    held = lock(folder)
    database = open_database(folder)
    addresses, counts = database.transaction(lambda storage: (rooms(storage), storage.outbox.counts()))
    database.close()
    held.close()
    assert addresses == ["!coop:example.org"]
    assert counts == {"waiting": 0}


def test_control_what_it_commits_before_it_is_killed_is_there(folder: Path) -> None:
    with another(folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("commit\n")
        process.stdin.flush()
        assert process.stdout.readline() == "committed\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    database = open_database(folder)
    addresses, counts = database.transaction(lambda storage: (rooms(storage), storage.outbox.counts()))
    database.close()
    assert addresses == ["!coop:example.org", "!uncommitted:example.org"]
    assert counts == {"waiting": 40}


@pytest.fixture
def killed(database: Database, made: Made, tmp_path: Path) -> Path:
    """A data folder as a process leaves it that was killed: all there is was written ahead."""
    folder = tmp_path / "killed"
    shutil.copytree(database.path.parent, folder)
    return folder


def test_what_was_written_ahead_is_written_to_another_file_before_it_is_read(killed: Path) -> None:
    """It would be read from memory, which holds what the disk may have refused."""
    ahead = killed / f"{FILE}-wal"
    content, before = ahead.read_bytes(), ahead.stat()
    keep_written_ahead(killed)
    assert ahead.read_bytes() == content
    assert ahead.stat().st_ino != before.st_ino
    assert ahead.stat().st_mode == before.st_mode
    opened = open_database(killed)
    assert known(opened) == ["!coop:example.org"]
    opened.close()
    assert {one.name for one in killed.iterdir()} == {FILE}


def test_what_is_written_ahead_stays_where_it_is_while_anybody_has_the_database_open(killed: Path) -> None:
    ahead = killed / f"{FILE}-wal"
    before = ahead.stat()
    look = (
        "import sqlite3, sys; one = sqlite3.connect(sys.argv[1]); "
        "print(one.execute('SELECT count(*) FROM rooms').fetchone()[0], flush=True); input()"
    )
    command = [sys.executable, "-c", look, str(killed / FILE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as looking:
        assert looking.stdout is not None
        assert looking.stdout.readline() == "1\n"
        keep_written_ahead(killed)
        assert os.path.samestat(ahead.stat(), before)
        looking.communicate("\n")
    assert not ahead.exists(), "who had it open last has put it into the file"
    keep_written_ahead(killed)


def test_a_disk_that_refuses_what_was_written_ahead_is_said(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk's refusal is made here: the fault runs have a real one."""
    before = {one.name: one.read_bytes() for one in killed.iterdir()}

    def refuses(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("storage.opening.os.fsync", refuses)
        with pytest.raises(StorageError, match=r"cannot use .*: Input/output error.*nothing was changed"):
            keep_written_ahead(killed)
    assert {one.name: one.read_bytes() for one in killed.iterdir()} == before
    opened = open_database(killed)
    assert known(opened) == ["!coop:example.org"]
    opened.close()


def test_another_program_that_writes_is_named_busy_and_nothing_is_lost(
    database: Database, made: Made
) -> None:
    def put(storage: Storage) -> int:
        return storage.outbox.put(MATRIX, said(), NOW, room=made.room)

    def hurry(storage: Storage) -> None:
        rows(storage, "PRAGMA busy_timeout = 20")

    database.transaction(hurry)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy, match="another program is using the database"):
            database.transaction(put)
        assert known(database) == ["!coop:example.org"]  # reading goes on
        other.execute("COMMIT")

    database.transaction(put)
    assert database.transaction(lambda storage: storage.outbox.counts()) == {"waiting": 1}


def test_somebody_who_reads_a_new_database_does_not_keep_its_bot_from_working(folder: Path) -> None:
    """The WAL cannot be turned on while another reads: it is on before the file has its name."""
    open_database(folder).close()
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM rooms").fetchone()
        database = open_database(folder)
        assert database.transaction(lambda storage: storage.rooms.all()) in ((), [])
        other.execute("COMMIT")
        database.close()


def test_a_new_database_is_made_with_its_wal_on(folder: Path) -> None:
    folder.mkdir()
    _make(folder / FILE)
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as looking:
        assert looking.execute("PRAGMA journal_mode").fetchone() == ("wal",)
