"""Any row of any table, as the database keeps it: for what treats all tables alike."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import delete, insert, select, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import NullType

from storage.rows import Queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Select, Table

Row: TypeAlias = "dict[str, Any]"
"""Column → value as the database keeps it, which JSON keeps without loss."""


class Rows(Queries):
    """Rows of any table, as the database keeps them."""

    def find(self, table: Table, **values: Any) -> list[Row]:  # noqa: ANN401 - columns
        """The rows that hold these values."""
        query = _all_of(table).where(*_hold(table, values)).order_by(*table.primary_key)
        return [dict(row._mapping) for row in self._connection.execute(query)]  # noqa: SLF001 - its public name

    def write(self, table: Table, before: Row | None, after: Row | None) -> None:
        """Make one row what it is to be: from none, to none, or from one to another."""
        if before is None and after is not None:
            self._connection.execute(insert(table).values(_raw(after)))
        elif before is not None and after is None:
            self._connection.execute(delete(table).where(*_hold(table, key_of(table, before))))
        elif before is not None and after is not None:
            changed = {name: value for name, value in after.items() if before[name] != value}
            if changed:
                self._connection.execute(
                    update(table).where(*_hold(table, key_of(table, before))).values(_raw(changed))
                )

    def attempt(self, table: Table, before: Row | None, after: Row | None) -> bool:
        """Write one row if its place is free; say whether it was."""
        try:
            with self._connection.begin_nested():
                self.write(table, before, after)
        except IntegrityError:
            self._memory.clear()
            return False
        return True


def key_of(table: Table, row: Row) -> Row:
    """What tells a row from all others."""
    return {column.name: row[column.name] for column in table.primary_key}


@cache
def _all_of(table: Table) -> Select[Any]:
    columns: list[Any] = [type_coerce(column, NullType()).label(column.name) for column in table.columns]
    return select(*columns)


def _raw(row: Row) -> Row:
    return {name: type_coerce(value, NullType()) for name, value in row.items()}


def _hold(table: Table, values: Mapping[str, Any]) -> list[Any]:
    return [
        column.is_(None) if value is None else type_coerce(column, NullType()) == value
        for name, value in values.items()
        for column in (table.c[name],)
    ]
