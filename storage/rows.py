"""What every query class shares: its connection, and reading rows as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Executable

T = TypeVar("T")


class Queries:
    """Named queries on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, kind: type[T], statement: Executable, values: dict[str, Any] | None = None) -> T | None:
        """Read the only row, its columns in the order of `kind`'s fields; None if there is none."""
        row = self._connection.execute(statement, values).first()
        return None if row is None else kind(*row)

    def _all(self, kind: type[T], statement: Executable, values: dict[str, Any] | None = None) -> Sequence[T]:
        """Read every row as one `kind`."""
        return [kind(*row) for row in self._connection.execute(statement, values)]

    def _new_id(self, statement: Executable, values: dict[str, Any] | None = None) -> int:
        """Insert one row and return its id."""
        key: Any = self._connection.execute(statement, values).inserted_primary_key
        return int(key[0])
