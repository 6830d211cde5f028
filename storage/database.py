"""Opening the database: engines, PRAGMAs, transactions, the lock that keeps a second bot out, integrity check."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import IO, TYPE_CHECKING, TypeVar, cast

from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DatabaseError

from storage import memory, migrations
from storage.steps import reached
from storage.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

log = logging.getLogger(__name__)
T = TypeVar("T")
FILE = "tocsin.db"
LARGEST_REWRITTEN = 100_000_000
"""Bytes up to which the file is written anew once somebody was erased: about a second."""
WAITS_FOR_OTHERS, TIDIES_WITHOUT_WAITING = 5.0, 0.2
"""Seconds a transaction waits for another program to let go of the database; and tidying, for which who signs waits."""
LEAST_ROOM = 1_000_000
"""Bytes free below which nothing is begun: a batch that fails half-way costs a login and the whole batch again."""


class StorageError(Exception):
    """The database cannot be used; the message says what happened and what to do."""


class StorageBusy(StorageError):
    """Another process writes here."""


class StorageFull(StorageError):
    """The disk is full, read-only or failing: nothing was changed, and nothing can be until that ends."""


class StorageDamaged(StorageError):
    """The file is not sound any more: to go on writing could only make it worse."""


def _engine(path: Path, *, writes: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # as text, a `?` in the path would end it
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,  # a fault that is logged must not carry what people wrote
        connect_args={"check_same_thread": False, "timeout": WAITS_FOR_OTHERS, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # what is erased must not be read out of free pages
        if not writes:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    # The driver's own BEGIN is deferred, and comes after the first SELECT: two readers would both decide on the same
    # state, and the second could not write. See RELIABILITY notes in docs/decisions.
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    memory.listen(engine, writes=writes)
    return engine


class Database:
    """A SQLite file with one writing thread and one reading thread.

    A transaction is a plain function of `Storage` that runs whole in the database's thread: it cannot await, so no
    transaction is ever held across the network, and it costs one hop however many statements it makes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engines = {writes: _engine(path, writes=writes) for writes in (True, False)}
        self._threads = {
            writes: ThreadPoolExecutor(1, thread_name_prefix=f"tocsin-{'write' if writes else 'read'}")
            for writes in (True, False)
        }

    def connect(self) -> None:
        """Make both connections, one after the other: SQLite turns its WAL on only while nobody else is there."""
        for engine in self._engines.values():
            engine.connect().close()

    def transaction(self, work: Callable[[Storage], T], *, writes: bool = True) -> T:
        """Run `work` in one transaction in this thread: committed when it returns, undone when it raises.

        Raises:
            StorageFull: the disk is full or read-only; nothing was changed.
            StorageError: the database is damaged or locked by something else.
        """
        reached("before-begin")
        try:
            with self._engines[writes].connect() as connection:
                storage = Storage(connection)
                try:
                    with connection.begin():
                        reached("after-begin")
                        result = work(storage)
                        reached("before-commit")
                except BaseException:
                    memory.memory_of(connection).clear()  # a COMMIT that failed undoes as well
                    storage.undone()
                    raise
        except DatabaseError as error:
            raise _named(error) from error
        reached("after-commit")
        return result

    async def write(self, work: Callable[[Storage], T]) -> T:
        """Run `work` in one immediate transaction on the writing thread. Raises as `transaction`."""
        return await self._run(work, writes=True)

    async def read(self, work: Callable[[Storage], T]) -> T:
        """Run `work` on the query-only connection, on a snapshot that never delays a signature."""
        return await self._run(work, writes=False)

    async def _run(self, work: Callable[[Storage], T], *, writes: bool) -> T:
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._threads[writes], lambda: self.transaction(work, writes=writes))
        # A caller that is cancelled leaves the transaction to finish: half of one does not exist.
        return await asyncio.shield(future)

    def tidy(self) -> None:
        """Leave nothing of what was erased in the file, nor in what was written ahead of it.

        What is deleted is overwritten as it goes; what was deleted before this was so goes with the file being written
        anew, which a large one is not (`LARGEST_REWRITTEN`): that would hold up who signs.

        Raises:
            StorageBusy: somebody reads what was written ahead, which therefore is still there.
            StorageError: it could not be done now, and nothing was lost.
        """
        try:
            with self._engines[True].connect() as connection:
                raw = cast("sqlite3.Connection", connection.connection.driver_connection)
                raw.execute(f"PRAGMA busy_timeout = {TIDIES_WITHOUT_WAITING * 1000:.0f}")
                try:
                    if self.path.stat().st_size <= LARGEST_REWRITTEN:
                        raw.execute("VACUUM")
                    # That it could not be done is its answer, and no error.
                    blocked = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                finally:
                    raw.execute(f"PRAGMA busy_timeout = {WAITS_FOR_OTHERS * 1000:.0f}")
        except sqlite3.Error as error:
            raise _trouble(error) or StorageError(f"cannot tidy {self.path}: {error}") from error
        if blocked:
            raise StorageBusy(
                "another program is reading the database: what was erased may still be in its log"
            )

    async def tidied(self) -> None:
        """Run `tidy` on the writing thread. Raises as it does."""
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._threads[True], self.tidy))

    async def pulse(self) -> None:
        """Return once both threads have taken a turn: neither hangs, whatever they would say of the disk."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(one, lambda: None) for one in self._threads.values()))

    def ensure_room(self) -> None:
        """Raise StorageFull if the disk holds no more than a small batch."""
        if shutil.disk_usage(self.path.parent).free < LEAST_ROOM:
            raise StorageFull(f"the disk of {self.path.parent} is full{HELD}: free some space")

    def close(self) -> None:
        """Let what runs finish, then close every connection."""
        for thread in self._threads.values():
            thread.shutdown(wait=True)
        for engine in self._engines.values():
            engine.dispose()


HELD = "; nothing is lost: what was taken is safe, and what is said meanwhile is read and answered afterwards"
_HELD_BY = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space"),
    sqlite3.SQLITE_READONLY: (
        "the database is read-only",
        "make its folder and its files writable for the user of the bot, or look why the disk became read-only",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk does not do what it is asked",
        "look into the system's log, and at how full and how sound the disk is",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the database cannot be opened",
        "look whether its folder is still there, and writable for the user of the bot",
    ),
}


def _named(error: DatabaseError) -> Exception:
    """Give an error that ends a transaction its name; one that is a programming mistake stays what it is."""
    return _trouble(error.orig) or error


def _trouble(error: BaseException | None) -> StorageError | None:
    """What an error of SQLite's means for whoever runs the bot; None if it is not about the file or its disk."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _HELD_BY:
        what, remedy = _HELD_BY[code]
        return StorageFull(f"{what} ({error}){HELD}: {remedy}")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageDamaged(
            f"the database is damaged ({error}): nothing more is written to it. Move its folder away and restore "
            "the last backup (`tocsin restore`); what was said since is read again, as far as the servers keep it"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageBusy(f"another program is using the database ({error}): close it")
    return None


def is_fatal(error: BaseException) -> bool:
    """Whether an error concerns the database itself rather than what was asked of it."""
    return isinstance(error, StorageError) or (
        isinstance(error, DatabaseError) and isinstance(_named(error), StorageError)
    )


def lock(folder: Path) -> IO[str]:
    """Take the data folder for this process until the returned file is closed or the process ends.

    Raises:
        StorageBusy: another process has it; the message names its process id.
    """
    file = open(  # noqa: SIM115 - it stays open, and is nobody else's to read
        folder / "tocsin.lock", "a+", opener=lambda path, flags: os.open(path, flags, 0o600)
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
    with suppress(OSError):  # a full disk: who holds it cannot be said then, but it is held
        os.truncate(file.fileno(), 0)
        os.write(file.fileno(), str(os.getpid()).encode())
    return file


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
        raise StorageError(f"cannot use {path}: {error.strerror}. {ELSEWHERE}") from error
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


ELSEWHERE = "Mend its permissions or its disk, or choose another `data` folder; nothing was changed"


def _unusable(path: Path, cause: BaseException | None) -> StorageError:
    trouble = _trouble(cause)
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
