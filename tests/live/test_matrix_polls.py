"""Native polls, edits, pins and reactions against a real Synapse, with people at clients of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.transports.base import Payload, Refused, Unreachable
from bot.transports.matrix import recount
from campaign.chat import MATRIX, Balloted, Echo, Joined, Redacted, Room
from tests.live.gateway import gateway
from tests.live.matrix_bot import Bot, dispatch, new_bot
from tests.live.matrix_house import plot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.live.sealed_person import SealedPerson
    from tests.live.synapse import Person, Synapse

pytestmark = pytest.mark.live

START = "org.matrix.msc3381.poll.start"
RESPONSE = "org.matrix.msc3381.poll.response"
POLL = Payload("On signe ?", kind="poll", answers=(("for", "Pour"), ("against", "Contre")))


@pytest.fixture
async def bot(synapse_server: Synapse) -> AsyncIterator[Bot]:
    async with new_bot(synapse_server) as made:
        yield made


def shows(room: str, payload: Payload) -> Any:
    return replace(dispatch(room), payload=payload)


async def answers(person: Person, room: str, poll: str, *keys: str, kind: str = RESPONSE) -> str:
    relation = {"rel_type": "m.reference", "event_id": poll}
    shape = {"m.selections": list(keys)} if kind == "m.poll.response" else {kind: {"answers": list(keys)}}
    return await person.send(room, {"m.relates_to": relation, **shape}, kind=kind)


async def pinned(person: Person, room: str) -> list[str]:
    state = await person.call("GET", "rooms", room, "state", "m.room.pinned_events")
    return list(state["pinned"])


async def test_a_poll_is_shown_answered_and_ended(bot: Bot, alice: Person, bruno: Person) -> None:
    room = await alice.create_room(public=True)
    await bruno.join(room)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        sending = shows(room, POLL)
        poll = (await transport.send(sending)).event
        assert (await transport.send(sending)).event == poll
        assert (await bot.first(Echo)).key == sending.key
        shown = await alice.wait_for(lambda event: event["type"] == START)
        assert shown["event_id"] == poll
        first = await answers(alice, room, poll, "for")
        second = await answers(bruno, room, poll, "against", kind="m.poll.response")
        third = await answers(alice, room, poll)
        await bot.until(lambda: len(bot.of(Balloted)) == 3)
        found = [(one.event, one.sender.id, one.answers, one.target, one.live) for one in bot.of(Balloted)]
        assert found == [
            (first, alice.user_id, ("for",), poll, True),
            (second, bruno.user_id, ("against",), poll, True),
            (third, alice.user_id, (), poll, True),
        ]
        await alice.redact(room, third)
        assert (await bot.first(Redacted)).target == third
        await transport.send(shows(room, Payload("Adopté.", kind="end", target=poll)))
        ended = await alice.wait_for(lambda event: event["type"] == "org.matrix.msc3381.poll.end")
        assert ended["content"]["m.relates_to"] == {"rel_type": "m.reference", "event_id": poll}
        await bot.until(lambda: len(bot.of(Echo)) == 2)
    assert not [event for event in await alice.history(room) if event["type"] == "m.room.message"]


async def test_what_was_sent_before_the_bot_was_killed_is_known_again(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        cursors = dict(bot.cursors)
        said = await alice.say(room, "!sign")
        sent = [
            shows(room, POLL),
            shows(room, Payload("✅", kind="react", target=said)),
        ]
        sent.append(shows(room, Payload("words", kind="edit", target=(await transport.send(sent[0])).event)))
        for one in sent[1:]:
            await transport.send(one)
    bot.events.clear()
    bot.cursors = cursors
    async with bot.running(room):
        assert {echo.key for echo in bot.of(Echo)} == {one.key for one in sent}


async def test_an_edit_replaces_the_words_for_everybody(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        board = (await transport.send(dispatch(room, "1 signature"))).event
        await transport.send(shows(room, Payload("2 signatures", kind="edit", target=board)))
    event = await alice.call("GET", "rooms", room, "event", board)
    latest = event["unsigned"]["m.relations"]["m.replace"]
    assert latest["content"]["m.new_content"]["body"] == "2 signatures"


async def test_our_pin_takes_the_place_of_our_last_one_and_of_nobody_elses(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    theirs = await alice.say(room, "Réunion mardi")
    async with bot.running(room) as transport:
        await bot.first(Joined)
        place = Room(MATRIX, room)
        assert not transport.capabilities(place).pins
        old = (await transport.send(dispatch(room, "board 1"))).event
        with pytest.raises(Refused):
            await transport.send(shows(room, Payload("", kind="pin", target=old)))
        levels = await alice.call("GET", "rooms", room, "state", "m.room.power_levels")
        levels["users"][bot.user_id] = 50
        await alice.set_state(room, "m.room.power_levels", levels)
        await alice.say(room, "now you may")
        await bot.heard("now you may")
        capabilities = transport.capabilities(place)
        assert (capabilities.pins, capabilities.polls, capabilities.edits) == (True, True, True)

        both = (await transport.send(dispatch(room, "a letter of ours that Alice pins"))).event
        await alice.set_state(room, "m.room.pinned_events", {"pinned": [theirs, both]})
        await transport.send(shows(room, Payload("", kind="pin", target=old)))
        assert await pinned(alice, room) == [theirs, both, old]
        new = (await transport.send(dispatch(room, "board 2"))).event
        for _ in range(2):  # once more after a kill, it changes nothing
            await transport.send(shows(room, Payload("", kind="pin", target=new)))
            assert await pinned(alice, room) == [theirs, both, new]
        await transport.send(shows(room, Payload("", kind="unpin", target=both)))
        assert await pinned(alice, room) == [theirs, both, new]
        for _ in range(2):
            await transport.send(shows(room, Payload("", kind="unpin", target=new)))
            assert await pinned(alice, room) == [theirs, both]
    changes = [event for event in await alice.history(room) if event["type"] == "m.room.pinned_events"]
    assert len(changes) == 4


async def test_a_room_that_takes_no_polls_of_ours_is_known_to(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    levels = await alice.call("GET", "rooms", room, "state", "m.room.power_levels")
    levels["events"][START] = 50
    await alice.set_state(room, "m.room.power_levels", levels)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        assert not transport.capabilities(Room(MATRIX, room)).polls


async def test_an_answer_that_no_sync_told_is_found_when_the_poll_is_counted_again(
    synapse_server: Synapse, alice: Person, bruno: Person
) -> None:
    hidden: set[str] = set()

    def hide(event: Any) -> Any:
        """What a sync leaves out as if it had never been."""
        if event["type"] == RESPONSE and event["sender"] in hidden:
            return {**event, "type": "org.example.nothing", "content": {}}
        return event

    # A sync is held for longer than all of this takes: none ends but with news.
    async with gateway(synapse_server.base_url) as door, new_bot(synapse_server, poll_seconds=90.0) as bot:
        door.twist = hide
        bot.base_url = door.base_url
        room = await alice.create_room(public=True)
        await bruno.join(room)
        async with bot.running(room) as transport:
            await bot.first(Joined)
            poll = (await transport.send(shows(room, POLL))).event
            other = (await transport.send(shows(room, POLL))).event
            hidden.add(bruno.user_id)
            missed = [
                await answers(bruno, room, poll, "against"),
                await answers(bruno, room, poll, "for"),
            ]
            heard = await answers(alice, room, poll, "for")
            await answers(alice, room, other, "for")
            await bot.until(lambda: len(bot.of(Balloted)) == 2)
            assert not [one for one in bot.of(Balloted) if one.sender.id == bruno.user_id]
            bot.events.clear()
            cursors = dict(bot.cursors)
            await transport.recount(Room(MATRIX, room), poll)
            # Told by the time it returns, the oldest first, while the sync waits for news; no cursor moves by it.
            assert [one.event for one in bot.of(Balloted)] == [*missed, heard]
            assert not any(one.live for one in bot.of(Balloted))
            assert bot.of(Balloted)[1].answers == ("for",)
            assert bot.cursors == cursors
            with pytest.raises(Refused):
                await transport.recount(Room(MATRIX, "!nowhere:tocsin.test"), poll)
            # The sync that was waited for meanwhile is the one that brings what comes now.
            syncs = len(door.syncs)
            await alice.say(room, "and on it goes")
            await bot.heard("and on it goes")
            assert len(door.syncs) <= syncs + 1
        with pytest.raises(Unreachable):
            await transport.recount(Room(MATRIX, room), poll)


async def test_a_poll_with_many_answers_is_counted_page_by_page(
    bot: Bot, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recount, "_PAGE", 3)
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        poll = (await transport.send(shows(room, POLL))).event
        given = [await answers(alice, room, poll, "for") for _ in range(7)]
        await bot.until(lambda: len(bot.of(Balloted)) == 7)
        bot.events.clear()
        await transport.recount(Room(MATRIX, room), poll)
        assert [one.event for one in bot.of(Balloted)] == given


async def test_a_poll_in_an_encrypted_room_is_answered_and_counted_again(
    synapse_server: Synapse, carla: SealedPerson, sealed_room: str, tmp_path: Path
) -> None:
    async with new_bot(synapse_server, keys=tmp_path) as bot, bot.running(sealed_room) as transport:
        await bot.first(Joined)
        poll = (await transport.send(shows(sealed_room, POLL))).event
        shown = await carla.wait_for(lambda event: event["type"] == START)
        assert (shown["event_id"], shown["sealed"]) == (poll, True)
        relation = {"rel_type": "m.reference", "event_id": poll}
        content = {"m.relates_to": relation, RESPONSE: {"answers": ["for"]}}
        event = await carla.send(sealed_room, content, kind=RESPONSE)
        ballot = await bot.first(Balloted)
        assert (ballot.event, ballot.answers, ballot.target) == (event, ("for",), poll)
        bot.events.clear()
        await transport.recount(Room(MATRIX, sealed_room), poll)
        (again,) = bot.of(Balloted)
        assert again == replace(ballot, live=False)
        await transport.send(shows(sealed_room, Payload("Adopté.", kind="end", target=poll)))
        ended = await carla.wait_for(lambda event: event["type"] == "org.matrix.msc3381.poll.end")
        assert ended["sealed"]
        said = await carla.say(sealed_room, "!sign")
        await transport.send(shows(sealed_room, Payload("✅", kind="react", target=said)))
        edit = Payload("other words", kind="edit", target=poll)
        await transport.send(shows(sealed_room, edit))
        replaced = await carla.wait_for(lambda event: "m.new_content" in event["content"])
        assert replaced["sealed"]
        await bot.until(lambda: len(bot.of(Echo)) == 3)
    # Nothing of ours stands there in plain.
    ours = [one for one in await carla.history(sealed_room) if one["sender"] == bot.user_id]
    assert {one["type"] for one in ours if "state_key" not in one and not one.get("sealed")} <= {
        "m.room.encrypted"
    }


async def test_an_answer_that_was_hidden_from_the_bot_counts_when_the_poll_is_closed(
    synapse_server: Synapse, alice: Person, bruno: Person, tmp_path: Path
) -> None:
    def hide(event: Any) -> Any:
        if event["type"] == RESPONSE:
            return {**event, "type": "org.example.nothing", "content": {}}
        return event

    async with gateway(synapse_server.base_url) as door:
        door.twist = hide
        ground = await plot(synapse_server, alice, tmp_path, homeserver=door.base_url)
        await bruno.join(ground.room)
        async with ground.running(roster=f"Picasoft,,,{bruno.user_id}\n") as house:
            await alice.say(house.office, "!poll open majority Do we sign? closes=1h")
            await alice.wait_for_text("To open it", room=house.office)
            await alice.say(house.office, "!confirm")
            poll = await bruno.wait_for(lambda event: event["type"] == START)
            shown = poll["content"][START]
            assert shown["question"]["org.matrix.msc1767.text"].endswith("Do we sign?")
            await answers(bruno, house.room, poll["event_id"], "for")
            await bruno.say(house.room, "!status")
            await bruno.wait_for_text("Save it", sender=house.me)
            ballots = await house.database.read(lambda storage: storage.ballots.standing(1))
            assert not ballots, "it was hidden"
            await house.app.tick(datetime.now(UTC) + timedelta(hours=26))
            ended = await bruno.wait_for(lambda event: event["type"] == "org.matrix.msc3381.poll.end")
            assert ended["content"]["m.relates_to"]["event_id"] == poll["event_id"]
            (ballot,) = await house.database.read(lambda storage: storage.ballots.standing(1))
            assert (ballot.organisation, ballot.choice, ballot.way) == ("Picasoft", "for", "native")
            outcome = await house.database.read(lambda storage: storage.polls.get(1).outcome)
            assert outcome == "adopted"
