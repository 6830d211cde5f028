"""Manners towards those who write to us alone: who may see that we are there, receipts, and advice for whom a nick hides."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from bot.transports.base import Unreachable
from bot.transports.forms import Holder, TurnedAway
from bot.transports.xmpp import stanzas
from campaign.chat import XMPP, Address, Room

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from bot.transports.forms import Desk
    from bot.transports.xmpp.membership import Membership
    from bot.transports.xmpp.session import Session

log = logging.getLogger(__name__)

_MOST_WAITING = 200
_MOST_THANKS = 500
ADVICE_EVERY = 600.0
"""Seconds before the same nick is advised again."""
MOST_ADVISED = 20
"""Nicks that are advised within that time: whoever changes theirs all the time is not answered for ever."""


class Contacts:
    """What is owed to people rather than to commands. All of it is a courtesy: what is lost with a stream stays lost."""

    def __init__(
        self,
        session: Session,
        membership: Membership,
        desk: Desk | None,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._session, self._membership, self._desk, self._spawn = session, membership, desk, spawn
        self._thanks: list[Element] = []
        self._advised: dict[tuple[str, str], float] = {}
        self._asking: dict[str, None] = {}
        self._waiting: dict[str, None] = {}
        self._looking = False

    # --- receipts ---

    def to_thank(self, message: Element) -> None:
        """Note what the sender of a message wants to be told, once it is taken."""
        if message.get("id") and len(self._thanks) < _MOST_THANKS:
            self._thanks += [
                _about(message, told, stanzas.RECEIPTS if told == "received" else stanzas.MARKERS)
                for told in stanzas.asked_for(message)
            ]

    def thank(self) -> None:
        """Tell those whose messages are taken; nothing is raised if the stream is gone."""
        thanks, self._thanks = self._thanks, []
        with suppress(Unreachable):
            for one in thanks:
                message = self._session.client.make_message(mto=one.get("to", ""), mtype="chat")
                message["id"] = str(uuid.uuid4())
                message.xml.extend(one)
                self._session.write(message)

    # --- those behind a nick ---

    def whispered(self, room: str, nick: str) -> None:
        """Advise somebody who writes to us in private within a room to come to our own address; not again and again."""
        now = asyncio.get_running_loop().time()
        self._advised = {who: at for who, at in self._advised.items() if now - at < ADVICE_EVERY}
        known = self._membership.rooms.get(room)
        if (
            self._desk is None
            or known is None
            or not known.joined
            or nick == known.nick
            or (room, nick) in self._advised
            or len(self._advised) >= MOST_ADVISED
        ):
            return
        self._advised[room, nick] = now
        self._spawn(self._advise(self._desk, room, nick))

    async def _advise(self, desk: Desk, room: str, nick: str) -> None:
        try:
            words = await desk.who_are_you(Room(XMPP, room), self._session.jid)
            message = self._session.client.make_message(
                mto=f"{room}/{nick}", mbody=stanzas.clean(words), mtype="chat"
            )
            message["id"] = str(uuid.uuid4())
            message.xml.append(Element(stanzas.MUC_USER_X))
            self._session.write(message)
        except (TurnedAway, Unreachable):
            pass
        except Exception:
            log.exception("somebody behind a nick could not be advised")

    # --- who may see that we are there ---

    def asks(self, jid: str) -> None:
        """Note that an account wants to see our presence."""
        if len(self._asking) < _MOST_WAITING:
            self._asking[jid] = None
        if not self._looking:
            self._looking = True
            self._spawn(self._look())

    def look_again(self) -> None:
        """Look again at those who wait: they may be known by now. The server asks for all of them at each login."""
        for jid in [*self._waiting]:
            del self._waiting[jid]
            self.asks(jid)

    async def _look(self) -> None:
        """Let those see our presence who are known, one after the other; the others wait."""
        try:
            while self._asking and self._desk is not None:
                jid = next(iter(self._asking))
                del self._asking[jid]
                who = Holder(Address(XMPP, jid), jid, self._membership.shared_with(jid))
                if await self._desk.admits(who):
                    self._session.write(self._session.client.make_presence(pto=jid, ptype="subscribed"))
                    continue
                self._waiting[jid] = None
                while len(self._waiting) > _MOST_WAITING:
                    del self._waiting[next(iter(self._waiting))]
        except (TurnedAway, Unreachable):
            pass  # at the next login
        except Exception:
            log.exception("nobody could be let in")
        finally:
            self._looking = False


def _about(message: Element, told: str, namespace: str) -> Element:
    """What is sent about a message, in an element that says to whom."""
    about = Element("about", {"to": message.get("from", "")})
    SubElement(about, f"{{{namespace}}}{told}", {"id": stanzas.clean(message.get("id", ""))})
    SubElement(about, f"{{{stanzas.HINTS}}}no-store")
    return about
