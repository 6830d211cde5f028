"""Rooms that a bridge makes one: on which side of them something is said, so that it is read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from commands.command import Context, Elsewhere, House
    from storage.rooms import RoomRow
    from storage.storage import Storage


def one_side(storage: Storage, house: House, told: Sequence[Elsewhere]) -> Iterable[Elsewhere]:
    """Of the same thing said on several sides of one room, keep what is said on the side listed first."""
    if not house.bridges.rooms or len(told) < 2:  # noqa: PLR2004 - several
        return told
    ranks = {
        one.room_id: rank for one in told if one.room_id and (rank := _rank(storage, house, one.room_id))
    }
    kept = []
    for one in told:
        mine = ranks.get(one.room_id or 0)
        if mine is None or not any(
            (theirs := ranks.get(other.room_id or 0)) and theirs[0] == mine[0] and theirs[1] < mine[1]
            for other in told
            if _is_same(one, other)
        ):
            kept.append(one)
    return kept


def one_of_each(storage: Storage, house: House, rooms: Iterable[RoomRow]) -> list[RoomRow]:
    """Of rooms that are sides of one room, keep the side listed first: what is said there is read on all of them."""
    ranked = [(room, _rank(storage, house, room.id)) for room in rooms]
    first: dict[int, int] = {}
    for _, rank in ranked:
        if rank is not None:
            first[rank[0]] = min(rank[1], first.get(rank[0], rank[1]))
    return [room for room, rank in ranked if rank is None or first[rank[0]] == rank[1]]


def not_here(ctx: Context, told: Iterable[Elsewhere]) -> tuple[Elsewhere, ...]:
    """Leave out what would be said in the room where one is, or on another side of it: what happens here is seen there."""
    room, sides = ctx.room, ctx.house.bridges.sides_of(ctx.room.network, ctx.room.address, ctx.room.alias)

    def is_here(room_id: int) -> bool:
        there = ctx.storage.rooms.get(room_id)
        return there.id == room.id or any(
            there.network == network and address in (there.address, there.alias) for network, address in sides
        )

    return tuple(one for one in told if not one.room_id or not is_here(one.room_id))


def has_other_side(storage: Storage, house: House, room: RoomRow) -> bool:
    """Whether the bot is on another side of this room too."""
    for network, address in house.bridges.sides_of(room.network, room.address, room.alias):
        other = storage.rooms.find(network, address) or storage.rooms.find_alias(network, address)
        if other is not None and other.id != room.id and other.state == "joined":
            return True
    return False


def _is_same(one: Elsewhere, other: Elsewhere) -> bool:
    """Whether the same is meant by two messages, though perhaps in two languages."""
    ours, theirs = one.message, other.message
    return one.intent == other.intent and (
        (ours.lines == theirs.lines and ours.to == theirs.to)
        or bool(ours.purpose and ours.purpose == theirs.purpose)
    )


def _rank(storage: Storage, house: House, room_id: int) -> tuple[int, int] | None:
    """Which bridged room this is a side of, and which side; None if it is of none."""
    room = storage.rooms.get(room_id)
    for number, sides in enumerate(house.bridges.rooms):
        for rank, (network, address) in enumerate(sides):
            if room.network == network and address in (room.address, room.alias):
                return number + 1, rank
    return None
