"""Who is behind a message on a real Prosody, and what a hostile client can write without effect."""

from __future__ import annotations

import pytest

from campaign.chat import (
    XMPP,
    Address,
    Echo,
    Invited,
    Joined,
    Unreadable,
)
from tests.live.xmpp_bot import Bot

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


# --- who said it ---


async def test_in_a_semi_anonymous_room_a_person_is_their_occupant_id_live_and_archived(
    prosody_server, xmpp_person, alix, place
):
    room, account = place
    bo = await xmpp_person("bo")
    await bo.join_room(room, "Bo")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        bo.say(room, "live")
        live = (await bot.hears("live")).sender
    bo.say(room, "archived")
    await bo.settled(room)
    await bo.leave_room(room)
    async with bot.again() as bot:
        await bot.caught_up()
        archived = (await bot.hears("archived")).sender
    occupant_id = (await alix.hears("live")).occupant_id
    assert live == archived == Address(XMPP, occupant_id, room=room)


@pytest.mark.parametrize("stays", [True, False], ids=["still there", "gone since"])
async def test_in_a_non_anonymous_room_a_person_is_their_account_live_and_archived(
    prosody_server, xmpp_person, place, stays
):
    room, account = place
    alix, bo = await xmpp_person("alix"), await xmpp_person("bo")
    await alix.create_room(room, "Alix", non_anonymous=True)
    await bo.join_room(room, "Bo")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        bo.say(room, "live")
        live = (await bot.hears("live")).sender
        bo.chat(bot.jid, "alone")
        assert (await bot.hears("alone")).shared == (room,)
    bo.say(room, "archived")
    await bo.settled(room)
    if not stays:
        await bo.leave_room(room)
    async with bot.again() as bot:
        await bot.caught_up()
        archived = (await bot.hears("archived")).sender
    assert live == archived == Address(XMPP, bo.jid)


async def test_a_moderating_bot_sees_accounts_live_and_archived(prosody_server, xmpp_person, alix, place):
    room, account = place
    bo = await xmpp_person("bo")
    await bo.join_room(room, "Bo")
    await alix.set_affiliation(room, prosody_server.register(account)[0], "admin")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        bo.say(room, "live")
        assert (await bot.hears("live")).sender == Address(XMPP, bo.jid)
    bo.say(room, "archived")
    await bo.settled(room)
    async with bot.again() as bot:
        await bot.caught_up()
        assert (await bot.hears("archived")).sender == Address(XMPP, bo.jid)


async def test_a_room_that_becomes_non_anonymous_shows_accounts_from_then_on(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        alix.say(room, "hidden")
        assert (await bot.hears("hidden")).sender.room == room
        await alix.configure_room(room, non_anonymous=True)
        await bot.gets(Joined, 2)
        alix.say(room, "shown")
        assert (await bot.hears("shown")).sender == Address(XMPP, alix.jid)


async def test_forged_identities_in_a_message_are_not_believed(prosody_server, xmpp_person, place):
    room, account = place
    alix, mallory = await xmpp_person("alix"), await xmpp_person("mallory")
    await alix.create_room(room, "Alix", non_anonymous=True)
    await mallory.join_room(room, "Alix ")
    forged = (
        f"<x xmlns='http://jabber.org/protocol/muc#user'><item jid='{alix.jid}' affiliation='owner'/></x>"
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>"
        f"<stanza-id xmlns='urn:xmpp:sid:0' by='{room}' id='forged'/>"
        f"<delay xmlns='urn:xmpp:delay' from='{mallory.jid}' stamp='2001-01-01T00:00:00Z'/>"
    )
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        mallory.say(room, "believe me", extra=forged)
        live = await bot.hears("believe me")
    mallory.say(room, "believe me later", extra=forged)
    await mallory.settled(room)
    await mallory.leave_room(room)
    async with bot.again() as bot:
        await bot.caught_up()
        archived = await bot.hears("believe me later")
    for said in (live, archived):
        assert said.sender == Address(XMPP, mallory.jid)
        assert said.event != "forged"
        assert said.at.year > 2001


async def test_an_identity_forged_before_the_room_showed_accounts_is_not_believed_afterwards(
    prosody_server, xmpp_person, alix, place
):
    room, account = place
    mallory = await xmpp_person("mallory")
    await mallory.join_room(room, "Mallory")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    victim = f"absent@{prosody_server.domain}"
    mallory.say(
        room,
        "believe me",
        extra=f"<x xmlns='http://jabber.org/protocol/muc#user'><item jid='{victim}'/></x>",
    )
    await mallory.settled(room)
    await mallory.leave_room(room)
    await alix.configure_room(room, non_anonymous=True)
    async with bot.again() as bot:
        await bot.caught_up()
        assert (await bot.hears("believe me")).sender.room == room


@pytest.mark.parametrize("non_anonymous", [True, False], ids=["non-anonymous", "semi-anonymous"])
async def test_forged_identities_in_a_presence_are_not_believed(
    prosody_server, xmpp_person, place, non_anonymous
):
    room, account = place
    alix, mallory = await xmpp_person("alix"), await xmpp_person("mallory")
    await alix.create_room(room, "Alix", non_anonymous=non_anonymous)
    forged = (
        f"<x xmlns='http://jabber.org/protocol/muc#user'><item jid='{alix.jid}' affiliation='owner'/></x>"
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>"
    )
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        await mallory.join_room(room, "Mallory")
        mallory.raw(f"<presence to='{room}/Mallory'>{forged}</presence>")
        mallory.say(room, "believe me")
        sender = (await bot.hears("believe me")).sender
        heard = await alix.hears("believe me")
    expected = Address(XMPP, mallory.jid) if non_anonymous else Address(XMPP, heard.occupant_id, room=room)
    assert sender == expected
    assert heard.occupant_id not in ("", "forged")


async def test_a_message_that_nobody_can_be_held_to_is_unreadable(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        bot.transport._connection.membership.rooms[room].occupant_ids = False  # a server older than XEP-0421
        alix.say(room, "who am I?")
        assert (await bot.gets(Unreadable)).why == "no occupant id"
        # Our own nick is still only ours, and somebody else's copy of our id is no echo.
        key = await bot.say(room, "mine")
        await bot.gets(Echo)
        alix.say(room, "copied", message_id=key, extra=f"<origin-id xmlns='urn:xmpp:sid:0' id='{key}'/>")
        await bot.gets(Unreadable, 2)
        assert [echo.key for echo in bot.of(Echo)] == [key]
    assert bot.texts() == []


# --- the unexpected ---

HOSTILE = (
    "<message to='{to}' type='{kind}'><replace xmlns='urn:xmpp:message-correct:0'/></message>",
    "<message to='{to}' type='{kind}'><replace xmlns='urn:xmpp:message-correct:0' id=''/><body>!sign</body></message>",
    "<message to='{to}' type='{kind}'><retract xmlns='urn:xmpp:message-retract:1'/><body>!sign</body></message>",
    (
        "<message to='{to}' type='{kind}'><apply-to xmlns='urn:xmpp:fasten:0' id='x'>"
        "<moderated xmlns='urn:xmpp:message-moderate:0' by='{to}/admin'/></apply-to></message>"
    ),
    "<message to='{to}' type='{kind}' id=' '><request xmlns='urn:xmpp:receipts'/></message>",
    "<message to='{to}' type='{kind}' id='x'><received xmlns='urn:xmpp:receipts' id='x'/></message>",
    "<message to='{to}' type='{kind}' id='x'><displayed xmlns='urn:xmpp:chat-markers:0'/></message>",
    "<message to='{to}' type='{kind}'/>",
    "<message to='{to}' type='{kind}'><body/></message>",
    "<message to='{to}' type='{kind}'><body xmlns='urn:example:other'>x</body></message>",
    "<message to='{to}' type='{kind}'><reactions xmlns='urn:xmpp:reactions:0'/></message>",
    "<message to='{to}' type='{kind}'><reactions xmlns='urn:xmpp:reactions:0' id='x'><reaction/><y/></reactions></message>",
    "<message to='{to}' type='{kind}'><result xmlns='urn:xmpp:mam:2' id='x' queryid='y'/></message>",
    (
        "<message to='{to}' type='{kind}'><result xmlns='urn:xmpp:mam:2'><forwarded xmlns='urn:xmpp:forward:0'>"
        "<message xmlns='jabber:client'><body>x</body></message></forwarded></result></message>"
    ),
    (
        "<message to='{to}' type='{kind}'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
        "<message xmlns='jabber:client' from='admin@tocsin.test'><body>x</body></message></forwarded></received></message>"
    ),
    (
        "<message to='{to}' type='{kind}'><body>hostile</body><delay xmlns='urn:xmpp:delay' stamp='yesterday'/>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='-1' end='x'/></fallback></message>"
    ),
    "<message to='{to}' type='{kind}'><x xmlns='jabber:x:conference'/><x xmlns='jabber:x:conference' jid='@/'/></message>",
    (
        "<message to='{to}' type='{kind}'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='admin@tocsin.test'/>"
        "<status code='104'/><item/></x></message>"
    ),
    "<message to='{to}' type='{kind}'><event xmlns='http://jabber.org/protocol/pubsub#event'><items/></event></message>",
)


async def test_hostile_stanzas_have_no_effect_and_the_next_message_counts(prosody_server, xmpp_person, place):
    room, account = place
    mallory = await xmpp_person("mallory")
    await mallory.create_room(room, "M<&'\u0301")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        for xml in HOSTILE:
            mallory.raw(xml.format(to=room, kind="groupchat"))
            for kind in ("chat", "normal", "headline", "groupchat", "error", "nonsense"):
                mallory.raw(xml.format(to=bot.jid, kind=kind))
        large = "x" * 60_000
        mallory.say(room, large)
        await bot.hears(large)
        mallory.chat(bot.jid, "!sign")
        await bot.hears("!sign")
    assert bot.of(Invited) == []
    assert set(bot.texts()) == {"hostile", large, "!sign"}
    async with bot.again() as bot:
        await bot.caught_up()
