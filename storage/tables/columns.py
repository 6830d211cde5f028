"""What every table is made with: the one MetaData, how an instant is kept, and the columns that recur."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, Text, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class Instant(TypeDecorator[datetime]):
    """A timezone-aware instant, stored in UTC; a naive one is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC without its mark, as every database can keep it."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"an instant needs a zone: {value!r}"
            raise ValueError(msg)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC, marked as such."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def own_id() -> Column[int]:
    """Build the column that numbers the rows of a table."""
    return Column("id", Integer, primary_key=True)


def id_of(table: str, *, nullable: bool = False, **more: Any) -> Column[int]:  # noqa: ANN401 - Column's own options
    """Build the column that points at a row of `table`."""
    singular = {"people": "person", "addresses": "address"}.get(table, table[:-1])
    return Column(f"{singular}_id", Integer, ForeignKey(f"{table}.id"), nullable=nullable, **more)


def words(name: str, *, nullable: bool = False, default: str | None = "", **more: Any) -> Column[str]:  # noqa: ANN401
    """Build a text column, empty unless told."""
    return Column(name, Text, nullable=nullable, server_default=None if nullable else default, **more)
