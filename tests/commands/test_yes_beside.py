"""A yes or no beside a question, in reply to no message: heard only just after it, by our clock and live."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, Said, Typed
from tests.commands.stage import PLACES, opened, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from commands.command import Place
    from tests.commands.stage import Answer

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("after", "said_at", "live", "told"),
    [
        (MINUTE, MINUTE, True, True),
        (MINUTE, timedelta(days=-9), True, True),  # whatever their server says of the time
        (60 * MINUTE, timedelta(), True, False),
        (60 * MINUTE, -60 * MINUTE, True, False),
        (MINUTE, MINUTE, False, False),
    ],
)
async def test_how_to_answer_is_told_just_after_the_question(
    tmp_path: Path, after: timedelta, said_at: timedelta, *, live: bool, told: bool
) -> None:
    with opened(tmp_path) as stage:
        sacha = voice("Sacha")
        await stage.say(sacha, "!sign Serveur du Coin")
        stage.now += after
        room = PLACES[MATRIX]["campaign"]
        yes = Said(room, "$yes", sacha.address, sacha.name, "yes", BEGINNING + said_at, live=live)
        answers = await stage.take(yes)
        assert any("If that is for me" in line for one in answers for line in one.ids) == told


@pytest.mark.parametrize("no", ["no", "Non", "!cancel", "!annuler"])
async def test_a_no_calls_off_what_was_asked(tmp_path: Path, no: str) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Sacha"), "!sign Serveur du Coin")
        assert "All right: I did nothing." in ids(await stage.say(voice("Sacha"), no))
        assert "All right: I did nothing." not in ids(await stage.say(voice("Sacha"), no))
        answers = await stage.say(voice("Sacha"), "!confirm")
        assert not any("is declared" in line for line in ids(answers))


async def test_somebody_elses_no_calls_off_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Sacha"), "!sign Serveur du Coin")
        for no in ("no", "!cancel"):
            assert "All right: I did nothing." not in ids(await stage.say(voice("Camille"), no))
        answers = await stage.say(voice("Sacha"), "!confirm")
        assert any("declared" in line for line in ids(answers))


@pytest.mark.parametrize("yes", ["!oui", "!Yes", "! ok", "!tocsin oui", "tocsin: yes"])
async def test_a_yes_to_the_bot_is_for_what_was_asked(tmp_path: Path, yes: str) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Sacha"), "!sign Serveur du Coin")
        assert any("declared" in line for line in ids(await stage.say(voice("Sacha"), yes)))
        (nothing,) = ids(await stage.say(voice("Sacha"), yes))
        assert nothing.startswith("There is nothing for you to confirm here.")


async def test_somebody_elses_yes_is_for_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        (question,) = await stage.say(voice("Sacha"), "!sign Serveur du Coin")
        await stage.show(question, "$question")
        for reply_to in ("", "$question"):
            (nothing,) = ids(await stage.say(voice("Lou"), "!yes", reply_to=reply_to))
            assert nothing.startswith("There is nothing for you to confirm here.")


async def test_a_yes_in_reply_to_an_earlier_question_is_for_no_other(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        (earlier,) = await stage.say(voice("Sacha"), "!sign Serveur du Coin")
        await stage.show(earlier, "$earlier")
        await stage.say(voice("Sacha"), "!sign La Fibre Partagée")
        for word in ("!yes", "!no"):
            (nothing,) = ids(await stage.say(voice("Sacha"), word, reply_to="$earlier")) or ("",)
            assert "declared" not in nothing
            assert "I did nothing" not in nothing


async def test_a_yes_never_confirms_what_came_before_the_last_answer(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        (asked,) = ids(await stage.say(voice("Sacha"), "!sign Serveur du Coin"))
        await stage.say(voice("Sacha"), "!status")
        before, again = ids(await stage.say(voice("Sacha"), "!yes"))
        assert before.startswith("You have said something else since")
        assert again == asked
        assert any("declared" in line for line in ids(await stage.say(voice("Sacha"), "!yes")))


@pytest.mark.parametrize("place", ["campaign", "private"])
async def test_a_yes_is_for_the_guess_that_came_last(tmp_path: Path, place: Place) -> None:
    """Whoever first wanted to sign, and then says that they do not, has not said yes to signing."""
    with opened(tmp_path) as stage:
        camille = voice("Camille")
        for line, meant in (("!join", "sign"), ("!we decline", "decline")):
            (guess,) = await stage.say(camille, line, place)
            assert guess.message.lines[0].values["command"] == Typed(meant)
        (done,) = ids(await stage.say(camille, "yes" if place == "private" else "!confirm", place))
        assert done.startswith("Noted: **{name}** will not sign"), done
        assert (await stage.rows())["signatures"] == []


async def test_a_number_is_for_what_was_said_last(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        (asked,) = ids(await stage.say(voice("Sacha"), "!sign Fibre Partage", "private"))
        assert ids(await stage.say(voice("Sacha"), "7", "private")) == [
            "Please reply with a number from 1 to {last}."
        ]
        await stage.say(voice("Sacha"), "!status", "private")
        assert ids(await stage.say(voice("Sacha"), "1", "private")) == [asked]
        assert any("is declared" in line for line in ids(await stage.say(voice("Sacha"), "2", "private")))


def ids(answers: Sequence[Answer]) -> list[str]:
    """The messages of what was answered, untranslated."""
    return [line for one in answers for line in one.ids]
