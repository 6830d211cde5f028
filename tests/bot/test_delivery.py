"""What was decided becomes visible once, in order, whatever the network does; only the network is played."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import delivery as module
from bot import errands, outage, pacing
from bot.delivery import Delivery
from bot.errands import MOST_TRIES
from bot.intake import Intake
from bot.opening import open_campaigns
from bot.texts.wordings import Wordings
from bot.transports.base import (
    Allowance,
    Batch,
    Limited,
    LoginRefused,
    NotPrivate,
    NotReady,
    Refused,
    RoomEncrypted,
    Unreachable,
    Unsure,
    Vitals,
)
from campaign.chat import MATRIX, XMPP, Address, Bounced, Echo, File, Message, Room, say
from commands.menu import MENU
from storage.database import open_database
from tests.bot.scripted import (
    ANA,
    CAFE,
    COOP,
    FORGE,
    HOUSE,
    NOW,
    TEAM,
    Network,
    Taken,
    config,
    cut,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from storage.database import Database
    from storage.storage import Storage

MATRIX_FRIEND = Address(MATRIX, "@friend:example.org")
ANA_ON_XMPP = Address(XMPP, "ana@example.org")
GARAGE = Room(XMPP, "garage@rooms.example.org")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "data")
    what = config(tmp_path)

    def begin(storage: Storage) -> None:
        open_campaigns(storage, what, NOW)
        for room in (COOP, TEAM, CAFE, FORGE, GARAGE):
            row = storage.rooms.ensure(room.network, room.id, language="en")
            storage.rooms.change(row.id, state="joined", welcomed_at=NOW)

    opened.transaction(begin)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (module, errands, outage):
        monkeypatch.setattr(name, "FIRST_PAUSE", 0.002)
        monkeypatch.setattr(name, "LONGEST_PAUSE", 0.004)
    monkeypatch.setattr(module, "ECHO_WITHIN", 0.2)


@dataclass
class Bench:
    """A delivery between a real database and a played network."""

    database: Database
    network: Network

    def __post_init__(self) -> None:
        self.delivery = Delivery(
            self.network.network, self.network, self.database, Wordings(HOUSE, MENU), lambda: NOW
        )
        self.intake = Intake(self.database, HOUSE, MENU, lambda: NOW)

    async def put(self, room: Room, *texts: str, **more: object) -> None:
        """Decide to say something."""

        def work(storage: Storage) -> None:
            known = storage.rooms.find(room.network, room.id)
            assert known is not None
            for text in texts:
                to = more.get("to")
                asker = storage.people.ensure(to, "", NOW).id if isinstance(to, Address) else None
                message = Message((say("{text}", text=text),), purpose=str(more.get("purpose", "")))
                storage.outbox.put(
                    room.network, message, NOW, room=known.id, thread=str(more.get("thread", "")),
                    reply_to=str(more.get("reply_to", "")), asker=asker,
                )  # fmt: skip

        await self.database.write(work)
        self.delivery.wake()

    async def put_file(self, data: bytes) -> None:
        """Decide to hand over a file, in the campaigners' room."""

        def work(storage: Storage) -> None:
            room = storage.rooms.find(MATRIX, TEAM.id)
            assert room is not None
            file = File("a.csv", "text/csv", data)
            storage.outbox.put(MATRIX, Message((say("Here."),)), NOW, room=room.id, file=file)

        await self.database.write(work)
        self.delivery.wake()

    async def write_to(self, address: Address, text: str, urgency: int = 5) -> None:
        """Decide to say something to somebody alone."""

        def work(storage: Storage) -> None:
            person = storage.people.ensure(address, "", NOW)
            message = Message((say("{text}", text=text),), private=True)
            storage.outbox.put(address.network, message, NOW, address=person.address_id, urgency=urgency)

        await self.database.write(work)
        self.delivery.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Deliver, while what the network tells is taken in beside it."""
        position = len(self.network.log)

        async def listen() -> None:
            nonlocal position
            while True:
                self.network._changed.clear()
                events, position = self.network.log[position:], len(self.network.log)
                if events:
                    taken = await self.intake.take(self.network.network, Batch(tuple(events)), lambda _: None)
                    self.delivery.came_back(taken.came_back)
                else:
                    await self.network._changed.wait()

        listening = asyncio.create_task(listen())
        delivering = asyncio.create_task(self.delivery.run())
        try:
            yield delivering
        finally:
            for task in (delivering, listening):
                task.cancel()
            await asyncio.gather(delivering, listening, return_exceptions=True)

    async def settle(self) -> None:
        """Deliver all that waits."""
        async with self.running(), asyncio.timeout(10):
            await self.delivery.settled()

    async def fails(self, error: type[Exception]) -> None:
        """Deliver until that breaks off."""
        async with self.running() as delivering:
            with pytest.RaisesGroup(error, flatten_subgroups=True):
                await asyncio.wait_for(delivering, 10)

    async def states(self) -> list[str]:
        """What has become of each dispatch."""
        return await self.query("SELECT state FROM dispatches ORDER BY rowid")

    async def query(self, query: str) -> list[str]:
        return await self.database.read(
            lambda storage: [str(row[0]) for row in storage._connection.exec_driver_sql(query)]
        )


@pytest.fixture
def matrix(database: Database) -> Bench:
    return Bench(database, Network(MATRIX))


@pytest.fixture
def xmpp(database: Database) -> Bench:
    return Bench(database, Network(XMPP, echoes=True))


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
    many = module.AT_ONCE + 100
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


async def test_who_is_told_a_lot_lets_those_pass_who_are_told_a_little(matrix: Bench) -> None:
    gate = asyncio.Event()
    matrix.network.script[COOP].append(gate)
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        await matrix.put(COOP, *(f"to Ana {number}" for number in range(100)), to=ANA)
        await matrix.put(COOP, "to the friend", "to the friend again", to=MATRIX_FRIEND)
        await matrix.put(COOP, "to all")
        gate.set()
        await matrix.delivery.settled()
    lines = [line for text in matrix.network.texts(COOP) for line in text.split("\n")]
    assert lines[:6] == [
        "first",
        "to the friend",
        "to the friend again",
        "to all",
        "to Ana 0",
        "to Ana 1",
    ]
    assert [line for line in lines if "Ana" in line] == [f"to Ana {n}" for n in range(100)]


async def test_control_who_is_told_a_little_waits_for_their_turn(matrix: Bench) -> None:
    await matrix.put(COOP, "to Ana", "to Ana again", to=ANA, purpose="letter:1")
    await matrix.put(COOP, "to the friend", to=MATRIX_FRIEND)
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["to Ana", "to Ana again", "to the friend"]


async def test_who_is_told_a_lot_in_messages_of_their_own_lets_others_pass_all_along(matrix: Bench) -> None:
    gates = [asyncio.Event(), asyncio.Event(), asyncio.Event()]
    matrix.network.script[COOP].extend(gates)
    await matrix.put(COOP, *(f"to Ana {number}" for number in range(20)), to=ANA, purpose="letter:1")
    async with matrix.running():
        for number, gate in enumerate(gates):
            await matrix.network.until(lambda number=number: len(matrix.network.attempts) == number + 1)
            if number == 1:
                await matrix.put(COOP, "to the friend", to=MATRIX_FRIEND)
            gate.set()
        await matrix.delivery.settled()
    assert matrix.network.texts(COOP).index("to the friend") == 2


async def test_what_somebody_would_be_told_again_is_said_once(matrix: Bench) -> None:
    await matrix.put(COOP, *["the status"] * 50, to=ANA)
    await matrix.put(COOP, "the status", to=MATRIX_FRIEND)
    await matrix.settle()
    assert "\n".join(matrix.network.texts(COOP)).count("the status") == 2
    assert await matrix.query("SELECT count(DISTINCT dispatch_key) FROM outbox") == ["1"]
    assert await matrix.query("SELECT count(*) FROM outbox WHERE NOT settled") == ["0"]


@pytest.mark.parametrize(
    ("told", "more"),
    [
        (["signed", "withdrawn", "signed"], {"to": ANA}),
        (["a question", "a question"], {"to": ANA, "purpose": "prompt:1"}),
        (["to all", "to all"], {}),
    ],
)
async def test_control_what_is_no_repetition_is_said_as_often_as_it_was_decided(
    matrix: Bench, told: list[str], more: dict[str, object]
) -> None:
    await matrix.put(COOP, *told, **more)
    await matrix.settle()
    lines = [line for text in matrix.network.texts(COOP) for line in text.split("\n")]
    assert lines == told


async def test_what_leaves_as_one_is_twenty_lines_at_most_and_loses_nothing(matrix: Bench) -> None:
    lines = [f"line {number}" for number in range(50)]
    await matrix.put(COOP, *lines)
    await matrix.settle()
    parts = [text.split("\n") for text in matrix.network.texts(COOP)]
    assert [line for part in parts for line in part] == lines
    assert [len(part) for part in parts] == [20, 20, 10]


async def test_a_question_and_another_thread_keep_their_own_message(matrix: Bench) -> None:
    await matrix.put(COOP, "one", "two")
    await matrix.put(COOP, "in a thread", thread="$root")
    await matrix.put(COOP, "a question", purpose="prompt:1")
    await matrix.put(COOP, "three", "four")
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["one\ntwo", "in a thread", "a question", "three\nfour"]
    threads = [attempt.payload.thread for attempt in matrix.network.attempts]
    assert threads == ["", "$root", "", ""]


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


# --- what a server may answer


async def test_told_to_wait_it_waits_in_every_room_and_what_waits_leaves_as_one(matrix: Bench) -> None:
    began = time.monotonic()
    matrix.network.script[COOP].append(Limited(0.3))
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        await matrix.put(COOP, "second")
        await matrix.put(CAFE, "another")
        await matrix.network.until(lambda: len(matrix.network.visible) == 2)
        took = time.monotonic() - began
        await asyncio.wait_for(matrix.delivery.settled(), 10)

    assert took >= 0.6, "one account has one allowance: each of the two waited its turn"
    assert matrix.network.texts(COOP) == ["first\nsecond"], "what was certainly not sent is merged as well"
    assert matrix.network.texts(CAFE) == ["another"]
    assert len(matrix.network.attempts) == 3
    assert await matrix.states() == ["delivered"] * 2
    assert await matrix.query("SELECT count(*) FROM outbox WHERE dispatch_key IS NULL OR NOT settled") == [
        "0"
    ]


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
    monkeypatch.setattr(pacing, "LONGEST_PATIENCE", 0.3)
    bench = Bench(database, Network(MATRIX, allowance=Allowance(4, 5.0)))
    async with bench.running():
        for number in range(6):
            await bench.put(COOP, f"{number}")
            await bench.network.until(lambda: len(bench.network.visible) > 0)
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
        round(wait / pause, 1) for wait, pause in zip(waits, [1, 2, 4, 8, 16, 30, 30, 30], strict=True)
    ] == (pytest.approx([1.0] * 8, abs=0.26))


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
    monkeypatch.setattr(module, "ECHO_WITHIN", 0.02)
    xmpp.network.silent.add(FORGE)
    await xmpp.put(FORGE, "into the void")
    for _ in range(module.MOST_FAULTS - 1):
        await xmpp.fails(Unsure)
    await xmpp.settle()

    assert (await xmpp.states())[0] == "uncertain"
    assert len({attempt.key for attempt in xmpp.network.attempts if attempt.room == FORGE}) == 1


async def test_what_always_ends_the_connection_is_left_alone_in_the_end(xmpp: Bench) -> None:
    xmpp.network.silent.add(FORGE)
    await xmpp.put(FORGE, "too much for it")
    for number in range(module.MOST_CUTS):
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
    for number in range(module.AT_ONCE // 60 + 2):
        for _ in range(60):
            await matrix.write_to(Address(MATRIX, f"@many{number}:example.org"), "hello", urgency=1)
        matrix.network.opening.append(opens)
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.opened) > module.AT_ONCE // 60)
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


# --- only the echo tells


async def test_delivered_is_what_came_back(xmpp: Bench) -> None:
    await xmpp.put(FORGE, "one", purpose="letter:1")
    await xmpp.put(FORGE, "two", purpose="letter:1")
    await xmpp.settle()
    assert xmpp.network.texts(FORGE) == ["one", "two"]
    assert await xmpp.states() == ["delivered", "delivered"]


async def test_without_an_echo_it_is_not_sent_again_before_catching_up(
    xmpp: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ECHO_WITHIN", 0.02)
    xmpp.network.silent.add(FORGE)
    await xmpp.put(FORGE, "hello")
    await xmpp.fails(Unsure)
    assert len(xmpp.network.attempts) == 1
    assert await xmpp.states() == ["sending"]


async def test_found_while_catching_up_it_is_not_sent_again(xmpp: Bench) -> None:
    await lose_an_echo(xmpp)
    key = xmpp.network.attempts[0].key
    await xmpp.intake.take(XMPP, Batch((Echo(FORGE, "$1", key, NOW),)), lambda _: None)
    await xmpp.settle()
    assert xmpp.network.texts(FORGE) == ["hello"]
    assert len(xmpp.network.attempts) == 1
    assert await xmpp.states() == ["delivered"]


async def lose_an_echo(xmpp: Bench) -> None:
    """A message arrived and its echo was lost."""
    xmpp.network.silent.add(FORGE)
    xmpp.network.script[FORGE].append(Taken(Unsure("the line was cut")))
    await xmpp.put(FORGE, "hello")
    await xmpp.fails(Unsure)
    assert await xmpp.states() == ["sending"]


async def test_not_found_while_catching_up_it_is_sent_again_the_same(xmpp: Bench) -> None:
    xmpp.network.script[FORGE].append(Unsure("the line was cut"))
    await xmpp.put(FORGE, "hello")
    await xmpp.fails(Unsure)
    await xmpp.settle()
    first, again = xmpp.network.attempts
    assert first == again
    assert xmpp.network.texts(FORGE) == ["hello"]
    assert await xmpp.states() == ["delivered"]


async def test_where_no_archive_can_tell_it_is_not_sent_again_and_that_is_said(
    xmpp: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await xmpp.database.write(
        lambda storage: storage.rooms.change(storage.rooms.ensure(XMPP, FORGE.id).id, archived=False)
    )
    await lose_an_echo(xmpp)
    await xmpp.settle()
    assert len(xmpp.network.attempts) == 1 + 1, "only the campaigner is written to"
    assert xmpp.network.attempts[1].room == Room(XMPP, "!with-noa@example.org")
    assert (await xmpp.states())[0] == "uncertain"
    assert any(FORGE.id in text for _, text in await waiting(xmpp.database, MATRIX)), "the campaigners' room"


@pytest.mark.parametrize("tries", [0, 1, 2])
async def test_what_certainly_was_not_sent_leaves_where_no_archive_can_tell_either(
    xmpp: Bench, tries: int
) -> None:
    await xmpp.database.write(
        lambda storage: storage.rooms.change(storage.rooms.ensure(XMPP, FORGE.id).id, archived=False)
    )
    await xmpp.put(FORGE, "hello")
    if tries:
        xmpp.network.script[FORGE].extend([NotReady("the room is being entered")] * tries)
        async with xmpp.running():
            await xmpp.network.until(lambda: len(xmpp.network.attempts) == tries)
    else:
        # Claimed beside a batch, while the last connection was just ending.
        xmpp.delivery.running = True
        await xmpp.database.write(xmpp.delivery.claim)
        xmpp.delivery.running = False
    assert await xmpp.states() == ["sending"]
    await xmpp.settle()
    assert xmpp.network.texts(FORGE) == ["hello"]
    assert len({attempt.key for attempt in xmpp.network.attempts}) == 1
    assert await xmpp.states() == ["delivered"]


async def test_what_may_have_been_sent_does_not_leave_again_because_it_was_refused_before(
    xmpp: Bench,
) -> None:
    await xmpp.database.write(
        lambda storage: storage.rooms.change(storage.rooms.ensure(XMPP, FORGE.id).id, archived=False)
    )
    xmpp.network.script[FORGE].extend([NotReady("the room is being entered"), Unsure("the line was cut")])
    await xmpp.put(FORGE, "hello")
    await xmpp.fails(Unsure)
    await xmpp.settle()
    assert len([one for one in xmpp.network.attempts if one.room == FORGE]) == 2
    assert (await xmpp.states())[0] == "uncertain"


async def test_a_room_that_does_not_let_us_in_yet_holds_up_nothing_else(
    xmpp: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(outage, "FIRST_PAUSE", 30.0)
    tries = 0

    async def join(room: str) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise NotReady(f"{room} does not answer")

    xmpp.network.join = join  # type: ignore[method-assign]

    def invited(storage: Storage) -> None:
        room = storage.rooms.ensure(XMPP, "silent@rooms.example.org", state="wanted")
        storage.outbox.put(XMPP, Message(()), NOW, room=room.id, intent="join")

    await xmpp.database.write(invited)
    async with xmpp.running():
        await xmpp.put(FORGE, "hello")
        await xmpp.network.until(lambda: xmpp.network.texts(FORGE) == ["hello"])
        assert tries < 3
        await asyncio.wait_for(xmpp.delivery.settled(), 10)
    assert tries == 3


async def test_given_back_it_is_tried_again_the_same(xmpp: Bench) -> None:
    xmpp.network.script[FORGE].extend(["not-acceptable", "not-acceptable"])
    await xmpp.put(FORGE, "hello")
    await xmpp.settle()
    assert len(xmpp.network.attempts) == 3
    assert len({repr(attempt) for attempt in xmpp.network.attempts}) == 1
    assert xmpp.network.texts(FORGE) == ["hello"]
    assert await xmpp.states() == ["delivered"]


async def test_given_back_too_often_it_is_given_up(xmpp: Bench) -> None:
    xmpp.network.script[FORGE].extend(["not-acceptable"] * module.MOST_BOUNCES)
    await xmpp.put(FORGE, "hello", purpose="letter:1")
    await xmpp.put(FORGE, "next")
    await xmpp.settle()
    assert len([one for one in xmpp.network.attempts if one.payload.text == "hello"]) == module.MOST_BOUNCES
    assert xmpp.network.texts(FORGE) == ["next"]
    assert (await xmpp.states())[0] == "failed"
    assert any("not-acceptable" in text for _, text in await waiting(xmpp.database, MATRIX))


@pytest.mark.parametrize("reason", sorted(module.LASTING))
async def test_given_back_for_good_it_is_given_up_at_once(xmpp: Bench, reason: str) -> None:
    xmpp.network.script[FORGE].append(reason)
    await xmpp.put(FORGE, "hello")
    await xmpp.settle()
    assert len([one for one in xmpp.network.attempts if one.room == FORGE]) == 1
    assert (await xmpp.states())[0] == "failed"


async def test_what_others_say_came_back_changes_nothing(xmpp: Bench) -> None:
    gate = asyncio.Event()
    xmpp.network.script[FORGE].append(gate)
    await xmpp.put(FORGE, "hello")
    async with xmpp.running():
        await xmpp.network.until(lambda: len(xmpp.network.attempts) == 1)
        xmpp.network.happen(
            Bounced(FORGE, "", "another key", "forbidden", NOW), Echo(FORGE, "$e", "third", NOW)
        )
        gate.set()
        await xmpp.delivery.settled()
    assert await xmpp.states() == ["delivered"]


# --- starting again


async def test_what_was_begun_before_a_crash_is_finished_first_and_the_same(matrix: Bench) -> None:
    never = asyncio.Event()
    matrix.network.script[COOP].append(never)
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
    assert await matrix.states() == ["sending"]
    await matrix.put(COOP, "second")
    reborn = Bench(matrix.database, matrix.network)
    await reborn.settle()
    begun, again, after = matrix.network.attempts
    assert begun == again
    assert after.payload.text == "second"
    assert matrix.network.texts(COOP) == ["first", "second"]


async def test_a_crash_after_the_server_took_it_shows_it_once(matrix: Bench) -> None:
    matrix.network.silent.add(COOP)
    matrix.network.script[COOP].append(Taken(KeyError("killed")))
    await matrix.put(COOP, "hello")
    await matrix.fails(KeyError)
    assert await matrix.states() == ["sending"]
    await Bench(matrix.database, matrix.network).settle()
    assert matrix.network.texts(COOP) == ["hello"]
    assert await matrix.states() == ["delivered"]


async def test_what_was_begun_in_one_room_keeps_its_order(matrix: Bench) -> None:
    """Several dispatches of one room can be begun only if a bot of an earlier version did so; still."""

    def begin(storage: Storage) -> None:
        room = storage.rooms.find(MATRIX, COOP.id)
        assert room is not None
        for number in range(3):
            row = storage.outbox.put(MATRIX, Message(()), NOW, room=room.id)
            storage.outbox.freeze(
                [row], key=f"key-{number}", network=MATRIX, room_id=room.id,
                payload={"text": f"begun {number}", "mentions": []}, private_with=None, file_id=None, now=NOW,
            )  # fmt: skip

    await matrix.database.write(begin)
    matrix.network.script[COOP].append(cut())
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["begun 0", "begun 1", "begun 2"]


async def test_what_intake_claimed_is_carried_without_looking_again(matrix: Bench) -> None:
    async with matrix.running():
        await matrix.delivery.settled()

        def work(storage: Storage) -> object:
            storage.outbox.put(MATRIX, Message((say("hello"),)), NOW, room=1)
            return matrix.delivery.claim(storage)

        claimed = await matrix.database.write(work)
        matrix.delivery.carry(claimed)  # type: ignore[arg-type]
        await matrix.delivery.settled()
    assert len(matrix.network.visible) == 1


async def test_nothing_is_claimed_while_nothing_runs(matrix: Bench) -> None:
    await matrix.put(COOP, "hello")
    assert await matrix.database.write(matrix.delivery.claim) is None
    matrix.delivery.carry(None)
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["hello"]


async def test_an_account_that_is_logged_out_ends_delivery(matrix: Bench) -> None:
    matrix.network.script[COOP].append(LoginRefused("logged out"))
    await matrix.put(COOP, "hello")
    await matrix.fails(LoginRefused)
    assert await matrix.states() == ["sending"]


# --- private chats, rooms and files


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


async def test_a_host_that_takes_no_files_now_is_asked_after_the_pause_it_asks_for_and_holds_up_nobody(
    matrix: Bench,
) -> None:
    matrix.network.uploading.extend([Limited(0.3), Limited(0.3)])
    began = time.monotonic()
    await matrix.put_file(b"a;b")
    async with matrix.running():
        await matrix.put(COOP, "hello")
        await matrix.network.until(lambda: matrix.network.texts(COOP) == ["hello"])
        assert time.monotonic() - began < 0.6
        await asyncio.wait_for(matrix.delivery.settled(), 10)
    assert time.monotonic() - began >= 0.6
    assert matrix.network.files == [b"a;b"]


async def test_a_file_that_cannot_be_stored_is_given_up_while_its_network_works(
    matrix: Bench, database: Database
) -> None:
    matrix.network.signs = Vitals(NOW)
    matrix.network.uploading.extend(cut() for _ in range(100))
    await matrix.put_file(b"a;b")
    await matrix.settle()
    assert (await matrix.states())[0] == "failed"
    assert len(matrix.network.uploading) == 100 - module.MOST_UPLOADS


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


async def test_a_message_our_own_code_cannot_send_stops_nothing_else_for_ever(matrix: Bench) -> None:
    matrix.network.script[COOP].extend(ValueError("not XML") for _ in range(100))
    await matrix.put(COOP, "broken", purpose="letter:1")
    await matrix.put(CAFE, "elsewhere")
    for _ in range(module.MOST_FAULTS - 1):
        await matrix.fails(ValueError)
        assert (await matrix.states())[0] == "sending"
    await matrix.settle()
    assert matrix.network.texts(CAFE) == ["elsewhere"]
    assert (await matrix.states())[0] == "uncertain"
    assert any(COOP.id in text for text in matrix.network.texts(TEAM)), "the campaigners are asked to look"
