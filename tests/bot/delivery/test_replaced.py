"""A room is replaced by another one: what was to be said in it is said there, once, and only when the bot is in it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import Batch, Limited, Refused, Replaced
from campaign.chat import MATRIX, Invited, Joined, Message, Removed, Room, Said, say
from commands.tick import Tick
from tests.bot.delivery.bench import MATRIX_FRIEND, say_to
from tests.bot.scripted import ANA, COOP, MAUD, NOW, TEAM

if TYPE_CHECKING:
    from campaign.chat import Event
    from storage.storage import Storage
    from tests.bot.delivery.bench import Bench

NEW = Room(MATRIX, "!new-coop")
TOMBSTONE = Removed(COOP, "", NOW, "replaced", successor=NEW.id)
WAITS = "SELECT count(*) FROM outbox WHERE NOT settled AND network = 'matrix'"
ENTERED = (Invited(NEW, "$invited", MAUD, NOW), Joined(NEW, NOW))


async def happens(bench: Bench, *events: Event) -> None:
    """Let the bot read this, and say what comes of it."""
    taken = await bench.intake.take(MATRIX, Batch(events), bench.delivery.claim)
    bench.delivery.carry(taken.claimed)
    bench.delivery.wake()


def said_of_picasoft(bench: Bench, room: Room) -> int:
    return "\n".join(bench.network.texts(room)).count("Picasoft")


async def test_an_answer_that_the_old_room_refuses_is_given_in_the_new_one(matrix: Bench) -> None:
    matrix.network.script[COOP].extend([Replaced(NEW.id)] * 3)
    async with matrix.running():
        await matrix.delivery.settled()
        await say_to(matrix, "!sign Picasoft", "$1", COOP, ANA)
        await matrix.network.until(lambda: len(matrix.network.attempts) == 3)
        # What was said before the room was closed is read after the refusal, and counts as well.
        matrix.network.script[COOP].extend([Replaced(NEW.id)] * 1000)
        await say_to(matrix, "!status", "$2", COOP, ANA)
        await happens(matrix, TOMBSTONE)
        await matrix.delivery.settled()
        assert said_of_picasoft(matrix, COOP) == said_of_picasoft(matrix, NEW) == 0
        assert await matrix.query(WAITS) == ["2"]
        await happens(matrix, *ENTERED)
        await matrix.network.until(lambda: said_of_picasoft(matrix, NEW) > 0)
        await matrix.delivery.settled()
    assert said_of_picasoft(matrix, NEW) == 1
    assert not matrix.network.texts(COOP)
    assert set(await matrix.states()) == {"delivered"}
    assert not [text for text in matrix.network.texts(TEAM) if "could not be delivered" in text]


@pytest.mark.parametrize("entered", [False, True], ids=["not yet invited", "in the new one already"])
async def test_an_answer_under_way_when_the_room_is_replaced_is_given_in_the_new_one(
    matrix: Bench, *, entered: bool
) -> None:
    gate = asyncio.Event()
    matrix.network.script[COOP].extend([gate])
    send = matrix.network.send

    async def refuses(dispatch: object, **more: object) -> object:
        answer = send(dispatch, **more)  # type: ignore[arg-type]
        if dispatch.room == COOP:  # type: ignore[attr-defined]
            matrix.network.attempts.append(dispatch)  # type: ignore[arg-type]
            matrix.network._asked.set()
            await gate.wait()
            answer.close()
            raise Replaced(NEW.id)
        return await answer

    matrix.network.send = refuses  # type: ignore[method-assign, assignment]
    await matrix.put(COOP, "under way", reply_to="$1", thread="$t")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        await matrix.put(COOP, "waits", reply_to="$2")
        await happens(matrix, TOMBSTONE, *(ENTERED if entered else ()))
        gate.set()
        if not entered:
            await matrix.network.until(lambda: bool(matrix.network.texts(TEAM)))
            await happens(matrix, *ENTERED)
        await matrix.network.until(lambda: "under way" in "".join(matrix.network.texts(NEW)))
        await matrix.delivery.settled()
    lines = "\n".join(matrix.network.texts(NEW)).split("\n")
    assert sorted(line for line in lines if line in ("under way", "waits")) == ["under way", "waits"]
    there = [one.payload for one in matrix.network.attempts if one.room == NEW]
    assert {(payload.reply_to, payload.thread) for payload in there} == {("", "")}
    assert set(await matrix.states()) == {"delivered"}


async def test_control_what_a_room_refuses_that_was_not_replaced_is_given_up(matrix: Bench) -> None:
    matrix.network.script[COOP].append(Refused("M_FORBIDDEN (HTTP 403)"))
    await matrix.put(COOP, "refused")
    await matrix.settle()
    assert await matrix.states() == ["failed", "delivered"]
    assert "could not be delivered" in matrix.network.texts(TEAM)[0]


async def test_the_campaigners_are_told_how_much_waits_and_the_greeting_goes_on(matrix: Bench) -> None:
    await matrix.put(COOP, "waits")
    async with matrix.running():
        matrix.delivery.running = False  # nothing leaves before the room is replaced
        await happens(matrix, TOMBSTONE)
        matrix.delivery.running = True
        matrix.delivery.wake()
        await matrix.network.until(lambda: bool(matrix.network.texts(TEAM)))
    assert matrix.network.texts(TEAM)[0].endswith("\n1 message of mine waits to be said there.")


async def test_what_nobody_lets_be_said_within_a_day_is_given_up_and_told(matrix: Bench) -> None:
    await happens(matrix, TOMBSTONE)

    def waits(storage: Storage) -> None:
        new = storage.rooms.find(MATRIX, NEW.id)
        assert new is not None
        storage.outbox.put(
            MATRIX, Message((say("waits"),)), NOW, room=new.id, expires_at=NOW + timedelta(days=1)
        )

    await matrix.database.write(waits)
    await matrix.ticking.tick(Tick(NOW + timedelta(hours=23), NOW))
    await matrix.settle()
    assert not [text for text in matrix.network.texts(TEAM) if "⌛" in text]
    await matrix.ticking.tick(Tick(NOW + timedelta(hours=24), NOW))
    matrix.delivery.wake()
    await matrix.settle()
    assert [text for text in matrix.network.texts(TEAM) if "⌛ 1 message is not said any more" in text]


async def test_an_answer_that_waits_expires_a_day_after_the_room_was_replaced(matrix: Bench) -> None:
    await matrix.put(COOP, "soon too late", expires_at=NOW + timedelta(hours=1))
    await matrix.put(COOP, "late in two days", expires_at=NOW + timedelta(days=2))
    await matrix.put(COOP, "always worth it")
    await happens(matrix, TOMBSTONE)
    found = await matrix.query(
        "SELECT o.expires_at FROM outbox o JOIN rooms r ON r.id = o.room_id WHERE r.address = '!new-coop' ORDER BY o.id"
    )
    day = str(NOW.replace(tzinfo=None) + timedelta(days=1))
    assert [one[:19] for one in found] == [str(NOW.replace(tzinfo=None) + timedelta(hours=1)), day, day]


async def test_whoever_may_not_invite_does_not_make_what_waits_vanish(matrix: Bench) -> None:
    await matrix.put(COOP, "waits")
    await happens(matrix, TOMBSTONE, Invited(NEW, "$by-anybody", MATRIX_FRIEND, NOW))
    await matrix.settle()
    assert await matrix.query(WAITS) == ["1"]
    await happens(matrix, *ENTERED)
    await matrix.settle()
    assert "waits" in "".join(matrix.network.texts(NEW))


async def test_where_the_bot_was_sent_away_from_the_new_room_too_it_is_told(matrix: Bench) -> None:
    await happens(matrix, *ENTERED, Removed(NEW, "$kick", NOW, "kicked"))
    await matrix.put(COOP, "waits")
    matrix.network.script[COOP].append(Replaced(NEW.id))
    await happens(matrix, TOMBSTONE)
    await matrix.settle()
    assert "1 message of mine was not said there any more" in "".join(matrix.network.texts(TEAM))
    assert not [text for text in matrix.network.texts(NEW) if "waits" in text]


async def test_a_question_that_waited_is_answered_in_the_new_room(matrix: Bench) -> None:
    await happens(matrix)
    await say_to(matrix, "!sign Picasof", "$1", COOP, ANA)
    await happens(matrix, TOMBSTONE, *ENTERED)
    await matrix.settle()
    assert "Picasoft" in "".join(matrix.network.texts(NEW))
    # That is where `!confirm` looks for it as well.
    assert await matrix.query("SELECT r.address FROM prompts p JOIN rooms r ON r.id = p.room_id") == [NEW.id]
    (shown,) = await matrix.query(
        "SELECT d.event FROM dispatches d JOIN outbox o ON o.dispatch_key = d.key AND purpose <> ''"
    )
    await happens(matrix, Said(NEW, "$2", ANA, ANA.id, "1", NOW, reply_to=shown))
    assert await matrix.query("SELECT count(*) FROM signatures") == ["1"]


async def test_one_that_is_told_to_slow_down_is_not_lost_when_its_room_is_replaced_meanwhile(
    matrix: Bench,
) -> None:
    gate = asyncio.Event()
    tries = 0
    send = matrix.network.send

    async def limits(dispatch: object, **more: object) -> object:
        nonlocal tries
        if dispatch.room != COOP:  # type: ignore[attr-defined]
            return await send(dispatch, **more)  # type: ignore[arg-type]
        tries += 1
        matrix.network._asked.set()
        if tries == 1:
            await gate.wait()
            raise Limited(0.001)
        raise Replaced(NEW.id)

    matrix.network.send = limits  # type: ignore[method-assign, assignment]
    await matrix.put(COOP, "under way")
    async with matrix.running():
        await matrix.network.until(lambda: tries == 1)
        await happens(matrix, TOMBSTONE, *ENTERED)
        gate.set()
        await matrix.network.until(lambda: "under way" in "".join(matrix.network.texts(NEW)))
    assert await matrix.query("SELECT count(*) FROM dispatches WHERE state = 'unsaid'") == ["0"]
