"""Handing over files by HTTP upload (XEP-0363)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
from slixmpp import JID
from slixmpp.exceptions import IqError

from bot.transports.base import Limited, Refused, Unreachable
from bot.transports.tls import is_loopback
from bot.transports.trouble import reason
from bot.transports.xmpp.session import NoAnswer, Session

if TYPE_CHECKING:
    import ssl

    from slixmpp.stanza import Iq

log = logging.getLogger(__name__)

_WAIT = 60.0
_HEADERS = ("authorization", "cookie", "expires")


class Uploads:
    """The server's upload service, if it has one."""

    def __init__(self, session: Session, tls: ssl.SSLContext | None) -> None:
        self._session, self._tls = session, tls
        self._service = ""

    @property
    def available(self) -> bool:
        """Whether files can be handed over."""
        return bool(self._service)

    async def find(self) -> None:
        """Look for the service; having none is no error."""
        plugin = self._session.client.plugin["xep_0363"]
        try:
            found = await self._session.ask(plugin.find_upload_service)
        except (IqError, NoAnswer) as error:
            log.info("no upload service was found: %s", error)
            return
        self._service = str(found["from"]) if found is not None else ""

    async def put(self, name: str, media_type: str, data: bytes) -> str:
        """Upload a file and return its address. Raises Refused, Limited or Unreachable."""
        if not self._service:
            raise Refused("this server takes no files")
        slot = await self._slot(name.replace("/", "_").replace("\\", "_"), media_type, len(data))
        put, get = str(slot["http_upload_slot"]["put"]["url"]), str(slot["http_upload_slot"]["get"]["url"])
        address = urlsplit(put)
        plain_is_fine = self._tls is None and is_loopback(address.hostname or "")
        if address.scheme != "https" and not (address.scheme == "http" and plain_is_fine):
            raise Refused("the server offers an upload without encryption")
        headers = {"Content-Type": media_type or "application/octet-stream"}
        for header in slot["http_upload_slot"]["put"]["headers"]:
            if header["name"].lower() in _HEADERS:
                headers[header["name"]] = str(header["value"]).replace("\n", "").replace("\r", "")
        timeout = aiohttp.ClientTimeout(total=_WAIT)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.put(
                    put, data=data, headers=headers, ssl=self._tls or True, allow_redirects=False
                ) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the upload failed: {reason(error)}") from error
        if status in (408, 429) or status >= 500:  # noqa: PLR2004 - HTTP's own numbers
            raise Limited(_WAIT)
        if status >= 300:  # noqa: PLR2004 - a redirection might lead anywhere: it is not followed
            raise Refused(f"the upload was refused (HTTP {status})")
        return get

    async def _slot(self, name: str, media_type: str, size: int) -> Iq:
        plugin = self._session.client.plugin["xep_0363"]
        try:
            return await self._session.ask(
                lambda: plugin.request_slot(JID(self._service), name, size, media_type or None)
            )
        except IqError as error:
            if error.etype == "wait":
                raise Limited(_WAIT) from error
            raise Refused(f"the server refuses the file ({error.condition}: {error.text})") from error
        except NoAnswer as error:
            raise Unreachable("the upload service does not answer") from error
