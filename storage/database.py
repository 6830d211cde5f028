"""The database while it is open: engines, PRAGMAs, transactions, each in one of two threads."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DatabaseError

from storage import memory
from storage.steps import reached
from storage.storage import Storage
from storage.trouble import HELD, StorageBusy, StorageError, StorageFull, meaning, named

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")
LARGEST_REWRITTEN = 100_000_000
"""Bytes up to which the file is written anew once somebody was erased: about a second."""
REWRITTEN_WITHIN = 600.0
"""Seconds within which that is done on the slowest of disks: the thread does not hang for so long."""
WAITS_FOR_OTHERS, TIDIES_WITHOUT_WAITING = 5.0, 0.2
"""Seconds a transaction waits for another program to let go of the database; and tidying, for which who signs waits."""
LEAST_ROOM = 1_000_000
"""Bytes free below which nothing is begun: a batch that fails half-way costs a login and the whole batch again."""


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
    # state, and the second could not write. See docs/decisions/0001.
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
        self._rewrites_since: float | None = None
        """Since when the writing thread writes the file anew (by the monotonic clock), if it does."""

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
        except (DatabaseError, sqlite3.Error) as error:
            raise named(error) from error
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
            raise meaning(error) or StorageError(f"cannot tidy {self.path}: {error}") from error
        if blocked:
            raise StorageBusy(
                "another program is reading the database: what was erased may still be in its log"
            )

    async def tidied(self) -> None:
        """Run `tidy` on the writing thread. Raises as it does."""

        def rewrite() -> None:
            self._rewrites_since = time.monotonic()
            try:
                self.tidy()
            finally:
                self._rewrites_since = None

        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._threads[True], rewrite))

    async def pulse(self) -> None:
        """Return once both threads have taken a turn: neither hangs, whatever they would say of the disk.

        The one that writes the file anew is not waited for: ended on a slow disk, it would begin that again at each start.
        """
        since, loop = self._rewrites_since, asyncio.get_running_loop()
        rewrites = since is not None and time.monotonic() - since < REWRITTEN_WITHIN
        turns = [one for writes, one in self._threads.items() if not (writes and rewrites)]
        await asyncio.gather(*(loop.run_in_executor(one, lambda: None) for one in turns))

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
