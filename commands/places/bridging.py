"""Bridges and other bots: who is refused, which side of a bridged room hears, and when answering goes in a circle."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from campaign.chat import N_, XMPP, Message, Said, Text, say
from campaign.circle import LASTS, is_circle
from commands import tell
from commands.command import Elsewhere, Reply
from commands.dialogue import answer, running

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from campaign.chat import Address, Balloted, Reacted
    from commands.command import Context, House
    from storage.rooms import RoomRow
    from storage.storage import Storage


def refused(storage: Storage, house: House, event: Said | Reacted | Balloted, now: datetime) -> Reply:
    """Tell somebody who comes through a bridge why nothing is taken from there: once in a room, and never a machine.

    What a bridge repeats of the other side of a room was answered there already.
    """
    room = storage.rooms.find(event.room.network, event.room.id)
    if room is None or room.state == "parked" or not isinstance(event, Said) or event.edits:
        return Reply()
    if _other_side(storage, house, room) or not answer.is_for_us(storage, event, house, now):
        return Reply()
    if not _first(storage, room, f"bridged {_digest(event.sender)}", now):
        return Reply()
    address = storage.people.ensure(event.sender, event.name, now).address_id if event.private else None
    # A room on XMPP may hide accounts from all but its moderators, of whom we may be one.
    seen = event.private or room.network != XMPP
    why = running.bridged(event.sender.id if seen else event.name)
    message = Message((why,), to=event.sender, to_name=event.name, private=event.private)
    told = Elsewhere(message, room_id=room.id, address_id=address, reply_to=event.event, thread=event.thread)
    return Reply(elsewhere=(told,))


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


def one_of_each(
    storage: Storage, house: House, rooms: Iterable[RoomRow], prefer: Mapping[int, int] | None = None
) -> list[RoomRow]:
    """Of rooms that are sides of one room, keep the side listed first: what is said there is read on all of them.

    If some are to `prefer` (by id, the lowest number first), because it is there already, the first of those.
    """
    rooms, prefer = list(rooms), prefer or {}
    sides = {
        room: (rank[0], (prefer.get(room.id, math.inf), rank[1]))
        for room in rooms
        if (rank := _rank(storage, house, room.id))
    }
    first = {
        number: min(side for one, side in sides.values() if one == number) for number, _ in sides.values()
    }
    return [room for room in rooms if room not in sides or first[sides[room][0]] == sides[room][1]]


def is_one(storage: Storage, house: House, room_id: int, other_id: int) -> bool:
    """Whether two rooms are the same one, or sides of it."""
    if room_id == other_id:
        return True
    ours, theirs = (_rank(storage, house, one) for one in (room_id, other_id))
    return ours is not None and theirs is not None and ours[0] == theirs[0]


def goes_round(
    storage: Storage, house: House, context: Context, lines: tuple[Text, ...], now: datetime
) -> tuple[bool, Reply]:
    """Whether this answer is better not given, for a machine answers it; and what to tell the campaigners of it, once."""
    earlier = storage.answers.lately(context.person.id, context.room.id, now - LASTS)
    if not earlier or not is_circle(earlier, storage.answers.words(Message(lines)), now):
        return False, Reply()
    if not _first(storage, context.room, f"circle {context.person.id} {now:%Y-%m-%d}", now):
        return True, Reply()
    text = say(
        N_(
            "I stopped answering {who} in {room} for now: they answer each of my messages at once, as a machine does. If that is a bot or a bridge, name it under “bridges” in my config."
        ),
        who=context.address.id if context.address.is_account else context.name,
        room=context.room.label,
    )
    return True, Reply(elsewhere=tell.admins(storage, house, text))


def _is_same(one: Elsewhere, other: Elsewhere) -> bool:
    """Whether the same is meant by two messages, though perhaps in two languages; what rings is for those whom it names."""
    ours, theirs = one.message, other.message
    alike = ours.purpose and ours.purpose == theirs.purpose and not ours.rings and not theirs.rings
    return one.intent == other.intent and (
        bool(alike) or (ours.lines, ours.to, ours.mentions) == (theirs.lines, theirs.to, theirs.mentions)
    )


def _rank(storage: Storage, house: House, room_id: int) -> tuple[int, int] | None:
    """Which bridged room this is a side of, and which side; None if it is of none."""
    if not house.bridges.rooms:
        return None
    room = storage.rooms.get(room_id)
    names = storage.rooms.names_of(room)
    for number, sides in enumerate(house.bridges.rooms):
        for rank, (network, address) in enumerate(sides):
            if room.network == network and address in names:
                return number + 1, rank
    return None


def _other_side(storage: Storage, house: House, room: RoomRow) -> bool:
    """Whether the bot is on another side of this room too."""
    for network, address in house.bridges.sides_of(room.network, *storage.rooms.names_of(room)):
        other = storage.rooms.named(network, address)
        if other is not None and other.id != room.id and other.state == "joined":
            return True
    return False


def _first(storage: Storage, room: RoomRow, what: str, now: datetime) -> bool:
    """Whether this is the first time in a room."""
    return bool(storage.inbox.take(room.network, [(room.address, what)], now))


def _digest(who: Address) -> str:
    return hashlib.sha256(f"{who.network} {who.id} {who.room}".encode()).hexdigest()[:16]
