"""A person on XMPP with a client of their own, for tests: what they do in rooms, and what they say."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from typing import TYPE_CHECKING
from urllib.request import urlopen
from xml.sax.saxutils import escape, quoteattr

from tests.live.xmpp_client import WAIT, XmppClient
from tests.live.xmpp_heard import Archived, Heard

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

_C = "{jabber:client}"
_USER = "http://jabber.org/protocol/muc#user"
_OWNER = "http://jabber.org/protocol/muc#owner"
_ADMIN = "http://jabber.org/protocol/muc#admin"
_MAM = "urn:xmpp:mam:2"
_RSM = "http://jabber.org/protocol/rsm"


class XmppPerson(XmppClient):
    """Someone with an account on the test server; use it as an async context manager, it connects and leaves.

    Everything this person's client gets as a message is kept in `heard`, in order, for `wait_for`. The methods that
    say something return the id their message carries. Unless said otherwise a method waits for the server's answer
    and raises TimeoutError or RuntimeError (with the server's error condition) if it says no.
    """

    # --- rooms ---

    async def join_room(self, room: str, nick: str) -> None:
        """Enter a room (without history) under this nick, and wait until we are in it."""
        self.nicks[room] = nick
        since = len(self.presences)
        self.raw(
            f"<presence to={quoteattr(f'{room}/{nick}')}>"
            "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"
        )

        def entered() -> ET.Element | None:
            for each in self.presences[since:]:
                if each.get("from") == f"{room}/{nick}" and (
                    each.get("type") == "error" or "110" in _codes(each)
                ):
                    return each
            return None

        answer = await self._until(entered, f"entering {room}")
        if answer.get("type") == "error":
            raise RuntimeError(_condition(answer))

    async def create_room(
        self, room: str, nick: str, *, non_anonymous: bool = False, archived: bool = True, **options: str
    ) -> None:
        """Create a room, persistent and owned by this person; or reconfigure it if we are its owner already.

        Semi-anonymous unless told otherwise. `options` are further `muc#roomconfig_…` values, without the prefix:
        `membersonly="1"`, `moderatedroom="1"`, `roomname="The letter"`.
        """
        await self.join_room(room, nick)
        await self.configure_room(room, non_anonymous=non_anonymous, archived=archived, **options)

    async def configure_room(
        self, room: str, *, non_anonymous: bool = False, archived: bool = True, **options: str
    ) -> None:
        """Set the options of a room we own: see `create_room`."""
        values = {
            "persistentroom": "1",
            "publicroom": "1",
            "whois": "anyone" if non_anonymous else "moderators",
            "enablearchiving": "1" if archived else "0",
        } | options
        fields = "".join(
            f"<field var='muc#roomconfig_{name}'><value>{escape(value)}</value></field>"
            for name, value in values.items()
        )
        await self.ask(
            "set",
            room,
            f"<query xmlns='{_OWNER}'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
            f"<value>http://jabber.org/protocol/muc#roomconfig</value></field>{fields}</x></query>",
        )

    async def leave_room(self, room: str) -> None:
        """Leave a room, and wait until we are out."""
        nick = self.nicks.pop(room)
        self.raw(f"<presence type='unavailable' to={quoteattr(f'{room}/{nick}')}/>")
        await self.sees_leave(room, nick)

    async def sees_leave(self, room: str, nick: str) -> None:
        """Wait until the last thing the room says of this nick is that it is gone."""

        def gone() -> bool | None:
            of_them = [each for each in self.presences if each.get("from") == f"{room}/{nick}"]
            return True if of_them and of_them[-1].get("type") == "unavailable" else None

        await self._until(gone, f"{nick} to leave {room}")

    async def kick(self, room: str, nick: str) -> None:
        """Kick whoever has this nick (status 307)."""
        await self.ask(
            "set", room, f"<query xmlns='{_ADMIN}'><item nick={quoteattr(nick)} role='none'/></query>"
        )

    async def set_affiliation(self, room: str, jid: str, affiliation: str) -> None:
        """Make an account "outcast" (a ban), "none", "member", "admin" or "owner" of the room."""
        await self.ask(
            "set",
            room,
            f"<query xmlns='{_ADMIN}'><item jid={quoteattr(jid)} affiliation='{affiliation}'/></query>",
        )

    async def set_role(self, room: str, nick: str, role: str) -> None:
        """Make an occupant a "visitor", "participant" or "moderator"."""
        await self.ask(
            "set", room, f"<query xmlns='{_ADMIN}'><item nick={quoteattr(nick)} role='{role}'/></query>"
        )

    async def destroy_room(self, room: str) -> None:
        """Destroy a room we own, with its archive."""
        await self.ask("set", room, f"<query xmlns='{_OWNER}'><destroy/></query>")

    def invite(self, room: str, jid: str, *, direct: bool = False) -> None:
        """Invite an account through the room (XEP-0045), or directly (XEP-0249). Does not wait."""
        if direct:
            self.raw(
                f"<message to={quoteattr(jid)}><x xmlns='jabber:x:conference' jid={quoteattr(room)}/></message>"
            )
        else:
            self.raw(
                f"<message to={quoteattr(room)}><x xmlns='{_USER}'><invite to={quoteattr(jid)}/></x></message>"
            )

    # --- words ---

    def say(self, room: str, text: str, *, extra: str = "", message_id: str = "") -> str:
        """Say something in a room we are in, and return the id of the message. `extra` is XML inside it."""
        return self._message("groupchat", room, text, extra, message_id)

    def chat(self, jid: str, text: str, *, extra: str = "", message_id: str = "") -> str:
        """Say something to an account (or, with `room/nick`, in private to an occupant); return the message's id."""
        return self._message("chat", jid, text, extra, message_id)

    def react(self, to: str, target: str, *keys: str, room: bool = True) -> None:
        """Set our reactions (XEP-0444) to a message: in a room its stanza-id, in a direct chat the message's id."""
        kind = "groupchat" if room else "chat"
        reactions = "".join(f"<reaction>{escape(key)}</reaction>" for key in keys)
        self.raw(
            f"<message to={quoteattr(to)} type='{kind}' id='{uuid.uuid4()}'>"
            f"<reactions xmlns='urn:xmpp:reactions:0' id={quoteattr(target)}>{reactions}</reactions>"
            "<store xmlns='urn:xmpp:hints'/></message>"
        )

    async def settled(self, room: str) -> None:
        """Wait until the room has broadcast everything this person said before: then nothing of ours is under way."""
        marker = self.say(room, f"marker {uuid.uuid4()}")
        await self.wait_for(lambda each: each.id == marker)

    async def archive(self, room: str) -> list[Archived]:
        """Return everything that has a body of what a room's archive (XEP-0313) holds, or our own; oldest first."""
        found: list[Archived] = []
        last, query = "", uuid.uuid4().hex
        while True:
            since = len(self.heard)
            answer = await self.ask(
                "set",
                room,
                f"<query xmlns='{_MAM}' queryid='{query}'><set xmlns='{_RSM}'><max>200</max>"
                f"{f'<after>{escape(last)}</after>' if last else ''}</set></query>",
            )
            for each in self.heard[since:]:
                result = each.xml.find(f"{{{_MAM}}}result")
                if result is None or result.get("queryid") != query or (each.room or self.jid) != room:
                    continue
                message = result.find(f"{{urn:xmpp:forward:0}}forwarded/{_C}message")
                if message is not None and message.findtext(f"{_C}body"):
                    found.append(Archived(result.get("id", ""), Heard(message)))
            fin = answer.find(f"{{{_MAM}}}fin")
            last = (fin.findtext(f"{{{_RSM}}}set/{{{_RSM}}}last") or "") if fin is not None else ""
            if fin is None or fin.get("complete") == "true" or not last:
                return found

    async def download(self, url: str) -> bytes:
        """Fetch an uploaded file over HTTPS, checking the server's certificate."""
        context = ssl.create_default_context(cafile=str(self.server.ca_file))

        def fetch() -> bytes:
            if not url.startswith("https://"):
                raise RuntimeError("not an https address")
            with urlopen(url, context=context, timeout=WAIT) as answer:  # noqa: S310 - checked to be https
                return bytes(answer.read())

        return await asyncio.to_thread(fetch)

    def _message(self, kind: str, to: str, text: str, extra: str, message_id: str) -> str:
        message_id = message_id or str(uuid.uuid4())
        self.raw(
            f"<message to={quoteattr(to)} type='{kind}' id={quoteattr(message_id)}>"
            f"<body>{escape(text)}</body>{extra}</message>"
        )
        return message_id


def _codes(presence: ET.Element) -> set[str]:
    return {each.get("code", "") for each in presence.iter(f"{{{_USER}}}status")}


def _condition(stanza: ET.Element) -> str:
    error = stanza.find(f"{_C}error")
    return "error" if error is None or not len(error) else error[0].tag.partition("}")[2]
