"""The composition root: builds everything, and keeps one supervisor per network so that none stops another."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

from bot import devices
from bot.alarm import Alarm
from bot.clock import Clock, utc_now
from bot.delivery import Delivery
from bot.desk import Desk
from bot.health import Standing, one_line
from bot.intake import Intake
from bot.opening import house_of, open_campaigns
from bot.recounting import Recounting
from bot.texts.wordings import Wordings
from bot.ticking import Ticking
from bot.transports.base import Attended, Batch, DeviceLost, LoginRefused, Start, TransportError, Unreachable
from campaign.chat import MATRIX, N_, NETWORKS, XMPP, Address, Bounced, Echo, Moment, Room, Sealed, say
from commands import tell
from commands.due import Tick
from commands.menu import MENU
from storage.database import StorageBusy, StorageDamaged, StorageError, StorageFull

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.config import Config
    from bot.health import State
    from bot.transports.base import Transport, Vitals
    from campaign.chat import Text
    from commands.forms import Answered
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between attempts to reach a server."""
WAIT_FOR_OTHERS = 120.0
"""Seconds the clock waits for every network to catch up, at the start and when one breaks off: who answered there
must not be reminded."""
HEARD_WITHIN = 90.0
"""Seconds within which a network that works is heard, if nobody says anything: syncs and pings are a minute apart."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a network has not been heard that was not heard since the start."""
LASTING = 120.0
"""Seconds a connection must have lasted for the next trouble to be the first again."""
BUSY_TRIES = 10
"""How often it is tried to begin while another program uses the database; SQLite itself waits for some seconds each."""
TELL_AFTER = 300.0
"""Seconds without a network after which the administrators are told through the others."""
LONGEST_TURN = 0.25
"""Seconds after which a transaction that takes events leaves the rest for the next: the other network waits for it."""
FINISH_WITHIN = 5.0
"""Seconds that what is under way is given to arrive once the bot was told to stop."""

CANNOT_REACH = N_("I cannot reach {network}; I keep trying, and nothing is lost meanwhile.")


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
        self._config = config
        self._database = database
        self._transports = transports
        self._now = now
        self.intake = Intake(database, self.house, MENU, now)
        self.ticking = Ticking(database, self.house)
        self._alarm = Alarm(database, self.house, self.wake, now)
        wordings = Wordings(self.house, MENU)
        self._deliveries = {
            network: Delivery(network, transport, database, wordings, now)
            for network, transport in transports.items()
        }
        self._recounting = Recounting(database, transports)
        self._caught_up = {network: asyncio.Event() for network in transports}
        self._deaf: dict[str, datetime] = dict.fromkeys(transports, LONG_AGO)
        """Network that has not caught up → since when it has not been heard (UTC)."""
        self._decided = {network: asyncio.Event() for network in transports}
        """Set once a network has caught up for the first time, or was given up."""
        self.stopped: dict[str, str] = {}
        """Network → why it was given up."""
        self.standings = {network: Standing("connecting", now()) for network in transports}
        self._silent: set[str] = set()
        """Networks of whose silence the administrators were told."""
        self._taking = {network: asyncio.Lock() for network in transports}
        """Held from a batch's transaction until what it claimed is in the hands of delivery."""
        self._stopping = False
        self._held_since: datetime | None = None
        """Since when the disk takes nothing."""
        self._damage: StorageDamaged | None = None
        for network, transport in transports.items():
            if isinstance(transport, Attended):
                take = partial(self._take_forms, network)
                transport.attend(Desk(network, database, wordings, MENU, take=take, now=now))

    async def open(self) -> None:
        """Bring what the config names into the database. Raises StorageError."""
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
                await asyncio.sleep(FIRST_PAUSE)
        for line in changes.refused:
            log.warning("not taken from an organisations' file: %s", line, extra={"action": "roster"})

    def vitals(self) -> dict[str, Vitals]:
        """What each network last showed of its working."""
        return {network: transport.vitals() for network, transport in self._transports.items()}

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks it serves."""
        return tuple(self._transports)

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
                for network in self._transports:
                    group.create_task(self._supervise(network))
        except BaseExceptionGroup:
            if self._damage:
                raise self._damage from None
            raise

    async def stop(self) -> None:
        """Take nothing more, and give what is under way a few seconds to arrive. Whoever calls cancels `run` then."""
        self._stopping = True
        try:
            async with asyncio.timeout(FINISH_WITHIN):
                await asyncio.gather(*map(self._finish, self._transports))
        except TimeoutError:
            log.warning("some messages are still under way: they are seen to at the next start")

    async def _finish(self, network: str) -> None:
        async with self._taking[network]:
            pass  # a batch that is being taken, and what it claimed, is the last
        await self._deliveries[network].finish()

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
        if self._stopping:
            return
        missing = [
            poll for poll in await self._recounting.before_closing(now) if poll.network not in self.stopped
        ]
        if self._stopping:
            return  # what was counted just now may not have been taken any more
        heard = min([self._heard(now), *(poll.closes_at - timedelta(microseconds=1) for poll in missing)])
        away = self._away(now).union(poll.network for poll in missing)
        try:
            await self.ticking.tick(Tick(now, heard, away))
        finally:
            self.wake()  # what is due may be said, though something after it failed

    # --- one network

    async def _supervise(self, network: str) -> None:
        """Keep a network served: connect, catch up, deliver; again after trouble, never after a refused login."""
        pause, short, down_since, told = FIRST_PAUSE, 0, None, False
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self._attempt(network)
            if (task := asyncio.current_task()) is not None and task.cancelling():
                # A group that was ending by an error has taken our cancellation for its own.
                raise asyncio.CancelledError
            if self._damage:
                raise self._damage
            if self._stopping:
                return
            if network in self.stopped:
                await self._alarm.sound(self._refused(network))
                return
            if self._caught_up[network].is_set():
                # What breaks off again and again, soon after it was well, is tried ever more rarely too.
                short = short + 1 if loop.time() - began < LASTING else 0
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(max(0, short - 1), 16))
                if not short:
                    down_since, told = None, False
            down_since = down_since or loop.time()
            if not told and loop.time() - down_since > TELL_AFTER:
                told = True
                await self._alarm.sound(say(CANNOT_REACH, network=NETWORKS.get(network, network)))
            self._loses(network)
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads load, keeps no secret
            pause = min(LONGEST_PAUSE, pause * 2)

    def _refused(self, network: str) -> Text:
        name, login = NETWORKS.get(network, network), self._config.logins.get(network)
        if login is not None and login.mended_by:
            text = N_(
                "I stopped on {network}: my login is refused. An operator mends it with {command}, and a restart."
            )
            return say(text, network=name, command=login.mended_by)
        return say(
            N_("I stopped on {network}: my login is refused. An operator has to mend it."), network=name
        )

    async def _attempt(self, network: str) -> None:
        """Serve a network until something ends it, and note what."""
        try:
            self._loses(network)
            await self._serve(network)
        except* LoginRefused as refusals:
            why = str(_leaf(refusals))
            login = self._config.logins.get(network)
            if login is not None and login.mended_by:
                why += f"; `{login.mended_by}` mends it"
            log.error(  # noqa: TRY400 - no traceback: it is the config that is wrong
                "%s: login refused: %s",
                NETWORKS.get(network, network),
                why,
                extra={"action": "login", "network": network},
            )
            self.stopped[network] = why
            self._deaf.pop(network, None)
            self._stand(network, "given up", why)
            self._decided[network].set()
        except* DeviceLost as losses:
            await self._new_device(network, str(_leaf(losses)))
        except* StorageDamaged as damages:
            self._damage = self._damage or cast("StorageDamaged", _leaf(damages))
        except* (TransportError, StorageError) as troubles:
            trouble = _leaf(troubles)
            log.warning(
                "%s: trouble: %s",
                NETWORKS.get(network, network),
                trouble,
                extra={"action": "trouble", "network": network},
            )
            self._stand(network, "connecting", str(trouble))
            if isinstance(trouble, StorageFull):
                self._held_since = self._held_since or self._now()
        except* Exception as errors:
            log.exception("a fault", exc_info=errors, extra={"action": "fault", "network": network})
            self._stand(network, "connecting", f"a fault of mine ({type(_leaf(errors)).__name__})")

    async def _new_device(self, network: str, why: str) -> None:
        """Have the next connection log in as a new device, and say so to the administrators: keys do not come back."""
        name = NETWORKS.get(network, network)
        log.warning("%s: a new device: %s", name, why, extra={"action": "new device", "network": network})
        self._stand(network, "connecting", why)

        def work(storage: Storage) -> None:
            storage.inbox.forget_device(network, self._account(network))
            text = say(
                N_(
                    "🔒 My keys for encrypted rooms are lost: I begin anew, as a new device. What was written there lately and has no answer has to be written again."
                )
            )
            tell.put(storage, tell.admins(storage, self.house, text), self._now())

        try:
            await self._database.write(work)
        except StorageError as error:
            log.warning("no new device yet: %s", error, extra={"action": "new device"})

    def _account(self, network: str) -> str:
        settings = self._config.settings
        if network == MATRIX and settings.matrix:
            return settings.matrix.user
        if network == XMPP and settings.xmpp:
            return settings.xmpp.jid
        return ""

    def _stand(self, network: str, state: State, why: str = "") -> None:
        """Note how it stands with a network. What is one interruption, however often it is tried, has one beginning."""
        before = self.standings[network]
        still_away = {before.state, state} <= {"connecting", "catching up"}
        since = before.since if still_away else self._now()
        self.standings[network] = Standing(state, since, one_line(why) or (before.why if still_away else ""))

    def _loses(self, network: str) -> None:
        """Note that from now on a network is not heard, if it was."""
        if self._caught_up[network].is_set():
            self._deaf[network] = self._now()
        self._caught_up[network].clear()

    def _heard(self, now: datetime) -> datetime:
        """Up to when all that was said has been read, on every network that was not given up (UTC)."""
        listening = [
            min(now, transport.vitals().heard or now)
            for network, transport in self._transports.items()
            if network not in self._deaf and network not in self.stopped
        ]
        return min([now, *listening, *self._deaf.values()])

    def _away(self, now: datetime) -> frozenset[str]:
        """The networks that are not heard now, of those that were not given up."""
        lately = now - timedelta(seconds=HEARD_WITHIN)
        return frozenset(
            network
            for network, transport in self._transports.items()
            if network not in self.stopped
            and (network in self._deaf or (transport.vitals().heard or now) < lately)
        )

    async def _tell_of_silence(self, now: datetime) -> None:
        """Tell the administrators, once, of a network that is connected and has not been heard for long."""
        for network, transport in self._transports.items():
            heard = transport.vitals().heard
            if network in self._deaf or heard is None or now - heard < timedelta(seconds=TELL_AFTER):
                self._silent.discard(network)
            elif network not in self._silent:
                self._silent.add(network)
                await self._alarm.sound(say(CANNOT_REACH, network=NETWORKS.get(network, network)))

    def _broke_off(self, now: datetime) -> bool:
        """Whether a network was heard until just now and is not any more: mostly it is back in a moment."""
        begun = [*self._deaf.values()]
        heard = self._heard(now) + timedelta(seconds=HEARD_WITHIN)
        if not begun and heard < now:
            begun.append(heard)
        moment = timedelta(seconds=WAIT_FOR_OTHERS)
        return any(timedelta(0) <= now - since < moment for since in begun)

    async def _tell_of_disk(self) -> None:
        """Tell the administrators, once the disk takes something again, that it did not."""
        since, self._held_since = self._held_since, None
        if since is not None:
            zone = self.house.timezone
            text = N_(
                "My disk took nothing from {since} until {until}. Nothing is lost: what was said meanwhile has been read now. An operator should look at the disk."
            )
            await self._alarm.sound(say(text, since=Moment(since, zone), until=Moment(self._now(), zone)))

    async def _serve(self, network: str) -> None:
        start = await self._database.write(lambda storage: self._start(storage, network))
        transport, delivery = self._transports[network], self._deliveries[network]
        async with (
            transport.connected(start),
            aclosing(transport.batches()) as batches,
            asyncio.TaskGroup() as group,
        ):
            self._stand(network, "catching up")
            async for batch in batches:
                async with self._taking[network]:
                    rest: Batch | None = batch
                    while rest is not None:
                        heard = _answers(rest) if self._stopping else rest
                        taken = await self.intake.take(network, heard, delivery.claim, within=LONGEST_TURN)
                        delivery.came_back(taken.came_back)
                        delivery.carry(taken.claimed)
                        rest = taken.rest
                if batch.caught_up and not (self._caught_up[network].is_set() or self._stopping):
                    self._caught_up[network].set()
                    self._deaf.pop(network, None)
                    self._decided[network].set()
                    self._stand(network, "caught up")
                    log.info(
                        "%s: caught up",
                        NETWORKS.get(network, network),
                        extra={"action": "ready", "network": network},
                    )
                    group.create_task(delivery.run())
                    group.create_task(self._recounting.after_start(network))
                    await self._tell_of_disk()
                if batch.events:
                    for other in self._deliveries.values():
                        if other is not delivery:
                            other.wake()
                await delivery.head_start()

    def _start(self, storage: Storage, network: str) -> Start:
        self._database.ensure_room()  # before a login, of which servers allow only so many
        account = self._account(network)
        device = devices.of_account(storage, self.house, network, account, self._now())
        login = self._config.logins.get(network)
        if login is not None and login.device not in ("", device):
            raise LoginRefused(
                f"the login that was kept is of device {login.device}, and this data folder's is another"
            )
        rooms = [
            room.address for room in storage.rooms.wanted(network) if not (network == XMPP and room.direct)
        ]
        return Start(
            cursors=storage.inbox.cursors(network),
            rooms=tuple(rooms),
            device=device,
            unsure={row.key: row.address for row in storage.outbox.sending(network)},
            sealed=tuple(
                Sealed(
                    Room(network, row.room),
                    row.event,
                    Address(network, row.sender),
                    row.session,
                    json.dumps(row.payload),
                    row.received_at,
                )
                for row in storage.unread.waiting(network)
            ),
        )

    async def _take_forms(self, network: str, batch: Batch) -> Mapping[str, Answered]:
        """Take what was handed in on forms, between two batches of their network. Raises StorageError, Unreachable."""
        delivery = self._deliveries[network]
        async with self._taking[network]:
            if self._stopping or not self._caught_up[network].is_set():
                raise Unreachable("nothing is taken now")
            taken = await self.intake.take(network, batch, delivery.claim)
            delivery.carry(taken.claimed)
        self.wake()
        return taken.answered

    async def _tick(self, clock: Clock) -> None:
        """Tick once every network has caught up, or after a while without those that have not."""
        try:
            async with asyncio.timeout(WAIT_FOR_OTHERS):
                await self.ready()
        except TimeoutError:
            log.warning("the clock starts without every network", extra={"action": "clock"})
        ticked: datetime | None = None
        async with clock.running():
            async for now in clock.ticks():
                try:
                    await self._tell_of_silence(now)
                    ticked = min(ticked or now, now)
                    waited = now - ticked
                    if waited >= timedelta(seconds=WAIT_FOR_OTHERS) or not self._broke_off(now):
                        ticked = now
                        await self.tick(now)
                except StorageDamaged:
                    raise
                except StorageError as error:
                    log.warning("nothing could be due: %s", error, extra={"action": "clock"})
                except Exception:
                    log.exception("a tick failed", extra={"action": "clock"})


def _answers(batch: Batch) -> Batch:
    """What a batch says of our own messages; the rest is left, with its cursors, for the next start."""
    return Batch(tuple(event for event in batch.events if isinstance(event, Echo | Bounced)))


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
