"""What keeps reminders at their time, and once; and the clock of the tests."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from bot import app, clock
from bot.transports.matrix import sync
from campaign import reminder
from storage.deadlines import Deadlines
from storage.tables import reminders

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def reminded_once() -> None:
    """What was reminded of is forgotten."""
    Deadlines.handled = lambda *_: {}

    def write(self: Deadlines, rows: list[Any]) -> None:
        for row in rows:
            self._connection.execute(insert(reminders).prefix_with("OR IGNORE"), row)

    Deadlines._write = write


def first_reading() -> None:
    """A local time that does not exist, or exists twice, is read the other way."""

    def other(day: date, wall: time, zone: ZoneInfo) -> datetime:
        return datetime.combine(day, wall.replace(fold=1), tzinfo=zone).astimezone(UTC)

    reminder._instant = other


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
