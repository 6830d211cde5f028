"""A poll that is answered in a room that was replaced meanwhile: in the one in its place everything goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import MATRIX, Balloted, Joined, Reacted, Redacted, Removed, Room
from tests.commands.stage import opened, voice
from tests.conversations.play import BEGINNING, ROOMS

if TYPE_CHECKING:
    from pathlib import Path

    from storage.storage import Storage
    from tests.commands.stage import Answer, Stage

OLD, NEW = ROOMS["collectif"], Room(MATRIX, "!new")


async def poll_shown(stage: Stage) -> None:
    """Open a poll by consent, and let it be seen in the room."""
    await stage.say(voice("Maud"), "!poll open consent Shall we? closes=3 days", "admin")
    said = await stage.say(voice("Maud"), "!confirm", "admin")
    await stage.show(next(one for one in said if one.where == OLD.id), "$poll")


async def upgraded(stage: Stage) -> None:
    """Let the room be replaced, and the bot follow."""
    await stage.take(Removed(OLD, "$up", BEGINNING, "replaced", successor=NEW.id, may_follow=True))
    await stage.take(Joined(NEW, BEGINNING, predecessor=OLD.id))


async def reacts(stage: Stage, name: str, key: str, event: str) -> list[Answer]:
    who = voice(name)
    return await stage.take(Reacted(OLD, event, who.address, who.name, "$poll", (key,), BEGINNING))


async def gone(stage: Stage, reaction: str) -> list[tuple[str, list[str]]]:
    said = await stage.take(Redacted(OLD, f"{reaction}-gone", reaction, BEGINNING))
    return [(one.where, one.ids) for one in said]


TAKES_BACK = [(NEW.id, ["🗳 Poll {number}: **{name}** takes its answer back."])]


async def test_an_answer_of_before_is_taken_back_there(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await poll_shown(stage)
        await reacts(stage, "Camille", "1️⃣", "$before")
        await upgraded(stage)
        assert await gone(stage, "$before") == TAKES_BACK


async def test_so_is_one_that_was_given_there_since(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await poll_shown(stage)
        await upgraded(stage)
        await reacts(stage, "Camille", "1️⃣", "$since")
        assert await gone(stage, "$since") == TAKES_BACK


async def test_what_is_asked_of_it_is_asked_in_the_room_in_its_place(tmp_path: Path) -> None:
    """In the old one nothing is said any more: nobody would have learnt that an objection lacks its reason."""
    with opened(tmp_path) as stage:
        await poll_shown(stage)
        await upgraded(stage)
        (asked,) = await reacts(stage, "Camille", "3️⃣", "$objects")
        assert (asked.where, asked.message.purpose.partition(":")[0]) == (NEW.id, "reason")
        ines = voice("Ines")
        (spoilt,) = await stage.take(
            Balloted(OLD, "$b", ines.address, ines.name, "$poll", ("unknown",), BEGINNING)
        )
        assert spoilt.where == NEW.id

        def answers_to(storage: Storage) -> set[str]:
            there = storage.rooms.find(MATRIX, NEW.id)
            assert there is not None
            return {one.reply_to for one in storage.outbox.waiting(MATRIX) if one.room_id == there.id}

        assert await stage.database.read(answers_to) == {""}
