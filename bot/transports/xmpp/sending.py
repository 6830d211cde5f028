"""What we sent: building the stanza, and knowing it again when it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from bot.transports.base import Dispatch, Refused
from bot.transports.xmpp import stanzas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slixmpp.stanza import Message

    from bot.transports.xmpp.session import Session

_REMEMBERED = 2000


class Sent:
    """The keys of what we sent, to whom, and the message ids of direct chats; of each only the latest two thousand."""

    def __init__(self, unsure: Mapping[str, str]) -> None:
        self._to = dict(unsure)
        self._awaited = set(unsure)
        self._bounced: set[str] = set()
        self._ids: dict[tuple[str, str], str] = {}

    def sending(self, key: str, to: str) -> None:
        """Note that a message is about to leave."""
        self._to[key] = to
        self._awaited.add(key)
        _forget(self._to)

    def echoed(self, key: str) -> bool:
        """Note that it is visible; False if it is known to have bounced."""
        self._awaited.discard(key)
        return key not in self._bounced

    def awaited(self, key: str) -> bool:
        """Whether neither echo nor bounce has come yet."""
        return key in self._awaited

    def bounced(self, key: str, sender: str) -> bool:
        """Whether this is a message of ours that only `sender` can give back; told once."""
        if self._to.get(key) != sender or key in self._bounced:
            return False
        self._bounced.add(key)
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


def _forget(remembered: dict[object, str] | dict[str, str] | dict[tuple[str, str], str]) -> None:
    while len(remembered) > _REMEMBERED:
        del remembered[next(iter(remembered))]  # type: ignore[arg-type]


def message_for(session: Session, dispatch: Dispatch, sent: Sent, *, groupchat: bool) -> Message:
    """Build the stanza of a dispatch: always the same for the same dispatch. Raises Refused if it is too large."""
    payload, to = dispatch.payload, dispatch.room.id
    message = session.client.make_message(
        mto=to,
        mbody=stanzas.clean(payload.file_url or payload.text),
        mtype="groupchat" if groupchat else "chat",
    )
    message["id"] = dispatch.key
    message.xml.append(Element(f"{{{stanzas.SID}}}origin-id", {"id": dispatch.key}))
    answered = payload.reply_to
    if answered and not groupchat:
        answered = sent.message_id(to, answered)
    if answered:
        message.xml.append(Element(f"{{{stanzas.REPLY}}}reply", {"id": stanzas.clean(answered), "to": to}))
    if payload.thread:
        SubElement(message.xml, f"{stanzas.CLIENT}thread").text = stanzas.clean(payload.thread)
    if payload.file_url:
        oob = SubElement(message.xml, f"{{{stanzas.OOB}}}x")
        SubElement(oob, f"{{{stanzas.OOB}}}url").text = stanzas.clean(payload.file_url)
    if len(tostring(message.xml)) > session.largest_stanza:
        raise Refused("too large for one message")
    return message
