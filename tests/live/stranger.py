"""A server of strangers on XMPP (XEP-0114, so that a real Prosody stands between): it may say anything in any name of its own."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from typing import TYPE_CHECKING, Self
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from tests.live.prosody import STRANGERS, Prosody

if TYPE_CHECKING:
    from collections.abc import Callable

_C = "{jabber:component:accept}"
_MUC = "http://jabber.org/protocol/muc"
_MUC_USER = f"{_MUC}#user"
_INFO = "http://jabber.org/protocol/disco#info"
_LONG, _SPACE = 1_000, 60_000
"""Characters."""
_WAIT = 30.0


class Stranger:
    """Runs one room, `room`, into which it lets the bot, and answers what it is asked of it. Use it with `async with`.

    Everything it gets is kept in `heard`, in order.
    """

    def __init__(self, server: Prosody) -> None:
        self.room = f"trap@{STRANGERS}"
        self.heard: list[ET.Element] = []
        self.guest = ""
        """The full address of the bot, once it is in the room."""
        self._server = server
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        server = self._server
        self._reader, self._writer = await asyncio.open_connection(server.host, server.component_port)
        self._parser = ET.XMLPullParser(("start", "end"))
        self.say(
            f"<stream:stream xmlns='jabber:component:accept' to='{STRANGERS}'"
            " xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        self._depth = 0
        self._stream_id = ""
        self._reading = asyncio.create_task(self._read())
        await self.until(lambda: self._stream_id)
        word = hashlib.sha1(f"{self._stream_id}{server.component_secret}".encode()).hexdigest()  # noqa: S324 - XEP-0114
        self.say(f"<handshake>{word}</handshake>")
        await self.until(lambda: any(each.tag == f"{_C}handshake" for each in self.heard))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def say(self, xml: str) -> None:
        """Put XML on the wire as it is.

        Space follows what is long: with a repaired expat (Debian 12 has it) the server's parser looks at half a tag again
        only once twice as much has come, and would keep all that follows back.
        """
        self._writer.write(xml.encode() + b" " * (min(len(xml), _SPACE) if len(xml) > _LONG else 0))

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(_WAIT), self._news:
            await self._news.wait_for(true)

    async def has_guest(self) -> None:
        """Wait until the bot is in the room."""
        await self.until(lambda: self.guest)

    async def asks(self, name: str) -> ET.Element:
        """Ask the bot what it is, and wait for the answer: then it has taken all that was said before."""
        self.say(
            f"<iq type='get' id='{name}' from='somebody@{STRANGERS}/x' to={quoteattr(self.guest)}><query xmlns='{_INFO}'/></iq>"
        )

        def answers() -> list[ET.Element]:
            return [each for each in self.heard if (each.tag, each.get("id")) == (f"{_C}iq", name)]

        await self.until(answers)
        return answers()[0]

    async def _read(self) -> None:
        held = b""
        while data := await self._reader.read(65_536):
            whole = (held + data).rfind(b">") + 1  # our own parser is of that kind too
            self._parser.feed((held + data)[:whole])
            held = (held + data)[whole:]
            for what, element in self._parser.read_events():
                self._depth += 1 if what == "start" else -1
                if what == "start" and self._depth == 1:
                    self._stream_id = element.get("id", "")
                elif what == "end" and self._depth == 1:
                    self.heard.append(element)
                    self._answer(element)
            async with self._news:
                self._news.notify_all()

    def _answer(self, stanza: ET.Element) -> None:
        me, they, kind = stanza.get("to", ""), stanza.get("from", ""), stanza.get("type", "")
        addresses = f"from={quoteattr(me)} to={quoteattr(they)}"
        if me.partition("/")[0] != self.room:
            return
        if stanza.tag == f"{_C}iq" and kind in ("get", "set"):
            info = ""
            if stanza.find(f"{{{_INFO}}}query") is not None:
                features = "".join(f"<feature var='{each}'/>" for each in (_MUC, "muc_nonanonymous"))
                info = f"<query xmlns='{_INFO}'><identity category='conference' type='text' name='Trap'/>{features}</query>"
            self.say(f"<iq {addresses} type='result' id={quoteattr(stanza.get('id', ''))}>{info}</iq>")
        elif stanza.tag == f"{_C}presence" and not kind and stanza.find(f"{{{_MUC}}}x") is not None:
            self.guest = they
            item = f"<item affiliation='none' role='participant' jid={quoteattr(they)}/><status code='110'/>"
            self.say(f"<presence {addresses}><x xmlns='{_MUC_USER}'>{item}</x></presence>")
        elif stanza.tag == f"{_C}message" and kind == "groupchat":
            stanza.set("from", f"{self.room}/tocsin")
            stanza.set("to", they)
            self.say(ET.tostring(stanza, "unicode").replace("ns0:", "").replace("xmlns:ns0", "xmlns"))
