"""From a room's share of a sync answer to what happened there, in its order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.transports.matrix.reading import MalformedError, Reader, event_reference, identifier
from bot.transports.matrix.rooms import listing, mapping, replaces_room, switches_encryption_on
from campaign.chat import MATRIX, Address, Event, Invited, Joined, Reacted, Removed, Room, Said, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.rooms import JoinedRoom
    from bot.transports.matrix.shares import Share


def tell_joined(
    share: Share, alias: str, *, live: bool, baseline: bool, rooms: Mapping[str, JoinedRoom]
) -> list[Event]:
    """Tell of a room the bot is in, which was asked for under `alias` if that is not empty; `rooms` are all of these.

    With `baseline` there was no cursor: what was said before the first one was not said to us.
    """
    room = share.room
    inside: list[object] = [] if baseline else share.window.inside()
    # What was said before the room was encrypted, or replaced, takes effect before that does.
    becomes_encrypted = any(map(switches_encryption_on, inside))
    events: list[Event] = []
    if room.replaced and not any(map(replaces_room, inside)):
        events += _replaced(share)
    else:
        events += _joined(share, alias, encrypted=room.encrypted and not becomes_encrypted)
    reader = Reader(room.me, share.room_id, room, live)
    for raw in inside:
        if switches_encryption_on(raw):
            events += _joined(share, alias, encrypted=True)
        elif replaces_room(raw):
            events += _replaced(share)
        else:
            event = tell(reader, raw, rooms)
            if event is not None:
                events.append(event)
    if share.lost:
        events.append(_gap(share))  # last, so that what was found in spite of it counts as found
    return events


def tell(reader: Reader, raw: object, rooms: Mapping[str, JoinedRoom]) -> Event | None:
    """Tell of one event; what is said to us alone, with the rooms in which that person is seen."""
    event = reader.read(raw)
    if isinstance(event, Said | Reacted) and reader.room.is_private:
        return replace(event, shared=_shared(event.sender.id, rooms, but=reader.room_id))
    return event


def tell_left(share: Share, *, live: bool) -> list[Event]:
    """Tell of a room the bot is no longer in, if it was: not of an invitation that was declined or taken back."""
    leaving = share.window.leaving
    if leaving is None or not share.was_left:
        return []
    reader = Reader(share.room.me, share.room_id, share.room, live)
    events: list[Event] = list(filter(None, map(reader.read, share.window.inside())))
    if share.lost:
        events.append(_gap(share))
    room = Room(MATRIX, share.room_id)
    return [*events, Removed(room, leaving.event_id, leaving.at, leaving.why, leaving.by)]


def tell_invited(me: str, room_id: str, part: Json, alias: str, rooms: Mapping[str, JoinedRoom]) -> Event:
    """Tell of an invitation into a room that is asked for under `alias` if that is not empty; `rooms` are ours."""
    state = [mapping(raw) for raw in listing(mapping(part.get("invite_state")).get("events"))]
    ours = [raw for raw in state if raw.get("type") == "m.room.member" and raw.get("state_key") == me]
    try:
        by = identifier(ours[-1].get("sender") if ours else None, "invite_state", "@")
    except MalformedError as error:
        return Unreadable(Room(MATRIX, room_id), "", f"malformed: {error}", datetime.now(UTC))
    return Invited(
        Room(MATRIX, room_id),
        event_reference(ours[-1]),  # most servers give none in stripped state
        Address(MATRIX, by),
        datetime.now(UTC),
        direct=mapping(ours[-1].get("content")).get("is_direct") is True,
        encrypted=any(raw.get("type") == "m.room.encryption" for raw in state),
        shared=_shared(by, rooms),
        alias=alias,
    )


def _shared(person: str, rooms: Mapping[str, JoinedRoom], *, but: str = "") -> tuple[str, ...]:
    return tuple(other for other, room in rooms.items() if other != but and person in room.members)


def _joined(share: Share, alias: str, *, encrypted: bool) -> list[Event]:
    room, joining = share.room, share.window.joining
    now = (alias, room.name, room.other, encrypted)
    if room.told == now and joining is None:
        return []
    room.told = now
    joined = Joined(
        Room(MATRIX, share.room_id),
        at=joining.at if joining else datetime.now(UTC),
        event=joining.event_id if joining else "",
        alias=alias,
        name=room.name,
        private_with=Address(MATRIX, room.other) if room.other else None,
        encrypted=encrypted,
        predecessor=room.predecessor,
    )
    return [joined]


def _replaced(share: Share) -> list[Event]:
    room, now = share.room, ("replaced",)
    if room.told == now and share.window.joining is None:
        return []
    room.told = now
    # Without an event's id, for it may be told again: whoever invites the bot once more has to learn it too.
    place = Room(MATRIX, share.room_id)
    may_follow = room.powers.may_invite(room.closed_by)
    told = Removed(place, "", datetime.now(UTC), "replaced", successor=room.successor, may_follow=may_follow)
    return [told]


def _gap(share: Share) -> Unreadable:
    return Unreadable(Room(MATRIX, share.room_id), "", "gap", datetime.now(UTC))
