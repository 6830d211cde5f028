"""A stanza is heard when its last byte has come, by the bot and by its server, also with parsers that put half tags off."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slixmpp import ClientXMPP

from bot.transports.xmpp.stream import Client, lacking

if TYPE_CHECKING:
    from collections.abc import Iterator

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


async def test_white_space_is_sent_only_once_the_login_is_done() -> None:
    client = Client("tocsin@example.org", "secret")
    sent: list[bytes] = []

    class Wire(asyncio.Transport):
        def write(self, data: Any) -> None:
            sent.append(data)

    client.transport = Wire()
    client.send_raw("<auth mechanism='PLAIN'/>")
    client.authenticated = True
    client.send_raw("<presence/>")
    client.send_raw(SAID)
    assert sent == [b"<auth mechanism='PLAIN'/>", b"<presence/>" + b" " * 11, SAID.encode() + b" " * 10]
