"""What stands between the bot and a server: a TCP proxy that does, when told to, what networks do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections import deque
from typing import TYPE_CHECKING

from tests.faults.troubles import REQUEST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.faults.troubles import Fault

log = logging.getLogger(__name__)

_CHUNK = 1 << 16


class Link:
    """One connection of the bot and the one behind it."""

    def __init__(
        self,
        client: asyncio.StreamWriter,
        server: asyncio.StreamWriter,
    ) -> None:
        self.client, self.server = client, server
        self.delay = 0.0
        self.lonely = False
        """Whether the bot's side is gone and the server's is kept."""
        self.forgotten = False
        """Whether nothing that is said on it arrives any more, either way."""
        self.pumps: tuple[asyncio.Task[None], ...] = ()
        """What carries bytes on it, up and down."""

    def reset(self) -> None:
        """End both sides at once, as a router does that forgot about them."""
        for side in (self.client, self.server):
            _abort(side)

    def end(self) -> None:
        """Carry nothing any more, and end both sides at once."""
        for pump in self.pumps:
            pump.cancel()
        self.reset()

    def close(self) -> None:
        """End both sides in order."""
        for side in (self.client, self.server):
            side.close()

    def forget_client(self) -> None:
        """End the bot's side, and let the server believe that it is there."""
        self.lonely = True
        _abort(self.client)


def _broke(pump: asyncio.Task[None]) -> bool:
    """Whether a pump has ended by what networks do, or was ended. Raises what is an error of the tests' own."""
    if pump.cancelled():
        return True
    error = pump.exception()
    if error is not None and not isinstance(error, OSError | asyncio.IncompleteReadError):
        raise error
    return error is not None


def _abort(side: asyncio.StreamWriter) -> None:
    raw = side.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    side.transport.abort()


class Proxy:
    """Passes on what comes in at `port`. `fault` is what happens to it meanwhile; None: nothing."""

    def __init__(self, host: str, port: int) -> None:
        self.behind = (host, port)
        """Where it passes on to."""
        self.port = 0
        self.requests: deque[float] = deque(maxlen=5000)
        """When the bot asked for something over HTTP, or else connected (monotonic seconds)."""
        self.fault: Fault | None = None
        self.links: set[Link] = set()
        """The connections there are."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen on a free loopback port."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            self.mend()
            # The tasks of the connections themselves end by this: asyncio tells of one that is cancelled as of an error.
            self._closing = True
            for link in tuple(self.links):
                link.end()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def mend(self) -> None:
        """Let the network be well again."""
        fault, self.fault = self.fault, None
        if fault is not None:
            fault.over.set()
        for link in self.links:
            link.delay = 0.0

    def cut(self) -> None:
        """Reset every connection there is."""
        for link in tuple(self.links):
            if not link.lonely:
                link.reset()

    async def _connected(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._pass_on(reader, client)
        except Exception:
            # Said here, for older Pythons say nothing of what a connection's task ends with.
            log.exception("a mistake of the tests' own")
            _abort(client)

    async def _pass_on(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Pass on what both sides of one connection say. Raises what is an error of the tests' own."""
        try:
            answers, server = await asyncio.open_connection(*self.behind)
        except OSError:
            _abort(client)
            return
        link = Link(client, server)
        up = asyncio.create_task(self._pump(link, reader, server, towards="up"))
        down = asyncio.create_task(self._pump(link, answers, client, towards="down"))
        link.pumps = (up, down)
        self.links.add(link)
        if self._closing:
            link.end()
        try:
            await asyncio.wait((up,))
            if _broke(up):
                link.end()
            elif not link.lonely:
                # Whoever ends one half ends the other: no client of ours half-closes.
                server.close()
            await asyncio.wait((down,))
            _broke(down)
        finally:
            link.end()
            self.links.discard(link)

    async def _pump(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, towards: str
    ) -> None:
        """Read and forward; what is late is late as a whole, each chunk by as much."""
        late: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()

        async def forward() -> None:
            while (next_ := await late.get()) is not None:
                due, data = next_
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                writer.write(data)
                await writer.drain()

        forwarding = asyncio.ensure_future(forward())
        try:
            while data := await reader.read(_CHUNK):
                if towards == "up" and (REQUEST.match(data) or data.startswith(b"<?xml")):
                    self.requests.append(time.monotonic())
                fault = self.fault
                if fault is not None:
                    passed = await (fault.up if towards == "up" else fault.down)(link, data)
                    if passed is None:
                        continue
                    data = passed
                if link.forgotten:
                    continue
                late.put_nowait((time.monotonic() + link.delay, data))
            late.put_nowait(None)
            await forwarding
        finally:
            forwarding.cancel()
            await asyncio.gather(forwarding, return_exceptions=True)
            if not link.lonely:
                writer.close()  # however one side ended, the other one is told
