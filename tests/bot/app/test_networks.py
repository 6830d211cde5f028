"""Two networks around one database: what befalls one of them never stops the others."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot import app, supervisor
from bot.health import alarm
from bot.transports.base import Batch, DeviceForgotten, DeviceLost, LoginRefused, NotReady, Unsure
from campaign.chat import MATRIX, XMPP, Message, say
from campaign.organisation import Names
from storage import database
from storage.trouble import StorageDamaged, StorageFull
from tests.bot.scripted import ANA, COOP, FORGE, MAUD, NOW, TEAM, Taken, cut, said

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

from tests.bot.app.world import BO, WITH_NOA, World, Wound, answers, running


async def test_both_networks_are_served_over_one_campaign(world: World) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        world.matrix.happen(said("$1", "!sign Picasoft"))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "Picasoft has signed") == 1)
        world.xmpp.happen(said("1", "!sign Picasoft", FORGE, BO))
        await world.xmpp.until(lambda: answers(world.xmpp, FORGE, "already signed for") == 1)
        world.xmpp.happen(said("2", "!confirm", FORGE, BO))
        # what concerns the other network leaves there
        await world.matrix.until(lambda: answers(world.matrix, TEAM, BO.id) == 1)


async def test_the_device_is_the_same_after_a_restart(world: World) -> None:
    networks = (world.matrix, world.xmpp)
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.rests()
    happened = [len(network.log) for network in networks]
    assert any(happened)
    world.app = world.bot()
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
    for network, before in zip(networks, happened, strict=True):
        first, again = network.starts
        assert first.device == again.device != ""
        assert again.cursors == {"log": str(before)}
    assert world.matrix.starts[0].rooms == (TEAM.id, COOP.id)
    assert world.xmpp.starts[0].rooms == (FORGE.id,)


async def test_a_name_that_cannot_be_searched_through_does_not_end_the_bot_at_each_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refresh(*_: object) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(Names, "refresh", refresh)
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        world.matrix.happen(said("$1", "!sign Picasoft"))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "Picasoft has signed") == 1)


# --- a refused login


async def test_a_refused_login_stops_that_network_and_is_said_through_the_other(world: World) -> None:
    world.matrix.doors.append(LoginRefused("wrong password"))
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.xmpp.until(lambda: answers(world.xmpp, WITH_NOA, "stopped on Matrix") == 1)
        world.xmpp.happen(said("1", "!status", FORGE, BO))
        await world.xmpp.until(lambda: answers(world.xmpp, FORGE, "0") == 1)
    assert world.app.stopped == {MATRIX: "wrong password"}
    assert len(world.matrix.starts) == 1, "it is not tried again"
    assert answers(world.xmpp, WITH_NOA, "stopped on Matrix") == 1


async def test_the_bot_ends_when_every_login_is_refused(world: World) -> None:
    world.matrix.doors.append(LoginRefused("wrong password"))
    world.xmpp.doors.append(LoginRefused("no such account"))
    async with world.serving() as serving:
        await asyncio.wait_for(serving, 10)
    assert world.app.stopped == {MATRIX: "wrong password", XMPP: "no such account"}


@pytest.mark.parametrize("where", ["while reading", "while sending"])
async def test_an_account_logged_out_later_stops_with_its_reason(world: World, where: str) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        if where == "while reading":
            world.matrix.trouble(LoginRefused("logged out"))
        else:
            await world.matrix.until(lambda: bool(world.matrix.texts(COOP)))
            world.matrix.script[COOP].append(LoginRefused("logged out"))
            world.matrix.happen(said("$1", "!status"))
        await world.xmpp.until(lambda: answers(world.xmpp, WITH_NOA, "stopped on Matrix") == 1)
    assert world.app.stopped == {MATRIX: "logged out"}


# --- trouble


async def test_pauses_between_attempts_grow_and_begin_anew_once_caught_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def watched(seconds: float) -> None:
        if seconds > 0:
            waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", watched)
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 1.0)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 30.0)
    world.matrix.doors.extend(cut() for _ in range(7))
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        assert waits == [1, 2, 4, 8, 16, 30, 30]
        world.matrix.trouble(cut())
        await world.matrix.until(lambda: len(world.matrix.starts) == 9)
        assert waits[7:] == [1]
        for number in range(10, 13):
            world.matrix.trouble(cut())
            await world.matrix.until(lambda number=number: len(world.matrix.starts) == number)
        assert waits[8:] == [2, 4, 8], "what breaks off soon after it was well is tried ever more rarely too"


async def test_after_trouble_nothing_is_lost_and_nothing_doubled(world: World) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        world.matrix.happen(said("$1", "!sign Picasoft"))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "Picasoft has signed") == 1)
        world.matrix.doors.extend([cut(), cut()])
        world.matrix.trouble(cut())
        await world.matrix.until(lambda: len(world.matrix.starts) == 2)
        world.matrix.happen(said("$2", "!status"))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "1") >= 2)
        await asyncio.wait_for(world.app.settled(), 10)
    assert answers(world.matrix, COOP, "Picasoft has signed") == 1
    keys = [key for _, key, _ in world.matrix.visible]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("arrived", [True, False], ids=["it had arrived", "it had not"])
async def test_what_is_unsure_is_looked_for_before_it_is_sent_again(world: World, *, arrived: bool) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.xmpp.until(lambda: bool(world.xmpp.texts(FORGE)))
        lost = Unsure("the line was cut")
        world.xmpp.script[FORGE].append(Taken(lost) if arrived else lost)
        world.xmpp.happen(said("1", "!status", FORGE, BO))
        await world.xmpp.until(lambda: len(world.xmpp.starts) == 2)
        await world.xmpp.until(lambda: len(world.xmpp.texts(FORGE)) == 2)
        await asyncio.wait_for(world.app.settled(), 10)
    _, *asked = [one for one in world.xmpp.attempts if one.room == FORGE]
    assert len(asked) == (1 if arrived else 2)
    assert len({one.key for one in asked}) == 1
    assert len(world.xmpp.texts(FORGE)) == 2
    if not arrived:
        assert world.xmpp.starts[1].unsure == {asked[0].key: FORGE.id}


@pytest.mark.parametrize("device", ["new", "forgotten", "the same"])
async def test_what_another_device_began_is_not_sent_again(world: World, device: str) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.matrix.until(lambda: bool(world.matrix.texts(COOP)))
        await asyncio.wait_for(world.app.settled(), 10)
        greeted = len(world.matrix.texts(COOP))
        world.matrix.script[COOP].append(asyncio.Event())  # it never comes to an answer
        world.matrix.happen(said("$1", "!status"))
        await world.matrix.until(lambda: not world.matrix.script[COOP])
    if device == "new":
        world.database.transaction(lambda storage: storage.inbox.forget_devices())
    elif device == "forgotten":
        world.matrix.doors.append(DeviceForgotten("its session was ended"))
    world.app = world.bot()
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await asyncio.wait_for(world.app.settled(), 10)
    same = device == "the same"
    assert len(world.matrix.texts(COOP)) == greeted + same
    assert answers(world.matrix, TEAM, "I cannot tell whether a message of mine arrived") == (not same)
    if device == "forgotten":
        (began,) = world.matrix.starts[-2].unsure
        assert began not in world.matrix.starts[-1].unsure


@pytest.mark.parametrize("how", ["forgotten meanwhile", "logged out", "keys lost"])
async def test_what_was_never_offered_in_a_session_that_ended_is_sent_in_the_next(
    world: World, how: str
) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.matrix.until(lambda: bool(world.matrix.texts(COOP)))
        await asyncio.wait_for(world.app.settled(), 10)
        coop, team = len(world.matrix.texts(COOP)), len(world.matrix.texts(TEAM))
        world.matrix.script[COOP].append(asyncio.Event())  # it never comes to an answer
        world.matrix.script[TEAM].extend(NotReady("limited", 0.01) for _ in range(10_000))
        world.matrix.happen(said("$1", "!status"), said("$2", "!status", TEAM, MAUD))
        await world.matrix.until(lambda: {one.room for one in world.matrix.attempts[-2:]} == {COOP, TEAM})
        if how == "logged out":
            world.matrix.trouble(LoginRefused("M_UNKNOWN_TOKEN"))
            await world.xmpp.until(lambda: answers(world.xmpp, WITH_NOA, "stopped on Matrix") == 1)
            world.matrix.script.clear()
        else:
            world.matrix.doors.append(
                DeviceForgotten("-") if how == "forgotten meanwhile" else DeviceLost("-")
            )
            world.matrix.trouble(cut())
            await world.matrix.until(lambda: not world.matrix.doors)
            world.matrix.script.clear()
            await world.matrix.until(lambda: len(world.matrix.texts(TEAM)) > team)
            await asyncio.wait_for(world.app.settled(), 10)
    if how == "logged out":
        world.matrix.doors.append(DeviceForgotten("its session was ended"))
        world.app = world.bot()
        async with world.serving():
            await asyncio.wait_for(world.app.ready(), 10)
            await asyncio.wait_for(world.app.settled(), 10)
    assert len(world.matrix.texts(COOP)) == coop, "what was offered may be there"
    assert answers(world.matrix, TEAM, "I cannot tell whether a message of mine arrived") == 1
    answered = [text for text in world.matrix.texts(TEAM)[team:] if "Save it" in text]
    assert len(answered) == 1, "what never was is said, once"


async def test_a_long_absence_is_said_once_through_the_other_network(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm, "TELL_AFTER", -1.0)
    world.matrix.doors.extend(cut() for _ in range(20))
    async with world.serving():
        await world.xmpp.until(lambda: answers(world.xmpp, WITH_NOA, "cannot reach Matrix") == 1)
        await asyncio.wait_for(world.app.ready(), 10)
        await world.matrix.until(lambda: answers(world.matrix, TEAM, "cannot reach Matrix") == 1)
    assert answers(world.xmpp, WITH_NOA, "cannot reach Matrix") == 1


async def test_a_fault_of_one_network_stops_neither(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.matrix.doors.append(KeyError("a mistake of ours"))
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        world.matrix.happen(said("$1", "!sign Picasoft"))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "Picasoft has signed") == 1)
    assert len(world.matrix.starts) == 2
    assert len(world.xmpp.starts) == 1
    assert any(getattr(record, "action", "") == "fault" for record in caplog.records)


async def test_a_form_for_which_the_disk_has_no_room_silences_no_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decided(storage: Storage) -> None:
        room = storage.rooms.find(XMPP, FORGE.id)
        assert room is not None
        storage.outbox.put(XMPP, Message((say("hello"),)), NOW, room=room.id)

    def full(step: str) -> None:
        if step == "before-commit":
            raise StorageFull("no room")

    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.rests()
        await world.database.write(decided)
        with monkeypatch.context() as patch:
            patch.setattr(database, "reached", full)
            with pytest.raises(StorageFull):
                await world.app.supervisors[XMPP].take_forms(Batch(()))
        world.app.wake()
        await asyncio.wait_for(world.app.settled(), 10)
        assert answers(world.xmpp, FORGE, "hello") == 1
        assert len(world.xmpp.starts) == 1, "the same connection serves on"


async def test_a_full_disk_loses_no_event(world: World) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.matrix.until(lambda: len(world.matrix.texts(COOP)) == 1)
        await asyncio.wait_for(world.app.settled(), 10)
        world.full(full=True)
        world.matrix.happen(
            *(said(f"${number}", "hello " * 50) for number in range(600)), said("$s", "!sign Picasoft")
        )
        await world.matrix.until(lambda: len(world.matrix.starts) >= 4)
        assert len(world.matrix.texts(COOP)) == 1
        assert len({start.cursors["log"] for start in world.matrix.starts[1:]}) == 1, "the cursor stays"
        world.full(full=False)
        await world.matrix.until(lambda: answers(world.matrix, COOP, "Picasoft has signed") == 1)
        await asyncio.wait_for(world.app.settled(), 10)
    assert answers(world.matrix, COOP, "Picasoft has signed") == 1


# --- the end


@pytest.mark.parametrize("echoes", [False, True], ids=["accepted is delivered", "only the echo tells"])
async def test_what_is_under_way_arrives_and_is_marked_before_it_stops(world: World, *, echoes: bool) -> None:
    """The server takes a message just before the bot is told to stop, and answers just after."""
    network, room, who = (world.xmpp, FORGE, BO) if echoes else (world.matrix, COOP, ANA)
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await network.until(lambda: bool(network.texts(room)))
        await asyncio.wait_for(world.app.settled(), 10)
        answers_now = asyncio.Event()
        network.script[room].append(answers_now)
        before = len(network.attempts)
        network.happen(said("$1", "!status", room, who))
        await network.until(lambda: len(network.attempts) > before)
        stopping = asyncio.create_task(world.app.stop())
        await asyncio.sleep(0)
        network.happen(said("$2", "!sign Picasoft", room, who))
        answers_now.set()
        await asyncio.wait_for(stopping, 10)
    assert sending(world.database) == []
    assert "0" in network.texts(room)[-1], "the answer to !status is in the room"
    assert not any("Picasoft has signed" in text for text in network.texts(room)), "it takes nothing more"

    world.app = world.bot()
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await network.until(lambda: answers(network, room, "Picasoft") >= 1)
        await asyncio.wait_for(world.app.settled(), 10)
    keys = [key for _, key, _ in network.visible]
    assert len(keys) == len(set(keys))


async def test_control_cancelled_at_once_it_is_left_on_its_way(world: World) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.matrix.until(lambda: bool(world.matrix.texts(COOP)))
        await asyncio.wait_for(world.app.settled(), 10)
        world.matrix.script[COOP].append(asyncio.Event())
        before = len(world.matrix.attempts)
        world.matrix.happen(said("$1", "!status"))
        await world.matrix.until(lambda: len(world.matrix.attempts) > before)
    assert len(sending(world.database)) == 1


async def test_it_waits_for_a_few_seconds_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "FINISH_WITHIN", 0.05)
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.matrix.until(lambda: bool(world.matrix.texts(COOP)))
        await asyncio.wait_for(world.app.settled(), 10)
        world.matrix.script[COOP].append(asyncio.Event())
        before = len(world.matrix.attempts)
        world.matrix.happen(said("$1", "!status"))
        await world.matrix.until(lambda: len(world.matrix.attempts) > before)
        await asyncio.wait_for(world.app.stop(), 10)
    assert len(sending(world.database)) == 1, "it is seen to at the next start"


def sending(database: Database) -> list[str]:
    return [
        row.key
        for network in (MATRIX, XMPP)
        for row in database.transaction(
            lambda storage, of=network: storage.dispatches.sending(of), writes=False
        )
    ]


# --- the disk


async def test_the_campaigners_hear_of_a_full_disk_once_there_is_room(world: World) -> None:
    async with world.serving():
        await asyncio.wait_for(world.app.ready(), 10)
        await world.matrix.until(lambda: len(world.matrix.texts(COOP)) == 1)
        await asyncio.wait_for(world.app.settled(), 10)
        world.full(full=True)
        world.matrix.happen(*(said(f"${number}", "hello " * 50) for number in range(600)))
        await world.matrix.until(lambda: len(world.matrix.starts) >= 4)
        assert world.app.standings[MATRIX].state in ("connecting", "catching up")
        assert world.app.standings[MATRIX].why.startswith("the disk is full")
        world.full(full=False)
        await world.matrix.until(lambda: answers(world.matrix, TEAM, "My disk took nothing") == 1)
        await asyncio.wait_for(world.app.settled(), 10)
        assert world.app.standings[MATRIX].state == "caught up"
        assert world.app.standings[MATRIX].why == ""
    assert answers(world.matrix, TEAM, "My disk took nothing") == 1


async def test_no_login_is_spent_on_a_disk_without_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.LEAST_ROOM", 1 << 60)
    tried = asyncio.Event()
    ensure_room, tries = world.database.ensure_room, []

    def watched() -> None:
        tries.append(1)
        if len(tries) > 6:
            loop.call_soon_threadsafe(tried.set)
        ensure_room()

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(world.database, "ensure_room", watched)
    async with world.serving():
        await asyncio.wait_for(tried.wait(), 10)
        assert world.matrix.starts == []
        monkeypatch.setattr("storage.database.LEAST_ROOM", 0)
        await asyncio.wait_for(world.app.ready(), 10)


@pytest.mark.parametrize("where", ["taking", "ticking"])
async def test_a_damaged_database_ends_the_bot(
    world: World, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To write on could only make it worse; the reason is the exception's."""

    async def damaged(*_: object, **__: object) -> None:
        raise StorageDamaged("the database is damaged")

    clock = Wound()
    async with running(world, clock) as task:
        await asyncio.wait_for(world.app.ready(), 10)
        if where == "taking":
            monkeypatch.setattr(world.app.intake, "take", damaged)
            world.matrix.happen(said("$1", "!status"))
        else:
            monkeypatch.setattr(world.app.ticking, "tick", damaged)
            clock.hands.put_nowait(NOW)
        with pytest.raises(StorageDamaged, match="damaged"):
            await asyncio.wait_for(task, 10)


async def test_somebody_who_looks_into_the_database_does_not_keep_it_from_starting(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def hurry(storage: Storage) -> None:
        storage._connection.exec_driver_sql("PRAGMA busy_timeout = 1")

    world.database.transaction(hurry)
    with closing(sqlite3.connect(world.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(world.app.open())
        async with asyncio.timeout(10):
            while not any("not begun yet" in record.getMessage() for record in caplog.records):  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.001)
        other.execute("COMMIT")
        await asyncio.wait_for(opening, 10)
