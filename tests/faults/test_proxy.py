"""The proxy of the fault runs ends without a word, however its connections stand, so that a real error is seen."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.faults import troubles
from tests.faults.proxy import Link, Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def echoing() -> AsyncIterator[Proxy]:
    """A proxy before a server that says back what it is told."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                writer.write(data)
        except OSError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        proxy = Proxy(*server.sockets[0].getsockname())
        async with proxy.serving():
            yield proxy


async def says(proxy: Proxy, data: bytes) -> asyncio.StreamReader:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(data)
    await writer.drain()
    kept.append(writer)
    return reader


kept: list[asyncio.StreamWriter] = []
"""Connections that are open until the end of the test."""


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    for writer in kept:
        writer.close()
    kept.clear()


@pytest.mark.parametrize("fault", [None, troubles.Latency, troubles.BlackHole, troubles.Forgotten])
async def test_it_ends_without_a_word_and_at_once(
    fault: type[troubles.Fault] | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with echoing() as proxy:
        heard = await says(proxy, b"well")
        assert await heard.read(10) == b"well"
        proxy.fault = now = fault() if fault else None
        other = await says(proxy, b"<?xml late or lost")
        if now is not None:
            await now.struck.wait()
        else:
            assert await other.read(2) == b"<?"
        assert len(proxy.links) == 2
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 4, "it waits for nothing that is late"
    for reader in (heard, other):
        with pytest.raises(OSError, match="reset"):
            await reader.read(10)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_an_error_of_the_tests_own_is_seen(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong(troubles.Fault):
        async def up(self, link: Link, data: bytes) -> bytes | None:
            raise ValueError("a mistake in a fault")

    async with echoing() as proxy:
        proxy.fault = Wrong()
        reader = await says(proxy, b"x")
        with pytest.raises(OSError, match="reset"):
            await reader.read(10)
    assert "a mistake in a fault" in caplog.text
