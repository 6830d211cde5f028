"""What a transaction has read already, kept for as long as it writes nothing that could change it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Delete, Insert, Table, Update
from sqlalchemy.sql import visitors

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sqlalchemy import Connection, Executable, FromClause, Select

_NAME = "tocsin-memory"


class Memory:
    """Answers of one transaction, each forgotten once one of the tables it was read from is written.

    A batch asks for the same room, campaign and letter again with every line of it.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] = {}
        self._read_from: dict[FromClause, set[Hashable]] = {}
        """Table → what was read from it."""

    def get(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever was kept
        """Return what was kept under a key; None if nothing is."""
        return self._kept.get(key)

    def keep(self, key: Hashable, answer: Any, tables: frozenset[FromClause]) -> None:  # noqa: ANN401 - as above
        """Remember an answer that was read from these tables. Whoever asks again gets the same object."""
        self._kept[key] = answer
        for table in tables:
            self._read_from.setdefault(table, set()).add(key)

    def written(self, table: FromClause) -> None:
        """Forget what was read from a table."""
        for key in self._read_from.pop(table, ()):
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything: what was written may have been undone."""
        self._kept.clear()
        self._read_from.clear()


def begin(connection: Connection) -> None:
    """Give the transaction that begins now a memory of its own."""
    connection.info[_NAME] = Memory()


def watch(connection: Connection, statement: Executable, *_: object) -> None:
    """Let every write be noted, whoever makes it. For the engine's `before_execute` event."""
    if isinstance(statement, Insert | Update | Delete):
        memory_of(connection).written(statement.table)


def memory_of(connection: Connection) -> Memory:
    """Return the memory of the open transaction."""
    memory: Memory = connection.info[_NAME]
    return memory


@cache
def tables_of(statement: Select[Any]) -> frozenset[FromClause]:
    """Every table a statement reads. The answer is kept for good: for statements that are made once."""
    return frozenset(part for part in visitors.iterate(statement) if isinstance(part, Table))
