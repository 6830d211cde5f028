"""Where only an echo tells, nothing is lost and nothing doubled; only the network is played."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.delivery import carrying, outage
from bot.transports.base import (
    OVERACTIVE,
    Batch,
    NotReady,
    NotThere,
    Unsure,
)
from campaign.chat import MATRIX, XMPP, Bounced, Echo, Message, Room
from tests.bot.scripted import (
    FORGE,
    NOW,
    Taken,
    waiting,
)

if TYPE_CHECKING:
    from storage.storage import Storage
    from tests.bot.delivery.bench import Bench


async def test_delivered_is_what_came_back(xmpp: Bench) -> None:
    await xmpp.put(FORGE, "one", purpose="letter:1")
    await xmpp.put(FORGE, "two", purpose="letter:1")
    await xmpp.settle()
    assert xmpp.network.texts(FORGE) == ["one", "two"]
    assert await xmpp.states() == ["delivered", "delivered"]


async def test_without_an_echo_it_is_not_sent_again_before_catching_up(
    xmpp: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "ECHO_WITHIN", 0.02)
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


async def test_what_may_be_in_a_room_that_threw_us_out_is_left_in_doubt(xmpp: Bench) -> None:
    await lose_an_echo(xmpp)
    xmpp.network.script[FORGE].append(NotThere("we are not in this room any more (kicked)"))
    await xmpp.settle()
    assert (await xmpp.states())[0] == "uncertain"


async def test_what_never_left_for_a_room_that_threw_us_out_has_failed(xmpp: Bench) -> None:
    xmpp.network.script[FORGE].append(NotThere("we are not in this room any more (kicked)"))
    await xmpp.put(FORGE, "hello")
    await xmpp.settle()
    assert (await xmpp.states())[0] == "failed"


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
    monkeypatch.setattr(outage, "FIRST_PAUSE", 30.0)
    tries = 0
    tried = asyncio.Event()

    async def join(room: str) -> None:
        nonlocal tries
        tries += 1
        tried.set()
        if not xmpp.network.texts(FORGE):
            raise NotReady(f"{room} does not answer")

    xmpp.network.join = join  # type: ignore[method-assign]

    def invited(storage: Storage) -> None:
        room = storage.rooms.ensure(XMPP, "silent@rooms.example.org", state="wanted")
        storage.outbox.put(XMPP, Message(()), NOW, room=room.id, intent="join")

    await xmpp.database.write(invited)
    async with xmpp.running():
        xmpp.delivery.wake()
        await asyncio.wait_for(tried.wait(), 10)
        await xmpp.put(FORGE, "hello")
        await xmpp.network.until(lambda: xmpp.network.texts(FORGE) == ["hello"])
        await asyncio.wait_for(xmpp.delivery.settled(), 10)
    assert tries > 1


async def test_given_back_it_is_tried_again_the_same(xmpp: Bench) -> None:
    xmpp.network.script[FORGE].extend(["not-acceptable", "not-acceptable"])
    await xmpp.put(FORGE, "hello")
    await xmpp.settle()
    assert len(xmpp.network.attempts) == 3
    assert len({repr(attempt) for attempt in xmpp.network.attempts}) == 1
    assert xmpp.network.texts(FORGE) == ["hello"]
    assert await xmpp.states() == ["delivered"]


async def test_given_back_too_often_it_is_given_up(xmpp: Bench) -> None:
    xmpp.network.script[FORGE].extend(["not-acceptable"] * carrying.MOST_BOUNCES)
    await xmpp.put(FORGE, "hello", purpose="letter:1")
    await xmpp.put(FORGE, "next")
    await xmpp.settle()
    assert len([one for one in xmpp.network.attempts if one.payload.text == "hello"]) == carrying.MOST_BOUNCES
    assert xmpp.network.texts(FORGE) == ["next"]
    assert (await xmpp.states())[0] == "failed"
    assert any("not-acceptable" in text for _, text in await waiting(xmpp.database, MATRIX))


@pytest.mark.parametrize("reason", sorted(carrying.LASTING))
async def test_given_back_for_good_it_is_given_up_at_once(xmpp: Bench, reason: str) -> None:
    xmpp.network.script[FORGE].append(reason)
    await xmpp.put(FORGE, "hello")
    await xmpp.settle()
    assert len([one for one in xmpp.network.attempts if one.room == FORGE]) == 1
    assert (await xmpp.states())[0] == "failed"


async def test_given_back_because_too_much_is_said_there_it_is_said_when_that_is_over(xmpp: Bench) -> None:
    xmpp.network.script[FORGE].extend([OVERACTIVE] * 3 * carrying.MOST_BOUNCES)
    await xmpp.put(FORGE, "hello")
    await xmpp.settle()
    assert xmpp.network.texts(FORGE) == ["hello"]
    assert await xmpp.states() == ["delivered"]


async def test_given_back_for_ever_because_too_much_is_said_there_it_is_given_up(xmpp: Bench) -> None:
    xmpp.network.script[FORGE].extend([OVERACTIVE] * (carrying.MOST_OVERACTIVE + 1))
    await xmpp.put(FORGE, "hello")
    await xmpp.settle()
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
