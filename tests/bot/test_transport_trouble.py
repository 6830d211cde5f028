"""What an operator reads of a broken connection is words, whatever a library raised."""

from __future__ import annotations

import socket
import ssl

import pytest

from bot.transports.trouble import reason


class Wrapped(OSError):
    """As aiohttp wraps what it could not connect for."""

    os_error = ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 9)")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (Wrapped(), "connection refused"),
        (TimeoutError(), "no answer in time"),
        (socket.gaierror(-2, "Name or service not known"), "no server of this name is known"),
        (ConnectionResetError(), "the connection was cut"),
        (OSError(113, "No route to host"), "No route to host"),
        (
            ssl.SSLError(1, "[SSL] record layer failure (_ssl.c:1000)"),
            "TLS failed: the server speaks something else",
        ),
        (ValueError("access_token=secret"), "the answer cannot be read"),
        (RuntimeError("Boom('secret')"), "the connection was cut"),
        ("the stream ended", "the stream ended"),
        ("", "the connection was closed"),
    ],
)
def test_a_broken_connection_is_told_in_words(error: object, said: str) -> None:
    assert reason(error) == said
