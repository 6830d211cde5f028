"""What did not arrive, or may not have, or was never said: what campaigners decide about."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from campaign.chat import Message
from storage.dispatches import end
from storage.messages import freeze
from storage.rows import Queries
from storage.tables import dispatches, files, outbox, reminders, rooms
from storage.turns import ERRANDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

_OPEN = ("uncertain", "failed", "unsaid")


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Messages for one place that were given up before they began to leave, under one number."""

    number: int
    network: str
    room_id: int | None
    """None if they were for people alone."""
    count: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A dispatch that went wrong, under the number by which people call it. `at`: since when (UTC)."""

    number: int
    key: str
    network: str
    room_id: int | None
    """None if it was for people alone, and never begun."""
    state: str
    error: str
    at: datetime
    payload: dict[str, Any]
    private_with: str | None
    file_id: int | None
    count: int
    """How many messages were to leave with it."""
    address_id: int | None
    """Whom it was for, if it was for one person alone."""

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
    select(func.count()).where(outbox.c.dispatch_key == dispatches.c.key).scalar_subquery(),
    select(func.min(outbox.c.address_id))
    .where(outbox.c.dispatch_key == dispatches.c.key)
    .having(func.count(outbox.c.address_id.distinct()) == 1)
    .scalar_subquery(),
).where(dispatches.c.number.is_not(None))
_WAITS = outbox.c.dispatch_key.is_(None) & outbox.c.settled.is_(False)
_repeats = outbox.alias()
_UNDECIDED = _ROW.where(
    dispatches.c.state.in_(_OPEN),
    # What was sent again has been decided about, whatever its network says of it since.
    ~select(_repeats.c.id).where(_repeats.c.repeats_key == dispatches.c.key).exists(),
)


class Undeliverable(Queries):
    """What did not arrive, or may not have, or was never said."""

    # --- what goes wrong

    def failed(self, key: str, why: str, now: datetime) -> int | None:
        """Mark a dispatch the network will never take; return its number for people, None if it did arrive."""
        return self._went_wrong(key, "failed", why, now)

    def uncertain(self, key: str, why: str, now: datetime) -> int | None:
        """Mark a dispatch of which nothing can tell whether it arrived; return its number, None if it did arrive."""
        return self._went_wrong(key, "uncertain", why, now)

    def give_up(self, row_ids: Iterable[int], why: str, now: datetime) -> Sequence[Unsaid]:
        """End intents that wait, without saying them: one dispatch that never was for each room, with a number.

        What was for people alone is one for all of a network. A reminder among them counts as skipped.
        """
        waiting = (
            select(outbox.c.id, outbox.c.network, outbox.c.room_id, rooms.c.direct)
            .outerjoin(rooms, rooms.c.id == outbox.c.room_id)
            .where(
                outbox.c.id.in_(list(row_ids)), outbox.c.dispatch_key.is_(None), outbox.c.settled.is_(False)
            )
            .order_by(outbox.c.id)
        )
        places: dict[tuple[str, int | None], list[int]] = {}
        for row, network, room_id, direct in self._connection.execute(waiting).all():
            places.setdefault((network, None if direct else room_id), []).append(row)
        return [self._give_up(network, room, ids, why, now) for (network, room), ids in places.items()]

    def _give_up(
        self, network: str, room_id: int | None, row_ids: Sequence[int], why: str, now: datetime
    ) -> Unsaid:
        number = self._next_number()
        values: dict[str, object] = {
            "key": str(uuid.uuid4()),
            "network": network,
            "room_id": room_id,
            "payload": {},
            "state": "unsaid",
            "error": why,
            "made_at": now,
            "settled_at": now,
            "number": number,
        }
        self._connection.execute(insert(dispatches), values)
        self._connection.execute(
            update(outbox).where(outbox.c.id.in_(row_ids)).values(dispatch_key=values["key"], settled=True)
        )
        held = select(outbox.c.file_id).where(outbox.c.id.in_(row_ids), outbox.c.file_id.is_not(None))
        self._connection.execute(update(files).where(files.c.id.in_(held)).values(data=None))
        self._connection.execute(
            update(reminders)
            .where(reminders.c.outbox_id.in_(row_ids))
            .values(state="skipped", why=why, at=now)
        )
        return Unsaid(number, network, room_id, len(row_ids))

    def give_up_room(self, room_id: int, why: str, now: datetime) -> int:
        """End what waits to be said in a room the bot was sent away from, and return how many messages that is."""
        waits = self._connection.execute(
            select(outbox.c.id).where(_WAITS, outbox.c.room_id == room_id, outbox.c.intent.not_in(ERRANDS))
        )
        return sum(one.count for one in self.give_up(waits.scalars().all(), why, now))

    def doubt_all(self, why: str, now: datetime) -> tuple[int, int]:
        """End everything that waits or is on its way, for nothing tells whether it was said: nothing of it is sent.

        Return how many messages were waiting, and how many dispatches were on their way. What only enters or leaves a
        room stays to be done: doing it again changes nothing.
        """
        waits = select(outbox.c.id).where(_WAITS, outbox.c.intent.not_in(ERRANDS))
        begun = select(dispatches.c.key).where(dispatches.c.state == "sending")
        keys = self._connection.execute(begun).scalars().all()
        given_up = self.give_up(self._connection.execute(waits).scalars().all(), why, now)
        for key in keys:
            self.uncertain(key, why, now)
        return sum(one.count for one in given_up), len(keys)

    def was_given_back(self, network: str, key: str) -> int | None:
        """Take back that a dispatch was delivered: its network gave it back after all. Return its room.

        None if it was not delivered: whoever carries it knows.
        """
        query = select(dispatches.c.room_id).where(
            dispatches.c.network == network, dispatches.c.key == key, dispatches.c.state == "delivered"
        )
        room_id = self._connection.execute(query).scalar()
        if room_id is not None:
            self._connection.execute(
                update(dispatches).where(dispatches.c.key == key).values(state="sending")
            )
        return room_id

    def _went_wrong(self, key: str, state: str, why: str, now: datetime) -> int | None:
        query = select(dispatches.c.state, dispatches.c.number).where(dispatches.c.key == key)
        before = self._connection.execute(query).first()
        if before is None or before.state != "sending":
            return None
        if not end(self._connection, key, state, now, why=why):
            return None
        if before.number is not None:
            return int(before.number)  # it had gone wrong before, and seemed to have arrived
        number = self._next_number()
        self._connection.execute(update(dispatches).where(dispatches.c.key == key).values(number=number))
        return number

    def _next_number(self) -> int:
        numbered = dispatches.c.number.is_not(None)
        last = self._connection.execute(select(func.max(dispatches.c.number)).where(numbered)).scalar()
        return int(last or 0) + 1

    # --- what is decided about it

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
        waits = select(func.count()).select_from(outbox).where(_WAITS)
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
