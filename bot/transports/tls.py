"""Whom a connection trusts: the system's authorities and one's own, and no plaintext but within this machine."""

from __future__ import annotations

import ipaddress
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.transports.base import Unreachable

if TYPE_CHECKING:
    from pathlib import Path


def is_loopback(host: str) -> bool:
    """Whether this is a name or address of the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_exposed(url: str) -> bool:
    """Whether what is sent to this address could be read on the way: plain HTTP to another machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and not is_loopback(parts.hostname or "")
    except ValueError:  # no address at all
        return False


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Verify certificates, by the system's authorities and this file's. Raises Unreachable if it cannot be used."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise Unreachable(f"the certificate file {ca_file} cannot be used: {error}") from error
    return context
