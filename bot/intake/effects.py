"""From one event to what comes of it: who asks and where is made out, then what listens for such events is asked."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.intake import replying
from campaign.chat import (
    Balloted,
    Bounced,
    Echo,
    Invited,
    Joined,
    Reacted,
    Redacted,
    Removed,
    Said,
    Sealed,
    Submitted,
    Unreadable,
)
from commands.command import Context, Reply
from commands.dialogue import answer, editing, forms, reactions, voting
from commands.places import bridging, membership
from commands.trouble import unreading
from storage.steps import reached

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.intake.suggesting import Near
    from campaign.chat import Address, Event, Text
    from commands.command import Command, House, Place
    from storage.rooms import RoomRow
    from storage.storage import Storage

log = logging.getLogger(__name__)


class Effects:
    """Lets the events of one transaction take effect. They were received at `now` (UTC); `clock` tells the time since."""

    def __init__(
        self,
        storage: Storage,
        house: House,
        menu: tuple[Command, ...],
        near: Near,
        *,
        now: datetime,
        clock: Callable[[], datetime],
    ) -> None:
        self._storage, self._house, self._menu, self._near = storage, house, menu, near
        self._now, self._clock = now, clock
        self._spoke: dict[tuple[Address, int], None] = {}
        """Who spoke in which of the campaigns' rooms, the latest last."""

    def of(self, event: Event, refusal: Text | None = None) -> forms.Answered | None:
        """Let an event take effect; with a `refusal`, only say that. Of a form, return what its holder is shown.

        Raises:
            CampaignError: what somebody asked for is refused.
            Wanted: what is near a name has to be found out first.
        """
        if isinstance(event, Said | Reacted | Balloted) and self._house.bridges.brings(event.sender):
            self._tell(bridging.refused(self._storage, self._house, event, self._now))
            return None
        match event:
            case Said():
                self._said(event, refusal)
            case Reacted() | Balloted():
                self._reacted(event, refusal)
            case Submitted():
                return self._submitted(event, refusal)
            case Redacted():
                reactions.redacted(self._storage, event)
                self._tell(editing.deleted(self._storage, event, self._now))
                unreading.deleted(self._storage, event, self._now)
                self._redacted(event)
            case _:
                self._of_the_network(event)
        return None

    def remember(self) -> None:
        """Note where each organisation's people spoke last: there it is reminded. Once for all that was taken."""
        for sender, room_id in self._spoke:
            person = self._storage.people.find(sender)
            if person is not None:
                self._storage.campaigns.spoke(person.id, room_id)
        self._spoke.clear()

    def _of_the_network(self, event: Event) -> None:
        """Take what nobody said: what becomes of rooms, and of our own messages."""
        storage, house, now = self._storage, self._house, self._now
        match event:
            case Invited():
                self._tell(membership.invited(storage, house, event))
            case Joined():
                self._tell(membership.joined(storage, house, event, now))
            case Removed():
                self._tell(membership.removed(storage, house, event, now))
            case Echo():
                reached("response")
                storage.dispatches.delivered(event.key, event.event, now)
            case Bounced():
                self._tell(membership.given_back(storage, house, event, now))
            case Sealed():
                unreading.keep(storage, event, now)
            case Unreadable():
                log.warning("unreadable event", extra={"action": "unreadable", "why": event.why})
                self._tell(membership.missed(storage, house, event, now))

    # --- what people do

    def _said(self, said: Said, refusal: Text | None) -> None:
        if said.edits:
            self._tell(editing.edited(self._storage, self._house, said, self._now))
            return
        room = self._room(said, direct=said.private)
        place = self._place(room, private=said.private)
        said = replace(said, private=place == "private")
        if place == "campaign":
            self._spoke.pop((said.sender, room.id), None)
            self._spoke[said.sender, room.id] = None
        if answer.is_for_us(self._storage, said, self._house, self._now) and room.state != "parked":
            context = self._context(said, room, place)
            reply = answer.refused(context, said, refusal) if refusal else answer.answer(context, said)
            self._reply(context, reply, said)

    def _reacted(self, reacted: Reacted | Balloted, refusal: Text | None) -> None:
        if not self._storage.outbox.purpose_of(reacted.room.network, reacted.target):
            return  # to somebody else's message: not ours to know
        context = self._where_known(reacted, direct=False)
        if refusal:
            reply: Reply | None = Reply((refusal,))
        elif isinstance(reacted, Balloted):
            reply = voting.balloted(context, reacted)
        else:
            reply = reactions.reacted(context, reacted)
        self._reply(context, reply, reacted)

    def _redacted(self, redacted: Redacted) -> None:
        """Take back what was answered in a poll by an event that is gone; nobody says by whose hand."""
        storage = self._storage
        for ballot in storage.ballots.of_event(redacted.room.network, redacted.target):
            person = storage.people.find(storage.people.address(storage.people.any_address(ballot.person_id)))
            if person is None:
                continue  # forgotten: what they said for their organisation stays
            address = storage.people.address(person.address_id)
            # It was there before it was gone, whatever its server says.
            at = max(redacted.at, ballot.cast_at)
            gone = Balloted(
                redacted.room,
                redacted.event,
                address,
                person.name,
                redacted.target,
                (),
                at,
                live=redacted.live,
            )
            context = self._where_known(gone, direct=False)
            self._reply(context, voting.redacted(context, ballot, gone.target), gone)

    def _submitted(self, form: Submitted, refusal: Text | None) -> forms.Answered:
        context = self._where_known(form, direct=True)
        if refusal:
            return forms.Answered((refusal,), context.language, refused=True)
        return replying.in_form(context, answer.submitted(context, form) or Reply(), self._clock())

    # --- who asks, and where

    def _room(self, event: Said | Reacted | Balloted | Submitted, *, direct: bool) -> RoomRow:
        return self._storage.rooms.ensure(
            event.room.network,
            event.room.id,
            state="joined",
            direct=direct,
            partner=event.sender.id if direct else "",
            language=self._house.language,
        )

    def _place(self, room: RoomRow, *, private: bool) -> Place:
        """What kind of place a room is. A listed room is what it is listed as, even while only two are in it."""
        if room.admin:
            return "admin"
        if self._storage.rooms.campaigns_of(room.id):
            return "campaign"
        return "private" if private else "other"

    def _where_known(self, event: Reacted | Balloted | Submitted, *, direct: bool) -> Context:
        """Who asks, in a room of which only we know whether it is private: the event does not say.

        What is answered in a room that was replaced is taken, and said, in the one in its place.
        """
        room = self._room(event, direct=direct)
        room = self._storage.rooms.named(room.network, room.address) or room
        return self._context(event, room, self._place(room, private=room.direct))

    def _context(self, event: Said | Reacted | Balloted | Submitted, room: RoomRow, place: Place) -> Context:
        at = self._now if event.live else min(event.at, self._now)
        return Context(
            storage=self._storage,
            house=self._house,
            now=at,
            room=room,
            place=place,
            address=event.sender,
            name=event.name,
            person=self._storage.people.ensure(event.sender, event.name, at),
            server_at=event.at,
            live=event.live,
            received=self._now,
            menu=self._menu,
            event=event.event,
            thread=event.thread if isinstance(event, Said) else "",
            shared=() if isinstance(event, Balloted) else event.shared,
            by_form=isinstance(event, Submitted),
            near=self._near,
        )

    # --- what comes of it

    def _reply(self, context: Context, reply: Reply | None, event: Said | Reacted | Balloted) -> None:
        if reply is not None:
            replying.in_chat(context, reply, event, self._clock())

    def _tell(self, reply: Reply | None) -> None:
        if reply is not None:
            replying.elsewhere(self._storage, self._house, reply.elsewhere, self._now)
