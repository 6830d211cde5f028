"""From the outbox to a network: order per room, frozen dispatches, waiting when told to, reconciliation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from bot.delivery.carrying import Carrying
from bot.delivery.claiming import Claimed, Claiming
from bot.delivery.composing import Composing
from bot.delivery.errands import Errand, Errands
from bot.delivery.freezing import Claim, Freezing
from bot.delivery.outage import Outage
from bot.delivery.pacing import Pacing
from bot.delivery.undelivered import Undelivered
from bot.transports.base import Transport, TransportError
from storage.trouble import is_fatal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from bot.texts.wordings import Wordings
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

CROWD_BETWEEN = 0.25
"""Seconds before a network is asked for what comes next while a crowd's answers gather."""
HEAD_START = 0.1
"""Seconds an answer may take to leave before its network is asked for what comes next."""


class Delivery:
    """Carries what was decided to one network. Runs only while the network is connected and caught up."""

    def __init__(
        self,
        network: str,
        transport: Transport,
        database: Database,
        wordings: Wordings,
        now: Callable[[], datetime],
    ) -> None:
        self._network = network
        self._transport = transport
        self._database = database
        self._wordings = wordings
        self._now = now
        self._wake = asyncio.Event()
        self._look = False
        """Whether something may wait that nobody has claimed."""
        self._handed: list[Claimed] = []
        """Claimed in the intake's transaction, not begun yet."""
        self._untried: set[str] = set()
        """Dispatches of those, until each was sent once."""
        self._tried = asyncio.Event()
        self._outage = Outage()
        self._pacing = Pacing(transport.allowance)
        self._freezing = Freezing(transport, wordings, self._pacing, now)
        self._composing = Composing(transport)
        self._errands = Errands(transport, database, wordings.house, self._outage, now)
        undelivered = Undelivered(database, wordings.house, now)
        self._carrying = Carrying(
            transport,
            database,
            undelivered,
            freezing=self._freezing,
            pacing=self._pacing,
            outage=self._outage,
            works=self._errands.works,
            leaves=self._leaves,
            now=now,
        )
        self._claiming = Claiming(
            network,
            self._freezing,
            self._pacing,
            self._errands,
            carrying=self._carrying,
            undelivered=undelivered,
            undone=self._unclaimed,
        )
        self._timer: asyncio.TimerHandle | None = None
        """Looks again when something's time has come."""
        self._idle = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.running = False
        self._finishing = False

    def wake(self) -> None:
        """Something may wait to be said."""
        self._look = True
        self._idle.clear()
        self._wake.set()

    def claim(self, storage: Storage) -> Claimed | None:
        """Freeze what may leave, in a transaction of the caller's; once it is committed, hand it to `carry`.

        None if it cannot be told now. A fault here must not undo what was received: `run` meets it again, alone.
        """
        if not self.running or self._finishing:
            return None
        try:
            with storage.savepoint():
                return self._claiming.claim(storage)
        except Exception as error:
            if is_fatal(error):
                raise
            log.exception("nothing could be claimed", extra={"action": "claim", "network": self._network})
            return None

    def carry(self, claimed: Claimed | None) -> None:
        """Begin what was claimed. If nothing runs any more, the next run finishes what was begun."""
        if claimed is None:
            self.wake()
        elif self.running and (claimed.claims or claimed.errands or claimed.again is not None):
            self._handed.append(claimed)
            self._untried.update(claim.dispatch.key for claim in claimed.claims)
            self._idle.clear()
            self._wake.set()

    async def head_start(self) -> None:
        """Wait a moment for what was handed to `carry` to leave, and longer while a crowd's answers gather anyway.

        A server that is asked for more works on that first, and whoever waits for an answer waits for it too. Asked
        for each line of a crowd by itself, it has little left for the crowd.
        """
        if self._pacing.is_crowded:
            await asyncio.sleep(CROWD_BETWEEN)
        if self._untried:
            self._tried.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEAD_START):  # wait_for can swallow a cancellation (Python 3.11)
                    await self._tried.wait()

    def take_back(self, storage: Storage) -> None:
        """Let wait again what the network certainly was not given, while nothing runs; in a transaction of the caller's."""
        self._claiming.take_back(storage)

    def came_back(self, reasons: Mapping[str, str]) -> None:
        """These dispatches were seen in their room (no reason), or given back by it, certainly not in it (a reason)."""
        self._carrying.came_back(reasons)

    async def settled(self) -> None:
        """Wait until nothing waits to leave and nothing is under way."""
        await self._idle.wait()

    async def finish(self) -> None:
        """Claim nothing more, and wait until what is under way has arrived or was given up."""
        self._finishing = True
        if self.running:
            self.wake()
            await self._idle.wait()

    async def run(self) -> None:
        """Deliver until cancelled.

        Raises:
            Unsure: something was sent and nothing tells whether it arrived: connect again, and catch up first.
        """
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                await self._finish_what_was_begun(group)
                # Only now: what intake claimed before would have been found there as begun, and been sent twice.
                self.running = True
                self.wake()
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    while self._handed:
                        self._begin(group, self._handed.pop(0))
                    if self._look and not self._finishing:
                        self._look = False
                        self._begin(group, await self._database.write(self._claiming.claim))
                    waits = self._timer is not None and not self._finishing
                    nothing_more = not waits and not self._wake.is_set()
                    if not self._claiming.busy and not self._errands and nothing_more:
                        self._idle.set()
        finally:
            self.running = False
            self._look_again_never()
            if self._finishing:
                self._idle.set()  # what broke off is looked for at the next start
            self._handed.clear()
            self._untried.clear()
            self._claiming.busy.clear()
            self._errands.clear()
            self._carrying.clear()
            await self._composing.close()

    def _begin(self, group: asyncio.TaskGroup, claimed: Claimed) -> None:
        for claim in claimed.claims:
            group.create_task(self._carry(claim, fresh=True))
        for errand in claimed.errands:
            group.create_task(self._run_errand(errand))
        self._look_again(claimed.again)
        self._composing.begin(claimed.asked)
        if claimed.more and (claimed.claims or claimed.errands):
            self.wake()

    async def _run_errand(self, errand: Errand) -> None:
        try:
            await self._errands.do(errand)
        except Exception as error:
            if isinstance(error, TransportError) or is_fatal(error):
                raise
            log.exception("an errand was left undone", extra={"action": errand.act})
            await self._errands.give_up(errand, type(error).__name__)
        finally:
            self.wake()

    def _look_again(self, seconds: float | None) -> None:
        """Look at what waits in so many seconds, unless that is planned for sooner: a look too many does no harm."""
        if seconds is None:
            return
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._timer.when() <= loop.time() + seconds:
            return
        self._look_again_never()
        self._timer = loop.call_later(seconds, self._timed)

    def _look_again_never(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _timed(self) -> None:
        self._timer = None
        self.wake()

    # --- what was begun before

    async def _finish_what_was_begun(self, group: asyncio.TaskGroup) -> None:
        """Send again, byte for byte, what was begun and was not found while catching up.

        Where the network keeps an archive, not found there means not sent. Where it keeps none nobody can tell: such
        a dispatch is marked uncertain and not repeated, unless no attempt of this process to send it got anywhere.
        """
        per_room: dict[int, list[Claim]] = {}
        again = await self._database.write(self._claiming.begun)
        # A transaction that outlived the last run may have marked rooms as busy after that run had forgotten them.
        self._claiming.busy.clear()
        self._errands.clear()
        for claim in again:
            per_room.setdefault(claim.room_id, []).append(claim)
        for room, claims in per_room.items():
            self._claiming.busy.add(room)
            group.create_task(self._carry_all(room, claims))

    async def _carry_all(self, room: int, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self._claiming.busy.add(room)
            await self._carry(claim)

    # --- on the way

    async def _carry(self, claim: Claim, *, fresh: bool = False) -> None:
        """Take one dispatch to its end, and look then at what waits in its room. Raises as `Carrying.carry`."""
        try:
            await self._carrying.carry(claim, fresh=fresh)
        finally:
            self._composing.end(claim.dispatch.room)
            self._claiming.busy.discard(claim.room_id)
            self.wake()

    def _unclaimed(self) -> None:
        """Look anew whether anything is under way: something was seen so that is not. In the database's thread."""
        if self.running and self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    def _leaves(self, key: str) -> None:
        """Note that a dispatch was sent once, or never will be."""
        self._untried.discard(key)
        if not self._untried:
            self._tried.set()
