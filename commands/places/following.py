"""From a room that was closed in favour of another one into that one, where that is no trick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Message, say
from commands import tell
from commands.command import Elsewhere, House, Reply

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.chat import Joined, Removed
    from storage.rooms import RoomRow
    from storage.storage import Storage


def follow(storage: Storage, room: RoomRow, event: Removed) -> tuple[Elsewhere, ...]:
    """Ask to enter the room in the place of another; nothing where that takes an administrator's invitation.

    Whoever closed the room must be one who could have invited the bot there: else a stranger with the one right to
    close it would lead the bot anywhere. The campaigners' own rooms, where files are handed over, are never left like
    that. Whether the new room says itself that it replaces this one is seen once inside.
    """
    if not event.may_follow or room.admin or room.direct:
        return ()
    target = storage.rooms.successor(room, event.successor)
    if target is None or not target.is_awaited:
        return ()
    storage.rooms.follow(target.id, room.id)
    return (Elsewhere(Message(()), room_id=target.id, intent="join", urgency=0),)


def followed(storage: Storage, house: House, room: RoomRow, event: Joined, now: datetime) -> Reply | None:
    """Let a room be what the one before was, if it says itself that it replaces that; else leave it, and say so."""
    if room.follows is None:
        return None
    old = storage.rooms.get(room.follows)
    if event.predecessor != old.address:
        storage.rooms.change(room.id, state="parked", why="uninvited")
        why = say(N_("This room does not say that it replaces the one I come from."))
        text = N_(
            "I followed {room} into the room named as its successor, and left: that one does not say so itself. Please invite me into the right one."
        )
        leave = Elsewhere(Message((why,)), room_id=room.id, intent="leave", urgency=0)
        return Reply(elsewhere=(leave, *tell.admins(storage, house, say(text, room=old.label))))
    storage.rooms.change(room.id, why="", welcomed_at=old.welcomed_at)
    for campaign in storage.rooms.succeed(old, room.id):
        storage.audit.note("room followed", now, room=room.id, campaign=campaign)
    return None
