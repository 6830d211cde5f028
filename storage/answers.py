"""What was answered to one person lately and has left: what still waits nobody can have answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import Text, bindparam, func, select, type_coerce

from storage.outbox import freeze
from storage.rows import Queries
from storage.tables import outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.chat import Message

_NEWEST, _MOST = 1000, 60
"""How far back is looked, in intents of everybody's; and how many of one person's are enough."""
_LATELY = (
    select(outbox.c.created_at, type_coerce(outbox.c.message, Text))
    .where(
        # The newest rows by their key alone: of what was ever said the table holds many times as much.
        outbox.c.id > select(func.max(outbox.c.id)).scalar_subquery() - _NEWEST,
        outbox.c.asker == bindparam("asker"),
        outbox.c.dispatch_key.is_not(None),
        outbox.c.created_at > bindparam("since"),
    )
    .order_by(outbox.c.id.desc())
    .limit(_MOST)
)


class Answers(Queries):
    """Answers, by the person they were given to."""

    def lately(self, person_id: int, since: datetime) -> Sequence[tuple[datetime, str]]:
        """When each was given since then and what it said, the newest first; only those that have left."""
        rows = self._connection.execute(_LATELY, {"asker": person_id, "since": since})
        return [(at, _words(json.loads(frozen))) for at, frozen in rows]

    @staticmethod
    def words(message: Message) -> str:
        """What a message says, as `lately` gives it: whatever it is for and whoever it is to."""
        return _words(freeze(message))


def _words(frozen: dict[str, object]) -> str:
    return json.dumps(frozen["lines"], sort_keys=True)
