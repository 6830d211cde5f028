"""What the other rooms are told of an objection: its reason, and no more often than they can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP, Message, Room, say
from campaign.decision import PRESETS, to_data
from tests.commands.stage import PLACES, Stage, opened, voice
from tests.commands.test_ballots import HOUR, opened_poll
from tests.commands.test_sides import bridged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commands.command import Place
    from storage.storage import Storage
    from tests.commands.test_ballots import Held

MINUTE = timedelta(minutes=1)
HERE: Room = PLACES[MATRIX]["campaign"]
THERE: Room = PLACES[XMPP]["campaign"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


@pytest.fixture
async def held(stage: Stage) -> Held:
    return await opened_poll(stage)


async def hears(stage: Stage, there: Room = THERE) -> list[str]:
    """The reasons that leave for the other room by now; not what answers somebody who gave theirs there."""

    def work(storage: Storage) -> list[str]:
        reasons = []
        for row in storage.outbox.waiting(there.network, now=stage.now):
            if row.room_id is None or storage.rooms.get(row.room_id).address != there.id or row.message.to:
                continue
            storage.dispatches.freeze(
                [row.id], key=f"heard-{row.id}", network=there.network, room_id=row.room_id, payload={}, private_with=None,
                file_id=None, now=stage.now,
            )  # fmt: skip
            for one in row.message.lines:
                reasons += [str(one.values["reason"])] if "reason" in one.values else []
                reasons += ["is withdrawn"] if "fate" in one.values else []
        return reasons

    return await stage.database.write(work)


async def says(stage: Stage, choice: str, place: Place = "campaign") -> None:
    stage.now += MINUTE
    await stage.say(voice("Camille"), f"!vote {choice}", place)


async def test_given_again_and_again_it_is_said_twice_an_hour(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    await says(stage, "objection no word on data")
    heard = await hears(stage)
    for _ in range(10):
        await says(stage, "consent")
        await says(stage, "objection no word on data")
        await says(stage, "objection no word on data")
        heard += await hears(stage)
    assert heard == ["no word on data"] * 2
    stage.now += HOUR
    assert await hears(stage) == ["no word on data"]


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
    assert await hears(stage) == ["is withdrawn"], "how it stands, not what it was in between"


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
    stage.now += HOUR
    assert (await hears(stage)).count("nor on people") == 1


async def test_given_again_it_is_not_said_to_be_withdrawn(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    for reason in ("no word on data", "nor on money"):
        await says(stage, f"objection {reason}")
        assert await hears(stage) == [reason]
    await stage.say(voice("Camille"), "!objection withdrawn")
    await says(stage, "objection nor on money")
    stage.now += HOUR
    assert await hears(stage) == ["nor on money"]


async def test_in_the_same_words_it_is_said_again_after_it_was_withdrawn(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    for _ in range(2):
        await says(stage, "objection no word on data")
        assert await hears(stage) == ["no word on data"]
        stage.now += 2 * HOUR
        await stage.say(voice("Camille"), "!objection withdrawn")
        assert await hears(stage) == ["is withdrawn"]
        stage.now += 2 * HOUR


async def test_a_room_that_saw_it_withdrawn_itself_hears_that_it_stands_again(
    stage: Stage, held: Held
) -> None:
    assert held.poll.is_open
    await says(stage, "objection no word on data", "private")
    assert await hears(stage, HERE) == ["no word on data"]
    await stage.say(voice("Camille"), "!objection withdrawn")
    await hears(stage, HERE)
    await says(stage, "objection no word on data", "private")
    assert await hears(stage, HERE) == ["no word on data"]


async def test_without_a_reason_what_waits_of_the_last_one_is_still_said(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    for reason in ("no word on data", "nor on money"):
        await says(stage, f"objection {reason}")
        assert await hears(stage) == [reason]
    await stage.say(voice("Camille"), "!objection withdrawn")
    await says(stage, "objection")
    await says(stage, "consent")
    stage.now += HOUR
    assert await hears(stage) == ["is withdrawn"]


async def test_a_room_that_was_away_hears_what_another_has_heard_before(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    await says(stage, "objection no word on data", "private")
    assert await hears(stage, HERE) == ["no word on data"]
    await says(stage, "consent", "private")
    await says(stage, "objection no word on data", "private")
    assert await hears(stage) == ["no word on data"]


async def test_each_room_waits_for_its_own_hour(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    for reason in ("no word on data", "nor on money"):
        await says(stage, f"objection {reason}", "private")
        assert await hears(stage, HERE) == [reason]
    await says(stage, "objection nor on people", "private")
    assert await hears(stage, HERE) == []
    assert await hears(stage) == ["nor on people"], "it has heard nothing yet"
    stage.now += HOUR
    assert await hears(stage, HERE) == ["nor on people"]


async def test_what_is_sent_again_still_is_and_is_no_change(stage: Stage, held: Held) -> None:
    """In the same message there may be other people's answers."""
    assert held.poll.is_open
    await says(stage, "objection no word on data")

    def not_seen(storage: Storage) -> None:
        room = storage.rooms.find(XMPP, THERE.id)
        assert room is not None
        storage.outbox.put(XMPP, Message((say("You have signed."),)), stage.now, room=room.id)
        rows = [row.id for row in storage.outbox.waiting(XMPP, now=stage.now) if row.room_id == room.id]
        assert len(rows) == 2
        storage.dispatches.freeze(
            rows, key="lost", network=XMPP, room_id=room.id, payload={"text": "both", "mentions": []},
            private_with=None, file_id=None, now=stage.now,
        )  # fmt: skip
        assert storage.undelivered.uncertain("lost", "nobody knows", stage.now) == 1
        one = storage.undelivered.original("lost")
        assert one is not None
        storage.undelivered.retry(one, stage.now)

    await stage.database.write(not_seen)
    await says(stage, "consent")
    again = [row.repeats for row in await stage.database.read(lambda storage: storage.outbox.waiting(XMPP))]
    assert "lost" in again
    await hears(stage)
    await says(stage, "objection nor on money")
    assert await hears(stage) == ["nor on money"], "what was sent again is no second change"


async def test_a_late_one_that_puts_the_closing_off_is_said_after_the_old_closing_too(stage: Stage) -> None:
    rules = to_data(replace(PRESETS["consent"], extension=timedelta(days=2), late=timedelta(hours=24)))
    held = await opened_poll(stage, rules=rules)
    stage.now = held.poll.closes_at - HOUR
    await says(stage, "objection no word on data")
    await stage.say(voice("Robin"), "!vote objection nor on money")
    assert (await held.now()).closes_at > held.poll.closes_at
    heard = held.poll.closes_at - HOUR
    await stage.tick(held.poll.closes_at + HOUR, away=frozenset({XMPP}), heard=heard)

    def late(storage: Storage) -> list[int]:
        return list(storage.outbox.expired(stage.now))

    assert await stage.database.read(late) == []
    assert await hears(stage) == ["no word on data"]
    assert await hears(stage, HERE) == ["nor on money"]


@pytest.mark.parametrize("how", ["cancel", "close"])
async def test_what_waits_is_not_said_once_the_poll_has_ended(stage: Stage, held: Held, how: str) -> None:
    assert held.poll.is_open
    for reason in ("no word on data", "nor on money", "nor on people"):
        await says(stage, f"objection {reason}")
        await hears(stage)
    await stage.say(voice("Maud"), f"!poll {how} 1", "admin")
    await stage.say(voice("Maud"), "!confirm", "admin")
    await stage.tick(stage.now + MINUTE)
    result = ["nor on people"] if how == "close" else []
    assert await hears(stage) == result
    stage.now += HOUR
    assert await hears(stage) == []


@pytest.mark.parametrize("who", ["Camille", "Robin"])
async def test_on_the_other_side_of_a_bridge_it_was_read_already(stage: Stage, held: Held, who: str) -> None:
    assert held.poll.is_open
    bridged(stage)
    for line in ("!vote objection no word on data", "!objection withdrawn"):
        said = await stage.say(voice(who), line)
        assert [one.where for one in said] == [(HERE if who == "Camille" else THERE).id]


async def test_in_private_it_is_said_on_one_side_of_a_bridge(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    bridged(stage)
    await says(stage, "objection no word on data", "private")
    assert await hears(stage, HERE) == ["no word on data"]
    assert await hears(stage) == []


async def test_a_colleague_on_the_other_side_of_a_bridge_has_read_it(stage: Stage, held: Held) -> None:
    assert held.poll.is_open
    await stage.say(voice("Dom"), "!vote consent")
    alone = await stage.say(voice("Camille"), "!vote concern")
    assert {one.where for one in alone} == {HERE.id, THERE.id}
    await stage.say(voice("Dom"), "!vote consent")
    bridged(stage)
    told = await stage.say(voice("Camille"), "!vote concern")
    assert [one.where for one in told] == [HERE.id]


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
