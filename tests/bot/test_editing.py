"""What is edited or deleted after it was taken changes nothing, and only its author is told, once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.intake.intake import Intake
from bot.transports.base import Batch
from campaign.chat import MATRIX, Address, Redacted
from commands.menu import MENU
from tests.bot.scripted import COOP, HOUSE, NOW, begun, said, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.chat import Event
    from storage.database import Database

MAL = Address(MATRIX, "@mal:elsewhere.example")
GHOST = Address(MATRIX, "@_irc_ana:example.org")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with begun(tmp_path, COOP) as made:
        yield made


async def hear(database: Database, *events: Event) -> list[str]:
    """Let the bot hear something, and return what it wants to say of it."""
    before = len(await waiting(database))
    intake = Intake(database, HOUSE, MENU, lambda: NOW)
    await intake.take(MATRIX, Batch(events), lambda _: None)
    return [text for _, text in (await waiting(database))[before:]]


async def test_other_words_from_anybody_else_are_not_believed(database: Database) -> None:
    await hear(database, said("$sign", "!sign Picasoft"))
    edit = said("$edit", "!sign Picasoft role=liar", sender=MAL)
    assert await hear(database, replace(edit, edits="$sign")) == []
    assert await hear(database, replace(said("$ghost", "!sign", sender=GHOST), edits="$old")) == []
    edit = replace(said("$mine", "never mind"), edits="$sign")
    (told,) = await hear(database, edit)
    assert told.startswith("An edit changes nothing: the signature of Picasoft stands")
    assert await hear(database, edit, replace(edit, event="$more")) == []
    signature = database.transaction(lambda storage: storage.signatures.standing(1, 1))
    assert signature is not None
    assert signature.role == ""


async def test_what_was_deleted_in_another_room_is_another_message(database: Database) -> None:
    await hear(database, said("$sign", "!sign Picasoft"))
    other = replace(COOP, id="!other:example.org")
    assert await hear(database, Redacted(other, "$gone", "$sign", NOW)) == []
    assert await hear(database, Redacted(COOP, "$gone", "$another", NOW)) == []
    (told,) = await hear(database, Redacted(COOP, "$gone2", "$sign", NOW))
    assert "the signature stands" in told
    assert await hear(database, Redacted(COOP, "$gone3", "$sign", NOW)) == []


async def test_nobody_becomes_known_by_editing_what_is_not_for_the_bot(database: Database) -> None:
    assert await hear(database, replace(said("$edit", "hello", sender=MAL), edits="$old")) == []
    assert database.transaction(lambda storage: storage.people.find(MAL)) is None
