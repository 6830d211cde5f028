"""Help is derived: every command is in it, for those who may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.chat import Text, Typed
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


def named(value: object) -> Iterator[str]:
    """The commands that something said names, however deep."""
    match value:
        case Typed():
            yield value.command
        case Text():
            for one in value.values.values():
                yield from named(one)


@pytest.mark.parametrize(
    ("name", "place", "line", "listed", "most"),
    [
        ("Camille", "private", "!help", EVERYBODYS, 11),
        ("Camille", "private", "!help all", EVERYBODYS, 40),
        ("Camille", "campaign", "!help all", EVERYBODYS, 11),
        ("Maud", "private", "!help", EVERYBODYS + CAMPAIGNERS, 22),
        ("Maud", "admin", "!help", EVERYBODYS + CAMPAIGNERS, 22),
        ("Maud", "admin", "!help all", EVERYBODYS + CAMPAIGNERS, 52),
        ("Maud", "campaign", "!help all", EVERYBODYS, 11),
        ("Camille", "campaign", "!help", [one.name for one in MENU if one.in_short], 5),
    ],
)
async def test_help_lists_what_one_may_say(
    stage: Stage, *, name: str, place: Place, line: str, listed: list[str], most: int
) -> None:
    (answer,) = await stage.say(voice(name), line, place)
    told = {one for line in answer.message.lines for one in named(line)}
    # One of two words is named by both, or by the first of them.
    assert {one for one in listed if one not in told and one.split(" ")[0] not in told} == set()
    assert told <= {*listed, *(one.split(" ")[0] for one in listed)}
    assert len(answer.message.lines) <= most
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


async def test_a_campaigner_sees_what_a_command_has_besides(stage: Stage) -> None:
    (answer,) = await stage.say(voice("Maud"), "!help deadline", "admin")
    assert "deadline cancel" in {one for line in answer.message.lines for one in named(line)}
