"""A gateway before a real homeserver that misbehaves when told to: what strangers' servers and proxies do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aiohttp.typedefs import Handler


class Gateway:
    """Passes requests on to `behind`, and what comes back through `twist` and `mangle`; see `gateway`."""

    def __init__(self, behind: str) -> None:
        self.base_url = ""
        self.twist: Callable[[dict[str, Any]], object] = lambda event: event
        """Replaces each timeline event of a joined room in sync answers."""
        self.mangle: Callable[[bytes], bytes] = lambda body: body
        """Replaces the bytes of every sync answer."""
        self.sync_fails: Handler | None = None
        """Answers syncs instead of the homeserver."""
        self.instead: Callable[[web.Request], Awaitable[web.StreamResponse | None]] = nothing_else
        """Answers any request instead of the homeserver, unless it gives None."""
        self.asked: list[tuple[str, str]] = []
        """Method and path of every request."""
        self.syncs: list[float] = []
        """When syncs were asked for (monotonic seconds)."""
        self._behind = behind
        self._session: aiohttp.ClientSession | None = None
        self._news = asyncio.Condition()

    def count(self, method: str, ending: str) -> int:
        """How many requests were made to a path that ends so."""
        return sum(how == method and path.endswith(ending) for how, path in self.asked)

    async def until_asked(self, method: str, ending: str, within: float = 90) -> None:
        """Wait until a request was made to a path that ends so."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self.count(method, ending) > 0)

    async def until_syncs(self, count: int, within: float = 90) -> None:
        """Wait until this many syncs have been asked for in all."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: len(self.syncs) >= count)

    async def fails_from(self, waking: Awaitable[object]) -> None:
        """Let all syncs fail, as those of a bad gateway do; `waking` ends the one that is held.

        Returns once a second one was asked for: until then nobody knows whether the first has been heard to fail.
        """
        self.sync_fails = bad_gateway
        before = len(self.syncs)
        await waking
        await self.until_syncs(before + 2)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        async with self._news:
            self.asked.append((request.method, request.path))
            self._news.notify_all()
        is_sync = request.path.endswith("/sync")
        if is_sync:
            async with self._news:
                self.syncs.append(time.monotonic())
                self._news.notify_all()
            if self.sync_fails is not None:
                return await self.sync_fails(request)
        return await self.instead(request) or await self.pass_on(request)

    async def pass_on(self, request: web.Request, *, body: bytes | None = None, **query: str) -> web.Response:
        """Let the homeserver answer, asked with another body or with these query parameters changed."""
        if self._session is None:
            raise RuntimeError("use `async with gateway(…)`")
        headers = {
            key: value for key, value in request.headers.items() if key in ("Authorization", "Content-Type")
        }
        url = URL(self._behind + request.raw_path, encoded=True)
        if query:
            url = url.update_query(query)
        body = await request.read() if body is None else body
        try:
            async with self._session.request(request.method, url, headers=headers, data=body) as answer:
                data = await answer.read()
        except aiohttp.ClientError:
            return web.Response(status=web.HTTPBadGateway.status_code)
        if request.path.endswith("/sync") and answer.status == web.HTTPOk.status_code:
            data = self.mangle(json.dumps(self._twisted(json.loads(data))).encode())
        return web.Response(body=data, status=answer.status, content_type=answer.content_type)

    def _twisted(self, answer: dict[str, Any]) -> dict[str, Any]:
        for part in answer.get("rooms", {}).get("join", {}).values():
            part["timeline"]["events"] = [self.twist(event) for event in part["timeline"]["events"]]
        return answer

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen on a free loopback port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        async with aiohttp.ClientSession() as self._session:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            self.base_url = f"http://{host}:{port}"
            try:
                yield
            finally:
                await runner.cleanup()


async def bad_gateway(_: web.Request) -> web.StreamResponse:
    """What a proxy answers whose server is gone."""
    return web.Response(status=502, text="<html>Bad gateway</html>", content_type="text/html")


async def nothing_else(_: web.Request) -> None:
    """Answer nothing, so that the homeserver does."""


@contextlib.asynccontextmanager
async def gateway(behind: str) -> AsyncIterator[Gateway]:
    """Run a gateway before the homeserver at this address."""
    made = Gateway(behind)
    async with made.serving():
        yield made
