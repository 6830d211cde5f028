"""From the outbox to a network: order per room, merging, frozen dispatches, waiting when told to, reconciliation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.outage import Outage
from bot.pacing import Pacing, Want
from bot.transports.base import (
    Dispatch,
    Limited,
    NotPrivate,
    NotReady,
    Payload,
    Refused,
    RoomEncrypted,
    Transport,
    TransportError,
    Unreachable,
    Unsure,
)
from campaign.chat import N_, Address, Room, say
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
    from storage.rooms import RoomRow
    from storage.storage import Storage

log = logging.getLogger(__name__)

ECHO_WITHIN = 30.0
"""Seconds in which a message of ours must come back where only that proves it arrived."""
LASTING = frozenset({"forbidden", "not-allowed", "gone", "policy-violation", "not-authorized"})
"""Reasons (XMPP error conditions) for which a message given back is not tried again."""
HEAD_START = 0.1
"""Seconds an answer may take to leave before its network is asked for what comes next."""
MOST_BOUNCES = 5
"""How often a message may be given back for other reasons."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between attempts in a room that cannot be spoken in for now."""
MOST_TRIES = 10
"""How often an errand is tried while its network works otherwise; while it does not, that is no errand's fault."""
WORKS_WITHIN = 90.0
"""Seconds within which a network that works is heard."""
MOST_FAULTS = 3
"""How often a dispatch may break off delivery, by a fault of our own or because nothing tells what became of it, before
it is left alone."""
MOST_CUTS = 10
"""How often the connection may end while a dispatch is under way: it may be what ends it."""
AT_ONCE = 500
"""How many intents are looked at together."""


class GivenBack(NotReady):
    """The room gave a message back, for a reason that may pass."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A frozen dispatch on its way, and what is needed beside it."""

    dispatch: Dispatch
    room_id: int
    file_id: int | None
    private_with: Address | None


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


@dataclass(frozen=True, slots=True)
class Errand:
    """An intent that is an act rather than a message: entering, leaving, or opening a private chat."""

    row_ids: tuple[int, ...]
    act: str
    room: str = ""
    reason: str = ""
    address: Address | None = None
    address_id: int = 0

    @property
    def name(self) -> str:
        """What makes it the same errand: a private chat is opened once, whatever is to be said in it."""
        return f"open {self.address.id}" if self.address else f"{self.act} {self.row_ids[0]}"


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
        self._errands: set[str] = set()
        self._opening: set[int] = set()
        """Addresses with which a private chat is being opened."""
        self._seen: dict[str, asyncio.Future[str]] = {}
        """Dispatches of which the network has to say more: "" once seen in the room, else why they came back."""
        self._handed: list[Claimed] = []
        """Claimed in the intake's transaction, not begun yet."""
        self._untried: set[str] = set()
        """Dispatches of those, until each was sent once."""
        self._tried = asyncio.Event()
        self._unsent: set[str] = set()
        """Dispatches made by this process that the network certainly was not given, or refused to take up."""
        self._faults: Counter[str] = Counter()
        """How often each dispatch broke off delivery, since this process began."""
        self._cuts: Counter[str] = Counter()
        """How often the connection ended while each dispatch was under way, since this process began."""
        self._outage = Outage()
        self._pacing = Pacing(transport.allowance)
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
        """Wait a moment for what was handed to `carry` to leave.

        A server that is asked for more works on that first, and whoever waits for an answer waits for it too.
        """
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
        self._opening.clear()
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
                    nothing_more = self._timer is None and not self._wake.is_set()
                    if not self._busy and not self._errands and nothing_more:
                        self._idle.set()
        finally:
            self.running = False
            self._look_again(None)
            if self._finishing:
                self._idle.set()  # what broke off is looked for at the next start
            self._handed.clear()
            self._untried.clear()
            self._busy.clear()
            self._errands.clear()
            self._opening.clear()
            self._seen.clear()

    def _begin(self, group: asyncio.TaskGroup, claimed: Claimed) -> None:
        for claim in claimed.claims:
            group.create_task(self._carry(claim, fresh=True))
        for errand in claimed.errands:
            group.create_task(self._do(errand))
        self._look_again(claimed.again)
        if claimed.more and (claimed.claims or claimed.errands):
            self.wake()

    def _look_again(self, seconds: float | None) -> None:
        """Look at what waits in so many seconds, instead of when that was planned before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._timed)

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
            self._unsent.intersection_update(row.key for row in rows)
            for row in rows:
                if not row.archived and row.key not in self._unsent:
                    self._uncertain(storage, row.key, row.room_id, "the room keeps no archive")
                    continue
                if self._cuts[row.key] >= MOST_CUTS:
                    self._uncertain(storage, row.key, row.room_id, "the connection ends with it")
                    continue
                dispatch = Dispatch(row.key, Room(self._network, row.address), _thawed(row.payload))
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
            self._network, AT_ONCE, busy=self._busy.copy(), opening=self._opening.copy()
        )
        for row in found:
            if row.intent != "message":
                target = storage.rooms.get(row.room_id or 0)
                errand = Errand(
                    (row.id,), row.intent, target.address, self._wordings.plain(row.message, target.language)
                )
                errands.append(errand)
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
            for claim in self._sound(storage, storage.rooms.get(room_id), rooms[room_id])
        ]
        for claim in claims:
            self._pacing.takes(now, claim.room_id)
        for address_id, rows in homeless.items():
            address = storage.people.address(address_id)
            errands.append(
                Errand(tuple(row.id for row in rows), "open", address=address, address_id=address_id)
            )
        errands = [errand for errand in errands if errand.name not in self._errands]
        self._errands.update(errand.name for errand in errands)
        self._opening.update(errand.address_id for errand in errands if errand.address_id)
        self._busy.update(claim.room_id for claim in claims)
        return Claimed(claims, errands, more=len(found) == AT_ONCE, again=again)

    def _sound(self, storage: Storage, room: RoomRow, rows: Sequence[Waiting]) -> list[Claim]:
        """Freeze what is next; what cannot be put into words is given up alone, and stops nothing behind it."""
        while rows:
            if rows[0].repeats and storage.undelivered.original(rows[0].repeats) is None:
                storage.outbox.settle([rows[0].id])
                rows = rows[1:]
                continue
            try:
                return self._freeze(storage, room, rows)
            except Exception as error:
                if is_fatal(error):
                    raise
                if len(rows) > 1 and self._can_be_said(room, rows[0]):
                    return self._freeze(storage, room, rows[:1])
                log.exception("cannot be put into words", extra={"action": "words", "row": rows[0].id})
                storage.outbox.settle([rows[0].id])
                house, why = self._wordings.house, type(error).__name__
                tell.put(storage, undelivered.unsayable(storage, house, room, why), self._now())
                rows = rows[1:]
        return []

    def _can_be_said(self, room: RoomRow, row: Waiting) -> bool:
        try:
            self._worded([row], room)
        except Exception:  # noqa: BLE001 - whatever it is, the caller gives this row up and says so
            return False
        return True

    def _freeze(self, storage: Storage, room: RoomRow, rows: Sequence[Waiting]) -> list[Claim]:
        if room.state == "parked":
            storage.outbox.forget_room(room.id)
            return []
        if room.state != "joined":
            return []
        if rows[0].repeats:
            return self._freeze_again(storage, room, rows[0])
        together = self._together(rows)
        payload, taken = self._worded(together, room)
        together = together[:taken]
        first = together[0]
        if len(together) == 1:
            payload = replace(payload, reply_to=first.reply_to)
        payload = replace(payload, thread=first.thread)
        file = storage.outbox.file(first.file_id) if first.file_id else None
        if file is not None:
            payload = replace(
                payload, file_name=file.name, media_type=file.media_type, file_size=len(file.data)
            )
        private = None
        if any(row.message.private for row in together):
            private = next(
                (storage.people.address(row.address_id) for row in together if row.address_id), None
            )
        key = str(uuid.uuid4())
        self._unsent.add(key)
        storage.outbox.freeze(
            [row.id for row in together],
            key=key,
            network=self._network,
            room_id=room.id,
            payload=asdict(payload),
            private_with=private.id if private else None,
            file_id=first.file_id,
            now=self._now(),
        )
        return [Claim(Dispatch(key, room.place, payload), room.id, first.file_id, private)]

    def _freeze_again(self, storage: Storage, room: RoomRow, row: Waiting) -> list[Claim]:
        """Freeze under a new key, just as it was rendered, what a campaigner wants sent once more."""
        old = storage.undelivered.original(row.repeats or "")
        if old is None:
            return []
        key = str(uuid.uuid4())
        storage.outbox.freeze(
            [row.id],
            key=key,
            network=self._network,
            room_id=room.id,
            payload=old.payload,
            private_with=old.private_with,
            file_id=old.file_id,
            now=self._now(),
        )
        private = Address(self._network, old.private_with) if old.private_with else None
        return [Claim(Dispatch(key, room.place, _thawed(old.payload)), room.id, old.file_id, private)]

    def _together(self, rows: Sequence[Waiting]) -> Sequence[Waiting]:
        """What may leave as one message: what waits for the same thread, as long as it is plain and fits.

        A file, a question (its answer is a reply to it) and a card that can be reacted to keep their own message.
        """
        first = rows[0]
        together = [first]
        if not _is_plain(first):
            return together
        for row in rows[1:]:
            if row.thread != first.thread:
                continue
            alike = _is_plain(row) and (row.message.private, row.message.rings, row.address_id) == (
                first.message.private,
                first.message.rings,
                first.address_id,
            )
            if not alike:
                break
            together.append(row)
            if len(together) == self._pacing.most_lines:
                break
        return together

    def _worded(self, rows: Sequence[Waiting], room: RoomRow) -> tuple[Payload, int]:
        """Put as many of these intents as fit into one message into words; and how many they are."""
        return self._wordings.payload(
            [row.message for row in rows],
            room.language,
            self._transport.capabilities(room.place),
            self._pacing.most_lines,
        )

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
            self._cuts[key] += 1
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
            self._seen.pop(key, None)
            self._busy.discard(claim.room_id)
            self.wake()

    async def _try(self, way: _Way) -> bool:
        """Try once to take a dispatch to the end, after the pause it needs; say whether it is there.

        Raises:
            Unsure: nothing tells whether it arrived.
        """
        try:
            await asyncio.sleep(way.wait)
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
            way.bounces += isinstance(error, GivenBack)
            if way.bounces < MOST_BOUNCES:
                return False
            await self._fail(way.claim, str(error))
        except (NotPrivate, RoomEncrypted, Refused) as refusal:
            why = str(refusal) or type(refusal).__name__
            log.warning("refused: %s", why, extra={"action": "refused", "key": way.claim.dispatch.key})
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
        unsent = key in self._unsent
        self._unsent.discard(key)
        try:
            return await self._transport.send(claim.dispatch, private_with=claim.private_with)
        except Unreachable:
            if unsent:
                self._unsent.add(key)
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
            url = await self._outage.ask(
                lambda: self._transport.upload(file.name, file.media_type, file.data)
            )
        except Limited as limited:  # another allowance than that of messages
            raise Unreachable(str(limited)) from limited
        key = claim.dispatch.key
        await self._database.write(lambda storage: storage.outbox.address_file(key, url))
        return replace(claim, dispatch=replace(claim.dispatch, payload=replace(payload, file_url=url)))

    async def _do(self, errand: Errand) -> None:
        """Enter, leave or open a room, again and again until the server answers, or only this does not go through."""
        pause, tries, why = FIRST_PAUSE, 0, ""
        try:
            while tries < MOST_TRIES:
                try:
                    await self._act(errand)
                except Limited as limited:
                    await asyncio.sleep(limited.seconds)
                except Unreachable as error:
                    log.info("not done yet: %s", error, extra={"action": errand.act})
                    why = str(error)
                    # While its network does not work, that is no errand's fault, and all of them wait together.
                    waits = isinstance(error, NotReady)
                    if waits or self._works():
                        tries += not waits
                        await asyncio.sleep(pause)
                        pause = min(LONGEST_PAUSE, pause * 2)
                else:
                    return
            log.warning("given up: %s", why, extra={"action": errand.act})
            await self._give_up(errand, why)
        except Refused as refusal:
            log.warning("refused: %s", refusal, extra={"action": errand.act})
            await self._give_up(errand, str(refusal))
        finally:
            self._errands.discard(errand.name)
            self._opening.discard(errand.address_id)
            self.wake()

    async def _act(self, errand: Errand) -> None:
        """Do what an errand is about, and note that it is done."""
        if self._works():
            room = await self._ask(errand)
        else:
            room = await self._outage.ask(lambda: self._ask(errand))
        if room is not None:
            await self._opened(errand, room)
        else:
            await self._settle(errand)

    async def _ask(self, errand: Errand) -> Room | None:
        """Ask the network for it; return the private chat if that was it."""
        if errand.act == "join":
            await self._transport.join(errand.room)
        elif errand.act == "leave":
            await self._transport.leave(errand.room, errand.reason)
        elif errand.address is not None:
            return await self._transport.open_direct(errand.address)
        return None

    def _works(self) -> bool:
        heard = self._transport.vitals().heard
        return heard is not None and self._now() - heard < timedelta(seconds=WORKS_WITHIN)

    async def _settle(self, errand: Errand) -> None:
        await self._database.write(lambda storage: storage.outbox.settle(errand.row_ids))

    async def _give_up(self, errand: Errand, why: str) -> None:
        """End an errand that cannot be done; where somebody waits for the bot, in a room or in private, tell the campaigners."""

        def settle(storage: Storage) -> None:
            storage.outbox.settle(errand.row_ids)
            if errand.act == "join":
                text = N_("I could not enter {room}. I will try again at my next start.")
                room = storage.rooms.find(self._network, errand.room)
                label = room.label if room else errand.room
                told = tell.admins(storage, self._wordings.house, say(text, room=label))
                tell.put(storage, told, self._now())
            if errand.act == "open" and errand.address and errand.address not in self._wordings.house.admins:
                text = N_("I could not write to {who} in private ({why}).")
                told = tell.admins(storage, self._wordings.house, say(text, who=errand.address.id, why=why))
                tell.put(storage, told, self._now())

        await self._database.write(settle)

    async def _opened(self, errand: Errand, room: Room) -> None:
        def opened(storage: Storage) -> None:
            known = storage.rooms.ensure(room.network, room.id)
            partner = errand.address.id if errand.address else ""
            storage.rooms.change(known.id, state="joined", direct=True, partner=partner)
            storage.outbox.direct_to(errand.row_ids, known.id)

        await self._database.write(opened)


def _is_plain(row: Waiting) -> bool:
    return row.file_id is None and not row.purpose and not row.repeats


def _thawed(payload: Mapping[str, Any]) -> Payload:
    return Payload(**{**payload, "mentions": tuple(payload["mentions"])})
