"""What is near a name is looked for beside the transaction and the event loop, and known as soon as it is there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from bot.intake import suggesting
from campaign.organisation import Names
from tests.commands.stage import opened, voice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.commands.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as opened_stage:
        yield opened_stage


async def offered(stage: Stage, line: str, who: str = "Lou", place: str = "campaign") -> str:
    answers = await stage.say(voice(who), line, place)  # type: ignore[arg-type]
    assert len(answers) == 1
    return str([(text.id, text.values) for text in answers[0].message.lines])


async def test_a_line_is_taken_once_though_it_is_begun_twice(stage: Stage) -> None:
    before = await stage.rows()
    assert "Nuage Libre" in await offered(stage, "!sign Nuage Libres")
    after = await stage.rows()
    assert {name for name in before if before[name] != after[name]} <= {
        "people",
        "addresses",
        "prompts",
        "campaign_organisations",
    }
    assert len(after["prompts"]) == len(before["prompts"]) + 1


async def test_nothing_is_searched_in_the_threads_of_the_loop_and_of_the_database(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    search = Names.closest

    def closest(self: Names[int], *arguments: object, **options: object) -> object:
        threads.append(threading.current_thread())
        return search(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Names, "closest", closest)
    await offered(stage, "!sign Nuage Libres")
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    assert not threads[0].name.startswith("tocsin")


async def test_a_name_that_is_known_needs_no_search(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def closest(*_: object, **__: object) -> object:
        raise AssertionError

    monkeypatch.setattr(Names, "closest", closest)
    assert "entitled" in await offered(stage, "!sign NUAGE LIBRE asbl")


async def test_what_was_added_renamed_or_given_a_site_is_suggested_at_once(stage: Stage) -> None:
    assert "not on my list" in await offered(stage, "!sign Zinzolines")
    await stage.say(voice("Maud"), "!org add Zinzoline url=https://zinzo.example.org", "admin")
    assert "Zinzoline" in await offered(stage, "!sign Zinzolins")
    assert "Zinzoline" in await offered(stage, "!sign Autre Chose url=http://www.zinzo.example.org/")
    assert "not on my list" in await offered(stage, "!sign Autre Chose url=https://facebook.com/zinzo")


async def test_many_in_one_batch_are_each_answered(stage: Stage) -> None:
    from campaign.chat import Said
    from tests.commands.stage import BEGINNING, room_of

    lou = voice("Lou")
    lines = [
        Said(room_of(lou, "campaign"), f"$many-{number}", lou.address, lou.name, text, BEGINNING)
        for number, text in enumerate(
            ("!sign Nuage Libres", "!status", "!withdraw Racine Numérique", "!sign Nuages Libre")
        )
    ]
    answers = await stage.take(*lines)
    assert len(answers) == 4


async def test_a_name_that_breaks_the_search_is_answered_all_the_same(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the batch would be begun again for ever, and its network be deaf."""

    def closest(*_: object, **__: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(Names, "closest", closest)
    assert "not on my list" in await offered(stage, "!sign Nuage Libres")
    assert "nothing could be suggested" in caplog.messages
    monkeypatch.undo()
    assert "Nuage Libre" in await offered(stage, "!sign Nuage Libres")


async def test_without_an_answer_in_time_it_goes_without(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(*_: object) -> dict[object, object]:
        return {}

    monkeypatch.setattr(stage._intake.suggesting, "find", find)
    assert suggesting.ROUNDS
    assert "not on my list" in await offered(stage, "!sign Nuage Libres")
