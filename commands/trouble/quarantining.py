"""Setting aside an event that cannot be taken, and telling the campaigners, however many somebody throws."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.lately import AHEAD
from commands import tell

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.chat import Event
    from commands.command import House
    from storage.storage import Storage

TOLD_EVERY = timedelta(hours=1)
"""How often campaigners are told of what could not be taken in one room."""


def set_aside(storage: Storage, house: House, event: Event, now: datetime, error: str) -> str:
    """Keep the trace of an event, never its body; tell the campaigners if they were not lately. Return its reference."""
    reference = secrets.token_hex(3)
    network, scope = event.room.network, event.room.id
    tells = not storage.inbox.told_between(network, scope, now - TOLD_EVERY, now + AHEAD)
    storage.inbox.quarantine(
        reference, network, (scope, event.event), now, what=type(event).__name__, error=error, told=tells
    )
    if tells:
        room = storage.rooms.find(network, scope)
        text = say(
            N_(
                "I could not take something that came in {room}: reference {reference}. "
                "{list} shows every such event; within an hour I tell you of no more from there."
            ),
            room=room.label if room else scope,
            reference=reference,
            list=Typed("quarantine"),
        )
        tell.put(storage, tell.admins(storage, house, text), now)
    return reference
