"""The composition root: builds everything, and serves every network so that none stops another."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot import hearing
from bot.clock import Clock, utc_now
from bot.delivery.delivery import Delivery
from bot.files.opening import house_of, open_campaigns
from bot.forms.desk import Desk
from bot.health.alarm import Alarm
from bot.intake.intake import Intake
from bot.recounting import Recounting
from bot.supervisor import Supervisor
from bot.texts.wordings import Wordings
from bot.ticking import Ticking
from bot.transports.forms import Attended
from commands.menu import MENU
from commands.tick import Tick
from storage.trouble import StorageBusy, StorageDamaged, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.config import Config
    from bot.health.health import Standing
    from bot.transports.base import Transport, Vitals
    from storage.database import Database

log = logging.getLogger(__name__)

BUSY_TRIES, BUSY_PAUSE = 10, 1.0
"""How often it is tried to begin while another program uses the database, and the seconds between; SQLite itself waits
for some seconds each."""
FINISH_WITHIN = 5.0
"""Seconds that what is under way is given to arrive once the bot was told to stop."""


class App:
    """A bot on its networks, with one database."""

    def __init__(
        self,
        config: Config,
        database: Database,
        transports: Mapping[str, Transport],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.house = house_of(config)
        self._config, self._database, self._now = config, database, now
        self.intake = Intake(database, self.house, MENU, now)
        self.ticking = Ticking(database, self.house)
        self._recounting = Recounting(database, transports)
        alarm = Alarm(database, self.house, self.wake, now)
        wordings = Wordings(self.house, MENU)
        self.supervisors = {
            network: Supervisor(
                network,
                transport,
                Delivery(network, transport, database, wordings, now),
                config=config,
                house=self.house,
                database=database,
                intake=self.intake,
                recounting=self._recounting,
                tell=alarm,
                wake_others=partial(self.wake, but=network),
                now=now,
            )
            for network, transport in transports.items()
        }
        self._hearing = hearing.Hearing(self.supervisors.values(), alarm)
        self._stopping = False
        for network, supervisor in self.supervisors.items():
            if isinstance(supervisor.transport, Attended):
                desk = Desk(network, database, wordings, MENU, take=supervisor.take_forms, now=now)
                supervisor.transport.attend(desk)

    async def open(self) -> None:
        """Bring what the config names into the database. Raises StorageError."""
        if self._config.amiss:
            # Not what: a line of an organisations' file names people.
            log.warning(
                "started without reading the letters and organisations (%d to mend): it goes on with those it knows; "
                "`tocsin check` says what is wrong, `tocsin reload` has them read",
                len(self._config.amiss),
                extra={"action": "open"},
            )
        for left in reversed(range(BUSY_TRIES)):
            try:
                changes = await self._database.write(
                    lambda storage: open_campaigns(storage, self._config, self._now())
                )
                break
            except StorageBusy as error:
                # Somebody looks into it just now (`sqlite3`, a backup): that is no reason not to start.
                if not left:
                    raise
                log.warning("not begun yet: %s", error, extra={"action": "open"})
                await asyncio.sleep(BUSY_PAUSE)
        for line in changes.refused:
            log.warning("not taken from an organisations' file: %s", line, extra={"action": "roster"})

    def vitals(self) -> dict[str, Vitals]:
        """What each network last showed of its working."""
        return {network: one.transport.vitals() for network, one in self.supervisors.items()}

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks it serves."""
        return tuple(self.supervisors)

    @property
    def standings(self) -> dict[str, Standing]:
        """How the bot stands with each network."""
        return {network: one.standing for network, one in self.supervisors.items()}

    @property
    def stopped(self) -> dict[str, str]:
        """The networks that were given up, and why."""
        return {
            network: one.given_up for network, one in self.supervisors.items() if one.given_up is not None
        }

    async def run(self, clock: Clock | None = None) -> None:
        """Serve every network and let time pass, until cancelled or until each network has been given up.

        Raises:
            StorageDamaged: to go on would harm what is left of the database.
        """
        ticking = asyncio.create_task(self._tick(clock or Clock()))
        serving = asyncio.create_task(self.serve())
        try:
            done, _ = await asyncio.wait((ticking, serving), return_when=asyncio.FIRST_COMPLETED)
            await done.pop()  # the clock ends by an exception alone
        finally:
            ticking.cancel()
            serving.cancel()
            await asyncio.gather(ticking, serving, return_exceptions=True)

    async def serve(self) -> None:
        """Serve every network, each for itself, until cancelled or until each has been given up. Raises as `run`."""
        await self.open()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.intake.suggesting.warm())
                for supervisor in self.supervisors.values():
                    group.create_task(supervisor.run())
        except BaseExceptionGroup as ended:
            damaged = ended.subgroup(StorageDamaged)
            if damaged is not None:
                raise damaged.exceptions[0] from None
            raise

    async def stop(self) -> None:
        """Take nothing more, and give what is under way a few seconds to arrive. Whoever calls cancels `run` then."""
        self._stopping = True
        for one in self.supervisors.values():
            one.stop()
        try:
            async with asyncio.timeout(FINISH_WITHIN):
                await asyncio.gather(*(one.finish() for one in self.supervisors.values()))
        except TimeoutError:
            log.warning("some messages are still under way: they are seen to at the next start")

    async def ready(self) -> None:
        """Wait until every network that was not given up has caught up."""
        for one in self.supervisors.values():
            await one.decided()

    def wake(self, *, but: str = "") -> None:
        """Something may wait to be said, on any network (`but` one)."""
        for network, one in self.supervisors.items():
            if network != but:
                one.delivery.wake()

    async def settled(self) -> None:
        """Wait until nothing waits to be said on any network."""
        for one in self.supervisors.values():
            await one.delivery.settled()

    async def tick(self, now: datetime) -> None:
        """Let happen what time brings."""
        if self._stopping:
            return
        missing = [
            poll for poll in await self._recounting.before_closing(now) if poll.network not in self.stopped
        ]
        if self._stopping:
            return  # what was counted just now may not have been taken any more
        before = [poll.closes_at - timedelta(microseconds=1) for poll in missing]
        heard = min([self._hearing.heard(now), *before])
        away = self._hearing.away(now).union(poll.network for poll in missing)
        try:
            await self.ticking.tick(Tick(now, heard, away))
        finally:
            self.wake()  # what is due may be said, though something after it failed

    async def _tick(self, clock: Clock) -> None:
        """Tick once every network has caught up, or after a while without those that have not."""
        try:
            async with asyncio.timeout(hearing.WAIT_FOR_OTHERS):
                await self.ready()
        except TimeoutError:
            log.warning("the clock starts without every network", extra={"action": "clock"})
        ticked: datetime | None = None
        async with clock.running():
            async for now in clock.ticks():
                try:
                    await self._hearing.tell_of_silence(now)
                    ticked = min(ticked or now, now)
                    has_waited = now - ticked >= timedelta(seconds=hearing.WAIT_FOR_OTHERS)
                    if has_waited or not self._hearing.broke_off(now):
                        ticked = now
                        await self.tick(now)
                except StorageDamaged:
                    raise
                except StorageError as error:
                    log.warning("nothing could be due: %s", error, extra={"action": "clock"})
                except Exception:
                    log.exception("a tick failed", extra={"action": "clock"})
