"""What is done with a dispatch that does not arrive: it waits again, moves on, is left in doubt or given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands import tell
from commands.places import membership
from commands.trouble import undelivered

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.delivery.freezing import Claim
    from bot.transports.base import Replaced
    from commands.command import House
    from storage.database import Database
    from storage.storage import Storage

ORNAMENTS = frozenset({"pin", "unpin", "react"})
"""Kinds of payload that say nothing by themselves: refused, nobody has missed a word."""


class Undelivered:
    """Writes down what becomes of what did not arrive, and says so to the campaigners."""

    def __init__(self, database: Database, house: House, now: Callable[[], datetime]) -> None:
        self._database = database
        self._house = house
        self._now = now

    async def thaw(self, claim: Claim) -> bool:
        """Let what the server certainly never took wait again: it leaves with what has come to wait beside it.

        Not where the bot is no longer: nothing leaves there, and why not, the server says when it is asked again.
        Return whether it waits now.
        """

        def thaw(storage: Storage) -> bool:
            if storage.rooms.get(claim.room_id).state == "parked":
                return False
            storage.dispatches.thaw(claim.dispatch.key)
            return True

        return await self._database.write(thaw)

    async def moves_on(self, claim: Claim, refusal: Replaced) -> bool:
        """Let what a replaced room no longer takes wait for the one in its place; say whether it is to wait no more here.

        Not before the room is known to be replaced: what was said in it before then is still to be read.
        """

        def move(storage: Storage) -> bool:
            room, now, key = storage.rooms.get(claim.room_id), self._now(), claim.dispatch.key
            if room.state != "parked":
                return False
            if storage.rooms.successor(room, refusal.successor):
                storage.dispatches.thaw(key)
                membership.move_on(storage, room, refusal.successor, now)
            else:
                told = undelivered.failed(storage, self._house, key, room.id, why=str(refusal), now=now)
                tell.put(storage, told, now)
            return True

        return await self._database.write(move)

    async def leave_in_doubt(self, claim: Claim, why: str) -> None:
        """Leave a dispatch of which nothing tells whether it arrived, and say so to the campaigners."""
        if claim.dispatch.payload.kind in ORNAMENTS:
            await self.fail(claim, why)
            return
        await self._database.write(
            lambda storage: self.doubt(storage, claim.dispatch.key, claim.room_id, why)
        )

    def doubt(self, storage: Storage, key: str, room_id: int, why: str) -> None:
        """Leave a dispatch of which nothing tells whether it arrived, in a transaction of the caller's, and say so."""
        now = self._now()
        told = undelivered.uncertain(storage, self._house, key, room_id, why=why, now=now)
        tell.put(storage, told, now)

    async def fail(self, claim: Claim, why: str) -> None:
        """Give a dispatch up, and say so to the campaigners; not of what is only put beside words that are there."""

        def failed(storage: Storage) -> None:
            now = self._now()
            key = claim.dispatch.key
            if claim.dispatch.payload.kind in ORNAMENTS:
                storage.dispatches.dropped(key, why, now)
                return
            told = undelivered.failed(storage, self._house, key, claim.room_id, why=why, now=now)
            tell.put(storage, told, now)

        await self._database.write(failed)
