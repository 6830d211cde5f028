"""The clock ticks, whatever becomes of the machine's; and what a tick brings comes once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import pytest
from apscheduler.schedulers import base as scheduler

from bot.clock import Clock, utc_now
from bot.ticking import Ticking
from commands.tick import Tick
from tests.bot.scripted import COOP, FORGE, HOUSE, NOW, begun, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.database import Database
    from storage.storage import Storage

WEEK = datetime(2027, 9, 23, 16, 0, tzinfo=UTC)
DAY = datetime(2027, 9, 29, 16, 0, tzinfo=UTC)
HOURS = datetime(2027, 9, 30, 14, 0, tzinfo=UTC)
DEADLINE = datetime(2027, 9, 30, 16, 0, tzinfo=UTC)
"""The campaign's deadline, and when its three reminders are due; the first and the last are public."""
HOUR = timedelta(hours=1)


# --- ticking


async def ticks(clock: Clock, count: int) -> list[datetime]:
    found: list[datetime] = []
    async with asyncio.timeout(10):
        async for now in clock.ticks():
            found.append(now)
            if len(found) == count:
                break
    return found


async def test_it_ticks_at_once() -> None:
    clock = Clock(every=3600)
    before = utc_now()
    async with clock.running():
        (first,) = await ticks(clock, 1)
    assert before <= first <= utc_now()


async def test_it_goes_on_ticking() -> None:
    clock = Clock(every=0.02)
    async with clock.running():
        found = await ticks(clock, 4)
    assert found == sorted(found)
    assert found[-1] - found[0] >= timedelta(seconds=0.02)


async def test_ticks_that_pile_up_come_as_one() -> None:
    clock = Clock(every=3600)
    async with clock.running():
        for _ in range(5):
            clock._tick.set()
        await ticks(clock, 1)
        another = asyncio.create_task(ticks(clock, 1))
        done, _ = await asyncio.wait({another}, timeout=0.05)
        another.cancel()
        assert not done


@pytest.mark.parametrize("jump", [-HOUR, -24 * HOUR, HOUR, 24 * HOUR], ids=str)
async def test_it_goes_on_when_the_machines_clock_is_set(
    monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    shift = timedelta()

    class Machine:
        @staticmethod
        def now(tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + shift

    monkeypatch.setattr(scheduler, "datetime", Machine)
    clock = Clock(every=0.05)
    async with clock.running():
        await ticks(clock, 2)
        shift = jump
        assert len(await ticks(clock, 4)) == 4


async def test_it_is_silent_once_closed() -> None:
    clock = Clock(every=0.01)
    async with clock.running():
        await ticks(clock, 2)
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


# --- what is due


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with begun(tmp_path, COOP, FORGE) as made:
        yield made


async def at(database: Database, *moments: datetime) -> list[str]:
    """Tick at these moments, each time as a bot that has just been started; return what is newly said."""
    before = len(await waiting(database))
    for moment in moments:
        await Ticking(database, HOUSE).tick(Tick(moment, heard=moment))
    return [text for _, text in (await waiting(database))[before:]]


def outcomes(database: Database) -> dict[tuple[int, str], int]:
    """(Hours before, what became of it) → number of organisations."""

    def work(storage: Storage) -> dict[tuple[int, str], int]:
        rows = storage._connection.exec_driver_sql(
            "SELECT seconds_before / 3600, state, count(*) FROM reminders GROUP BY 1, 2"
        )
        return {(int(hours), str(state)): int(count) for hours, state, count in rows}

    return database.transaction(work, writes=False)


async def test_nothing_is_said_before_it_is_due(database: Database) -> None:
    assert await at(database, NOW, WEEK - timedelta(seconds=1)) == []
    assert outcomes(database) == {}


async def test_what_is_due_is_said_once_across_restarts(database: Database) -> None:
    (reminder,) = await at(database, WEEK)
    assert "please answer by" in reminder
    assert "late" not in reminder
    assert await at(database, WEEK, WEEK + timedelta(seconds=15), WEEK + 30 * HOUR) == []
    assert outcomes(database) == {(168, "sent"): 2}


async def test_a_clock_set_back_says_nothing_again(database: Database) -> None:
    await at(database, WEEK)
    assert await at(database, WEEK - HOUR, WEEK - 24 * HOUR, NOW, WEEK - timedelta(seconds=1), WEEK) == []


async def test_a_clock_set_forward_and_back_says_nothing_twice(database: Database) -> None:
    (reminder,) = await at(database, HOURS)
    assert "please answer by" in reminder
    assert await at(database, WEEK, DAY, HOURS, HOURS + timedelta(minutes=1)) == []
    assert outcomes(database) == {(168, "skipped"): 2, (24, "skipped"): 2, (2, "sent"): 2}


async def test_after_downtime_the_reminder_is_late_and_the_overtaken_is_skipped(database: Database) -> None:
    (reminder,) = await at(database, HOURS + HOUR)
    assert "This reminder is late" in reminder
    assert outcomes(database) == {(168, "skipped"): 2, (24, "skipped"): 2, (2, "late"): 2}


async def test_after_the_deadline_nobody_is_reminded(database: Database) -> None:
    assert await at(database, DEADLINE, DEADLINE + 24 * HOUR) == []
    assert set(outcomes(database)) == {(168, "skipped"), (24, "skipped"), (2, "skipped")}
    assert await at(database, WEEK) == []


async def test_at_night_what_is_late_waits_for_the_morning(database: Database) -> None:
    midnight = WEEK + 6 * HOUR
    assert await at(database, midnight) == []
    (reminder,) = await at(database, WEEK + 15 * HOUR)
    assert "late" in reminder


async def test_every_minute_of_the_campaign_says_each_reminder_once(database: Database) -> None:
    """The whole hour around each reminder, tick by tick, back and forth."""
    moments = [around + timedelta(minutes=minute) for around in (WEEK, DAY, HOURS) for minute in range(-5, 6)]
    back_and_forth = [moment + step for moment in moments for step in (timedelta(), -HOUR, timedelta())]
    assert len(await at(database, *back_and_forth)) == 2, "the first and the last are public"
    assert set(outcomes(database)) == {(168, "sent"), (24, "skipped"), (2, "sent")}
