"""A server that does not answer is asked by one at a time, and ever more rarely, however many wait for it."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, TypeVar

from bot.transports.base import NotReady, Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between attempts while a server cannot be reached."""
_CHANCE = 1
"""Failures that are no outage: a connection that was kept may have been closed as it was used."""


class Outage:
    """Whether one server answers, as those see it who ask it something."""

    def __init__(self) -> None:
        self._failures = 0
        """How often it failed to answer, one after the other."""
        self._turn = asyncio.Lock()

    async def ask(self, act: Callable[[], Awaitable[T]]) -> T:
        """Ask the server something, at once while it answers, or failed but once, else in turn and after a pause. Raises as `act`."""
        if self._failures > _CHANCE:
            async with self._turn:
                if self._failures > _CHANCE:
                    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - _CHANCE - 1, 16))
                    await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, guards nothing
        # The turn is given on before this is answered: what hangs for one room must not hold up the others.
        return await self._counted(act)

    async def _counted(self, act: Callable[[], Awaitable[T]]) -> T:
        before = self._failures
        try:
            answer = await act()
        except NotReady:
            raise
        except Unreachable:
            self._failures = before + 1
            raise
        except Exception:
            self._failures = 0
            raise
        self._failures = 0
        return answer
