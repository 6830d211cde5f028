"""Entering a room: what it is, under which nick, and what it answers (XEP-0045)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from xml.etree.ElementTree import SubElement

from slixmpp import JID
from slixmpp.exceptions import IqError

from bot.transports.base import Refused
from bot.transports.xmpp import stanzas
from bot.transports.xmpp.session import NoAnswer

if TYPE_CHECKING:
    from bot.transports.xmpp.rooms import MucRoom
    from bot.transports.xmpp.session import Session

log = logging.getLogger(__name__)

# What a room answers when it will not have us, and what that means; anything else may pass and is tried again.
_NEVER = {
    "forbidden": "banned",
    "registration-required": "members",
    "not-authorized": "kicked",
    "not-allowed": "kicked",
    "jid-malformed": "destroyed",
    "item-not-found": "destroyed",
    "gone": "destroyed",
}
_NICKS = 9


class Entering:
    """Enters rooms under our nick, or one like it; `within` is in seconds."""

    def __init__(self, session: Session, nick: str, within: float) -> None:
        self._session, self._nick, self._within = session, nick, within
        self._services: set[str] = set()

    def serves(self, domain: str) -> bool:
        """Whether this domain has shown itself to be a service of rooms, not of accounts."""
        return domain in self._services

    async def enter(self, room: MucRoom) -> None:
        """Enter a room, or do nothing if we are in it. Raises Refused, NoAnswer or Unreachable."""
        async with room.lock:
            if room.joined and not room.deaf:
                return
            await self._learn(room)
            for nick in [self._nick, f"{self._nick}_", *(f"{self._nick}{n}" for n in range(2, _NICKS))]:
                condition = await self._try(room, nick)
                if not condition:
                    return
                if condition != "conflict":
                    break
            if condition == "created":
                self.step_out(room)
                raise Refused("there is no such room")
            if condition in _NEVER:
                room.gone = _NEVER[condition]
                raise Refused(f"the room does not let us in ({condition})")
            raise NoAnswer(f"the room does not let us in now ({condition})")

    async def _try(self, room: MucRoom, nick: str) -> str:
        room.entering, room.mute = asyncio.get_running_loop().create_future(), False
        presence = self._session.presence(f"{room.jid}/{nick}")
        x = SubElement(presence.xml, f"{{{stanzas.MUC}}}x")
        SubElement(x, f"{{{stanzas.MUC}}}history", {"maxstanzas": "0"})
        try:
            self._session.write(presence)
            entering = room.entering
            return await self._session.ask(lambda: entering, within=self._within)
        finally:
            room.entering = None

    async def _learn(self, room: MucRoom) -> None:
        plugin = self._session.client.plugin["xep_0030"]
        try:
            info = await self._session.ask(
                lambda: plugin.get_info(JID(room.jid), local=False), within=self._within
            )
        except IqError as error:
            if error.condition in ("item-not-found", "gone"):
                # Entering would create it.
                room.gone = "destroyed"
                raise Refused("there is no such room") from error
            if error.condition not in stanzas.NOT_KNOWN_THERE or room.archived:
                # A room taken to keep no archive, and that keeps one, would tell everything a second time.
                raise NoAnswer(f"it does not say what it is ({error.condition})") from error
            log.info("%s does not describe itself: %s", room.jid, error.condition)
            room.learn(set(), room.name)
            return
        identities = {(each[0], each[3]) for each in info["disco_info"]["identities"]}
        if not any(category == "conference" for category, _ in identities):
            raise Refused("this is not a room")
        self._services.add(stanzas.domain(room.jid))
        names = [name for category, name in identities if category == "conference" and name]
        room.learn(set(info["disco_info"]["features"]), min(names, default=""))

    def step_out(self, room: MucRoom, reason: str = "") -> None:
        """Say that we leave. Raises Unreachable."""
        client = self._session.client
        self._session.write(
            client.make_presence(pto=f"{room.jid}/{room.nick}", ptype="unavailable", pstatus=reason or None)
        )
