"""Single sign-on: a browser brings the token to a listener on this machine, or a person pastes it."""

from __future__ import annotations

import asyncio
import secrets
import sys
import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from aiohttp import web

from bot.transports.matrix.homeserver import CLIENT

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGE = "Tocsin has what it needs. You can close this page and go back to the terminal."
_PASTE = (
    "If that browser is on another machine, it ends on a page that cannot be reached: "
    "copy the whole address of that page and paste it here."
)


async def token_from_browser(homeserver: str, tell: Callable[[str], None], *, piped: bool = False) -> str:
    """Say which address to open, and return the login token that comes of it; empty if none does.

    It comes to a listener on loopback under a path nobody can guess, or on the standard input: as the address the
    browser was sent to, or bare. It holds once and for a few minutes, so it is not hidden while it is pasted.
    """
    loop = asyncio.get_running_loop()
    came: asyncio.Future[str] = loop.create_future()
    path = f"/{secrets.token_urlsafe(16)}"

    def take(token: str) -> None:
        if not came.done():
            came.set_result(token)

    async def brought(request: web.Request) -> web.Response:
        token = request.query.get("loginToken", "")
        if token:
            take(token)
        return web.Response(
            text=_PAGE if token else "There is no token in this address.",
            headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
        )

    listener = web.Application()
    listener.router.add_get(path, brought)
    runner = web.AppRunner(listener, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        back = quote(f"http://127.0.0.1:{port}{path}", safe="")
        tell("Open this address in a browser and log in there:")
        tell(f"  {homeserver.rstrip('/')}{CLIENT}/login/sso/redirect?redirectUrl={back}")
        tell(_PASTE)
        if piped or sys.stdin.isatty():
            _when_pasted(lambda line: loop.call_soon_threadsafe(take, token_in(line)))
        return await came
    finally:
        await runner.cleanup()


def token_in(pasted: str) -> str:
    """Return the login token in an address a browser was sent to, or the bare one that was pasted."""
    pasted = pasted.strip()
    if "://" not in pasted:
        return pasted
    found = parse_qs(urlsplit(pasted).query).get("loginToken", [])
    return found[0] if found else ""


def _when_pasted(then: Callable[[str], object]) -> None:
    """Have a line that is pasted taken. The thread waits for good if none is: it must not keep the program."""
    threading.Thread(target=lambda: then(sys.stdin.readline()), daemon=True).start()
