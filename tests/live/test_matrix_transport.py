"""The Matrix transport against a real Synapse, with people at clients of their own: what is said, both ways."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.transports.base import (
    Accepted,
    Dispatch,
    Payload,
    RoomEncrypted,
    Start,
)
from campaign.chat import (
    MATRIX,
    Address,
    Echo,
    Joined,
    Reacted,
    Redacted,
    Room,
    Said,
    Unreadable,
)
from tests.live.matrix_bot import DEVICE, Bot, bot, dispatch, new_bot
from tests.live.synapse import Person, Synapse

pytestmark = pytest.mark.live
__all__ = ["bot"]


async def test_what_was_said_before_the_first_start_is_not_for_the_bot(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(name="Collectif", public=True)
    async with Person(bot.base_url, bot.user_id, bot.password) as elsewhere:
        await elsewhere.join(room)  # it may have been there long before, with another program
    await alice.say(room, "!sign before")
    async with bot.running(room):
        joined = await bot.first(Joined)
        assert joined.room == Room(MATRIX, room)
        assert (joined.name, joined.encrypted, joined.alias) == ("Collectif", False, "")
        await alice.say(room, "!sign after")
        said = await bot.heard("!sign after")
    assert bot.texts(room) == ["!sign after"]
    assert said.sender == Address(MATRIX, alice.user_id)
    assert said.name == "Alice"
    assert said.live
    assert said.event.startswith("$")
    assert abs(said.at - datetime.now(UTC)).total_seconds() < 60


async def test_sixty_messages_said_meanwhile_arrive_once_and_in_order(
    synapse_server: Synapse, alice: Person
) -> None:
    async with new_bot(synapse_server, timeline_limit=10, batch_size=25) as bot:
        room = await alice.create_room(public=True)
        quiet = await alice.create_room(public=True)
        async with bot.running(room, quiet):
            await bot.until(lambda: len(bot.of(Joined)) == 2)
            await alice.say(room, "first")
            await bot.heard("first")
        before = dict(bot.cursors)
        words = [f"message {number}" for number in range(60)]
        for word in words:
            await alice.say(room, word)
        async with bot.running(room, quiet):
            assert bot.texts(room) == ["first", *words]
            assert not any(said.live for said in bot.of(Said)[1:])
            # Only the batch that holds the end of it may carry a cursor and say that nothing is missing.
            partial = bot.batches[:2]
            assert [(batch.cursors, batch.caught_up) for batch in partial] == [({}, False)] * 2
            assert not bot.of(Unreadable)
            await alice.say(room, "last")
            assert (await bot.heard("last")).live
        assert bot.cursors != before
        assert bot.texts(room) == ["first", *words, "last"]


async def test_a_batch_that_was_not_committed_comes_again(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room):
        await bot.first(Joined)
    await alice.say(room, "once more")
    for _ in range(2):
        transport = bot.new_transport()
        async with transport.connected(Start(dict(bot.cursors), (room,), DEVICE)):
            async for batch in transport.batches():
                said = [event.text for event in batch.events if isinstance(event, Said)]
                break  # as if we had died before the commit
        assert said == ["once more"]


async def test_history_from_before_joining_is_ignored_even_if_one_may_read_it(
    synapse_server: Synapse, alice: Person
) -> None:
    async with new_bot(synapse_server, timeline_limit=5) as bot, bot.running() as transport:
        room = await alice.create_room(public=True)
        for number in range(12):
            await alice.say(room, f"before {number}")
        await transport.join(room)
        await transport.join(room)  # does no harm
        joined = await bot.first(Joined)
        assert joined.event.startswith("$")
        await alice.say(room, "after")
        await bot.heard("after")
        assert bot.texts(room) == ["after"]


async def test_the_same_key_makes_one_message_and_its_echo_bears_it(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        said = dispatch(room, "Une fois", html="<b>Une fois</b>", mentions=(alice.user_id,))
        accepted = await transport.send(said)
        assert await transport.send(said) == accepted
        echo = await bot.first(Echo)
        assert (echo.key, echo.event, echo.room.id) == (said.key, accepted.event, room)
    async with bot.running(room) as transport:  # after a restart on the same device as well
        assert await transport.send(said) == accepted
    assert await alice.texts(room, sender=bot.user_id) == ["Une fois"]
    event = await alice.wait_for(lambda event: event["event_id"] == accepted.event)
    assert event["content"] == {
        "msgtype": "m.notice",
        "body": "Une fois",
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>Une fois</b>",
        "m.mentions": {"user_ids": [alice.user_id]},
    }


async def test_an_echo_that_came_while_away_is_found_again(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room):
        await bot.first(Joined)
    transport = bot.new_transport()
    sent = dispatch(room)
    async with transport.connected(Start(dict(bot.cursors), (room,), DEVICE)):
        await transport.send(sent)
    async with bot.running(room):
        assert [echo.key for echo in bot.of(Echo)] == [sent.key]


async def test_replies_threads_and_reminders_are_written_as_clients_expect(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    root = await alice.say(room, "root")
    async with bot.running(room) as transport:
        await bot.first(Joined)
        await transport.send(dispatch(room, "reply", reply_to=root))
        await transport.send(dispatch(room, "thread", thread=root, rings=True))
    reply = (await alice.wait_for_text("reply"))["content"]
    assert reply["m.relates_to"] == {"m.in_reply_to": {"event_id": root}}
    assert reply["m.mentions"] == {}
    thread = (await alice.wait_for_text("thread"))["content"]
    assert thread["msgtype"] == "m.text"
    assert thread["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }


async def test_replies_threads_mentions_and_edits_are_understood(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room):
        await bot.first(Joined)
        root = await alice.say(room, "root")
        relates = {"m.in_reply_to": {"event_id": root}}
        quoted = f"> <{alice.user_id}> root\n> more\n\nquoting"
        await alice.say(room, quoted, **{"m.relates_to": relates})
        thread = {"rel_type": "m.thread", "event_id": root, "is_falling_back": True, **relates}
        await alice.say(room, "threaded", **{"m.relates_to": thread})
        await alice.say(room, "> not a quote", **{"m.mentions": {"user_ids": [bot.user_id]}})
        await alice.say(room, "Tocsin: sign")
        await alice.say(room, "Tocsinade")
        replaces = {"rel_type": "m.replace", "event_id": root}
        await alice.say(room, "* edited", **{"m.relates_to": replaces})
        await alice.send(room, {"msgtype": "m.notice", "body": "a notice"})
        await alice.send(room, {"msgtype": "m.emote", "body": "an emote"})
        await alice.say(room, "end")
        await bot.heard("end")
    heard = [(said.text, said.reply_to, said.thread, said.mentions_me) for said in bot.of(Said)]
    assert heard == [
        ("root", "", "", False),
        ("quoting", root, "", False),
        ("threaded", "", root, False),
        ("> not a quote", "", "", True),
        ("Tocsin: sign", "", "", True),
        ("Tocsinade", "", "", False),
        ("end", "", "", False),
    ]


async def test_reactions_and_redactions(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room):
        await bot.first(Joined)
        said = await alice.say(room, "letter")
        reaction = await alice.react(room, said, "👍")
        reacted = await bot.first(Reacted)
        redaction = await alice.redact(room, reaction)
        redacted = await bot.first(Redacted)
    assert (reacted.event, reacted.target, reacted.keys, reacted.whole) == (reaction, said, ("👍",), False)
    assert (reacted.sender.id, reacted.name) == (alice.user_id, "Alice")
    assert (redacted.event, redacted.target) == (redaction, reaction)


async def test_without_keys_nothing_goes_into_an_encrypted_room(bot: Bot, alice: Person) -> None:
    bot.tunables["keys"] = None
    encrypted = await alice.create_room(encrypted=True, invite=(bot.user_id,))
    later = await alice.create_room(public=True)
    async with bot.running(later) as transport:
        await transport.join(encrypted)
        with pytest.raises(RoomEncrypted):  # whether a sync has told of the room yet or not
            await transport.send(dispatch(encrypted))
        assert (await bot.first(Joined, lambda joined: joined.room.id == encrypted)).encrypted
        with pytest.raises(RoomEncrypted):
            await transport.send(dispatch(encrypted))
        assert not (await bot.first(Joined, lambda joined: joined.room.id == later)).encrypted
        await transport.send(dispatch(later))
        await alice.set_state(later, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        await bot.first(Joined, lambda joined: joined.room.id == later and joined.encrypted)
        with pytest.raises(RoomEncrypted):
            await transport.send(dispatch(later))
        secret = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AAAA", "session_id": "s"}
        event = await alice.send(later, secret, kind="m.room.encrypted")
        unreadable = await bot.first(Unreadable)
        assert (unreadable.event, unreadable.why) == (event, "encrypted")
    assert await alice.texts(encrypted, sender=bot.user_id) == []


async def test_a_file_goes_round(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    data = b"nom;site\nARN;arn.example.org\n" * 1000
    async with bot.running(room) as transport:
        await bot.first(Joined)
        stored = await transport.upload(Room(MATRIX, room), "signatures.csv", "text/csv", data)
        assert stored.url.startswith("mxc://tocsin.test/")
        assert not stored.keys
        payload = Payload(
            "",
            file_name="signatures.csv",
            media_type="text/csv",
            file_size=len(data),
            file_url=stored.url,
        )
        await transport.send(Dispatch("file-1", Room(MATRIX, room), payload))
    content = (await alice.wait_for_text("signatures.csv"))["content"]
    assert (content["msgtype"], content["filename"]) == ("m.file", "signatures.csv")
    assert content["info"] == {"mimetype": "text/csv", "size": len(data)}
    assert await alice.download(content["url"]) == data


async def test_display_names_are_shown_safely(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room):
        await bot.first(Joined)
        await alice.set_displayname("Mal\u202elory\n\x07admin " + "y" * 150)
        await alice.wait_for(lambda event: "admin" in (event["content"].get("displayname") or ""))
        await alice.say(room, "hello")
        said = await bot.heard("hello")
    assert said.name.startswith("Mallory admin y")
    assert len(said.name) == 100
    assert said.sender.id == alice.user_id


async def test_sends_to_several_rooms_run_at_once(bot: Bot, alice: Person) -> None:
    rooms = [await alice.create_room(public=True) for _ in range(5)]
    async with bot.running(*rooms) as transport:
        await bot.until(lambda: len(bot.of(Joined)) == 5)
        results = await asyncio.gather(*(transport.send(dispatch(room)) for room in rooms))
        assert all(isinstance(result, Accepted) and result.event for result in results)
        await bot.until(lambda: len(bot.of(Echo)) == 5)
