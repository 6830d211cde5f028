"""How a question is shown, who is told once it is settled, and when campaigners are reminded of those that are open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Day, Link, Listing, Message, Text, Typed, Value, say, say_many
from campaign.lately import is_lately
from campaign.reminder import is_civil, public_names
from commands import tell
from commands.command import Elsewhere
from commands.reminders import schedules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.chat import Address
    from commands.command import House
    from storage.campaigns import Campaign, Member
    from storage.questions import Question, Wait
    from storage.rooms import RoomRow
    from storage.storage import Storage

OPEN_LONG = timedelta(days=7)
"""How long a question is open before the campaigners are reminded of it, and how often at most they are."""
OPEN_WITH_WAITING = timedelta(days=2)
"""The same, once an organisation waits for the answer."""


# --- showing -------------------------------------------------------------------------------------------------------


def line(question: Question) -> Text:
    """A question with its answer and sources, or where it stands without one."""
    values: dict[str, Value] = {"number": question.number, "question": question.text}
    if question.answered_at is None and question.closed_at is None:
        return say(N_("**{number}.** “{question}” → no answer yet"), **values)
    if question.answered_at is None:
        return say(
            N_("**{number}.** “{question}” → closed without an answer. {why}"), **values, why=question.answer
        )
    if not question.sources:
        return say(N_("**{number}.** “{question}” → {answer}"), **values, answer=question.answer)
    return say(
        N_("**{number}.** “{question}” → {answer} — {sources}"),
        **values,
        answer=question.answer,
        sources=Listing(tuple(map(Link, question.sources))),
    )


def open_ones(storage: Storage, campaign_id: int) -> tuple[Text, ...]:
    """How many questions are open, for campaigners; nothing if none is."""
    count = len(storage.questions.open(campaign_id))
    if not count:
        return ()
    return (
        say_many(
            *NN_(
                "❓ {count} open question · organisations waiting: {waiting} · {questions}",
                "❓ {count} open questions · organisations waiting: {waiting} · {questions}",
            ),
            count,
            waiting=len(storage.questions.waiting(campaign_id)),
            questions=Typed("questions"),
        ),
    )


# --- telling those who wait ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _There:
    """Who is told in one room: people who asked, and organisations."""

    room: RoomRow | None
    """None: a private chat that is still to be opened."""
    asked: list[Wait] = field(default_factory=list)
    organisations: list[Member] = field(default_factory=list)
    address_id: int | None = None
    """Whose private chat it is, if it is one."""


def settled(
    storage: Storage, campaign: Campaign, question: Question, now: datetime, *, again: bool = False
) -> tuple[Elsewhere, ...]:
    """Tell once, in each room where somebody asked or an organisation waits, what became of a question.

    In a room the bot is not in nobody is told, and they wait on. With `again`, whoever was told before is too. Once the
    campaign has ended only those are told who asked: organisations waited to sign, and nobody signs any more.
    """
    waits = list(storage.questions.waits(question.id))
    before = storage.questions.waits(question.id, told=True) if again else ()
    rooms = _rooms(storage, campaign, waits, before)
    told: list[Elsewhere] = []
    reached: list[Wait] = []
    for there in rooms:
        if there.room is not None and there.room.state == "parked":
            continue
        told.append(_told(storage, question, there, again=again))
        members = {member.organisation_id for member in there.organisations}
        reached += [*there.asked, *(wait for wait in waits if wait.organisation_id in members)]
    storage.questions.told(reached, now)
    return tuple(told)


def _rooms(
    storage: Storage, campaign: Campaign, waits: Sequence[Wait], before: Sequence[Wait]
) -> list[_There]:
    rooms: dict[int, _There] = {}
    opened: dict[int, _There] = {}
    for wait in (*waits, *before):
        if wait.organisation_id is None:
            room = storage.rooms.get(wait.room_id)
            there = rooms.setdefault(room.id, _There(room))
            there.asked.append(wait)
            there.address_id = wait.address_id if room.direct else None
    new = {wait.organisation_id for wait in waits if wait.organisation_id is not None}
    ids = new | {wait.organisation_id for wait in before if wait.organisation_id is not None}
    ids = ids if campaign.closed_at is None else set()
    members = [one for one in storage.campaigns.members(campaign.id) if one.organisation_id in ids]
    places = schedules.places(storage, campaign, members, public=True)
    for room_id, found in places.rooms.items():
        there = rooms.setdefault(room_id, _There(storage.rooms.get(room_id)))
        there.organisations += [one for one in found if one.organisation_id in new]
    for member, chat in places.private:
        there = (
            opened.setdefault(chat.address_id, _There(None))
            if chat.room_id is None
            else rooms.setdefault(chat.room_id, _There(storage.rooms.get(chat.room_id)))
        )
        there.organisations += [member] if member.organisation_id in new else []
        there.address_id = chat.address_id
    return [*rooms.values(), *(there for there in opened.values() if there.organisations)]


def _told(storage: Storage, question: Question, there: _There, *, again: bool) -> Elsewhere:
    """One message for all of them: in reply to who asked, if only one did; else each is named."""
    people = {wait.person_id: wait for wait in there.asked}
    first = next(iter(people.values()), None)
    alone = first if len(people) == 1 else None
    lines = [_headline(question, [] if alone else [wait.name for wait in people.values()], again=again)]
    if there.organisations:
        named, _ = public_names([member.name for member in there.organisations])
        lines.append(
            say(
                N_("{names}: you were waiting for this. {sign} · {deciding} · {decline}"),
                names=", ".join(named),
                sign=Typed("sign", "…"),
                deciding=Typed("deciding", "…"),
                decline=Typed("decline", "…"),
            )
        )
    threads = {wait.thread for wait in there.asked}
    message = Message(
        tuple(lines),
        to=storage.people.address(alone.address_id) if alone else None,
        to_name=alone.name if alone else "",
        mentions=tuple(_mentions(storage, there)),
        rings=True,
        private=there.room is None or there.room.direct,
    )
    return Elsewhere(
        message,
        room_id=there.room.id if there.room else None,
        address_id=there.address_id,
        urgency=3,
        reply_to=there.asked[-1].reply_to if there.asked else "",
        thread=threads.pop() if len(threads) == 1 else "",
    )


def _headline(question: Question, names: Sequence[str], *, again: bool) -> Text:
    if question.answered_at is None:
        head = say(N_("❓ {question}"), question=line(question))
    elif again:
        head = say(N_("✏️ The answer has changed: {question}"), question=line(question))
    else:
        head = say(N_("💡 {question}"), question=line(question))
    if not names:
        return head
    shown, more = public_names(names)
    return say(N_("{names}: {line}"), names=", ".join(shown) + ("…" if more else ""), line=head)


def _mentions(storage: Storage, there: _There) -> list[Address]:
    network = there.room.network if there.room else storage.people.address(there.address_id or 0).network
    asked = [storage.people.address(wait.address_id) for wait in there.asked]
    named, _ = public_names([member.name for member in there.organisations])
    speak = [
        address
        for member in there.organisations[: len(named)]
        for person in storage.representatives.of(member.organisation_id)
        for address in storage.people.addresses(person)
        if address.is_account
    ]
    return [address for address in dict.fromkeys((*asked, *speak)) if address.network == network]


# --- reminding the campaigners -------------------------------------------------------------------------------------


def remind(storage: Storage, house: House, campaign: Campaign, now: datetime) -> tuple[Elsewhere, ...]:
    """Remind the campaigners, once a week at most and within civil hours, of questions that are open for long."""
    found = storage.questions.open(campaign.id)
    if not found or now - found[0].asked_at < OPEN_WITH_WAITING:
        return ()
    waited = set(storage.questions.waiting(campaign.id).values())
    late = [
        one
        for one in found
        if now - one.asked_at >= (OPEN_WITH_WAITING if one.number in waited else OPEN_LONG)
    ]
    last = storage.questions.reminded_at(campaign.id)
    is_time = is_civil(now, schedules.civil_hours(campaign), campaign.timezone)
    if not late or not is_time or (last is not None and is_lately(last, OPEN_LONG, now)):
        return ()
    storage.questions.reminded(campaign.id, now)
    oldest = say(
        N_("The oldest is no. {number}, asked on {day}: “{question}”"),
        number=late[0].number,
        day=Day(late[0].asked_at.date()),
        question=late[0].text,
    )
    return tell.admins(storage, house, *open_ones(storage, campaign.id), oldest)
