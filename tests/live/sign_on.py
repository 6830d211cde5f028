"""A provider of single sign-on (CAS), to which a homeserver sends people's browsers; and such a browser."""

from __future__ import annotations

import html
import re
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ANSWER = """<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">{}</cas:serviceResponse>"""
_YES = "<cas:authenticationSuccess><cas:user>{}</cas:user></cas:authenticationSuccess>"
_NO = '<cas:authenticationFailure code="INVALID_TICKET">no such ticket</cas:authenticationFailure>'


class Provider:
    """Takes everybody for `user`, and vouches for them once."""

    def __init__(self) -> None:
        self.user = ""
        self._tickets: dict[str, str] = {}

    async def _log_in(self, request: web.Request) -> web.Response:
        ticket = f"ST-{secrets.token_hex(8)}"
        self._tickets[ticket] = self.user
        service = request.query["service"]
        joined = "&" if "?" in service else "?"
        raise web.HTTPFound(f"{service}{joined}{urlencode({'ticket': ticket})}")

    async def _validate(self, request: web.Request) -> web.Response:
        user = self._tickets.pop(request.query["ticket"], None)
        return web.Response(text=_ANSWER.format(_NO if user is None else _YES.format(user)))

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        """Be there, on loopback."""
        site = web.Application()
        site.router.add_get("/login", self._log_in)
        site.router.add_get("/{way:(p3/)?proxyValidate}", self._validate)
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield
        finally:
            await runner.cleanup()


async def browse(address: str) -> str:
    """Open what a person is told to open, and go on to where the homeserver's last page leads; the address of that.

    Nothing is opened there: the listener may be on another machine.
    """
    async with aiohttp.ClientSession() as browser, browser.get(address) as page:
        assert page.status == 200, await page.text()
        links = re.findall(r'href="([^"]*loginToken=[^"]*)"', await page.text())
    return html.unescape(links[0])
