"""Saying something to people who did not ask: the campaigners, a campaign's rooms, an organisation's people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from campaign.chat import N_, Message, Text, say
from commands.command import Elsewhere
from storage.outbox import Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from commands.command import Context, House
    from storage.rooms import RoomRow
    from storage.signatures import Signature
    from storage.storage import Storage

T = TypeVar("T")


def admins(storage: Storage, house: House, *lines: Text) -> tuple[Elsewhere, ...]:
    """Tell the campaigners in every room of theirs; on a network where they have none, in private."""
    rooms = storage.rooms.admin_rooms()
    told = [Elsewhere(Message(lines), room_id=room.id, urgency=3) for room in rooms]
    with_room = {room.network for room in rooms}
    for address in sorted(house.admins, key=lambda one: (one.network, one.id)):
        if address.network not in with_room:
            person = storage.people.find(address)
            if person is not None:
                told.append(Elsewhere(Message(lines, private=True), address_id=person.address_id, urgency=3))
    return tuple(told)


def rooms(
    where: Iterable[RoomRow],
    *lines: Text,
    purpose: str = "",
    urgency: int = 5,
    expires_at: datetime | None = None,
) -> tuple[Elsewhere, ...]:
    """Say the same in several rooms; not any more from `expires_at` on."""
    message = Message(lines, purpose=purpose)
    return tuple(
        Elsewhere(message, room_id=room.id, urgency=urgency, expires_at=expires_at) for room in where
    )


def missing(storage: Storage, campaign_id: int) -> tuple[Text, ...]:
    """Name the campaign's rooms the bot is not in: what was said just now is not said there."""
    text = N_("Not in {room}: I am not in it. Invite me there, then ask again.")
    rooms = storage.rooms.of_campaign(campaign_id, joined=False)
    return tuple(say(text, room=room.label) for room in rooms if room.state != "joined")


def reached(storage: Storage, organisation_id: int, reach: Callable[[int], Sequence[T]]) -> list[T]:
    """Reach those who speak for an organisation, each by `reach`; its deputies only if none of the others can be."""
    for deputies in (False, True):
        people = (one for one in storage.representatives.people(organisation_id) if one.deputy == deputies)
        found = [one for person in people for one in reach(person.person_id)]
        if found:
            return found
    return []


def representatives(
    storage: Storage, organisation_id: int, *lines: Text, but: int = 0
) -> tuple[Elsewhere, ...]:
    """Tell those who speak for an organisation, where they may be written to in private."""

    def reach(person: int) -> tuple[Elsewhere | None, ...]:
        # Whose doing it is knows already: that is as good as told.
        return (None,) if person == but else privately(storage, person, *lines)

    return tuple(one for one in reached(storage, organisation_id, reach) if one is not None)


def privately(storage: Storage, person_id: int, *lines: Text, here: int = 0) -> tuple[Elsewhere, ...]:
    """Tell one person, where they may be written to in private and are not answered there (`here`)."""
    chat = private_chat(storage, person_id)
    return () if chat is None or chat.room_id == here else (alone(chat, Message(lines)),)


def signer(storage: Storage, signature: Signature, *lines: Text) -> tuple[Elsewhere, ...]:
    """Tell whoever gave a signature: by name in the campaign's room where they did, else alone."""
    room = storage.rooms.get(signature.room_id)
    if not storage.rooms.campaigns_of(room.id):
        return privately(storage, signature.person_id, *lines)
    if room.state != "joined":
        return ()
    message = Message(
        lines,
        to=storage.people.address(signature.address_id) if signature.person_name else None,
        to_name=signature.person_name,
    )
    return (Elsewhere(message, room_id=room.id),)


def not_here(ctx: Context, told: Iterable[Elsewhere]) -> tuple[Elsewhere, ...]:
    """Leave out what would be said in the room where one is, or on the other side of a bridge to it: it is read there."""
    room = ctx.room
    names_of = ctx.storage.rooms.names_of
    sides = ctx.house.bridges.sides_of(room.network, *names_of(room))

    def is_here(one: Elsewhere) -> bool:
        if one.room_id is None:
            return ctx.private and one.address_id == ctx.person.address_id
        if one.room_id == room.id:
            return True
        if not sides:
            return False
        there = ctx.storage.rooms.get(one.room_id)
        return any((there.network, address) in sides for address in names_of(there))

    return tuple(one for one in told if not is_here(one))


@dataclass(frozen=True, slots=True)
class Chat:
    """A private chat with somebody: the room (None: to be opened), and by which of their addresses."""

    room_id: int | None
    address_id: int
    network: str


def alone(chat: Chat, message: Message, urgency: int = 5) -> Elsewhere:
    """Say something in a private chat, if it is still one of exactly two when this leaves."""
    return Elsewhere(
        replace(message, private=True),
        room_id=chat.room_id,
        address_id=chat.address_id,
        network=chat.network,
        urgency=urgency,
    )


def network_of(storage: Storage, one: Elsewhere) -> str:
    """The network on which this is to be said."""
    if one.network or not (one.room_id or one.address_id):
        return one.network
    if one.room_id:
        return storage.rooms.get(one.room_id).network
    return storage.people.address(one.address_id or 0).network


def put(storage: Storage, told: Iterable[Elsewhere], now: datetime) -> None:
    """Put all this in the outbox."""
    told = list(told)
    rows = storage.outbox.put_all(
        [
            Outgoing(
                network_of(storage, one),
                one.message,
                room=one.room_id,
                address=one.address_id,
                intent=one.intent,
                target=one.target,
                file=one.file,
                urgency=one.urgency,
                reply_to=one.reply_to,
                thread=one.thread,
                expires_at=one.expires_at,
                not_before=one.not_before,
            )
            for one in told
        ],
        now,
    )
    storage.reminders.leave_with(
        (reminder, row) for one, row in zip(told, rows, strict=True) for reminder in one.reminders
    )


def private_chat(storage: Storage, person_id: int) -> Chat | None:
    """Where a person may be written to in private without having asked: see `private_chats`."""
    return private_chats(storage, (person_id,)).get(person_id)


def private_chats(storage: Storage, person_ids: Collection[int]) -> Mapping[int, Chat]:
    """Where people may be written to in private without having asked: the newest of their addresses first.

    It is a chat that they already have with the bot, unless they do not want to be written to; one is opened only for
    those who agreed to that.
    """
    chats: dict[int, Chat] = {}
    opened: dict[int, Chat] = {}
    for one in storage.people.reach(person_ids):
        if one.agreed is False:
            continue
        chat = Chat(one.room_id, one.address_id, one.network)
        if one.room_id is not None:
            chats.setdefault(one.person_id, chat)
        elif one.agreed:
            opened.setdefault(one.person_id, chat)
    return opened | chats
