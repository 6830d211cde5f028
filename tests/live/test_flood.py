"""One person who says a lot keeps nobody else waiting, in their room, in another, or on the other network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import flood
from campaign.chat import MATRIX, XMPP
from tests.live.fixtures_xmpp import require_prosody
from tests.live.prosody import prosody
from tests.live.synapse import synapse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

COMMANDS, SECONDS = 120, 6.0
FLOOD = flood.Flood(MATRIX, "room", ("!lettre",))
"""A letter keeps its own message: nothing of this flood is merged."""
ALONE, LISTED = flood.Flood(XMPP, "private", ("!signataires",)), 150
"""What is dear to decide, said to the bot alone, faster than it is decided; the same list again is said once."""


async def played(
    folder: Path,
    what: flood.Flood = FLOOD,
    *,
    commands: int = COMMANDS,
    signed: int = flood.SIGNED,
    without: str = "circles",
) -> flood.Result:
    require_prosody()
    folder.chmod(0o755)  # noqa: ASYNC240 - a local disk
    for part in ("synapse", "prosody", "bot"):
        (folder / part).mkdir()
    async with synapse(folder / "synapse") as matrix:
        with prosody(folder / "prosody") as xmpp:
            async with flood.ground(
                matrix, xmpp, folder / "bot", signed + 40, signed=signed, without=without
            ) as made:
                return await flood.play(made, what, commands, SECONDS)


async def test_a_flood_by_one_person_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    result = await played(tmp_path)
    assert result.worst <= flood.MOST_EXTRA, flood.rows(result)


async def test_control_first_come_first_served_everybody_waits_for_the_flood(tmp_path: Path) -> None:
    # A longer one, for the wait to be beyond doubt on any machine.
    result = await played(tmp_path, commands=2 * COMMANDS, without="circles,others-first")
    assert result.worst > flood.MOST_EXTRA, flood.rows(result)


async def test_a_flood_to_the_bot_alone_keeps_no_room_waiting(tmp_path: Path) -> None:
    result = await played(tmp_path, ALONE, commands=10 * COMMANDS, signed=LISTED)
    assert result.worst <= flood.MOST_EXTRA, flood.rows(result)
