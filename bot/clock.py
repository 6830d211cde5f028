"""The only file that knows APScheduler: it says when to look at what time has brought."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

EVERY = 15
"""Seconds between two ticks."""


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


class Clock:
    """Ticks while it is open: at once, then every few seconds.

    What is due is computed from the tables at each tick, so a missed tick loses nothing and the scheduler keeps no
    jobs of its own. Ticks that pile up (a suspended machine) come as one.
    """

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._tick = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tick inside the block."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            self._tick.set,
            "interval",
            seconds=self._every,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        scheduler.start()
        self._tick.set()
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)

    async def ticks(self) -> AsyncIterator[datetime]:
        """The instant of each tick (UTC)."""
        while True:
            # The scheduler waits for an instant of the wall clock: set back an hour, it would be silent for an hour.
            with suppress(TimeoutError):
                async with asyncio.timeout(2 * self._every):
                    await self._tick.wait()
            self._tick.clear()
            yield utc_now()
