"""The Matrix transport in encrypted rooms, with people whose client shares no code with it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
import vodozemac
from aiohttp import web

from bot.transports.base import NotReady, StoredInPlain
from campaign.chat import Balloted, Joined, Sealed
from tests.data.hostile_crypto import MEGOLM
from tests.live.gateway import gateway, nothing_else
from tests.live.matrix_bot import Bot, dispatch, new_bot
from tests.live.matrix_person import Person
from tests.live.sealed_person import SealedPerson, canonical

if TYPE_CHECKING:
    from tests.live.synapse import Synapse

pytestmark = pytest.mark.live


async def test_an_encrypted_room_is_read_and_answered(
    synapse_server: Synapse, carla: SealedPerson, sealed_room: str
) -> None:
    async with new_bot(synapse_server) as bot:
        async with bot.running(sealed_room) as transport:
            assert (await bot.first(Joined)).encrypted
            await carla.say(sealed_room, "!sign Nuage Libre")
            said = await bot.heard("!sign Nuage Libre")
            assert (said.sender.id, said.live) == (carla.user_id, True)
            sent = dispatch(sealed_room, "Signed.", reply_to=said.event)
            accepted = await transport.send(sent)
            heard = await carla.wait_for_text("Signed.", sender=bot.user_id)
            assert heard["sealed"]
            assert heard["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": said.event}}
            assert await transport.send(sent) == accepted
        async with bot.running(sealed_room) as transport:  # sealed with another key, and the same event
            assert await transport.send(sent) == accepted
            await transport.send(dispatch(sealed_room, "Later."))
            assert (await carla.wait_for_text("Later."))["sealed"]
            await carla.say(sealed_room, "after a restart")
            await bot.heard("after a restart")
        theirs = [event for event in await carla.history(sealed_room) if event["sender"] == bot.user_id]
    assert [event["type"] for event in theirs[1:]] == ["m.room.message"] * 2


async def test_a_key_that_comes_late_opens_what_waited_for_it_once(
    synapse_server: Synapse, carla: SealedPerson, sealed_room: str
) -> None:
    async with new_bot(synapse_server) as bot:
        async with bot.running(sealed_room):
            await bot.first(Joined)
            carla.refuses = {bot.device}
            event = await carla.say(sealed_room, "!sign Nuage Libre")
            sealed = await bot.first(Sealed)
            assert (sealed.event, sealed.sender.id) == (event, carla.user_id)
            assert "Nuage" not in sealed.payload
            async with asyncio.timeout(60):
                while not carla.asked:
                    await carla.sync(wait=1)
        async with bot.running(sealed_room):  # it is kept over a restart
            carla.refuses = set()
            carla.told.clear()
            await carla.say(sealed_room, "!help")
            await bot.heard("!help")
            assert bot.texts(sealed_room) == ["!help"]  # the key it came with opens nothing older
            session = carla.outbound[sealed_room].session_id
            first = carla.keys[sealed_room, session].export_at(0)
            assert first is not None
            await carla.forward_key(sealed_room, carla.asked[-1], first)
            said = await bot.heard("!sign Nuage Libre")
            assert (said.event, said.live) == (event, False)
        assert not bot.sealed
        async with bot.running(sealed_room):
            assert bot.texts(sealed_room).count("!sign Nuage Libre") == 1


async def test_a_file_is_encrypted_for_an_encrypted_room(
    synapse_server: Synapse, carla: SealedPerson, sealed_room: str
) -> None:
    data = b"organisation;signed\nNuage Libre;yes\n" * 50
    async with new_bot(synapse_server) as bot, bot.running(sealed_room) as transport:
        joined = await bot.first(Joined)
        stored = await transport.upload(joined.room, "list.csv", "text/csv", data)
        assert json.loads(stored.keys)["key"]["k"]
        assert data not in await carla.download(stored.url)
        file = {"file_name": "list.csv", "media_type": "text/csv", "file_size": len(data)}
        await transport.send(dispatch(sealed_room, "", file_url=stored.url, file_keys=stored.keys, **file))
        heard = await carla.wait_for_text("list.csv", sender=bot.user_id)
        assert "url" not in heard["content"]
        assert await carla.open_file(heard["content"]["file"]) == data


async def test_a_file_stored_in_plain_does_not_go_into_a_room_that_is_encrypted_since(
    synapse_server: Synapse, carla: SealedPerson
) -> None:
    room = await carla.create_room(public=True)
    async with new_bot(synapse_server) as bot, bot.running(room) as transport:
        joined = await bot.first(Joined)
        file = {"file_name": "list.csv", "media_type": "text/csv", "file_size": 3}
        plain = await transport.upload(joined.room, "list.csv", "text/csv", b"a;b")
        assert not plain.keys
        await carla.call("PUT", "rooms", room, "state", "m.room.encryption", body={"algorithm": MEGOLM})
        await bot.first(Joined, lambda joined: joined.encrypted)
        with pytest.raises(StoredInPlain):
            await transport.send(dispatch(room, "", file_url=plain.url, **file))
        anew = await transport.upload(joined.room, "list.csv", "text/csv", b"a;b")
        await transport.send(dispatch(room, "", file_url=anew.url, file_keys=anew.keys, **file))
        heard = await carla.wait_for_text("list.csv", sender=bot.user_id)
        assert await carla.open_file(heard["content"]["file"]) == b"a;b"
    assert plain.url not in json.dumps(await carla.history(room))


async def test_the_bots_device_is_signed_with_keys_of_the_account(
    synapse_server: Synapse, carla: SealedPerson
) -> None:
    async with new_bot(synapse_server) as bot:
        file = bot.tunables["keys"] / "cross-signing.json"
        async with bot.running():
            first = await signatures(bot, carla)
            assert file.stat().st_mode & 0o777 == 0o600
            kept = file.read_bytes()
        async with bot.running():
            assert await signatures(bot, carla) == first
            assert file.read_bytes() == kept
        file.unlink()  # lost: the bot made them, so it may make others
        async with bot.running():
            assert await signatures(bot, carla) != first


async def test_keys_that_another_client_gave_the_account_are_left_alone(
    synapse_server: Synapse, carla: SealedPerson, caplog: pytest.LogCaptureFixture
) -> None:
    async with new_bot(synapse_server) as other:
        async with other.running():
            first = await signatures(other, carla)
        async with Person(other.base_url, other.user_id, other.password) as same:
            path = ("user", other.user_id, "account_data", "tocsin.cross_signing")
            await same.call("PUT", *path, body={})
        (other.tunables["keys"] / "cross-signing.json").unlink()
        async with other.running():
            assert await signatures(other, carla) == first
        assert "made by another client: verify this device there" in caplog.text


async def signatures(bot: Bot, person: SealedPerson) -> str:
    """The account's master key, after following it down to the bot's device."""
    answer = await person.call("POST", "keys", "query", body={"device_keys": {bot.user_id: []}})
    master, signing = (answer[kind][bot.user_id] for kind in ("master_keys", "self_signing_keys"))
    device = answer["device_keys"][bot.user_id][bot.device]
    (top,), (middle,) = master["keys"].values(), signing["keys"].values()
    proofs = [(signing, top, top), (device, middle, middle)]
    async with Person(bot.base_url, bot.user_id, bot.password) as same:  # shown to the account itself alone
        answer = await same.call("POST", "keys", "query", body={"device_keys": {bot.user_id: []}})
    proofs.append((answer["master_keys"][bot.user_id], bot.device, device["keys"][f"ed25519:{bot.device}"]))
    for content, name, key in proofs:
        bare = {field: value for field, value in content.items() if field not in ("signatures", "unsigned")}
        signature = vodozemac.Ed25519Signature.from_base64(
            content["signatures"][bot.user_id][f"ed25519:{name}"]
        )
        vodozemac.Ed25519PublicKey.from_base64(key).verify_signature(canonical(bare), signature)
    return str(top)


async def test_a_poll_is_asked_answered_and_counted_again_in_an_encrypted_room(
    synapse_server: Synapse, carla: SealedPerson, sealed_room: str
) -> None:
    start, response = "org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.response"
    async with new_bot(synapse_server) as bot, bot.running(sealed_room) as transport:
        joined = await bot.first(Joined)
        assert transport.capabilities(joined.room).polls
        answers = (("for", "Pour"), ("against", "Contre"))
        poll = (await transport.send(dispatch(sealed_room, "On signe ?", kind="poll", answers=answers))).event
        shown = await carla.wait_for(lambda event: event["type"] == start)
        assert (shown["event_id"], shown["sealed"]) == (poll, True)
        relation = {"rel_type": "m.reference", "event_id": poll}
        content = {"m.relates_to": relation, response: {"answers": ["for"]}}
        event = await carla.send(sealed_room, content, kind=response)
        assert (await bot.first(Balloted)).event == event
        bot.events.clear()
        await transport.recount(joined.room, poll)
        (again,) = bot.of(Balloted)
        assert (again.event, again.sender.id) == (event, carla.user_id)


async def test_where_keys_are_limited_only_a_room_that_needs_them_waits(
    synapse_server: Synapse, carla: SealedPerson, sealed_room: str
) -> None:
    async def limits(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith("/keys/claim"):
            return web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, status=429)
        return None

    plain = await carla.create_room(public=True)
    async with (
        synapse_server.somebody(SealedPerson, "Dora") as dora,
        gateway(synapse_server.base_url) as between,
        new_bot(synapse_server) as bot,
    ):
        other = await dora.create_room(public=True, encrypted=True)
        bot.base_url = between.base_url
        async with bot.running(plain, sealed_room, other) as transport:
            await bot.until(lambda: len(bot.of(Joined)) >= 3)
            await transport.send(dispatch(sealed_room, "before"))
            between.instead = limits
            held = dispatch(other, "for Dora")
            before = between.count("POST", "/keys/claim")
            for _ in range(3):
                with pytest.raises(NotReady) as waits:
                    await transport.send(held)
                assert 0 < waits.value.seconds <= 1.5
            assert between.count("POST", "/keys/claim") == before + 1
            await transport.send(dispatch(plain, "in plain"))
            await transport.send(dispatch(sealed_room, "sealed"))
            assert (await carla.wait_for_text("sealed", sender=bot.user_id))["sealed"]
            between.instead = nothing_else
            await asyncio.sleep(waits.value.seconds)
            await transport.send(held)
            assert (await dora.wait_for_text("for Dora", sender=bot.user_id))["sealed"]
