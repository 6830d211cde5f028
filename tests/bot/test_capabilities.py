"""What a room can show is also asked for in the moment in which a connection ends: what is ruled out then is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.transports.base import Start
from bot.transports.matrix import MatrixTransport
from bot.transports.matrix.homeserver import Homeserver
from bot.transports.matrix.rooms import JoinedRoom
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


async def test_who_was_there_is_mentioned_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reminder that is put into words just then is said later, and never again: it has to ring for whom it names."""
    me, ada, room = "@tocsin:example.org", "@ada:example.org", Room(MATRIX, "!coop:example.org")

    async def nothing(*_: Any, **__: Any) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(Homeserver, "login", nothing)
    monkeypatch.setattr(Homeserver, "call", nothing)
    transport = MatrixTransport("http://127.0.0.1:9", me, "-")
    async with transport.connected(Start(device="CLOCHE")):
        assert transport._current is not None
        known = JoinedRoom(me, members={me: None, ada: "Ada"})
        transport._current.sync.rooms[room.id] = known
        assert transport.capabilities(room).mentions([ada, "@eve:example.org"]) == (ada,)
    assert transport.capabilities(room).mentions([ada, "@eve:example.org"]) == (ada,)


def test_nobody_is_missing_while_it_is_read_who_is_there() -> None:
    room = JoinedRoom("@tocsin:example.org", members={"@ada:example.org": "Ada"})

    class Joined(dict[str, Any]):
        def items(self) -> Any:
            for one in super().items():
                assert "@ada:example.org" in room.members
                yield one

    room.replace_members({"joined": Joined({"@bo:example.org": {}, "@ada:example.org": {}})})
    assert list(room.members) == ["@bo:example.org", "@ada:example.org"]
