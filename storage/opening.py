"""Opening the database of a data folder: the lock that keeps a second bot out, integrity check, migrations."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import struct
from contextlib import closing, suppress
from typing import IO, TYPE_CHECKING

from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError

from storage import migrations
from storage.database import Database
from storage.trouble import StorageBusy, StorageDamaged, StorageError, StorageFull, meaning

if TYPE_CHECKING:
    from pathlib import Path

FILE = "tocsin.db"
LOCK = "tocsin.lock"


def lock(folder: Path) -> IO[str]:
    """Take the data folder for this process until the returned file is closed or the process ends.

    Raises:
        StorageBusy: another process has it; the message names its process id.
    """
    path = folder / LOCK
    file = open(  # noqa: SIM115 - it stays open, and is nobody else's to read
        path, "a+", opener=lambda path, flags: os.open(path, flags, 0o600)
    )
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise StorageBusy(
            f"another Tocsin (process {holder}) is running on {folder}: stop it first, one bot per account"
        ) from error
    if not (path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())):
        file.close()  # whoever had it until now has just taken its folder away: what is locked so is nobody's
        return lock(folder)
    with suppress(OSError):  # a full disk: who holds it cannot be said then, but it is held
        os.truncate(file.fileno(), 0)
        os.write(file.fileno(), str(os.getpid()).encode())
    return file


_SHARED = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0x40000002, 510, 0)
"""The lock (`struct flock`) of the bytes of which whoever has a database open has a part: SQLite's os_unix.c."""


def keep_written_ahead(folder: Path) -> None:
    """See to it that what a process wrote ahead and did not live to put into the file is on the disk.

    It is read from memory, which still holds what the disk refused: SQLite would put that into the file, of which the
    disk may then take one half. Written to another file, all of it is kept or it is said. Not while another process
    has the database open, which would go on with the former. This one has not yet: it would lose SQLite's locks.

    Raises:
        StorageError: the disk refuses it; nothing was changed.
    """
    path = folder / FILE
    ahead = path.with_name(f"{FILE}-wal")
    again = ahead.with_name(f"{ahead.name}.new")
    try:
        if not (path.exists() and ahead.exists() and ahead.stat().st_size):
            return
        with path.open("r+b") as file:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, _SHARED)
            with open(again, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as new:
                new.write(ahead.read_bytes())
                new.flush()
                os.fsync(new.fileno())
            again.replace(ahead)
            sync_folder(folder)
    except BlockingIOError:
        return
    except OSError as error:
        with suppress(OSError):
            again.unlink(missing_ok=True)
        raise cannot_use(path, error) from error


def is_older(folder: Path) -> bool:
    """Whether the database of a data folder has another schema than this program, and opening it would change that."""
    try:
        with closing(sqlite3.connect(folder / FILE)) as connection:
            return migrations.revision(connection) != migrations.head()
    except sqlite3.Error:
        return False  # whoever opens it says what is wrong with it


def open_database(folder: Path) -> Database:
    """Open the database of a data folder, making both if there is none, checked and brought to the newest schema.

    Raises:
        StorageError: it cannot be made, read or migrated; the message says which file and what to do.
    """
    path = folder / FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            os.close(os.open(path, os.O_RDWR))
            _check(path)
            migrations.upgrade(path)
        else:
            _make(path)
        database = Database(path)
        database.connect()
    except OSError as error:
        raise cannot_use(path, error) from error
    except CommandError as error:
        raise StorageError(
            f"{path} was made by another version of Tocsin ({error}): run the newest one"
        ) from error
    except migrations.BrokenReferences as error:
        raise StorageError(
            f"{path} cannot be brought to this version ({error}): it is as it was; go on with the version before"
        ) from error
    except (sqlite3.DatabaseError, DatabaseError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        raise _unusable(path, cause) from error
    return database


_ANOTHER = "choose another `data` folder"
_TAKEN = f"Something else stands where that folder is meant: {_ANOTHER}"
_REMEDIES = {
    errno.ENOENT: f"Nothing can be made there: {_ANOTHER}",
    errno.ENOTDIR: _TAKEN,
    errno.EEXIST: _TAKEN,
    errno.EACCES: f"Mend its permissions, or {_ANOTHER}",
    errno.EPERM: f"Mend its permissions, or {_ANOTHER}",
    errno.ENOSPC: f"Free some space, or {_ANOTHER}",
    errno.EDQUOT: f"Free some space, or {_ANOTHER}",
}


def remedy(error: OSError) -> str:
    """What whoever runs the bot can do where the data folder cannot be used."""
    return _REMEDIES.get(error.errno or 0, f"Mend its permissions or its disk, or {_ANOTHER}")


def cannot_use(path: Path, error: OSError) -> StorageError:
    """Why a data folder, or the database in it, cannot be used, and what to do."""
    return StorageError(f"cannot use {path}: {error.strerror}. {remedy(error)}; nothing was changed")


def _unusable(path: Path, cause: BaseException | None) -> StorageError:
    trouble = meaning(cause)
    if isinstance(trouble, StorageFull | StorageBusy):
        return StorageError(f"cannot open {path}: {trouble}")
    if isinstance(cause, sqlite3.OperationalError):
        return StorageError(f"cannot open {path}: {cause}")
    return StorageDamaged(
        f"{path} is not a sound database ({cause}); it was left as it is: move its folder away and restore the last "
        "backup (`tocsin restore`); what was said since is read again, as far as the servers keep it"
    )


def _make(path: Path) -> None:
    """Make a database beside its name and then give it its name: whatever bears it has a schema.

    An empty file under it is thus a lost one. SQLite would take it for a new one, and the bot would begin anew.
    """
    fresh = path.with_name(f"{path.name}.new")
    for left in path.parent.glob(f"{fresh.name}*"):
        left.unlink()  # by a process that was killed
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    migrations.upgrade(fresh)
    with closing(sqlite3.connect(fresh)) as connection:
        # While nobody looks: SQLite cannot turn its WAL on as long as somebody else reads.
        connection.execute("PRAGMA journal_mode = WAL")
    fresh.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check(path: Path) -> None:
    """Read every page once: better to refuse to start than to lose a signature later."""
    connection = sqlite3.connect(path)
    try:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict == "ok" and migrations.revision(connection) is None:
            verdict = "there is nothing of Tocsin's in it"
    finally:
        connection.close()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
