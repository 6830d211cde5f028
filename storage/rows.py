"""What every query class shares: its connection, and reading rows as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from storage.memory import memory_of, tables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Executable, Select

T = TypeVar("T")


class Queries:
    """Named queries on one open transaction.

    With `keep`, what was read is remembered until the transaction writes to a table it was read from: for what every
    line of a batch asks again. The statement must be one that is made once.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._memory = memory_of(connection)

    def _one(
        self,
        kind: type[T],
        statement: Select[Any],
        values: dict[str, Any] | None = None,
        *,
        keep: bool = False,
    ) -> T | None:
        """Read the only row, its columns in the order of `kind`'s fields; None if there is none."""
        if keep:
            found = self._all(kind, statement, values, keep=True)
            return found[0] if found else None
        row = self._connection.execute(statement, values).first()
        return None if row is None else kind(*row)

    def _all(
        self,
        kind: type[T],
        statement: Select[Any],
        values: dict[str, Any] | None = None,
        *,
        keep: bool = False,
    ) -> Sequence[T]:
        """Read every row as one `kind`."""
        key = (statement, *values.values()) if keep and values else statement
        kept: Sequence[T] | None = self._memory.get(key) if keep else None
        if kept is not None:
            return kept
        rows = tuple(kind(*row) for row in self._connection.execute(statement, values))
        if keep:
            self._memory.keep(key, rows, tables_of(statement))
        return rows

    def _new_id(self, statement: Executable, values: dict[str, Any] | None = None) -> int:
        """Insert one row and return its id."""
        key: Any = self._connection.execute(statement, values).inserted_primary_key
        return int(key[0])
