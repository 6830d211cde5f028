"""From the outbox to a network: order per room, frozen dispatches, waiting when told to, reconciliation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errands import Errand, Errands
from bot.freezing import Claim, Freezing, thawed
from bot.outage import Outage
from bot.pacing import Pacing, Want
from bot.transports.base import (
    Dispatch,
    Limited,
    NotPrivate,
    NotReady,
    Refused,
    RoomEncrypted,
    Transport,
    TransportError,
    Unreachable,
    Unsure,
)
from campaign.chat import Address, Room
from commands import tell, undelivered
from storage.database import is_fatal
from storage.steps import reached

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from bot.texts.wordings import Wordings
    from bot.transports.base import Accepted
    from storage.database import Database
    from storage.outbox import Waiting
    from storage.storage import Storage

log = logging.getLogger(__name__)

ECHO_WITHIN = 30.0
"""Seconds in which a message of ours must come back where only that proves it arrived."""
LASTING = frozenset({"forbidden", "not-allowed", "gone", "policy-violation", "not-authorized"})
"""Reasons (XMPP error conditions) for which a message given back is not tried again."""
CROWD_BETWEEN = 0.25
"""Seconds before a network is asked for what comes next while a crowd's answers gather."""
HEAD_START = 0.1
"""Seconds an answer may take to leave before its network is asked for what comes next."""
MOST_BOUNCES = 5
"""How often a message may be given back for other reasons."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between attempts in a room that cannot be spoken in for now."""
LONGEST_WAIT = 60.0
"""Seconds after which it is tried again at the latest, whatever a server asked for."""
MOST_UPLOADS = 10
"""How often it is tried to store a file while its network works otherwise."""
MOST_FAULTS = 3
"""How often a dispatch may break off delivery, by a fault of our own or because nothing tells what became of it, before
it is left alone."""
MOST_CUTS = 10
"""How often the connection may end while a dispatch is under way: it may be what ends it."""
AT_ONCE = 500
"""How many intents are looked at together."""


class NotUploaded(NotReady):
    """A file could not be stored: its room's own trouble, whatever host it is that takes files."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


class GivenBack(NotReady):
    """The room gave a message back, for a reason that may pass."""


@dataclass(slots=True)
class _Way:
    """How far a dispatch has come."""

    claim: Claim
    fresh: bool
    """Whether nobody can have seen it yet."""
    wait: float
    """Seconds before the next attempt."""
    pause: float
    """Seconds before the attempt after that, if its room is still not ready."""
    bounces: int = 0
    uploads: int = 0
    """How often its file could not be stored while the network worked otherwise."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What may leave now."""

    claims: Sequence[Claim] = ()
    errands: Sequence[Errand] = ()
    more: bool = False
    """Whether there may be more than was looked at."""
    again: float | None = None
    """In how many seconds to look again, because something waits for its time; None if nothing does."""


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
        self._busy: set[int] = set()
        self._seen: dict[str, asyncio.Future[str]] = {}
        """Dispatches of which the network has to say more: "" once seen in the room, else why they came back."""
        self._handed: list[Claimed] = []
        """Claimed in the intake's transaction, not begun yet."""
        self._untried: set[str] = set()
        """Dispatches of those, until each was sent once."""
        self._tried = asyncio.Event()
        self._in_flight: set[str] = set()
        """Dispatches that were given to the network, until it is known what became of them."""
        self._faults: Counter[str] = Counter()
        """How often each dispatch broke off delivery, since this process began."""
        self._cuts: Counter[str] = Counter()
        """How often the connection ended while each dispatch was under way, since this process began."""
        self._outage = Outage()
        self._pacing = Pacing(transport.allowance)
        self._freezing = Freezing(transport, wordings, self._pacing, now)
        self._errands = Errands(transport, database, wordings.house, self._outage, now)
        self._timer: asyncio.TimerHandle | None = None
        """Looks again when something's time has come."""
        self._idle = asyncio.Event()
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
                return self._claim(storage)
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

    def came_back(self, reasons: Mapping[str, str]) -> None:
        """These dispatches were seen in their room (no reason), or given back by it, certainly not in it (a reason)."""
        for key, reason in reasons.items():
            future = self._seen.get(key)
            if future is not None and not future.done():
                future.set_result(reason)

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
        # A transaction that outlived the last run may have marked rooms as busy after that run had forgotten them.
        self._busy.clear()
        self._errands.clear()
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
                        self._begin(group, await self._database.write(self._claim))
                    waits = self._timer is not None and not self._finishing
                    nothing_more = not waits and not self._wake.is_set()
                    if not self._busy and not self._errands and nothing_more:
                        self._idle.set()
        finally:
            self.running = False
            self._look_again_never()
            if self._finishing:
                self._idle.set()  # what broke off is looked for at the next start
            self._handed.clear()
            self._untried.clear()
            self._busy.clear()
            self._errands.clear()
            self._seen.clear()

    def _begin(self, group: asyncio.TaskGroup, claimed: Claimed) -> None:
        for claim in claimed.claims:
            group.create_task(self._carry(claim, fresh=True))
        for errand in claimed.errands:
            group.create_task(self._run_errand(errand))
        self._look_again(claimed.again)
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

        def begun(storage: Storage) -> list[Claim]:
            again = []
            rows = storage.outbox.sending(self._network)
            self._freezing.unsent.intersection_update(row.key for row in rows)
            for row in rows:
                if not row.archived and row.key not in self._freezing.unsent:
                    self._uncertain(storage, row.key, row.room_id, "the room keeps no archive")
                    continue
                if self._cuts[row.key] >= MOST_CUTS:
                    self._uncertain(storage, row.key, row.room_id, "the connection ends with it")
                    continue
                dispatch = Dispatch(row.key, Room(self._network, row.address), thawed(row.payload))
                private = Address(self._network, row.private_with) if row.private_with else None
                again.append(Claim(dispatch, row.room_id, row.file_id, private))
            return again

        per_room: dict[int, list[Claim]] = {}
        for claim in await self._database.write(begun):
            per_room.setdefault(claim.room_id, []).append(claim)
        for room, claims in per_room.items():
            self._busy.add(room)
            group.create_task(self._carry_all(room, claims))

    async def _carry_all(self, room: int, claims: Sequence[Claim]) -> None:
        for claim in claims:
            self._busy.add(room)
            await self._carry(claim)

    # --- what is decided next

    def _claim(self, storage: Storage) -> Claimed:
        """Freeze, in each room where nothing is under way, what is to leave next."""
        rooms: dict[int, list[Waiting]] = {}
        homeless: dict[int, list[Waiting]] = {}
        errands: list[Errand] = []
        found = storage.outbox.waiting(
            self._network, AT_ONCE, busy=self._busy.copy(), opening=self._errands.opening.copy()
        )
        for row in found:
            if row.intent != "message":
                target = storage.rooms.get(row.room_id or 0)
                why = self._freezing.reason(row, target)
                errands.append(Errand((row.id,), row.intent, target.address, why))
            elif row.room_id is not None:
                rooms.setdefault(row.room_id, []).append(row)
            elif row.address_id is not None:
                homeless.setdefault(row.address_id, []).append(row)
        wants = {
            room: Want(rows[0].urgency, len(rows)) for room, rows in rooms.items() if room not in self._busy
        }
        now = time.monotonic()
        ready, again = self._pacing.choose(wants, now)
        claims = [
            claim
            for room_id in ready
            for claim in self._freezing.sound(storage, storage.rooms.get(room_id), rooms[room_id])
        ]
        for claim in claims:
            self._pacing.takes(now, claim.room_id)
        for address_id, rows in homeless.items():
            address = storage.people.address(address_id)
            errands.append(
                Errand(tuple(row.id for row in rows), "open", address=address, address_id=address_id)
            )
        errands = self._errands.begin(errands)
        self._busy.update(claim.room_id for claim in claims)
        return Claimed(claims, errands, more=len(found) == AT_ONCE, again=again)

    # --- on the way

    async def _carry(self, claim: Claim, *, fresh: bool = False) -> None:
        """Take one dispatch to the end: delivered, refused, or raised for the supervisor to reconnect.

        A `fresh` one was claimed just now, and was allowed to leave; nobody can have seen it yet.
        """
        key = claim.dispatch.key
        way = _Way(claim, fresh, 0.0 if fresh else self._pacing.takes(time.monotonic()), FIRST_PAUSE)
        try:
            while not await self._try(way):
                pass
        except asyncio.CancelledError:
            self._cuts[key] += key in self._in_flight
            raise
        except Exception as error:
            ours = not (isinstance(error, TransportError) or is_fatal(error))
            self._faults[key] += ours or isinstance(error, Unsure)
            if self._faults[key] < MOST_FAULTS:
                raise
            log.exception("left alone", extra={"action": "fault", "key": key})
            await self._doubt(claim, type(error).__name__)
        finally:
            self._leaves(key)
            self._in_flight.discard(key)
            self._seen.pop(key, None)
            self._busy.discard(claim.room_id)
            self.wake()

    async def _try(self, way: _Way) -> bool:
        """Try once to take a dispatch to the end, after the pause it needs; say whether it is there.

        Raises:
            Unsure: nothing tells whether it arrived.
        """
        try:
            await asyncio.sleep(min(way.wait, LONGEST_WAIT))
            way.wait = 0.0
            way.claim = await self._upload(way.claim)
            await self._attempt(way.claim)
        except Limited as limited:
            # One account, one allowance: while this room waits, every other one does too.
            self._pacing.limited(time.monotonic(), limited.seconds)
            log.info("asked to wait", extra={"action": "limited", "seconds": limited.seconds})
            if way.fresh and way.claim.file_id is None:
                await self._thaw(way.claim.dispatch.key)
                return True
            way.wait = self._pacing.takes(time.monotonic())
            return False
        except Unreachable as error:
            way.fresh = False
            log.warning("not sent yet: %s", error, extra={"action": "send", "key": way.claim.dispatch.key})
            if isinstance(error, NotReady):
                way.wait, way.pause = way.pause, min(LONGEST_PAUSE, way.pause * 2)
            if isinstance(error, NotUploaded):
                way.wait = max(way.wait, error.seconds)
                way.uploads += self._errands.works()
            way.bounces += isinstance(error, GivenBack)
            if way.bounces < MOST_BOUNCES and way.uploads < MOST_UPLOADS:
                return False
            await self._fail(way.claim, str(error))
        except (NotPrivate, RoomEncrypted, Refused) as refusal:
            why = str(refusal) or type(refusal).__name__
            log.warning("refused: %s", refusal, extra={"action": "refused", "key": way.claim.dispatch.key})
            await self._fail(way.claim, why)
        return True

    async def _attempt(self, claim: Claim) -> None:
        """Send a dispatch once, and wait until it is known to be in the room. Raises as `Transport.send` and `_arrived`."""
        key = claim.dispatch.key
        seen = self._seen[key] = asyncio.get_running_loop().create_future()
        reached("before-send")
        try:
            accepted = await self._outage.ask(lambda: self._send(claim))
            reached("after-send")
        finally:
            self._leaves(key)
        self._pacing.was_taken(time.monotonic())
        await self._arrived(key, accepted, seen)

    async def _send(self, claim: Claim) -> Accepted:
        """Give a dispatch to the network, and remember whether it may have got there. Raises as `Transport.send`."""
        key = claim.dispatch.key
        self._in_flight.add(key)
        unsent = key in self._freezing.unsent
        self._freezing.unsent.discard(key)
        try:
            return await self._transport.send(claim.dispatch, private_with=claim.private_with)
        except Unreachable:
            self._in_flight.discard(key)
            if unsent:
                self._freezing.unsent.add(key)
            raise

    async def _thaw(self, key: str) -> None:
        """Let what the server certainly never took wait again: it leaves with what has come to wait beside it."""
        await self._database.write(lambda storage: storage.outbox.thaw(key))

    async def _doubt(self, claim: Claim, why: str) -> None:
        """Leave a dispatch of which nothing tells whether it arrived, and say so to the campaigners."""
        await self._database.write(
            lambda storage: self._uncertain(storage, claim.dispatch.key, claim.room_id, why)
        )

    def _uncertain(self, storage: Storage, key: str, room_id: int, why: str) -> None:
        now = self._now()
        told = undelivered.uncertain(storage, self._wordings.house, key, room_id, why=why, now=now)
        tell.put(storage, told, now)

    def _leaves(self, key: str) -> None:
        """Note that a dispatch was sent once, or never will be."""
        self._untried.discard(key)
        if not self._untried:
            self._tried.set()

    async def _fail(self, claim: Claim, why: str) -> None:
        """Give a dispatch up, and say so to the campaigners."""

        def failed(storage: Storage) -> None:
            now = self._now()
            key = claim.dispatch.key
            told = undelivered.failed(storage, self._wordings.house, key, claim.room_id, why=why, now=now)
            tell.put(storage, told, now)

        await self._database.write(failed)

    async def _arrived(self, key: str, accepted: Accepted, seen: asyncio.Future[str]) -> None:
        """Wait until a dispatch is known to be in the room.

        Raises:
            GivenBack, Refused: it came back, for a reason that may pass or one that lasts.
            Unsure: nothing tells.
        """
        if accepted.event:
            reached("response")
            await self._database.write(
                lambda storage: storage.outbox.delivered(key, accepted.event, self._now())
            )
            return
        try:
            async with asyncio.timeout(ECHO_WITHIN):
                reason = await seen
        except TimeoutError:
            raise Unsure(f"no echo within {ECHO_WITHIN:g} s") from None
        if reason in LASTING:
            raise Refused(reason)
        if reason:
            raise GivenBack(reason)

    async def _upload(self, claim: Claim) -> Claim:
        payload = claim.dispatch.payload
        if claim.file_id is None or payload.file_url:
            return claim
        held = claim.file_id
        file = await self._database.read(lambda storage: storage.outbox.file(held))
        if file is None:
            raise Refused("the file is no longer held")
        try:
            url = await self._transport.upload(file.name, file.media_type, file.data)
        except Limited as limited:  # another allowance than that of messages
            raise NotUploaded(str(limited), limited.seconds) from limited
        except Unreachable as error:
            raise NotUploaded(str(error)) from error
        key = claim.dispatch.key
        await self._database.write(lambda storage: storage.outbox.address_file(key, url))
        return replace(claim, dispatch=replace(claim.dispatch, payload=replace(payload, file_url=url)))
