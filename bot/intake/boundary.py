"""The sole error boundary: every event has a savepoint, and one that cannot be taken is undone alone and leaves a trace."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.chat import N_, Bounced, Echo, Joined, Message, Said, Sealed, Submitted, say
from campaign.errors import CampaignError
from commands.command import Wanted
from commands.dialogue import answer
from commands.dialogue.forms import Answered
from commands.privacy import forgetting
from commands.trouble import quarantining
from storage.trouble import is_fatal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.intake.effects import Effects
    from bot.intake.suggesting import Near
    from campaign.chat import Event, Text
    from commands.command import House
    from storage.storage import Storage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """An event that could not be taken, under the reference by which it is kept; without an error it is too old."""

    reference: str
    event: str
    error: Exception | None = None

    def log(self) -> None:
        """Log it: once it is certain that the database knows its reference."""
        extra = {"action": "quarantine", "reference": self.reference, "event": self.event}
        if self.error is None:
            log.warning("too old to be taken", extra=extra)
        else:
            log.error("an event could not be taken", extra=extra, exc_info=self.error)


class Boundary:
    """Takes the events of one transaction, each once."""

    def __init__(self, storage: Storage, house: House, effects: Effects, near: Near, now: datetime) -> None:
        self._storage, self._house, self._effects, self._near, self._now = storage, house, effects, near, now
        self.faults: list[Fault] = []
        self.answered: dict[str, Answered] = {}
        """Event of each form that was handed in → what its holder is shown."""

    def take(self, network: str, events: Sequence[Event]) -> None:
        """Take those that were not taken before."""
        keys = [(event.room.id, event.event) for event in events if _counts_once(event)]
        fresh = self._storage.inbox.take(network, keys, self._now)
        for event in events:
            key = (event.room.id, event.event)
            if _counts_once(event):
                if key not in fresh:
                    continue
                fresh.discard(key)
            if forgetting.is_beyond_memory(self._storage, event, self._now):
                self._leave(event)
            else:
                self._bounded(event)

    def _leave(self, event: Event) -> None:
        """Do not take what may have been taken long ago; where somebody asked for something, let campaigners decide."""
        if isinstance(event, Said) and answer.is_for_us(self._storage, event, self._house, self._now):
            self._set_aside(event, "TooOld")

    def _bounded(self, event: Event) -> None:
        """Take one event; one that cannot be taken is undone alone, kept as a trace, and its sender told."""
        try:
            try:
                with self._storage.savepoint():
                    answered = self._effects.of(event)
            except CampaignError as refused:
                # What it had written is undone with everything else; that it was refused is all that is said.
                with self._storage.savepoint():
                    answered = self._effects.of(event, refused.text)
        except Wanted as wanted:
            self._near.wanted.add((wanted.name, wanted.site))
        except Exception as error:
            if is_fatal(error):
                raise
            if self._near.wanted:
                return  # everything is undone, and this event taken again with the rest
            self._apologise(event, self._set_aside(event, type(error).__name__, error))
        else:
            if answered is not None:
                self.answered[event.event] = answered

    def _set_aside(self, event: Event, why: str, error: Exception | None = None) -> str:
        reference = quarantining.set_aside(self._storage, self._house, event, self._now, why)
        self.faults.append(Fault(reference, event.event, error))
        return reference

    def _apologise(self, event: Event, reference: str) -> None:
        """Tell who did it that it could not be taken; if not even that can be done, the trace is all there is."""
        if isinstance(event, Submitted):
            self.answered[event.event] = Answered((_sorry(reference),), self._house.language, refused=True)
        if not isinstance(event, Said):
            return
        try:
            with self._storage.savepoint():
                self._say_sorry(event, reference)
        except Exception as error:
            if is_fatal(error):
                raise
            log.exception("no apology either", extra={"action": "quarantine", "reference": reference})

    def _say_sorry(self, said: Said, reference: str) -> None:
        room = self._storage.rooms.find(said.room.network, said.room.id)
        if room is None or not answer.is_for_us(self._storage, said, self._house, self._now):
            return
        message = Message((_sorry(reference),), to=said.sender, to_name=said.name)
        self._storage.outbox.put(room.network, message, self._now, room=room.id, reply_to=said.event)


def _sorry(reference: str) -> Text:
    return say(
        N_("Something went wrong on my side; nothing was changed. Please tell an administrator: {reference}"),
        reference=reference,
    )


def _counts_once(event: Event) -> bool:
    """Whether a second arrival must do nothing. The others may come again and again, and change nothing by it."""
    return bool(event.event) and not isinstance(event, Echo | Bounced | Joined | Sealed)
