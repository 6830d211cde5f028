"""What is to be done in a network rather than said: entering a room, leaving one, opening a private chat."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.transports.base import Limited, NotReady, Refused, Transport, Unreachable
from campaign.chat import N_, say
from commands import tell
from storage.unsaying import GONE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.delivery.outage import Outage
    from campaign.chat import Address, Room
    from commands.command import House
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two tries of an errand that alone does not go through."""
MOST_TRIES = 10
"""How often an errand is tried while its network works otherwise; while it does not, that is no errand's fault."""
WORKS_WITHIN = 90.0
"""Seconds within which a network that works is heard."""


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


class Errands:
    """The errands of one network, each done once at a time."""

    def __init__(
        self,
        transport: Transport,
        database: Database,
        house: House,
        outage: Outage,
        now: Callable[[], datetime],
    ) -> None:
        self._network = transport.network
        self._transport = transport
        self._database = database
        self._house = house
        self._outage = outage
        self._now = now
        self._begun: set[str] = set()
        self.opening: set[int] = set()
        """Addresses with which a private chat is being opened."""

    def __bool__(self) -> bool:
        """Whether any is under way."""
        return bool(self._begun)

    def begin(self, errands: Sequence[Errand]) -> list[Errand]:
        """Note errands as under way, but for those that are already; return the others. Each is then given to `do`."""
        fresh = [errand for errand in errands if errand.name not in self._begun]
        self._begun.update(errand.name for errand in fresh)
        self.opening.update(errand.address_id for errand in fresh if errand.address_id)
        return fresh

    def end(self, errand: Errand) -> None:
        """Note that an errand is not under way, or not any more."""
        self._begun.discard(errand.name)
        self.opening.discard(errand.address_id)

    def clear(self) -> None:
        """Forget what was under way: nobody does it any more."""
        self._begun.clear()
        self.opening.clear()

    async def do(self, errand: Errand) -> None:
        """Enter, leave or open a room, again and again until the server answers, or only this does not go through."""
        pause, tries, trouble = FIRST_PAUSE, 0, Unreachable("")
        try:
            while tries < MOST_TRIES:
                try:
                    await self._act(errand)
                except Limited as limited:
                    await asyncio.sleep(limited.seconds)
                except Unreachable as error:
                    log.info("not done yet: %s", error, extra={"action": errand.act})
                    trouble = error
                    # While its network does not work, that is no errand's fault, and all of them wait together.
                    waits = isinstance(error, NotReady)
                    if waits or self.works():
                        tries += not waits
                        await asyncio.sleep(pause)
                        pause = min(LONGEST_PAUSE, pause * 2)
                else:
                    return
            log.warning("given up: %s", trouble, extra={"action": errand.act})
            await self.give_up(errand, str(trouble))
        except Refused as refusal:
            log.warning("refused: %s", refusal, extra={"action": errand.act})
            await self.give_up(errand, str(refusal))
        finally:
            self.end(errand)

    async def _act(self, errand: Errand) -> None:
        """Do what an errand is about, and note that it is done."""
        if self.works():
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

    def works(self) -> bool:
        """Whether the network was heard not long ago: what then does not go through is trouble of its own."""
        heard = self._transport.vitals().heard
        return heard is not None and self._now() - heard < timedelta(seconds=WORKS_WITHIN)

    async def _settle(self, errand: Errand) -> None:
        await self._database.write(lambda storage: storage.outbox.settle(errand.row_ids))

    async def give_up(self, errand: Errand, why: str) -> None:
        """End an errand that cannot be done; where somebody waits for the bot, in a room or in private, tell the campaigners."""

        def settle(storage: Storage) -> None:
            if errand.act == "open":
                storage.undelivered.give_up(errand.row_ids, why, self._now())
            else:
                storage.outbox.settle(errand.row_ids)
            if errand.act == "join":
                text = N_("I could not enter {room}. I will try again at my next start.")
                room = storage.rooms.find(self._network, errand.room)
                if room is not None and room.follows is not None:
                    text = N_(
                        "I cannot enter the room that replaces {room} by myself: please invite me into it."
                    )
                label = room.label if room else errand.room
                told = tell.admins(storage, self._house, say(text, room=label))
                tell.put(storage, told, self._now())
            who = errand.address if errand.act == "open" else None
            # Of somebody who was forgotten meanwhile nobody hears any more.
            if who is not None and who not in self._house.admins and storage.people.find(who) is not None:
                text = N_("I could not write to {who} in private ({why}).")
                told = tell.admins(storage, self._house, say(text, who=who.id, why=why))
                tell.put(storage, told, self._now())

        await self._database.write(settle)

    async def _opened(self, errand: Errand, room: Room) -> None:
        def opened(storage: Storage) -> None:
            known = storage.rooms.ensure(room.network, room.id)
            partner = errand.address.id if errand.address else ""
            archived = self._transport.capabilities(room).exactly_once
            storage.rooms.change(known.id, state="joined", direct=True, partner=partner, archived=archived)
            if errand.address is not None and storage.people.find(errand.address) is None:
                storage.rooms.change(
                    known.id, why=GONE
                )  # forgotten meanwhile: the chat goes as their others did
            storage.outbox.direct_to(errand.row_ids, known.id)

        await self._database.write(opened)
