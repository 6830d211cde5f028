"""Encrypted events whose keys have not come yet: kept sealed, and read once if they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from campaign.lately import is_lately
from storage.rows import Queries
from storage.tables import rooms, unread_events

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

MOST, MOST_CHARACTERS = 1000, 4_000_000
"""Events of one room that are kept sealed, and how large they are in all: what a stranger sends more of fills no disk."""
_SHARE = 4
"""What one sender may have of that is this part of it: a stranger alone closes nobody else's way to a key that comes late."""
_AT_ONCE = 500
_WAITING = unread_events.c.read_at.is_(None)


@dataclass(frozen=True, slots=True)
class UnreadEvent:
    """An event kept sealed: `payload` is the event as its network gave it."""

    room: str
    event: str
    sender: str
    session: str
    payload: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """A room in which something stays sealed: `sender` wrote the first of it, as `event`."""

    network: str
    room_id: int
    event: str
    sender: str
    count: int


@dataclass(frozen=True, slots=True)
class _Held:
    """How much of a sender's is kept sealed in a room."""

    sender: str
    count: int
    characters: int


# Adding it up reads all of it. It is remembered as long as nothing is kept: so what is too much costs nothing.
_HELD = (
    select(
        unread_events.c.sender, func.count(), func.coalesce(func.sum(func.length(unread_events.c.payload)), 0)
    )
    .where(
        unread_events.c.network == bindparam("network"), unread_events.c.room == bindparam("room"), _WAITING
    )
    .group_by(unread_events.c.sender)
)


class UnreadEvents(Queries):
    """What cannot be read yet."""

    def keep(
        self,
        network: str,
        room: str,
        event: str,
        *,
        sender: str,
        session: str,
        payload: Mapping[str, Any],
        now: datetime,
    ) -> None:
        """Keep an event sealed. Once more, or beyond what a room or one of its people may have, nothing happens."""
        here = and_(unread_events.c.network == network, unread_events.c.room == room)
        known = select(unread_events.c.id).where(here, unread_events.c.event == event)
        if self._connection.execute(known).first() is not None:
            return
        held = self._all(_Held, _HELD, {"network": network, "room": room}, keep=True)
        if _is_full(held) or _is_full([one for one in held if one.sender == sender], _SHARE):
            return
        self._connection.execute(
            insert(unread_events),
            {
                "network": network,
                "room": room,
                "event": event,
                "sender": sender,
                "session": session,
                "payload": dict(payload),
                "received_at": now,
            },
        )

    def sessions(self, network: str) -> frozenset[tuple[str, str]]:
        """Room and session of everything of a network that waits for its key."""
        query = select(unread_events.c.room, unread_events.c.session).where(
            unread_events.c.network == network, _WAITING
        )
        return frozenset((room, session) for room, session in self._connection.execute(query.distinct()))

    def waiting(self, network: str, sessions: Collection[tuple[str, str]]) -> Sequence[UnreadEvent]:
        """What waits for the keys of these rooms and sessions, oldest first."""
        query = (
            select(
                unread_events.c.room,
                unread_events.c.event,
                unread_events.c.sender,
                unread_events.c.session,
                unread_events.c.payload,
                unread_events.c.received_at,
                unread_events.c.id,
            )
            .where(unread_events.c.network == network, _WAITING)
            .order_by(unread_events.c.id)
        )
        rows = [
            row
            for room, some in _pieces(sessions)
            for row in self._connection.execute(
                query.where(unread_events.c.room == room, unread_events.c.session.in_(some))
            )
        ]
        return [UnreadEvent(*row[:-1]) for row in sorted(rows, key=lambda row: row.id)]

    def were_read(self, network: str, keys: Sequence[tuple[str, str]], now: datetime) -> None:
        """These need not be kept any more: room and event of each."""
        for room, some in _pieces(keys):
            self._connection.execute(
                update(unread_events)
                .where(
                    unread_events.c.network == network,
                    unread_events.c.room == room,
                    unread_events.c.event.in_(some),
                    _WAITING,
                )
                .values(read_at=now, payload={})
            )

    def untold(self, before: datetime) -> Sequence[Unread]:
        """Rooms the bot is in where something received before `before` stays sealed, and nobody was told of it."""
        query = (
            select(
                unread_events.c.network,
                rooms.c.id.label("room_id"),
                unread_events.c.event,
                unread_events.c.sender,
                func.count().label("count"),
                func.min(unread_events.c.id),  # SQLite takes the other columns from that row
            )
            .join(
                rooms,
                and_(rooms.c.network == unread_events.c.network, rooms.c.address == unread_events.c.room),
            )
            .where(
                _WAITING,
                unread_events.c.told_at.is_(None),
                unread_events.c.received_at < before,
                rooms.c.state == "joined",
                rooms.c.encrypted,
            )
            .group_by(rooms.c.id)
        )
        return [Unread(*row[:5]) for row in self._connection.execute(query)]

    def tell(self, room_id: int, now: datetime, every: timedelta) -> bool:
        """Mark all that waits in a room as told of; return whether nobody was told of it for so long."""
        here = select(rooms.c.address).where(rooms.c.id == room_id).scalar_subquery()
        network = select(rooms.c.network).where(rooms.c.id == room_id).scalar_subquery()
        of_room = and_(unread_events.c.network == network, unread_events.c.room == here)
        last = self._connection.execute(select(func.max(unread_events.c.told_at)).where(of_room)).scalar()
        first = last is None or not is_lately(last, every, now)
        self._connection.execute(
            update(unread_events)
            .where(of_room, _WAITING, unread_events.c.told_at.is_(None))
            .values(told_at=now if first else last)
        )
        return first

    def forget(self, before: datetime, most: int) -> bool:
        """Forget what was received before `before`, read or not; return whether more may be left."""
        old = (
            select(unread_events.c.id)
            .where(unread_events.c.received_at < before)
            .order_by(unread_events.c.id)
            .limit(most)
        )
        ids = list(self._connection.execute(old).scalars())
        self._connection.execute(delete(unread_events).where(unread_events.c.id.in_(ids)))
        return len(ids) == most


def _is_full(held: Sequence[_Held], share: int = 1) -> bool:
    """Whether that is as much as may be kept, or that part of it."""
    count, characters = sum(one.count for one in held), sum(one.characters for one in held)
    return count >= MOST // share or characters >= MOST_CHARACTERS // share


def _pieces(pairs: Collection[tuple[str, str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """What goes with each room, cut into what one statement may hold.

    One room at a time: given pairs, SQLite looks through all of a network.
    """
    of_room: dict[str, list[str]] = {}
    for room, one in sorted(pairs):
        of_room.setdefault(room, []).append(one)
    for room, all_of_it in of_room.items():
        for start in range(0, len(all_of_it), _AT_ONCE):
            yield room, all_of_it[start : start + _AT_ONCE]
