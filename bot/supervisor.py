"""One network kept served: connected, caught up, delivered to; again after trouble, never after a refused login."""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from bot import starting
from bot.accounts import devices
from bot.health import alarm
from bot.health.health import Standing, one_line
from bot.transports.base import Batch, DeviceForgotten, DeviceLost, LoginRefused, TransportError, Unreachable
from campaign.chat import NETWORKS, Bounced, Echo
from storage.trouble import StorageDamaged, StorageError, StorageFull

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bot.config import Config
    from bot.delivery.delivery import Delivery
    from bot.health.health import State
    from bot.intake.intake import Intake
    from bot.recounting import Recounting
    from bot.transports.base import Start, Transport
    from campaign.chat import Sealed
    from commands.command import House
    from commands.dialogue.forms import Answered
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between attempts to reach a server."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a network has not been heard that was not heard since the start."""
LASTING = 120.0
"""Seconds a connection must have lasted for the next trouble to be the first again."""
LONGEST_TURN = 0.25
"""Seconds after which a transaction that takes events leaves the rest for the next: the other network waits for it."""


class Supervisor:
    """Looks after one network, whatever becomes of the others."""

    def __init__(
        self,
        network: str,
        transport: Transport,
        delivery: Delivery,
        *,
        config: Config,
        house: House,
        database: Database,
        intake: Intake,
        recounting: Recounting,
        tell: alarm.Alarm,
        wake_others: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        """`wake_others`: something may wait to be said on the other networks."""
        self.network, self.transport, self.delivery = network, transport, delivery
        self._config, self._house, self._database = config, house, database
        self._intake, self._recounting, self._alarm = intake, recounting, tell
        self._wake_others, self._now = wake_others, now
        self._name = NETWORKS.get(network, network)
        self._login = config.logins.get(network)
        self.deaf_since: datetime | None = LONG_AGO
        """Since when it has not been heard (UTC); None while it is caught up, or once it was given up."""
        self._heard_until = LONG_AGO
        self.given_up: str | None = None
        """Why it was given up, if it was."""
        self.standing = Standing("connecting", now())
        self._caught_up = asyncio.Event()
        self._decided = asyncio.Event()
        self._taking = asyncio.Lock()
        """Held from a batch's transaction until what it claimed is in the hands of delivery."""
        self._stopping = False
        self._damage: StorageDamaged | None = None

    async def run(self) -> None:
        """Keep it served until it is given up, or the bot is told to stop.

        Raises:
            StorageDamaged: to go on would harm what is left of the database.
        """
        pause, short, down_since, told = FIRST_PAUSE, 0, None, False
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self._attempt()
            if (task := asyncio.current_task()) is not None and task.cancelling():
                # A group that was ending by an error has taken our cancellation for its own.
                raise asyncio.CancelledError
            if self._damage:
                raise self._damage
            if self._stopping:
                return
            if self.given_up is not None:
                await self._alarm.login_refused(self.network, self._mended_by)
                return
            if self._caught_up.is_set():
                # What breaks off again and again, soon after it was well, is tried ever more rarely too.
                short = short + 1 if loop.time() - began < LASTING else 0
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(max(0, short - 1), 16))
                if not short:
                    down_since, told = None, False
            down_since = down_since or loop.time()
            if not told and loop.time() - down_since > alarm.TELL_AFTER:
                told = True
                await self._alarm.cannot_reach(self.network)
            self._loses()
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads load, keeps no secret
            pause = min(LONGEST_PAUSE, pause * 2)

    def heard(self, now: datetime) -> datetime:
        """Up to when all that was said on it has been taken (UTC): while it is away, what was known as it broke off."""
        if self.deaf_since is not None:
            return self._heard_until
        vitals = self.transport.vitals()
        return min(now, vitals.heard or now, vitals.complete or now)

    async def decided(self) -> None:
        """Wait until it has caught up for the first time, or was given up."""
        await self._decided.wait()

    def stop(self) -> None:
        """Take nothing more but what tells of our own messages."""
        self._stopping = True

    async def finish(self) -> None:
        """Wait until what is under way has arrived."""
        async with self._taking:
            pass  # a batch that is being taken, and what it claimed, is the last
        await self.delivery.finish()

    async def take_forms(self, batch: Batch) -> Mapping[str, Answered]:
        """Take what was handed in on forms, between two batches of the network. Raises StorageError, Unreachable."""
        async with self._taking:
            if self._stopping or not self._caught_up.is_set():
                raise Unreachable("nothing is taken now")
            taken = await self._intake.take(self.network, batch, self.delivery.claim)
            self.delivery.carry(taken.claimed)
        self.delivery.wake()
        self._wake_others()
        return taken.answered

    # --- one attempt

    async def _attempt(self) -> None:
        """Serve the network until something ends it, and note what."""
        try:
            self._loses()
            await self._serve()
        except* LoginRefused as refusals:
            await self._ends(lambda _: None, "login")
            self._give_up(str(_leaf(refusals)))
        except* DeviceLost as losses:
            await self._new_device(str(_leaf(losses)))
        except* DeviceForgotten as forgotten:
            await self._same_device(str(_leaf(forgotten)))
        except* StorageDamaged as damages:
            self._damage = cast("StorageDamaged", _leaf(damages))
        except* (TransportError, StorageError) as troubles:
            trouble = _leaf(troubles)
            log.warning("%s: trouble: %s", self._name, trouble, extra=self._extra("trouble"))
            self._stand("connecting", str(trouble))
            if isinstance(trouble, StorageFull):
                self._alarm.disk_is_full()
        except* Exception as errors:
            log.exception("a fault", exc_info=errors, extra=self._extra("fault"))
            self._stand("connecting", f"a fault of mine ({type(_leaf(errors)).__name__})")

    async def _serve(self) -> None:
        start = await self._database.write(self._start)
        async with (
            self.transport.connected(start),
            aclosing(self.transport.batches()) as batches,
            asyncio.TaskGroup() as group,
        ):
            self._stand("catching up")
            try:
                async for batch in batches:
                    await self._take(batch)
                    if batch.caught_up and not (self._caught_up.is_set() or self._stopping):
                        self._catches_up()
                        group.create_task(self.delivery.run())
                        group.create_task(self._recounting.after_start(self.network))
                        await self._alarm.disk_is_well()
                    try:
                        await self.delivery.head_start()
                    finally:
                        if (
                            batch.events
                        ):  # not sooner: their transaction would run while the answer is to leave
                            self._wake_others()
            finally:
                self._goes_deaf()  # while the connection still tells when it was last heard

    def _start(self, storage: Storage) -> Start:
        self._database.ensure_room()  # before a login, of which servers allow only so many
        start = starting.start_of(storage, self.network, self._config, self._house, self._now())
        return replace(start, kept=self._kept)

    async def _kept(self, sessions: Collection[tuple[str, str]]) -> Sequence[Sealed]:
        return await self._database.read(lambda storage: starting.kept(storage, self.network, sessions))

    async def _take(self, batch: Batch) -> None:
        async with self._taking:
            rest: Batch | None = batch
            while rest is not None:
                heard = _answers(rest) if self._stopping else rest
                taken = await self._intake.take(self.network, heard, self.delivery.claim, within=LONGEST_TURN)
                self.delivery.came_back(taken.came_back)
                self.delivery.carry(taken.claimed)
                rest = taken.rest

    # --- how it stands

    def _catches_up(self) -> None:
        self._caught_up.set()
        self.deaf_since = None
        self._decided.set()
        self._stand("caught up")
        log.info("%s: caught up", self._name, extra=self._extra("ready"))

    def _loses(self) -> None:
        """Note that from now on the network is not heard, if it was."""
        self._goes_deaf()
        self._caught_up.clear()

    def _goes_deaf(self) -> None:
        if self._caught_up.is_set() and self.deaf_since is None:
            now = self._now()
            self._heard_until, self.deaf_since = self.heard(now), now

    def _give_up(self, why: str) -> None:
        if self._mended_by:
            why += f"; `{self._mended_by}` mends it"
        # No traceback: it is the config that is wrong.
        log.error("%s: login refused: %s", self._name, why, extra=self._extra("login"))
        self.given_up = why
        self.deaf_since = None
        self._stand("given up", why)
        self._decided.set()

    async def _new_device(self, why: str) -> None:
        """Have the next connection log in as a new device, and say so to the administrators: keys do not come back."""
        log.warning("%s: a new device: %s", self._name, why, extra=self._extra("new device"))
        self._stand("connecting", why)
        account = starting.account_of(self._config.settings, self.network)
        await self._ends(
            lambda storage: devices.lost(storage, self._house, self.network, account, self._now()),
            "new device",
        )

    async def _same_device(self, why: str) -> None:
        """Leave in doubt what the next connection would have the server take for other messages."""
        log.warning("%s: %s", self._name, why, extra=self._extra("device forgotten"))
        self._stand("connecting", why)
        await self._ends(
            lambda storage: devices.forgotten(storage, self._house, self.network, self._now()),
            "device forgotten",
        )

    async def _ends(self, then: Callable[[Storage], None], action: str) -> None:
        """Write down what follows from the end of our session: what was never offered in it is for the next one."""

        def work(storage: Storage) -> None:
            self.delivery.take_back(storage)
            then(storage)

        try:
            await self._database.write(work)
        except StorageError as error:
            log.warning("not written down yet: %s", error, extra=self._extra(action))

    def _stand(self, state: State, why: str = "") -> None:
        """Note how it stands. What is one interruption, however often it is tried, has one beginning."""
        before = self.standing
        still_away = {before.state, state} <= {"connecting", "catching up"}
        since = before.since if still_away else self._now()
        self.standing = Standing(state, since, one_line(why) or (before.why if still_away else ""))

    @property
    def _mended_by(self) -> str:
        """The command by which an operator mends a refused login; empty if there is none."""
        return self._login.mended_by if self._login is not None else ""

    def _extra(self, action: str) -> dict[str, str]:
        return {"action": action, "network": self.network}


def _answers(batch: Batch) -> Batch:
    """What a batch says of our own messages; the rest is left, with its cursors, for the next start."""
    return Batch(tuple(event for event in batch.events if isinstance(event, Echo | Bounced)))


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
