"""Trouble with the disk or the file: what was committed stays, and the message says what happened and what to do."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from campaign.chat import MATRIX
from storage import migrations
from storage.opening import FILE, lock, open_database
from storage.trouble import StorageDamaged, StorageError, StorageFull, is_fatal
from tests.storage.made import NOW, dump, filled, make, said

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage
    from tests.storage.made import Made


def put_much(storage: Storage) -> None:
    room = storage.rooms.ensure(MATRIX, "!much:example.org")
    for _ in range(40):
        storage.outbox.put(MATRIX, said("x" * 100_000), NOW, room=room.id)


def rooms(storage: Storage) -> list[str]:
    return [room.address for room in storage.rooms.all()]


def waiting(storage: Storage) -> int:
    return storage.outbox.counts()["waiting"]


# --- the disk


def test_what_sqlite_itself_says_of_the_disk_is_known_as_well(database: Database) -> None:
    """A savepoint is said to SQLite directly: its error comes without the engine's wrapping."""

    def raw(storage: Storage) -> sqlite3.Connection:
        return cast("sqlite3.Connection", storage._connection.connection.driver_connection)

    def full(storage: Storage) -> None:
        (used,) = raw(storage).execute("PRAGMA page_count").fetchone()
        raw(storage).execute(f"PRAGMA max_page_count = {used}")
        with pytest.raises(sqlite3.OperationalError) as told:
            raw(storage).execute("CREATE TABLE much AS SELECT zeroblob(1000000)")
        assert is_fatal(told.value)
        raise told.value

    with pytest.raises(StorageFull):
        database.transaction(full)

    def mistaken(storage: Storage) -> None:
        with pytest.raises(sqlite3.OperationalError) as told:
            raw(storage).execute("SELECT nothing FROM nowhere")
        assert not is_fatal(told.value)

    database.transaction(mistaken)


@pytest.mark.parametrize("disk", ["3m"], indirect=True)
def test_on_a_full_disk_nothing_changes_and_it_goes_on_when_there_is_room(disk: Path) -> None:
    database = open_database(disk / "data")
    try:
        database.transaction(make)
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * (shutil.disk_usage(disk).free - 200_000))
        with pytest.raises(StorageFull) as full:
            database.transaction(put_much)
        assert re.match(r"the disk is full .*nothing is lost.*: free some space$", str(full.value))
        assert database.transaction(rooms, writes=False) == ["!coop:example.org"]
        with pytest.raises(StorageFull, match=f"{disk}.* is full.*free some space"):
            database.ensure_room()

        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=40m", disk], check=True)
        database.ensure_room()
        database.transaction(put_much)
        assert database.transaction(waiting, writes=False) == 40
    finally:
        database.close()


@pytest.mark.parametrize("disk", ["3m"], indirect=True)
def test_on_a_read_only_disk_it_does_not_start_and_says_why(disk: Path) -> None:
    folder = disk / "data"
    filled(folder)
    before = dump(folder)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(StorageError) as refused:
        open_database(folder)
    assert str(refused.value) == (
        f"cannot use {folder / FILE}: Read-only file system. Mend its permissions or its disk, or choose another "
        "`data` folder; nothing was changed"
    )
    with pytest.raises(OSError, match="Read-only"):
        lock(folder)
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    open_database(folder).close()
    assert dump(folder) == before


def test_a_disk_that_becomes_read_only_is_waited_for(database: Database, made: Made) -> None:
    """SQLite's own refusal to write stands for the disk's: it is the same error."""
    with closing(database._engines[True].raw_connection()) as connection:
        connection.cursor().execute("PRAGMA query_only = ON")
    with pytest.raises(StorageFull, match=r"the database is read-only .*nothing is lost.*writable"):
        database.transaction(put_much)
    with closing(database._engines[True].raw_connection()) as connection:
        connection.cursor().execute("PRAGMA query_only = OFF")
    database.transaction(put_much)
    assert database.transaction(waiting) == 40


@pytest.mark.parametrize("disk", ["200k"], indirect=True)
def test_a_disk_that_is_full_at_the_first_start_is_said(disk: Path) -> None:
    (disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(disk).free - 60_000))
    with pytest.raises(StorageError, match="the disk is full") as refused:
        open_database(disk / "data")
    assert str(disk / "data" / FILE) in str(refused.value)
    assert not (disk / "data" / FILE).exists()
    (disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
    open_database(disk / "data").close()


# --- the file


@pytest.mark.parametrize("what", ["empty", "cut short", "a page", "the header"])
def test_a_damaged_file_is_refused_left_as_it_is_and_the_message_says_what_to_do(
    folder: Path, what: str
) -> None:
    filled(folder)
    path = folder / FILE
    match what:
        case "empty":
            os.truncate(path, 0)
        case "cut short":
            os.truncate(path, 4096 * 9 + 17)
        case _:
            with path.open("r+b") as file:
                file.seek(0 if what == "the header" else 4096 * 5)
                file.write(b"\xa5" * 4096)
    before = path.read_bytes()
    with pytest.raises(StorageDamaged) as refused:
        open_database(folder)
    text = str(refused.value)
    assert text.startswith(f"{path} is not a sound database (")
    assert text.endswith(
        "it was left as it is: move its folder away and restore the last backup (`tocsin restore`); what was said "
        "since is read again, as far as the servers keep it"
    )
    assert path.read_bytes() == before


def test_damage_while_running_is_told_from_a_disk_that_will_mend(folder: Path) -> None:
    filled(folder)
    database = open_database(folder)
    try:
        pages = (folder / FILE).stat().st_size // 4096
        with (folder / FILE).open("r+b") as file:
            for page in range(1, pages):
                file.seek(4096 * page)
                file.write(b"\xa5" * 4096)
        with pytest.raises(StorageDamaged, match=r"the database is damaged .*tocsin restore"):
            database.transaction(make)
    finally:
        database.close()


def test_a_first_start_that_was_killed_begins_anew(folder: Path) -> None:
    folder.mkdir()
    (folder / f"{FILE}.new").write_bytes(b"half")
    (folder / f"{FILE}.new-journal").write_bytes(b"half")
    open_database(folder).close()
    assert [one.name for one in folder.iterdir()] == [FILE]


# --- a migration that is killed

KILLED = '''
"""A made revision."""
import os, signal
from alembic import op
import sqlalchemy as sa
revision = "made"
down_revision = "{head}"
def upgrade():
    for name in ("people", "rooms", "organisations", "campaigns"):
        with op.batch_alter_table(name, recreate="always") as table:
            table.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="x" * 10_000))
        if name == "{last}":
            os.kill(os.getpid(), signal.SIGKILL)
'''
OPEN = """
import sys
from pathlib import Path
from storage import migrations
from storage.opening import open_database
migrations.HERE = Path(sys.argv[2])
open_database(Path(sys.argv[1])).close()
"""


@pytest.mark.parametrize("last", ["people", "campaigns", "never"])
def test_a_killed_migration_leaves_the_old_schema_whole(folder: Path, tmp_path: Path, last: str) -> None:
    filled(folder)
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute(
            "UPDATE people SET name = name || hex(zeroblob(2000000))"
        )  # spills out of the cache
    before = dump(folder)
    here = tmp_path / "migrations"
    shutil.copytree(migrations.HERE, here, ignore=shutil.ignore_patterns("__pycache__"))
    with closing(sqlite3.connect(folder / FILE)) as connection:
        head = migrations.revision(connection)
    (here / "versions" / "made.py").write_text(KILLED.format(head=head, last=last), "utf-8")

    command = [sys.executable, "-c", OPEN, str(folder), str(here)]
    done = subprocess.run(command, check=False, cwd=Path.cwd(), timeout=60)

    if last == "never":
        assert done.returncode == 0
        assert dump(folder) != before
        return
    assert done.returncode == -signal.SIGKILL
    open_database(folder).close()
    assert dump(folder) == before
