"""What was read already and cannot have changed since: a room, a campaign and a letter are asked for with every line."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Delete, Insert, Table, Update, event
from sqlalchemy.sql import visitors

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from sqlalchemy import Connection, Engine, Executable, FromClause, Select
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

MOST = 10_000
"""How many answers are kept; with more, all are forgotten."""
_NAME = "tocsin-memory"


class Memory:
    """Answers kept by one connection, each forgotten once one of the tables it was read from is written.

    All are forgotten when anything is undone, and when another connection has written. See `listen`.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}
        self._read_from: dict[FromClause, set[Hashable]] = {}
        """Table → what was read from it."""
        self._version: int | None = None
        self._writes: Counter[FromClause] = Counter()
        """Table → how often it has been written here."""
        self._strangers = 0
        """How often others have written, as far as one can tell."""

    def begins(self, version: int | None) -> None:
        """Note that a transaction begins. `version` changes when others have written; with None it may have."""
        if version is None or version != self._version:
            self.clear()
            self._strangers += 1
        self._version = version

    def get(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever was kept
        """Return what was kept under a key; None if nothing is."""
        return self._kept.get(key)

    def keep(self, key: Hashable, answer: Any, tables: frozenset[FromClause]) -> None:  # noqa: ANN401 - as above
        """Remember an answer that was read from these tables. Whoever asks again gets the same object."""
        if len(self._kept) >= MOST:
            self.clear()
        self._kept[key] = answer
        for table in tables:
            self._read_from.setdefault(table, set()).add(key)

    def written(self, table: FromClause) -> None:
        """Forget what was read from a table."""
        self._writes[table] += 1
        for key in self._read_from.pop(table, ()):
            self._kept.pop(key, None)

    def stamp(self, tables: Iterable[FromClause]) -> Hashable:
        """Return what stays equal as long as nobody has written these tables: for what is held outside of transactions.

        It may change without need: what is written and undone counts.
        """
        return (id(self), self._strangers, sum(self._writes[table] for table in tables))

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._read_from.clear()


def memory_of(connection: Connection) -> Memory:
    """Return the memory of a connection whose engine is listened to."""
    memory: Memory = connection.info[_NAME]
    return memory


def listen(engine: Engine, *, writes: bool) -> None:
    """Give every connection of an engine a memory, and tell it of all that is written, whoever does it.

    What is undone, a transaction or a savepoint, whoever undoes it has to tell.
    Only a connection that `writes` remembers from one transaction to the next: it holds the lock from its first
    statement on, so that nobody can write after it was asked whether somebody has.
    """

    @event.listens_for(engine, "connect")
    def connect(_: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info[_NAME] = Memory()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        version = None
        if writes:
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA data_version")
            (version,) = cursor.fetchone() or (None,)
            cursor.close()
        memory_of(connection).begins(version)

    @event.listens_for(engine, "before_execute")
    def execute(connection: Connection, statement: Executable, *_: object) -> None:
        if isinstance(statement, Insert | Update | Delete):
            memory_of(connection).written(statement.table)


@cache
def tables_of(statement: Select[Any]) -> frozenset[FromClause]:
    """Every table a statement reads. The answer is kept for good: for statements that are made once."""
    return frozenset(part for part in visitors.iterate(statement) if isinstance(part, Table))
