"""That a deadline has passed is said once in each room, in the hours in which reminders are, and to the campaigners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP
from commands.clock import due
from tests.commands.stage import PLACES, Stage, opened, voice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.commands.stage import Answer

HOUR = timedelta(hours=1)
TICK = timedelta(seconds=20)
ROOMS = sorted(PLACES[network]["campaign"].id for network in (MATRIX, XMPP))
TEAMS = sorted(PLACES[network]["admin"].id for network in (MATRIX, XMPP))
DEADLINE = datetime(2024, 9, 20, 16, 0, tzinfo=UTC)
"""Six in the evening in Paris, where reminders are said until eight."""
MIDNIGHT = datetime(2024, 9, 20, 21, 59, tzinfo=UTC)
MORNING = datetime(2024, 9, 21, 7, 0, tzinfo=UTC)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


async def order(stage: Stage, line: str) -> None:
    await stage.say(voice("Maud"), line, "admin")


def news(answers: list[Answer]) -> list[Answer]:
    """What says that a deadline has passed."""
    return [one for one in answers if "has passed" in one.ids[0]]


async def test_it_is_said_once_in_each_room_and_to_the_campaigners(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    await stage.say(voice("Camille"), "!sign")
    await stage.say(voice("Sacha"), "!sign Serveur du Coin")
    await stage.say(voice("Sacha"), "!confirm")
    assert not news(await stage.tick(DEADLINE - TICK))
    told = news(await stage.tick(DEADLINE))
    assert sorted(one.where for one in told) == sorted([*ROOMS, *TEAMS])
    for one in told:
        first, *more = one.message.lines
        assert not one.message.rings
        if one.where in ROOMS:
            assert not more
            assert "still sign" in first.id
        else:
            (waits,) = more
            assert waits.values["count"] == 1
    for later in (TICK, HOUR, 20 * HOUR, 48 * HOUR):
        assert not news(await stage.tick(DEADLINE + later))


async def test_it_is_not_doubled_over_a_restart(stage: Stage, tmp_path: Path) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    assert news(await stage.tick(DEADLINE))
    stage.database.close()
    with opened(tmp_path / "again", data=tmp_path / "data") as again:
        assert not news(await again.tick(DEADLINE + TICK))


async def test_at_night_it_waits_for_the_morning(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 23:59")
    assert not news(await stage.tick(MIDNIGHT))
    assert not news(await stage.tick(MORNING - TICK))
    assert len(news(await stage.tick(MORNING))) == len(ROOMS) + len(TEAMS)


@pytest.mark.parametrize(("away", "said"), [(2 * HOUR, True), (18 * HOUR, True), (25 * HOUR, False)])
async def test_who_was_down_says_it_only_while_it_is_news(stage: Stage, away: timedelta, said: bool) -> None:  # noqa: FBT001 - a case
    await order(stage, "!deadline 2024-09-20 18:00")
    await stage.tick(DEADLINE - HOUR)
    assert bool(news(await stage.tick(DEADLINE + away))) == said
    assert not news(await stage.tick(DEADLINE + away + TICK))


async def test_one_that_was_moved_passes_when_it_does(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    stage.now += HOUR
    await order(stage, "!deadline 2024-09-21 18:00")
    assert not news(await stage.tick(DEADLINE))
    assert news(await stage.tick(DEADLINE + 24 * HOUR))
    # More time was given after it: that passes too.
    await order(stage, "!deadline 2024-09-23 18:00")
    assert not news(await stage.tick(DEADLINE + 25 * HOUR))
    assert news(await stage.tick(DEADLINE + 72 * HOUR))


async def test_nothing_is_said_of_one_that_is_for_a_part_cancelled_or_ended(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00 Proofreading")
    assert not news(await stage.tick(DEADLINE))
    await order(stage, "!deadline 2024-09-21 18:00")
    await order(stage, "!deadline cancel")
    assert not news(await stage.tick(DEADLINE + 24 * HOUR))
    await order(stage, "!deadline 2024-09-22 18:00")
    await order(stage, "!campaign close")
    await order(stage, "!confirm")
    assert not news(await stage.tick(DEADLINE + 48 * HOUR))


async def test_in_a_database_that_comes_from_the_past_it_counts_as_said(stage: Stage) -> None:
    await order(stage, "!deadline 2024-09-20 18:00")
    await stage.database.write(lambda storage: due.hush(storage, DEADLINE + HOUR))
    assert not news(await stage.tick(DEADLINE + HOUR + TICK))


async def test_one_that_passed_while_the_campaign_was_over_is_no_news_once_it_is_opened_again(
    stage: Stage,
) -> None:
    """The rooms are told that it is open again, and how many have signed: that they can still sign is said by that."""
    await order(stage, "!deadline 2024-09-20 18:00")
    stage.now = DEADLINE - HOUR
    await order(stage, "!campaign close")
    await order(stage, "!confirm")
    await stage.tick(DEADLINE)
    stage.now = DEADLINE + TICK
    await order(stage, "!campaign reopen")
    await order(stage, "!confirm")
    assert not news(await stage.tick(DEADLINE + HOUR))
    stage.now = DEADLINE + HOUR
    await order(stage, "!deadline 2024-09-21 18:00")
    assert news(await stage.tick(DEADLINE + timedelta(days=1))), (
        "what comes after it was opened again is said"
    )
