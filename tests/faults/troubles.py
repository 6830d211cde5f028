"""What networks do to the bytes between the bot and a server: each fault says what becomes of what passes."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.proxy import Link

REQUEST = re.compile(rb"(?:GET|PUT|POST|DELETE) \S+ HTTP/1\.1\r\n")


def is_send(data: bytes) -> bool:
    """Whether the bot says something with this: a request to send (Matrix) or a message to a room (XMPP)."""
    return (data.startswith(b"PUT ") and b"/send/m.room.message/" in data.partition(b"\r\n")[0]) or (
        b"<message" in data and b"groupchat" in data
    )


def is_answer(data: bytes) -> bool:
    """Whether a server says with this that it took a message: the answer to a request, or the room's own echo."""
    return data.startswith(b"HTTP/") or (b"<message" in data and b"groupchat" in data)


def is_sync(data: bytes) -> bool:
    """Whether the bot asks with this for what is new (Matrix) or for an archive (XMPP)."""
    return (data.startswith(b"GET ") and b"/sync?" in data.partition(b"\r\n")[0]) or b"urn:xmpp:mam:2" in data


class Fault:
    """What happens to the bytes of a link while it lasts. `up` is towards the server; None: nothing is forwarded."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        """Set by the proxy once the network is well again."""
        self.struck = asyncio.Event()
        """Set once it has done some harm."""

    async def up(self, link: Link, data: bytes) -> bytes | None:
        return data

    async def down(self, link: Link, data: bytes) -> bytes | None:
        return data


class Reset(Fault):
    """Every connection is reset as soon as something is said on it."""

    async def up(self, link: Link, data: bytes) -> bytes | None:
        self.struck.set()
        link.reset()
        return None

    down = up


class BlackHole(Fault):
    """Nothing arrives, nothing is refused; what was under way when it ends is gone."""

    async def up(self, link: Link, data: bytes) -> bytes | None:
        self.struck.set()
        await self.over.wait()
        link.reset()
        return None

    down = up


class Forgotten(Fault):
    """Nothing arrives, nothing is refused, and the connections of that time are dead for good: nobody says so."""

    async def up(self, link: Link, data: bytes) -> bytes | None:
        self.struck.set()
        link.forgotten = True
        return data

    down = up


class Latency(Fault):
    """Everything arrives in its order, five seconds late."""

    SECONDS = 5.0

    async def up(self, link: Link, data: bytes) -> bytes | None:
        self.struck.set()
        link.delay = self.SECONDS
        return data

    down = up


class ResponseLost(Fault):
    """The server takes what the bot says (or asks); the answer never arrives, so many `times`."""

    def __init__(
        self,
        which: Callable[[bytes], bool] = is_send,
        answer: Callable[[bytes], bool] = is_answer,
        *,
        times: int = 1,
    ) -> None:
        super().__init__()
        self.which, self.answer, self.times = which, answer, times
        self.sent: set[Link] = set()

    async def up(self, link: Link, data: bytes) -> bytes | None:
        if self.which(data):
            self.sent.add(link)
        return data

    async def down(self, link: Link, data: bytes) -> bytes | None:
        if link not in self.sent or not self.answer(data) or not self.times:
            return data
        self.times -= 1
        if not self.times:
            self.struck.set()
        await self.instead(link, data)
        return None

    async def instead(self, link: Link, data: bytes) -> None:
        """What comes of the answer."""
        link.reset()


class Truncated(ResponseLost):
    """The server takes what the bot says (or asks); half of the answer arrives. Once."""

    async def instead(self, link: Link, data: bytes) -> None:
        link.client.write(data[: len(data) // 2])
        with contextlib.suppress(OSError):
            await link.client.drain()
        link.close()


class Answered(Fault):
    """A proxy before the server answers every request itself, with this status."""

    def __init__(self, status: str, body: bytes, *, which: Callable[[bytes], bool] = lambda _: True) -> None:
        super().__init__()
        self.which = which
        self.answer = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        ).encode() + body

    async def up(self, link: Link, data: bytes) -> bytes | None:
        if REQUEST.match(data) is None or not self.which(data):
            return data
        self.struck.set()
        link.client.write(self.answer)
        with contextlib.suppress(OSError):
            await link.client.drain()
        link.close()
        return None


def bad_gateway() -> Answered:
    """502 with a page for people, as proxies send."""
    return Answered("502 Bad Gateway", b"<html>bad gateway</html>")


def too_many() -> Answered:
    """429 for whatever the bot wants to say."""
    return Answered(
        "429 Too Many Requests",
        b'{"errcode":"M_LIMIT_EXCEEDED","error":"later","retry_after_ms":700}',
        which=is_send,
    )


class ThenTooMany(Fault):
    """The server takes what the bot says; the answer never arrives, and whoever asks again is told to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.lost, self.later = ResponseLost(), too_many()
        self.struck = self.later.struck

    async def up(self, link: Link, data: bytes) -> bytes | None:
        return await (self.later if self.lost.struck.is_set() else self.lost).up(link, data)

    async def down(self, link: Link, data: bytes) -> bytes | None:
        return await self.lost.down(link, data)


class Held(Fault):
    """What the bot says is held on its way; the bot sees its connection reset, the server sees nothing at all."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[Link, bytes]] = []

    async def up(self, link: Link, data: bytes) -> bytes | None:
        if self.struck.is_set() or not is_send(data):
            return data
        self.held.append((link, data))
        link.forget_client()
        self.struck.set()
        return None

    async def release(self) -> None:
        """Let it arrive after all, on the connection it was sent on."""
        for link, data in self.held:
            with contextlib.suppress(OSError):
                link.server.write(data)
                await link.server.drain()

    def drop(self) -> None:
        """End what was kept open."""
        for link, _ in self.held:
            link.reset()


class Gates(Fault):
    """Two gates that can be shut: one for what the bot says, one for what it is told of news. Nothing gets lost."""

    def __init__(self) -> None:
        super().__init__()
        self.says, self.news = asyncio.Event(), asyncio.Event()
        self.news.set()  # what the bot says is held up from the start
        self.asking: set[Link] = set()
        """Links on which the bot asked for news last."""

    async def up(self, link: Link, data: bytes) -> bytes | None:
        if REQUEST.match(data):
            (self.asking.add if is_sync(data) else self.asking.discard)(link)
        if is_send(data):
            self.struck.set()
            await self._opens(self.says)
        return data

    async def down(self, link: Link, data: bytes) -> bytes | None:
        if link in self.asking:
            await self._opens(self.news)
        return data

    async def _opens(self, gate: asyncio.Event) -> None:
        """Wait until a gate is open, or the network well again."""
        waits = [asyncio.ensure_future(one.wait()) for one in (gate, self.over)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()


class Doubled(Fault):
    """Every message of a room arrives once more with the next one, as after a resumption gone wrong."""

    _STANZA = re.compile(rb"<message (?:(?!<message ).)*?groupchat.*?</message>", re.DOTALL)

    def __init__(self) -> None:
        super().__init__()
        self.before = b""

    async def down(self, link: Link, data: bytes) -> bytes | None:
        def again(found: re.Match[bytes]) -> bytes:
            before, self.before = self.before, found.group()
            return before + found.group()

        self.struck.set()
        return self._STANZA.sub(again, data)


class Watch(Fault):
    """Harms nothing, but calls `then` in the very moment something passes; forwards it only if that says so."""

    def __init__(
        self, which: Callable[[bytes], bool], then: Callable[[], object], *, answers: bool = False
    ) -> None:
        super().__init__()
        self.which, self.then, self.answers = which, then, answers
        self.sent: set[Link] = set()

    async def up(self, link: Link, data: bytes) -> bytes | None:
        if self.struck.is_set() or not self.which(data):
            return data
        if self.answers:
            self.sent.add(link)
            return data
        self.struck.set()
        link.server.write(data)
        await asyncio.to_thread(self.then)
        return None

    async def down(self, link: Link, data: bytes) -> bytes | None:
        if link not in self.sent or self.struck.is_set() or not is_answer(data):
            return data
        self.struck.set()
        await asyncio.to_thread(self.then)
        link.reset()
        return None
