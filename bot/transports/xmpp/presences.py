"""What presences say: who is in a room, whether we are and may speak, and who wants to see ours (XEP-0045)."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from bot.transports.base import Unreachable
from bot.transports.xmpp import reading, stanzas
from bot.transports.xmpp.queue import Entered, Live, Queue
from campaign.chat import XMPP, Removed, Room

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.transports.xmpp.rooms import MucRoom
    from bot.transports.xmpp.session import Session

log = logging.getLogger(__name__)


class Presences:
    """Reads them into the rooms of one stream; `look` has our rooms looked after where we have fallen out of one."""

    def __init__(
        self,
        session: Session,
        queue: Queue,
        rooms: Mapping[str, MucRoom],
        *,
        serves: Callable[[str], bool],
        look: Callable[[], None],
    ) -> None:
        self._session, self._queue, self._rooms = session, queue, rooms
        self._serves, self._look = serves, look
        self.on_subscribe: Callable[[str], None] = lambda _: None
        """Told of each account that wants to see our presence."""

    def take(self, presence: Element) -> None:
        """Take a presence, in the order of the stream; never raises, whatever it is."""
        try:
            self._take(presence)
        except Exception:
            log.exception("a presence stanza could not be read and was dropped")

    def _take(self, presence: Element) -> None:
        jid, nick = stanzas.split(presence.get("from"))
        kind = presence.get("type", "")
        room = self._rooms.get(jid)
        if room is None:
            if kind == "subscribe" and "@" in jid and not self._serves(stanzas.domain(jid)):
                self.on_subscribe(jid)
            return
        codes = stanzas.status_codes(presence)
        if kind == "error":
            room.alternative = stanzas.alternative(presence) or room.alternative
            room.answer_entering(stanzas.error_condition(presence))
        elif nick and kind == "":
            self._somebody_there(room, nick, presence, codes)
        elif nick and kind == "unavailable":
            occupant = room.occupants.pop(nick, None)
            if "110" in codes or (nick == room.nick and occupant is not None and room.inside):
                self._we_are_out(room, presence, codes)

    def _somebody_there(self, room: MucRoom, nick: str, presence: Element, codes: frozenset[str]) -> None:
        occupant = room.see(nick, presence)
        if "110" not in codes:
            return
        room.own_occupant_id = occupant.occupant_id
        self._learn_voice(room, presence)
        if room.joined and not room.deaf:
            room.nick = nick
            return
        if "201" in codes:
            room.nick = nick
            room.answer_entering("created")
            return
        room.enter(nick)
        room.gone = ""
        self._queue.put(Entered(room, room.stay))
        room.answer_entering("")

    def _learn_voice(self, room: MucRoom, presence: Element) -> None:
        """Note whether we may speak; if not, ask for it, once each time that we enter or it is taken from us."""
        item = presence.find(f"{stanzas.MUC_USER_X}/{{{stanzas.MUC_USER}}}item")
        mute = item is not None and item.get("role") == "visitor"
        if mute and not room.mute:
            request = self._session.client.make_message(mto=room.jid)
            form = SubElement(request.xml, f"{{{stanzas.DATA}}}x", {"type": "submit"})
            for name, value in (("FORM_TYPE", f"{stanzas.MUC}#request"), ("muc#role", "participant")):
                field = SubElement(form, f"{{{stanzas.DATA}}}field", {"var": name})
                SubElement(field, f"{{{stanzas.DATA}}}value").text = value
            with suppress(Unreachable):
                self._session.write(request)
        room.mute = mute

    def _we_are_out(self, room: MucRoom, presence: Element, codes: frozenset[str]) -> None:
        item = presence.find(f"{{{stanzas.MUC_USER}}}x/{{{stanzas.MUC_USER}}}item")
        if "303" in codes and item is not None:
            room.nick = item.get("nick") or room.nick
            return
        was_in, room.joined, room.anew = room.inside, False, False
        room.occupants.clear()
        actor = item.find(f"{{{stanzas.MUC_USER}}}actor") if item is not None else None
        by = (actor.get("nick") or actor.get("jid") or "") if actor is not None else ""
        why = ""
        if presence.find(f"{{{stanzas.MUC_USER}}}x/{{{stanzas.MUC_USER}}}destroy") is not None:
            why, room.alternative = "destroyed", stanzas.alternative(presence)
        elif "301" in codes:
            why = "banned"
        elif "322" in codes:
            why = "members"
        elif codes & {"307", "321"} and "333" not in codes:
            why = "kicked"  # with 333 it is an error that threw us out, not a person
        elif room.leaving:
            why = "left"
        if why and (was_in or room.leaving):
            tell_removed(self._queue, room, why, by)
        elif was_in:
            self._look()
        room.left.set()


def tell_removed(queue: Queue, room: MucRoom, why: str, by: str = "") -> None:
    """Tell that we are no longer in a room, behind all that was said there before."""
    room.gone, room.untold = why, True
    other = room.alternative if why == "destroyed" and room.alternative != room.jid else ""
    why = "replaced" if other else why
    removed = Removed(Room(XMPP, room.jid), reading.passing_id(), datetime.now(UTC), why, by, other)
    queue.put_behind_archive(room, Live(removed))
