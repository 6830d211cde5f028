"""Whatever a server answers, what was decided becomes visible once; only the network is played."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from bot.delivery import amending, carrying, claiming, freezing, outage, pacing
from bot.transports.base import (
    Allowance,
    Batch,
    Limited,
    NotPrivate,
    NotReady,
    Refused,
    RoomEncrypted,
    Unsure,
)
from campaign.chat import MATRIX, XMPP, Address, Bounced, Message, Room
from tests.bot.scripted import (
    ANA,
    CAFE,
    COOP,
    FORGE,
    NOW,
    TEAM,
    Network,
    Taken,
    cut,
    waiting,
)

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

from tests.bot.delivery.bench import ANA_ON_XMPP, Bench

# --- what a server may answer


async def test_told_to_wait_it_waits_in_every_room_and_what_waits_leaves_as_one(matrix: Bench) -> None:
    began = time.monotonic()
    matrix.network.script[COOP].append(Limited(1.0))  # the others are decided meanwhile
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        await matrix.put(COOP, "second")
        await matrix.put(CAFE, "another")
        await matrix.network.until(lambda: len(matrix.network.visible) == 2)
        took = time.monotonic() - began
        await asyncio.wait_for(matrix.delivery.settled(), 10)

    assert took >= 2.0, "one account has one allowance: each of the two waited its turn"
    assert matrix.network.texts(COOP) == ["first\nsecond"], "what was certainly not sent is merged as well"
    assert matrix.network.texts(CAFE) == ["another"]
    assert len(matrix.network.attempts) == 3
    assert await matrix.states() == ["delivered"] * 2
    assert await matrix.query("SELECT count(*) FROM outbox WHERE dispatch_key IS NULL OR NOT settled") == [
        "0"
    ]
    freezing = matrix.delivery._freezing
    assert not freezing.unsent | freezing.untouched, "what is no dispatch any more is remembered for ever"


async def test_what_waits_for_one_rooms_keys_keeps_no_other_room_waiting(matrix: Bench) -> None:
    began = time.monotonic()
    matrix.network.script[COOP].append(NotReady("limited for 2 s", 2.0))
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        await matrix.put(COOP, "second")
        await matrix.put(CAFE, "another")
        await matrix.network.until(lambda: len(matrix.network.visible) == 1)
        assert matrix.network.texts(CAFE) == ["another"]
        assert [one.room for one in matrix.network.attempts] == [COOP, CAFE], "the allowance is one for keys"
        await asyncio.wait_for(matrix.delivery.settled(), 10)
    assert time.monotonic() - began >= 2.0, "not before it may be asked again"
    assert matrix.network.texts(COOP) == ["first", "second"]
    assert len(matrix.network.attempts) == 4


async def test_told_to_wait_after_a_cut_it_is_sent_again_with_the_same_bytes(matrix: Bench) -> None:
    matrix.network.script[COOP].extend([Taken(cut()), Limited(0.05)])
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        await matrix.put(COOP, "second")
        await asyncio.wait_for(matrix.delivery.settled(), 10)

    first, again, once_more, _ = matrix.network.attempts
    assert first == again == once_more, "it may be there already: nothing is added to it"
    assert matrix.network.texts(COOP) == ["first", "second"]


async def test_told_to_wait_a_file_stays_uploaded(matrix: Bench) -> None:
    matrix.network.script[TEAM].append(Limited(0.05))
    await matrix.put_file(b"a,b")
    await matrix.settle()

    first, again = matrix.network.attempts
    assert first == again
    assert matrix.network.files == [b"a,b"]


async def test_when_messages_are_dear_answers_wait_for_company(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    for name in (claiming, carrying):
        monkeypatch.setattr(name, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(pacing, "LONGEST_PATIENCE", 0.3)
    bench = Bench(database, Network(MATRIX, allowance=Allowance(4, 5.0)))
    async with bench.running():
        for number in range(6):
            await bench.put(COOP, f"{number}")
            await bench.network.until(lambda: len(bench.network.visible) > 0)
        now += 0.3
        async with asyncio.timeout(10):
            await bench.delivery.settled()

    seen = "\n".join(bench.network.texts(COOP)).split("\n")
    assert seen == [str(number) for number in range(6)]
    assert len(bench.network.texts(COOP)) < 4


async def test_a_cut_line_is_tried_again_with_the_same_bytes(matrix: Bench) -> None:
    matrix.network.script[COOP].extend([cut(), cut(), Taken(cut()), cut()])
    await matrix.put(COOP, "hello")
    await matrix.settle()
    assert len(matrix.network.attempts) == 5
    assert len({repr(attempt) for attempt in matrix.network.attempts}) == 1
    assert matrix.network.texts(COOP) == ["hello"]
    assert await matrix.states() == ["delivered"]


async def test_control_a_network_that_forgets_keys_shows_a_double(database: Database) -> None:
    """The recorder can see what the test above says does not happen."""
    bench = Bench(database, Network(MATRIX, remembers=False))
    bench.network.script[COOP].append(Taken(cut()))
    await bench.put(COOP, "hello")
    await bench.settle()
    assert bench.network.texts(COOP) == ["hello", "hello"]


async def test_pauses_between_attempts_grow(matrix: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def watched(seconds: float) -> None:
        if seconds > 0:
            waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", watched)
    monkeypatch.setattr(outage, "FIRST_PAUSE", 1.0)
    monkeypatch.setattr(outage, "LONGEST_PAUSE", 30.0)
    matrix.network.script[COOP].extend(cut() for _ in range(8))
    await matrix.put(COOP, "hello")
    await matrix.settle()
    assert [
        round(wait / pause, 1)
        for wait, pause in zip(waits, [1, 2, 4, 8, 16, 30, 30], strict=True)  # a first failure may be chance
    ] == (pytest.approx([1.0] * 7, abs=0.26))


async def test_a_server_that_is_away_is_asked_by_one_at_a_time(
    matrix: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(outage, "LONGEST_PAUSE", 0.05)
    rooms = [Room(MATRIX, f"!{number}:example.org") for number in range(50)]

    def enter(storage: Storage) -> None:
        for room in rooms:
            storage.rooms.ensure(MATRIX, room.id, state="joined", language="en")

    await matrix.database.write(enter)
    for room in rooms:
        matrix.network.script[room].extend(cut() for _ in range(1000))
        await matrix.put(room, "hello")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) >= len(rooms))
        began, asked = time.monotonic(), len(matrix.network.attempts)
        await matrix.network.until(lambda: len(matrix.network.attempts) >= asked + 10)
        took = time.monotonic() - began
        for room in rooms:
            matrix.network.script[room].clear()
        await asyncio.wait_for(matrix.delivery.settled(), 10)

    assert took > 10 * 0.05 * 0.75 - 0.05
    assert len(matrix.network.visible) == 50


async def test_what_no_echo_ever_tells_of_is_left_alone_in_the_end(
    xmpp: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    xmpp.network.silent.add(FORGE)
    await xmpp.put(FORGE, "into the void")
    monkeypatch.setattr(carrying, "ECHO_WITHIN", 0.02)
    for _ in range(carrying.MOST_FAULTS - 1):
        await xmpp.fails(Unsure)
    # What the campaigners are told does come back, if slowly.
    monkeypatch.setattr(carrying, "ECHO_WITHIN", 1.0)
    await xmpp.settle()

    assert (await xmpp.states())[0] == "uncertain"
    assert len({attempt.key for attempt in xmpp.network.attempts if attempt.room == FORGE}) == 1


async def test_what_always_ends_the_connection_is_left_alone_in_the_end(xmpp: Bench) -> None:
    xmpp.network.silent.add(FORGE)
    await xmpp.put(FORGE, "too much for it")
    for number in range(carrying.MOST_CUTS):
        async with xmpp.running():
            await xmpp.network.until(lambda number=number: len(xmpp.network.attempts) > number)
    await xmpp.settle()

    assert (await xmpp.states())[0] == "uncertain"


async def test_what_a_private_chat_gives_back_late_has_failed_and_campaigners_know(
    xmpp: Bench, database: Database
) -> None:
    await xmpp.write_to(ANA_ON_XMPP, "for you alone")
    await xmpp.settle()
    assert await xmpp.states() == ["delivered"]

    (key,) = {attempt.key for attempt in xmpp.network.attempts}
    room = xmpp.network.attempts[0].room
    bounced = Bounced(room, "late", key, "remote-server-timeout", NOW)
    await xmpp.intake.take(XMPP, Batch((bounced,)), lambda _: None)

    assert await xmpp.states() == ["failed"]
    told = await waiting(database)
    assert [where for where, text in told if "remote-server-timeout" in text] == [TEAM.id]


async def test_hundreds_who_wait_for_a_private_chat_keep_nobody_else_waiting(matrix: Bench) -> None:
    opens = asyncio.Event()
    matrix.network.opening.append(opens)
    for number in range(freezing.AT_ONCE // 60 + 2):
        for _ in range(60):
            await matrix.write_to(Address(MATRIX, f"@many{number}:example.org"), "hello", urgency=1)
        matrix.network.opening.append(opens)
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.opened) > freezing.AT_ONCE // 60)
        await matrix.put(COOP, "for everybody")
        await matrix.network.until(lambda: matrix.network.texts(COOP) == ["for everybody"])
        opens.set()


async def test_what_is_claimed_while_delivery_begins_is_sent_once(matrix: Bench) -> None:
    """A batch whose transaction is under way when delivery begins claims nothing that delivery finds as begun."""
    for number in range(20):
        bench = Bench(matrix.database, Network(MATRIX))
        await bench.put(COOP, f"{number}")
        taking: list[asyncio.Task[object]] = []

        async def take(bench: Bench = bench) -> None:
            taken = await bench.intake.take(MATRIX, Batch(), bench.delivery.claim)
            bench.delivery.carry(taken.claimed)

        async with bench.running():
            for _ in range(5):
                taking.append(asyncio.create_task(take()))
                await asyncio.sleep(0)
            await asyncio.gather(*taking)
            await asyncio.wait_for(bench.delivery.settled(), 10)
        assert len(bench.network.attempts) == 1


@pytest.mark.parametrize("refusal", [Refused("too large"), RoomEncrypted("encrypted")])
async def test_what_is_refused_is_given_up_and_campaigners_are_told(matrix: Bench, refusal: Refused) -> None:
    matrix.network.script[COOP].append(refusal)
    await matrix.put(COOP, "hello", purpose="letter:1")
    await matrix.put(COOP, "next")
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["next"]
    (told,) = matrix.network.texts(TEAM)
    assert COOP.id in told
    assert str(refusal) in told
    assert (await matrix.states())[0] == "failed"
    await matrix.settle()
    assert len(matrix.network.attempts) == 3


async def test_a_refusal_in_the_campaigners_own_room_is_not_told_there_for_ever(
    matrix: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    matrix.network.script[TEAM].append(Refused("forbidden"))
    await matrix.put(TEAM, "hello")
    await matrix.settle()
    assert len(matrix.network.attempts) == 1
    assert "did not arrive" in caplog.text
    assert "hello" not in caplog.text


async def test_what_is_for_one_alone_is_given_up_where_others_are(matrix: Bench) -> None:
    chat = Room(MATRIX, f"!with-{ANA.id}")
    matrix.network.script[chat].append(NotPrivate("three are there"))
    await matrix.write_to(ANA, "only you")
    await matrix.settle()
    assert matrix.network.visible == []
    assert await matrix.states() == ["failed"]


async def test_one_refusal_does_not_end_what_waits_elsewhere(matrix: Bench) -> None:
    for room in (COOP, CAFE):
        matrix.network.script[room].append(Refused("no"))
        await matrix.put(room, "refused", purpose="letter:1")
        await matrix.put(room, "taken")
    await matrix.settle()
    assert matrix.network.texts(COOP) == matrix.network.texts(CAFE) == ["taken"]


# --- what cannot be said


async def test_what_cannot_be_put_into_words_stops_nothing_else(matrix: Bench) -> None:
    await matrix.put(COOP, "broken")
    await matrix.database.write(
        lambda storage: storage._connection.exec_driver_sql("UPDATE outbox SET message = '{\"lines\": 3}'")
    )
    await matrix.put(COOP, "next")
    await matrix.put(CAFE, "elsewhere")
    await matrix.settle()
    assert matrix.network.texts(CAFE) == ["elsewhere"]
    assert matrix.network.texts(COOP) == ["next"]


async def test_what_is_more_than_words_and_cannot_be_made_stops_nothing_behind_it(
    matrix: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("a fault that stays")

    def pin(storage: Storage) -> None:
        room = storage.rooms.find(MATRIX, COOP.id)
        assert room is not None
        storage.outbox.put(MATRIX, Message(()), NOW, room=room.id, intent="pin", target=1)

    monkeypatch.setattr(amending, "payload", fails)
    await matrix.database.write(pin)
    await matrix.put(COOP, "next")
    await matrix.put(CAFE, "elsewhere")
    await matrix.settle()
    assert matrix.network.texts(CAFE) == ["elsewhere"]
    assert matrix.network.texts(COOP) == ["next"]
    assert max(await matrix.states()) == "unsaid"


async def test_a_message_our_own_code_cannot_send_stops_nothing_else_for_ever(matrix: Bench) -> None:
    matrix.network.script[COOP].extend(ValueError("not XML") for _ in range(100))
    await matrix.put(COOP, "broken", purpose="letter:1")
    await matrix.put(CAFE, "elsewhere")
    for _ in range(carrying.MOST_FAULTS - 1):
        await matrix.fails(ValueError)
        assert (await matrix.states())[0] == "sending"
    await matrix.settle()
    assert matrix.network.texts(CAFE) == ["elsewhere"]
    assert (await matrix.states())[0] == "uncertain"
    assert any(COOP.id in text for text in matrix.network.texts(TEAM)), "the campaigners are asked to look"
