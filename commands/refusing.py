"""Bridges and other bots: who is refused, and when answering goes in a circle."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from campaign.chat import N_, Message, Said, Text, say
from campaign.circle import LASTS, is_circle
from commands import answer, bridging, tell
from commands.command import Elsewhere, Reply

if TYPE_CHECKING:
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
    if bridging.has_other_side(storage, house, room) or not answer.is_for_us(storage, event, house):
        return Reply()
    if not _first(storage, room, f"bridged {_digest(event.sender)}", now):
        return Reply()
    address = storage.people.ensure(event.sender, event.name, now).address_id if event.private else None
    message = Message(
        (answer.bridged(event.sender),), to=event.sender, to_name=event.name, private=event.private
    )
    told = Elsewhere(message, room_id=room.id, address_id=address, reply_to=event.event, thread=event.thread)
    return Reply(elsewhere=(told,))


def goes_round(
    storage: Storage, house: House, context: Context, lines: tuple[Text, ...], now: datetime
) -> tuple[bool, Reply]:
    """Whether this answer is better not given, for a machine answers it; and what to tell the campaigners of it, once."""
    earlier = storage.answers.lately(context.person.id, context.room.id, now - LASTS)
    if not earlier or not is_circle(earlier, storage.answers.words(Message(lines))):
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


def _first(storage: Storage, room: RoomRow, what: str, now: datetime) -> bool:
    """Whether this is the first time in a room."""
    return bool(storage.inbox.take(room.network, [(room.address, what)], now))


def _digest(who: Address) -> str:
    return hashlib.sha256(f"{who.network} {who.id} {who.room}".encode()).hexdigest()[:16]
