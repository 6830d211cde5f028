"""The board of a campaign in each room: one message, kept up to date by the clock, never by a signature itself."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from campaign.board import GATHERS, last_step, next_step
from campaign.chat import MATRIX, N_, NN_, Day, Message, Moment, Text, Typed, say, say_many
from campaign.lately import is_lately
from commands.ballots import polling
from commands.command import Reply
from commands.places import bridging
from commands.reminders import schedules
from commands.signatures import counting, showing
from storage.messages import freeze

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commands.command import House
    from commands.tick import Tick
    from storage.boards import Board
    from storage.campaigns import Campaign
    from storage.rooms import RoomRow
    from storage.storage import Storage

PURPOSE = "board"
MOST_POLLS = 2
_GONE = ("failed", "dropped", "unsaid", "retried")
"""What has become of a message that is not in its room."""
_URGENCY = 7
"""Whoever is answered comes first."""


def keep(storage: Storage, house: House, tick: Tick) -> Reply:
    """Show each room where its campaign stands, wherever that is wanted and has changed."""
    now = tick.now
    for campaign in storage.campaigns.open():
        boards = storage.boards.of_campaign(campaign.id)
        rooms = [room for room in storage.rooms.of_campaign(campaign.id) if not room.admin]
        # Of a bridged room the side that has it, else the one where it was asked for, or not wanted.
        prefer = {
            number: 0 if one.outbox_id is not None else 2 - one.wanted for number, one in boards.items()
        }
        rooms = bridging.one_of_each(storage, house, rooms, prefer)
        wanted = [room for room in rooms if is_wanted(campaign, boards.get(room.id))]
        if any(is_ripe(boards.get(room.id), now) for room in wanted):
            facts, left = _facts(storage, campaign, now), _left(storage, campaign, now)
            for room in wanted:
                _keep(storage, campaign, room, boards.get(room.id), (facts, left), now)
    for board in storage.boards.of_ended():
        campaign = storage.campaigns.get(board.campaign_id)
        take_down(storage, board, _facts(storage, campaign, now)[:-1], now, for_good=True)
    return Reply()


def is_wanted(campaign: Campaign, board: Board | None) -> bool:
    """Whether a room is to have a board: as was said there, else as the campaign has it."""
    return campaign.board if board is None else board.wanted


def is_ripe(board: Board | None, now: datetime) -> bool:
    """Whether a board may be changed again: what changes is gathered for a while."""
    return board is None or board.changed_at is None or not is_lately(board.changed_at, GATHERS, now)


def take_down(
    storage: Storage, board: Board, last: Sequence[Text], now: datetime, *, for_good: bool = False
) -> None:
    """Keep a board up to date no longer: these are its last words, where it can be put in other words.

    With `for_good` they are said anew where it cannot: nothing comes after them.
    """
    known = storage.outbox.earlier(board.outbox_id) if board.outbox_id is not None else None
    if known is not None and board.posted_at is not None:
        room = storage.rooms.get(board.room_id)
        edits_any = room.network == MATRIX
        newer = 0 if edits_any else _newer(storage, room, board.posted_at)
        is_there = known.state not in _GONE and room.state != "parked"
        step = last_step(is_there=is_there, edits_any=edits_any, newer=newer, for_good=for_good)
        if step == "edit":
            _edit(storage, room, known.id, tuple(last), now)
        elif step == "post":
            storage.outbox.put(room.network, Message(tuple(last)), now, room=room.id, urgency=_URGENCY)
        if is_there:
            storage.outbox.put(room.network, Message(()), now, room=room.id, intent="unpin", target=known.id)
    storage.boards.put(board.campaign_id, board.room_id, wanted=False, outbox_id=None, shown="")


def _newer(storage: Storage, room: RoomRow, since: datetime) -> int:
    """How many lines are below a message of that time."""
    return storage.boards.lines_since(room.network, room.address, room.id, since)


def _keep(  # noqa: PLR0917 - a board with its whole context
    storage: Storage,
    campaign: Campaign,
    room: RoomRow,
    board: Board | None,
    said: tuple[tuple[Text, ...], tuple[Text, ...]],
    now: datetime,
) -> None:
    facts, days = said
    much, all_ = _digest(facts), _digest((*facts, *days))
    known = storage.outbox.earlier(board.outbox_id) if board and board.outbox_id is not None else None
    left = known is not None and known.state == "dropped"  # a campaigner has looked, and left it as it is
    posted_at = board.posted_at if board and board.outbox_id is not None and not left else None
    edits_any = room.network == MATRIX
    changed = board is None or board.shown != f"{much}:{all_}"
    step = next_step(
        now=now,
        posted_at=posted_at,
        changed_at=board.changed_at if board else None,
        is_there=known is not None and known.state not in _GONE,
        asked_for=board is not None and board.outbox_id is None,
        changed=changed,
        changed_much=board is None or board.shown.partition(":")[0] != much,
        edits_any=edits_any,
        newer=0 if edits_any or not changed or posted_at is None else _newer(storage, room, posted_at),
        may_speak=schedules.may_remind(campaign, now),
    )
    if not step:
        return
    # The deadline and what is open stand above what to do.
    as_of = say(N_("As of {at}"), at=Moment(now, campaign.timezone).seen(now))
    lines = (*facts[:-1], *days, facts[-1], as_of)
    values = {"shown": f"{much}:{all_}", "changed_at": now}
    if step == "edit" and known is not None:
        _edit(storage, room, known.id, lines, now)
    else:
        if board and board.outbox_id is not None and known is not None:
            storage.outbox.put(room.network, Message(()), now, room=room.id, intent="unpin", target=known.id)
        row = storage.outbox.put(
            room.network, Message(lines, purpose=PURPOSE), now, room=room.id, urgency=_URGENCY
        )
        storage.outbox.put(
            room.network, Message(()), now, room=room.id, intent="pin", target=row, urgency=_URGENCY
        )
        values |= {"outbox_id": row, "posted_at": now, "pinned_at": now}
    storage.boards.put(campaign.id, room.id, **values)


def _edit(storage: Storage, room: RoomRow, row: int, lines: tuple[Text, ...], now: datetime) -> None:
    message = Message(lines, purpose=PURPOSE)
    waiting = storage.boards.waiting_edit(row)
    if waiting is not None:
        storage.outbox.reword(waiting, message)
    else:
        storage.outbox.put(
            room.network, message, now, room=room.id, intent="edit", target=row, urgency=_URGENCY
        )


def _digest(lines: Sequence[Text]) -> str:
    frozen = json.dumps(freeze(Message(tuple(lines))), sort_keys=True)
    return hashlib.sha256(frozen.encode()).hexdigest()[:16]


def _facts(storage: Storage, campaign: Campaign, now: datetime) -> tuple[Text, ...]:
    """What only people change: who stands where, which polls are open; last, what to do. No names: all read it."""
    progress = counting.progress(storage, campaign)
    standings = progress.standings
    lines = [
        say(N_("📌 **{title}**"), title=campaign.named),
        *showing.ended(campaign),
        showing.counted(progress),
        *showing.of_earlier(progress, campaign),
        *showing.of_one_person(progress),
    ]
    if deciding := standings.get("deciding", 0):
        ahead = campaign.closed_at is None
        until = storage.own_dates.next_one(campaign.id, schedules.today(campaign, now)) if ahead else None
        lines.append(
            say(N_("🤔 Deciding: {count}, the next until {day}"), count=deciding, day=Day(until))
            if until
            else say(N_("🤔 Deciding: {count}"), count=deciding)
        )
    line = say(
        N_("Declared: {declared} · declined: {declined} · no answer yet: {silent}"),
        declared=standings.get("declared", 0),
        declined=standings.get("declined", 0),
        silent=standings.get("silent", 0),
    )
    lines.append(showing.standings(progress, line))
    every = storage.polls.of_campaign(campaign.id, only_open=True)
    polls = [poll for poll in every if not poll.is_being_counted(now)]
    lines += [
        say_many(
            *NN_(
                "🗳 Poll {number}: {question} — {count} of {eligible} has answered, until {at}",
                "🗳 Poll {number}: {question} — {count} of {eligible} have answered, until {at}",
            ),
            len(polling.answers(storage, poll)),
            number=poll.number,
            question=poll.question,
            eligible=len(storage.polls.electorate(poll.id)),
            at=Moment(poll.closes_at, poll.zone).seen(now),
        )
        for poll in polls[:MOST_POLLS]
    ]
    if len(polls) > MOST_POLLS:
        more = len(polls) - MOST_POLLS
        lines.append(say(N_("🗳 {more} more: {polls}"), more=more, polls=Typed("polls")))
    lines.append(say(N_("{sign} · {status}"), sign=Typed("sign", "…"), status=Typed("status")))
    return tuple(lines)


def _left(storage: Storage, campaign: Campaign, now: datetime) -> tuple[Text, ...]:
    """How long there is until the next deadline: what time changes by itself."""
    one = next((one for one in storage.deadlines.of_campaign(campaign.id) if one.at > now), None)
    return () if one is None else (showing.days_left(one, now),)
