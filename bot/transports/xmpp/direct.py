"""What comes to us alone: what accounts say, invitations, our own messages and those that are given back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.transports.base import OVERACTIVE
from bot.transports.xmpp import reading, stanzas
from campaign.chat import XMPP, Address, Bounced, Echo, Event, Joined, Reacted, Room, Said

if TYPE_CHECKING:
    from datetime import datetime
    from xml.etree.ElementTree import Element

    from bot.transports.xmpp.contacts import Contacts
    from bot.transports.xmpp.heard import Heard
    from bot.transports.xmpp.membership import Membership
    from bot.transports.xmpp.sending import Sent


class DirectChats:
    """The chats of one account with others, the same whether read live or from its archive."""

    def __init__(
        self,
        own: str,
        membership: Membership,
        sent: Sent,
        *,
        nick: str,
        heard: Heard,
        contacts: Contacts,
    ) -> None:
        self._own, self._membership, self._sent, self._nick = own, membership, sent, nick
        self._heard, self._contacts = heard, contacts
        self._chats: set[str] = set()
        self.archived = False
        """Whether our own archive keeps every direct chat."""

    def read(self, message: Element, *, event: str, at: datetime, live: bool) -> list[Event]:
        """Read a message that no room broadcast; `event` is its id in our archive, if it is there."""
        sender, resource = stanzas.split(message.get("from"))
        if message.get("type") == "error":
            return self._bounce(message, event=event, at=at)
        service = stanzas.domain(sender)
        in_room = sender in self._membership.rooms or self._membership.serves(service)
        if in_room and resource:
            # Said in private by an occupant of a room: nobody we could know, so nothing is taken.
            if live and stanzas.body(message).strip() and message.get("type") == "chat":
                self._contacts.whispered(sender, resource)
            return []
        trusted = self._membership.serves(service) or service.endswith("." + stanzas.domain(self._own))
        invited = reading.invitation(message, event=event, at=at, trusted_service=trusted)
        if invited is not None:
            asked = self._membership.invited(*invited)
            return [asked] if asked is not None else []
        if sender == self._own:
            return self._own_message(message, event=event, at=at)
        if in_room or (resource and message.find(stanzas.MUC_USER_X) is not None):
            return []  # a room's own words, or an occupant's of a room that is not known to be one any more
        return self._said(message, event=event, at=at, live=live)

    def _said(self, message: Element, *, event: str, at: datetime, live: bool) -> list[Event]:
        said = reading.chat(message, event=event, at=at, live=live, own_name=self._nick, heard=self._heard)
        if said is None:
            return []
        if isinstance(said, Said):
            self._contacts.to_thank(message)
        self._sent.remember_id(said.room.id, event, message.get("id", ""))
        if isinstance(said, Said | Reacted):
            said = replace(said, shared=self._membership.shared_with(said.sender.id))
        return [*self._first_of(said.room.id, at), said]

    def _first_of(self, other: str, at: datetime) -> list[Event]:
        if other in self._chats:
            return []
        self._chats.add(other)
        with_them = Address(XMPP, other)
        return [Joined(Room(XMPP, other), at, private_with=with_them, archived=self.archived)]

    def _own_message(self, message: Element, *, event: str, at: datetime) -> list[Event]:
        to = stanzas.split(message.get("to"))[0]
        key = stanzas.origin_id(message)
        if not event or not key or not to or message.get("type") not in ("chat", "normal"):
            return []
        self._sent.remember_id(to, event, message.get("id", ""))
        return [Echo(Room(XMPP, to), event, key, at)] if self._sent.archived(key, event) else []

    def _bounce(self, message: Element, *, event: str, at: datetime) -> list[Event]:
        sender, resource = stanzas.split(message.get("from"))
        key = message.get("id", "")
        room = self._membership.rooms.get(sender)
        if (room is not None and resource) or not self._sent.bounced(key, sender):
            return []
        if room is not None:
            self._membership.look_after_rooms()
        why = OVERACTIVE if stanzas.asks_for_patience(message) else stanzas.error_condition(message)
        return [Bounced(Room(XMPP, sender), event or reading.passing_id(), key, why, at)]
