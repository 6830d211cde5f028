"""What campaigners are told of messages that did not arrive, or may not have, or were not said."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Address, Listing, Text, Typed, say, say_many
from commands import tell
from storage.undelivered import Undelivered

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from commands.command import Elsewhere, House
    from storage.rooms import RoomRow
    from storage.storage import Storage
    from storage.undelivered import Unsaid

log = logging.getLogger(__name__)


def uncertain(
    storage: Storage, house: House, key: str, room_id: int, *, why: str, now: datetime
) -> tuple[Elsewhere, ...]:
    """Leave a dispatch of which nothing tells whether it arrived, and say so."""
    number = storage.undelivered.uncertain(key, why, now)
    room = storage.rooms.get(room_id)
    if number is None or not _concerns_campaigners(storage, house, room, why):
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
    number = storage.undelivered.failed(key, why, now)
    room = storage.rooms.get(room_id)
    if (
        number is None
        or not _concerns_campaigners(storage, house, room, why)
        or (room.direct and not even_alone)
    ):
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


def unsayable(
    storage: Storage, house: House, room: RoomRow, row: int, *, why: str, now: datetime
) -> tuple[Elsewhere, ...]:
    """Give up what cannot even be put into words, and say so: there is nothing that could be sent again."""
    storage.undelivered.give_up([row], why, now)
    if not _concerns_campaigners(storage, house, room, why) or room.direct:
        return ()
    text = N_("A message of mine could not be delivered in {room} ({why}).")
    return tell.admins(storage, house, say(text, room=_called(room), why=why))


def expired(storage: Storage, house: House, rows: Iterable[int], now: datetime) -> tuple[Elsewhere, ...]:
    """Give up what is not worth saying any more, and say so in one line, whatever it was and wherever."""
    given_up = storage.undelivered.give_up(rows, "too late", now)
    told: list[Unsaid] = []
    for one in given_up:
        log.warning(
            "too late to be said",
            extra={"action": "expired", "room": one.room_id, "number": one.number, "count": one.count},
        )
        storage.audit.note("not said in time", now, room=one.room_id, number=one.number, count=one.count)
        if one.room_id is None or not storage.rooms.get(one.room_id).admin:
            told.append(one)
    if not told:
        return ()
    text = say_many(
        *NN_(
            "⌛ {count} message is not said any more, it was too late for it: {places}. {outbox} lists it.",
            "⌛ {count} messages are not said any more, it was too late for them: {places}. {outbox} lists them.",
        ),
        sum(one.count for one in told),
        places=Listing(tuple(place(storage, one) for one in told)),
        outbox=Typed("outbox"),
    )
    return tell.admins(storage, house, text)


def place(storage: Storage, one: Undelivered | Unsaid) -> Text | str:
    """What to call the place where something was to be said."""
    if one.room_id is not None:
        return storage.rooms.get(one.room_id).label
    if isinstance(one, Undelivered) and one.address_id is not None:
        return storage.people.address(one.address_id).id
    return say(N_("in private"))


def _concerns_campaigners(storage: Storage, house: House, room: RoomRow, why: str) -> bool:
    """Whether they are told: of what was for them only the log can tell, or being told would fail in its turn.

    Nor are they of a chat with somebody who was forgotten meanwhile, whom it would name.
    """
    log.error("a message did not arrive", extra={"action": "undelivered", "room": room.id, "why": why})
    if not room.direct:
        return not room.admin
    partner = Address(room.network, room.partner)
    return not room.admin and partner not in house.admins and storage.people.find(partner) is not None


def _called(room: RoomRow) -> str:
    return room.partner if room.direct else room.label


def _ways_out(number: int) -> dict[str, Typed]:
    return {"retry": Typed("outbox retry", str(number)), "drop": Typed("outbox drop", str(number))}
