"""The Matrix transport against a real Synapse, with people at clients of their own."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import (
    Accepted,
    Dispatch,
    Limited,
    LoginRefused,
    NotPrivate,
    Payload,
    Refused,
    Replaced,
    RoomEncrypted,
    Start,
    TransportError,
    Unreachable,
)
from bot.transports.matrix import MatrixTransport
from campaign.chat import (
    MATRIX,
    Address,
    Echo,
    Invited,
    Joined,
    Reacted,
    Redacted,
    Removed,
    Room,
    Said,
    Unreadable,
)
from tests.live.matrix_bot import DEVICE, Bot, dispatch, new_bot
from tests.live.synapse import Person, Synapse, synapse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from pathlib import Path


pytestmark = pytest.mark.live


@pytest.fixture
async def bot(synapse_server: Synapse) -> AsyncIterator[Bot]:
    async with new_bot(synapse_server) as made:
        yield made


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


async def test_a_room_asked_for_by_alias_is_told_with_it_and_a_bad_one_stops_nothing(
    bot: Bot, alice: Person
) -> None:
    local = f"chatons-{secrets.token_hex(4)}"
    alias = f"#{local}:tocsin.test"
    room = await alice.create_room(alias=local, public=True)
    closed = await alice.create_room()
    for _ in range(2):  # when it joins, and when it is there already
        bot.events.clear()
        async with bot.running("#nowhere:tocsin.test", closed, alias):
            joined = await bot.first(Joined)
            assert (joined.room.id, joined.alias) == (room, alias)
            await bot.until(lambda: len(bot.of(Removed)) == 2)
    assert {(event.room.id, event.why) for event in bot.of(Removed)} == {
        ("#nowhere:tocsin.test", "unreachable"),
        (closed, "unreachable"),
    }


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


async def test_after_a_restart_the_rooms_are_known_without_news_from_them(bot: Bot, alice: Person) -> None:
    crowd = await alice.create_room(name="Collectif", public=True)
    secret = await alice.create_room(encrypted=True, invite=(bot.user_id,))
    async with bot.running(crowd) as transport:
        await transport.join(secret)
        await bot.until(lambda: len({joined.room for joined in bot.of(Joined)}) == 2)
    bot.events.clear()
    async with bot.running(crowd, secret):
        joined = {event.room.id: event for event in bot.of(Joined)}
        assert (joined[crowd].name, joined[crowd].encrypted) == ("Collectif", False)
        assert (joined[secret].name, joined[secret].encrypted) == ("", True)
        assert joined[secret].private_with == Address(MATRIX, alice.user_id)


async def test_private_means_exactly_two(bot: Bot, alice: Person, bruno: Person) -> None:
    room = await alice.create_room(invite=(bot.user_id,))
    other = Address(MATRIX, alice.user_id)
    async with bot.running() as transport:
        await transport.join((await bot.first(Invited)).room.id)
        joined = await bot.first(Joined)
        assert joined.private_with == other
        await alice.say(room, "alone")
        assert (await bot.heard("alone")).private
        await transport.send(dispatch(room, "secret"), private_with=other)
        with pytest.raises(NotPrivate):
            await transport.send(dispatch(room), private_with=Address(MATRIX, bruno.user_id))

        await alice.invite(room, bruno.user_id)
        await bot.until(lambda: bot.of(Joined)[-1].private_with is None)
        await alice.say(room, "somebody is coming")
        assert not (await bot.heard("somebody is coming")).private
        with pytest.raises(NotPrivate):
            await transport.send(dispatch(room), private_with=other)
        await bruno.join(room)
        with pytest.raises(NotPrivate):
            await transport.send(dispatch(room), private_with=other)
        await bruno.leave(room)
        await bot.until(lambda: bot.of(Joined)[-1].private_with == other)
        await transport.send(dispatch(room, "secret again"), private_with=other)
    assert await alice.texts(room, sender=bot.user_id) == ["secret", "secret again"]


async def test_an_invitation_names_who_asks_and_which_rooms_are_shared(
    bot: Bot, alice: Person, bruno: Person
) -> None:
    campaign = await alice.create_room(public=True)
    async with bot.running(campaign) as transport:
        await bot.first(Joined)
        direct = await alice.create_room(invite=(bot.user_id,), is_direct=True)
        by_alice = await bot.first(Invited, lambda invited: invited.room.id == direct)
        assert (by_alice.by.id, by_alice.direct, by_alice.encrypted) == (alice.user_id, True, False)
        assert by_alice.shared == (campaign,)
        secret = await bruno.create_room(invite=(bot.user_id,), encrypted=True)
        by_bruno = await bot.first(Invited, lambda invited: invited.room.id == secret)
        assert (by_bruno.by.id, by_bruno.direct, by_bruno.encrypted) == (bruno.user_id, False, True)
        assert by_bruno.shared == ()
        await transport.leave(secret, "Je ne lis pas encore les salons chiffrés.")
        await transport.leave(secret, "Twice does no harm.")
        declined = await bruno.wait_for(
            lambda event: event["type"] == "m.room.member" and event["content"]["membership"] == "leave"
        )
        assert declined["content"]["reason"].startswith("Je ne lis pas")
        await transport.join(direct)
        await bot.first(Joined, lambda joined: joined.room.id == direct)
        await alice.say(direct, "who am I?")
        assert (await bot.heard("who am I?")).shared == (campaign,)
        await alice.leave(campaign)
        await alice.say(direct, "and now?")
        assert (await bot.heard("and now?")).shared == ()
    assert not bot.of(Removed)


@pytest.mark.parametrize("away", [False, True], ids=["while there", "while away"])
@pytest.mark.parametrize("why", ["kicked", "banned"])
async def test_removal_is_told_after_what_was_said_before_and_nothing_rejoins(
    bot: Bot, alice: Person, why: str, *, away: bool
) -> None:
    room = await alice.create_room(public=True)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(bot.running(room))
        await bot.first(Joined)
        if away:
            await stack.aclose()
        await alice.say(room, "!sign last words")
        await (alice.kick if why == "kicked" else alice.ban)(room, bot.user_id)
        if away:
            await stack.enter_async_context(bot.running(room))
        removed = await bot.first(Removed)
        assert (removed.room.id, removed.why, removed.by) == (room, why, alice.user_id)
        assert bot.texts(room) == ["!sign last words"]
        with pytest.raises(Refused):
            await bot.transport.send(dispatch(room))
        # A message elsewhere shows that the loop has gone on, past any join it would have made.
        elsewhere = await alice.create_room(public=True)
        await bot.transport.join(elsewhere)
        await alice.say(elsewhere, "still there?")
        await bot.heard("still there?")
        assert bot.user_id not in await alice.members(room)
    async with bot.running():
        assert len({event.event for event in bot.of(Removed)}) == 1


@pytest.mark.parametrize("away", [False, True], ids=["while there", "while away"])
async def test_a_room_that_was_upgraded_is_told_after_what_was_said_before(
    bot: Bot, alice: Person, *, away: bool
) -> None:
    room = await alice.create_room(public=True)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(bot.running(room))
        await bot.first(Joined)
        bot.events.clear()
        if away:
            await stack.aclose()
        await alice.say(room, "!sign last words")
        await alice.call("POST", "rooms", room, "upgrade", body={"new_version": "10"})
        if away:
            await stack.enter_async_context(bot.running(room))
        removed = await bot.first(Removed)
        tombstone = await alice.call("GET", "rooms", room, "state", "m.room.tombstone")
        assert (removed.why, removed.successor) == ("replaced", tombstone["replacement_room"])
        what = [type(event) for event in bot.events if isinstance(event, Joined | Said | Removed)]
        assert what == [*([Joined] if away else []), Said, Removed]
    bot.events.clear()
    async with bot.running():
        # It is still in there, but says no more that it is: that would take the room for one to serve again.
        assert [event.why for event in bot.of(Removed)] == ["replaced"]
        assert not bot.of(Joined)


async def test_a_room_that_was_upgraded_takes_nothing_and_says_which_one_does(
    bot: Bot, alice: Person
) -> None:
    """Whether the bot may still speak in the old room is that server's to say: Synapse leaves it no more than others."""
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        before = dispatch(room, "just before")
        taken = await transport.send(before)
        answer = await alice.call("POST", "rooms", room, "upgrade", body={"new_version": "12"})
        with pytest.raises(Replaced) as refusal:
            await transport.send(dispatch(room, "just after"))
        assert refusal.value.successor == answer["replacement_room"]
        assert await transport.send(before) == taken, "what it took it knows again, though it takes no more"
    texts = [
        event["content"].get("body") for event in await alice.history(room) if event["sender"] == bot.user_id
    ]
    assert [text for text in texts if text in ("just before", "just after")] == ["just before"]


async def test_leaving_of_ones_own_is_told_as_such(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        await transport.leave(room, "Au revoir.")
        assert (await bot.first(Removed)).why == "left"


async def test_a_direct_chat_is_opened_once(bot: Bot, alice: Person, bruno: Person) -> None:
    other = Address(MATRIX, alice.user_id)
    async with bot.running() as transport:
        room, again = await asyncio.gather(transport.open_direct(other), transport.open_direct(other))
        assert room == again
        await transport.send(dispatch(room.id, "before you came"), private_with=other)
        assert await alice.wait_for_invitation(bot.user_id) == room.id
        await alice.join(room.id)
        await alice.wait_for_text("before you came", room=room.id)
        await bot.first(Joined, lambda joined: joined.private_with == other)
    async with bot.running() as transport:
        assert await transport.open_direct(other) == room
        assert await transport.open_direct(Address(MATRIX, bruno.user_id)) != room


async def test_a_direct_chat_that_the_other_opened_is_used(bot: Bot, alice: Person) -> None:
    crowd = await alice.create_room(public=True)  # two so far, but no private chat
    async with bot.running(crowd) as transport:
        room = await alice.create_room(invite=(bot.user_id,), is_direct=True)
        await transport.join(room)
        await bot.first(Joined, lambda joined: joined.room.id == room)
        assert await transport.open_direct(Address(MATRIX, alice.user_id)) == Room(MATRIX, room)


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


async def test_a_wrong_password_is_told_apart_from_a_server_that_is_gone(bot: Bot) -> None:
    wrong = MatrixTransport(bot.base_url, bot.user_id, "not the password")
    with pytest.raises(LoginRefused):
        async with wrong.connected(Start(device=DEVICE)):
            pass
    gone = MatrixTransport("http://127.0.0.1:9", bot.user_id, bot.password)
    with pytest.raises(Unreachable):
        async with gone.connected(Start(device=DEVICE)):
            pass
    nonsense = MatrixTransport("not an address", bot.user_id, bot.password)
    with pytest.raises(Unreachable):
        async with nonsense.connected(Start(device=DEVICE)):
            pass


async def test_being_logged_out_ends_the_batches_and_refuses_no_dispatch(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        async with Person(bot.base_url, bot.user_id, bot.password) as owner:
            await owner.call("POST", "logout", "all", body={})
        await bot.until(lambda: isinstance(bot.failure, LoginRefused))
        with pytest.raises(Unreachable):
            await transport.send(dispatch(room))


async def test_what_the_server_will_never_take_is_refused(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        with pytest.raises(Refused):
            await transport.send(dispatch(room, "x" * 70_000))
        with pytest.raises(Refused):
            await transport.send(dispatch("!nowhere:tocsin.test"))
        with pytest.raises(Refused):
            await transport.join("!nowhere:tocsin.test")
        await alice.set_state(room, "m.room.power_levels", {"events_default": 50})
        with pytest.raises(Refused):
            await transport.send(dispatch(room))


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


async def test_a_restart_of_the_server_is_survived(tmp_path: Path) -> None:
    async with (
        synapse(tmp_path / "synapse") as server,
        server.person("Alice") as alice,
        new_bot(server) as bot,
    ):
        room = await alice.create_room(public=True)
        async with bot.running(room) as transport:
            await bot.first(Joined)
            await server.stop(kill=True)
            with pytest.raises(Unreachable):
                await transport.send(dispatch(room))
            await server.start()
            await alice.say(room, "back")
            await bot.heard("back", within=60)
            accepted = await transport.send(dispatch(room, "here too"))
            assert accepted.event
            await bot.first(Echo)
        assert bot.texts(room) == ["back"]


async def tried(sending: Awaitable[Accepted]) -> Accepted | TransportError:
    try:
        return await sending
    except TransportError as error:
        return error


async def test_a_limit_says_how_long_and_nothing_was_sent(tmp_path: Path) -> None:
    async with (
        synapse(tmp_path / "synapse", limits=True) as server,
        server.person("Alice") as alice,
        new_bot(server) as bot,
    ):
        room = await alice.create_room(public=True)
        async with bot.running(room) as transport:
            await bot.first(Joined)
            words = [f"burst {number}" for number in range(15)]
            results = [await tried(transport.send(dispatch(room, word))) for word in words]
            sent = [word for word, result in zip(words, results, strict=True) if isinstance(result, Accepted)]
            refused = [result for result in results if isinstance(result, Limited)]
            assert len(sent) + len(refused) == len(words)
            assert refused
            assert all(0 < error.seconds <= 10 for error in refused)
            assert await alice.texts(room, sender=bot.user_id) == sent


async def test_sends_to_several_rooms_run_at_once(bot: Bot, alice: Person) -> None:
    rooms = [await alice.create_room(public=True) for _ in range(5)]
    async with bot.running(*rooms) as transport:
        await bot.until(lambda: len(bot.of(Joined)) == 5)
        results = await asyncio.gather(*(transport.send(dispatch(room)) for room in rooms))
        assert all(isinstance(result, Accepted) and result.event for result in results)
        await bot.until(lambda: len(bot.of(Echo)) == 5)
