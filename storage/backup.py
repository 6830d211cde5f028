"""Copying the database while a bot runs, and beginning again from such a copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from storage import migrations
from storage.opening import FILE, open_database, sync_folder
from storage.trouble import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from storage.storage import Storage

KEPT = frozenset({"tocsin.lock", "health.json"})
"""Files of a data folder that hold nothing of a campaign and may stand beside a restored database."""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """What a backup was about to say: whether it was said since, nothing can tell."""

    waiting: int
    sending: int

    @property
    def total(self) -> int:
        """How many messages that makes."""
        return self.waiting + self.sending


def backup(folder: Path, to: Path) -> int:
    """Copy the database of a data folder, at one moment, into a new file; return its size in bytes.

    A bot that runs on it goes on undisturbed. The copy is made beside `to` and takes that name once it was read whole.

    Raises:
        StorageError: there is no database, or the copy cannot be made or is not sound; there is no file `to`.
    """
    source = folder / FILE
    if not source.is_file():
        raise StorageError(f"there is no {source} yet: `tocsin run` makes it")
    if to.exists():
        raise StorageError(f"{to} is there already and was left as it is: choose another name")
    try:
        handle, name = tempfile.mkstemp(prefix=f"{to.name}.", suffix=".part", dir=to.parent)  # 0600
        os.close(handle)
        part = Path(name)
        try:
            _copy(source, part)
            _name(part, to)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot write {to}: {error.strerror}; the database is as it was") from error
    return to.stat().st_size


def restore(
    file: Path, folder: Path, now: datetime, then: Callable[[Storage, InDoubt], None] | None = None
) -> InDoubt:
    """Make a data folder from a backup: whole, or not at all. The caller holds the folder's lock.

    The backup is of the past, and the bot it was taken from went on speaking. So what was waiting or on its way in it
    is not sent: dispatches become `uncertain`, intents are settled, joining and leaving excepted, which do no harm twice.
    The new database has no device: with the old one a server would give it answers, and one day keys, that it never had.
    `then` runs in the transaction that does all this.

    Raises:
        StorageError: the file is no sound backup, or the folder is not empty; the folder is as it was.
    """
    if not file.is_file():
        raise StorageError(f"there is no file {file}")
    work = folder / ".restoring"
    try:
        shutil.rmtree(work, ignore_errors=True)  # of one that was killed
        others = sorted(one.name for one in folder.iterdir() if one.name not in KEPT)
        if others:
            raise StorageError(
                f"{folder} is not empty ({', '.join(others[:3])}): move it away first; nothing was overwritten"
            )
        work.mkdir(mode=0o700)
        try:
            os.close(os.open(work / FILE, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            _copy(file, work / FILE)
            database = open_database(work)
            try:
                doubt = database.transaction(lambda storage: _begin_again(storage, now, then))
            finally:
                database.close()
            (work / FILE).rename(folder / FILE)
            _lasts(folder / FILE)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise StorageError(f"cannot restore into {folder}: {error.strerror}; it is as it was") from error
    return doubt


def _begin_again(storage: Storage, now: datetime, then: Callable[[Storage, InDoubt], None] | None) -> InDoubt:
    doubt = InDoubt(*storage.undelivered.doubt_all("restored from a backup", now))
    storage.inbox.forget_devices()
    if then is not None:
        then(storage, doubt)
    return doubt


def _copy(source: Path, to: Path) -> None:
    """Copy a database into an empty file and read the copy whole. Raises StorageError or OSError."""
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=rw", uri=True)) as from_,
            closing(sqlite3.connect(to, isolation_level=None)) as copy,
        ):
            from_.backup(copy)  # in one step: one moment of a database that changes
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, which may be copied on as one
            problem = _problem(copy)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            raise StorageError(
                f"{source} is no database: a file of another kind, or a backup that was packed since"
            ) from error
        if code == sqlite3.SQLITE_CORRUPT:
            raise StorageError(f"{source} {_damaged(str(error))}") from error
        raise StorageError(f"cannot copy {source} to {to.parent}: {error}") from error
    if problem:
        raise StorageError(f"{source} {problem}")
    with to.open("rb") as file:
        os.fsync(file.fileno())


def _problem(copy: sqlite3.Connection) -> str:
    """What keeps a copy from being a backup, said of its source; empty if nothing does."""
    verdict = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        return _damaged(verdict)
    if not copy.execute("SELECT 1 FROM sqlite_master").fetchone():
        return "is empty"
    version = migrations.revision(copy)
    if version is None:
        return "is another program's database: there is nothing of Tocsin's in it"
    if not migrations.is_known(version):
        return f"was made by a newer Tocsin (its schema {version} is not known here): upgrade this one first"
    broken = copy.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        return _damaged(f"rows of {broken[0]} point at nothing")
    return ""


def _damaged(why: str) -> str:
    return f"is damaged ({' '.join(why.split())}): take an earlier backup"


def _name(part: Path, to: Path) -> None:
    """Give a finished copy its name, unless something bears it by now."""
    try:
        os.link(part, to)
    except FileExistsError:
        raise StorageError(f"{to} is there already and was left as it is: choose another name") from None
    except OSError:  # a file system without links, as on many sticks
        if to.exists():
            raise StorageError(f"{to} is there already and was left as it is: choose another name") from None
        part.rename(to)
    _lasts(to)


def _lasts(to: Path) -> None:
    """Make sure that a file which has just been given its name keeps it; there is none if that cannot be."""
    try:
        sync_folder(to.parent)
    except OSError:
        to.unlink(missing_ok=True)
        raise
