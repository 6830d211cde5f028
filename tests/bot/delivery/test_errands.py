"""Private chats are opened, rooms entered and files stored once; only the network is played."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.delivery import carrying
from bot.delivery.errands import MOST_TRIES
from bot.transports.base import (
    Limited,
    Refused,
    StoredInPlain,
    Unreachable,
    Vitals,
)
from campaign.chat import MATRIX, Message, Room, say
from tests.bot.scripted import (
    ANA,
    CAFE,
    COOP,
    NOW,
    TEAM,
    cut,
    waiting,
)

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

from tests.bot.delivery.bench import MATRIX_FRIEND, Bench


async def test_a_private_chat_is_opened_once_and_checked_each_time(matrix: Bench) -> None:
    await matrix.write_to(ANA, "one")
    await matrix.write_to(ANA, "two")
    await matrix.settle()
    assert matrix.network.opened == [ANA]
    assert matrix.network.texts(Room(MATRIX, f"!with-{ANA.id}")) == ["one\ntwo"]
    assert matrix.network.private_checks == [ANA]


async def test_what_comes_while_a_private_chat_is_opened_opens_no_second(matrix: Bench) -> None:
    gate = asyncio.Event()
    matrix.network.opening.append(gate)
    await matrix.write_to(ANA, "an answer")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.opened) == 1)
        await matrix.write_to(ANA, "more urgent", urgency=1)
        await matrix.write_to(MATRIX_FRIEND, "somebody else")
        await matrix.network.until(lambda: MATRIX_FRIEND in matrix.network.opened)
        assert matrix.network.opened.count(ANA) == 1
        gate.set()
        await matrix.delivery.settled()
    said = [text for room, _, text in matrix.network.visible if room.id == f"!with-{ANA.id}"]
    assert sorted("\n".join(said).split("\n")) == ["an answer", "more urgent"]


async def test_a_private_chat_is_tried_again_while_the_server_is_away(matrix: Bench) -> None:
    matrix.network.opening.extend([cut(), Limited(1)])
    await matrix.write_to(ANA, "hello")
    await matrix.settle()
    assert len(matrix.network.opened) == 3
    assert [text for _, _, text in matrix.network.visible] == ["hello"]


async def test_a_private_chat_with_a_server_that_never_answers_is_given_up_and_told(matrix: Bench) -> None:
    matrix.network.signs = Vitals(NOW)
    matrix.network.opening.extend([Limited(1), *(Unreachable("HTTP 502") for _ in range(2 * MOST_TRIES))])
    await matrix.write_to(ANA, "hello")
    await matrix.settle()
    await matrix.settle()
    assert matrix.network.opened == [ANA] * (MOST_TRIES + 1)
    assert matrix.network.texts(TEAM) == [f"I could not write to {ANA.id} in private (HTTP 502)."]


async def test_a_private_chat_is_not_given_up_while_the_whole_network_is_away(matrix: Bench) -> None:
    matrix.network.signs = Vitals(NOW - timedelta(minutes=5))
    matrix.network.opening.extend(cut() for _ in range(2 * MOST_TRIES))
    await matrix.write_to(ANA, "hello")
    await matrix.settle()
    assert [text for _, _, text in matrix.network.visible] == ["hello"]


async def test_a_room_that_cannot_be_entered_is_given_up_and_told(matrix: Bench) -> None:
    matrix.network.signs = Vitals(NOW)
    matrix.network.entering.extend(Unreachable("HTTP 502") for _ in range(2 * MOST_TRIES))

    def work(storage: Storage) -> None:
        cafe = storage.rooms.find(MATRIX, CAFE.id)
        assert cafe is not None
        storage.outbox.put(MATRIX, Message(()), NOW, room=cafe.id, intent="join")

    await matrix.database.write(work)
    await matrix.settle()
    assert matrix.network.acts == [("join", CAFE.id)] * MOST_TRIES
    told = f"I could not enter {CAFE.id}. I will try again at my next start."
    assert matrix.network.texts(TEAM) == [told]


async def test_a_private_chat_that_is_refused_is_not_asked_for_again(matrix: Bench) -> None:
    matrix.network.opening.append(Refused("they want none"))
    await matrix.write_to(ANA, "hello")
    await matrix.settle()
    await matrix.settle()
    assert matrix.network.opened == [ANA]
    assert await waiting(matrix.database) == []


async def test_a_file_is_uploaded_before_and_its_address_kept(matrix: Bench) -> None:
    matrix.network.uploading.append(cut())
    matrix.network.script[TEAM].extend([cut(), cut()])

    await matrix.put_file(b"a;b")
    await matrix.settle()
    assert matrix.network.files == [b"a;b"]
    assert {attempt.payload.file_url for attempt in matrix.network.attempts} == {"mxc://example.org/1"}
    assert len({repr(attempt) for attempt in matrix.network.attempts}) == 1
    assert await matrix.query("SELECT data IS NULL FROM files") == ["1"]


async def test_a_file_stored_in_plain_is_stored_anew_where_the_room_is_encrypted_by_then(
    matrix: Bench,
) -> None:
    matrix.network.script[TEAM].extend([cut(), StoredInPlain(), cut()])
    await matrix.put_file(b"a;b")
    await matrix.settle()
    assert matrix.network.files == [b"a;b"] * 2
    sent = [attempt.payload.file_url for attempt in matrix.network.attempts]
    assert sent == ["mxc://example.org/1"] * 2 + ["mxc://example.org/2"] * 2
    assert len({attempt.key for attempt in matrix.network.attempts}) == 1
    assert await matrix.states() == ["delivered"]


async def test_a_file_that_was_stored_in_plain_and_is_held_no_more_does_not_leave_again(
    matrix: Bench,
) -> None:
    matrix.network.script[TEAM].extend([Refused("M_FORBIDDEN"), StoredInPlain()])
    await matrix.put_file(b"a;b")
    await matrix.settle()

    def again(storage: Storage) -> None:
        (failed,), _ = storage.undelivered.undecided(5)
        storage.undelivered.retry(failed, NOW)

    await matrix.database.write(again)
    matrix.delivery.wake()
    await matrix.settle()
    assert await matrix.states() == ["retried", "failed"]
    assert matrix.network.files == [b"a;b"]
    assert matrix.network.texts(TEAM) == []


async def test_a_host_that_takes_no_files_now_is_asked_after_the_pause_it_asks_for_and_holds_up_nobody(
    matrix: Bench,
) -> None:
    matrix.network.uploading.extend([Limited(0.3), Limited(1.0)])
    began = time.monotonic()
    await matrix.put_file(b"a;b")
    async with matrix.running():
        await matrix.put(COOP, "hello")
        await matrix.network.until(lambda: matrix.network.texts(COOP) == ["hello"])
        assert not matrix.network.files, "it is still waiting"
        await asyncio.wait_for(matrix.delivery.settled(), 10)
    assert time.monotonic() - began >= 1.3
    assert matrix.network.files == [b"a;b"]


async def test_a_file_that_cannot_be_stored_is_given_up_while_its_network_works(
    matrix: Bench, database: Database
) -> None:
    matrix.network.signs = Vitals(NOW)
    matrix.network.uploading.extend(cut() for _ in range(100))
    await matrix.put_file(b"a;b")
    await matrix.settle()
    assert (await matrix.states())[0] == "failed"
    assert len(matrix.network.uploading) == 100 - carrying.MOST_UPLOADS


async def test_an_errand_that_fails_by_our_own_fault_stops_nothing_else(
    matrix: Bench, database: Database
) -> None:
    async def join(room: str) -> None:
        raise KeyError(room)

    matrix.network.join = join  # type: ignore[method-assign]

    def wanted(storage: Storage) -> None:
        room = storage.rooms.ensure(MATRIX, "!bad:example.org", state="wanted")
        storage.outbox.put(MATRIX, Message(()), NOW, room=room.id, intent="join", urgency=0)

    await database.write(wanted)
    await matrix.put(COOP, "hello")
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["hello"]
    assert await matrix.query("SELECT count(*) FROM outbox WHERE intent = 'join' AND NOT settled") == ["0"]


async def test_after_a_crash_a_file_is_not_uploaded_again(matrix: Bench) -> None:
    matrix.network.script[TEAM].append(KeyError("killed"))

    await matrix.put_file(b"a;b")
    await matrix.fails(KeyError)
    await Bench(matrix.database, matrix.network).settle()
    assert matrix.network.files == [b"a;b"]
    first, again = matrix.network.attempts
    assert first == again


@pytest.mark.parametrize("intent", ["join", "leave"])
async def test_rooms_are_entered_and_left_once(matrix: Bench, intent: str) -> None:
    def work(storage: Storage) -> None:
        storage.outbox.put(MATRIX, Message((say("Good-bye."),)), NOW, room=1, intent=intent)

    await matrix.database.write(work)
    await matrix.settle()
    await matrix.settle()
    assert [act[0] for act in matrix.network.acts] == [intent]
