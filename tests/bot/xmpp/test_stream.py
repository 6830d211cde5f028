"""A stanza is heard when its last byte has come, by the bot and by its server, also with parsers that put half tags off."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slixmpp import ClientXMPP

from bot.transports.xmpp.identity import INFO, ITEMS, Identity
from bot.transports.xmpp.session import Session
from bot.transports.xmpp.stanzas import COMMANDS
from bot.transports.xmpp.stream import Client, lacking
from tests.data import hostile_stanzas
from tests.live.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

OPENED = "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>"
LONG = f"<iq id='one'><command sessionid='{'x' * 10_000}'/></iq>"
SAID = "<message id='two'><body>Réserve : « à &gt; 2 » 🗳</body></message>"


class PutsOff:
    """As expat since 2.6, and in Debian 12: half a tag is looked at again once twice as much has come."""

    def __init__(self) -> None:
        self._parser = ET.XMLPullParser(("start", "end"))
        self._waits, self._looked_at = b"", 0

    def feed(self, data: bytes) -> None:
        self._waits += data
        if len(self._waits) < 2 * self._looked_at:
            return
        tag = self._waits.rfind(b"<")
        whole = tag if tag > self._waits.rfind(b">") else len(self._waits)
        self._parser.feed(self._waits[:whole])
        self._waits = self._waits[whole:]
        self._looked_at = len(self._waits)

    def read_events(self) -> Iterator[Any]:
        return self._parser.read_events()


async def heard(kind: type[ClientXMPP], pieces: list[bytes], parser: Any = None) -> list[str | None]:
    """Which stanzas a client hears when a stream comes in these pieces."""
    client = kind("tocsin@example.org", "secret")
    found: list[str | None] = []
    client._spawn_event = lambda xml: found.append(xml.get("id"))  # type: ignore[method-assign]
    client.start_stream_handler = lambda _: None  # type: ignore[method-assign, assignment]
    client.init_parser()
    client.parser = parser or client.parser
    for piece in pieces:
        client.data_received(piece)
    return found


def cut(text: str, size: int) -> list[bytes]:
    data = text.encode()
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 100, 4096])
async def test_a_long_tag_keeps_nothing_back(size: int) -> None:
    assert await heard(Client, cut(OPENED + LONG, size), PutsOff()) == ["one"]


async def test_control_the_librarys_own_client_waits_for_more() -> None:
    assert await heard(ClientXMPP, cut(OPENED + LONG, 4096), PutsOff()) == []
    assert await heard(ClientXMPP, [*cut(OPENED + LONG, 4096), SAID.encode()], PutsOff()) == []


@given(cuts=st.lists(st.integers(0, len((OPENED + LONG + SAID).encode())), max_size=6))
async def test_wherever_it_is_cut_the_same_is_heard(cuts: list[int]) -> None:
    data = (OPENED + LONG + SAID).encode()
    ends = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(ends)]
    assert await heard(Client, pieces) == ["one", "two"]


async def test_what_was_left_of_a_stream_is_none_of_the_next() -> None:
    client = Client("tocsin@example.org", "secret")
    found: list[str | None] = []
    client._spawn_event = lambda xml: found.append(xml.get("id"))  # type: ignore[method-assign]
    client.start_stream_handler = lambda _: None  # type: ignore[method-assign, assignment]
    for piece in (f"{OPENED}<iq id='lost", OPENED + SAID):
        client.init_parser()
        client.data_received(piece)
    assert found == ["two"]


def served(pieces: list[bytes]) -> list[str | None]:
    """Which stanzas a server's parser of that kind has seen when all of this has come."""
    parser, found, depth = PutsOff(), [], 0
    for piece in pieces:
        parser.feed(piece)
        for what, element in parser.read_events():
            depth += 1 if what == "start" else -1
            if what == "end" and depth == 1:
                found.append(element.get("id"))
    return found


QUOTED = f"<iq id='one' type='error' to='{'y' * 3_000}'/>"


@given(size=st.integers(1, 5_000), last=st.sampled_from([LONG, QUOTED, SAID, "<r/>"]))
async def test_a_server_sees_the_last_stanza_however_it_reads(size: int, last: str) -> None:
    pieces = cut(last + " " * lacking(last.encode()), size)
    assert len(served([OPENED.encode(), *pieces])) == 1


async def test_control_without_what_follows_a_server_waits() -> None:
    assert served([OPENED.encode(), *cut(QUOTED, 2_000)]) == []


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: Any) -> None:
        self.sent.append(data)

    def is_closing(self) -> bool:
        return False


async def test_white_space_is_sent_only_once_the_login_is_done() -> None:
    client = Client("tocsin@example.org", "secret")
    client.transport = wire = Wire()
    client.send_raw("<auth mechanism='PLAIN'/>")
    client.authenticated = True
    client.send_raw("<presence/>")
    client.send_raw(SAID)
    assert wire.sent == [b"<auth mechanism='PLAIN'/>", b"<presence/>" + b" " * 11, SAID.encode() + b" " * 10]


# --- what strangers ask, and what the library itself makes of it

OURS = (f"{{{COMMANDS}}}command", f"{{{INFO}}}query", f"{{{ITEMS}}}query")


@pytest.mark.parametrize("kind", ["get", "set"])
async def test_whatever_is_asked_is_answered_or_dropped_and_the_stream_goes_on(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    session = Session(
        "tocsin@example.org", "secret", resource="", identity=Identity("tocsin"),
        host=None, port=None, tls=None, timeout=1.0,
    )  # fmt: skip
    client, said = session.client, list[str | None]()
    session.read(lambda message: said.append(message.get("id")), lambda _: None, lambda _: None)
    client.transport = wire = Wire()
    client.start_stream_handler = lambda _: None  # type: ignore[assignment]
    client.init_parser()
    client.event("session_start")
    asked = list(hostile_stanzas.queries())
    client.data_received(OPENED)
    for number, query in enumerate(asked):
        client.data_received(f"<iq type='{kind}' id='{number}' from='eve@strangers.example/x'>{query}</iq>")
        client.data_received(f"<message id='{number}'><body>x</body></message>")
    assert said == [str(number) for number in range(len(asked))], "nothing ends the stream"
    sending = asyncio.ensure_future(client.run_filters())
    await client.waiting_queue.join()
    sending.cancel()
    answered = {
        answer.get("id"): answer.get("type")
        for answer in ET.fromstring(b"<x>%s</x>" % b"".join(wire.sent))  # noqa: S314 - our own XML
    }
    for number, query in enumerate(asked):
        parsed = [child.tag for child in ET.fromstring(f"<iq>{query}</iq>")]  # noqa: S314 - made here
        if not set(OURS).intersection(parsed) and query.count("<x>") < hostile_stanzas.DEEP:
            assert str(number) in answered, query[:200]
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


# --- the end of a stream


@asynccontextmanager
async def encrypted(kind: type[ClientXMPP], folder: Path) -> AsyncIterator[ClientXMPP]:
    """A client on a stream inside TLS, to a server that says nothing after it has greeted."""
    authority = Authority(folder / "authority.pem")
    authority.certify("localhost", folder / "localhost.crt", folder / "localhost.key")
    keys = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    keys.load_cert_chain(folder / "localhost.crt", folder / "localhost.key")
    client = kind("tocsin@localhost", "secret")
    client.start_stream_handler = lambda _: None  # type: ignore[assignment]
    greeted, over = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OPENED.encode())
        await reader.read(1)
        greeted.set()
        await over.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=keys) as server:
        trusting = ssl.create_default_context(cafile=authority.file)
        client._current_connection_attempt = asyncio.get_running_loop().create_future()  # else it is unwanted
        await asyncio.get_running_loop().create_connection(
            lambda: client, *server.sockets[0].getsockname(), ssl=trusting, server_hostname="localhost"
        )
        await greeted.wait()
        yield client
        over.set()
        if client.transport is not None:
            await client.wait_until("disconnected")


async def test_a_stream_can_be_broken_off_twice_while_it_is_still_written_to(tmp_path: Path) -> None:
    async with encrypted(Client, tmp_path) as client:
        client.abort()
        client.abort()  # as `close` does, when the server takes too long to say goodbye
        client.send_raw("<iq type='error' id='to a stranger'/>")
        await client.wait_until("disconnected")


async def test_control_the_librarys_own_client_fails_over_it(tmp_path: Path) -> None:
    async with encrypted(ClientXMPP, tmp_path) as client:
        client.abort()

        def again() -> None:
            client.abort()  # some Pythons fail here, some where it is written to
            client.send_raw("<iq type='error' id='to a stranger'/>")

        with pytest.raises(AttributeError):
            again()
