"""What fails each time the clock comes to it is tried ever more rarely, and the campaigners hear of it once."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from bot.clock import EVERY
from bot.ticking import MOST_FAULTS
from commands.ballots import closing, polling
from commands.clock import due
from commands.reminders import ringing
from storage import database
from storage.trouble import StorageFull
from tests.commands.stage import PLACES, opened, voice
from tests.commands.test_ballots import FC, HOUR, opened_poll
from tests.commands.test_remind import WHEN, ticked

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.decision import Outcome
    from commands.command import Reply
    from storage.polls import Poll
    from storage.storage import Storage
    from tests.commands.stage import Answer

A_WHILE = 5 * MOST_FAULTS
"""Ticks: in the second such while each is tried again."""
MOST_TRIES = 2 * MOST_FAULTS
TICK = timedelta(seconds=EVERY)


def fails(*_: object, **__: object) -> NoReturn:
    raise KeyError("a fault that stays")


def failures(caplog: pytest.LogCaptureFixture) -> int:
    """How many failures of steps stand in the log."""
    return sum(one.levelno >= logging.ERROR for one in caplog.records)


def heard_once_by_each(said: list[Answer], words: str) -> None:
    """Make sure that the campaigners of each network were told once."""
    told = [one.where for one in said if any(words in line for line in one.ids)]
    assert sorted(told) == sorted(rooms["admin"].id for rooms in PLACES.values())


async def test_a_poll_that_cannot_be_counted_is_tried_ever_more_rarely_and_counted_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outcome_of = polling.outcome_of

    with opened(tmp_path) as stage:
        bad, good = await opened_poll(stage), await opened_poll(stage)

        def fails_for_one(storage: Storage, poll: Poll) -> Outcome:
            return fails() if poll.id == bad.poll.id else outcome_of(storage, poll)

        await good.give("text", "Robin", "consent")
        monkeypatch.setattr(polling, "outcome_of", fails_for_one)
        closes = bad.poll.closes_at
        said = await ticked(stage, closes, A_WHILE)
        assert (await good.now()).outcome == "adopted"
        assert MOST_FAULTS < failures(caplog) < MOST_TRIES
        heard_once_by_each(said, "could not be counted")
        assert await bad.standing() == {}
        monkeypatch.setattr(polling, "outcome_of", outcome_of)
        await ticked(stage, closes + A_WHILE * TICK, A_WHILE)
        assert (await bad.now()).outcome == "no quorum"
        # The next time it is tried as often as at first.
        monkeypatch.setattr(closing, "is_over", fails)
        third = await opened_poll(stage)
        heard_once_by_each(await ticked(stage, third.poll.closes_at, A_WHILE), "could not be counted")


async def test_a_poll_that_cannot_begin_is_told_of_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as stage:
        starts = stage.now + HOUR
        await opened_poll(stage, begun=False, starts_at=starts)
        monkeypatch.setattr(closing, "begin", fails)
        heard_once_by_each(await ticked(stage, starts, A_WHILE), "could not be opened")


@pytest.mark.parametrize("what", ["of_deadline", "of_poll"])
async def test_a_reminder_of_which_not_even_the_members_are_known_is_tried_ever_more_rarely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    with opened(tmp_path) as stage:
        if what == "of_poll":
            begins = (await opened_poll(stage)).poll.closes_at - 24 * HOUR
        else:
            begins = WHEN
            await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00", "admin")
        rings = getattr(ringing, what)
        monkeypatch.setattr(ringing, what, fails)
        said = await ticked(stage, begins, A_WHILE)
        assert MOST_FAULTS < failures(caplog) < 2 * MOST_TRIES
        heard_once_by_each(said, "a reminder fails")
        monkeypatch.setattr(ringing, what, rings)
        again = await ticked(stage, begins + A_WHILE * TICK, A_WHILE)
        assert PLACES["matrix"]["campaign"].id in [one.where for one in again]


async def test_reminders_in_private_that_can_neither_be_said_nor_given_up_are_tried_ever_more_rarely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!status", "private")
        await stage.say(voice("Camille"), "!reminders private", "private")
        await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00", "admin")
        monkeypatch.setattr(ringing, "_alone", fails)
        monkeypatch.setattr(ringing, "give_up", fails)
        said = await ticked(stage, WHEN, A_WHILE)
        assert MOST_FAULTS < failures(caplog) < 4 * MOST_TRIES
        heard_once_by_each(said, "a reminder fails")


async def test_any_other_step_that_fails_is_tried_ever_more_rarely_and_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as stage:
        held = await opened_poll(stage)
        await held.give("text", "Robin", "consent")
        assert await held.standing() == {FC: "consent"}
        monkeypatch.setattr(due, "STEPS", (fails, *due.STEPS))
        await ticked(stage, held.poll.closes_at, A_WHILE)
        assert MOST_FAULTS < failures(caplog) < MOST_TRIES
        assert (await held.now()).outcome == "adopted"


async def test_what_is_to_be_told_once_is_told_though_the_disk_was_full_the_first_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complain = due.Turn.complain
    complained: list[str] = []

    def noted(*args: Any) -> Reply:
        complained.append("now")
        return complain(*args)

    def full(step: str) -> None:
        if step == "before-commit" and complained == ["now"]:
            complained.append("came to nothing")
            raise StorageFull("no room")

    with opened(tmp_path) as stage:
        poll = await opened_poll(stage)
        monkeypatch.setattr(closing, "is_over", fails)
        monkeypatch.setattr(due.Turn, "complain", noted)
        monkeypatch.setattr(database, "reached", full)
        said = []
        for tick in range(A_WHILE):
            with suppress(StorageFull):
                said += await stage.tick(poll.poll.closes_at + tick * TICK)
    assert complained == ["now", "came to nothing", "now"]
    heard_once_by_each(said, "could not be counted")
