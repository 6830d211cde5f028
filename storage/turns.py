"""What waits to leave, and in which order."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Text, bindparam, func, not_, or_, select, type_coerce

from storage.messages import freeze, thaw
from storage.rooms import NOT_YET
from storage.tables import outbox, rooms

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.chat import Intent, Message

ERRANDS = ("join", "leave")
"""Intents that are acts rather than something to show in a room."""


@dataclass(frozen=True)
class Waiting:
    """An intent that waits to leave: into a room, or (without one yet) into a private chat with an address.

    Its message stays in `frozen` as it was written until it is asked for: of what waits, only the first leaves soon.
    """

    id: int
    room_id: int | None
    address_id: int | None
    intent: Intent
    frozen: str
    file_id: int | None
    reply_to: str
    thread: str
    purpose: str
    urgency: int
    repeats: str | None
    """The key of the dispatch that is to leave once more as it was rendered, if it is that."""
    expires_at: datetime | None
    """From when on it is not worth saying any more (UTC)."""
    asker: int | None
    """The person whom it answers, if it does."""
    target_id: int | None
    """The intent of the earlier message of ours that it edits, ends or pins."""

    @property
    def is_errand(self) -> bool:
        """Whether it is an act rather than something to show in a room."""
        return self.intent in ERRANDS

    @cached_property
    def message(self) -> Message:
        """The message itself, read when it is first asked for."""
        return thaw(json.loads(self.frozen))

    def saying(self, message: Message) -> Waiting:
        """The same, with other words."""
        return replace(self, frozen=json.dumps(freeze(message)))


_IS_ERRAND = outbox.c.intent.in_(ERRANDS)
_WHERE = (outbox.c.room_id, outbox.c.address_id, _IS_ERRAND)
A_FEW = 3
"""How many answers of one person's may wait in one place without their letting others pass."""
_THEIRS = func.count().over(partition_by=(*_WHERE, outbox.c.urgency, outbox.c.asker))
"""How many answers wait there for the same person."""
_LETS_PASS = outbox.c.asker.is_not(None) & (_THEIRS > A_FEW)
_WAITS = (
    select(
        outbox.c.id,
        outbox.c.room_id,
        outbox.c.address_id,
        _IS_ERRAND.label("is_errand"),
        outbox.c.urgency,
        _LETS_PASS.label("lets_pass"),
    )
    .outerjoin(rooms, rooms.c.id == outbox.c.room_id)
    .where(
        outbox.c.network == bindparam("network"),
        outbox.c.dispatch_key.is_(None),
        outbox.c.settled.is_(False),
        or_(outbox.c.not_before.is_(None), outbox.c.not_before <= bindparam("now")),
        # Whatever waits where nothing can leave now must not fill the page.
        or_(
            outbox.c.room_id.is_(None) & outbox.c.address_id.not_in(bindparam("opening", expanding=True)),
            _IS_ERRAND,
            not_(NOT_YET) & rooms.c.id.not_in(bindparam("busy", expanding=True)),
        ),
    )
    .subquery()
)
_PLACE = func.row_number().over(
    partition_by=(_WAITS.c.room_id, _WAITS.c.address_id, _WAITS.c.is_errand),
    order_by=(_WAITS.c.urgency, _WAITS.c.lets_pass, _WAITS.c.id),
)
"""Where an intent stands among those that wait for the same place."""
_IN_TURN = select(_WAITS.c.id, _WAITS.c.lets_pass, _PLACE.label("place")).subquery()
WAITING = (
    select(
        outbox.c.id,
        outbox.c.room_id,
        outbox.c.address_id,
        outbox.c.intent,
        type_coerce(outbox.c.message, Text),
        outbox.c.file_id,
        outbox.c.reply_to,
        outbox.c.thread,
        outbox.c.purpose,
        outbox.c.urgency,
        outbox.c.repeats_key,
        outbox.c.expires_at,
        outbox.c.asker,
        outbox.c.target_id,
    )
    .join(_IN_TURN, _IN_TURN.c.id == outbox.c.id)
    # Nor may what waits in one room: no message holds more of it.
    .where(_IN_TURN.c.place <= bindparam("of_one"))
    .order_by(outbox.c.urgency, _IN_TURN.c.lets_pass, outbox.c.id)
    .limit(bindparam("limit"))
)
