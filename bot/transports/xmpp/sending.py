"""What we sent: building the stanza, and knowing it again when it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from xml.etree.ElementTree import Element, SubElement, tostring

from bot.transports.base import Dispatch, Refused
from bot.transports.xmpp import stanzas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slixmpp.stanza import Message

    from bot.transports.base import Payload
    from bot.transports.xmpp.session import Session

_REMEMBERED = 2000
K = TypeVar("K")
V = TypeVar("V")


class Sent:
    """The keys of what we sent, to whom, and the message ids of direct chats; of each only the latest two thousand."""

    def __init__(self, unsure: Mapping[str, str]) -> None:
        self._to = dict(unsure)
        self._awaited = set(unsure)
        self._events: dict[str, str] = {}
        self._copies: dict[str, int] = {}
        self._bounces: dict[str, int] = {}
        self._ids: dict[tuple[str, str], str] = {}

    def sending(self, key: str, to: str) -> None:
        """Note that a message is about to leave."""
        self._to[key] = to
        self._awaited.add(key)
        _forget(self._to)

    def echoed(self, key: str, event: str) -> None:
        """Note that it is visible under this id."""
        self._awaited.discard(key)
        self._events[key] = event
        _forget(self._events)

    def archived(self, key: str, event: str) -> bool:
        """Note a copy in our own archive, which keeps what bounced as well; whether it is one that did not bounce."""
        self._copies[key] = self._copies.get(key, 0) + 1
        _forget(self._copies)
        arrived = self._copies[key] > self._bounces.get(key, 0)
        if arrived:
            self.echoed(key, event)
        return arrived

    def event(self, key: str) -> str:
        """Return the id under which it is visible, or an empty string if that is not known."""
        return self._events.get(key, "")

    def awaited(self, key: str) -> bool:
        """Whether neither echo nor bounce has come yet."""
        return key in self._awaited

    def is_ours(self, key: str, room: str, archive_id: str) -> bool:
        """Whether this is our own message by its key: one awaited in this room, or that was seen live under this id."""
        return (key in self._awaited and self._to.get(key) == room) or self._events.get(key) == archive_id

    def bounced(self, key: str, sender: str) -> bool:
        """Whether this is a message of ours that only `sender` can give back; told once for each time it is sent."""
        if self._to.get(key) != sender:
            return False
        del self._to[key]
        self._events.pop(key, None)
        self._bounces[key] = self._bounces.get(key, 0) + 1
        _forget(self._bounces)
        self._awaited.discard(key)
        return True

    def remember_id(self, chat: str, archive_id: str, message_id: str) -> None:
        """Note the id by which a reply must name a message of a direct chat (XEP-0461)."""
        if archive_id and message_id:
            self._ids[chat, archive_id] = message_id
            _forget(self._ids)

    def message_id(self, chat: str, archive_id: str) -> str:
        """Return that id, or an empty string if it is not remembered."""
        return self._ids.get((chat, archive_id), "")


def _forget(remembered: dict[K, V]) -> None:
    while len(remembered) > _REMEMBERED:
        del remembered[next(iter(remembered))]


def message_for(session: Session, dispatch: Dispatch, sent: Sent, *, groupchat: bool) -> Message:
    """Build the stanza of a dispatch: always the same for the same dispatch. Raises Refused if it cannot be sent."""
    payload, to = dispatch.payload, dispatch.room.id
    if payload.kind not in ("message", "edit", "react"):
        raise Refused(f"XMPP knows no {payload.kind}")
    # With words beside it the address stands on a line of its own: clients then show both.
    words = "" if payload.kind == "react" else "\n".join(filter(None, (payload.text, payload.file_url)))
    message = session.client.make_message(
        mto=to, mbody=stanzas.clean(words), mtype="groupchat" if groupchat else "chat"
    )
    message["id"] = dispatch.key
    message.xml.append(Element(f"{{{stanzas.SID}}}origin-id", {"id": dispatch.key}))
    if payload.kind == "react":
        _react(message.xml, payload, _named(payload.target, to, sent, groupchat=groupchat))
    elif payload.kind == "edit":
        _correct(message.xml, payload)
    elif answered := _named(payload.reply_to, to, sent, groupchat=groupchat):
        message.xml.append(Element(f"{{{stanzas.REPLY}}}reply", {"id": stanzas.clean(answered), "to": to}))
    if payload.thread:
        SubElement(message.xml, f"{stanzas.CLIENT}thread").text = stanzas.clean(payload.thread)
    if payload.file_url:
        oob = SubElement(message.xml, f"{{{stanzas.OOB}}}x")
        SubElement(oob, f"{{{stanzas.OOB}}}url").text = stanzas.clean(payload.file_url)
    if len(tostring(message.xml)) > session.largest_stanza:
        raise Refused("too large for one message")
    return message


def _named(event: str, to: str, sent: Sent, *, groupchat: bool) -> str:
    """The id by which replies and reactions name a message: that of the room, or in a direct chat its sender's."""
    return event if groupchat else sent.message_id(to, event)


def _react(message: Element, payload: Payload, target: str) -> None:
    """React (XEP-0444): the whole set each time, here what stands between the spaces of the text."""
    if not target:
        raise Refused("the message reacted to is not remembered")
    reactions = SubElement(message, f"{{{stanzas.REACTIONS}}}reactions", {"id": stanzas.clean(target)})
    for key in dict.fromkeys(stanzas.clean(payload.text).split()):
        SubElement(reactions, f"{{{stanzas.REACTIONS}}}reaction").text = key
    # Without a body, archives would not keep it: our own reaction is looked for there like every message of ours.
    SubElement(message, f"{{{stanzas.HINTS}}}store")


def _correct(message: Element, payload: Payload) -> None:
    """Put an earlier message of ours in other words (XEP-0308): its id is the key under which it was sent."""
    if not payload.target_key:
        raise Refused("the message to correct has no id of ours")
    message.append(Element(f"{{{stanzas.CORRECT}}}replace", {"id": payload.target_key}))
