"""The composition root: builds everything, and keeps one supervisor per network so that none stops another."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from contextlib import aclosing
from typing import TYPE_CHECKING

from bot.clock import Clock, utc_now
from bot.delivery import Delivery
from bot.intake import Intake
from bot.opening import open_campaigns
from bot.texts.wordings import Wordings
from bot.transports.base import LoginRefused, Start, TransportError
from campaign.chat import MATRIX, N_, XMPP, say
from commands.command import House
from commands.menu import MENU
from storage.database import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.config import Config
    from bot.transports.base import Transport
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between attempts to reach a server."""
WAIT_FOR_OTHERS = 120.0
"""Seconds the clock waits for every network to catch up: who answered there must not be reminded."""
TELL_AFTER = 300.0
"""Seconds without a network after which the administrators are told through the others."""

NAMES = {MATRIX: "Matrix", XMPP: "XMPP"}


class App:
    """A bot on its networks, with one database."""

    def __init__(
        self,
        config: Config,
        database: Database,
        transports: Mapping[str, Transport],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        bot = config.settings.bot
        self.house = House(
            language=bot.language,
            timezone=bot.timezone,
            prefix=bot.prefix,
            name=bot.name,
            admins=frozenset(bot.admins),
        )
        self._config = config
        self._database = database
        self._transports = transports
        self._now = now
        self.intake = Intake(database, self.house, MENU, now)
        wordings = Wordings(self.house, MENU)
        self._deliveries = {
            network: Delivery(network, transport, database, wordings, now)
            for network, transport in transports.items()
        }
        self._caught_up = {network: asyncio.Event() for network in transports}
        self._decided = {network: asyncio.Event() for network in transports}
        """Set once a network has caught up for the first time, or was given up."""
        self.stopped: dict[str, str] = {}
        """Network → why it was given up."""

    async def open(self) -> None:
        """Bring what the config names into the database. Raises StorageError."""
        refused = await self._database.write(
            lambda storage: open_campaigns(storage, self._config, self._now())
        )
        for line in refused:
            log.warning("not taken from an organisations' file: %s", line, extra={"action": "roster"})

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks it serves."""
        return tuple(self._transports)

    async def run(self, clock: Clock | None = None) -> None:
        """Serve every network and let time pass, until cancelled or until each network has been given up."""
        ticking = asyncio.create_task(self._tick(clock or Clock()))
        try:
            await self.serve()
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    async def serve(self) -> None:
        """Serve every network, each for itself, until cancelled or until each has been given up."""
        await self.open()
        async with asyncio.TaskGroup() as group:
            for network in self._transports:
                group.create_task(self._supervise(network))

    async def ready(self) -> None:
        """Wait until every network that was not given up has caught up."""
        for event in self._decided.values():
            await event.wait()

    def wake(self) -> None:
        """Something may wait to be said, on any network."""
        for delivery in self._deliveries.values():
            delivery.wake()

    async def settled(self) -> None:
        """Wait until nothing waits to be said on any network."""
        for delivery in self._deliveries.values():
            await delivery.settled()

    async def tick(self, now: datetime) -> None:
        """Let happen what time brings."""
        await self.intake.tick(now)
        self.wake()

    # --- one network

    async def _supervise(self, network: str) -> None:
        """Keep a network served: connect, catch up, deliver; again after trouble, never after a refused login."""
        pause, down_since, told = FIRST_PAUSE, None, False
        loop = asyncio.get_running_loop()
        while True:
            try:
                self._caught_up[network].clear()
                await self._serve(network)
            except* LoginRefused as refusals:
                why = str(_leaf(refusals))
                log.error("login refused: %s", why, extra={"action": "login", "network": network})  # noqa: TRY400 - no traceback: it is the config that is wrong
                self.stopped[network] = why
                self._decided[network].set()
            except* (TransportError, StorageError) as troubles:
                why = str(_leaf(troubles))
                log.warning("trouble: %s", why, extra={"action": "trouble", "network": network})
            except* Exception as errors:
                log.exception("a fault", exc_info=errors, extra={"action": "fault", "network": network})
            if network in self.stopped:
                await self._alarm(
                    network, N_("I stopped on {network}: my login is refused. An operator has to mend it.")
                )
                return
            if self._caught_up[network].is_set():
                pause, down_since, told = FIRST_PAUSE, None, False
            down_since = down_since or loop.time()
            if not told and loop.time() - down_since > TELL_AFTER:
                told = True
                await self._alarm(
                    network, N_("I cannot reach {network}; I keep trying, and nothing is lost meanwhile.")
                )
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads load, keeps no secret
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _alarm(self, network: str, text: str) -> None:
        try:
            await self.intake.alarm(say(text, network=NAMES.get(network, network)))
        except StorageError as error:
            log.warning("cannot tell the administrators: %s", error, extra={"action": "alarm"})
        self.wake()

    async def _serve(self, network: str) -> None:
        start = await self._database.write(lambda storage: self._start(storage, network))
        transport, delivery = self._transports[network], self._deliveries[network]
        async with (
            transport.connected(start),
            aclosing(transport.batches()) as batches,
            asyncio.TaskGroup() as group,
        ):
            async for batch in batches:
                taken = await self.intake.take(network, batch, delivery.claim)
                delivery.came_back(taken.came_back)
                delivery.carry(taken.claimed)
                if batch.caught_up and not self._caught_up[network].is_set():
                    self._caught_up[network].set()
                    self._decided[network].set()
                    log.info("caught up", extra={"action": "ready", "network": network})
                    group.create_task(delivery.run())
                if batch.events:
                    for other in self._deliveries.values():
                        if other is not delivery:
                            other.wake()
                await delivery.head_start()

    def _start(self, storage: Storage, network: str) -> Start:
        settings = self._config.settings
        account = ""
        if network == MATRIX and settings.matrix:
            account = settings.matrix.user
        elif network == XMPP and settings.xmpp:
            account = settings.xmpp.jid
        rooms = [
            room.address for room in storage.rooms.wanted(network) if not (network == XMPP and room.direct)
        ]
        return Start(
            cursors=storage.inbox.cursors(network),
            rooms=tuple(rooms),
            device=storage.inbox.device(network, account, f"TOCSIN{secrets.token_hex(4).upper()}"),
            unsure={row.key: row.address for row in storage.outbox.sending(network)},
        )

    async def _tick(self, clock: Clock) -> None:
        """Tick once every network has caught up, or after a while without those that have not."""
        try:
            async with asyncio.timeout(WAIT_FOR_OTHERS):
                await self.ready()
        except TimeoutError:
            log.warning("the clock starts without every network", extra={"action": "clock"})
        async with clock.running():
            async for now in clock.ticks():
                try:
                    await self.tick(now)
                except StorageError as error:
                    log.warning("nothing could be due: %s", error, extra={"action": "clock"})
                except Exception:
                    log.exception("a tick failed", extra={"action": "clock"})


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
