"""What broke a connection, in a few words for an operator: no name of a class, nothing that was sent."""

from __future__ import annotations

import errno
import socket
import ssl

_CUT = "the connection was cut"


def reason(error: object) -> str:
    """Say what broke."""
    # What aiohttp wraps says more than the wrapping.
    error = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    match error:
        case ssl.SSLCertVerificationError():
            said = f"the server's certificate is not accepted: {error.verify_message}"
        case ssl.SSLError():
            said = f"TLS failed: {getattr(error, 'reason', '') or 'the server speaks something else'}"
        case TimeoutError():
            said = "no answer in time"
        case socket.gaierror():
            said = "no server of this name is known"
        case OSError() if error.errno == errno.ECONNREFUSED:
            said = "connection refused"
        case OSError():
            said = _words(error.strerror)
        case ValueError():
            said = "the answer cannot be read"
        case Exception():
            said = _words(str(error))
        case _:
            said = str(error) if error else "the connection was closed"
    return said


def _words(said: str | None) -> str:
    """What an error says of itself, if that is words."""
    return said if said and " " in said and "(" not in said else _CUT
