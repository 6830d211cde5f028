"""The board through a real delivery: one message, edits of it, and what ends it; only the network is played."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import Batch, Refused
from campaign.chat import MATRIX, Redacted
from commands.clock import boarding
from commands.command import House
from commands.tick import Tick
from tests.bot.delivery.bench import Bench, say_to
from tests.bot.scripted import COOP, MAUD, NOW, TEAM

if TYPE_CHECKING:
    from datetime import datetime

    from storage.storage import Storage

MINUTE = timedelta(minutes=1)


@pytest.fixture
def board(matrix: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A room that can show edits and pins, and wants a board."""
    can = matrix.network.capabilities
    monkeypatch.setattr(
        matrix.network, "capabilities", lambda room: replace(can(room), edits=True, pins=True)
    )
    matrix.database.transaction(lambda storage: storage.campaigns.change(1, board=True))
    return matrix


def tick(bench: Bench, now: datetime) -> None:
    """Let the clock come by."""
    bench.database.transaction(lambda storage: boarding.keep(storage, House(language="en"), Tick(now, now)))
    bench.delivery.wake()


def sign(bench: Bench, number: int) -> None:
    """Let an organisation decline: that changes what the board says."""

    def work(storage: Storage) -> None:
        member = storage.campaigns.members(1)[number]
        storage.campaigns.stand(1, member.organisation_id, "declined", NOW)

    bench.database.transaction(work)


def kinds(bench: Bench) -> list[str]:
    """Return what left for the room, in order."""
    return [one.payload.kind for one in bench.network.attempts if one.room == COOP]


async def test_it_is_posted_and_pinned_once_then_edited_with_what_has_gathered(board: Bench) -> None:
    tick(board, NOW)
    await board.settle()
    assert kinds(board) == ["message", "pin"]
    tick(board, NOW + 2 * MINUTE)
    await board.settle()
    assert kinds(board) == ["message", "pin"], "nothing has changed"
    sign(board, 0)
    tick(board, NOW + 3 * MINUTE)
    sign(board, 1)
    tick(board, NOW + 3 * MINUTE + timedelta(seconds=15))
    await board.settle()
    assert kinds(board) == ["message", "pin", "edit"], "the second waits for its minute"
    tick(board, NOW + 5 * MINUTE)
    await board.settle()
    assert kinds(board) == ["message", "pin", "edit", "edit"]
    first, *_, last = [one.payload for one in board.network.attempts if one.room == COOP]
    assert last.target
    assert "declined: 0" in first.text
    assert "declined: 2" in last.text
    assert len(first.text.splitlines()) <= 12


async def test_what_waits_while_a_network_is_away_is_one_edit(board: Bench) -> None:
    tick(board, NOW)
    await board.settle()
    for number in (0, 1):
        sign(board, number)
        tick(board, NOW + (2 + 2 * number) * MINUTE)
    waits = "SELECT count(*) FROM outbox WHERE intent = 'edit' AND network = 'matrix' AND NOT settled"
    assert await board.query(waits) == ["1"]
    await board.settle()
    assert kinds(board) == ["message", "pin", "edit"]


async def test_a_moderator_who_deletes_it_ends_it_there_and_nothing_is_said(board: Bench) -> None:
    tick(board, NOW)
    await board.settle()
    (event,) = await board.query(
        "SELECT event FROM dispatches JOIN outbox ON dispatch_key = key"
        " WHERE purpose = 'board' AND intent = 'message' AND outbox.network = 'matrix'"
    )
    elsewhere = Redacted(TEAM, "$not-it", event, NOW)
    await board.intake.take(MATRIX, Batch((elsewhere,)), lambda _: None)
    sign(board, 1)
    tick(board, NOW + 3 * MINUTE)
    await board.settle()
    assert kinds(board) == ["message", "pin", "edit"], "that was no message of that room"
    gone = Redacted(COOP, "$gone", event, NOW)
    await board.intake.take(MATRIX, Batch((gone,)), lambda _: None)
    sign(board, 0)
    tick(board, NOW + 5 * MINUTE)
    await board.settle()
    assert kinds(board) == ["message", "pin", "edit"]


async def sent_again(board: Bench, times: int = 1) -> str:
    """Let a board fail, and a campaigner have it sent again each time; return the event under which it is there then."""
    board.network.script[COOP] += [Refused("too large")] * times
    tick(board, NOW)
    await board.settle()

    def again(storage: Storage) -> None:
        (failed,) = [one for one in storage.undelivered.undecided(5)[0] if one.network == MATRIX]
        storage.undelivered.retry(failed, NOW)

    for _ in range(times):
        await board.database.write(again)
        board.delivery.wake()
        await board.settle()
    assert [text for text in board.network.texts(COOP) if "📌" in text] != []
    (event,) = await board.query(
        "SELECT event FROM dispatches JOIN outbox ON dispatch_key = key WHERE repeats_key IS NOT NULL"
        " AND state = 'delivered'"
    )
    return event


async def test_sent_again_by_a_campaigner_it_is_the_one_that_is_kept_up_to_date(board: Bench) -> None:
    event = await sent_again(board)
    sign(board, 0)
    tick(board, NOW + 3 * MINUTE)
    await board.settle()
    edit = board.network.attempts[-1].payload
    assert (edit.kind, edit.target) == ("edit", event)
    sign(board, 1)
    for later in (timedelta(days=2), timedelta(days=90)):
        board.database.transaction(lambda storage, now=NOW + later: forget(storage, now))  # type: ignore[misc]
        tick(board, NOW + later)
        await board.settle()
    posted = [one.key for one in board.network.attempts if one.room == COOP and one.payload.kind == "message"]
    assert len(posted) == 2, "the one that failed, and the one that was sent again"
    assert board.network.attempts[-1].payload.target == event


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_sent_again_and_deleted_by_a_moderator_it_is_wanted_no_more(board: Bench, times: int) -> None:
    event = await sent_again(board, times)
    await board.intake.take(MATRIX, Batch((Redacted(COOP, "$gone", event, NOW),)), lambda _: None)
    sign(board, 0)
    tick(board, NOW + timedelta(days=2))
    await board.settle()
    assert not [one for one in board.network.attempts if one.payload.kind == "edit"]


async def test_the_first_one_waits_for_civil_hours_unless_somebody_asked_for_it(board: Bench) -> None:
    night = NOW.replace(hour=1)
    tick(board, night)
    await board.settle()
    assert kinds(board) == []

    def ask(storage: Storage) -> None:
        room = storage.rooms.find(MATRIX, COOP.id)
        assert room is not None
        storage.boards.put(1, room.id, wanted=True)

    board.database.transaction(ask)
    tick(board, night + MINUTE)
    await board.settle()
    assert kinds(board) == ["message", "pin"]


async def test_a_clock_that_ran_ahead_keeps_no_board_from_changing(board: Bench) -> None:
    tick(board, NOW + timedelta(days=300))
    await board.settle()
    sign(board, 0)
    tick(board, NOW)
    await board.settle()
    assert kinds(board) == ["message", "pin", "edit"]


def forget(storage: Storage, later: datetime) -> None:
    """Forget all that may be."""
    after: int | None = 0
    while after is not None:
        after = storage.forgetting.messages(after, later, later, most=100)


async def test_it_outlives_what_is_forgotten(board: Bench) -> None:
    tick(board, NOW)
    await board.settle()
    later = NOW + timedelta(days=90)

    board.database.transaction(lambda storage: forget(storage, later))
    sign(board, 0)
    tick(board, later)
    await board.settle()
    assert kinds(board)[-1] == "edit"


async def test_taken_down_it_says_so_once_and_is_unpinned(board: Bench) -> None:
    tick(board, NOW)
    await board.settle()
    async with board.running():
        await say_to(board, "!board off", "$1", COOP, MAUD)
        await board.delivery.settled()
    assert sorted(kinds(board)) == ["edit", "message", "message", "pin", "unpin"]
    tick(board, NOW + 5 * MINUTE)
    await board.settle()
    assert len(kinds(board)) == 5


async def test_one_that_is_in_doubt_and_left_gives_way_to_a_new_one(board: Bench) -> None:
    tick(board, NOW)
    await board.database.write(board.delivery._claiming.claim)

    def doubt(storage: Storage) -> None:
        for row in storage.dispatches.sending(MATRIX):
            storage.undelivered.uncertain(row.key, "the room keeps no archive", NOW)

    await board.database.write(doubt)
    await board.settle()
    sign(board, 0)
    tick(board, NOW + 2 * MINUTE)
    await board.settle()
    assert "message" not in kinds(board), "it may be there: nobody has looked yet"

    def leave(storage: Storage) -> None:
        for one in storage.undelivered.undecided(5)[0]:
            storage.undelivered.drop(one)

    await board.database.write(leave)
    tick(board, NOW + 4 * MINUTE)
    await board.settle()
    assert kinds(board) == ["message", "pin"]
    assert "declined: 1" in [one for one in board.network.texts(COOP) if "📌" in one][-1]
    sign(board, 1)
    tick(board, NOW + 6 * MINUTE)
    await board.settle()
    assert kinds(board) == ["message", "pin", "edit"]
