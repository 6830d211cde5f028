"""The demo in each language: it plays to its end, explains itself, and every verb it explains is one."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
import termios
from datetime import UTC, datetime

import pytest
from rich.console import Console

from bot import demo
from bot.transports.console import Character, Stage
from bot.transports.console.directions import FRENCH, directions, said, verb_of
from bot.transports.console.screen import Screen
from bot.transports.console.stage import private_room
from campaign.chat import MATRIX, Address

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
    unknown = "There is no {verb}. There are:"
    assert said(unknown, language).split("{verb}")[-1] not in after
    _, after = await played(language, "/frobnicate")
    assert said(unknown, language).format(verb="/frobnicate") in after
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


async def test_a_message_is_chosen_by_its_words_as_they_are_seen() -> None:
    words = (
        "Scrutin 1 : Le collectif",
        "scrutin 1\u00a0: le  COLLECTIF",
        "*Scrutin 1* : Le",
        "règle : https://www",
    )
    chosen = [line for some in words for line in (f"/sur {some}", "/reagir")]
    _, after = await played("fr", "/comme Robin", "/salon hebergeurs", *chosen)
    assert "aucun message" not in after
    assert after.count("réagit 👍") == len(words)


async def test_whose_private_chat_is_meant_may_be_said_and_nobody_unknown_is_taken_for_oneself() -> None:
    _, after = await played("fr", "/prive Zorro", "!mesdonnees", "/prive robin", "!statut")
    nobody, _, robin = after.partition("Robin ↔ tocsin")
    assert "Personne ici ne s'appelle Zorro." in nobody
    assert "Ines ↔ tocsin" not in after
    assert "!statut" in robin


async def test_a_line_that_is_empty_or_very_long_stops_nothing() -> None:
    long = ("!signer " + "x" * 200_000, "/" + "y" * 5000)
    _, after = await played(
        "fr", "", "   ", *long, "/sur", "/repondre", "/modifier", "/comme", "/salon", "!statut"
    )
    for sentence in ("Dites qui : il y a Camille, Ines", "Dites quel salon : il y a #collectif"):
        assert sentence in after
    assert "2 signatures (objectif" in after


async def test_what_cannot_be_done_is_said_in_a_sentence() -> None:
    _, after = await played("fr", "/comme [Toto]", "/salon cave", "/danser", "/attendre -3j")
    for sentence in (
        "Personne ici ne s'appelle [Toto]. Il y a Camille, Ines, Sacha, Maud, Robin et Alex.",
        "Aucun salon ne s'appelle cave. Il y a #collectif, #equipe et #hebergeurs.",
        "/danser n'existe pas. Il y a :",
        "« -3j » n'est pas une durée à attendre : essayez /attendre 3j, /attendre 2h ou /attendre 30m.",
    ):
        assert sentence in " ".join(after.split())


AT_A_PROMPT = """
import asyncio, sys
from types import SimpleNamespace
from bot.demo import _typed

async def main():
    player = SimpleNamespace(room="collectif", person="Ines")
    console = SimpleNamespace(player=player, stage=SimpleNamespace(language="fr"))
    async for line in _typed(console, sys.stdin):
        print("taken:", ascii(line), flush=True)

asyncio.run(main())
"""


def test_a_line_is_edited_and_had_again_on_a_real_terminal() -> None:
    pytest.importorskip("readline")
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    seen = ""

    def until(mark: str) -> None:
        nonlocal seen
        while mark not in seen:
            assert select.select([ours], [], [], 30)[0], seen
            seen += os.read(ours, 65536).decode()
        seen = seen.partition(mark)[2]

    with subprocess.Popen(
        [sys.executable, "-c", AT_A_PROMPT],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", "INPUTRC": os.devnull},
    ) as running:
        until("Ines #collectif > ")
        os.write(ours, b"!statuts\x7f\n")
        until("taken: '!statut\\n'")
        until("Ines #collectif > ")
        os.write(ours, b"\x1b[A\n")
        until("taken: '!statut\\n'")
        until("Ines #collectif > ")
        os.write(ours, b"\x04")
        assert running.wait(30) == 0
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("text", ["«\u00a0lettre\u00a0»\u00a0: oui\u202f!", "« lettre » : oui !"])
def test_no_line_ends_at_a_space_that_does_not_break(text: str) -> None:
    out = io.StringIO()
    camille = Character("Camille", Address(MATRIX, "@camille:nuagelibre.example"))
    stage = Stage({"Camille": camille}, {}, datetime(2024, 9, 2, tzinfo=UTC))
    screen = Screen(stage, Console(file=out, width=32))
    screen.said(private_room(camille.address), "Camille", f"Nous signons la {text}")
    *_, first, second = out.getvalue().splitlines()
    assert first.endswith("Nous signons la")
    assert second.strip() == text


async def test_a_poll_says_whose_number_is_to_be_typed() -> None:
    before, _ = await played("fr")
    assert re.search(r"1\. (.+?) · .*\(/voter 1 = \1\)", before)


@pytest.mark.parametrize("typed", ["/wait -3d", "/wait 2020-01-01", "/wait"])
async def test_time_never_goes_back(typed: str) -> None:
    _, after = await played("en", typed, "!status")
    wrong = typed.removeprefix("/wait").strip()
    assert f"“{wrong}” is no time to wait: try /wait 3d, /wait 2h or /wait 30m." in after
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
