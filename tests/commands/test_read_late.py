"""What is read only once the bot is back: whoever said it has the same time as everybody for what comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP, Joined, Room, Said
from tests.commands.stage import PLACES, Stage, opened, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AWAY = timedelta(days=2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        one.now = BEGINNING + AWAY
        yield one


async def test_a_question_waits_a_day_from_when_it_is_asked(stage: Stage) -> None:
    zoe, room = voice("Zoe"), PLACES[XMPP]["campaign"]
    said = Said(room, "$late", zoe.address, "Zoe", "!sign Serveur du Coin", BEGINNING, live=False)
    (asked,) = await stage.take(said)
    assert asked.ids[0].startswith("Are you entitled")
    stage.now += MINUTE
    (how,) = await stage.say(zoe, "yes")
    assert how.ids[0].startswith("If that is for me"), "it was asked just now"
    stage.now += timedelta(hours=20)
    (declared, *_) = await stage.say(zoe, "!confirm")
    assert any("is declared" in line for line in declared.ids)


async def test_a_code_holds_as_long_as_is_said_from_when_it_is_given(stage: Stage) -> None:
    dom, chat = voice("Dom"), Room(XMPP, "dom@nuagelibre.example")
    (given,) = await stage.take(
        Joined(chat, BEGINNING, private_with=dom.address),
        Said(chat, "$late", dom.address, "Dom", "!link", BEGINNING, private=True, live=False),
    )
    code = given.message.lines[0].values["link"].rest  # type: ignore[union-attr]
    stage.now += 14 * MINUTE
    (thanks, *_) = await stage.say(voice("Lou"), f"!link {code}", "private")
    assert thanks.ids == ["Thank you, I know you now."]


@pytest.mark.parametrize("closes", ["24h", "2024-09-03 18:00"])
async def test_nothing_is_adopted_by_silence_in_a_poll_that_nobody_could_see(
    stage: Stage, closes: str
) -> None:
    maud, room = voice("Maud"), PLACES[MATRIX]["admin"]
    stage.now = BEGINNING
    await stage.say(maud, "!campaign collective Le Grand Collectif", "admin")
    await stage.say(maud, f"!poll open lazy Shall we sign? closes={closes} signs=yes", "admin")
    stage.now += AWAY
    said = await stage.take(
        Said(room, "$late", maud.address, "Maud", "!confirm", BEGINNING + MINUTE, live=False)
    )
    assert said[0].ids[0].startswith("Poll {number} is open" if closes == "24h" else "It would close before")
    said += await stage.tick(stage.now + MINUTE)
    assert not any("signs the letter itself" in line for one in said for line in one.ids)
    if closes == "24h":
        said = await stage.tick(stage.now + timedelta(hours=24))
        assert any("signs the letter itself" in line for one in said for line in one.ids)
