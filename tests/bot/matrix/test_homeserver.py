"""What a request tells of itself: made once, its failure is not taken for an answer to another one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import Limited, Unreachable
from bot.transports.matrix.homeserver import Homeserver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LATER = b'{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":50}'


@asynccontextmanager
async def server_that_takes_and_says_nothing(asked: list[str]) -> AsyncIterator[Homeserver]:
    """Answer GET. The first of the others is taken, and its connection ends; who asks again is told to wait."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line.split(":")[1]) for line in head.lower().split("\r\n") if "content-length" in line),
                0,
            )
            await reader.readexactly(length)
            asked.append(head.split(" ")[0])
            changes = [one for one in asked if one != "GET"]
            if asked[-1] != "GET" and len(changes) == 1:
                break
            status, body = ("200 OK", b"{}") if asked[-1] == "GET" else ("429 Too Many Requests", LATER)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    listening = await asyncio.start_server(until_gone, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server = Homeserver(f"http://127.0.0.1:{port}", "@tocsin:example.org", request_timeout=5.0)
    try:
        yield server
    finally:
        await server.close()
        listening.close()
        await listening.wait_closed()


async def test_what_is_said_is_said_once_where_its_connection_ends() -> None:
    asked: list[str] = []
    saying = ("rooms", "!r", "send", "m.room.message", "key")
    async with server_that_takes_and_says_nothing(asked) as server:
        await server.call("GET", "account", "whoami")  # a connection that is kept
        with pytest.raises(Unreachable):
            await server.call("PUT", *saying, body={})
        assert asked == ["GET", "PUT"]
        with pytest.raises(Limited):
            await server.call("PUT", *saying, body={})
        assert asked == ["GET", "PUT", "PUT"]


async def test_what_may_be_repeated_is_repeated() -> None:
    asked: list[str] = []
    async with server_that_takes_and_says_nothing(asked) as server:
        await server.call("GET", "account", "whoami")
        with pytest.raises(Limited):
            await server.call("PUT", "sendToDevice", "m.room_key_request", "key", body={})
        assert asked == ["GET", "PUT", "PUT"]
