"""What keeps reminders at their time, and once; and the clock of the tests."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from bot import app, clock
from bot.transports.matrix import sync
from campaign import civil, reminder
from commands.reminders import occasions
from storage.reminders import Cause, Reminders, _is
from storage.tables import reminders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from storage.reminders import Fate


def reminded_once() -> None:
    """What was reminded of is forgotten."""
    kept = Reminders.write

    def write(self: Reminders, cause: Cause, fates: Mapping[int, Fate], now: datetime) -> Mapping[int, int]:
        self._connection.execute(delete(reminders).where(*_is(cause)))
        return kept(self, cause, fates, now)

    Reminders.handled = lambda *_: False
    Reminders.write = write


def first_reading() -> None:
    """A local time that does not exist, or exists twice, is read the other way."""

    def other(day: date, wall: time, zone: ZoneInfo) -> datetime:
        return datetime.combine(day, wall.replace(fold=1), tzinfo=zone).astimezone(UTC)

    # Each has it under a name of its own.
    reminder.instant = occasions.instant = civil.instant = other


def shift_the_clock() -> None:
    """Let the bot's clock differ by the seconds in the file that TOCSIN_FAULTS_CLOCK names, read at each look."""
    named = os.environ.get("TOCSIN_FAULTS_CLOCK")
    if not named:
        return
    now = clock.utc_now

    def shifted() -> datetime:
        return now() + timedelta(seconds=float(Path(named).read_text() or 0))

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return shifted()

    clock.utc_now = shifted
    sync.datetime = Shifted
    app.App.__init__.__defaults__ = (shifted,)
