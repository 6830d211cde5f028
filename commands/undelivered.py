"""What campaigners are told of messages that did not arrive, or may not have."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from campaign.chat import N_, Address, Typed, say
from commands import tell

if TYPE_CHECKING:
    from datetime import datetime

    from commands.command import Elsewhere, House
    from storage.rooms import RoomRow
    from storage.storage import Storage

log = logging.getLogger(__name__)


def uncertain(
    storage: Storage, house: House, key: str, room_id: int, *, why: str, now: datetime
) -> tuple[Elsewhere, ...]:
    """Leave a dispatch of which nothing tells whether it arrived, and say so."""
    number = storage.outbox.uncertain(key, why, now)
    room = storage.rooms.get(room_id)
    if number is None or not _concerns_campaigners(house, room, why):
        return ()
    text = say(
        N_(
            "I cannot tell whether a message of mine arrived in {room}: please look there. "
            "To send it again: {retry} · to leave it: {drop}"
        ),
        room=_called(room),
        **_ways_out(number),
    )
    return tell.admins(storage, house, text)


def failed(
    storage: Storage,
    house: House,
    key: str,
    room_id: int,
    *,
    why: str,
    now: datetime,
    even_alone: bool = False,
) -> tuple[Elsewhere, ...]:
    """Give a dispatch up, and say so. Of one to a single person only with `even_alone`: refusing it is their choice."""
    number = storage.outbox.failed(key, why, now)
    room = storage.rooms.get(room_id)
    if number is None or not _concerns_campaigners(house, room, why) or (room.direct and not even_alone):
        return ()
    text = say(
        N_(
            "A message of mine could not be delivered in {room} ({why}). "
            "To send it again: {retry} · to leave it: {drop}"
        ),
        room=_called(room),
        why=why,
        **_ways_out(number),
    )
    return tell.admins(storage, house, text)


def unsayable(storage: Storage, house: House, room: RoomRow, why: str) -> tuple[Elsewhere, ...]:
    """Say that something could not even be put into words: there is nothing that could be sent again."""
    if not _concerns_campaigners(house, room, why) or room.direct:
        return ()
    text = N_("A message of mine could not be delivered in {room} ({why}).")
    return tell.admins(storage, house, say(text, room=_called(room), why=why))


def _concerns_campaigners(house: House, room: RoomRow, why: str) -> bool:
    """Whether they are told: of what was for them only the log can tell, or being told would fail in its turn."""
    log.error("a message did not arrive", extra={"action": "undelivered", "room": room.id, "why": why})
    return not (room.admin or (room.direct and Address(room.network, room.partner) in house.admins))


def _called(room: RoomRow) -> str:
    return room.partner if room.direct else room.label


def _ways_out(number: int) -> dict[str, Typed]:
    return {"retry": Typed("outbox retry", str(number)), "drop": Typed("outbox drop", str(number))}
