"""What waits, is in doubt or could not be taken: what whoever looks after the bot wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, not_, or_, select

from storage.rooms import NOT_YET
from storage.rows import Queries
from storage.tables import dispatches, letters, outbox, quarantine, rooms
from storage.turns import ERRANDS

if TYPE_CHECKING:
    from datetime import datetime

_WAITING = (
    select(func.count(), func.min(outbox.c.created_at))
    .outerjoin(rooms, rooms.c.id == outbox.c.room_id)
    .where(
        outbox.c.dispatch_key.is_(None),
        outbox.c.settled.is_(False),
        # What waits for the bot to be let into a room may do so for weeks.
        or_(outbox.c.room_id.is_(None), outbox.c.intent.in_(ERRANDS), not_(NOT_YET)),
    )
)
_SENDING = select(func.count(), func.min(dispatches.c.made_at)).where(dispatches.c.state == "sending")
_UNCERTAIN = select(func.count(), func.max(dispatches.c.settled_at)).where(
    # Whatever went wrong has a number, and those with one are few and indexed.
    dispatches.c.number.is_not(None),
    dispatches.c.state == "uncertain",
)
_QUARANTINED = select(func.count(), func.max(quarantine.c.at)).where(quarantine.c.seen_at.is_(None))
_LETTERS = select(func.count(), func.min(letters.c.added_at)).where(letters.c.change == "pending")


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are, and the instant (UTC) of the one that matters: the oldest that waits, the latest trouble."""

    number: int
    at: datetime | None


class Backlog(Queries):
    """What is not as it should be in the end."""

    def waiting(self) -> Count:
        """Messages that could leave, or are on their way; since when the oldest does."""
        found = [Count(*self._connection.execute(query).one()) for query in (_WAITING, _SENDING)]
        return Count(sum(one.number for one in found), min((one.at for one in found if one.at), default=None))

    def uncertain(self) -> Count:
        """Messages of which nothing tells whether they arrived; when the latest was given up."""
        return Count(*self._connection.execute(_UNCERTAIN).one())

    def quarantined(self) -> Count:
        """Events that could not be taken and that nobody has looked at; when the latest came."""
        return Count(*self._connection.execute(_QUARANTINED).one())

    def letters(self) -> Count:
        """Changed texts of letters of which no campaigner has said yet what they are; since when the oldest waits."""
        return Count(*self._connection.execute(_LETTERS).one())
