"""What leaves next: frozen, in each room where nothing is under way, in one transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.delivery.errands import Errand
from bot.delivery.freezing import AT_ONCE, Claim, thawed
from bot.delivery.pacing import Want
from bot.transports.base import Dispatch
from campaign.chat import Address, Room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.delivery.carrying import Carrying
    from bot.delivery.errands import Errands
    from bot.delivery.freezing import Freezing
    from bot.delivery.pacing import Pacing
    from bot.delivery.undelivered import Undelivered
    from storage.storage import Storage
    from storage.turns import Waiting


@dataclass(frozen=True, slots=True)
class Claimed:
    """What may leave now."""

    claims: Sequence[Claim] = ()
    errands: Sequence[Errand] = ()
    more: bool = False
    """Whether there may be more than was looked at."""
    again: float | None = None
    """In how many seconds to look again, because something waits for its time; None if nothing does."""
    asked: Sequence[Room] = ()
    """The rooms in which somebody waits for an answer, whether it may leave now or not."""


class Claiming:
    """Decides on one network what may leave now. `undone` is called in the database's thread if that came to nothing."""

    def __init__(
        self,
        network: str,
        freezing: Freezing,
        pacing: Pacing,
        errands: Errands,
        *,
        carrying: Carrying,
        undelivered: Undelivered,
        undone: Callable[[], None],
    ) -> None:
        self._network = network
        self._freezing = freezing
        self._pacing = pacing
        self._errands = errands
        self._carrying = carrying
        self._undelivered = undelivered
        self._undone = undone
        self.busy: set[int] = set()
        """The rooms in which something is under way."""

    def claim(self, storage: Storage) -> Claimed:
        """Freeze, in each room where nothing is under way, what is to leave next."""
        rooms: dict[int, list[Waiting]] = {}
        homeless: dict[int, list[Waiting]] = {}
        errands: list[Errand] = []
        found = self._freezing.waiting(storage, busy=self.busy.copy(), opening=self._errands.opening.copy())
        for row in found:
            if row.is_errand:
                target = storage.rooms.get(row.room_id or 0)
                why = self._freezing.reason(row, target)
                errands.append(Errand((row.id,), row.intent, target.address, why))
            elif row.room_id is not None:
                rooms.setdefault(row.room_id, []).append(row)
            elif row.address_id is not None:
                homeless.setdefault(row.address_id, []).append(row)
        wants = {
            room: Want(rows[0].urgency, len(rows), len({row.asker for row in rows if row.asker}))
            for room, rows in rooms.items()
            if room not in self.busy
        }
        now = time.monotonic()
        ready, again = self._pacing.choose(wants, now)
        claims = [
            claim
            for room_id in ready
            for claim in self._freezing.sound(storage, storage.rooms.get(room_id), rooms[room_id])
        ]
        for address_id, rows in homeless.items():
            address = storage.people.address(address_id)
            errands.append(
                Errand(tuple(row.id for row in rows), "open", address=address, address_id=address_id)
            )
        comes = {claim.room_id for claim in claims} | (wants.keys() - set(ready))
        asked = [storage.rooms.get(room_id).place for room_id in comes if _is_asked(rooms[room_id])]
        # Marked before anybody else can look, and not sooner than nothing can fail here any more but the COMMIT.
        claimed = Claimed(
            claims, self._errands.begin(errands), more=len(found) == AT_ONCE, again=again, asked=asked
        )
        for claim in claims:
            self.busy.add(claim.room_id)
            self._pacing.takes(now, claim.room_id, leaves_more=claim.leaves_more)
        storage.if_undone(lambda: self._unclaim(claimed))
        return claimed

    def _unclaim(self, claimed: Claimed) -> None:
        """Forget what was claimed in a transaction that came to nothing: it waits as before. In the database's thread."""
        for claim in claimed.claims:
            self.busy.discard(claim.room_id)
            self._pacing.gives_back(claim.room_id)
            self._freezing.forget(claim.dispatch.key)
        for errand in claimed.errands:
            self._errands.end(errand)
        self._undone()

    def take_back(self, storage: Storage) -> None:
        """Let wait again what was written down as a dispatch, and certainly never given to the network: it is no dispatch.

        Where its session has ended nobody can tell any more, from what is written down alone, that it never was.
        """
        for row in storage.dispatches.sending(self._network):
            if row.key in self._freezing.untouched and storage.rooms.get(row.room_id).state != "parked":
                storage.dispatches.thaw(row.key)

    def begun(self, storage: Storage) -> list[Claim]:
        """What was begun and was not found while catching up, to be sent again; the rest is in doubt, or looked at anew."""
        found = []
        rows = storage.dispatches.sending(self._network)
        for known in (self._freezing.unsent, self._freezing.untouched):
            known.intersection_update(row.key for row in rows)
        for row in rows:
            if not row.archived and row.key not in self._freezing.unsent:
                self._undelivered.doubt(storage, row.key, row.room_id, "the room keeps no archive")
                continue
            if self._carrying.ends_connections(row.key):
                self._undelivered.doubt(storage, row.key, row.room_id, "the connection ends with it")
                continue
            dispatch = Dispatch(row.key, Room(self._network, row.address), thawed(row.payload))
            private = Address(self._network, row.private_with) if row.private_with else None
            claim = Claim(dispatch, row.room_id, row.file_id, private, row.expires_at)
            if self._freezing.is_late(claim):
                storage.dispatches.thaw(row.key)  # what is left of it is looked at anew
                continue
            found.append(claim)
        return found


def _is_asked(rows: Sequence[Waiting]) -> bool:
    """Whether somebody waits for an answer among these intents."""
    return any(row.asker is not None and row.intent == "message" for row in rows)
