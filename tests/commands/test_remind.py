"""A campaigner is told whom a reminder reaches, and whom it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import MATRIX, Removed
from tests.commands.stage import PLACES, opened, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from pathlib import Path


async def test_nobody_is_said_to_be_reminded_where_the_bot_is_in_no_room(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "status", "private")
        for rooms in PLACES.values():
            await stage.take(Removed(rooms["campaign"], "$out", BEGINNING, "kicked"))
        told, *reminders = await stage.say(voice("Maud"), "!remind now", "admin")
    done, not_done, *missing = told.message.lines
    assert done.values["names"] == "Nuage Libre"
    assert not_done.id.startswith("Not reminded")
    assert "Le Fil Commun" in str(not_done.values["names"])
    assert "Nuage Libre" not in str(not_done.values["names"])
    assert [line.id[:12] for line in missing] == ["Not in {room"] * 2
    assert [(one.where, one.message.rings) for one in reminders] == [
        (f"!with-{voice('Camille').address.id}", True)
    ]


async def test_everybody_is_reminded_where_it_is_in_a_room(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        told, *reminders = await stage.say(voice("Maud"), "!remind now", "admin")
    (done,) = told.message.lines
    assert str(done.values["names"]).count(", ") == 5
    assert [one.where for one in reminders] == [PLACES[MATRIX]["campaign"].id]
