"""The demo in each language: it plays to its end, explains itself, and every verb it explains is one."""

from __future__ import annotations

import io
import re

import pytest

from bot import demo
from bot.transports.console.directions import FRENCH, directions, said, verb_of

LANGUAGES = ("fr", "en")


async def played(language: str, *typed: str) -> tuple[str, str]:
    """What is seen before the first line is typed, and after."""
    out = io.StringIO()
    await demo.main(io.StringIO("".join(f"{line}\n" for line in typed)), out, language)
    before, mark, after = out.getvalue().partition("Ctrl-D")
    assert mark
    return before, after


async def test_both_languages_play_the_same_campaign_each_in_its_own_words() -> None:
    french, _ = await played("fr")
    english, _ = await played("en")
    assert "▓▓▓░░░░░░░ *2 signatures (objectif\u00a0: 6)*" in french
    assert "▓▓▓░░░░░░░ *2 signatures (goal: 6)*" in english
    for wrong in ("reacts", "votes", "/vote 1", "/as ", "usage"):
        assert wrong not in french
    for wrong in ("réagit", "signé", "!signer", "scrutin", "/voter", "Essayez"):
        assert wrong not in english
    for seen in (french, english):
        assert "?[/red]" not in seen
        assert max(map(len, seen.splitlines())) <= 104, "a terminal of a hundred columns"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_verb_that_is_explained_is_one(language: str) -> None:
    typed = [line.split("  ")[0].strip() for line in directions(language)]
    assert {verb_of(one.split()[0].removeprefix("/")) for one in typed} == set(FRENCH) - {"unreact"}
    _, after = await played(language, *(one for one in typed if "3" not in one))
    assert not re.search(r"^/\w+\?", after, re.MULTILINE)
    _, after = await played(language, "/frobnicate")
    assert "/frobnicate?" in after
    assert all(line in after for line in directions(language))


def test_verbs_are_understood_in_both_languages_with_and_without_accents() -> None:
    assert len(set(FRENCH.values())) == len(FRENCH)
    assert not set(FRENCH.values()) & set(FRENCH)
    for verb, french in FRENCH.items():
        assert verb_of(verb) == verb_of(french) == verb
    assert (verb_of("privé"), verb_of("répondre"), verb_of("Réagir")) == ("private", "reply", "react")


async def test_a_message_is_chosen_by_its_words_and_a_wrong_choice_is_said() -> None:
    _, after = await played("fr", "/comme Camille", "/sur fin du monde", "/sur qualité", "/reagir")
    assert "aucun message du robot ici avec ces mots : fin du monde" in after
    assert after.count("aucun message") == 1
    assert "réagit 👍" in after


@pytest.mark.parametrize("typed", ["/wait -3d", "/wait 2020-01-01", "/wait"])
async def test_time_never_goes_back(typed: str) -> None:
    _, after = await played("en", typed, "!status")
    assert "no length of time to wait:" in after
    control, _ = await played("en")
    assert re.search(r"\d+ days left", control)
    assert re.findall(r"\d+ days left", after) == re.findall(r"\d+ days left", control)


def test_what_the_console_says_has_its_french() -> None:
    assert said("reacts", "fr") == "réagit"
    assert said("reacts", "en") == "reacts"


async def test_a_poll_that_is_closed_is_counted_before_the_next_line_as_in_life() -> None:
    typed = ("/as Maud", "/room equipe", "!poll close 1", "!confirm", "!status")
    _, after = await played("en", *typed)
    closed, _, later = after.partition("its result follows in every room")
    assert "Poll 1: adopted" not in closed
    result, _, status = later.partition("!status")
    assert "Poll 1: adopted." in result
    assert "open poll" not in status
