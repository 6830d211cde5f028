"""What people at their clients see of the whole bot's manners, on a real Synapse."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from bot.delivery import composing
from campaign.chat import MATRIX, Address
from tests.live.gateway import gateway
from tests.live.matrix_house import plot

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

    from tests.live.matrix_house import House
    from tests.live.synapse import Person, Synapse

pytestmark = pytest.mark.live


async def ephemeral(person: Person, room: str, kind: str, within: float = 60) -> dict[str, Any]:
    """Wait for what a client shows of a room without its being an event of it: receipts, and who is writing."""
    # A server keeps the answer to a first sync for a while: with another timeout it is another one.
    query = {"timeout": str(secrets.randbelow(1_000_000))}
    async with asyncio.timeout(within):
        while True:
            answer = await person.call("GET", "sync", query=query)
            query = {"timeout": "2000", "since": answer["next_batch"]}
            part = answer.get("rooms", {}).get("join", {}).get(room, {})
            for event in part.get("ephemeral", {}).get("events", []):
                if event["type"] == kind and event["content"]:
                    return dict(event["content"])


async def answer_to(person: Person, house: House, event: str) -> dict[str, Any]:
    """The bot's answer to somebody's message."""

    def answers(found: dict[str, Any]) -> bool:
        relation = found["content"].get("m.relates_to", {})
        return found["sender"] == house.me and relation.get("m.in_reply_to", {}).get("event_id") == event

    return await person.wait_for(answers)


async def test_answers_are_quiet_replies_and_stay_in_their_thread(
    synapse_server: Synapse, alice: Person, bruno: Person, tmp_path: Path
) -> None:
    ground = await plot(synapse_server, alice, tmp_path)
    await bruno.join(ground.room)
    async with ground.running(matrix='name = "Tocsin du collectif"') as house:
        root = await alice.say(house.room, "What about the letter?")
        thread = {"rel_type": "m.thread", "event_id": root}
        asked = await bruno.say(house.room, "!status", **{"m.relates_to": thread})
        content = (await answer_to(bruno, house, asked))["content"]
        assert content["msgtype"] == "m.notice"
        assert content["m.relates_to"]["rel_type"] == "m.thread"
        assert content["m.relates_to"]["event_id"] == root
        assert content["m.mentions"] == {"user_ids": [bruno.user_id]}, "who asked, and nobody else"
        # Whatever somebody calls their organisation, nobody is rung by it.
        asked = await bruno.say(house.room, f"!sign Amis de {alice.user_id} @room")
        content = (await answer_to(bruno, house, asked))["content"]
        assert content["m.mentions"] == {"user_ids": [bruno.user_id]}
        assert content["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}

        # It shows what it is called in the config, and up to where it has read.
        shown = await alice.call("GET", "profile", house.me, "displayname")
        assert shown["displayname"] == "Tocsin du collectif"
        last = await alice.say(house.room, "thanks")
        receipts: dict[str, Any] = {}
        async with asyncio.timeout(60):
            while house.me not in receipts.get(last, {}).get("m.read", {}):
                receipts = await ephemeral(alice, house.room, "m.receipt")


async def test_a_long_answer_in_a_room_goes_into_a_thread(
    synapse_server: Synapse, alice: Person, tmp_path: Path
) -> None:
    ground = await plot(synapse_server, alice, tmp_path)
    async with ground.running() as house:
        short = await alice.say(house.office, "!rooms")
        assert "rel_type" not in (await answer_to(alice, house, short))["content"]["m.relates_to"]
        long = await alice.say(house.office, "!help")
        relation = (await answer_to(alice, house, long))["content"]["m.relates_to"]
        assert (relation["rel_type"], relation["event_id"]) == ("m.thread", long)


async def test_an_edit_or_a_deletion_changes_nothing_and_its_author_is_told(
    synapse_server: Synapse, alice: Person, bruno: Person, tmp_path: Path
) -> None:
    ground = await plot(synapse_server, alice, tmp_path)
    await bruno.join(ground.room)
    roster = f"Picasoft,,,{bruno.user_id}\n"
    async with ground.running(roster=roster) as house:
        signed = await bruno.say(house.room, "!sign Picasoft")
        await answer_to(bruno, house, signed)
        for role in ("treasurer", "president"):
            text = f"!sign Picasoft role={role}"
            relation = {"rel_type": "m.replace", "event_id": signed}
            new = {"msgtype": "m.text", "body": text}
            await bruno.say(house.room, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})
        await bruno.wait_for_text("An edit changes nothing", sender=house.me)
        await alice.redact(house.room, signed)  # a moderator, not the author
        await bruno.wait_for_text("was deleted; the signature stands", sender=house.me)
        said = await bruno.texts(house.room, sender=house.me)
        assert sum("An edit changes nothing" in text for text in said) == 1
        (one,) = await house.database.read(lambda storage: storage.signatures.all_standing(1))
        assert (one.organisation, one.role) == ("Picasoft", "")


async def test_a_reaction_says_yes(
    synapse_server: Synapse, alice: Person, bruno: Person, tmp_path: Path
) -> None:
    ground = await plot(synapse_server, alice, tmp_path)
    await bruno.join(ground.room)
    async with ground.running() as house:
        asked = await bruno.say(house.room, "!sign Picasoft")
        question = await answer_to(bruno, house, asked)
        await alice.react(house.room, question["event_id"], "✅")  # somebody else's yes is none
        await bruno.react(house.room, question["event_id"], "✅")
        await house.until(lambda storage: house.signed(storage) == ["Picasoft"])
        (one,) = await house.database.read(lambda storage: storage.signatures.all_standing(1))
        signer = await house.database.read(lambda storage: storage.people.address(one.address_id))
        assert signer == Address(MATRIX, bruno.user_id)


async def test_it_shows_that_it_is_writing_where_an_answer_takes_long(
    synapse_server: Synapse, alice: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, release = asyncio.Event(), asyncio.Event()

    async def hold(request: web.Request) -> web.StreamResponse | None:
        if slow.is_set() and request.method == "PUT" and "/send/" in request.path:
            await release.wait()
        return None

    async with gateway(synapse_server.base_url) as door:
        door.instead = hold
        ground = await plot(synapse_server, alice, tmp_path, homeserver=door.base_url)
        async with ground.running() as house:
            with monkeypatch.context() as patched:
                patched.setattr(composing, "AFTER", 90.0)  # whatever this machine takes for an answer is soon
                asked = await alice.say(house.room, "!status")
                await answer_to(alice, house, asked)
            assert not door.count("PUT", f"/typing/{house.me}"), "not for an answer that comes at once"
            slow.set()
            await alice.say(house.room, "!status")
            typing = await ephemeral(alice, house.room, "m.typing")
            while house.me not in typing["user_ids"]:
                typing = await ephemeral(alice, house.room, "m.typing")
            release.set()
            while house.me in typing["user_ids"]:
                typing = await ephemeral(alice, house.room, "m.typing")


async def test_who_may_invite_is_in_the_config_and_pending_invitations_are_read_at_a_start(
    synapse_server: Synapse, alice: Person, bruno: Person, tmp_path: Path
) -> None:
    ground = await plot(synapse_server, alice, tmp_path)
    before = await bruno.create_room(invite=(ground.me,))
    async with ground.running():
        declined = await bruno.wait_for(
            lambda event: event["room_id"] == before and event["content"].get("membership") == "leave"
        )
        assert "one of my administrators invites me" in declined["content"]["reason"]
    pending = await bruno.create_room(invite=(ground.me,))
    server = bruno.user_id.partition(":")[2]
    async with ground.running(matrix=f'invites = ["{server}"]') as house:
        await bruno.sees_join(pending, house.me)
        later = await bruno.create_room(invite=(ground.me,))
        await bruno.sees_join(later, house.me)
        asked = await bruno.say(later, "!help")
        await answer_to(bruno, house, asked)
        listed = await house.database.read(lambda storage: len(storage.rooms.of_campaign(1, joined=False)))
        assert listed == 1, "that makes no room one of the campaign's"


async def test_it_follows_into_the_room_that_replaces_one_and_into_no_other(
    synapse_server: Synapse, alice: Person, bruno: Person, tmp_path: Path
) -> None:
    ground = await plot(synapse_server, alice, tmp_path)
    async with ground.running(roster=f"Picasoft,,,{bruno.user_id}\n") as house:
        answer = await alice.call("POST", "rooms", house.room, "upgrade", body={"new_version": "12"})
        second = str(answer["replacement_room"])
        await alice.sees_join(second, house.me)
        await alice.wait_for_text("I follow into it", room=house.office)
        await bruno.join(second)
        signed = await bruno.say(second, "!sign")
        await answer_to(bruno, house, signed)
        await house.until(lambda storage: house.signed(storage) == ["Picasoft"])
        assert not [text for text in await alice.texts(second, sender=house.me) if "Hello" in text]

        # A room that is only said to replace it.
        trap = await bruno.create_room(public=True)
        await alice.set_state(second, "m.room.tombstone", {"body": "moved", "replacement_room": trap})
        await alice.wait_for_text("does not say so itself", room=house.office)
        await bruno.wait_for(
            lambda event: (
                event["room_id"] == trap
                and event.get("state_key") == house.me
                and event["content"]["membership"] == "leave"
            )
        )
        rooms = await house.database.read(lambda storage: storage.rooms.of_campaign(1, joined=False))
        assert [room.address for room in rooms] == [second]
        assert json.dumps([room.state for room in rooms]) == '["parked"]'


async def test_a_reminder_rings_those_of_an_organisation_who_are_in_the_room_and_names_nobody_else(
    synapse_server: Synapse, alice: Person, bruno: Person, tmp_path: Path
) -> None:
    ground = await plot(synapse_server, alice, tmp_path)
    await bruno.join(ground.room)
    async with synapse_server.person("Carla") as carla:
        roster = f"Picasoft,,,{bruno.user_id}|{carla.user_id}\nHublot,,,{carla.user_id}\n"
        async with ground.running(roster=roster) as house:
            await alice.say(house.office, "!remind now")
            reminder = await bruno.wait_for(
                lambda found: "Picasoft" in str(found["content"].get("body")) and found["sender"] == house.me
            )
            assert "Hublot" in reminder["content"]["body"]
            assert reminder["content"]["m.mentions"] == {"user_ids": [bruno.user_id]}
