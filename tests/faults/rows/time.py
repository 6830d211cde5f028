"""The clock jumps, and the bot is down when something is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scene import Scene

DAY = 86400.0
HOUR = 3600.0
TICK = 45.0
"""Seconds within which a change of the clock is noticed: three ticks."""


def _deadline(run: Scene) -> Path:
    """Give the campaign a deadline in two hours, with a reminder an hour before; return the clock's file."""
    at = datetime.now(UTC) + timedelta(hours=2)
    config = run.folder / "config.toml"
    config.write_text(
        config.read_text().replace(
            "reminders = []",
            f'reminders = ["1h"]\ndeadline = "{at.isoformat(timespec="seconds")}"\ncivil_hours = "00:00-24:00"',
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
