"""A deadline that moves is told once in each room that may plan with the former one, and the reminders follow it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP, Moment
from tests.commands.stage import PLACES, Stage, opened, voice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.chat import Value
    from tests.commands.stage import Answer

HOUR = timedelta(hours=1)
ROOMS = {PLACES[network]["campaign"].id for network in (MATRIX, XMPP)}
FORMER, LATER = datetime(2024, 9, 20, 16, 0, tzinfo=UTC), datetime(2024, 9, 30, 16, 0, tzinfo=UTC)
"""Six in the evening in Paris."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


async def order(stage: Stage, line: str) -> list[Answer]:
    """Let a campaigner say a line in their room; return what is said elsewhere."""
    answers = await stage.say(voice("Maud"), line, "admin")
    return [one for one in answers if one.where != PLACES[MATRIX]["admin"].id]


def at(value: Value) -> datetime:
    assert isinstance(value, Moment)
    return value.at


async def test_a_moved_deadline_is_told_once_in_each_room_with_both_dates(stage: Stage) -> None:
    assert not await order(stage, "!deadline 2024-09-20 18:00"), "nobody is told when one is set"
    stage.now += HOUR
    told = await order(stage, "!deadline 2024-09-30 18:00")
    assert sorted(one.where for one in told) == sorted(ROOMS)
    for one in told:
        (line,) = one.message.lines
        assert (at(line.values["before"]), at(line.values["after"])) == (FORMER, LATER)
        assert not one.message.rings
    assert not await stage.tick(stage.now + HOUR), "and not once more"


async def test_nothing_changes_where_the_date_does_not(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    stage.now += HOUR
    before = await stage.rows()
    assert not await order(stage, "!deadline 20 september 6pm")
    assert await stage.rows() == before


async def test_what_was_just_set_is_corrected_without_a_word(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    stage.now += timedelta(minutes=2)
    assert not await order(stage, "!deadline 2024-09-21 18:00")
    stage.now += HOUR
    assert len(await order(stage, "!deadline 2024-09-30 18:00")) == len(ROOMS)
    stage.now += timedelta(minutes=2)
    assert len(await order(stage, "!deadline 2024-09-29 18:00")) == len(ROOMS), (
        "the rooms know that one by now"
    )


async def test_the_deadline_of_the_config_is_known_and_the_answer_says_who_was_told(stage: Stage) -> None:
    await stage.database.write(
        lambda storage: storage.deadlines.put(1, "", FORMER, "Europe/Paris", stage.now)
    )
    told = await order(stage, "!deadline 2024-09-30 18:00")
    assert sorted(one.where for one in told) == sorted(ROOMS)
    assert at(told[0].message.lines[0].values["before"]) == FORMER
    assert len(await order(stage, "!deadline cancel")) == len(ROOMS)


@pytest.mark.parametrize("line", ["!deadline 2024-09-21 18:00", "!deadline cancel"])
async def test_what_was_just_set_and_is_not_told_is_said_to_be_so(stage: Stage, line: str) -> None:
    for one in ("!deadline 2024-09-20 18:00", line):
        (answer,) = await stage.say(voice("Maud"), one, "admin")
        assert any("not told the rooms" in str(each) for each in answer.message.lines), one


async def test_what_a_reminder_has_just_named_is_not_corrected_without_a_word(stage: Stage) -> None:
    stage.now = datetime(2024, 9, 13, 15, 59, 30, tzinfo=UTC)
    await order(stage, "!deadline 2024-09-20 18:00")
    (reminder,) = await stage.tick(stage.now + timedelta(minutes=1))
    await stage.show(reminder, "$reminder")
    assert len(await order(stage, "!deadline 2024-09-21 18:00")) == len(ROOMS)


async def test_one_with_a_name_is_told_by_it_and_leaves_the_others_alone(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    await order(stage, "!deadline 2024-09-10 18:00 Proofreading")
    stage.now += HOUR
    (line, _) = (
        one.message.lines[0] for one in await order(stage, "!deadline 2024-09-12 18:00 Proofreading")
    )
    assert "Proofreading" in str(line.values["deadline"])
    assert at(line.values["before"]) == datetime(2024, 9, 10, 16, 0, tzinfo=UTC)


async def test_a_cancelled_deadline_is_told_and_so_is_the_one_in_its_place(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    stage.now += HOUR
    told = await order(stage, "!deadline cancel")
    assert sorted(one.where for one in told) == sorted(ROOMS)
    assert at(told[0].message.lines[0].values["before"]) == FORMER
    again = await order(stage, "!deadline 2024-09-30 18:00")
    assert sorted(one.where for one in again) == sorted(ROOMS)
    assert at(again[0].message.lines[0].values["after"]) == LATER


async def test_the_reminders_follow_the_new_date(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    week = timedelta(days=7)
    # A reminder of the former date was decided, and has not left.
    rung = await stage.tick(FORMER - week)
    assert rung
    assert {one.message.rings for one in rung} == {True}
    await order(stage, "!deadline 2024-09-30 18:00")
    waiting = await stage.database.read(
        lambda storage: {one.id for network in (MATRIX, XMPP) for one in storage.outbox.waiting(network)}
    )
    assert not {one.row for one in rung} & waiting, "it is not said any more"
    moment = FORMER - week
    heard: dict[datetime, list[Answer]] = {}
    while (moment := moment + 12 * HOUR) <= LATER:
        answers = [one for one in await stage.tick(moment) if one.message.rings]
        if answers:
            heard[moment] = answers
    first = min(heard)
    assert LATER - week <= first < LATER - week + 12 * HOUR
    named = [
        value
        for one in heard.values()
        for each in one
        for line in each.message.lines
        for value in line.values.values()
        if isinstance(value, Moment)
    ]
    assert {one.at for one in named} == {LATER}
    assert max(heard) <= LATER
