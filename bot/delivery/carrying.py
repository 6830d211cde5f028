"""One dispatch from its room's turn to its end: sent until it is there, refused, or left in doubt."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.delivery.uploading import NotUploaded, stored_at, upload
from bot.transports.base import (
    OVERACTIVE,
    Limited,
    NotPrivate,
    NotReady,
    NotThere,
    Refused,
    Replaced,
    RoomEncrypted,
    StoredInPlain,
    Transport,
    TransportError,
    Unreachable,
    Unsure,
)
from storage.steps import reached
from storage.trouble import is_fatal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.delivery.freezing import Claim, Freezing
    from bot.delivery.outage import Outage
    from bot.delivery.pacing import Pacing
    from bot.delivery.undelivered import Undelivered
    from bot.transports.base import Accepted
    from storage.database import Database

log = logging.getLogger(__name__)

ECHO_WITHIN = 30.0
"""Seconds in which a message of ours must come back where only that proves it arrived."""
LASTING = frozenset({"forbidden", "not-allowed", "gone", "policy-violation", "not-authorized"})
"""Reasons (XMPP error conditions) for which a message given back is not tried again."""
MOST_BOUNCES, MOST_OVERACTIVE = 5, 60
"""How often a message may be given back for other reasons; and because too much is said there, for half an hour."""
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


class GivenBack(NotReady):
    """The room gave a message back, for a reason that may pass."""

    @property
    def most(self) -> int:
        """How often it may do so for that reason."""
        return MOST_OVERACTIVE if str(self) == OVERACTIVE else MOST_BOUNCES


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


class Carrying:
    """Carries the dispatches of one network, each by itself."""

    def __init__(
        self,
        transport: Transport,
        database: Database,
        undelivered: Undelivered,
        *,
        freezing: Freezing,
        pacing: Pacing,
        outage: Outage,
        works: Callable[[], bool],
        leaves: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        """`works` says whether the network was heard not long ago; `leaves` is told of each that was sent once."""
        self._transport = transport
        self._database = database
        self._undelivered = undelivered
        self._freezing = freezing
        self._pacing = pacing
        self._outage = outage
        self._works = works
        self._leaves = leaves
        self._now = now
        self._seen: dict[str, asyncio.Future[str]] = {}
        """Dispatches of which the network has to say more: "" once seen in the room, else why they came back."""
        self._in_flight: set[str] = set()
        """Dispatches that were given to the network, until it is known what became of them."""
        self._faults: Counter[str] = Counter()
        """How often each dispatch broke off delivery, since this process began."""
        self._cuts: Counter[str] = Counter()
        """How often the connection ended while each dispatch was under way, since this process began."""

    def clear(self) -> None:
        """Wait for nothing any more: nobody carries anything."""
        self._seen.clear()

    def ends_connections(self, key: str) -> bool:
        """Whether the connection ended so often while this was under way that it may be what ends it."""
        return self._cuts[key] >= MOST_CUTS

    def came_back(self, reasons: Mapping[str, str]) -> None:
        """These dispatches were seen in their room (no reason), or given back by it, certainly not in it (a reason)."""
        for key, reason in reasons.items():
            future = self._seen.get(key)
            if future is not None and not future.done():
                future.set_result(reason)

    async def carry(self, claim: Claim, *, fresh: bool = False) -> None:
        """Take one dispatch to the end: delivered, refused, or raised for the supervisor to reconnect.

        A `fresh` one was claimed just now, and was allowed to leave; nobody can have seen it yet.
        """
        key = claim.dispatch.key
        way = _Way(claim, fresh, 0.0 if fresh else self._pacing.takes(time.monotonic()), FIRST_PAUSE)
        try:
            while not await self._try(way):
                pass
            self._freezing.forget(key)
        except asyncio.CancelledError:
            self._cuts[key] += key in self._in_flight
            raise
        except Exception as error:
            ours = not (isinstance(error, TransportError) or is_fatal(error))
            self._faults[key] += ours or isinstance(error, Unsure)
            if self._faults[key] < MOST_FAULTS:
                raise
            log.exception("left alone", extra={"action": "fault", "key": key})
            await self._undelivered.leave_in_doubt(claim, type(error).__name__)
        finally:
            self._leaves(key)
            self._in_flight.discard(key)
            self._seen.pop(key, None)

    async def _try(self, way: _Way) -> bool:
        """Try once to take a dispatch to the end, after the pause it needs; say whether it is there.

        Raises:
            Unsure: nothing tells whether it arrived.
        """
        unsent = way.claim.dispatch.key in self._freezing.unsent
        try:
            await asyncio.sleep(min(way.wait, LONGEST_WAIT))
            way.wait = 0.0
            way.claim = await upload(self._transport, self._database, way.claim)
            await self._attempt(way.claim)
        except Limited as limited:
            # One account, one allowance: while this room waits, every other one does too.
            self._pacing.limited(time.monotonic(), limited.seconds)
            log.info("asked to wait", extra={"action": "limited", "seconds": limited.seconds})
            unseen = way.fresh and way.claim.file_id is None
            if (unseen or self._freezing.is_late(way.claim)) and await self._undelivered.thaw(way.claim):
                return True
            way.wait = self._pacing.takes(time.monotonic())
            return False
        except Unreachable as error:
            return await self._is_over(way, error)
        except (NotPrivate, RoomEncrypted, Refused) as refusal:
            why = str(refusal) or type(refusal).__name__
            log.warning("refused: %s", refusal, extra={"action": "refused", "key": way.claim.dispatch.key})
            if isinstance(refusal, NotThere) and not unsent:
                # It may be in a room whose archive we may not read any more: sent again by hand, it would be there twice.
                await self._undelivered.leave_in_doubt(way.claim, why)
            else:
                await self._undelivered.fail(way.claim, why)
        return True

    async def _is_over(self, way: _Way, error: Unreachable) -> bool:
        """Prepare the next attempt to send what did not leave; say if there is to be none."""
        way.fresh = False
        log.warning("not sent yet: %s", error, extra={"action": "send", "key": way.claim.dispatch.key})
        if self._freezing.is_late(way.claim) and await self._undelivered.thaw(way.claim):
            return True
        if isinstance(error, Replaced) and await self._undelivered.moves_on(way.claim, error):
            return True
        if isinstance(error, StoredInPlain):
            way.claim = stored_at(way.claim, "", "")
            return False
        if isinstance(error, NotReady):
            way.wait, way.pause = max(way.pause, error.seconds), min(LONGEST_PAUSE, way.pause * 2)
        way.uploads += isinstance(error, NotUploaded) and self._works()
        most = error.most if isinstance(error, GivenBack) else MOST_OVERACTIVE
        way.bounces += isinstance(error, GivenBack)
        if way.bounces < most and way.uploads < MOST_UPLOADS:
            return False
        await self._undelivered.fail(way.claim, str(error))
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
        known = [one for one in (self._freezing.unsent, self._freezing.untouched) if key in one]
        for one in known:
            one.discard(key)
        try:
            return await self._transport.send(claim.dispatch, private_with=claim.private_with)
        except (Unreachable, Limited) as error:
            self._in_flight.discard(key)
            for one in known:
                # Where only the answer is missing, Matrix may have taken it.
                if one is self._freezing.unsent or isinstance(error, NotReady | Limited):
                    one.add(key)
            raise

    async def _arrived(self, key: str, accepted: Accepted, seen: asyncio.Future[str]) -> None:
        """Wait until a dispatch is known to be in the room.

        Raises:
            GivenBack, Refused: it came back, for a reason that may pass or one that lasts.
            Unsure: nothing tells.
        """
        if accepted.event:
            reached("response")
            await self._database.write(
                lambda storage: storage.dispatches.delivered(key, accepted.event, self._now())
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
