"""From a batch of events, or a tick of the clock, to one transaction; the sole error boundary."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.suggesting import Near, Suggesting, Unanswered
from bot.tidying import Tidying
from campaign.chat import (
    MATRIX,
    N_,
    Balloted,
    Bounced,
    Echo,
    Event,
    Invited,
    Joined,
    Message,
    Reacted,
    Redacted,
    Removed,
    Said,
    Sealed,
    Submitted,
    Text,
    Unreadable,
    say,
)
from campaign.errors import CampaignError
from commands import (
    answer,
    asking,
    bridging,
    due,
    editing,
    forgetting,
    forms,
    membership,
    quarantining,
    reactions,
    tell,
    unreading,
    voting,
)
from commands.command import Context, House, Place, Reply, Wanted
from storage.database import is_fatal
from storage.steps import reached

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from bot.delivery import Claimed
    from bot.transports.base import Batch
    from commands.command import Command
    from commands.due import Tick
    from commands.forms import Answered
    from storage.database import Database
    from storage.rooms import RoomRow
    from storage.storage import Storage

log = logging.getLogger(__name__)

LONG = 8
"""Lines above which an answer in a room goes into a thread."""
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


@dataclass(frozen=True, slots=True)
class _Fault:
    """An event that could not be taken, under the reference by which it is kept; without an error it is too old."""

    reference: str
    event: str
    error: Exception | None = None
    shown: Answered | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the holder of a form that was handed in is shown."""

    event: str
    shown: Answered


class Intake:
    """Takes what happened, whatever the network, and decides what to say."""

    def __init__(
        self, database: Database, house: House, menu: tuple[Command, ...], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._house = house
        self._menu = menu
        self._now = now
        self._forgetting = forgetting.Forgetting()
        self.suggesting = Suggesting(database)
        self._tidying = Tidying(database)

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
        found: list[_Fault | _Shown] = []

        def work(storage: Storage) -> Taken:
            began, done, many = time.monotonic(), 0, FEW
            found.clear()
            while True:
                part = batch.events[done : done + many]
                found.extend(self._take(storage, network, part, now, near))
                done += len(part)
                many *= 2  # as long as they are quick
                if done == len(batch.events) or time.monotonic() - began > within:
                    break
            if near.wanted:
                raise Unanswered(storage.organisations.names_stamp())
            rest = replace(batch, events=batch.events[done:]) if done < len(batch.events) else None
            if rest is None:
                storage.unread.were_read(network, batch.opened, now)
                storage.inbox.move(network, batch.cursors, now)
            return Taken(
                {
                    event.key: event.reason if isinstance(event, Bounced) else ""
                    for event in batch.events[:done]
                    if isinstance(event, Echo | Bounced)
                },
                claim(storage),
                rest,
                {one.event: one.shown for one in found if one.shown is not None},
            )

        while True:
            try:
                taken = await self._database.write(work)
            except Unanswered as unanswered:
                near.learn(await self.suggesting.find(near.wanted, unanswered.stamp))
            else:
                _log([one for one in found if isinstance(one, _Fault)])
                return taken

    def _take(
        self, storage: Storage, network: str, events: Sequence[Event], now: datetime, near: Near
    ) -> list[_Fault | _Shown]:
        """Take events; return what could not be taken, to be logged once that is certain, and what forms show."""
        found: list[_Fault | _Shown | None] = []
        keys = [(event.room.id, event.event) for event in events if _counts_once(event)]
        fresh = storage.inbox.take(network, keys, now)
        for event in events:
            key = (event.room.id, event.event)
            if _counts_once(event):
                if key not in fresh:
                    continue
                fresh.discard(key)
            if forgetting.is_beyond_memory(storage, event, now):
                found.append(self._set_aside(storage, event, now))
            else:
                found.append(self._bounded(storage, event, now, near))
        return [one for one in found if one is not None]

    async def tick(self, tick: Tick) -> None:
        """Let happen what time brings, and a little of the past be forgotten. Raises StorageError."""

        def work(storage: Storage) -> None:
            for step in (*due.STEPS, *due.polls(storage), *due.AFTER_POLLS):
                try:
                    with storage.savepoint():
                        self._send(storage, step(storage, self._house, tick), tick.now)
                except Exception as error:
                    if is_fatal(error):
                        raise
                    log.exception(
                        "a step of the clock failed",
                        extra={"action": "tick", "step": getattr(step, "__name__", str(step))},
                    )

        await self._database.write(work)
        # A few at a time: whoever signs meanwhile waits for no more than these.
        while await self._database.write(lambda storage: self._in_private(storage, tick)):
            pass
        await self._tidying.step(tick.now)
        if self._forgetting.is_due(tick.now):
            try:
                # By itself, and short: nobody who signs waits for it.
                await self._database.write(lambda storage: self._forgetting.step(storage, tick.now))
            except Exception as error:
                if is_fatal(error):
                    raise
                log.exception("forgetting failed", extra={"action": "forget"})

    def _in_private(self, storage: Storage, tick: Tick) -> bool:
        """Say a few of the reminders that are for people alone; return whether there may be more."""
        try:
            with storage.savepoint():
                reply = due.in_private(storage, self._house, tick)
                self._send(storage, reply, tick.now)
        except Exception as error:
            if is_fatal(error):
                raise
            log.exception("a step of the clock failed", extra={"action": "tick", "step": "in_private"})
            return False
        return reply is not None

    async def alarm(self, text: Text) -> None:
        """Tell the administrators, wherever they can be told. Raises StorageError."""
        now = self._now()
        await self._database.write(
            lambda storage: self._send(storage, Reply(elsewhere=tell.admins(storage, self._house, text)), now)
        )

    # --- one event, whatever comes of it

    def _bounded(self, storage: Storage, event: Event, now: datetime, near: Near) -> _Fault | _Shown | None:
        """Take one event; one that cannot be taken is undone alone, kept as a trace, and its sender told."""
        try:
            try:
                with storage.savepoint():
                    return _shown(event, self._one(storage, event, now, near))
            except CampaignError as refused:
                # What it had written is undone with everything else; that it was refused is all that is said.
                with storage.savepoint():
                    return _shown(event, self._one(storage, event, now, near, refused.text))
        except Wanted as wanted:
            near.wanted.add((wanted.name, wanted.site))
        except Exception as error:
            if is_fatal(error):
                raise
            if near.wanted:
                return None  # everything is undone, and this event taken again with the rest
            reference = quarantining.set_aside(storage, self._house, event, now, type(error).__name__)
            shown = None
            if isinstance(event, Submitted):
                shown = forms.Answered((_sorry(reference),), self._house.language, refused=True)
            if isinstance(event, Said):
                self._apologise(storage, event, reference, now)
            return _Fault(reference, event.event, error, shown)
        return None

    def _apologise(self, storage: Storage, said: Said, reference: str, now: datetime) -> None:
        """Tell who said it that it could not be taken; if not even that can be done, the trace is all there is."""
        try:
            with storage.savepoint():
                room = storage.rooms.find(said.room.network, said.room.id)
                if room is None or not answer.is_for_us(storage, said, self._house):
                    return
                message = Message((_sorry(reference),), to=said.sender, to_name=said.name)
                storage.outbox.put(room.network, message, now, room=room.id, reply_to=said.event)
        except Exception as error:
            if is_fatal(error):
                raise
            log.exception("no apology either", extra={"action": "quarantine", "reference": reference})

    def _set_aside(self, storage: Storage, event: Event, now: datetime) -> _Fault | None:
        """Do not take what may have been taken long ago; where somebody asked for something, let campaigners decide."""
        if isinstance(event, Said) and answer.is_for_us(storage, event, self._house):
            reference = quarantining.set_aside(storage, self._house, event, now, "TooOld")
            return _Fault(reference, event.event)
        return None

    def _one(
        self, storage: Storage, event: Event, now: datetime, near: Near, refusal: Text | None = None
    ) -> Answered | None:
        """Let an event take effect; with a `refusal`, only say that. Of a form, return what its holder is shown.

        Raises:
            CampaignError: what somebody asked for is refused.
        """
        if isinstance(event, Said | Reacted | Balloted) and self._house.bridges.brings(event.sender):
            self._send(storage, bridging.refused(storage, self._house, event, now), now)
            return None
        match event:
            case Said():
                self._said(storage, event, now, near, refusal)
            case Reacted() | Balloted():
                self._reacted(storage, event, now, near, refusal)
            case Submitted():
                return self._submitted(storage, event, now, near, refusal)
            case Redacted():
                reactions.redacted(storage, event)
                self._send(storage, editing.deleted(storage, event, now), now)
                self._redacted(storage, event, now, near)
            case _:
                self._of_the_network(storage, event, now)
        return None

    def _of_the_network(self, storage: Storage, event: Event, now: datetime) -> None:
        """Take what nobody said: what becomes of rooms, and of our own messages."""
        match event:
            case Invited():
                self._send(storage, membership.invited(storage, self._house, event), now)
            case Joined():
                self._send(storage, membership.joined(storage, self._house, event, now), now)
            case Removed():
                self._send(storage, membership.removed(storage, self._house, event, now), now)
            case Echo():
                reached("response")
                storage.outbox.delivered(event.key, event.event, now)
            case Bounced():
                self._send(storage, membership.given_back(storage, self._house, event, now), now)
            case Sealed() | Unreadable():
                self._unreadable(storage, event, now)

    def _unreadable(self, storage: Storage, event: Sealed | Unreadable, now: datetime) -> None:
        if isinstance(event, Sealed):
            unreading.keep(storage, event, now)
            return
        log.warning("unreadable event", extra={"action": "unreadable", "why": event.why})
        self._send(storage, membership.missed(storage, self._house, event, now), now)

    def _said(self, storage: Storage, said: Said, now: datetime, near: Near, refusal: Text | None) -> None:
        if said.edits:
            self._send(storage, editing.edited(storage, self._house, said, now), now)
            return
        room = self._room(storage, said, direct=said.private)
        place = _place(storage, room, private=said.private)
        said = replace(said, private=place == "private")
        if not answer.is_for_us(storage, said, self._house):
            answer.noticed(storage, said)
        elif room.state != "parked":
            at = now if said.live else min(said.at, now)
            context = self._context(storage, said, room, place, at, near=near)
            reply = answer.refused(context, said, refusal) if refusal else answer.answer(context, said)
            self._reply(storage, context, reply, said)

    def _reacted(
        self, storage: Storage, reacted: Reacted | Balloted, now: datetime, near: Near, refusal: Text | None
    ) -> None:
        if not storage.outbox.purpose_of(reacted.room.network, reacted.target):
            return  # to somebody else's message: not ours to know
        room = self._room(storage, reacted, direct=False)
        place = _place(storage, room, private=room.direct)
        at = now if reacted.live else min(reacted.at, now)
        context = self._context(storage, reacted, room, place, at, near=near)
        if refusal:
            reply: Reply | None = Reply((refusal,))
        elif isinstance(reacted, Balloted):
            reply = voting.balloted(context, reacted)
        else:
            reply = reactions.reacted(context, reacted)
        self._reply(storage, context, reply, reacted)

    def _redacted(self, storage: Storage, redacted: Redacted, now: datetime, near: Near) -> None:
        """Take back what was answered in a poll by an event that is gone; nobody says by whose hand."""
        for ballot in storage.ballots.of_event(redacted.room.network, redacted.target):
            person = storage.people.find(storage.people.address(storage.people.any_address(ballot.person_id)))
            if person is None:
                continue  # forgotten: what they said for their organisation stays
            address = storage.people.address(person.address_id)
            gone = Balloted(
                redacted.room,
                redacted.event,
                address,
                person.name,
                redacted.target,
                (),
                redacted.at,
                live=redacted.live,
            )
            room = self._room(storage, gone, direct=False)
            place = _place(storage, room, private=room.direct)
            # It was there before it was gone, whatever its server says.
            at = now if gone.live else max(min(gone.at, now), ballot.cast_at)
            context = self._context(storage, gone, room, place, at, near=near)
            self._reply(storage, context, voting.redacted(context, ballot, gone.target), gone)

    def _submitted(
        self, storage: Storage, form: Submitted, now: datetime, near: Near, refusal: Text | None
    ) -> Answered:
        room = self._room(storage, form, direct=True)
        place = _place(storage, room, private=room.direct)
        at = now if form.live else min(form.at, now)
        context = self._context(storage, form, room, place, at, near=near)
        if refusal:
            return forms.Answered((refusal,), context.language, refused=True)
        return self._hand_back(storage, context, answer.submitted(context, form) or Reply())

    def _room(
        self, storage: Storage, event: Said | Reacted | Balloted | Submitted, *, direct: bool
    ) -> RoomRow:
        return storage.rooms.ensure(
            event.room.network,
            event.room.id,
            state="joined",
            direct=direct,
            partner=event.sender.id if direct else "",
            language=self._house.language,
        )

    def _context(
        self,
        storage: Storage,
        event: Said | Reacted | Balloted | Submitted,
        room: RoomRow,
        place: Place,
        now: datetime,
        *,
        near: Near,
    ) -> Context:
        return Context(
            storage=storage,
            house=self._house,
            now=now,
            room=room,
            place=place,
            address=event.sender,
            name=event.name,
            person=storage.people.ensure(event.sender, event.name, now),
            server_at=event.at,
            live=event.live,
            menu=self._menu,
            event=event.event,
            thread=event.thread if isinstance(event, Said) else "",
            shared=() if isinstance(event, Balloted) else event.shared,
            by_form=isinstance(event, Submitted),
            near=near,
        )

    # --- what comes of it

    def _reply(
        self, storage: Storage, context: Context, reply: Reply | None, event: Said | Reacted | Balloted
    ) -> None:
        """Put what a command says in the outbox: here, to the person alone, and elsewhere."""
        if reply is None:
            return
        now, room = self._now(), context.room
        # An answer to a poll, or a reaction, is nothing one can answer: that is what it is given to.
        answered = event.event if isinstance(event, Said) else event.target
        purpose = reply.purpose
        if reply.choices:
            purpose = f"prompt:{_ask(storage, context, reply)}"
        lines, alone = reply.lines, reply.private
        if context.private:
            lines, alone = (*lines, *alone), ()
        reaches_alone = context.private or context.address.is_account
        if (alone or reply.file) and not reaches_alone and context.place != "admin":
            lines = (
                *lines,
                say(N_("I cannot write to you alone here: open a private chat with me and ask there.")),
            )
            alone = ()
        file_here = reply.file if context.private or context.place == "admin" else None
        round_, told = bridging.goes_round(storage, self._house, context, lines or alone, now)
        if round_:
            self._send(storage, told.also(*reply.elsewhere), now)
            return
        if lines or file_here:
            message = Message(
                lines,
                to=context.address if reply.quotes else None,
                to_name=context.name if reply.quotes else "",
                purpose=purpose,
                private=context.private,
            )
            storage.outbox.put(
                room.network,
                message,
                now,
                room=room.id,
                address=context.person.address_id if context.private else None,
                file=file_here,
                reply_to=answered if reply.quotes else "",
                thread=context.thread or (event.event if _goes_aside(context, event, message) else ""),
                asker=context.person.id,
            )
        if (alone or (reply.file and file_here is None)) and reaches_alone:
            storage.outbox.put(
                room.network,
                Message(alone, private=True),
                now,
                address=context.person.address_id,
                file=reply.file if file_here is None else None,
                asker=context.person.id,
            )
        self._send(storage, reply, now)

    def _hand_back(self, storage: Storage, context: Context, reply: Reply) -> Answered:
        """Give what a command says to whoever holds the form; only a file needs a chat, and goes to theirs."""
        question = _ask(storage, context, reply) if reply.choices else 0
        lines = (*reply.lines, *reply.private)
        if reply.file:
            lines = (*lines, say(N_("You get the file in our private chat.")))
            storage.outbox.put(
                context.room.network,
                Message((), private=True),
                self._now(),
                address=context.person.address_id,
                file=reply.file,
                asker=context.person.id,
            )
        self._send(storage, reply, self._now())
        choices = forms.choices_of(reply.choices)
        return forms.Answered(lines, context.language, question=question, choices=choices)

    def _send(self, storage: Storage, reply: Reply | None, now: datetime) -> None:
        if reply is not None:
            tell.put(storage, bridging.one_side(storage, self._house, reply.elsewhere), now)


def _shown(event: Event, answered: Answered | None) -> _Shown | None:
    return None if answered is None else _Shown(event.event, answered)


def _log(faults: Sequence[_Fault]) -> None:
    """Log what could not be taken: only now is its reference one that the database knows."""
    for one in faults:
        extra = {"action": "quarantine", "reference": one.reference, "event": one.event}
        if one.error is None:
            log.warning("too old to be taken", extra=extra)
        else:
            log.error("an event could not be taken", extra=extra, exc_info=one.error)


def _ask(storage: Storage, context: Context, reply: Reply) -> int:
    """Remember a question, and what each answer to it would run; return its id."""
    choices = [
        {
            "command": choice.command,
            "arguments": asking.kept(choice.arguments),
            "campaign": choice.campaign,
            "confirmed": choice.confirmed,
        }
        for choice in reply.choices
    ]
    return storage.prompts.ask(
        context.person.id, context.room.id, choices, context.now, context.now + answer.QUESTIONS_LAST
    )


def _sorry(reference: str) -> Text:
    return say(
        N_("Something went wrong on my side; nothing was changed. Please tell an administrator: {reference}"),
        reference=reference,
    )


def _goes_aside(context: Context, event: Event, message: Message) -> bool:
    """Whether an answer is so long that in a room it goes into a thread of its own, under what was asked.

    Only Matrix clients show threads apart. What waits for an answer itself stays where that is looked for.
    """
    shown_apart = context.room.network == MATRIX and isinstance(event, Said) and not context.private
    return shown_apart and bool(message.to) and not message.purpose and len(message.lines) > LONG


def _place(storage: Storage, room: RoomRow, *, private: bool) -> Place:
    """What kind of place a room is. A listed room is what it is listed as, even while only two are in it."""
    if room.admin:
        return "admin"
    if storage.rooms.campaigns_of(room.id):
        return "campaign"
    return "private" if private else "other"


def _counts_once(event: Event) -> bool:
    """Whether a second arrival must do nothing. The others may come again and again, and change nothing by it."""
    return bool(event.event) and not isinstance(event, Echo | Bounced | Joined | Sealed)
