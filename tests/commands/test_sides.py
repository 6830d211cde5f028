"""Rooms that a bridge makes one: what is said to one side is not said to the other, what is for one is lost on none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from campaign.bridge import Bridges
from campaign.chat import MATRIX, XMPP
from tests.commands.stage import PLACES, Stage, opened, voice
from tests.commands.test_revision import change

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE, THERE = (PLACES[network]["campaign"].id for network in (MATRIX, XMPP))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


def bridged(stage: Stage) -> None:
    """Let the rooms of each kind be two sides of one."""
    sides = tuple(
        tuple((network, PLACES[network][place].id) for network in (MATRIX, XMPP))
        for place in ("campaign", "admin")
    )
    house = replace(stage.house, bridges=Bridges(rooms=sides))
    stage._intake._house = stage._ticking._house = house


@pytest.mark.parametrize("joined", [False, True])
async def test_campaigners_have_read_a_question_on_their_other_side(stage: Stage, *, joined: bool) -> None:
    if joined:
        bridged(stage)
    said = await stage.say(voice("Maud"), "!ask Where does the money go?", "admin")
    assert (PLACES[XMPP]["admin"].id in {one.where for one in said}) != joined


@pytest.mark.parametrize("joined", [False, True])
async def test_each_side_is_reminded_of_the_organisations_that_speak_there(
    stage: Stage, *, joined: bool
) -> None:
    if joined:
        bridged(stage)
    for name in ("Camille", "Robin"):
        await stage.say(voice(name), "!reminders room")
    await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00", "admin")
    said = await stage.tick(datetime(2024, 9, 23, 16, 1, tzinfo=UTC))
    named = {
        one.where: " ".join(str(line.values.get("names")) for line in one.message.lines)
        for one in said
        if one.message.purpose == "reminder"
    }
    assert "Nuage Libre" in named[HERE]
    assert "Le Fil Commun" in named[THERE]


@pytest.mark.parametrize("joined", [False, True])
async def test_a_letter_of_another_substance_is_announced_on_one_side_and_asks_on_each(
    stage: Stage, *, joined: bool
) -> None:
    if joined:
        bridged(stage)
    for name in ("Camille", "Robin"):
        await stage.say(voice(name), "!sign")
    told = [one for one in await change(stage, "material") if one.where in (HERE, THERE)]
    announced = [one.where for one in told if any("changed in substance" in id_ for id_ in one.ids)]
    assert announced == ([HERE] if joined else [HERE, THERE])
    asked = {one.where: str(one.message.lines[-2].values["names"]) for one in told}
    assert asked == {HERE: "Nuage Libre", THERE: "Le Fil Commun"}
