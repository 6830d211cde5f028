"""A crowd signs on a server with Synapse's default limit on messages: everybody is answered, in few messages."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from benchmarks import bots, strict
from tests.live.synapse import synapse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live

PEOPLE, ROOMS = 60, 3
SPREAD, WITHIN = 3.0, 60.0
MOST_MESSAGES = 14
EVERY = 5.0
"""Seconds after which the server takes one more message."""


@pytest.mark.timeout(600)
async def test_everybody_in_a_crowd_is_answered_in_few_messages(tmp_path: Path) -> None:
    for part in ("synapse", "bot"):
        (tmp_path / part).mkdir()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(synapse(tmp_path / "synapse", limits=True))
        people = await strict.everybody(server, PEOPLE, stack)
        owner = await stack.enter_async_context(server.person("owner"))
        bot, password = await server.register("tocsin")
        rooms = await strict.public_rooms(owner, people, ROOMS, bot)
        config = strict.campaign(owner, tmp_path / "bot", bot, rooms, people)
        async with bots.tocsin(config, {"TOCSIN_MATRIX_PASSWORD": password}, tmp_path / "bot.log"):
            for room in rooms:
                await owner.wait_for(
                    lambda event, room=room: (  # its greeting
                        (event["room_id"], event["sender"], event["type"]) == (room, bot, "m.room.message")
                    )
                )
            seen = await strict.crowd(
                people, rooms, owner, bot, spread=SPREAD, within=WITHIN, data=tmp_path / "bot" / "data"
            )
    assert len(seen.named) == PEOPLE
    # Where the server takes longer to hear them all, it takes that much longer to tell them all.
    assert seen.messages <= MOST_MESSAGES + max(0.0, seen.typed - SPREAD) / EVERY
    assert seen.stored is not None
