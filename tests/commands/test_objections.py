"""What the other rooms are told of an objection: its reason, and no more often than they can read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import XMPP, Room
from tests.commands.stage import PLACES, Stage, opened, voice
from tests.commands.test_ballots import HOUR, opened_poll

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.storage import Storage
    from tests.commands.test_ballots import Held

MINUTE = timedelta(minutes=1)
THERE: Room = PLACES[XMPP]["campaign"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


@pytest.fixture
async def held(stage: Stage) -> Held:
    return await opened_poll(stage)


async def hears(stage: Stage) -> list[str]:
    """The reasons that leave for the other room by now."""

    def work(storage: Storage) -> list[str]:
        reasons = []
        for row in storage.outbox.waiting(XMPP, now=stage.now):
            if row.room_id is None or storage.rooms.get(row.room_id).address != THERE.id:
                continue
            storage.outbox.freeze(
                [row.id], key=f"heard-{row.id}", network=XMPP, room_id=row.room_id, payload={}, private_with=None,
                file_id=None, now=stage.now,
            )  # fmt: skip
            for one in row.message.lines:
                reasons += [str(one.values["reason"])] if "reason" in one.values else []
                reasons += ["is withdrawn"] if "fate" in one.values else []
        return reasons

    return await stage.database.write(work)


async def says(stage: Stage, choice: str) -> None:
    stage.now += MINUTE
    await stage.say(voice("Camille"), f"!vote {choice}")


async def test_given_again_and_again_it_is_said_once(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    await says(stage, "objection no word on data")
    assert await hears(stage) == ["no word on data"]
    for _ in range(5):
        await says(stage, "consent")
        await says(stage, "objection no word on data")
        assert await hears(stage) == []
    stage.now += HOUR
    await says(stage, "consent")
    await says(stage, "objection no word on data")
    assert await hears(stage) == ["no word on data"], "after an hour it may be news again"


async def test_of_what_changes_within_an_hour_the_last_state_is_said_after_it(
    stage: Stage, held: Held
) -> None:
    for way in ("consent", "withdrawn"):
        assert held.poll.is_open
        await says(stage, "objection no word on data")
        await hears(stage)
        for number in range(5):
            if way == "withdrawn":
                await stage.say(voice("Camille"), "!objection withdrawn")
                await hears(stage)
            await says(stage, f"objection reason {number}")
            heard = await hears(stage)
            assert heard == [] or number == 0
        stage.now += HOUR
        assert await hears(stage) == ["reason 4"]
        stage.now += 2 * HOUR


async def test_that_it_is_withdrawn_is_said_at_once_and_what_waited_is_not(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    await says(stage, "objection no word on data")
    assert await hears(stage) == ["no word on data"]
    await stage.say(voice("Camille"), "!objection withdrawn")
    assert await hears(stage) == ["is withdrawn"]
    await says(stage, "objection nor on money")
    assert await hears(stage) == []
    await stage.say(voice("Camille"), "!objection withdrawn")
    stage.now += HOUR
    assert await hears(stage) == [], "that is what they have heard last"


async def test_that_it_is_withdrawn_is_said_whatever_is_answered_after_it(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    for reason in ("no word on data", "nor on money"):
        await says(stage, f"objection {reason}")
        assert await hears(stage) == [reason]
    await stage.say(voice("Camille"), "!objection withdrawn")
    await says(stage, "consent")
    assert await hears(stage) == []
    stage.now += HOUR
    assert await hears(stage) == ["is withdrawn"]


async def test_what_is_taken_back_before_it_was_said_is_not_said(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    await says(stage, "objection no word on data")
    await says(stage, "retract")
    assert await hears(stage) == []
    await says(stage, "objection nor on money")
    assert await hears(stage) == ["nor on money"], "nobody had heard of the other"


async def test_what_would_be_said_after_the_closing_is_said_with_the_result(stage: Stage, held: Held) -> None:
    stage.now = held.poll.closes_at - HOUR / 2
    for reason in ("no word on data", "nor on money"):
        await says(stage, f"objection {reason}")
        assert await hears(stage) == [reason]
    await says(stage, "objection nor on people")
    assert await hears(stage) == []
    await stage.tick(held.poll.closes_at)
    assert "nor on people" in await hears(stage)


async def test_of_several_lines_the_whole_reason_is_kept_and_said(stage: Stage, held: Held) -> None:
    stage.now += MINUTE
    reason = "!vote objection\nIt says nothing about data.\n\n- nor about money"
    await stage.say(voice("Camille"), reason)
    said = "It says nothing about data. - nor about money"
    assert await hears(stage) == [said]

    def kept(storage: Storage) -> list[str]:
        return [one.reason for one in storage.ballots.standing(held.poll.id)]

    assert await stage.database.read(kept) == [said]
    await stage.say(voice("Camille"), "vote objection\nAnd nothing about people", "private")
    assert await stage.database.read(kept) == ["And nothing about people"]


@pytest.mark.parametrize(
    "text",
    [
        "!vote objection\n!vote 1 consent",
        "!vote objection\n ! retract",
        "How to vote:\n!vote objection",
        "!status\nobjection",
        "> !vote objection\nI would not.",
    ],
)
async def test_several_commands_or_a_quoted_one_are_none(stage: Stage, held: Held, text: str) -> None:
    assert await stage.say(voice("Camille"), text) == []
    assert await held.standing() == {}
