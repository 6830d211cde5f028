"""Encrypted rooms and what strangers and their servers send there: the bot lives, and the next line is heard."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from campaign.chat import Joined, Said, Unreadable
from tests.data.crypto_payloads import MEGOLM, payloads
from tests.live.gateway import gateway
from tests.live.matrix_bot import Bot, dispatch, new_bot
from tests.live.sealed_person import SealedPerson

if TYPE_CHECKING:
    from tests.live.synapse import Synapse

pytestmark = pytest.mark.live

WITHIN = 2.0
"""Seconds in which the next line must be answered."""


async def device_of(bot: Bot, person: SealedPerson) -> dict[str, str]:
    answer = await person.call("POST", "keys", "query", body={"device_keys": {bot.user_id: []}})
    keys = answer["device_keys"][bot.user_id][bot.device]["keys"]
    return {name.partition(":")[0]: key for name, key in keys.items()}


async def test_malformed_crypto_does_no_harm(
    synapse_server: Synapse, carla: SealedPerson, sealed_room: str
) -> None:
    async with gateway(synapse_server.base_url) as between, new_bot(synapse_server) as bot:
        bot.base_url = between.base_url
        odd: list[tuple[str, Any]] = []

        def mangled(body: bytes) -> bytes:
            answer = json.loads(body)
            if odd:
                section, value = odd.pop()
                answer[section] = value
            return json.dumps(answer).encode()

        between.mangle = mangled
        async with bot.running(sealed_room) as transport:
            await bot.first(Joined)
            keys = await device_of(bot, carla)
            wrong = defaultdict(list)
            for where, kind, content in payloads(
                1, identity_key=keys["curve25519"], room=sealed_room, me=bot.user_id
            ):
                wrong[where].append((kind, content))
            assert sum(map(len, wrong.values())) > 150
            odd += wrong["answer"]
            while odd:  # each with a sync of its own, which is woken
                await carla.send_plain(sealed_room, {"msgtype": "m.notice", "body": "…"})
                await asyncio.sleep(0.02)
            await carla.say(sealed_room, "before")
            await bot.heard("before")
            await asyncio.gather(
                *(
                    carla.to_devices(kind, {bot.user_id: {bot.device: content}})
                    for kind, content in wrong["to_device"]
                )
            )
            for _, content in wrong["inside to_device"]:
                whole = {
                    "sender": carla.user_id,
                    "recipient": bot.user_id,
                    "recipient_keys": {"ed25519": keys["ed25519"]},
                    "keys": {"ed25519": carla.account.ed25519_key.to_base64()},
                    **content,
                }
                sealed = carla.for_device(keys["curve25519"], json.dumps(whole))
                await carla.to_devices("m.room.encrypted", {bot.user_id: {bot.device: sealed}})
            await asyncio.gather(
                *(carla.send_plain(sealed_room, content, kind=kind) for kind, content in wrong["room"])
            )
            for _, plain in wrong["inside room"]:
                sealed = await carla.seal(sealed_room, {}) | {
                    "ciphertext": carla.ciphertext(sealed_room, plain)
                }
                await carla.send_plain(sealed_room, sealed, kind="m.room.encrypted")
            began = time.monotonic()
            await carla.say(sealed_room, "!sign afterwards")
            said = await bot.heard("!sign afterwards")
            await transport.send(dispatch(sealed_room, "signed", reply_to=said.event))
            await carla.wait_for_text("signed", sender=bot.user_id)
            assert time.monotonic() - began < WITHIN
        assert bot.failure is None
        assert len(bot.of(Unreadable)) > 20
        async with bot.running(sealed_room):  # nor does any of it keep it from starting again
            await carla.say(sealed_room, "once more")
            await bot.heard("once more")


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
