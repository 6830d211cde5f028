"""The XMPP transport on a real Prosody: our own messages, direct chats, reactions, replies and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.transports.base import (
    Accepted,
    Dispatch,
    NotPrivate,
    Payload,
    Refused,
)
from campaign.chat import (
    XMPP,
    Address,
    Bounced,
    Echo,
    Invited,
    Joined,
    Reacted,
    Room,
    Said,
)
from tests.live.prosody import prosody
from tests.live.xmpp_bot import Bot
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


# --- our own messages ---


async def test_our_own_message_echoes_live(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        question = alix.say(room, "!help")
        asked = await bot.hears("!help")
        key = await bot.say(room, "Ring & <ring>\x00\ud800", reply_to=asked.event, thread="t1")
        echo = await bot.gets(Echo)
        heard = await alix.hears("Ring & <ring>")
        assert question
        assert (echo.key, echo.event, echo.room.id) == (key, heard.stanza_id(), room)
        assert (heard.id, heard.origin_id, heard.replies_to) == (key, key, asked.event)
        assert bot.cursors[room].endswith(echo.event)
    assert bot.texts() == ["!help"]


async def test_our_own_message_is_found_again_after_a_restart(prosody_server, xmpp_person, alix, place):
    room, account = place
    mallory = await xmpp_person("mallory")
    await mallory.join_room(room, "Mallory")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        bot.held.clear()
        bot.batches.clear()
        before = dict(bot.cursors)
        key = await bot.say(room, "did this arrive?")
        await alix.hears("did this arrive?")
    # Mallory takes the bot's nick while it is away, and an id that it is looking for.
    await mallory.leave_room(room)
    await mallory.join_room(room, "tocsin")
    stolen = "00000000-0000-4000-8000-000000000000"
    mallory.say(
        room, "I am the bot", message_id=stolen, extra=f"<origin-id xmlns='urn:xmpp:sid:0' id='{stolen}'/>"
    )
    await mallory.settled(room)
    async with bot.again(cursors=before, unsure={key: room, stolen: room}) as bot:
        await bot.caught_up()
        assert [echo.key for echo in bot.of(Echo)] == [key]
        assert "I am the bot" in bot.texts()
        assert bot.transport._connection.membership.rooms[room].nick == "tocsin_"


async def test_somebody_elses_copy_of_our_id_is_no_echo(prosody_server, xmpp_person, place):
    room, account = place
    mallory = await xmpp_person("mallory")
    await mallory.create_room(room, "Mallory")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        key = await bot.say(room, "mine")
        await bot.gets(Echo)
        forged = f"<origin-id xmlns='urn:xmpp:sid:0' id='{key}'/>"
        mallory.say(room, "copied", message_id=key, extra=forged)
        await bot.hears("copied")
        mallory.chat(bot.jid, "copied in private", message_id=key, extra=forged)
        await bot.hears("copied in private")
        mallory.raw(
            f"<message to='{bot.jid}/tocsin-test' type='error' id='{key}'><error type='cancel'>"
            "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
        )
        mallory.chat(bot.jid, "the end")
        await bot.hears("the end")
    assert len(bot.of(Echo)) == 1
    assert bot.of(Bounced) == []


async def test_what_a_room_refuses_bounces(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix", moderatedroom="1")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        await alix.set_role(room, "tocsin", "visitor")
        await alix.wait_for(lambda heard: heard.sender == room and "muc#request" in heard.text)
        bot.transport._connection.membership.rooms[room].mute = False  # as if it had not been told
        key = await bot.say(room, "may I speak?")
        bounced = await bot.gets(Bounced)
        assert (bounced.key, bounced.room.id, bounced.reason) == (key, room, "forbidden")
    assert bot.of(Echo) == []


async def test_a_message_too_large_is_refused_before_it_breaks_the_stream(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        with pytest.raises(Refused):
            await bot.say(room, "x" * 500_000)
        await bot.say(room, "still here")
        await bot.gets(Echo)


# --- direct chats ---


async def test_a_direct_chat_works_both_ways_and_our_archive_gives_the_echo(
    prosody_server, xmpp_person, place
):
    alix = await xmpp_person("alix")
    async with Bot(prosody_server, place[1]) as bot:
        await bot.caught_up()
        asked = alix.chat(bot.jid, "!mydata")
        said = await bot.hears("!mydata")
        assert (said.sender, said.room, said.private) == (Address(XMPP, alix.jid), Room(XMPP, alix.jid), True)
        assert bot.of(Joined)[0].private_with == Address(XMPP, alix.jid)
        assert bot.events.index(bot.of(Joined)[0]) < bot.events.index(said)
        key = await bot.say(alix.jid, "here it is", reply_to=said.event)
        echo = await bot.gets(Echo)
        assert (echo.key, echo.room.id) == (key, alix.jid)
        assert echo.event not in ("", key)
        heard = await alix.hears("here it is")
        assert (heard.id, heard.origin_id, heard.replies_to) == (key, key, asked)
        assert bot.cursors[bot.jid].endswith(echo.event)
        for n in range(8):
            alix.chat(bot.jid, f"more {n}")
        await bot.hears("more 7")
    assert bot.texts() == ["!mydata", *(f"more {n}" for n in range(8))]


async def test_direct_chats_are_caught_up_and_our_own_messages_found(prosody_server, xmpp_person, place):
    alix = await xmpp_person("alix")
    async with Bot(prosody_server, place[1]) as bot:
        await bot.caught_up()
        bot.held.clear()
        before = dict(bot.cursors)
        alix.chat(bot.jid, "first")
        key = await bot.say(alix.jid, "did this arrive?")
        await alix.hears("did this arrive?")
    alix.chat(bot.jid, "second")
    alix.chat(alix.jid, "a note to myself")
    await alix.hears("a note to myself")
    async with bot.again(cursors=before) as bot:
        await bot.caught_up()
        assert bot.texts() == ["first", "second"]
        assert [echo.key for echo in bot.of(Echo)] == [key]
        assert not any(said.live for said in bot.of(Said))
        assert len([joined for joined in bot.of(Joined) if joined.private_with]) == 1


async def test_a_private_message_only_goes_to_that_person_alone(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        them = Address(XMPP, alix.jid)
        for target in (room, "somebody@else.example"):
            with pytest.raises(NotPrivate):
                await bot.transport.send(
                    Dispatch("k", Room(XMPP, target), Payload("secret")), private_with=them
                )
        chat = await bot.transport.open_direct(them)
        await bot.transport.send(Dispatch("k1", chat, Payload("for you")), private_with=them)
        await alix.hears("for you")
        with pytest.raises(Refused):
            await bot.transport.open_direct(Address(XMPP, "an occupant", room=room))


async def test_what_an_occupant_says_in_private_through_the_room_is_left_alone(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        before = dict(bot.cursors)
        alix.chat(f"{room}/tocsin", "psst")
        alix.invite(prosody_server.room("elsewhere"), f"{room}/tocsin", direct=True)
        alix.chat(bot.jid, "openly")
        await bot.hears("openly")
    assert bot.texts() == ["openly"]
    assert bot.of(Invited) == []
    async with bot.again(cursors=before) as bot:
        await bot.caught_up()
        assert bot.of(Invited) == []
        assert bot.texts() == ["openly"]
        assert [joined.room.id for joined in bot.of(Joined) if joined.private_with] == [alix.jid]


async def test_without_an_archive_of_our_own_direct_chats_are_at_least_once(tmp_path: Path):
    with prosody(tmp_path, direct_archive=False) as server:
        async with XmppPerson(server, "alix") as alix, Bot(server, "tocsin") as bot:
            await bot.caught_up()
            chat = Room(XMPP, alix.jid)
            assert not bot.transport.capabilities(chat).exactly_once
            assert await bot.transport.send(Dispatch("k1", chat, Payload("hello"))) == Accepted("k1")
            assert not bot.transport._connection.sent.awaited("k1")  # or each would be remembered for ever
            await alix.hears("hello")
            alix.chat(bot.jid, "hello yourself")
            said = await bot.hears("hello yourself")
            assert (said.private, bool(said.event)) == (True, True)
            assert bot.cursors == {}


async def test_a_chat_with_nobody_bounces(prosody_server, place):
    async with Bot(prosody_server, place[1]) as bot:
        await bot.caught_up()
        key = await bot.say(f"nobody@{prosody_server.domain}", "anybody there?")
        bounced = await bot.gets(Bounced)
        assert (bounced.key, bounced.reason) == (key, "service-unavailable")


# --- reactions, replies, files ---


async def test_reactions_come_as_the_whole_set(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        await bot.say(room, "the letter")
        letter = (await bot.gets(Echo)).event
        alix.react(room, letter, "👍", "🎉")
        first = await bot.gets(Reacted)
        assert (first.target, first.keys, first.whole, first.sender.room) == (
            letter,
            ("👍", "🎉"),
            True,
            room,
        )
        alix.react(room, letter)
        assert (await bot.gets(Reacted, 2)).keys == ()
        key = await bot.say(alix.jid, "are you sure?")
        await alix.hears("are you sure?")
        alix.react(bot.jid, key, "✅", room=False)
        third = await bot.gets(Reacted, 3)
        assert (third.target, third.keys, third.sender) == (key, ("✅",), Address(XMPP, alix.jid))


async def test_a_reply_loses_its_quotation_and_amendments_are_ignored(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        quoted = "> the letter\n"
        alix.say(
            room,
            f"{quoted}!sign Picasoft",
            extra="<reply xmlns='urn:xmpp:reply:0' id='x1'/><thread>t1</thread>"
            "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
            f"<body start='0' end='{len(quoted)}'/></fallback>",
        )
        said = await bot.hears("!sign Picasoft")
        assert (said.reply_to, said.thread, said.mentions_me) == ("x1", "t1", False)
        alix.say(room, "!sign Picasoff", extra="<replace xmlns='urn:xmpp:message-correct:0' id='m1'/>")
        for retracted in (
            "<retract xmlns='urn:xmpp:message-retract:1' id='m1'/>",
            "<apply-to xmlns='urn:xmpp:fasten:0' id='m1'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>",
        ):
            alix.say(room, "!sign by a client that cannot retract", extra=retracted)
        alix.say(room, "thank you, Tocsin!")
        assert (await bot.hears("thank you, Tocsin!")).mentions_me
    assert bot.texts() == ["!sign Picasoft", "thank you, Tocsin!"]


async def test_a_file_is_uploaded_and_handed_over(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        assert bot.transport.capabilities(Room(XMPP, room)).files
        data = "organisation;signée\r\n".encode()
        url = await bot.upload(room, "lettre d'été.csv", "text/csv", data)
        await bot.say(room, "", file_url=url, file_name="list.csv", media_type="text/csv")
        heard = await alix.wait_for(lambda message: bool(message.file_url))
        assert heard.body == heard.file_url == url
        alix.chat(bot.jid, "and to me?")
        await bot.hears("and to me?")
        await bot.say(alix.jid, "Here it is:", file_url=url, file_name="list.csv", media_type="text/csv")
        alone = await alix.hears("Here it is:")
        assert (alone.body, alone.file_url) == (f"Here it is:\n{url}", url)
        assert await alix.download(url) == data
        with pytest.raises(Refused):
            await bot.upload(room, "large.csv", "text/csv", b"x" * 11_000_000)
