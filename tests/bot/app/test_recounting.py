"""A poll that a network shows is counted from its server after a start, and once more before it is closed."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import Payload, Refused, Unreachable, Vitals
from campaign.chat import MATRIX, Message
from tests.bot.app.world import World, Wound, answers, running
from tests.bot.scripted import COOP, MAUD, NOW, TEAM, said

if TYPE_CHECKING:
    from datetime import datetime

    from storage.storage import Storage

CLOSES = NOW + timedelta(hours=1)
KEY = "00000000-0000-0000-0000-000000000001"


async def open_poll(world: World) -> None:
    """A poll that closes in an hour, shown as one in a room."""
    await world.matrix.until(lambda: bool(world.matrix.texts(COOP)))
    world.matrix.happen(said("$open", "!poll open majority Do we sign? closes=1h", TEAM, MAUD))
    await world.matrix.until(lambda: answers(world.matrix, TEAM, "Do we sign?") > 0)
    world.matrix.happen(said("$confirm", "!confirm", TEAM, MAUD))
    await world.matrix.until(lambda: answers(world.matrix, COOP, "Do we sign?") > 0)
    await world.app.settled()

    def show(storage: Storage) -> None:
        room = storage.rooms.find(MATRIX, COOP.id)
        assert room is not None
        (poll,) = storage.polls.of_campaign(1)
        card = Message((), purpose=f"poll:{poll.id}")
        row = storage.outbox.put(MATRIX, card, NOW, room=room.id, intent="poll")
        shown = asdict(Payload("Do we sign?", kind="poll"))
        storage.dispatches.freeze(
            [row],
            key=KEY,
            network=MATRIX,
            room_id=room.id,
            payload=shown,
            private_with=None,
            file_id=None,
            now=NOW,
        )
        storage.dispatches.delivered(KEY, "$poll", NOW)

    await world.database.write(show)


async def tick(world: World, clock: Wound, at: datetime) -> None:
    world.at = at
    await clock.tick(at)
    await world.app.settled()


async def is_closed(world: World) -> bool:
    (poll,) = await world.database.read(lambda storage: storage.polls.of_campaign(1))
    return poll.closed_at is not None


async def test_what_the_server_has_is_heard_before_a_poll_is_closed(world: World) -> None:
    clock = Wound()
    async with running(world, clock):
        await open_poll(world)
        await tick(world, clock, CLOSES - timedelta(minutes=1))
        assert not world.matrix.recounted
        # What a sync never told.
        world.matrix.recounting.append((replace(said("$hidden", "!vote for"), live=False),))
        await tick(world, clock, CLOSES)
        assert world.matrix.recounted == [(COOP, "$poll")]
        (poll,) = await world.database.read(lambda storage: storage.polls.of_campaign(1))
        assert poll.outcome == "adopted"
        await tick(world, clock, CLOSES + timedelta(minutes=1))
        assert world.matrix.recounted == [(COOP, "$poll")]


async def test_a_poll_waits_for_a_server_that_does_not_count(world: World) -> None:
    clock = Wound()
    async with running(world, clock):
        await open_poll(world)
        world.matrix.recounting += [Unreachable("no answer"), Unreachable("no answer"), ()]
        await tick(world, clock, CLOSES)
        await tick(world, clock, CLOSES + timedelta(minutes=6))
        assert not await is_closed(world)
        await tick(world, clock, CLOSES + timedelta(minutes=7))
        assert len(world.matrix.recounted) == 3
        assert await is_closed(world)


async def test_a_poll_waits_for_a_room_that_may_hold_something_unheard(world: World) -> None:
    clock = Wound()
    async with running(world, clock):
        await open_poll(world)
        world.xmpp.signs = Vitals(CLOSES, complete=CLOSES - timedelta(seconds=30))
        await tick(world, clock, CLOSES)
        assert not await is_closed(world)
        later = CLOSES + timedelta(minutes=1)
        world.xmpp.signs = Vitals(later, complete=later)
        await tick(world, clock, later)
        assert await is_closed(world)


async def test_a_fault_in_counting_stops_no_clock(world: World) -> None:
    clock = Wound()
    async with running(world, clock):
        await open_poll(world)
        world.matrix.recounting += [KeyError("chunk")] * 2
        await tick(world, clock, CLOSES)
        assert not await is_closed(world)
        await tick(world, clock, CLOSES + timedelta(days=1))
        assert await is_closed(world)


@pytest.mark.parametrize("why", ["the login is refused", ""])
async def test_a_poll_does_not_wait_for_a_network_that_was_given_up(world: World, why: str) -> None:
    clock = Wound()
    async with running(world, clock):
        await open_poll(world)
        world.app.supervisors[MATRIX].given_up = why
        world.matrix.recounting.append(Unreachable("not connected"))
        await tick(world, clock, CLOSES)
        assert await is_closed(world)


async def test_a_poll_does_not_wait_where_the_server_will_never_count(world: World) -> None:
    clock = Wound()
    async with running(world, clock):
        await open_poll(world)
        world.matrix.recounting.append(Refused("no such event"))
        await tick(world, clock, CLOSES)
        assert await is_closed(world)


async def test_open_polls_are_counted_after_a_start(world: World) -> None:
    clock = Wound()
    async with running(world, clock):
        await open_poll(world)
    world.app = world.bot()
    world.matrix.recounting.append(Unreachable("no answer"))  # that is no reason not to start
    async with running(world, Wound()):
        await world.matrix.until(lambda: bool(world.matrix.recounted))
        world.matrix.happen(said("$later", "!vote for"))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "answers “for”") > 0)
    assert world.matrix.recounted == [(COOP, "$poll")]
