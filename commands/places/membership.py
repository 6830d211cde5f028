"""What happens when the bot is invited into a room, enters one, or is sent away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import (
    MATRIX,
    N_,
    NN_,
    XMPP,
    Bounced,
    Invited,
    Joined,
    Message,
    Removed,
    Text,
    Typed,
    Unreadable,
    say,
    say_many,
)
from commands import tell
from commands.ballots import polling
from commands.command import Elsewhere, House, Reply
from commands.places import bridging, following, inviting
from commands.trouble import undelivered

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from storage.dispatches import DispatchRow
    from storage.rooms import RoomRow
    from storage.storage import Storage


SKEW = timedelta(minutes=1)
"""How far a server's clock may be from ours."""
FOLLOW_WITHIN = timedelta(days=1)
"""How long what waited in a room that was replaced is worth saying in the one in its place."""
KEYS_LAST = timedelta(hours=20)
"""How long a Matrix server is sure to know a message again by its key: it says a day."""


def invited(storage: Storage, house: House, event: Invited) -> Reply | None:
    """Accept an invitation, or decline it in words: see `inviting`."""
    room = storage.rooms.find(event.room.network, event.room.id)
    if room is not None and room.direct and room.network == XMPP:
        return None  # that is somebody's account: whoever "invites" there would end our chat with them
    gone: Reply | None = None
    if room is not None and room.state == "joined" and room.network == MATRIX:
        # Nobody in a Matrix room can be invited into it: the bot was sent away and asked back between two answers of
        # its server. Synapse tells of both; where one tells of the latter alone, this comes to the same.
        gone = removed(storage, house, Removed(event.room, "", event.at, "kicked"), event.at)
        room = storage.rooms.get(room.id)
    asked_for = storage.rooms.find(event.room.network, event.alias) if event.alias else None
    if asked_for is not None and asked_for.state == "wanted" and not (room is not None and room.sent_away):
        room = asked_for  # by that name the config knows it, until the bot has been there
    asked = _asked(storage, house, event, room)
    replies = [reply for reply in (gone, asked) if reply is not None]
    return Reply(elsewhere=tuple(one for reply in replies for one in reply.elsewhere)) if replies else None


def _asked(storage: Storage, house: House, event: Invited, room: RoomRow | None) -> Reply | None:
    from_admin = event.by in house.admins
    why = inviting.refusal(storage, house, event, room)
    if why is not None:
        if not inviting.is_declined(storage, event):
            return None
        room = room or storage.rooms.ensure(event.room.network, event.room.id, language=house.language)
        if room.state != "parked":  # why it is so is known on: it may be awaited, or have sent the bot away
            storage.rooms.change(room.id, state="parked", why="uninvited")
        return Reply(elsewhere=(_leave(room, why),))
    room = room or storage.rooms.ensure(
        event.room.network,
        event.room.id,
        language=house.language,
        direct=event.direct,
        partner=event.by.id if event.direct else "",
    )
    storage.rooms.change(room.id, state="wanted", **({} if room.follows else {"why": ""}))
    campaigns = storage.campaigns.open()
    if from_admin and not event.direct and not room.admin and len(campaigns) == 1:
        storage.rooms.list_in(campaigns[0].id, room.id, position=1000)
        by = storage.people.find(event.by)
        storage.audit.note(
            "room listed", event.at, person=by.id if by else None, room=room.id, campaign=campaigns[0].id
        )
    return Reply(elsewhere=(Elsewhere(Message(()), room_id=room.id, intent="join", urgency=0),))


def joined(storage: Storage, house: House, event: Joined, now: datetime) -> Reply | None:
    """Remember a room the bot is in; in a campaign's, say once who it is in three lines, and show what is put to the vote."""
    room = _entry(storage, house, event)
    astray = following.followed(storage, house, room, event, now)
    if astray is not None:
        return astray
    room = storage.rooms.get(room.id)
    campaigns = storage.rooms.campaigns_of(room.id)
    # A listed room in which only one person is left, or only one has come yet, is no private chat.
    partner = event.private_with if not campaigns and not room.admin else None
    storage.rooms.change(
        room.id,
        state="joined",
        name=event.name or room.name,
        direct=partner is not None,
        partner=partner.id if partner else "",
        archived=event.archived,
        encrypted=event.encrypted or room.encrypted,
    )
    told: tuple[Elsewhere, ...] = ()
    if room.name and event.name and event.name != room.name and (campaigns or room.admin):
        # Where people were told of a room by its name, they look for it by that.
        renamed = say(N_("{old} is called {new} now."), old=room.name, new=event.name)
        told = tell.admins(storage, house, renamed)
    running = [one for one in campaigns if storage.campaigns.get(one).closed_at is None]
    if running and not room.admin:
        if room.welcomed_at is None:
            storage.rooms.change(room.id, welcomed_at=now)
            told = (*told, _welcome(storage, house, room, running[0]))
        told = (*told, *_open_polls(storage, house, room.id))
    return Reply(elsewhere=told) if told else None


def _welcome(storage: Storage, house: House, room: RoomRow, campaign_id: int) -> Elsewhere:
    campaign = storage.campaigns.get(campaign_id)
    letter = storage.letters.in_language(campaign.id, room.language or house.language)
    lines = (
        say(N_("Hello! I am {name}: I collect your organisations' signatures."), name=house.name),
        say(N_("📜 **{title}** — {letter} shows the letter."), title=letter.title, letter=Typed("letter")),
        say(N_("To sign: {sign} · everything else: {help}"), sign=Typed("sign", "…"), help=Typed("help")),
    )
    return Elsewhere(Message(lines), room_id=room.id)


def _open_polls(storage: Storage, house: House, room_id: int) -> Iterable[Elsewhere]:
    """Show a room that came later what is put to the vote: not one where it was shown, nor another side of such a room.

    Looked at whenever the bot is in a room (anew): it may have been away, or the room have become a campaign's since.
    """
    for number in storage.rooms.campaigns_of(room_id):
        campaign = storage.campaigns.get(number)
        for poll in storage.polls.of_campaign(number, only_open=True):
            if not poll.begun:
                continue
            shown = {
                room
                for row, room in storage.outbox.with_purpose(polling.purpose(poll.id), "message")
                if not _never_said(storage, row)
            }
            rooms = [
                room
                for room in storage.rooms.of_campaign(number, joined=False)
                if room.state == "joined" or room.id in shown
            ]
            there = bridging.one_of_each(storage, house, rooms, prefer=dict.fromkeys(shown, 0))
            if room_id not in shown and room_id in [room.id for room in there]:
                yield from polling.opened(storage, campaign, poll, room_id)


def _never_said(storage: Storage, row: int) -> bool:
    """Whether an intent was given up before it began to leave, as when the bot was sent away."""
    became = storage.outbox.earlier(row)
    return became is not None and became.state == "unsaid"


def _entry(storage: Storage, house: House, event: Joined) -> RoomRow:
    """The one row of a room that may be known by its id, by the alias it was asked for, or not at all."""
    room = storage.rooms.find(event.room.network, event.room.id)
    asked = None
    if event.alias and event.alias != event.room.id:
        asked = storage.rooms.find(event.room.network, event.alias)
    if asked is not None and room is None:
        storage.rooms.change(asked.id, address=event.room.id, alias=event.alias)
        return storage.rooms.get(asked.id)
    if asked is not None and room is not None and asked.id != room.id:
        storage.rooms.change(room.id, alias=event.alias, admin=room.admin or asked.admin)
        storage.rooms.absorb(room.id, asked.id)
        return storage.rooms.get(room.id)
    return room or storage.rooms.ensure(event.room.network, event.room.id, language=house.language)


def removed(storage: Storage, house: House, event: Removed, now: datetime) -> Reply | None:
    """Park a room the bot was sent away from; nothing rejoins by itself, and the campaigners are told."""
    room = storage.rooms.find(event.room.network, event.room.id)
    if room is None or room.state == "parked":
        return None
    if event.why == "unreachable":
        told = say(N_("I could not enter {room}. I will try again at my next start."), room=room.label)
        return Reply(elsewhere=tell.admins(storage, house, told))
    storage.rooms.change(room.id, state="parked", why=event.why)
    follows = following.follow(storage, room, event) if event.why == "replaced" else ()
    moved = move_on(storage, room, event.successor, now) if event.why == "replaced" else 0
    unsaid = storage.undelivered.give_up_room(room.id, "sent away", now)
    storage.inbox.forget_cursor(event.room.network, event.room.id)
    if room.direct:
        return None
    if follows:
        told = say(N_("The room {room} was replaced by a new one: I follow into it."), room=room.label)
    elif event.why == "replaced":
        told = say(
            N_(
                "The room {room} was replaced by a new one. I do not follow by myself: please invite me into it."
            ),
            room=room.label,
        )
    else:
        told = say(
            N_("I am no longer in {room} ({why}). I do not come back by myself: please invite me again."),
            room=room.label,
            why=say(_WHY.get(event.why, N_("left"))),
        )
    lines = [told]
    if event.successor and event.room.network == XMPP:
        lines.append(say(N_("The new one is {address}."), address=event.successor))
    if moved:
        lines.append(
            say_many(
                *NN_(
                    "{count} message of mine waits to be said there.",
                    "{count} messages of mine wait to be said there.",
                ),
                moved,
            )
        )
    if unsaid:
        lines.append(
            say_many(
                *NN_(
                    "{count} message of mine was not said there any more: {outbox} lists it.",
                    "{count} messages of mine were not said there any more: {outbox} lists them.",
                ),
                unsaid,
                outbox=Typed("outbox"),
            )
        )
    return Reply(elsewhere=(*follows, *tell.admins(storage, house, *lines)))


def move_on(storage: Storage, room: RoomRow, successor: str, now: datetime) -> int:
    """Let what waits in a room that was replaced wait for the room in its place; return how many messages that is.

    None do where the bot was sent away from that one too: it would never be said.
    """
    target = storage.rooms.successor(room, successor)
    return storage.rooms.move_on(room.id, target.id, now + FOLLOW_WITHIN) if target else 0


def given_back(storage: Storage, house: House, event: Bounced, now: datetime) -> Reply | None:
    """Tell the campaigners of a message that had seemed delivered, and that its network gave back after all.

    One that has not is the business of whoever carries it.
    """
    room_id = storage.undelivered.was_given_back(event.room.network, event.key)
    if room_id is None:
        return None
    told = undelivered.failed(storage, house, event.key, room_id, why=event.reason, now=now, even_alone=True)
    return Reply(elsewhere=told)


_MISSED = {
    "gap": N_("I may have missed something in {room} while I was away: please look there for signatures."),
    "mute": N_(
        "I may not speak in {room}: I have asked for voice, and nobody gave it to me. What I have to say there waits."
    ),
    "deaf": N_(
        "I cannot hear {room}: it does not let me in, or its archive does not answer. I keep trying; until then nothing said there counts."
    ),
}


def missed(storage: Storage, house: House, event: Unreadable, now: datetime) -> Reply | None:
    """Tell the campaigners where something is said that the bot cannot read: never again, or for minutes by now."""
    text = _MISSED.get(event.why)
    if text is None:
        return None
    room = storage.rooms.find(event.room.network, event.room.id)
    told = tell.admins(storage, house, say(text, room=room.label if room else event.room.id))
    if event.why == "gap":
        forgotten = _beyond(storage, event, now)
        told = (*told, *doubt(storage, house, forgotten, "a gap", now))
    return Reply(elsewhere=told)


def _beyond(storage: Storage, event: Unreadable, now: datetime) -> list[DispatchRow]:
    """What was begun where a gap is, and cannot be looked for any more.

    A Matrix server knows a message again by its key for a while. On XMPP only the archive can tell, and from before
    `event.at` it has nothing; the gap of our own archive, which is no room's, is one of every private chat.
    """
    network = event.room.network
    before = now - KEYS_LAST if network == MATRIX else event.at + SKEW
    own = network == XMPP and storage.rooms.find(network, event.room.id) is None
    return [
        row
        for row in storage.dispatches.sending(network)
        if row.made_at < before
        and (row.address == event.room.id or (own and storage.rooms.get(row.room_id).direct))
    ]


def doubt(
    storage: Storage, house: House, begun: Iterable[DispatchRow], why: str, now: datetime
) -> tuple[Elsewhere, ...]:
    """Leave what was begun and cannot be looked for any more: sent again, it might be there twice."""
    told: list[Elsewhere] = []
    for row in begun:
        told += undelivered.uncertain(storage, house, row.key, row.room_id, why=why, now=now)
    return tuple(told)


_WHY = {
    "kicked": N_("removed"),
    "banned": N_("banned"),
    "members": N_("members only"),
    "destroyed": N_("the room was closed"),
    "left": N_("left"),
}


def _leave(room: RoomRow, why: Text) -> Elsewhere:
    return Elsewhere(Message((why,)), room_id=room.id, intent="leave", urgency=0)
