"""Dispatches of which nothing tells whether they arrived, or that were refused: what campaigners decide about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from campaign.chat import Message
from storage.outbox import freeze
from storage.rows import Queries
from storage.tables import dispatches, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_OPEN = ("uncertain", "failed")


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A dispatch that went wrong, under the number by which people call it. `at`: since when (UTC)."""

    number: int
    key: str
    network: str
    room_id: int
    state: str
    error: str
    at: datetime
    payload: dict[str, Any]
    private_with: str | None
    file_id: int | None

    @property
    def is_complete(self) -> bool:
        """Whether all that it takes to send it again is still held: the bytes of a file are not."""
        return self.file_id is None or bool(self.payload.get("file_url"))


_ROW = select(
    dispatches.c.number,
    dispatches.c.key,
    dispatches.c.network,
    dispatches.c.room_id,
    dispatches.c.state,
    dispatches.c.error,
    dispatches.c.settled_at,
    dispatches.c.payload,
    dispatches.c.private_with,
    dispatches.c.file_id,
).where(dispatches.c.number.is_not(None))
_repeats = outbox.alias()
_UNDECIDED = _ROW.where(
    dispatches.c.state.in_(_OPEN),
    # What was sent again has been decided about, whatever its network says of it since.
    ~select(_repeats.c.id).where(_repeats.c.repeats_key == dispatches.c.key).exists(),
)


class Undeliverable(Queries):
    """What did not arrive, or may not have."""

    def undecided(self, most: int) -> tuple[Sequence[Undelivered], int]:
        """The newest dispatches that went wrong and wait for somebody's decision, and how many there are in all."""
        found = self._all(Undelivered, _UNDECIDED.order_by(dispatches.c.number.desc()).limit(most))
        count = self._connection.execute(select(func.count()).select_from(_UNDECIDED.subquery()))
        return found, int(count.scalar_one())

    def by_number(self, number: int) -> Undelivered | None:
        """The dispatch of this number, if it still waits for somebody's decision."""
        return self._one(Undelivered, _UNDECIDED.where(dispatches.c.number == number))

    def waiting(self) -> int:
        """How many messages wait to leave or are under way."""
        waits = (
            select(func.count())
            .select_from(outbox)
            .where(outbox.c.dispatch_key.is_(None), outbox.c.settled.is_(False))
        )
        leaves = select(func.count()).select_from(dispatches).where(dispatches.c.state == "sending")
        return sum(int(self._connection.execute(one).scalar_one()) for one in (waits, leaves))

    def retry(self, one: Undelivered, now: datetime) -> None:
        """Decide to send the same once more, under a key of its own; what a reaction to it means stays the same."""
        purpose = self._connection.execute(
            select(outbox.c.purpose).where(outbox.c.dispatch_key == one.key).order_by(outbox.c.purpose.desc())
        ).scalar()
        self._connection.execute(
            insert(outbox),
            {
                "network": one.network,
                "room_id": one.room_id,
                "intent": "message",
                "message": freeze(Message((), private=one.private_with is not None)),
                "purpose": purpose or "",
                "created_at": now,
                "repeats_key": one.key,
            },
        )
        self._decide(one.key, "retried")

    def drop(self, one: Undelivered) -> None:
        """Decide to leave it."""
        self._decide(one.key, "dropped")

    def original(self, key: str) -> Undelivered | None:
        """The dispatch that is to be repeated; None if it was seen in its room after all."""
        return self._one(Undelivered, _ROW.where(dispatches.c.key == key, dispatches.c.state != "delivered"))

    def _decide(self, key: str, state: str) -> None:
        self._connection.execute(
            update(dispatches)
            .where(dispatches.c.key == key, dispatches.c.state.in_(_OPEN))
            .values(state=state)
        )
