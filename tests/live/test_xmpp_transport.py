"""The XMPP transport on a real Prosody: archives, our own messages, direct chats, files, the stream itself."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import (
    Accepted,
    Dispatch,
    LoginRefused,
    NotPrivate,
    Payload,
    Refused,
    Unreachable,
)
from bot.transports.xmpp import XmppTransport
from bot.transports.xmpp.archive import Archive, Position
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
    Unreadable,
)
from tests.live.prosody import prosody
from tests.live.xmpp_bot import WAIT, Bot, place
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
__all__ = ["place"]


# --- rooms and their archive ---


async def test_the_first_join_takes_a_baseline_and_ignores_what_is_older(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix", roomname="The letter")
    alix.say(room, "long ago")
    await alix.settled(room)
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        joined = bot.of(Joined)[0]
        assert (joined.room, joined.name, joined.archived) == (Room(XMPP, room), "The letter", True)
        first = next(batch for batch in bot.batches if joined in batch.events)
        assert set(first.cursors) >= {room}
        assert not first.caught_up
        alix.say(room, "now")
        said = await bot.hears("now")
        assert (said.live, said.private, said.name, said.room.id) == (True, False, "Alix", room)
    assert bot.texts() == ["now"]


async def test_what_was_said_right_after_the_baseline_of_an_empty_archive_is_found(
    prosody_server, xmpp_person, place
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    alix.say(room, "while you were away")
    await alix.settled(room)
    async with bot.again() as bot:
        await bot.caught_up()
        assert bot.texts()[0] == "while you were away"
        assert not bot.of(Said)[0].live


async def test_what_is_said_between_entering_and_the_baseline_is_newer_than_the_baseline(
    prosody_server, xmpp_person, place, monkeypatch
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
    alix.say(room, "long ago")
    await alix.settled(room)
    newest = Archive.newest

    async def late(archive: Archive, *, except_for: set[str]) -> Position:
        if archive._jid == room:
            for n in range(4):
                alix.say(room, f"just now {n}")
            await alix.hears("just now 3")
        return await newest(archive, except_for=except_for)

    monkeypatch.setattr(Archive, "newest", late)
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.hears("just now 3")
    baseline = next(batch.cursors[room] for batch in bot.batches if room in batch.cursors)
    assert bot.texts() == [f"just now {n}" for n in range(4)]
    # Killed right after the baseline was committed, the bot finds them again.
    async with bot.again(cursors={room: baseline}) as bot:
        await bot.caught_up()
        assert bot.texts() == [f"just now {n}" for n in range(4)]


async def test_catching_up_reads_every_page_once_in_order_and_live_messages_wait(
    prosody_server, xmpp_person, place
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    away = [f"away {n}" for n in range(10)]
    for text in away:
        alix.say(room, text)
    await alix.wait_for(lambda heard: heard.body == away[-1])
    archived = {heard.stanza_id(): heard.body for heard in alix.heard if heard.body in away}
    async with bot.again() as bot:
        await bot.until(lambda: bool(bot.of(Said)))
        bot.held.clear()  # the first page is not committed yet: whatever comes now comes live, behind the archive
        live = [f"live {n}" for n in range(5)]
        for text in live:
            alix.say(room, text)
        await alix.wait_for(lambda heard: heard.body == live[-1])
        bot.held.set()
        await bot.hears(live[-1])
        pages = [
            batch
            for batch in bot.batches
            if any(isinstance(e, Said) and e.text in away for e in batch.events)
        ]
        assert len(pages) >= 4
        for batch in pages:
            last = [event for event in batch.events if isinstance(event, Said)][-1]
            assert batch.cursors[room].endswith(last.event)
            assert not batch.caught_up
    assert bot.texts() == away + live
    assert [event.event for event in bot.of(Said)][:10] == list(archived)
    moved = [batch.cursors[room] for batch in bot.batches if room in batch.cursors]
    assert len(moved) == len(set(moved))


async def test_a_cursor_that_the_archive_does_not_know_is_replaced_by_its_time(
    prosody_server, xmpp_person, place, caplog
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        alix.say(room, "known")
        await bot.hears("known")
    alix.say(room, "after it")
    await alix.settled(room)
    stamp = bot.cursors[room].partition(" ")[0]
    async with bot.again(cursors=bot.cursors | {room: f"{stamp} expired-long-ago"}) as bot:
        await bot.caught_up()
        assert "after it" in bot.texts()
        assert [(event.why, event.room.id) for event in bot.of(Unreadable)] == [("gap", room)]
    assert "does not go back to where we stopped" in caplog.text


@pytest.mark.parametrize("emptied", [True, False], ids=["with its archive", "alone"])
async def test_a_gap_after_which_nothing_was_said_is_told_once(prosody_server, xmpp_person, place, emptied):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
    if not emptied:
        alix.say(room, "long ago")
        await alix.settled(room)
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    # What was read last has expired; nothing that is left in the archive is newer.
    later = (datetime.now(UTC) + timedelta(minutes=3)).isoformat(timespec="seconds")
    expired = dict.fromkeys(bot.cursors, f"{later} expired-long-ago")
    assert set(expired) == {room, bot.jid}
    async with bot.again(cursors=expired) as bot:
        await bot.caught_up()
        assert {(event.why, event.room.id) for event in bot.of(Unreadable)} == {
            ("gap", room),
            ("gap", bot.jid),
        }
    async with bot.again() as bot:
        await bot.caught_up()
        assert bot.events == bot.of(Joined)
    alix.say(room, "after all")
    alix.chat(bot.jid, "in private as well")
    await alix.settled(room)
    async with bot.again() as bot:
        await bot.caught_up()
        assert bot.of(Unreadable) == []
        assert {"after all", "in private as well"} <= set(bot.texts())
        assert "long ago" not in bot.texts()


async def test_a_room_without_an_archive_says_so_and_still_works(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix", archived=False)
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        assert not bot.of(Joined)[0].archived
        assert not bot.transport.capabilities(Room(XMPP, room)).exactly_once
        alix.say(room, "once")
        alix.say(room, "once")
        await bot.gets(Said, 2)
        assert len({event.event for event in bot.of(Said)}) == 2
        key = await bot.say(room, "answer")
        assert (await bot.gets(Echo)).key == key
        assert room not in bot.cursors


# --- our own messages ---


async def test_our_own_message_echoes_live(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
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


async def test_our_own_message_is_found_again_after_a_restart(prosody_server, xmpp_person, place):
    room, account = place
    alix, mallory = await xmpp_person("alix"), await xmpp_person("mallory")
    await alix.create_room(room, "Alix")
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


async def test_a_message_too_large_is_refused_before_it_breaks_the_stream(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
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


async def test_a_private_message_only_goes_to_that_person_alone(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
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


async def test_what_an_occupant_says_in_private_through_the_room_is_left_alone(
    prosody_server, xmpp_person, place
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
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


# --- the stream ---


async def test_a_wrong_password_is_refused(prosody_server, place):
    with pytest.raises(LoginRefused, match="not accepted"):
        async with Bot(prosody_server, place[1], password="wrong"):
            pytest.fail("it was let in")


async def test_no_server_is_unreachable(prosody_server, place):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match="refused"):
        async with Bot(prosody_server, place[1], options={"port": port}):
            pytest.fail("there is nothing there")


async def test_a_certificate_that_nobody_vouches_for_is_unreachable(prosody_server, place):
    with pytest.raises(Unreachable, match="certificate"):
        async with Bot(prosody_server, place[1], options={"ca_file": None}):
            pytest.fail("it trusted anybody")


def test_tls_is_only_optional_on_loopback():
    XmppTransport("a@example.org", "secret", "a", host="127.0.0.1", tls=False)
    XmppTransport("a@localhost", "secret", "a", tls=False)
    for host in (None, "192.0.2.1", "chat.example.org"):
        with pytest.raises(ValueError, match="loopback"):
            XmppTransport("a@example.org", "secret", "a", host=host, tls=False)


async def test_without_tls_on_loopback_it_works(tmp_path: Path):
    with prosody(tmp_path, plaintext=True) as server:
        async with Bot(server, "tocsin", options={"tls": False, "ca_file": None}) as bot:
            await bot.caught_up()


async def speaks_on(bot: Bot, room: str) -> None:
    while True:
        await bot.say(room, "into the void")
        await asyncio.sleep(0)


async def test_a_server_that_restarts_loses_nothing(tmp_path: Path):
    with prosody(tmp_path) as server:
        room = server.room("letters")
        async with XmppPerson(server, "alix") as alix:
            await alix.create_room(room, "Alix")
            async with Bot(server, "tocsin", (room,)) as bot:
                await bot.caught_up()
                alix.say(room, "before")
                await bot.hears("before")
                bot.held.clear()
                before = dict(bot.cursors)
                alix.say(room, "not committed")
                alix.chat(bot.jid, "not committed either")
                await alix.settled(room)
                server.kill()
                with pytest.raises(Unreachable):
                    await asyncio.wait_for(speaks_on(bot, room), WAIT)
                bot.held.set()
                with pytest.raises(Unreachable):
                    await asyncio.wait_for(asyncio.shield(bot.reading), WAIT)
        with pytest.raises(Unreachable):
            async with bot.again():
                pytest.fail("it is down")
        server.start()
        async with XmppPerson(server, "bo") as bo:
            await bo.join_room(room, "Bo")
            bo.say(room, "after")
            await bo.settled(room)
            async with bot.again(cursors=before) as bot:
                await bot.caught_up()
                texts = [text for text in bot.texts() if not text.startswith("marker")]
                assert sorted(texts) == ["after", "not committed", "not committed either"]


async def test_a_second_session_of_the_same_resource_ends_the_first(prosody_server, place):
    async with Bot(prosody_server, place[1]) as first:
        await first.caught_up()
        async with Bot(prosody_server, place[1]) as second:
            await second.caught_up()
            with pytest.raises(LoginRefused, match="another session"):
                await asyncio.wait_for(asyncio.shield(first.reading), WAIT)


# --- reactions, replies, files ---


async def test_reactions_come_as_the_whole_set(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
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


async def test_a_reply_loses_its_quotation_and_amendments_are_ignored(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
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


async def test_a_file_is_uploaded_and_handed_over(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
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
