"""Encrypted rooms, and who speaks there in another's name. What is malformed there: test_campaign_hostile.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from campaign.chat import Joined, Said, Unreadable
from tests.data.hostile_crypto import MEGOLM
from tests.live.matrix_bot import new_bot
from tests.live.sealed_person import SealedPerson

if TYPE_CHECKING:
    from tests.live.synapse import Synapse

pytestmark = pytest.mark.live


async def test_nobody_speaks_in_anothers_name_with_their_keys(
    synapse_server: Synapse, carla: SealedPerson, sealed_room: str
) -> None:
    async with (
        synapse_server.somebody(SealedPerson, "Mallory") as mallory,
        new_bot(synapse_server) as bot,
        bot.running(sealed_room),
    ):
        await bot.first(Joined)
        await mallory.join(sealed_room)
        event = await carla.say(sealed_room, "!sign Nuage Libre")
        await bot.heard("!sign Nuage Libre")
        (sealed,) = [
            one["content"] for one in await plain_history(mallory, sealed_room) if one["event_id"] == event
        ]
        # As it stands, from another account: the key did not come from there.
        repeated = await mallory.send_plain(sealed_room, sealed, kind="m.room.encrypted")
        # And by its own sender once more, as a server could repeat it.
        replayed = await carla.send_plain(sealed_room, sealed, kind="m.room.encrypted")
        await mallory.say(sealed_room, "!help")
        await bot.heard("!help")
        assert [(said.text, said.sender.id) for said in bot.of(Said)] == [
            ("!sign Nuage Libre", carla.user_id),
            ("!help", mallory.user_id),
        ]
        assert [one.event for one in bot.of(Unreadable)] == [replayed]
        assert {event for _, event in bot.sealed} == {repeated}
        assert sealed["algorithm"] == MEGOLM


async def plain_history(person: SealedPerson, room: str) -> list[dict[str, Any]]:
    page = await person.call("GET", "rooms", room, "messages", query={"dir": "b", "limit": "100"})
    return list(page["chunk"])
