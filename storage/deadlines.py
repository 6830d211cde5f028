"""Deadlines: when answers are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from storage.rows import Queries
from storage.tables import deadlines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """When answers are wanted. Moving it makes a new `version`, with reminders of its own."""

    id: int
    campaign_id: int
    label: str
    at: datetime
    zone: str
    version: int
    set_at: datetime


_ROW = select(
    deadlines.c.id,
    deadlines.c.campaign_id,
    deadlines.c.label,
    deadlines.c.at,
    deadlines.c.zone,
    deadlines.c.version,
    deadlines.c.set_at,
)


class Deadlines(Queries):
    """What time brings."""

    def of_campaign(self, campaign_id: int) -> Sequence[Deadline]:
        """A campaign's deadlines that were not cancelled, soonest first."""
        return self._all(
            Deadline,
            _ROW.where(deadlines.c.campaign_id == campaign_id, deadlines.c.cancelled_at.is_(None)).order_by(
                deadlines.c.at
            ),
        )

    def get(self, deadline_id: int) -> Deadline | None:
        """One deadline; None if it was cancelled."""
        return self._one(
            Deadline, _ROW.where(deadlines.c.id == deadline_id, deadlines.c.cancelled_at.is_(None))
        )

    def put(self, campaign_id: int, label: str, at: datetime, zone: str, now: datetime) -> Deadline:
        """Set the deadline of this label, or move it."""
        where = (deadlines.c.campaign_id == campaign_id, deadlines.c.label == label)
        known = self._connection.execute(select(deadlines.c.id, deadlines.c.version).where(*where)).first()
        if known is None:
            values = {"campaign_id": campaign_id, "label": label, "at": at, "zone": zone, "set_at": now}
            row = self._new_id(insert(deadlines), values)
        else:
            row = int(known[0])
            self._connection.execute(
                update(deadlines)
                .where(deadlines.c.id == row)
                .values(at=at, zone=zone, set_at=now, version=known[1] + 1, cancelled_at=None)
            )
        found = self._one(Deadline, _ROW.where(deadlines.c.id == row))
        if found is None:
            msg = f"no deadline {row}"
            raise LookupError(msg)
        return found

    def cancel(self, deadline_id: int, now: datetime) -> None:
        """Cancel a deadline; its reminders no longer exist."""
        self._connection.execute(
            update(deadlines).where(deadlines.c.id == deadline_id).values(cancelled_at=now)
        )
