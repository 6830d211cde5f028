"""Taking a person out of what undoing a merge would give back: their right goes, what is the organisation's stays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from storage.rows import Queries
from storage.tables import merges, organisations, representatives, revocations

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from storage.naming import Naming


@dataclass(frozen=True, slots=True)
class Trace:
    """By what a person is found in a row that was moved."""

    numbers: Collection[int]
    """Theirs, and those under which they were known before."""
    stones: Mapping[int, int]
    """Address → the one that is nobody's."""
    barred: Mapping[tuple[str, str], str]
    """Network and account → what a revocation holds instead."""
    answered_for: Collection[int]
    """The organisations whose notes may be in their words."""
    naming: Naming

    def is_right(self, change: Mapping[str, Any]) -> bool:
        """Whether a change is their right to speak for an organisation."""
        rows = _rows(change)
        return change["table"] == representatives.name and rows[0]["person_id"] in self.numbers

    def out_of(self, change: Mapping[str, Any]) -> None:
        """Leave nothing of them in the rows of a change."""
        for row in _rows(change):
            if row.get("person_id") in self.numbers and "name" in row:
                row["name"] = ""
            if row.get("address_id") in self.stones:
                row["address_id"] = self.stones[row["address_id"]]
            if row.get("note") and row.get("organisation_id") in self.answered_for:
                row["note"] = self.naming.without(row["note"])
            account = (row.get("network", ""), row.get("address", ""))
            if change["table"] == revocations.name and account in self.barred:
                row["address"] = self.barred[account]


class Merged(Queries):
    """What is held of merges, undone or not."""

    def holds_any(self, address_ids: Collection[int]) -> bool:
        """Whether undoing a merge would give back a row with one of these addresses."""
        return any(
            row.get("address_id") in address_ids
            for moved in self._connection.execute(select(merges.c.moved)).scalars()
            for change in moved
            for row in _rows(change)
        )

    def forget(self, trace: Trace) -> Collection[int]:
        """Take a person out of every merge; return the organisations for which they spoke before."""
        spoke: set[int] = set()
        for merge, moved in self._connection.execute(select(merges.c.id, merges.c.moved)).all():
            was = json.dumps(moved)
            rights = [change for change in moved if trace.is_right(change)]
            left = [change for change in moved if change not in rights]
            spoke |= {row["organisation_id"] for change in rights for row in _rows(change)}
            for change in left:
                trace.out_of(change)
            if rights:
                _forget_digests(left)
            if json.dumps(left) != was:
                self._connection.execute(update(merges).where(merges.c.id == merge).values(moved=left))
        return spoke


def without_digest(listed: Mapping[str, Any]) -> dict[str, Any]:
    """What is remembered of a file's line, without that by which an account in it could be guessed.

    What the line says of people is read anew the next time.
    """
    return {**listed, "people": ""} if listed.get("people") else {**listed}


def _forget_digests(moved: Sequence[Mapping[str, Any]]) -> None:
    for change in moved:
        for row in _rows(change):
            if change["table"] == organisations.name and row.get("listed"):
                row["listed"] = json.dumps(without_digest(json.loads(row["listed"]) or {}) or None)


def _rows(change: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [row for row in (change["before"], change["after"]) if row is not None]
