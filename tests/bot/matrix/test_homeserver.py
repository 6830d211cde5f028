"""What a request tells of itself: made once, its failure is not taken for an answer to another one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import Limited, LoginRefused, Unreachable
from bot.transports.matrix import homeserver
from bot.transports.matrix.answer import read
from bot.transports.matrix.homeserver import AnswerTooLarge, Homeserver

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


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[Homeserver, list[bytes]]]:
    """A server that gives one answer on each connection, in this order; and what it was asked."""
    asked: list[bytes] = []
    left = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(next(left))
        with suppress(OSError):
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    server = Homeserver(
        f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}",
        "@tocsin:example.org",
        request_timeout=5.0,
    )
    try:
        yield server, asked
    finally:
        await server.close()
        listening.close()
        await listening.wait_closed()


def said(status: str, body: bytes, *headers: str) -> bytes:
    """A whole answer, after which the connection ends."""
    return "\r\n".join((f"HTTP/1.1 {status}", "Connection: close", *headers, "", "")).encode() + body


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
async def test_nothing_is_taken_to_where_a_server_points(status: str) -> None:
    async with answering(said("200 OK", b"{}")) as (elsewhere, taken):
        to = f"Location: {elsewhere._client.homeserver}/_matrix/client/v3/login"
        async with answering(said(status, b"", to)) as (server, asked):
            with pytest.raises(Unreachable, match="points to another"):
                await server.login("tocsin", "secret", "DEVICE")
    assert len(asked) == 1
    assert not taken


async def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homeserver, "LARGEST", 1000)
    large, small = (said("200 OK", b'{"a":"' + b"x" * size + b'"}') for size in (2000, 900))
    async with answering(large, small) as (server, _):
        with pytest.raises(AnswerTooLarge):
            await server.call("GET", "sync")
        assert (await server.call("GET", "sync"))["a"]


@pytest.mark.parametrize(
    "wait", ["NaN", "-Infinity", "-5", '"soon"', "null", "true", "[]", "1e999", "9" * 5000]
)
async def test_whatever_a_server_says_of_how_long_to_wait_is_a_time_to_wait(wait: str) -> None:
    body = f'{{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":{wait}}}'.encode()
    for header in ("Thu, 26 Nov 2026 18:00:00 GMT", "-3", "9" * 5000, "²"):
        with pytest.raises(Limited) as limited:
            read("sync", 429, body, header)
        assert 0 < limited.value.seconds <= 600


def test_nothing_nested_however_deep_is_a_fault_of_ours() -> None:
    with pytest.raises(Unreachable):
        read("sync", 200, b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("404 Not Found", b"<html>nginx</html>"),
        ("404 Not Found", b""),
        ("404 Not Found", b'{"error":"no such app"}'),
        ("403 Forbidden", b"<html>maintenance</html>"),
        ("401 Unauthorized", b"<html>who are you?</html>"),
    ],
)
async def test_a_web_server_whose_homeserver_is_not_there_yet_refuses_no_login(
    status: str, body: bytes
) -> None:
    async with answering(*[said(status, body)] * 2) as (server, _):
        with pytest.raises(Unreachable):
            await server.login("tocsin", "secret", "DEVICE")
        with pytest.raises(Unreachable):
            await server.resume("token", "DEVICE")


async def test_control_what_the_homeserver_itself_refuses_is_refused() -> None:
    for status, code in (("404 Not Found", b"M_UNRECOGNIZED"), ("403 Forbidden", b"M_FORBIDDEN")):
        async with answering(said(status, b'{"errcode":"%s"}' % code)) as (server, _):
            with pytest.raises(LoginRefused):
                await server.login("tocsin", "secret", "DEVICE")
