"""How SQLite finds the rows of each statement, by its own account."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlalchemy.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection


@contextmanager
def explained() -> Iterator[list[str]]:
    """Gather what SQLite plans for whatever is read, changed or deleted meanwhile."""
    plans: list[str] = []

    def explain(
        connection: Connection, _: object, statement: str, parameters: Sequence[object], *__: object
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            raw = connection.connection.driver_connection
            assert raw is not None
            plans.extend(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(Engine, "before_cursor_execute", explain)
