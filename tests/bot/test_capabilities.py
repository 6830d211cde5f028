"""What a room can show is also asked for in the moment in which a connection ends: what is ruled out then is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.transports.matrix import MatrixTransport
from bot.transports.xmpp import XmppTransport
from campaign.chat import MATRIX, XMPP, Room

if TYPE_CHECKING:
    from bot.transports.base import Transport


@pytest.mark.parametrize(
    ("transport", "room", "shown"),
    [
        (
            MatrixTransport("http://127.0.0.1:9", "@tocsin:example.org", "-"),
            Room(MATRIX, "!coop:example.org"),
            ("polls", "reactions", "edits", "pins", "files"),
        ),
        (
            XmppTransport("tocsin@example.org", "-", "tocsin"),
            Room(XMPP, "forge@rooms.example.org"),
            ("reactions", "edits", "files"),
        ),
    ],
)
def test_without_a_connection_nothing_is_ruled_out(
    transport: Transport, room: Room, shown: tuple[str, ...]
) -> None:
    capabilities = transport.capabilities(room)
    assert all(getattr(capabilities, one) for one in shown)
