"""A deputy speaks for an organisation like the others, and is bothered only where none of these can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.stage import Stage, opened, voice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.chat import Address


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as found:
        yield found


async def deputy(stage: Stage, who: str, organisation: str) -> None:
    """Make somebody a deputy."""
    await stage.say(voice("Maud"), f"!org deputy {voice(who).address.id} {organisation}", "admin")


async def mentioned(stage: Stage) -> set[Address]:
    """Whom a reminder mentions in the rooms."""
    await stage.say(voice("Maud"), "!deadline 2099-12-31 18:00", "admin")
    said = await stage.say(voice("Maud"), "!remind now", "admin")
    return {one for answer in said for one in answer.message.mentions}


async def told(stage: Stage, organisation: str) -> set[str]:
    """Who is told in private that a stranger declares a signature."""
    await stage.say(voice("Sacha"), f"!sign {organisation}")
    said = await stage.say(voice("Sacha"), "!confirm")
    return {answer.where for answer in said if answer.message.private}


async def test_a_deputy_may_do_what_a_representative_may(stage: Stage) -> None:
    await deputy(stage, "Lou", "Serveur du Coin")
    (answer,) = await stage.say(voice("Lou"), "!sign")
    assert answer.ids[0].startswith("✅")


async def test_a_reminder_mentions_a_deputy_only_where_no_representative_is(stage: Stage) -> None:
    await deputy(stage, "Lou", "Nuage Libre")
    await deputy(stage, "Sacha", "Le Fil Commun")
    found = await mentioned(stage)
    assert voice("Camille").address in found
    assert voice("Lou").address not in found, "Camille is there"
    assert voice("Sacha").address in found, "Robin is on XMPP alone"


async def test_who_was_a_representative_may_be_made_a_deputy_and_back(stage: Stage) -> None:
    await stage.say(voice("Maud"), f"!org rep {voice('Lou').address.id} Nuage Libre", "admin")
    await deputy(stage, "Camille", "Nuage Libre")
    found = await mentioned(stage)
    assert voice("Lou").address in found
    assert voice("Camille").address not in found
    await stage.say(voice("Maud"), f"!org rep {voice('Camille').address.id} Nuage Libre", "admin")
    assert {voice("Lou").address, voice("Camille").address} <= await mentioned(stage)


async def test_a_deputy_is_told_in_private_only_if_no_representative_can_be(stage: Stage) -> None:
    await deputy(stage, "Lou", "Nuage Libre")
    await stage.say(voice("Lou"), "!help", "private")
    first = await told(stage, "Nuage Libre")
    assert any(voice("Lou").address.id in one for one in first)
    await stage.say(voice("Maud"), "!reject 1 not so", "admin")
    await stage.say(voice("Maud"), "!confirm", "admin")
    await stage.say(voice("Camille"), "!help", "private")
    then = await told(stage, "Nuage Libre")
    assert any(voice("Camille").address.id in one for one in then)
    assert not any(voice("Lou").address.id in one for one in then)
