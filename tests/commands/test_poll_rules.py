"""The rules of polls, as campaigners look them up: in a few lines of a phone, and nothing left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.texts.wordings import Wordings
from campaign.chat import Message
from campaign.decision import PARAMETERS, PRESETS, edited, present
from commands.command import House
from commands.menu import MENU
from commands.poll_rules import TOPICS
from tests.commands.stage import Stage, opened, voice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


async def shown(stage: Stage, line: str, language: str = "fr") -> str:
    (answer,) = await stage.say(voice("Maud"), line, "admin")
    return Wordings(House(language=language), MENU).plain(Message(answer.message.lines), language)


def test_each_setting_stands_under_one_topic() -> None:
    assert sorted(name for names in TOPICS.values() for name in names) == sorted(PARAMETERS)


@pytest.mark.parametrize("name", PRESETS)
async def test_a_rule_fits_on_a_phone_and_says_what_is_set_as_it_would_be_typed(
    stage: Stage, name: str
) -> None:
    text = await shown(stage, f"!poll rules {name}")
    lines = text.splitlines()
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 200
    values = present(PRESETS[name])
    for setting in PARAMETERS.values():
        typed = f"«\N{NO-BREAK SPACE}{setting.french[0]}="
        assert text.count(typed) == 1, typed
        if setting.name in values:
            said = values[setting.name].names["fr"]
            assert f"{typed}{said}\N{NO-BREAK SPACE}»" in text
            if setting.name != "text":
                assert edited(PRESETS[name], {setting.name: said})
    # What the rule sets comes before what it leaves open.
    for line in lines:
        of_one = [
            part.strip("«» \N{NO-BREAK SPACE}").partition("=")[2]
            for part in line.partition(" : ")[2].split(" · ")
        ]
        if line.startswith("• ") and len(of_one) > 1:
            assert of_one == sorted(of_one, key=lambda value: value in ("", "aucun"))


async def test_a_setting_is_explained_by_either_of_its_names(stage: Stage) -> None:
    for typed in ("quorum", "quorum=", "QUORUM"):
        said = await shown(stage, f"!scrutin regles veto {typed}")
        assert said.count("\n") == 0
        assert "combien doivent répondre" in said
        assert "quorum=25%" in said
    assert await shown(stage, "!poll rules veto durée") == await shown(stage, "!poll rules veto duration")
    unknown = await shown(stage, "!poll rules veto brouette")
    assert "brouette" in unknown
    assert "quorum" in unknown
