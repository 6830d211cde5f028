"""Encrypted messages whose keys have not come: kept, read if they do, and their room told once if they do not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, Address, Message, say
from commands.command import Elsewhere, House, Reply

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.chat import Redacted, Sealed
    from commands.tick import Tick
    from storage.storage import Storage

PATIENCE = timedelta(seconds=45)
"""How long a key may be under way before anybody is told: it mostly comes within a second."""
TOLD_EVERY = timedelta(days=1)
"""How often a room is told at most that something in it cannot be read."""


def keep(storage: Storage, event: Sealed, now: datetime) -> None:
    """Keep an event that cannot be read yet."""
    storage.unread.keep(
        event.room.network,
        event.room.id,
        event.event,
        sender=event.sender.id,
        session=event.session,
        payload=json.loads(event.payload),
        now=now,
    )


def deleted(storage: Storage, event: Redacted, now: datetime) -> None:
    """Do not wait for the key of what is deleted: whoever wrote it has taken it back before anybody could answer."""
    storage.unread.were_read(event.room.network, [(event.room.id, event.target)], now)


def sealed(storage: Storage, house: House, tick: Tick) -> Reply:  # noqa: ARG001 - every step is called alike
    """Tell a room what to do, once, where something that was written in it stays unreadable."""
    told = []
    for unread in storage.unread.untold(tick.now - PATIENCE):
        if storage.unread.tell(unread.room_id, tick.now, TOLD_EVERY):
            text = say(
                N_(
                    "🔒 I cannot read what was just written here: its key has not come. "
                    "Please write it again; if I still do not answer, from another app or session."
                )
            )
            sender = Address(unread.network, unread.sender)
            known = storage.people.find(sender)
            name = storage.people.name(known.id) if known else ""
            name = name or unread.sender.removeprefix("@").partition(":")[0]
            message = Message((text,), to=sender, to_name=name)
            told.append(Elsewhere(message, room_id=unread.room_id, reply_to=unread.event))
    return Reply(elsewhere=tuple(told))
