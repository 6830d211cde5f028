"""Requests to the homeserver over nio's client, repeated as long as it makes sense."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientError,
    ClientOSError,
    ClientSession,
    ServerDisconnectedError,
)
from nio import AsyncClient, AsyncClientConfig

from bot.transports.base import Limited, LoginRefused, Refused, Unreachable
from bot.transports.matrix.answer import Json, RefusedByServer, read
from bot.transports.trouble import reason

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

log = logging.getLogger(__name__)

CLIENT = "/_matrix/client/v3"
MEDIA = "/_matrix/media/v3"


class Backoff:
    """Growing pauses between attempts, jittered so that many bots do not come back at once."""

    def __init__(self, first: float = 1.0, longest: float = 30.0) -> None:
        self._first = first
        self._longest = longest
        self.failures = 0
        """How often it failed so far."""

    def next(self) -> float:
        """Return the seconds to wait after one more failure."""
        pause = min(self._longest, self._first * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return pause * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing


@dataclass(frozen=True, slots=True)
class Patience:
    """How much of everybody's time the trouble with one room may take."""

    tries: int = 5
    seconds: float = 45.0


LARGEST = 128 * 2**20
"""Bytes of an answer that are read: beyond, it would take the memory that the other network needs."""
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
_SAYING = re.compile(r"/rooms/[^/]+/send/")


class AnswerTooLarge(Unreachable):
    """The answer is larger than any that is read; to less than that, asked for in parts, the server may answer."""


async def here_alone(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Go nowhere else with a request, however a server asks to: it may be a password, or what is said in private."""
    response = await handler(request)
    if response.status in _ELSEWHERE:
        response.close()
        raise ClientConnectionError("the homeserver's address points to another one")
    return response


async def once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Say something in a room, and let no library say it again where the connection ends meanwhile.

    aiohttp does, by itself, with a PUT. The second answer says nothing of the first: a message that had been taken would
    be told refused by a limit met since, and be said once more as another one. Whatever else is put may be repeated.
    """
    try:
        return await handler(request)
    except ClientConnectorError:
        raise  # it never got there
    except (ClientOSError, ServerDisconnectedError) as error:
        if not _SAYING.search(request.url.raw_path):
            raise
        raise ClientConnectionError(reason(error)) from error


class Homeserver:
    """One logged-in session. nio carries the HTTP; answers are read here: nio raises on bad ones.

    `request_timeout` is in seconds and holds for everything but long polls, which name their own.
    """

    def __init__(
        self, url: str, user: str, *, request_timeout: float, tls: ssl.SSLContext | None = None
    ) -> None:
        self._client = AsyncClient(
            url.rstrip("/"),
            user,
            config=AsyncClientConfig(encryption_enabled=False, request_timeout=request_timeout),
            ssl=tls,
        )
        self._client.client_session = ClientSession(middlewares=(here_alone, once))
        self._request_timeout = request_timeout
        self.user_id = ""

    @property
    def device_id(self) -> str:
        """The device we are logged in as."""
        return str(self._client.device_id)

    async def login(self, user: str, password: str, device: str) -> None:
        """Log in by password, as the fixed device. Raises LoginRefused or Unreachable."""
        identifier = {"type": "m.id.user", "user": user}
        await self._begin(
            {"type": "m.login.password", "identifier": identifier, "password": password}, device
        )

    async def login_once(self, token: str, device: str) -> None:
        """Log in by a token that holds once, as single sign-on gives it. Raises LoginRefused or Unreachable."""
        await self._begin({"type": "m.login.token", "token": token}, device)

    async def resume(self, token: str, device: str) -> None:
        """Go on as a session that was begun before: its access token, and the device it must be of (empty: any).

        Raises:
            LoginRefused: the token is not valid any more, or is another device's.
            Unreachable: the server does not answer.

        """
        self._client.access_token = token
        try:
            answer = await self.call("GET", "account", "whoami")
        except Limited as error:
            raise Unreachable(f"the server limits logins for {error.seconds:g} s") from error
        except Refused as error:
            raise LoginRefused(str(error)) from error
        user_id, device_id = answer.get("user_id"), answer.get("device_id")
        if not isinstance(user_id, str):
            raise Unreachable("the answer to the login is not Matrix")
        if device and device_id != device:
            raise LoginRefused("the access token is another device's")
        self.user_id = self._client.user_id = user_id
        self._client.device_id = device_id if isinstance(device_id, str) else ""

    @property
    def session(self) -> tuple[str, str]:
        """The access token and the device (empty if it is none) we are logged in with."""
        return self._client.access_token, self._client.device_id or ""

    async def _begin(self, body: Json, device: str) -> None:
        body["initial_device_display_name"] = "Tocsin"
        if device:
            body["device_id"] = device
        try:
            answer = await self.call("POST", "login", body=body)
        except Limited as error:
            raise Unreachable(f"the server limits logins for {error.seconds:g} s") from error
        except Refused as error:
            if getattr(error, "errcode", "") == "M_FORBIDDEN":
                raise LoginRefused(
                    f"the account, or its password or token, is not accepted ({error})"
                ) from error
            raise LoginRefused(str(error)) from error
        token, user_id, device_id = (answer.get(key) for key in ("access_token", "user_id", "device_id"))
        if not (isinstance(token, str) and isinstance(user_id, str)):
            raise Unreachable("the answer to the login is not Matrix")
        self.user_id = user_id
        self._client.user_id = user_id
        self._client.device_id = device_id if isinstance(device_id, str) else device
        self._client.access_token = token

    async def logout(self) -> None:
        """End the session on the server, with its device. Raises as `call`."""
        await self.call("POST", "logout", body={})
        self._client.access_token = ""

    async def close(self) -> None:
        """Close the connections. The session stays valid: another device would lose our transaction ids."""
        await self._client.close()

    async def call(
        self,
        method: str,
        *path: str,
        body: Json | bytes | None = None,
        query: Mapping[str, str] | None = None,
        prefix: str = CLIENT,
        media_type: str = "application/json",
        timeout: float | None = None,  # noqa: ASYNC109 - aiohttp's own, which also closes the connection
    ) -> Json:
        """Make one request, never repeated here, and return the answer's JSON object.

        Raises:
            LoginRefused: our access token is not valid (any more).
            Limited: 429.
            RefusedByServer: a Matrix error that asking again does not mend.
            Unreachable: no answer, an error of the server's or a proxy's, or an answer that is not Matrix.

        """
        target = prefix + "".join("/" + quote(part, safe="") for part in path)
        if query:
            target += "?" + urlencode(query)
        data = json.dumps(body, separators=(",", ":")) if isinstance(body, dict) else body
        headers = {"Content-Type": media_type}
        if self._client.access_token:
            headers["Authorization"] = f"Bearer {self._client.access_token}"
        try:
            response = await self._client.send(
                method, target, data, headers, None, timeout or self._request_timeout
            )
            async with response:
                status: int = response.status
                raw = await _whole(response)
                retry_after: str = response.headers.get("Retry-After", "")
        except (ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise Unreachable(f"{path[0]}: {reason(error)}") from error
        if raw is None:
            raise AnswerTooLarge(f"{path[0]}: the answer is larger than {LARGEST} bytes")
        return read(path[0], status, raw, retry_after)

    async def patiently(self, ask: Callable[[], Awaitable[Json]], backoff: Backoff) -> Json:
        """Repeat a harmless request until it is answered, never faster than about once a second.

        Raises:
            LoginRefused, RefusedByServer: as in `call`; waiting would not help.

        """
        while True:
            try:
                answer = await ask()
            except Limited as error:
                pause = max(error.seconds, backoff.next())
                log.info("limited by the homeserver", extra={"seconds": pause})
            except Unreachable as error:
                pause = backoff.next()
                log.warning("the homeserver does not answer (%s), again in %.1f s", error, pause)
            else:
                return answer
            await asyncio.sleep(pause)

    async def briefly(self, ask: Callable[[float], Awaitable[Json]], patience: Patience) -> Json:
        """Repeat a harmless request that concerns one room, but not so long that all the others wait for it.

        `ask` is given the seconds it may take. What fails while the server answers nothing else either is not counted:
        that is an outage, and no room's fault.

        Raises:
            LoginRefused, RefusedByServer: as in `call`; waiting would not help.
            Unreachable: the server answers, but not this.

        """
        backoff, tries, spent = Backoff(), 0, 0.0
        while True:
            began = time.monotonic()
            try:
                return await ask(min(self._request_timeout, patience.seconds - spent))
            except Limited as error:
                pause, why = max(error.seconds, backoff.next()), str(error)
                spent += pause
            except Unreachable as error:
                pause, why = backoff.next(), str(error)
                took = time.monotonic() - began
                if await self._is_answering():
                    tries += 1
                    spent += took + pause
            log.warning("one room's request is not answered (%s)", why)
            if tries >= patience.tries or spent >= patience.seconds:
                raise Unreachable(why)
            await asyncio.sleep(pause)

    async def _is_answering(self) -> bool:
        """Wait until the server answers anything at all; return whether it did at once."""
        backoff = Backoff()
        with suppress(RefusedByServer):
            await self.patiently(lambda: self.call("GET", "account", "whoami"), backoff)
        return not backoff.failures


async def _whole(response: ClientResponse) -> bytes | None:
    """Read an answer to its end; None if it is larger than any that is read."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)
