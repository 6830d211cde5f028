"""The bot among people on a real Prosody: what it changes and shows, what it thanks for, whom it lets in, and how it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pytest

from bot.transports.base import Dispatch, NotReady, Payload, Refused
from bot.transports.xmpp.membership import TELL_AFTER
from campaign.chat import XMPP, Echo, Joined, Redacted, Removed, Room, Said
from tests.live.xmpp_bot import Bot, looks_at_its_rooms
from tests.live.xmpp_house import plot
from tests.storage.made import rows

if TYPE_CHECKING:
    from tests.live.xmpp_person import XmppPerson

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
__all__ = ["plot"]

CORRECT = "<replace xmlns='urn:xmpp:message-correct:0' id={}/>"
RECEIPT, MARKABLE = "<request xmlns='urn:xmpp:receipts'/>", "<markable xmlns='urn:xmpp:chat-markers:0'/>"


# --- what it changes and shows ---


async def test_an_edit_is_a_correction_of_our_own_message_in_rooms_and_alone(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        assert bot.transport.capabilities(Room(XMPP, room)).edits
        key = await bot.say(room, "one of nine")
        first = await bot.gets(Echo)
        edit = await bot.say(room, "two of nine", kind="edit", target=first.event, target_key=key)
        heard = await alix.hears("two of nine")
        assert (heard.corrects, heard.id, heard.origin_id) == (key, edit, edit)
        second = await bot.gets(Echo, 2)
        assert (second.key, second.event) == (edit, heard.stanza_id())
        # In a private chat as well, where our own archive gives the echo.
        alix.chat(bot.jid, "!status")
        await bot.hears("!status")
        key = await bot.say(alix.jid, "one of nine")
        await bot.gets(Echo, 3)
        edit = await bot.say(alix.jid, "two of nine", kind="edit", target_key=key)
        alone = await alix.wait_for(lambda each: each.type == "chat" and "two" in each.body)
        assert alone.corrects == key
        assert (await bot.gets(Echo, 4)).key == edit
        with pytest.raises(Refused):
            await bot.say(room, "of nothing", kind="edit")
        for kind in ("poll", "end", "pin", "unpin"):
            with pytest.raises(Refused):
                await bot.say(room, "?", kind=kind, target=first.event)
    # Both are in the archive, in order, and neither is taken for anybody's line.
    assert [each.heard.body for each in await alix.archive(room)] == ["one of nine", "two of nine"]
    assert bot.texts() == ["!status"]


async def test_a_reaction_is_shown_comes_back_and_is_never_taken_for_a_vote(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        alix.say(room, "!sign Picasoft")
        said = await bot.hears("!sign Picasoft")
        key = await bot.say(room, "✅ 1️⃣", kind="react", target=said.event)
        shown = await alix.wait_for(lambda each: bool(each.reactions))
        assert shown.reactions == (said.event, ["✅", "1️⃣"])
        assert (await bot.gets(Echo)).key == key
        alix.chat(bot.jid, "and alone?", message_id="mine-1")
        alone = await bot.hears("and alone?")
        await bot.say(alix.jid, "👍", kind="react", target=alone.event)
        shown = await alix.wait_for(lambda each: each.type == "chat" and bool(each.reactions))
        assert shown.reactions == ("mine-1", ["👍"])
        await bot.gets(Echo, 2)
        with pytest.raises(Refused):
            await bot.say(alix.jid, "👍", kind="react", target="never heard of")
    async with bot.again() as bot:
        await bot.caught_up()
    assert bot.texts() == []


# --- what others change ---


async def test_a_correction_is_its_authors_alone_and_never_a_line_of_its_own(
    prosody_server, xmpp_person, alix, place
):
    room, account = place
    mallory = await xmpp_person("mallory")
    await mallory.join_room(room, "Mallory")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        mine = alix.say(room, "!sign Picasoft")
        said = await bot.hears("!sign Picasoft")
        mallory.say(room, "!sign Evil", extra=CORRECT.format(quoteattr(mine)))
        mallory.say(
            room, "gone", extra=f"<retract xmlns='urn:xmpp:message-retract:1' id={quoteattr(said.event)}/>"
        )
        alix.say(room, "!sign Picasso", extra=CORRECT.format(quoteattr(mine)))
        alix.say(
            room, "gone", extra=f"<retract xmlns='urn:xmpp:message-retract:1' id={quoteattr(said.event)}/>"
        )
        await bot.gets(Redacted)
        edits = [(one.text, one.edits) for one in bot.of(Said) if one.edits]
        assert edits == [("!sign Picasso", said.event)]
        assert [one.target for one in bot.of(Redacted)] == [said.event]
    async with bot.again(cursors={}) as again:
        await again.caught_up()
    # What was said before this process began is nobody's: it is told, and never run either.
    async with bot.again() as later:
        await later.caught_up()
        alix.say(room, "!sign Picassi", extra=CORRECT.format(quoteattr(mine)))
        await later.until(lambda: any(one.edits for one in later.of(Said)))
    assert later.texts() == []


async def test_whoever_corrects_a_command_is_told_once_and_nothing_changes(plot):
    room, robin = plot.room, plot.robin
    await robin.configure_room(room, non_anonymous=True)
    async with plot.running() as (_, _, database):
        mine = robin.say(room, "!sign")
        await robin.wait_for(lambda each: "Le Fil Commun" in each.body and each.nick == "tocsin")
        for text in ("!sign Picasoft", "!withdraw", "!decline"):
            robin.say(room, text, extra=CORRECT.format(quoteattr(mine)))
        told = await robin.hears("An edit changes nothing")
        robin.say(room, "!status")
        await robin.hears("Save it")
        found = await database.read(
            lambda storage: rows(
                storage,
                "SELECT o.name, s.level FROM signatures s JOIN organisations o ON o.id = organisation_id",
            )
        )
        assert found == [("Le Fil Commun", "confirmed")]
        assert [each for each in robin.heard if "An edit changes nothing" in each.body] == [told]


# --- receipts and markers ---


async def test_receipts_and_markers_are_given_to_whoever_writes_to_us_alone_and_asks(
    prosody_server, alix, place
):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        alix.chat(bot.jid, "both", extra=RECEIPT + MARKABLE, message_id="m-both")
        alix.chat(bot.jid, "none", message_id="m-none")
        alix.say(room, "in the room", extra=RECEIPT + MARKABLE, message_id="m-room")
        alix.raw(f"<message to='{bot.jid}' type='chat'><body>no id</body>{RECEIPT}</message>")
        await bot.hears("both")
        await bot.hears("no id")
        await alix.wait_for(lambda each: "displayed" in each.text)
        alix.chat(bot.jid, "the end", extra=RECEIPT, message_id="m-end")
        await alix.wait_for(lambda each: "received" in each.text and "m-end" in each.text)
        thanks = [
            each for each in alix.heard if "urn:xmpp:receipts" in each.text or "chat-markers" in each.text
        ]
        assert ["m-both" in each.text for each in thanks if each.sender.startswith(bot.jid)] == [
            True,
            True,
            False,
        ]
        assert all(each.type == "chat" for each in thanks if each.sender.startswith(bot.jid))
    async with bot.again() as again:
        await again.caught_up()
    assert again.of(Said) == []


# --- behind a nick ---


async def test_a_private_message_in_a_room_is_answered_with_our_address_and_not_taken(xmpp_person, plot):
    room, robin = plot.room, plot.robin
    mallory = await xmpp_person("mallory")
    await robin.configure_room(room, non_anonymous=True)
    await mallory.join_room(room, "Mallory")
    async with plot.running(more="") as (_, transport, database):
        for who in (robin, mallory):
            for _ in range(3):
                who.chat(f"{room}/tocsin", "!sign Le Fil Commun", extra=RECEIPT)
            advice = await who.wait_for(lambda each: each.type == "chat" and each.nick == "tocsin")
            assert transport._jid in advice.body
        robin.chat(transport._jid, "!status")
        await robin.hears("Save it")
        for who in (robin, mallory):
            advised = [each for each in who.heard if each.type == "chat" and each.room == room]
            assert len(advised) == 1, [each.text for each in advised]
        assert await database.read(lambda storage: rows(storage, "SELECT count(*) FROM signatures")) == [(0,)]


# --- voice ---


async def test_where_we_have_no_voice_we_ask_for_it_and_what_we_have_to_say_waits(
    xmpp_person, monkeypatch, plot
):
    room, robin = plot.room, plot.robin
    boss = await xmpp_person("boss")
    await robin.configure_room(room, moderatedroom="1")
    await plot.join_office(boss, "Boss")
    async with plot.running() as (_, transport, _):
        await robin.wait_for(lambda each: each.sender == room and "muc#request" in each.text)
        monkeypatch.setattr("bot.transports.xmpp.membership.TELL_AFTER", -TELL_AFTER)
        membership = transport._connection.membership
        assert membership.rooms[room].mute
        membership.look_after_rooms()
        await boss.hears("I may not speak in")
        assert not any(each.room == room and each.nick == "tocsin" for each in robin.heard)
        await robin.set_role(room, "tocsin", "participant")
        await robin.hears("Hello!")  # what is said on a first join has waited
        asked = [each for each in robin.heard if each.sender == room and "muc#request" in each.text]
        await robin.set_role(room, "tocsin", "visitor")
        again = await robin.wait_for(
            lambda each: each.sender == room and "muc#request" in each.text and each not in asked
        )
        assert again
        with pytest.raises(NotReady):
            await transport.send(Dispatch("key", Room(XMPP, room), Payload("to be said later")))


# --- rooms that end, or are called otherwise ---


async def test_a_destroyed_room_that_names_another_is_told_and_not_followed(
    prosody_server, xmpp_person, place
):
    room, account = place
    alix = await xmpp_person("alix")
    other = prosody_server.room(f"{account}-other")
    await alix.create_room(room, "Alix")
    await alix.create_room(other, "Alix")
    async with Bot(prosody_server, account, (room,), options={"ping_interval": 0.2}) as bot:
        await bot.caught_up()
        await alix.ask(
            "set",
            room,
            "<query xmlns='http://jabber.org/protocol/muc#owner'>"
            f"<destroy jid={quoteattr(other)}><reason>we move</reason></destroy></query>",
        )
        removed = await bot.gets(Removed)
        assert (removed.why, removed.successor) == ("replaced", other)
        await looks_at_its_rooms(bot, 2)
        assert other not in bot.transport._connection.membership.rooms


async def test_what_becomes_of_rooms_is_told_to_the_campaigners(prosody_server, xmpp_person, plot):
    room, robin = plot.room, plot.robin
    other = prosody_server.room(f"{plot.account}-other")
    boss = await xmpp_person("boss")
    await robin.configure_room(room, roomname="Hosters")
    await plot.join_office(boss, "Boss")
    async with plot.running():
        await robin.hears("Hello!")
        await robin.configure_room(room, roomname="Hosts and Hosters")
        await boss.hears("Hosters is called Hosts and Hosters now.")
        await robin.ask(
            "set",
            room,
            f"<query xmlns='http://jabber.org/protocol/muc#owner'><destroy jid={quoteattr(other)}/></query>",
        )
        told = await boss.hears("was replaced by a new one")
        assert other in told.body


# --- who may see us, and where we are to be found ---


async def test_our_presence_is_seen_by_those_of_the_campaign_and_says_what_we_are(xmpp_person, plot):
    room, robin = plot.room, plot.robin
    boss, zoe = await xmpp_person("boss"), await xmpp_person("zoe")
    sam = await xmpp_person("sam")
    await robin.configure_room(room, non_anonymous=True)
    await sam.join_room(room, "Sam")
    async with plot.running() as (_, transport, _):
        bot = transport._jid
        for who in (boss, sam, zoe):
            who.raw(f"<presence type='subscribe' to='{bot}'/>")
        for who in (boss, sam):
            shown = await who.sees(
                lambda each: each.get("from", "").startswith(f"{bot}/") and not each.get("type")
            )
            assert shown.find("{http://jabber.org/protocol/caps}c") is not None
        caps = shown.find("{http://jabber.org/protocol/caps}c")
        node = f"{caps.get('node')}#{caps.get('ver')}"
        info = await boss.ask(
            "get",
            shown.get("from"),
            f"<query xmlns='http://jabber.org/protocol/disco#info' node={quoteattr(node)}/>",
        )
        assert info.find(".//{http://jabber.org/protocol/disco#info}identity").get("type") == "bot"
        # A stranger waits, and is let in once they are one of the campaign's.
        seen = [each.get("type") for each in zoe.presences if each.get("from", "").startswith(bot)]
        assert set(seen) <= {"unavailable"}
        await zoe.join_room(room, "Zoe")
        zoe.say(room, "!status")
        await zoe.wait_for(lambda each: each.room == room and "Save it" in each.body)  # it has seen her come
        transport._connection.membership.look_after_rooms()
        await zoe.sees(lambda each: each.get("from", "").startswith(f"{bot}/") and not each.get("type"))


async def test_bookmarks_are_kept_of_the_rooms_we_are_in(prosody_server, xmpp_person, place):
    room, account = place
    alix = await xmpp_person("alix")
    other = prosody_server.room(f"{account}-other")
    await alix.create_room(room, "Alix", roomname="Hosters")
    await alix.create_room(other, "Alix")
    async with Bot(prosody_server, account, (room, other), options={"ping_interval": 0.2}) as bot:
        await bot.caught_up()
        await bot.gets(Joined, 2)
        await looks_at_its_rooms(bot, 2)
        account_itself = await xmpp_person(account, resource="somebody-looking")
        assert await bookmarks(account_itself) == {room: ("Hosters", "tocsin"), other: ("", "tocsin")}
        await bot.transport.leave(other, "bye")
        await looks_at_its_rooms(bot, 2)
        assert set(await bookmarks(account_itself)) == {room}


async def bookmarks(person: XmppPerson) -> dict[str, tuple[str, str]]:
    """What the account's own client finds: room → its name, and the nick there."""
    pubsub, kind = "http://jabber.org/protocol/pubsub", "{urn:xmpp:bookmarks:1}"
    answer = await person.ask(
        "get", person.jid, f"<pubsub xmlns='{pubsub}'><items node='urn:xmpp:bookmarks:1'/></pubsub>"
    )
    return {
        item.get("id", ""): (
            item.find(f"{kind}conference").get("name", ""),
            item.findtext(f"{kind}conference/{kind}nick", ""),
        )
        for item in answer.iter(f"{{{pubsub}}}item")
    }
