"""Help is derived: every command is in it, for those who may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.chat import Typed
from commands.menu import MENU
from tests.commands.stage import Stage, opened, room_of, voice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commands.command import Command, Place

EVERYBODYS = [one.name for one in MENU if not one.admin]
CAMPAIGNERS = [one.name for one in MENU if one.admin]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A campaign that just opened."""
    with opened(tmp_path) as one:
        yield one


@pytest.mark.parametrize(
    ("name", "place", "line", "listed"),
    [
        ("Camille", "private", "!help", EVERYBODYS),
        ("Camille", "campaign", "!help all", EVERYBODYS),
        ("Maud", "private", "!help", EVERYBODYS + CAMPAIGNERS),
        ("Maud", "admin", "!help", EVERYBODYS + CAMPAIGNERS),
        ("Maud", "campaign", "!help all", EVERYBODYS),
        ("Camille", "campaign", "!help", [one.name for one in MENU if one.in_short] + ["help"]),
    ],
)
async def test_help_lists_what_one_may_say(
    stage: Stage, name: str, place: Place, line: str, listed: list[str]
) -> None:
    (answer,) = await stage.say(voice(name), line, place)
    commands = [one.values["command"] for one in answer.message.lines if "command" in one.values]
    commands += [
        one.values["help"] for one in answer.message.lines if isinstance(one.values.get("help"), Typed)
    ]
    assert [one.command for one in commands if isinstance(one, Typed)] == listed
    who = voice(name)
    # A long list is for the person alone, except where campaigners work.
    assert answer.where == (
        who.address.id if (place, line) == ("campaign", "!help all") else room_of(who, place).id
    )


@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
async def test_each_command_explains_itself(stage: Stage, one: Command) -> None:
    (answer,) = await stage.say(voice("Camille"), f"!help {one.name}", "private")
    assert len(answer.message.lines) == 2
    assert answer.message.lines[0].id == one.help
