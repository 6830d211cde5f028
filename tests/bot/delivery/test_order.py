"""What was decided leaves in order, merged where it waits; only the network is played."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.delivery import freezing
from bot.delivery.pacing import Pacing
from campaign.chat import MATRIX, Message, Room, say
from tests.bot.scripted import (
    ANA,
    CAFE,
    COOP,
    NOW,
    waiting,
)

if TYPE_CHECKING:
    from storage.storage import Storage
    from tests.bot.delivery.bench import Bench

# --- order


async def test_each_room_hears_in_the_order_it_was_decided(matrix: Bench) -> None:
    for number in range(5):
        await matrix.put(COOP, f"coop {number}", purpose="letter:1")
        await matrix.put(CAFE, f"cafe {number}", purpose="letter:1")
    await matrix.settle()
    assert matrix.network.texts(COOP) == [f"coop {number}" for number in range(5)]
    assert matrix.network.texts(CAFE) == [f"cafe {number}" for number in range(5)]
    assert set(await matrix.states()) == {"delivered"}


async def test_what_is_urgent_leaves_first(matrix: Bench) -> None:
    await matrix.put(COOP, "an announcement")
    await matrix.database.write(
        lambda storage: storage.outbox.put(
            MATRIX, Message((say("a reminder"),), rings=True), NOW, room=1, urgency=1
        )
    )
    await matrix.settle()
    assert len(matrix.network.visible) == 2
    assert matrix.network.visible[0][2] == "a reminder"


async def test_a_blocked_room_stops_no_other(matrix: Bench) -> None:
    gate = asyncio.Event()
    matrix.network.script[COOP].append(gate)
    await matrix.put(COOP, "first", "second", purpose="letter:1")
    await matrix.put(CAFE, "elsewhere")
    async with matrix.running():
        await matrix.network.until(lambda: matrix.network.texts(CAFE) == ["elsewhere"])
        assert matrix.network.texts(COOP) == []
        gate.set()
        await matrix.delivery.settled()
    assert matrix.network.texts(COOP) == ["first", "second"]


async def test_a_room_in_which_much_waits_stops_no_other(matrix: Bench) -> None:
    await matrix.database.write(
        lambda storage: storage.rooms.change(storage.rooms.ensure(MATRIX, COOP.id).id, state="wanted")
    )
    await matrix.put(COOP, *(f"later {number}" for number in range(600)))
    await matrix.put(CAFE, "elsewhere")
    await matrix.settle()
    assert matrix.network.texts(CAFE) == ["elsewhere"]
    assert matrix.network.texts(COOP) == []


async def test_a_busy_room_in_which_much_waits_stops_no_other(matrix: Bench) -> None:
    gate = asyncio.Event()
    matrix.network.script[COOP].append(gate)
    many = freezing.AT_ONCE + 100
    await matrix.put(COOP, *(f"later {number}" for number in range(many)))
    await matrix.put(CAFE, "elsewhere")
    async with matrix.running():
        await matrix.network.until(lambda: matrix.network.texts(CAFE) == ["elsewhere"])
        assert matrix.network.texts(COOP) == []
        gate.set()
        await matrix.delivery.settled()
    lines = [line for text in matrix.network.texts(COOP) for line in text.split("\n")]
    assert lines == [f"later {number}" for number in range(many)]


async def test_what_waits_for_a_room_leaves_once_the_bot_is_in_it(matrix: Bench) -> None:
    room = await matrix.database.read(lambda storage: storage.rooms.find(MATRIX, COOP.id))
    assert room is not None
    await matrix.database.write(lambda storage: storage.rooms.change(room.id, state="wanted"))
    await matrix.put(COOP, "hello")
    async with matrix.running():
        await matrix.delivery.settled()
        assert not matrix.network.attempts
        await matrix.database.write(lambda storage: storage.rooms.change(room.id, state="joined"))
        matrix.delivery.wake()
        await matrix.network.until(lambda: matrix.network.texts(COOP) == ["hello"])


async def test_what_was_for_a_room_the_bot_was_sent_away_from_is_dropped(matrix: Bench) -> None:
    await matrix.put(COOP, "hello")
    await matrix.database.write(
        lambda storage: storage.rooms.change(storage.rooms.ensure(MATRIX, COOP.id).id, state="parked")
    )
    await matrix.settle()
    assert not matrix.network.attempts
    assert await waiting(matrix.database) == []


# --- merging


async def test_what_waits_for_a_room_leaves_as_one(matrix: Bench) -> None:
    gate = asyncio.Event()
    matrix.network.script[COOP].append(gate)
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        await matrix.put(COOP, "second", "third", "fourth")
        gate.set()
        await matrix.delivery.settled()
    first, then = matrix.network.texts(COOP)
    assert first == "first"
    assert then.split("\n") == ["second", "third", "fourth"]
    assert await matrix.query("SELECT count(DISTINCT dispatch_key) FROM outbox") == ["2"]


async def test_what_leaves_as_one_is_twenty_lines_at_most_and_loses_nothing(matrix: Bench) -> None:
    lines = [f"line {number}" for number in range(50)]
    await matrix.put(COOP, *lines)
    await matrix.settle()
    parts = [text.split("\n") for text in matrix.network.texts(COOP)]
    assert [line for part in parts for line in part] == lines
    assert [len(part) for part in parts] == [20, 20, 10]


@pytest.fixture
def leave_more(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each message that left, in their order, left something behind that could not leave with it."""
    leave_more = []
    takes = Pacing.takes

    def noted(self: Pacing, now: float, room: int, *, leaves_more: bool) -> float:
        leave_more.append(leaves_more)
        return takes(self, now, room, leaves_more=leaves_more)

    monkeypatch.setattr(Pacing, "takes", noted)
    return leave_more


async def test_a_question_and_another_thread_keep_their_own_message(
    matrix: Bench, leave_more: list[bool]
) -> None:
    await matrix.put(COOP, "one", "two")
    await matrix.put(COOP, "in a thread", thread="$root")
    await matrix.put(COOP, "a question", purpose="prompt:1")
    await matrix.put(COOP, "three", "four")
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["one\ntwo", "in a thread", "a question", "three\nfour"]
    threads = [attempt.payload.thread for attempt in matrix.network.attempts]
    assert threads == ["", "$root", "", ""]
    # Each of them but the last left something behind that could not leave with it, and that follows at once.
    assert leave_more == [True, True, True, False]


async def test_what_is_not_said_any_more_was_not_left_behind(matrix: Bench, leave_more: list[bool]) -> None:
    def erased(storage: Storage) -> None:
        room = storage.rooms.find(MATRIX, COOP.id)
        assert room is not None
        for _ in range(2):
            storage.outbox.put(MATRIX, Message(()), NOW, room=room.id)

    await matrix.database.write(erased)
    await matrix.put(COOP, "one", "two")
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["one\ntwo"]
    assert leave_more == [False]


async def test_what_answers_one_message_is_a_reply_and_what_answers_several_is_not(matrix: Bench) -> None:
    await matrix.put(COOP, "alone", reply_to="$1")
    await matrix.settle()
    await matrix.put(COOP, "a", "b", reply_to="$2")
    await matrix.settle()
    assert [attempt.payload.reply_to for attempt in matrix.network.attempts] == ["$1", ""]


async def test_what_is_private_never_leaves_with_what_is_not(matrix: Bench) -> None:
    await matrix.write_to(ANA, "only you")
    await matrix.settle()
    chat = Room(MATRIX, f"!with-{ANA.id}")
    await matrix.put(chat, "anybody")
    await matrix.write_to(ANA, "again only you")
    await matrix.settle()
    await matrix.settle()
    assert matrix.network.texts(chat) == ["only you", "anybody", "again only you"]
    assert matrix.network.private_checks == [ANA, None, ANA]
