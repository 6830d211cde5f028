"""Nobody speaks for the collective: no account on its own server, nobody who is listed, nobody who declared it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.organisation import normal_form
from commands.organisations import authority
from tests.commands.stage import Stage, opened, voice
from tests.commands.test_ballots import HOUR, opened_poll
from tests.conversations.play import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.signatures import Signature
    from storage.storage import Storage
    from tests.commands.stage import Answer

NAME = "Les Réunis"
MARIN = voice("Marin")
"""Their account is on the server that is the collective's own."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


async def to_campaigners(stage: Stage, *lines: str) -> list[Answer]:
    """Let a campaigner say some lines; return what the last was answered."""
    said: list[Answer] = []
    for line in lines:
        said = await stage.say(voice("Maud"), line, "admin")
    return said


async def named(stage: Stage, *, listed: bool = False) -> None:
    """Let an organisation with a website of its own be the collective."""
    await to_campaigners(stage, f"!org add {NAME} url=https://serveurducoin.example")
    if listed:

        def enter(storage: Storage) -> None:
            found = storage.organisations.find(normal_form(NAME))
            assert found is not None
            person = storage.people.ensure(PEOPLE["Marin"], "Marin", stage.now)
            storage.representatives.represent(found.id, person.id, "roster", stage.now)

        await stage.database.write(enter)
    await to_campaigners(stage, f"!campaign collective {NAME}", "!confirm")


async def signed(stage: Stage) -> None:
    """Let it sign, as a poll decides."""
    held = await opened_poll(stage, "majority", signs=True)
    await held.give("text", "Camille", "for")
    await stage.tick(held.poll.closes_at)
    assert await standing(stage) is not None


async def standing(stage: Stage) -> Signature | None:
    """Its signature."""
    return await stage.database.read(
        lambda storage: storage.signatures.standing(1, storage.campaigns.get(1).collective_id or 0)
    )


async def its_word(stage: Stage) -> tuple[object, ...]:
    """All that is held to be the collective's word."""
    rows = await stage.rows()

    def work(storage: Storage) -> object:
        member = storage.campaigns.member(1, storage.campaigns.get(1).collective_id or 0)
        return member and (member.word, member.note, member.deciding_until, member.leaning)

    return (await stage.database.read(work), rows["signatures"], rows["organisations"])


@pytest.mark.parametrize("listed", [False, True], ids=["by domain", "listed"])
async def test_its_signature_is_nobodys_to_take_back_or_reword(stage: Stage, *, listed: bool) -> None:
    await named(stage, listed=listed)
    await signed(stage)
    before = await its_word(stage)
    for line in (
        "!withdraw",
        "!withdraw the collective",
        f"!withdraw {NAME}",
        f"!details {NAME} testimony=We were bought",
        f"!decline {NAME}",
        f"!deciding 2024-12-20 {NAME}",
        f"!confirm {NAME}",
        "!confirm 1",
        f"!vote for organisation={NAME}",
    ):
        await stage.say(MARIN, line)
        await stage.say(MARIN, line, "private")
        assert await its_word(stage) == before, line
    await to_campaigners(stage, f"!withdraw {NAME}")
    assert await standing(stage) is None, "the control: a campaigner takes it back"


async def test_a_changed_letter_is_signed_by_a_new_poll_alone(stage: Stage) -> None:
    await named(stage, listed=True)
    await signed(stage)
    stage.now += HOUR

    def change(storage: Storage) -> None:
        storage.letters.add(1, "fr", stage.now, title="Autre", summary="", text="Autre.", change="material")

    await stage.database.write(change)
    before = await its_word(stage)
    for line in ("!confirm", f"!confirm {NAME}", f"!sign {NAME}", "!confirm"):
        await stage.say(MARIN, line)
        assert await its_word(stage) == before, line


async def test_what_was_declared_before_it_was_the_collective_is_no_signature_of_its(stage: Stage) -> None:
    for line in (f"!sign {NAME}", "!confirm"):
        await stage.say(voice("Sacha"), line)
    await named(stage)
    before = await its_word(stage)
    (refused,) = await to_campaigners(stage, "!verify 1")
    assert "signs by a poll" in refused.ids[0]
    for line in (f"!confirm {NAME}", "!confirm 1", f"!sign {NAME}", "!confirm"):
        await stage.say(MARIN, line)
    await stage.say(voice("Sacha"), f"!details {NAME} note=ours")
    assert await its_word(stage) == before
    (refused,) = await to_campaigners(stage, f"!org rep @sacha:mail.example {NAME}")
    assert "signs by a poll" in refused.ids[0]
    await signed(stage)
    given = await standing(stage)
    assert given is not None
    assert given.level == "verified"


async def test_once_the_campaign_is_over_it_is_an_organisation_like_any_other(stage: Stage) -> None:
    await named(stage)

    def proves(storage: Storage) -> bool:
        found = storage.organisations.get(storage.campaigns.get(1).collective_id or 0)
        person = storage.people.ensure(PEOPLE["Marin"], "Marin", stage.now)
        return authority.proves(storage, (), person.id, found)

    assert not await stage.database.write(proves)
    await stage.database.write(lambda storage: storage.campaigns.close(1, stage.now))
    assert await stage.database.write(proves)
