"""When a campaign ends: which rooms are told, once; and what is meant in its rooms and by its people afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP, Invited, Joined, Removed, Room
from tests.commands.stage import PLACES, Answer, Stage, opened, voice
from tests.commands.test_sides import bridged
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commands.command import Place
    from storage.storage import Storage

HERE, THERE = (PLACES[network]["campaign"] for network in (MATRIX, XMPP))
OVER = "🏁 **{title}** is over"
HAS_ENDED = "**{title}** ended on {day}"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


async def end(stage: Stage) -> list[Answer]:
    """Let a campaigner end the campaign; return what is said to their yes."""
    await stage.say(voice("Maud"), "!campaign close", "admin")
    return await stage.say(voice("Maud"), "!confirm", "admin")


def told(said: list[Answer]) -> list[str]:
    """The rooms that hear that it is over, by their addresses."""
    return [one.where for one in said if one.ids[0].startswith(OVER)]


def is_in(stage: Stage, room: Room, state: str) -> None:
    """Let the bot be in a room, want to be, or have been sent away."""

    def change(storage: Storage) -> None:
        known = storage.rooms.find(room.network, room.id)
        assert known is not None
        storage.rooms.change(known.id, state=state, welcomed_at=None)

    stage.database.transaction(change)


def another(stage: Stage, *rooms: Room) -> None:
    """Open one more campaign, in some rooms."""

    def begin(storage: Storage) -> None:
        new = storage.campaigns.add(
            "autre",
            "Another letter",
            BEGINNING,
            link="",
            goal=None,
            counts="confirmed",
            timezone="Europe/Paris",
            language="en",
            reminders=[],
            civil_hours="09:00-20:00",
        )
        storage.letters.add(new.id, "en", BEGINNING, title="Another letter", summary="", text="A text.")
        for room in rooms:
            known = storage.rooms.find(room.network, room.id)
            assert known is not None
            storage.rooms.list_in(new.id, known.id)

    stage.database.transaction(begin)


async def test_every_room_hears_once_that_it_is_over(stage: Stage) -> None:
    said = await end(stage)
    assert told(said) == [HERE.id, THERE.id]
    again = await stage.say(voice("Maud"), "!confirm", "admin")
    assert not told(again)
    for hours in range(1, 30):
        assert not told(await stage.tick(BEGINNING + timedelta(hours=hours)))


async def test_of_two_campaigners_who_end_it_at_once_the_second_is_told(stage: Stage) -> None:
    await stage.say(voice("Maud"), "!campaign close", "admin")
    await stage.say(voice("Noa"), "!campaign close", "admin")
    assert told(await stage.say(voice("Noa"), "!confirm", "admin"))
    late = await stage.say(voice("Maud"), "!confirm", "admin")
    assert [one.ids[0][: len(HAS_ENDED)] for one in late] == [HAS_ENDED]


async def test_both_sides_of_a_bridge_hear_it_as_one(stage: Stage) -> None:
    bridged(stage)
    assert told(await end(stage)) == [HERE.id]


@pytest.mark.parametrize("state", ["wanted", "parked"])
async def test_of_two_sides_the_one_where_it_is_heard_now_is_told(stage: Stage, state: str) -> None:
    bridged(stage)
    is_in(stage, HERE, state)
    said = await end(stage)
    assert told(said) == [THERE.id]
    assert not any("Not told" in line for one in said for line in one.ids)


async def test_a_room_that_is_away_is_told_later_or_named(stage: Stage) -> None:
    is_in(stage, HERE, "wanted")
    is_in(stage, THERE, "parked")
    said = await end(stage)
    assert told(said) == [HERE.id], "kept until the bot is let in"
    (answer,) = (one for one in said if one.message.to is not None)
    assert [line.values.get("room") for line in answer.message.lines[1:]] == [THERE.id]
    welcomed = await stage.take(Joined(HERE, BEGINNING))
    assert not welcomed, "nobody is asked to sign any more where the bot comes late"


@pytest.mark.parametrize("place", ["campaign", "admin", "private", "other"])
async def test_what_only_reads_means_the_campaign_that_ended_last(stage: Stage, place: Place) -> None:
    await end(stage)
    for line in ("!status", "!signatories", "!letter", "!polls", "!context"):
        said = await stage.say(voice("Camille"), line, place)
        assert said, line
        assert not any(one.ids[0].startswith(HAS_ENDED) for one in said), line
    (refused,) = await stage.say(voice("Camille"), "!sign", place)
    assert refused.ids[0].startswith(HAS_ENDED)


async def test_in_the_rooms_of_one_that_has_ended_nobody_signs_another(stage: Stage) -> None:
    await end(stage)
    another(stage, PLACES[MATRIX]["other"])
    (here,) = await stage.say(voice("Camille"), "!sign", "campaign")
    assert here.ids[0].startswith(HAS_ENDED)
    (status,) = await stage.say(voice("Camille"), "!status", "campaign")
    assert "🏁 Ended on {day}" in status.ids
    (alone, *_) = await stage.say(voice("Camille"), "!sign", "private")
    assert alone.ids[0].startswith("✅"), "the only one that is open"


async def test_a_campaign_that_is_opened_in_the_same_rooms_is_what_is_meant_there(stage: Stage) -> None:
    await end(stage)
    another(stage, HERE, THERE)
    (signed,) = await stage.say(voice("Camille"), "!sign", "campaign")
    assert signed.ids[0].startswith("✅")
    (old,) = await stage.say(voice("Camille"), "!status campaign=communs", "campaign")
    assert "🏁 Ended on {day}" in old.ids
    await stage.say(voice("Maud"), "!campaign close", "admin")
    assert told(await stage.say(voice("Maud"), "!confirm", "admin")) == [HERE.id, THERE.id]
    (latest,) = await stage.say(voice("Camille"), "!status", "campaign")
    assert latest.message.lines[0].values["title"] == "Another letter", "of two, the one that ended last"


async def test_its_people_can_still_open_a_private_chat(stage: Stage) -> None:
    await end(stage)
    chat = Room(MATRIX, "!new:nuagelibre.example")
    camille = voice("Camille").address

    def state(storage: Storage) -> str:
        known = storage.rooms.find(chat.network, chat.id)
        assert known is not None
        return known.state

    await stage.take(Invited(chat, "$invitation", camille, BEGINNING, direct=True, shared=(HERE.id,)))
    assert await stage.database.read(state) == "wanted"


async def test_nothing_waits_for_a_board_where_the_bot_was_sent_away(stage: Stage) -> None:
    await stage.say(voice("Maud"), "!board on", "admin")
    (board, *_) = await stage.tick(BEGINNING + timedelta(hours=1))
    assert board.where == HERE.id
    await stage.show(board, "$board")
    await stage.take(Removed(HERE, "$out", BEGINNING, "kicked"))
    await end(stage)
    await stage.tick(BEGINNING + timedelta(hours=2))

    def waits(storage: Storage) -> list[str]:
        room = storage.rooms.find(HERE.network, HERE.id)
        assert room is not None
        return [row.intent for row in storage.outbox.waiting(HERE.network) if row.room_id == room.id]

    assert await stage.database.read(waits) == [], "it would be listed as a message that was not said"


async def test_a_poll_that_is_over_is_counted_before_its_campaign_ends(stage: Stage) -> None:
    maud, result = voice("Maud"), "🗳 **Poll {number}: {outcome}.** “{question}”"
    await stage.say(maud, "!poll open majority Shall we? closes=3 days", "admin")
    await stage.say(maud, "!confirm", "admin")
    await stage.say(voice("Camille"), "!vote for")
    await stage.say(maud, "!campaign close", "admin")
    await stage.say(voice("Noa"), "!poll close 1", "admin")
    await stage.say(voice("Noa"), "!confirm", "admin")
    (answer,) = await stage.say(maud, "!confirm", "admin")
    assert answer.ids[0].startswith("Poll {number} is over"), "it was promised in every room"
    (answer,) = await stage.say(maud, "!campaign close", "admin")
    assert answer.ids[0].startswith("Poll {number} is over")
    said = await stage.tick(BEGINNING + timedelta(minutes=1))
    assert any(one.ids[0] == result for one in said)
    assert told(await end(stage)) == [HERE.id, THERE.id]


async def test_a_poll_that_waits_for_a_network_can_be_given_up_to_end_its_campaign(stage: Stage) -> None:
    maud = voice("Maud")
    for line in ("!poll open majority Shall we? closes=3 days", "!confirm", "!poll close 1", "!confirm"):
        await stage.say(maud, line, "admin")
    await stage.tick(
        BEGINNING + timedelta(minutes=10), heard=BEGINNING - timedelta(minutes=1), away=frozenset({XMPP})
    )
    (answer,) = await stage.say(maud, "!campaign close", "admin")
    assert answer.ids[0].startswith("Poll {number} is over")
    for line in ("!poll cancel 1", "!confirm"):
        await stage.say(maud, line, "admin")
    assert told(await end(stage)) == [HERE.id, THERE.id]
