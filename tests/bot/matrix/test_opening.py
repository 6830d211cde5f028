"""Sealed events that wait for their keys: read later as they would have been at once, and not if they are gone by then."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.transports.matrix.encryption.machine import NoKeyError
from bot.transports.matrix.encryption.opening import Opening
from bot.transports.matrix.membership import Window
from bot.transports.matrix.rooms import JoinedRoom
from bot.transports.matrix.shares import Share
from campaign.chat import MATRIX, Address, Room, Said, Sealed

if TYPE_CHECKING:
    from collections.abc import Sequence

ME, ANA = "@tocsin:example.org", "@ana:example.org"
ALONE, CROWD = "!alone:example.org", "!crowd:example.org"
SAID = {
    "event_id": "$1",
    "sender": ANA,
    "origin_server_ts": 1,
    "type": "m.room.message",
    "content": {"msgtype": "m.text", "body": "!sign Picasoft"},
}
SEALED = SAID | {"type": "m.room.encrypted", "content": {"session_id": "s"}}


class Encryption:
    """Keys of which one may have come."""

    came = False

    async def receive(self, _answer: object) -> set[tuple[str, str]]:
        return {(ALONE, "s")} if self.came else set()

    async def open_all(self, sealed: Sequence[tuple[str, object]]) -> list[Any]:
        return [SAID if self.came else NoKeyError() for _ in sealed]

    def ask_for(self, _sealed: object) -> None:
        pass


def waiting(encryption: Encryption) -> Opening:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    kept = Sealed(Room(MATRIX, ALONE), "$1", Address(MATRIX, ANA), "s", json.dumps(SEALED), at)
    return Opening(encryption, ME, [kept])  # type: ignore[arg-type]


def rooms() -> dict[str, JoinedRoom]:
    alone = JoinedRoom(ME, {ME: None, ANA: None}, members_known=True, invited_known=True)
    return {ALONE: alone, CROWD: JoinedRoom(ME, {ME: None, ANA: None, "@maud:example.org": None})}


async def test_what_is_read_late_knows_where_its_author_is_seen() -> None:
    encryption = Encryption()
    opening = waiting(encryption)
    encryption.came = True
    await opening.receive({})
    (said,), done = await opening.late(rooms())
    assert isinstance(said, Said)
    assert (said.text, said.private, said.shared) == ("!sign Picasoft", True, (CROWD,))
    assert done == [(ALONE, "$1")]


async def test_what_was_deleted_meanwhile_is_not_read_any_more() -> None:
    encryption = Encryption()
    opening = waiting(encryption)
    deleted = {"type": "m.room.redaction", "event_id": "$2", "sender": ANA, "content": {"redacts": "$1"}}
    await opening.open([Share(ALONE, rooms()[ALONE], Window(ME, [deleted]))])
    assert await opening.late(rooms()) == ([], [(ALONE, "$1")])
    encryption.came = True
    await opening.receive({})
    assert await opening.late(rooms()) == ([], [])
