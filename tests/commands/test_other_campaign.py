"""An organisation's own people answer for it in a campaign that did not know it, and nothing is acknowledged in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.organisation import normal_form
from tests.commands.stage import Stage, opened, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.chat import Text
    from storage.storage import Storage
    from tests.commands.stage import Answer


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The campaign of the conversations, and one more that addresses nobody yet."""
    with opened(tmp_path) as one:

        def begin(storage: Storage) -> None:
            storage.campaigns.add(
                "autre",
                "Another letter",
                BEGINNING,
                link="",
                goal=None,
                counts="confirmed",
                timezone="Europe/Paris",
                language="en",
                reminders=[],
                civil_hours="09:00-20:00",
            )

        one.database.transaction(begin)
        yield one


@pytest.mark.parametrize(
    ("line", "standing"),
    [
        ("!deciding 2024-09-20 campaign=autre", "deciding"),
        ("!deciding 2024-09-20 Nuage Libre campaign=autre", "deciding"),
        ("!decline campaign=autre", "declined"),
        ("!decline Nuage Libre campaign=autre", "declined"),
    ],
)
async def test_an_answer_is_kept_where_the_organisation_was_not_known(
    stage: Stage, line: str, standing: str
) -> None:
    (answer,) = await stage.say(voice("Camille"), line, "private")
    assert answer.ids[0].startswith("Noted")

    def kept(storage: Storage) -> dict[str, str]:
        other = storage.campaigns.find("autre")
        assert other is not None
        return {one.name: one.standing for one in storage.campaigns.members(other.id)}

    assert await stage.database.read(kept) == {"Nuage Libre": standing}


@pytest.mark.parametrize("line", ["!decline Nuage Libre campaign=autre", "!withdraw campaign=autre"])
async def test_nobody_else_answers_there(stage: Stage, line: str) -> None:
    await stage.say(voice("Sacha"), "!help", "private")
    before = await stage.rows()
    await stage.say(voice("Sacha"), line, "private")
    assert await stage.rows() == before


async def test_a_question_is_answered_for_the_campaign_it_was_asked_for(stage: Stage) -> None:
    def lettered(storage: Storage) -> None:
        other = storage.campaigns.find("autre")
        assert other is not None
        storage.letters.add(other.id, "en", BEGINNING, title="Another", summary="", text="Text.")

    stage.database.transaction(lettered)
    sacha = voice("Sacha")
    await stage.say(sacha, "!sign Serveur du Coin campaign=autre", "private")
    (answer, *_) = await stage.say(sacha, "!confirm", "private")
    assert "several" not in answer.ids[0].lower()

    def signed(storage: Storage) -> list[str]:
        other = storage.campaigns.find("autre")
        assert other is not None
        return [one.organisation for one in storage.signatures.all_standing(other.id)]

    assert await stage.database.read(signed) == ["Serveur du Coin"]


async def test_in_private_the_names_of_a_campaign_are_for_those_in_its_rooms(stage: Stage) -> None:
    def gather(storage: Storage) -> None:
        other = storage.campaigns.find("autre")
        organisation = storage.organisations.find(normal_form("Nuage Libre"))
        assert other is not None
        assert organisation is not None
        storage.campaigns.enrol(other.id, organisation.id, BEGINNING)

    stage.database.transaction(gather)
    for campaign, named in (("communs", True), ("autre", False)):
        (answer,) = await stage.say(voice("Sacha"), f"!status campaign={campaign}", "private")
        said = repr(answer.message)
        assert ("Nuage Libre" in said) is named, campaign


async def test_in_private_the_campaign_of_the_rooms_one_is_in_is_meant(stage: Stage) -> None:
    (answer,) = await stage.say(voice("Sacha"), "!status", "private")
    assert "Nuage Libre" in repr(answer.message)


async def test_the_acts_of_one_campaign_alone_are_shown_where_it_is_named(stage: Stage) -> None:
    await stage.say(voice("Camille"), "!sign", "private")
    await stage.say(voice("Camille"), "!decline campaign=autre", "private")
    (every,) = await stage.say(voice("Maud"), "!audit 20", "admin")
    (other,) = await stage.say(voice("Maud"), "!audit 20 campaign=autre", "admin")
    assert {"signed", "declined"} <= _acts(every)
    assert {"signed", "declined"} & _acts(other) == {"declined"}
    (nowhere,) = await stage.say(voice("Maud"), "!audit campaign=nowhere", "admin")
    assert "{key}" in nowhere.ids[0]


def _acts(answer: Answer) -> set[str]:
    """The English of what was done, as the lines of a list of acts say it."""
    return {one.values["what"].id for line in answer.message.lines for one in _parts(line)}


def _parts(line: Text) -> Iterator[Text]:
    """The parts of a line that say what was done: a line is one, with more and more behind it."""
    while "line" in line.values:
        line = line.values["line"]
    if "what" in line.values:
        yield line
