"""What time brings comes once on both networks, and waits for the one that is away where it must."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import hearing
from bot.transports.base import LoginRefused, Vitals
from campaign.chat import MATRIX, XMPP, Said
from storage.trouble import StorageFull
from tests.bot.scripted import COOP, FORGE, MAUD, NOW, TEAM, said

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

    from commands.tick import Tick

from tests.bot.app.world import BO, WITH_NOA, World, Wound, answers, begun, goes_away, running


async def test_the_clock_waits_until_every_network_has_caught_up(world: World) -> None:
    clock = Wound()
    world.xmpp.shuts = True
    async with running(world, clock):
        await world.matrix.until(lambda: bool(world.matrix.texts(COOP)))
        assert not clock.begun.is_set()
        assert not world.xmpp.attempts, "nor is anything said where it has not caught up"
        world.xmpp.shuts = False
        world.xmpp.happen(said("1", "hello", FORGE, BO))
        await asyncio.wait_for(clock.begun.wait(), 10)


async def test_the_clock_does_not_wait_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "WAIT_FOR_OTHERS", 0.05)
    clock = Wound()
    world.xmpp.shuts = True
    async with running(world, clock):
        await asyncio.wait_for(clock.begun.wait(), 10)


async def test_the_clock_does_not_wait_for_a_network_that_was_given_up(world: World) -> None:
    clock = Wound()
    world.xmpp.doors.append(LoginRefused("no such account"))
    async with running(world, clock):
        await asyncio.wait_for(clock.begun.wait(), 10)


async def test_a_tick_that_fails_stops_no_later_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Wound()
    ticked: list[datetime] = []
    both = asyncio.Event()

    async def tick(at: Tick) -> None:
        ticked.append(at.now)
        if len(ticked) == 1:
            raise KeyError("a mistake of ours")
        both.set()

    monkeypatch.setattr(world.app.ticking, "tick", tick)
    async with running(world, clock):
        clock.hands.put_nowait(NOW)
        clock.hands.put_nowait(NOW)
        await asyncio.wait_for(both.wait(), 10)


async def test_what_is_due_leaves_though_something_after_it_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = world.app.ticking.tick

    async def fails(at: Tick) -> None:
        await tick(at)
        raise StorageFull("no room")

    monkeypatch.setattr(world.app.ticking, "tick", fails)
    clock = Wound()
    async with running(world, clock):
        await asyncio.wait_for(clock.begun.wait(), 10)
        await world.app.settled()
        world.at = NOW.replace(day=23, hour=16, minute=1)
        clock.hands.put_nowait(world.at)
        await world.matrix.until(lambda: answers(world.matrix, COOP, "please answer") == 1)


async def _poll_of_two_networks(world: World) -> None:
    """A poll that closes at ten, which a campaigner opens; Picasoft's voice is on Matrix, Nuage Libre's on XMPP."""
    world.matrix.happen(said("$rep", "!org rep xmpp:bo@example.org Nuage Libre", TEAM, MAUD))
    world.matrix.happen(said("$open", "!poll open majority Do we sign? closes=1h", TEAM, MAUD))
    await world.matrix.until(lambda: answers(world.matrix, TEAM, "Do we sign?") == 1)
    world.matrix.happen(said("$confirm", "!confirm", TEAM, MAUD))
    await world.matrix.until(lambda: answers(world.matrix, COOP, "Do we sign?") == 1)


async def test_a_poll_is_not_counted_before_a_network_that_is_away_was_heard(
    world: World,
) -> None:
    async with begun(world) as clock:
        await _poll_of_two_networks(world)
        await goes_away(world.xmpp)
        await clock.tick(NOW + timedelta(hours=2), NOW + timedelta(hours=23))
        await asyncio.wait_for(world.app.supervisors[MATRIX].delivery.settled(), 10)
        assert answers(world.matrix, COOP, "Poll 1, provisional") == 1
        assert answers(world.matrix, COOP, "Poll 1: ") == 1
        # In time, and read when it is back.
        at = NOW + timedelta(minutes=59)
        world.xmpp.happen(Said(FORGE, "1", BO, "Bo", "!vote for", at, live=False))
        world.xmpp.shuts = False
        await world.xmpp.until(lambda: answers(world.xmpp, FORGE, "*Nuage Libre* answers") == 1)
        await clock.tick(NOW + timedelta(hours=24))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "Poll 1: adopted") == 1)
    assert answers(world.matrix, COOP, "for 1, against 0") == 1


async def test_a_poll_does_not_wait_for_ever_for_a_network(
    world: World,
) -> None:
    async with begun(world) as clock:
        await _poll_of_two_networks(world)
        await goes_away(world.xmpp)
        await clock.tick(NOW + timedelta(hours=24, minutes=59))
        await asyncio.wait_for(world.app.supervisors[MATRIX].delivery.settled(), 10)
        assert answers(world.matrix, COOP, "Poll 1: ") == 1
        await clock.tick(NOW + timedelta(hours=25))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "Poll 1: ") == 2)


async def test_nobody_is_reminded_in_the_moment_in_which_a_network_breaks_off(
    world: World,
) -> None:
    async with begun(world) as clock:
        world.at = NOW.replace(day=23, hour=16)
        await goes_away(world.xmpp)
        await clock.tick(world.at + timedelta(seconds=30))
        await asyncio.wait_for(world.app.supervisors[MATRIX].delivery.settled(), 10)
        assert answers(world.matrix, COOP, "please answer by") == 0
        await clock.tick(world.at + timedelta(seconds=hearing.WAIT_FOR_OTHERS))
        await world.matrix.until(lambda: answers(world.matrix, COOP, "please answer by") == 1)


async def test_a_reminder_reaches_the_room(world: World) -> None:
    (deadline,) = [one.deadline for one in world.config.settings.campaigns.values()]
    assert deadline is not None
    async with begun(world) as clock:
        world.at = NOW.replace(day=23, hour=16, minute=0)
        await clock.tick(world.at)
        await world.matrix.until(lambda: answers(world.matrix, COOP, "please answer by") == 1)
        await clock.tick(NOW.replace(day=23, hour=16, minute=1), NOW.replace(day=23, hour=17, minute=0))
        await asyncio.wait_for(world.app.settled(), 10)
    assert answers(world.matrix, COOP, "No answer yet (2): Nuage Libre, Picasoft") == 1


async def test_a_poll_that_waits_for_a_network_says_so_once_where_it_can_be_heard(world: World) -> None:
    async with begun(world) as clock:
        await _poll_of_two_networks(world)
        await goes_away(world.xmpp)
        await clock.tick(NOW + timedelta(hours=1, minutes=4))
        await asyncio.wait_for(world.app.supervisors[MATRIX].delivery.settled(), 10)
        assert answers(world.matrix, COOP, "I cannot reach XMPP: answers given there in time count") == 0, (
            "mostly it is a moment"
        )
        await clock.tick(NOW + timedelta(hours=1, minutes=5), NOW + timedelta(hours=2))
        await asyncio.wait_for(world.app.supervisors[MATRIX].delivery.settled(), 10)
        for room in (COOP, TEAM):
            assert answers(world.matrix, room, "I cannot reach XMPP: answers given there in time count") == 1
        world.xmpp.shuts = False
        world.xmpp.happen(said("1", "hello", FORGE, BO))
        await asyncio.wait_for(world.app.settled(), 10)
    assert answers(world.xmpp, FORGE, "provisional") == 0
    assert answers(world.xmpp, WITH_NOA, "provisional") == 0


async def test_a_poll_waits_for_what_was_not_heard_before_it_was_noticed(world: World) -> None:
    """A line that is cut without a word is noticed a minute later; what was answered in it was answered in time."""
    closes = NOW + timedelta(hours=1)
    async with begun(world) as clock:
        await _poll_of_two_networks(world)
        world.xmpp.signs = Vitals(closes - timedelta(seconds=30))
        world.at = closes + timedelta(seconds=30)
        await goes_away(world.xmpp)
        world.xmpp.signs = Vitals()
        world.at = closes + timedelta(minutes=4)
        await clock.tick(world.at)
        (poll,) = await world.database.read(lambda storage: storage.polls.of_campaign(1))
        assert poll.closed_at is None
        world.xmpp.shuts = False
        world.xmpp.happen(said("1", "hello", FORGE, BO))
        await world.app.supervisors[XMPP]._caught_up.wait()
        world.at += timedelta(minutes=1)
        await clock.tick(world.at)
        (poll,) = await world.database.read(lambda storage: storage.polls.of_campaign(1))
        assert poll.closed_at is not None


async def test_over_a_deadline_without_its_network_a_reminder_is_not_said_any_more(world: World) -> None:
    hours, deadline = NOW.replace(day=30, hour=14), NOW.replace(day=30, hour=16)
    async with begun(world) as clock:
        world.matrix.happen(said("$rep", "!org rep xmpp:bo@example.org Nuage Libre", TEAM, MAUD))
        await goes_away(world.matrix)
        world.at = hours + timedelta(minutes=5)
        await clock.tick(hours + timedelta(minutes=5))
        assert await _states(world) == {("sent", 7200)}
        world.at = deadline
        await clock.tick(deadline, deadline + timedelta(minutes=1))
        assert await _states(world) == {("skipped", 7200)}
        world.matrix.shuts = False
        world.matrix.happen(said("$back", "hello"))
        await world.matrix.until(lambda: answers(world.matrix, TEAM, "not said any more") == 1)
        await clock.tick(deadline + timedelta(minutes=2))
        await asyncio.wait_for(world.app.settled(), 10)
    assert answers(world.matrix, COOP, "please answer by") == 0


async def _states(world: World) -> set[tuple[str, int]]:
    """What is written down of the last reminders before the deadline."""
    query = "SELECT state, seconds_before FROM reminders WHERE seconds_before = 7200"
    return await world.database.read(
        lambda storage: {(str(row[0]), int(row[1])) for row in storage._connection.exec_driver_sql(query)}
    )
