"""The clock jumps, clocks are put forward or back, and the bot is down when something is due."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.clock import EVERY
from tests.faults.sides import MatrixSide

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scene import Scene

DAY = 86400.0
HOUR = 3600.0
TICK = 45.0
"""Seconds within which a change of the clock is noticed: three ticks."""
FORWARD = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
"""What 02:30 in Paris comes to on the day on which it does not exist: 03:30."""
BACK = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
"""The first 02:30 in Paris on the day that has two."""


def _deadline(run: Scene) -> Path:
    """Give the campaign a deadline in two hours, with a reminder an hour before; return the clock's file."""
    at = datetime.now(UTC) + timedelta(hours=2)
    return _campaign(run, "1h", at.isoformat(timespec="seconds"))


def _campaign(run: Scene, reminder: str, deadline: str) -> Path:
    """Give the campaign a deadline and a reminder; return the clock's file."""
    config = run.folder / "config.toml"
    config.write_text(
        config.read_text().replace(
            "reminders = []",
            f'reminders = ["{reminder}"]\ndeadline = "{deadline}"\ncivil_hours = "00:00-24:00"'
            '\ntimezone = "Europe/Paris"',
        )
    )
    clock = run.folder / "clock"
    clock.write_text("0")
    return clock


async def _reminders(run: Scene) -> int:
    seen = [await side.visible() for side in run.sides.values()]
    return sum("🔔" in one.text for each in seen for one in each)


async def _judge(run: Scene, wanted: int) -> None:
    await run.settle()
    found = await _reminders(run)
    if found > wanted:
        run.wrong.append(f"{found} reminders")
    if found < wanted:
        run.wrong.append("not reminded")
    states = {state for (state,) in run.ask("SELECT state FROM reminders")}
    if not states:
        run.wrong.append("nothing is written down")


def _due(run: Scene) -> int:
    return len(run.ask("SELECT 1 FROM reminders"))


async def down_over_a_due_time(run: Scene) -> None:
    """The bot is dead when a reminder is due: it is said once when it is back, and not again at the next start."""
    clock = _deadline(run)
    await run.arrive(TOCSIN_FAULTS_CLOCK=str(clock))
    await run.kill()
    clock.write_text(str(HOUR + run.rng.uniform(60, 1200)))
    await run.start(TOCSIN_FAULTS_CLOCK=str(clock))
    await run.until(lambda: _due(run) > 0 and not run.under_way(), "the reminder", TICK)
    await run.kill()
    await run.start(TOCSIN_FAULTS_CLOCK=str(clock))
    await _judge(run, 1)


async def jumps(run: Scene) -> None:
    """The clock jumps an hour ahead, over a due time, back again, and ahead again: once."""
    clock = _deadline(run)
    await run.arrive(TOCSIN_FAULTS_CLOCK=str(clock))
    for shift in (HOUR + 300, -HOUR, HOUR + 600):
        clock.write_text(str(shift))
        if shift > 0:
            await run.until(lambda: _due(run) > 0 and not run.under_way(), "the reminder", TICK)
        else:
            await run.stop()
            await run.start(TOCSIN_FAULTS_CLOCK=str(clock))
        await run.sign()
    await _judge(run, 1)


async def too_late(run: Scene) -> None:
    """A day passes at once: past the deadline nobody is reminded, and it is written down."""
    clock = _deadline(run)
    await run.arrive(TOCSIN_FAULTS_CLOCK=str(clock))
    clock.write_text(str(DAY))
    await run.until(lambda: _due(run) > 0, "the decision", TICK)
    if {state for (state,) in run.ask("SELECT state FROM reminders")} != {"skipped"}:
        run.wrong.append("not skipped")
    clock.write_text(str(-DAY))
    await run.stop()
    await run.start(TOCSIN_FAULTS_CLOCK=str(clock))
    await _judge(run, 0)


async def clocks_forward(run: Scene) -> None:
    """A reminder, and a poll's, fall on 02:30 of the day that has none: once, at 03:30."""
    await _clocks_change(run, FORWARD, "2027-03-29 02:30", "")


async def clocks_back(run: Scene) -> None:
    """A reminder, and a poll's, fall on 02:30 of the day that has two, and a poll closes then: once, at the first."""
    await _clocks_change(run, BACK, "2027-11-01 02:30", "2027-10-31T02:30+02:00")


async def _clocks_change(run: Scene, at: datetime, deadline: str, closes: str) -> None:
    """Live through a change of the clocks, with the bot killed or not at each step.

    The campaign and a poll end at `deadline`, whose reminders are due `at`, and another poll at `closes`, likewise.
    """
    side = run.side
    if not isinstance(side, MatrixSide):
        raise TypeError(side)
    clock = _campaign(run, "1d", deadline.replace(" ", "T"))
    _set(clock, at - timedelta(hours=3))
    await run.arrive(TOCSIN_FAULTS_CLOCK=str(clock))
    for number, until in enumerate(filter(None, (deadline, closes)), 1):
        await side.observer.say(side.office, f"!poll open majority Shall we sign? closes={until}")
        await run.until(lambda: run.ask("SELECT 1 FROM prompts WHERE answered_at IS NULL"), "the question")
        await side.observer.say(side.office, "!confirm")
        await run.until(lambda number=number: len(run.ask("SELECT 1 FROM polls")) == number, "the poll")  # type: ignore[misc]
    await run.sign()
    wanted = 2 + bool(closes)
    for minutes in (-65, -5, 1, 55, 61, 125):
        await run.until(lambda: not run.under_way(), "quiet")
        if dies := run.rng.random() < 0.7:
            await run.kill()
        _set(clock, at + timedelta(minutes=minutes))
        if dies:
            await run.start(TOCSIN_FAULTS_CLOCK=str(clock))
        if minutes == 1:
            await run.until(
                lambda: len(_decided(run)) >= wanted and not run.under_way(), "what is due then", TICK + 30
            )
        elif dies:
            await asyncio.sleep(1)  # for the tick at its start
        else:
            await asyncio.sleep(EVERY + 1)
    await run.settle()
    decided = [each - at for each in _decided(run)]
    if len(decided) != wanted or not all(timedelta(0) <= late < timedelta(minutes=15) for late in decided):
        run.wrong.append(f"{wanted} were due, and were said after {', '.join(map(str, decided))}")
    if (found := await _reminders(run)) != 1:
        run.wrong.append(f"{found} reminders")


def _decided(run: Scene) -> list[datetime]:
    """When it was decided to remind of the deadline, to remind of a poll, and to close one."""
    said = " OR ".join(
        f"message LIKE '%{part}%'" for part in ("please answer by", "closes on {at}", ": {outcome}.**")
    )
    query = f"SELECT created_at FROM outbox WHERE intent = 'message' AND ({said}) ORDER BY id"  # noqa: S608 - from above
    return [datetime.fromisoformat(at).replace(tzinfo=UTC) for (at,) in run.ask(query)]


def _set(clock: Path, at: datetime) -> None:
    """Let it be this instant, for the bot."""
    clock.write_text(str((at - datetime.now(UTC)).total_seconds()))
