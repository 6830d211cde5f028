"""Bookmarks (XEP-0402) of the rooms we are in: whoever opens the account with a client of their own finds them there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from slixmpp.exceptions import IqError

from bot.transports.xmpp import stanzas
from bot.transports.xmpp.session import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.transports.xmpp.rooms import MucRoom
    from bot.transports.xmpp.session import Session

log = logging.getLogger(__name__)

_BOOKMARKS = "urn:xmpp:bookmarks:1"
_PUBSUB = "http://jabber.org/protocol/pubsub"
_OPTIONS = {
    "FORM_TYPE": f"{_PUBSUB}#publish-options",
    "pubsub#persist_items": "true",
    "pubsub#max_items": "max",
    "pubsub#send_last_published_item": "never",
    "pubsub#access_model": "whitelist",
}


class Bookmarks:
    """The account's bookmarks, as far as they are ours: nobody else's is touched, and none is followed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: dict[str, tuple[str, str]] | None = None
        """Room → name and nick it is bookmarked with; None before they were read."""
        self._works = True

    async def keep(self, rooms: Iterable[MucRoom]) -> None:
        """Bookmark the rooms we are in, and no longer those we were sent away from. Raises Unreachable."""
        if not self._works:
            return
        try:
            kept = self._kept
            if kept is None:
                kept = self._kept = await self._read()
            for room in [*rooms]:
                wanted = (stanzas.clean(room.name), stanzas.clean(room.nick))
                if room.joined and kept.get(room.jid) != wanted:
                    await self._publish(room.jid, *wanted)
                    kept[room.jid] = wanted
                elif room.gone and room.jid in kept:
                    await self._retract(room.jid)
                    del kept[room.jid]
        except IqError as error:
            self._works = False
            log.info("the server keeps no bookmarks: %s", error.condition)
        except NoAnswer:
            log.info("the bookmarks are left for later: no answer")

    async def _read(self) -> dict[str, tuple[str, str]]:
        iq = self._session.client.make_iq_get()
        SubElement(_pubsub(iq.xml), f"{{{_PUBSUB}}}items", {"node": _BOOKMARKS})
        try:
            answer = await self._session.ask(iq.send)
        except IqError as error:
            if error.condition == "item-not-found":
                return {}  # there were none yet
            raise
        found = {}
        for item in answer.xml.iter(f"{{{_PUBSUB}}}item"):
            conference = item.find(f"{{{_BOOKMARKS}}}conference")
            if conference is not None and conference.get("autojoin") in ("true", "1"):
                nick = conference.findtext(f"{{{_BOOKMARKS}}}nick") or ""
                found[item.get("id", "")] = (conference.get("name", ""), nick)
        return found

    async def _publish(self, jid: str, name: str, nick: str) -> None:
        iq = self._session.client.make_iq_set()
        pubsub = _pubsub(iq.xml)
        publish = SubElement(pubsub, f"{{{_PUBSUB}}}publish", {"node": _BOOKMARKS})
        item = SubElement(publish, f"{{{_PUBSUB}}}item", {"id": jid})
        conference = SubElement(
            item, f"{{{_BOOKMARKS}}}conference", {"autojoin": "true"} | ({"name": name} if name else {})
        )
        SubElement(conference, f"{{{_BOOKMARKS}}}nick").text = nick
        options = SubElement(pubsub, f"{{{_PUBSUB}}}publish-options")
        form = SubElement(options, f"{{{stanzas.DATA}}}x", {"type": "submit"})
        for key, value in _OPTIONS.items():
            hidden = {"type": "hidden"} if key == "FORM_TYPE" else {}
            field = SubElement(form, f"{{{stanzas.DATA}}}field", {"var": key} | hidden)
            SubElement(field, f"{{{stanzas.DATA}}}value").text = value
        await self._session.ask(iq.send)

    async def _retract(self, jid: str) -> None:
        iq = self._session.client.make_iq_set()
        retract = SubElement(_pubsub(iq.xml), f"{{{_PUBSUB}}}retract", {"node": _BOOKMARKS, "notify": "true"})
        SubElement(retract, f"{{{_PUBSUB}}}item", {"id": jid})
        try:
            await self._session.ask(iq.send)
        except IqError as error:
            if error.condition != "item-not-found":
                raise


def _pubsub(iq: Element) -> Element:
    return SubElement(iq, f"{{{_PUBSUB}}}pubsub")
