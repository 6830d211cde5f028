"""Everything the database holds about one person, table by table, found by what points at them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, and_, literal, or_, select

from storage.people import THEIR_OWN, People, pointing_at
from storage.rows import Queries
from storage.tables import (
    addresses,
    campaigns,
    dispatches,
    metadata,
    organisations,
    outbox,
    people,
    polls,
    questions,
    rooms,
    signatures,
)
from storage.unsaying import Unsaying

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Table

_CALLED = {
    "organisation_id": ("organisation", organisations.c.name),
    "campaign_id": ("campaign", campaigns.c.key),
    "poll_id": ("poll", polls.c.number),
    "question_id": ("question", questions.c.number),
    "signature_id": ("signature", signatures.c.number),
}
"""What a number stands for, where that says more than the number."""
_SECRET = {"link_codes": frozenset({"code"}), "merges": frozenset({"moved"})}
"""What is not repeated: it would hold for whoever reads the file, or it is about others."""
_APART = (outbox, dispatches)


class Held(Queries):
    """What somebody has a right to read. A table that points at people is found here without being named."""

    def by_table(self, person_id: int) -> Mapping[str, Sequence[dict[str, Any]]]:
        """Table → the rows about a person, as plain values; what was said to them alone under `said_to_you`."""
        accounts = select(addresses.c.id).where(addresses.c.person_id == person_id)
        numbers = {person_id, *People(self._connection).once_were(person_id)}
        addresses_of = self._connection.execute(
            select(addresses.c.network, addresses.c.address, addresses.c.room).where(
                addresses.c.person_id == person_id
            )
        ).all()
        found: dict[str, list[dict[str, Any]]] = {}
        for table in metadata.sorted_tables:
            if table in _APART:
                continue
            conditions: list[ColumnElement[bool]] = [
                column.in_(numbers)
                for column in pointing_at(people)
                if column.table is table and column.name in THEIR_OWN
            ]
            conditions += [column.in_(accounts) for column in pointing_at(addresses) if column.table is table]
            if table is people:
                conditions.append(people.c.id == person_id)
            if {"network", "address"} <= set(table.columns.keys()) and table is not rooms:
                conditions += [_is(table, *one) for one in addresses_of]
            if conditions:
                rows = self._rows(table, or_(*conditions))
                if rows:
                    found[table.name] = rows
        said = self._said(person_id)
        return {**found, **({"said_to_you": said} if said else {})}

    def _rows(self, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
        hidden = _SECRET.get(table.name, frozenset())
        columns = [
            one for one in table.columns if not isinstance(one.type, LargeBinary) and one.name not in hidden
        ]
        rows = self._connection.execute(
            select(*columns).where(which).order_by(*table.primary_key.columns)
        ).mappings()
        return [self._named({name: _plain(value) for name, value in row.items()}) for row in rows.all()]

    def _named(self, row: dict[str, Any]) -> dict[str, Any]:
        for key, (name, column) in _CALLED.items():
            if row.get(key) is not None:
                where = column.table.c.id == row[key]
                row[name] = self._connection.execute(select(column).where(where)).scalar()
        return row

    def _said(self, person_id: int) -> list[dict[str, Any]]:
        """What is still held of what was said to them in private; of what was forgotten only remains that it was."""
        accounts = People(self._connection).addresses(person_id)
        chats = [room for room, _ in Unsaying(self._connection).private_chats(accounts)]
        query = (
            select(dispatches.c.made_at, dispatches.c.payload["text"].as_string())
            # The chat may have been somebody else's before: what was for them alone stays theirs.
            .where(
                dispatches.c.room_id.in_(chats),
                or_(
                    dispatches.c.private_with.is_(None),
                    dispatches.c.private_with.in_([one.id for one in accounts]),
                ),
            )
            .order_by(dispatches.c.made_at)
        )
        return [{"at": _plain(at), "text": text} for at, text in self._connection.execute(query) if text]


def _is(table: Table, network: str, address: str, room: str) -> ColumnElement[bool]:
    where = (table.c.network == network, table.c.address == address)
    return and_(*where, table.c.room == room) if "room" in table.c else and_(*where, literal(room == ""))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any column's
    return value.isoformat() if isinstance(value, date) else value
