"""A backup is whole, of one moment and sound, or there is none; a restored one speaks of nothing it may have said."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import stat
import threading
from contextlib import closing
from typing import IO, TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP
from storage.backup import InDoubt, backup, restore
from storage.opening import FILE, LOCK, lock, open_database
from storage.trouble import StorageError
from tests.storage.made import NOW, dump, fill, filled, rows, said

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database
    from storage.storage import Storage


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


# --- backup


def test_a_backup_holds_what_is_still_in_the_log_and_is_one_private_file(
    folder: Path, database: Database, copy: Path
) -> None:
    held = lock(folder)
    database.transaction(fill)
    assert (folder / f"{FILE}-wal").stat().st_size, "the newest rows stand beside the file"
    umask = os.umask(0)
    try:
        size = backup(folder, copy)
    finally:
        os.umask(umask)
    held.close()

    assert copy.stat().st_size == size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert names(copy.parent) == {folder.name, copy.name}
    assert content(copy) == dump(folder)


def test_a_backup_is_of_one_moment_and_delays_no_writer(
    folder: Path, database: Database, tmp_path: Path
) -> None:
    """Two counters that every transaction moves together are equal in every backup."""
    enough = threading.Event()
    written: list[int] = []

    def write() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            database.transaction(
                lambda storage, n=number: storage.inbox.move(MATRIX, {"a": str(n), "b": str(n)}, NOW)
            )
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 5:
            pass
        before = len(written)
        for number in range(5):
            backup(folder, tmp_path / f"{number}.db")
        during = len(written) - before
    finally:
        enough.set()
        writer.join()
    assert during > 5
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as connection:
            found = dict(connection.execute("SELECT scope, cursor FROM cursors"))
        assert found["a"] == found["b"]


def test_a_backup_never_overwrites(folder: Path, copy: Path) -> None:
    filled(folder)
    copy.write_text("the only other copy")
    with pytest.raises(StorageError, match=r"copy\.db is there already"):
        backup(folder, copy)
    assert copy.read_text() == "the only other copy"


@pytest.mark.parametrize("harm", ["a page", "a reference", "the version", "the end"])
def test_what_is_not_sound_makes_no_backup(folder: Path, copy: Path, harm: str) -> None:
    filled(folder)
    path = folder / FILE
    if harm == "a page":
        with path.open("r+b") as file:
            file.seek(4096 * 7)
            file.write(b"\xa5" * 4096)
    elif harm == "the end":
        os.truncate(path, 4096 * 9)
    else:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "UPDATE signatures SET campaign_id = 99"
                if harm == "a reference"
                else "UPDATE alembic_version SET version_num = 'f00dfeed'"
            )
    with pytest.raises(StorageError):
        backup(folder, copy)
    assert names(copy.parent) == {folder.name}


def test_a_backup_of_nothing_says_so_and_makes_nothing(folder: Path, copy: Path) -> None:
    with pytest.raises(StorageError, match="tocsin run"):
        backup(folder, copy)
    assert not folder.exists()


@pytest.mark.parametrize("disk", ["64k"], indirect=True)
def test_a_backup_onto_a_full_disk_leaves_nothing_there(folder: Path, disk: Path) -> None:
    filled(folder)
    before = dump(folder)
    with pytest.raises(StorageError, match="full") as refused:
        backup(folder, disk / "copy.db")
    assert "\n" not in str(refused.value)
    assert list(disk.iterdir()) == []
    assert dump(folder) == before


# --- restore


def restored(folder: Path, copy: Path, tmp_path: Path) -> tuple[Path, InDoubt]:
    backup(folder, copy)
    new = tmp_path / "new"
    new.mkdir()
    return new, restore(copy, new, NOW)


def test_a_restored_database_has_everything_but_a_device_and_things_to_say(
    folder: Path, copy: Path, tmp_path: Path
) -> None:
    filled(folder)
    new, doubt = restored(folder, copy, tmp_path)

    assert doubt == InDoubt(waiting=1, sending=1)
    assert names(new) == {FILE}
    assert stat.S_IMODE((new / FILE).stat().st_mode) == 0o600
    told = ("INSERT INTO devices", "INSERT INTO dispatches", "INSERT INTO outbox", "INSERT INTO files")

    def facts(where: Path) -> list[str]:
        # A table that was rebuilt may be named otherwise by the dump: rows are what counts.
        return sorted(line.replace('"', "") for line in dump(where) if line.startswith("INSERT"))

    kept = [line for line in facts(folder) if not line.startswith(told)]
    assert [line for line in facts(new) if not line.startswith(told)] == kept
    database = open_database(new)
    try:
        database.transaction(_nothing_to_say)
    finally:
        database.close()


def _nothing_to_say(storage: Storage) -> None:
    assert not storage.outbox.waiting(MATRIX)
    assert not storage.outbox.waiting(XMPP)
    assert not storage.dispatches.sending(MATRIX)
    assert rows(storage, "SELECT state, error FROM dispatches ORDER BY state") == [
        ("uncertain", "restored from a backup"),
        ("unsaid", "restored from a backup"),
    ]
    assert storage.inbox.device(MATRIX, "@tocsin:example.org", "TOCSIN2") == "TOCSIN2"
    assert storage.inbox.cursors(MATRIX) == {"sync": "s1_2"}


def test_entering_a_room_stays_to_be_done(
    folder: Path, database: Database, copy: Path, tmp_path: Path
) -> None:
    def work(storage: Storage) -> None:
        room = storage.rooms.ensure(MATRIX, "!new:example.org")
        storage.outbox.put(MATRIX, said(), NOW, room=room.id, intent="join")

    database.transaction(work)
    new, doubt = restored(folder, copy, tmp_path)
    assert doubt.total == 0
    again = open_database(new)
    (row,) = again.transaction(lambda storage: storage.outbox.waiting(MATRIX))
    again.close()
    assert row.intent == "join"


@pytest.mark.parametrize("there", [FILE, f"{FILE}-wal", "crypto.db"])
def test_restoring_overwrites_nothing_and_mixes_with_nothing(
    folder: Path, copy: Path, tmp_path: Path, there: str
) -> None:
    filled(folder)
    backup(folder, copy)
    new = tmp_path / "new"
    new.mkdir()
    (new / there).write_text("old")
    with pytest.raises(StorageError, match="not empty"):
        restore(copy, new, NOW)
    assert names(new) == {there}
    assert (new / there).read_text() == "old"


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("nothing", "there is no file"),
        ("no database", "is no database: a file of another kind"),
        ("empty", "is empty"),
        ("another program's", "is another program's database"),
        ("cut short", "is damaged"),
        ("broken references", "is damaged (rows of addresses point at nothing): take an earlier backup"),
        (
            "newer",
            "was made by a newer Tocsin (its schema f00dfeed is not known here): upgrade this one first",
        ),
    ],
)
def test_what_is_no_backup_is_refused(folder: Path, copy: Path, tmp_path: Path, what: str, why: str) -> None:
    filled(folder)
    if what == "no database":
        copy.write_text("no database " * 1000)
    elif what == "empty":
        copy.touch()
    elif what != "nothing":
        backup(folder, copy)
    if what == "cut short":
        os.truncate(copy, copy.stat().st_size // 2)
    changes = {
        "another program's": "DROP TABLE alembic_version",
        "broken references": "UPDATE addresses SET person_id = 4711",
        "newer": "UPDATE alembic_version SET version_num = 'f00dfeed'",
    }
    if what in changes:
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute(changes[what])
    new = tmp_path / "new"
    new.mkdir()
    with pytest.raises(StorageError) as refused:
        restore(copy, new, NOW)
    assert str(copy) in str(refused.value)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
    assert names(new) == set()


def test_restoring_that_was_killed_is_no_obstacle(folder: Path, copy: Path, tmp_path: Path) -> None:
    filled(folder)
    (tmp_path / "new" / ".restoring").mkdir(parents=True)
    (tmp_path / "new" / ".restoring" / FILE).write_text("half")
    backup(folder, copy)
    restore(copy, tmp_path / "new", NOW)
    assert names(tmp_path / "new") == {FILE}


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_a_name_that_may_not_last_is_taken_away_again(
    folder: Path, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    filled(folder)
    new = tmp_path / "new"
    new.mkdir()
    if what == "restore":
        backup(folder, copy)

    def failing(_: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("storage.backup.sync_folder", failing)
    with pytest.raises(StorageError, match="Input/output error"):
        backup(folder, copy) if what == "backup" else restore(copy, new, NOW)
    assert copy.exists() == (what == "restore")
    assert names(new) == set()


def test_a_lock_whose_folder_was_taken_away_is_nobodys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever made a folder in vain takes it away, lock and all: another who has just opened that lock gets a new one."""
    folder.mkdir(exist_ok=True)
    real, taken_away = fcntl.flock, []

    def late(file: IO[str], how: int) -> None:
        if not taken_away:
            taken_away.append(folder / LOCK)
            (folder / LOCK).unlink()
        real(file, how)

    monkeypatch.setattr("storage.opening.fcntl.flock", late)
    held = lock(folder)
    assert taken_away
    with pytest.raises(StorageError, match="another Tocsin"):
        lock(folder)
    held.close()
