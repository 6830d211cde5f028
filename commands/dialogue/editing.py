"""What becomes of a message that is put in other words, or deleted, after it was taken: nothing, and its author is told so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Message, Redacted, Said, Text, Typed, say
from commands import tell
from commands.command import Elsewhere, House, Reply
from commands.dialogue import answer

if TYPE_CHECKING:
    from datetime import datetime

    from storage.signatures import Signature
    from storage.storage import Storage


def edited(storage: Storage, house: House, said: Said, now: datetime) -> Reply:
    """Tell somebody, once for each message, that other words change nothing: what a list holds must not move silently."""
    room = storage.rooms.find(said.room.network, said.room.id)
    if room is None or room.state == "parked" or said.sender.is_bridged:
        return Reply()
    given = storage.signatures.given_by(room.id, said.edits)
    person = storage.people.find(said.sender)
    if given is not None and (person is None or person.id != given.person_id):
        return Reply()  # nobody else can edit it: a server that lets them lies
    if given is None and not answer.is_for_us(storage, said, house, now):
        return Reply()
    if not _first(storage, said.room.network, said.room.id, f"edited {said.edits}", now):
        return Reply()
    address = storage.people.ensure(said.sender, said.name, now).address_id if said.private else None
    message = Message((_unchanged(given),), to=said.sender, to_name=said.name, private=said.private)
    told = Elsewhere(message, room_id=room.id, address_id=address, reply_to=said.edits, thread=said.thread)
    return Reply(elsewhere=(told,))


def _unchanged(given: Signature | None) -> Text:
    if given is None:
        return say(N_("I do not read edited messages: please write it again as a new one."))
    return say(
        N_(
            "An edit changes nothing: the signature of **{name}** stands as it was given. To correct it: {details} · to take it back: {withdraw}"
        ),
        name=given.organisation,
        details=Typed("details", given.organisation),
        withdraw=Typed("withdraw", given.organisation),
    )


def deleted(storage: Storage, event: Redacted, now: datetime) -> Reply:
    """Tell whoever signed by a message, once, that the signature stands though the message is deleted, by whomever."""
    room = storage.rooms.find(event.room.network, event.room.id)
    given = storage.signatures.given_by(room.id, event.target) if room is not None else None
    if room is None or given is None:
        return Reply()
    if not _first(storage, room.network, room.address, f"deleted {event.target}", now):
        return Reply()
    text = say(
        N_(
            "The message by which you signed for **{name}** was deleted; the signature stands. To take it back: {withdraw}"
        ),
        name=given.organisation,
        withdraw=Typed("withdraw", given.organisation),
    )
    if room.direct:
        return Reply(
            elsewhere=(tell.alone(tell.Chat(room.id, given.address_id, room.network), Message((text,))),)
        )
    told = tell.privately(storage, given.person_id, text)
    if not told and room.state == "joined":
        message = Message((text,), to=storage.people.address(given.address_id), to_name=given.person_name)
        told = (Elsewhere(message, room_id=room.id),)
    return Reply(elsewhere=told)


def _first(storage: Storage, network: str, scope: str, what: str, now: datetime) -> bool:
    """Whether this is the first time that something is said of what became of a message."""
    return bool(storage.inbox.take(network, [(scope, what)], now))
