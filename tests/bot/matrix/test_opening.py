"""Sealed events that wait for their keys: read later as they would have been at once, and not if they are gone by then."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot import starting
from bot.transports.base import Start
from bot.transports.matrix.encryption.machine import NoKeyError
from bot.transports.matrix.encryption.opening import Opening
from bot.transports.matrix.membership import Window
from bot.transports.matrix.rooms import MEGOLM, JoinedRoom
from bot.transports.matrix.shares import Share
from campaign.chat import MATRIX, Address, Room, Said, Sealed
from tests.bot.scripted import NOW, begun

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from storage.storage import Storage

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


async def kept(sessions: Collection[tuple[str, str]]) -> list[Sealed]:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    one = Sealed(Room(MATRIX, ALONE), "$1", Address(MATRIX, ANA), "s", json.dumps(SEALED), at)
    return [one] if (ALONE, "s") in sessions else []


def waiting(encryption: Encryption) -> Opening:
    start = Start(sealed=frozenset({(ALONE, "s")}), kept=kept)
    return Opening(encryption, ME, start)  # type: ignore[arg-type]


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


async def test_what_is_deleted_as_its_key_comes_is_not_read() -> None:
    encryption = Encryption()
    opening = waiting(encryption)
    deleted = {"type": "m.room.redaction", "event_id": "$2", "sender": ANA, "content": {"redacts": "$1"}}
    encryption.came = True
    await opening.receive({})
    await opening.open([Share(ALONE, rooms()[ALONE], Window(ME, [deleted]))])
    assert await opening.late(rooms()) == ([], [])


async def test_what_waits_takes_no_memory_however_much_a_stranger_sends() -> None:
    opening = Opening(Encryption(), ME, Start(kept=kept))  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(300):
            content = {
                "algorithm": MEGOLM,
                "session_id": f"s{number}",
                "ciphertext": str(number % 10) * 60_000,
            }
            window = Window(ME, [SEALED | {"event_id": f"${number}", "content": content}])
            await opening.open([Share(CROWD, rooms()[CROWD], window)])
        del window, content
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_000_000


async def test_what_is_forgotten_is_not_read_when_its_key_comes(tmp_path: Path) -> None:
    encryption = Encryption()
    with begun(tmp_path) as database:

        def keep(storage: Storage) -> int:
            storage.unread.keep(MATRIX, ALONE, "$1", sender=ANA, session="s", payload=SEALED, now=NOW)
            return storage.people.ensure(Address(MATRIX, ANA), "Ana", NOW).id

        person = await database.write(keep)
        start = await database.read(lambda storage: storage.unread.sessions(MATRIX))
        assert start == {(ALONE, "s")}

        async def here(sessions: Collection[tuple[str, str]]) -> Sequence[Sealed]:
            return await database.read(lambda storage: starting.kept(storage, MATRIX, sessions))

        encryption.came = True
        for forgets in (False, True):
            opening = Opening(encryption, ME, Start(sealed=start, kept=here))  # type: ignore[arg-type]
            await opening.receive({})
            if forgets:
                await database.write(lambda storage: storage.erasing.erase(person, NOW))
            events, done = await opening.late(rooms())
            assert len(events) == len(done) == (not forgets)
