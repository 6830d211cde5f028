"""Ports on loopback for servers of the tests, theirs while they are down as well."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def kept_ports(count: int) -> Iterator[list[int]]:
    """Have so many free ports on 127.0.0.1, each of which only a server may take that is told its number.

    A socket that is bound and does not listen keeps a port from being given to whoever asks for any, or connects from
    any: between two starts of a server, and beside other processes that do the same.
    """
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.bind(("127.0.0.1", 0))
        yield [each.getsockname()[1] for each in sockets]
