"""One stream to one server: logging in, asking, noticing that it is lost, and leaving."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from slixmpp.exceptions import IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from bot.transports.base import LoginRefused, TransportError, Unreachable
from bot.transports.trouble import reason as broken
from bot.transports.xmpp import stanzas
from bot.transports.xmpp.identity import INFO, ITEMS
from bot.transports.xmpp.stream import Client

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator
    from xml.etree.ElementTree import Element

    from slixmpp.stanza import Presence, StreamError
    from slixmpp.xmlstream import StanzaBase

    from bot.transports.xmpp.identity import Identity

log = logging.getLogger(__name__)

T = TypeVar("T")
_PLUGINS = ("xep_0030", "xep_0199", "xep_0313", "xep_0363", "xep_0441")
# slixmpp's own reading of messages and presences keeps a roster of every occupant; ours is the only one. What we are we
# say ourselves, and who holds a form is looked at in each step, which its own do not. Its refusal of a roster that a
# stranger sends cannot be written to the stream. The last two cost time at every message and tell nobody anything.
_NOT_THE_LIBRARYS = (
    *("IM", "IMError", "Presence", "Disco Info", "Disco Items", "Ad-Hoc Execute", "Roster Update"),
    *("Data Form", "Forwarded Stanza"),
)
# Everything else a server may answer to a login means that this account or its password is not accepted.
_TEMPORARY = ("temporary-auth-failure", "aborted")
# What a server says to a session that another one has replaced, or whose account is no more.
_FINAL = ("conflict", "not-authorized")
_LARGEST_STANZA = 200_000
_PRIORITY = 100


class NoAnswer(TransportError):
    """Somebody did not answer in time; the stream itself may be well."""


class Session:
    """A stream that is opened once and never reconnected: when `lost` is done, it is over."""

    def __init__(
        self,
        jid: str,
        password: str,
        *,
        resource: str,
        identity: Identity,
        host: str | None,
        port: int | None,
        tls: ssl.SSLContext | None,
        timeout: float,
    ) -> None:
        self.jid = jid
        """Our own bare address."""
        self.client = client = Client(
            f"{jid}/{resource}" if resource else jid, password, loop=asyncio.get_running_loop()
        )
        self.identity = identity
        self.timeout = timeout
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done, with the reason, once the stream is over."""
        self.lost_for_good = False
        """Whether to come back would be refused, or would throw another bot out that has taken our place."""
        self._address = (host or client.boundjid.domain, port or 5222) if host or port else (None, None)
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tls = tls
        self._trouble = ""
        self._refused = ""
        if tls is not None:
            client.ssl_context = tls
        else:
            client.enable_plaintext, client.enable_starttls, client.enable_direct_tls = True, False, False
            client.plugin["feature_mechanisms"].unencrypted_scram = True
            client.plugin["feature_mechanisms"].unencrypted_plain = True
        for plugin in _PLUGINS:
            client.register_plugin(plugin)
        for handler in _NOT_THE_LIBRARYS:
            client.remove_handler(handler)
        self._results: dict[str, tuple[str, list[Element]]] = {}
        for event, handle in (
            ("connected", self._on_connected),
            ("session_start", self._on_start),
            ("failed_auth", self._on_failed_auth),
            ("failed_all_auth", self._on_failed_all),
            ("connection_failed", self._on_connection_failed),
            ("reconnect_delay", self._on_given_up),
            ("ssl_invalid_chain", self._on_bad_certificate),
            ("stream_error", self._on_stream_error),
            ("disconnected", self._on_disconnected),
        ):
            client.add_event_handler(event, handle)

    def read(
        self,
        on_message: Callable[[Element], None],
        on_presence: Callable[[Element], None],
        on_query: Callable[[Element], None],
    ) -> None:
        """Have every message (but the answers of archives), presence, and query about us taken from now on."""
        self._on_message = on_message
        self._handle("message", self._sort)
        self._handle("presence", on_presence)
        for asked in (f"{{{stanzas.COMMANDS}}}command", f"{{{INFO}}}query", f"{{{ITEMS}}}query"):
            self._handle(f"iq/{asked}", on_query)

    def _handle(self, kind: str, take: Callable[[Element], None]) -> None:
        def handle(stanza: StanzaBase) -> None:
            take(stanza.xml)

        self.client.register_handler(
            Callback(f"tocsin {kind}", MatchXPath(f"{stanzas.CLIENT}{kind}"), handle)
        )

    def _sort(self, message: Element) -> None:
        result = message.find(f"{{{stanzas.MAM}}}result")
        if result is None:
            self._on_message(message)
            return
        archive, results = self._results.get(result.get("queryid", ""), ("", []))
        if archive and (message.get("from") or self.client.boundjid.bare) == archive:
            results.append(result)

    @contextmanager
    def collecting(self, query_id: str, archive: str) -> Iterator[list[Element]]:
        """Collect what an archive sends in answer to a query, in its order."""
        results: list[Element] = []
        self._results[query_id] = (archive, results)
        try:
            yield results
        finally:
            del self._results[query_id]

    async def open(self) -> None:
        """Connect and log in. Raises LoginRefused or Unreachable."""
        self.client.connect(*self._address)
        try:
            async with asyncio.timeout(self.timeout):
                await self._opened
        except TimeoutError:
            raise Unreachable(self._trouble or "the server does not answer") from None

    async def close(self) -> None:
        """Leave in order; nothing is raised, whatever state the stream is in."""
        client = self.client
        client.cancel_connection_attempt()
        if client.is_connected():
            await client.disconnect(wait=1.0)
        client.abort()
        # slixmpp's sending task outlives the stream, and only its destructor, which the task itself prevents, ends it.
        sender = client._run_out_filters  # noqa: SLF001
        if sender is not None:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        self._lose("closed")

    async def ask(self, question: Callable[[], Awaitable[T]], *, within: float | None = None) -> T:
        """Wait for an answer as long as the stream lives.

        Raises:
            Unreachable: the stream is, or gets, lost.
            NoAnswer: nothing came within that many seconds (by default the session's `timeout`).
            slixmpp.exceptions.IqError: the other side says no.
        """
        if self.lost.done():
            raise Unreachable(self.lost.result())
        asked = asyncio.ensure_future(question())
        try:
            await asyncio.wait(
                (asked, self.lost), timeout=within or self.timeout, return_when=asyncio.FIRST_COMPLETED
            )
            if asked.done():
                return asked.result()
        except IqTimeout:
            raise NoAnswer("no answer") from None
        finally:
            asked.cancel()
        if self.lost.done():
            raise Unreachable(self.lost.result())
        raise NoAnswer("no answer")

    def write(self, stanza: StanzaBase) -> None:
        """Put a stanza on the stream. Raises Unreachable if it is lost: then nothing was sent."""
        transport = self.client.transport
        if self.lost.done() or transport is None or transport.is_closing():
            raise Unreachable(self.lost.result() if self.lost.done() else "the stream is closing")
        stanza.send()

    @property
    def largest_stanza(self) -> int:
        """How many bytes a stanza may have here."""
        return min(self.client.limits.max_bytes or _LARGEST_STANZA, _LARGEST_STANZA)

    def presence(self, to: str = "") -> Presence:
        """Make a presence that says what we are."""
        presence = self.client.make_presence(pto=to or None, ppriority=None if to else _PRIORITY)
        presence.xml.append(self.identity.caps())
        return presence

    def show_presence(self) -> None:
        """Say that we are there, so that messages to the bare address come to this stream."""
        self.presence().send()

    def break_off(self, reason: str) -> None:
        """Give the stream up, e.g. because the server is silent."""
        self._lose(reason)
        self.client.abort()

    # --- what slixmpp tells ---

    def _on_connected(self, _: object) -> None:
        self._trouble = ""

    def _on_start(self, _: object) -> None:
        transport = self.client.transport
        if self._tls is not None and (transport is None or transport.get_extra_info("ssl_object") is None):
            self._fail(Unreachable("the server offers no encryption"))
            self.client.abort()
        elif not self._opened.done():
            self._opened.set_result(None)

    def _on_failed_auth(self, failure: StanzaBase) -> None:
        self._refused = str(failure["condition"]) or "not-authorized"

    def _on_failed_all(self, _: object) -> None:
        if self._refused in _TEMPORARY:
            self._fail(Unreachable(f"the server cannot check logins now ({self._refused})"))
        elif self._refused:
            self._fail(LoginRefused(f"the account or its password is not accepted ({self._refused})"))
        else:
            self._fail(LoginRefused("the server offers no way to log in that is safe to use"))

    def _on_connection_failed(self, error: object) -> None:
        # With a port of one's own slixmpp tries TLS at once before STARTTLS. That the first is not spoken there says
        # little; a certificate that does not verify says it all.
        reason = broken(error)
        if not self._trouble or "certificate" in reason:
            self._trouble = reason

    def _on_given_up(self, _: object) -> None:
        self.client.cancel_connection_attempt()
        self._fail(Unreachable(self._trouble or "no connection"))

    def _on_bad_certificate(self, error: object) -> None:
        self._fail(Unreachable(broken(error)))
        self.client.abort()

    def _on_stream_error(self, error: StreamError) -> None:
        condition = str(error["condition"])
        self.lost_for_good = self._opened.done() and condition in _FINAL
        self._trouble = {
            "conflict": "another session has taken this account and resource",
            "not-authorized": "the account was deleted or shut out",
            "system-shutdown": "the server is shutting down",
        }.get(condition, f"the server closed the stream ({condition})")

    def _on_disconnected(self, reason: object) -> None:
        if self._refused:
            self._on_failed_all(None)
        self._fail(Unreachable(self._trouble or broken(reason)))
        self._lose(self._trouble or broken(reason))

    def _fail(self, error: TransportError) -> None:
        if not self._opened.done():
            self._opened.set_exception(error)

    def _lose(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)
