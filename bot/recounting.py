"""Polls that a network shows as such are counted from its server once more: after a start, and before they are closed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.transports.base import Limited, Refused, Unreachable
from campaign.chat import Room

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.transports.base import Transport
    from storage.database import Database
    from storage.shown import ShownPoll

log = logging.getLogger(__name__)

WITHIN = 10.0
"""Seconds a tick of the clock waits for the answers to a poll; without them it is closed at a later one."""


class Recounting:
    """Has the answers to open polls told once more; what was heard before does nothing then."""

    def __init__(self, database: Database, transports: Mapping[str, Transport]) -> None:
        self._database = database
        self._transports = transports
        self._counted: set[ShownPoll] = set()
        """Polls whose time is over, and that were counted since."""

    async def after_start(self, network: str) -> None:
        """Count every open poll of a network that has caught up. What fails is counted again before the poll is closed."""
        for poll in await self._database.read(lambda storage: storage.shown.open()):
            if poll.network == network:
                await self._count(poll)

    async def before_closing(self, now: datetime) -> Sequence[ShownPoll]:
        """Count every poll whose time is over; return those of which there may be answers that are not known yet."""
        over = set(await self._database.read(lambda storage: storage.shown.open(closing_by=now)))
        self._counted &= over
        waiting = [poll for poll in over - self._counted if poll.network in self._transports]
        found = await asyncio.gather(*map(self._count, waiting))
        missing = [poll for poll, counted in zip(waiting, found, strict=True) if not counted]
        self._counted.update(set(waiting) - set(missing))
        return missing

    async def _count(self, poll: ShownPoll) -> bool:
        """Have the answers to a poll told; say whether there is nothing more to be had."""
        try:
            async with asyncio.timeout(WITHIN):
                await self._transports[poll.network].recount(Room(poll.network, poll.room), poll.event)
        except Refused as error:
            log.warning("a poll cannot be counted there: %s", error, extra={"action": "recount"})
        except (Unreachable, Limited, TimeoutError) as error:
            log.warning("a poll is not counted yet: %s", error, extra={"action": "recount"})
            return False
        except Exception:
            # Whatever it is, time goes on: the poll is closed a day later at the latest.
            log.exception("a poll cannot be counted", extra={"action": "recount"})
            return False
        return True
