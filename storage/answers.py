"""What was answered to one person lately."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, func, select, type_coerce

from campaign.circle import Given
from storage.messages import freeze, thaw
from storage.rows import Queries
from storage.tables import dispatches, outbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from campaign.chat import Message

_NEWEST, _MOST = 1000, 100
"""How far back is looked, in intents of everybody's; and how many of one person's are enough."""
_LATELY = (
    select(outbox.c.created_at, dispatches.c.settled_at, type_coerce(outbox.c.message, Text))
    .join_from(outbox, dispatches, outbox.c.dispatch_key == dispatches.c.key)
    .where(
        # The newest rows by their key alone: of what was ever said the table holds many times as much.
        outbox.c.id > select(func.max(outbox.c.id)).scalar_subquery() - _NEWEST,
        outbox.c.asker == bindparam("asker"),
        # Of what is for them alone, the room is known only once it left.
        (outbox.c.room_id == bindparam("room")) | outbox.c.address_id.is_not(None),
        dispatches.c.settled_at.is_not(None),
        outbox.c.created_at > bindparam("since"),
    )
    .order_by(outbox.c.id.desc())
    .limit(_MOST)
)
_HERE = (
    select(outbox.c.id)
    .where(
        outbox.c.id > select(func.max(outbox.c.id)).scalar_subquery() - _NEWEST,
        outbox.c.asker == bindparam("asker"),
        outbox.c.room_id == bindparam("room"),
        outbox.c.repeats_key.is_(None),
    )
    .limit(1)
)
_LAST = _HERE.with_only_columns(outbox.c.purpose).order_by(outbox.c.id.desc())
_FIRST = (
    _HERE.with_only_columns(outbox.c.message)
    .where(outbox.c.purpose == bindparam("purpose"))
    .order_by(outbox.c.id)
)


class Answers(Queries):
    """Answers, by the person they were given to."""

    def lately(self, person_id: int, room_id: int, since: datetime) -> Sequence[Given]:
        """What was given to them since then in this room or alone, the newest first; only what has left.

        For what still waits nobody can have answered.
        """
        asked = {"asker": person_id, "room": room_id, "since": since}
        return [
            Given(at, left, _words(frozen)) for at, left, frozen in self._connection.execute(_LATELY, asked)
        ]

    def is_last(self, person_id: int, room_id: int, purpose: str) -> bool:
        """Whether the last they were answered in this room was for this purpose; not if that was long ago."""
        return self.last(person_id, room_id) == purpose

    def last(self, person_id: int, room_id: int) -> str:
        """The purpose of what they were answered last in this room; empty if it had none, or that was long ago."""
        return self._one(str, _LAST, {"asker": person_id, "room": room_id}) or ""

    def first(self, person_id: int, room_id: int, purpose: str) -> Message | None:
        """What they were told first in this room for a purpose; None if that was long ago, or nothing."""
        row = self._connection.execute(
            _FIRST, {"asker": person_id, "room": room_id, "purpose": purpose}
        ).scalar()
        return None if row is None else thaw(row)

    @staticmethod
    def words(message: Message) -> str:
        """What a message says, as `lately` gives it: whatever it is for and whoever it is to."""
        return _of_lines(freeze(message))


@lru_cache(maxsize=2048)  # each of a person's commands looks at much the same answers
def _words(frozen: str) -> str:
    return _of_lines(json.loads(frozen))


def _of_lines(frozen: Mapping[str, Any]) -> str:
    return json.dumps(frozen["lines"], sort_keys=True)
