"""A room that joins a campaign while a poll is open is shown it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import MATRIX, Joined, Room
from tests.commands.stage import opened, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from pathlib import Path

    from storage.storage import Storage

NEW = Room(MATRIX, "!newcomers:example.org")


async def test_it_is_shown_the_poll_with_the_welcome_and_not_again(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Maud"), "!poll open majority Shall we? closes=3 days", "admin")
        await stage.say(voice("Maud"), "!confirm", "admin")

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
