"""A client of a person's own on XMPP, for tests: connected, heard, and waited at; it shares no code with the bot's transport."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Self, TypeVar
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from bot.transports.xmpp.stream import Client
from tests.live.xmpp_heard import Heard

if TYPE_CHECKING:
    from collections.abc import Callable

    from slixmpp.xmlstream import StanzaBase

    from tests.live.prosody import Prosody

_C = "{jabber:client}"
WAIT = 60.0
T = TypeVar("T")


class XmppClient:
    """An account on the test server and one connection to it; use it as an async context manager.

    Everything it gets as a message is kept in `heard`, in order, for `wait_for`.
    """

    def __init__(self, server: Prosody, localpart: str, *, resource: str = "phone") -> None:
        self.server = server
        self.jid, password = server.register(localpart)
        self.heard: list[Heard] = []
        self.presences: list[ET.Element] = []
        self.nicks: dict[str, str] = {}
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._client = client = Client(f"{self.jid}/{resource}", password)
        client.ssl_context = ssl.create_default_context(cafile=str(server.ca_file))
        client.enable_starttls = False
        client.register_handler(Callback("heard", MatchXPath(f"{_C}message"), self._on_message))
        client.register_handler(Callback("seen", MatchXPath(f"{_C}presence"), self._on_presence))

    # --- there and away ---

    async def connect(self) -> None:
        """Log in and show presence."""
        started = asyncio.ensure_future(self._client.wait_until("session_start", WAIT))
        self._client.connect(self.server.host, self.server.direct_tls_port)
        await started
        self._client.send_presence()

    async def close(self) -> None:
        """Log out; nothing happens if the connection is gone already."""
        if self._client.is_connected():
            await self._client.disconnect(wait=1.0)
        self._client.cancel_connection_attempt()
        sender = self._client._run_out_filters
        if sender is not None:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def delete_account(self) -> None:
        """Delete this person's account (XEP-0077): the server ends all its sessions."""
        await self.ask("set", self.jid, "<query xmlns='jabber:iq:register'><remove/></query>")

    async def change_password(self, password: str) -> None:
        """Change the password (XEP-0077): the server ends the account's other sessions."""
        name = self.jid.partition("@")[0]
        await self.ask(
            "set",
            self.jid,
            "<query xmlns='jabber:iq:register'>"
            f"<username>{escape(name)}</username><password>{escape(password)}</password></query>",
        )

    @property
    def is_connected(self) -> bool:
        """Whether the stream is there, as far as is known."""
        return bool(self._client.is_connected())

    def raw(self, xml: str) -> None:
        """Put XML on the wire as it is: for what no well-behaved client would send."""
        self._client.send(xml)

    async def wait_for(
        self,
        predicate: Callable[[Heard], bool],
        timeout: float = WAIT,  # noqa: ASYNC109 - the simplest for those who call it
        *,
        since: int = 0,
    ) -> Heard:
        """Return the first message heard that satisfies the predicate, waiting for it at most `timeout` seconds.

        What was heard before the call counts too; `since` is an index into `heard` from which to look.
        """
        return await self._until(
            lambda: next((each for each in self.heard[since:] if predicate(each)), None), "a message", timeout
        )

    async def hears(self, text: str, timeout: float = WAIT) -> Heard:  # noqa: ASYNC109
        """Return the first message whose body contains this text, waiting for it at most `timeout` seconds."""
        return await self.wait_for(lambda each: text in each.body, timeout)

    async def sees(self, predicate: Callable[[ET.Element], bool]) -> ET.Element:
        """Return the first presence that satisfies the predicate, waiting for it."""
        return await self._until(
            lambda: next((each for each in self.presences if predicate(each)), None), "a presence"
        )

    async def ask(self, kind: str, to: str, payload: str) -> ET.Element:
        """Ask somebody something ("get" or "set", as XML) and return the answer. Raises IqError, or IqTimeout."""
        iq = self._client.make_iq(ito=to, itype=kind)
        iq.append(ET.fromstring(payload))  # noqa: S314 - our own XML, from above
        answer: ET.Element = (await iq.send(timeout=WAIT)).xml
        return answer

    def _on_message(self, stanza: StanzaBase) -> None:
        self.heard.append(Heard(stanza.xml))
        self._tell()

    def _on_presence(self, stanza: StanzaBase) -> None:
        self.presences.append(stanza.xml)
        self._tell()

    def _tell(self) -> None:
        async def notify() -> None:
            async with self._news:
                self._news.notify_all()

        task = asyncio.ensure_future(notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until(self, found: Callable[[], T | None], what: str, timeout: float = WAIT) -> T:  # noqa: ASYNC109
        result: list[T] = []

        def ready() -> bool:
            value = found()
            if value is not None:
                result.append(value)
            return bool(result)

        try:
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(ready)
        except TimeoutError:
            raise TimeoutError(f"{self.jid} waited {timeout:g} s for {what}") from None
        return result[0]
