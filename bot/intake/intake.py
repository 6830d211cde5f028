"""From a batch of events to one transaction."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.intake.boundary import Boundary
from bot.intake.effects import Effects
from bot.intake.suggesting import Near, Suggesting, Unanswered
from campaign.chat import Bounced, Echo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from bot.delivery.claiming import Claimed
    from bot.intake.boundary import Fault
    from bot.transports.base import Batch
    from commands.command import Command, House
    from commands.dialogue.forms import Answered
    from storage.database import Database
    from storage.storage import Storage

FEW = 1
"""How many events are taken before it is first looked how long that takes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch says of our own messages: key → "" if seen in its room, else why the network gave it back."""

    came_back: Mapping[str, str]
    claimed: Claimed | None
    """What may leave now, frozen in the same transaction; None if that could not be told."""
    rest: Batch | None = None
    """What is left of the batch, if it took too long: nothing of it is taken yet."""
    answered: Mapping[str, Answered] = field(default_factory=dict)
    """Event of each form that was handed in → what its holder is shown."""


class Intake:
    """Takes what happened, whatever the network, and decides what to say."""

    def __init__(
        self, database: Database, house: House, menu: tuple[Command, ...], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._house = house
        self._menu = menu
        self._now = now
        self.suggesting = Suggesting(database)

    async def take(
        self,
        network: str,
        batch: Batch,
        claim: Callable[[Storage], Claimed | None],
        *,
        within: float = math.inf,
    ) -> Taken:
        """Let every event of a batch take effect that has not before, and acknowledge it, in one transaction.

        `claim` freezes in that transaction what may leave: one flush to the disk between a line and its answer. What is
        not begun `within` so many seconds is left for the next one, and the cursors with it: others wait meanwhile.
        Where a name nobody knows was typed, the transaction is undone, what is near that name is looked for outside
        of it, and the batch is taken again with what was found.

        Raises:
            StorageError: nothing of the batch was taken, and the cursors did not move.
        """
        now = self._now()
        near = Near()

        def work(storage: Storage) -> tuple[Taken, Sequence[Fault]]:
            effects = Effects(storage, self._house, self._menu, near, now=now, clock=self._now)
            boundary = Boundary(storage, self._house, effects, near, now)
            began, done, many = time.monotonic(), 0, FEW
            while True:
                part = batch.events[done : done + many]
                boundary.take(network, part)
                done += len(part)
                many *= 2  # as long as they are quick
                if done == len(batch.events) or time.monotonic() - began > within:
                    break
            if near.wanted:
                raise Unanswered(storage.organisations.names_stamp())
            effects.remember()
            rest = replace(batch, events=batch.events[done:]) if done < len(batch.events) else None
            if rest is None:
                storage.unread.were_read(network, batch.opened, now)
                storage.inbox.move(network, batch.cursors, now)
            came_back = {
                event.key: event.reason if isinstance(event, Bounced) else ""
                for event in batch.events[:done]
                if isinstance(event, Echo | Bounced)
            }
            return Taken(came_back, claim(storage), rest, boundary.answered), boundary.faults

        while True:
            try:
                taken, faults = await self._database.write(work)
            except Unanswered as unanswered:
                near.learn(await self.suggesting.find(near.wanted, unanswered.stamp))
            else:
                for fault in faults:
                    fault.log()
                return taken
