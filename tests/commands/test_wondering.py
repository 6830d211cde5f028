"""A command that is said as a question does nothing, and a yes that is one is none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from commands.dialogue.wondering import AT_ONCE
from commands.line import calling
from commands.menu import MENU
from tests.commands.stage import CHANGING, Stage, opened, under_way, voice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commands.command import Command, Place


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A campaign under way, in which one organisation has signed; nothing that is said in it does anything."""
    with opened(tmp_path_factory.mktemp("wondering")) as one:
        asyncio.run(under_way(one))
        asyncio.run(one.say(voice("Camille"), "!sign"))
        yield one


@pytest.mark.parametrize("one", [one for one in MENU if one.name in CHANGING], ids=lambda one: one.name)
async def test_a_question_mark_behind_a_command_does_nothing(stage: Stage, one: Command) -> None:
    for name in ("Camille", "Robin") if not one.admin else ("Maud",):  # who has signed, and who has not
        place: Place = "admin" if one.admin else "campaign" if "campaign" in one.where else "private"
        await stage.say(voice(name), "!help", place)
        before = await stage.rows()
        assert await stage.say(voice(name), f"!{one.name} ?", place)
        # A question back may wait.
        assert {**await stage.rows(), "prompts": before["prompts"]} == before


@pytest.mark.parametrize(
    "said",
    ["!withdraw Nuage Libre ?", "!deciding friday ?", "!snooze friday?", "!vote for ?", "!vote 1 for?"],
)
async def test_what_ends_as_a_question_is_asked_about(stage: Stage, said: str) -> None:
    await stage.say(voice("Camille"), "!help")
    before = await stage.rows()
    (asked,) = await stage.say(voice("Camille"), said)
    assert asked.ids[0].startswith(("Did you mean {command}?", "Do you want to {does} — {command}?"))
    assert {**await stage.rows(), "prompts": before["prompts"]} == before


def test_there_is_nothing_in_the_list_that_the_menu_does_not_have() -> None:
    assert {one.name for one in MENU} >= AT_ONCE


@pytest.mark.parametrize(
    ("text", "asks"), [("ok ?", True), ("ok\uff1f", True), ("« ok ? »", True), ("ok ?!", True), ("ok", False)]
)
def test_what_ends_as_a_question_does(text: str, *, asks: bool) -> None:
    assert calling.asks(calling.clean(text)) is asks
