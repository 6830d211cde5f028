"""Where open polls are shown as polls by a network, and by which event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.rows import Queries
from storage.tables import HAS_PURPOSE, dispatches, outbox, polls, rooms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ShownPoll:
    """A poll as it stands in one room: by `event`, answered until `closes_at` (UTC)."""

    poll_id: int
    closes_at: datetime
    network: str
    room: str
    """The room's address."""
    event: str


class Shown(Queries):
    """What networks show."""

    def open(self, closing_by: datetime | None = None) -> Sequence[ShownPoll]:
        """The polls that are not closed, in each room where they are shown; only those whose time is over by then, if given."""
        query = select(polls.c.id, polls.c.closes_at).where(polls.c.closed_at.is_(None))
        if closing_by is not None:
            query = query.where(polls.c.closes_at <= closing_by)
        closing = {f"poll:{row.id}": row for row in self._connection.execute(query)}
        if not closing:
            return []  # mostly so: what was ever said is not looked through at each tick
        found = self._connection.execute(
            select(outbox.c.purpose, rooms.c.network, rooms.c.address, dispatches.c.event)
            .join(dispatches, dispatches.c.key == outbox.c.dispatch_key)
            .join(rooms, rooms.c.id == dispatches.c.room_id)
            .where(
                outbox.c.purpose.in_(closing),
                HAS_PURPOSE,
                outbox.c.intent == "poll",
                dispatches.c.state == "delivered",
                rooms.c.state == "joined",
            )
            .order_by(outbox.c.id)
        )
        return [
            ShownPoll(closing[purpose].id, closing[purpose].closes_at, network, address, event)
            for purpose, network, address, event in found
        ]
