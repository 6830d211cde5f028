"""A room that joins a campaign while a poll is open is shown it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import MATRIX, Invited, Joined, Removed, Room
from tests.commands.stage import PLACES, opened, voice
from tests.conversations.play import BEGINNING, PEOPLE

if TYPE_CHECKING:
    from pathlib import Path

    from storage.storage import Storage
    from tests.commands.stage import Answer, Stage

HERE = PLACES[MATRIX]["campaign"]
NEW = Room(MATRIX, "!newcomers:example.org")


async def opens(stage: Stage) -> list[Answer]:
    await stage.say(voice("Maud"), "!poll open majority Shall we? closes=3 days", "admin")
    return await stage.say(voice("Maud"), "!confirm", "admin")


async def seen(stage: Stage) -> None:
    """Open a poll, and let its message be seen in the room."""
    for one in await opens(stage):
        if one.where == HERE.id:
            await stage.show(one, f"$seen-{one.row}")


async def shown(stage: Stage, room: Room) -> int:
    """How often the poll is shown in a room, or to be."""

    def work(storage: Storage) -> int:
        rows = storage.outbox.with_purpose("poll:1", "message")
        gone = [
            row for row, _ in rows if (became := storage.outbox.earlier(row)) and became.state == "unsaid"
        ]
        there = [storage.rooms.get(where).address for row, where in rows if row not in gone]
        return there.count(room.id)

    return await stage.database.read(work)


async def test_it_is_shown_the_poll_with_the_welcome_and_not_again(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await opens(stage)

        def listed(storage: Storage) -> None:
            storage.rooms.list_in(1, storage.rooms.ensure(NEW.network, NEW.id).id, position=9)

        await stage.database.write(listed)
        said = await stage.take(Joined(NEW, BEGINNING))
        assert {one.where for one in said} == {NEW.id}
        assert [one.message.purpose for one in said] == ["", "poll:1"]
        cards = await stage.database.read(lambda storage: storage.outbox.with_purpose("poll:1", "poll"))
        found = await stage.database.read(lambda storage: storage.rooms.find(NEW.network, NEW.id))
        assert found is not None
        assert [room for _, room in cards].count(found.id) == 1
        assert await stage.take(Joined(NEW, BEGINNING)) == []


async def test_a_room_the_bot_comes_back_to_is_shown_what_was_opened_meanwhile(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.take(Removed(HERE, "$kick", BEGINNING, "kicked"))
        await opens(stage)
        assert await shown(stage, HERE) == 0
        await stage.take(Invited(HERE, "$invites", PEOPLE["Maud"], BEGINNING))
        said = await stage.take(Joined(HERE, BEGINNING))
        assert [one.message.purpose for one in said] == ["poll:1"], "and is not greeted again"
        assert await stage.take(Joined(HERE, BEGINNING)) == []


async def test_what_the_bot_was_sent_away_before_it_said_is_shown_when_it_comes_back(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await opens(stage)
        await stage.take(Removed(HERE, "$kick", BEGINNING, "kicked"))
        assert await shown(stage, HERE) == 0
        await stage.take(Invited(HERE, "$invites", PEOPLE["Maud"], BEGINNING))
        await stage.take(Joined(HERE, BEGINNING))
        assert await shown(stage, HERE) == 1


async def test_a_poll_that_was_seen_before_the_bot_was_sent_away_is_not_shown_again(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await seen(stage)
        await stage.take(Removed(HERE, "$kick", BEGINNING, "kicked"))
        await stage.take(Invited(HERE, "$invites", PEOPLE["Maud"], BEGINNING))
        await stage.take(Joined(HERE, BEGINNING))
        assert await shown(stage, HERE) == 1


async def test_a_room_in_the_place_of_another_is_shown_what_was_seen_there(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await seen(stage)
        await stage.take(Removed(HERE, "$upgrade", BEGINNING, "replaced", successor=NEW.id, may_follow=True))
        await stage.take(Joined(NEW, BEGINNING, predecessor=HERE.id))
        assert await shown(stage, NEW) == 1
        assert await stage.take(Joined(NEW, BEGINNING, predecessor=HERE.id)) == []


async def test_what_moves_on_into_the_room_in_the_place_of_another_is_not_shown_there_twice(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as stage:
        await opens(stage)
        await stage.take(Removed(HERE, "$upgrade", BEGINNING, "replaced", successor=NEW.id, may_follow=True))
        await stage.take(Joined(NEW, BEGINNING, predecessor=HERE.id))
        assert await shown(stage, NEW) == 1


async def test_a_room_that_was_greeted_long_ago_and_becomes_a_campaigns_is_shown_it_at_the_next_start(
    tmp_path: Path,
) -> None:
    cafe = PLACES[MATRIX]["other"]
    with opened(tmp_path) as stage:
        await opens(stage)

        def listed(storage: Storage) -> None:
            room = storage.rooms.find(MATRIX, cafe.id)
            assert room is not None
            assert room.welcomed_at is not None
            storage.rooms.list_in(1, room.id, position=9)

        await stage.database.write(listed)
        said = await stage.take(Joined(cafe, BEGINNING))
        assert [(one.where, one.message.purpose) for one in said] == [(cafe.id, "poll:1")]
        assert await stage.take(Joined(cafe, BEGINNING)) == []
