"""Being in rooms on a real Prosody: entering, falling out, being thrown out, invitations."""

from __future__ import annotations

import asyncio

import pytest

from bot.transports.base import (
    Refused,
    Vitals,
)
from bot.transports.xmpp.archive import Archive, Page, Position
from bot.transports.xmpp.session import NoAnswer
from campaign.chat import (
    XMPP,
    Address,
    Echo,
    Invited,
    Joined,
    Removed,
)
from tests.live.xmpp_bot import WAIT, Bot, looks_at_its_rooms
from tests.live.xmpp_house import plot
from tests.storage.made import rows

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
__all__ = ["plot"]


# --- membership ---


async def test_neither_the_history_nor_the_subject_of_a_room_is_something_said(
    prosody_server, xmpp_person, place
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix", historylength="20")
    alix.say(room, "!sign long ago")
    subject = "<message to='{}' type='groupchat'><subject>!sign {}</subject></message>"
    alix.raw(subject.format(room, "before"))
    await alix.settled(room)
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        alix.raw(subject.format(room, "now"))
        alix.say(room, "the end")
        await bot.hears("the end")
    assert bot.texts() == ["the end"]
    async with bot.again(rooms=(room, "no address", "conference.tocsin.test")) as bot:
        await bot.caught_up()
        assert bot.texts() == []
        assert bot.of(Removed) == []


async def test_a_taken_nick_means_another_nick(prosody_server, xmpp_person, place):
    room, account = place
    alix, bo = await xmpp_person("alix"), await xmpp_person("bo")
    await alix.create_room(room, "tocsin")
    await bo.join_room(room, "tocsin_")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        await bot.say(room, "here")
        await bot.gets(Echo)
        assert (await alix.hears("here")).nick == "tocsin2"


async def test_a_kick_is_told_and_nothing_comes_back_by_itself(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,), options={"ping_interval": 0.2}) as bot:
        await bot.caught_up()
        await alix.kick(room, "tocsin")
        removed = await bot.gets(Removed)
        assert (removed.room.id, removed.why) == (room, "kicked")
        with pytest.raises(Refused):
            await bot.say(room, "let me in")
        await looks_at_its_rooms(bot, 3)
        assert len(bot.of(Joined)) == 1
        alix.say(room, "behind its back")
        await alix.settled(room)
        await bot.transport.join(room)
        await bot.gets(Joined, 2)
        alix.say(room, "welcome back")
        await bot.hears("welcome back")
    assert bot.texts() == ["welcome back"]


async def test_who_is_thrown_out_while_it_asks_whether_it_is_in_does_not_come_back(
    prosody_server, alix, place, monkeypatch
):
    room, account = place
    async with Bot(prosody_server, account, (room,), options={"ping_interval": 0.2}) as bot:
        await bot.caught_up()
        membership = bot.transport._connection.membership
        still_in = membership._still_in

        async def thrown_out_meanwhile(asked):
            if not asked.gone:
                await alix.kick(room, "tocsin")
                await bot.until(lambda: bool(asked.gone))
            return await still_in(asked)

        monkeypatch.setattr(membership, "_still_in", thrown_out_meanwhile)
        assert (await bot.gets(Removed)).why == "kicked"
        await looks_at_its_rooms(bot, 3)
        assert (bot.room(room).gone, bot.room(room).joined) == ("kicked", False)
    assert len(bot.of(Joined)) == 1


@pytest.mark.parametrize(
    ("how", "why"),
    [("ban", "banned"), ("destroy", "destroyed"), ("members-only", "members"), ("leave", "left")],
)
async def test_every_other_way_out_is_told(prosody_server, alix, place, how, why):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        if how == "ban":
            await alix.set_affiliation(room, bot.jid, "outcast")
        elif how == "destroy":
            await alix.destroy_room(room)
        elif how == "members-only":
            await alix.configure_room(room, membersonly="1")
        else:
            await bot.transport.leave(room, "The campaign is over.")
            await bot.transport.leave(room, "The campaign is over.")
        assert (await bot.gets(Removed)).why == why
    assert len(bot.of(Removed)) == 1


async def test_a_room_that_does_not_let_us_in_is_parked_and_the_others_work(prosody_server, alix, place):
    room, account = place
    jid, _ = prosody_server.register(account)
    banned, missing = prosody_server.room(f"{account}-banned"), prosody_server.room(f"{account}-missing")
    await alix.create_room(banned, "Alix")
    await alix.set_affiliation(banned, jid, "outcast")
    async with Bot(prosody_server, account, (banned, missing, room)) as bot:
        await bot.caught_up()
        assert {(event.room.id, event.why) for event in bot.of(Removed)} == {
            (banned, "banned"),
            (missing, "destroyed"),
        }
        with pytest.raises(Refused):
            await bot.transport.join(missing)
        alix.say(room, "here it works")
        await bot.hears("here it works")


async def test_falling_out_unnoticed_is_noticed_and_nothing_is_missed(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        alix.say(room, "one")
        await bot.hears("one")
        # The room forgets us, and we are not told: as when a remote server restarts.
        membership = bot.transport._connection.membership
        presences = membership.presences
        untold = asyncio.Event()
        take, presences._take = presences._take, lambda _: untold.set()
        membership._entering.step_out(membership.rooms[room])
        await asyncio.wait_for(untold.wait(), WAIT)
        await alix.sees_leave(room, "tocsin")
        before = bot.room(room).answered
        await membership._ask_server()
        vitals = bot.transport.vitals()
        assert vitals.complete == before < vitals.heard, "what is said there now is not heard"
        alix.say(room, "two")
        await alix.settled(room)
        presences._take = take
        membership.look_after_rooms()
        two = await bot.hears("two")
        assert not two.live
        assert bot.transport.vitals().complete > before
        alix.say(room, "three")
        await bot.hears("three")
    assert [text for text in bot.texts() if not text.startswith("marker")] == ["one", "two", "three"]
    assert len(bot.of(Joined)) == 2


async def test_what_is_said_while_a_room_without_archive_is_entered_anew_is_not_missed(
    prosody_server, xmpp_person, place, monkeypatch
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix", archived=False)
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        membership = bot.transport._connection.membership
        look = membership.look_after_rooms
        changed = asyncio.Event()
        monkeypatch.setattr(membership, "look_after_rooms", changed.set)
        await alix.configure_room(room, archived=False, roomname="Another name")
        await asyncio.wait_for(changed.wait(), WAIT)
        alix.say(room, "meanwhile")
        await bot.hears("meanwhile")
        look()
        await bot.gets(Joined, 2)
        alix.say(room, "afterwards")
        await bot.hears("afterwards")
    assert bot.texts() == ["meanwhile", "afterwards"]


async def test_who_is_thrown_out_of_a_room_that_is_to_be_entered_anew_does_not_come_back(
    prosody_server, alix, place, monkeypatch
):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        membership = bot.transport._connection.membership
        look = membership.look_after_rooms
        changed = asyncio.Event()
        monkeypatch.setattr(membership, "look_after_rooms", changed.set)
        await alix.configure_room(room, roomname="Another name")
        await asyncio.wait_for(changed.wait(), WAIT)
        await alix.kick(room, "tocsin")
        assert (await bot.gets(Removed)).why == "kicked"
        monkeypatch.undo()
        look()
        await looks_at_its_rooms(bot, 1)
        assert not bot.room(room).joined
    assert len(bot.of(Joined)) == 1


async def test_what_is_said_live_does_not_count_before_the_archive_was_read(
    prosody_server, alix, place, monkeypatch
):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    for text in ("one", "two", "three", "four"):
        alix.say(room, text)
    await alix.hears("four")
    failures = [NoAnswer("the archive is busy")]
    read = Archive.after

    async def sometimes(archive: Archive, position: Position) -> Page:
        page = await read(archive, position)
        if failures and any("two" in "".join(item.message.itertext()) for item in page.items):
            alix.say(room, "five")
            await alix.hears("five")
            raise failures.pop()
        return page

    monkeypatch.setattr(Archive, "after", sometimes)
    async with bot.again() as bot:
        await bot.caught_up()
        assert bot.texts() == []
        alix.say(room, "six")
        await alix.hears("six")
        bot.transport._connection.membership.look_after_rooms()
        await bot.hears("six")
        alix.say(room, "seven")
        await bot.hears("seven")
    assert bot.texts() == ["one", "two", "three", "four", "five", "six", "seven"]


@pytest.mark.parametrize("direct", [True, False], ids=["directly", "through the room"])
async def test_an_invitation_says_who_invites_and_can_be_followed_or_declined(
    prosody_server, alix, place, direct
):
    room, account = place
    async with Bot(prosody_server, account) as bot:
        await bot.caught_up()
        alix.invite(room, bot.jid, direct=direct)
        invited = await bot.gets(Invited)
        # Through a semi-anonymous room Prosody names the inviter by nick: that is nobody, so the room itself stands.
        by = alix.jid if direct else room
        assert (invited.room.id, invited.by, bool(invited.event)) == (room, Address(XMPP, by), True)
        await bot.transport.leave(room, "not for me")
        await bot.transport.join(room)
        await bot.gets(Joined)
        alix.say(room, "welcome")
        await bot.hears("welcome")
    assert len(bot.of(Invited)) == 1


@pytest.mark.parametrize("direct", [True, False], ids=["directly", "through the room"])
async def test_whoever_invites_us_into_a_room_we_are_in_does_not_silence_us_there(plot, xmpp_person, direct):
    guest = await xmpp_person("guest")
    async with plot.running() as (_, transport, _):
        await plot.robin.hears("Hello!")
        if not direct:
            await guest.join_room(plot.room, "Guest")
        guest.invite(plot.room, transport._jid, direct=direct)
        guest.chat(transport._jid, "!help")
        await guest.hears("!sign")  # what came before it was taken
        plot.robin.say(plot.room, "!sign")
        await plot.robin.hears("For which organisation?")


@pytest.mark.parametrize("direct", [True, False], ids=["directly", "through the room"])
async def test_a_stranger_does_not_bring_us_back_into_a_room_that_sent_us_away(plot, xmpp_person, direct):
    mallory, boss = await xmpp_person("mallory"), await xmpp_person("boss")
    async with plot.running() as (_, transport, database):
        bot = transport._jid

        async def state() -> str:
            return await database.read(lambda storage: storage.rooms.find(XMPP, plot.room).state)

        await plot.robin.hears("Hello!")
        await plot.robin.kick(plot.room, "tocsin")
        await mallory.join_room(plot.room, "Mallory")
        mallory.invite(plot.room, bot, direct=direct)
        mallory.chat(bot, "!help")
        await mallory.hears("!sign")  # what came before it was taken
        assert await state() == "parked"
        if not direct:  # it might be a campaigner's, who then hears how to go about it
            await mallory.wait_for(lambda each: "This room hides who invites me" in each.text)
        boss.invite(plot.room, bot, direct=True)
        await mallory.sees(lambda each: each.get("from") == f"{plot.room}/tocsin")


async def test_an_invitation_that_is_read_before_the_news_that_we_were_sent_away_is_none(
    prosody_server, alix, xmpp_person, place, monkeypatch
):
    room, account = place
    mallory = await xmpp_person("mallory")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        own = bot.transport._connection.own._archive
        pages, read, go_on = own.pages, asyncio.Event(), asyncio.Event()

        async def slow(position):
            async for page in pages(position):
                read.set()
                await go_on.wait()
                yield page

        monkeypatch.setattr(own, "pages", slow)
        mallory.invite(room, bot.jid, direct=True)
        await asyncio.wait_for(read.wait(), WAIT)
        await alix.kick(room, "tocsin")
        await asyncio.wait_for(bot.room(room).left.wait(), WAIT)
        go_on.set()
        await bot.gets(Removed)
        assert bot.of(Invited) == []
        mallory.invite(room, bot.jid, direct=True)
        assert (await bot.gets(Invited)).by == Address(XMPP, mallory.jid)


async def test_an_invitation_into_a_room_of_ours_that_came_while_we_were_away_is_none(
    prosody_server, alix, xmpp_person, place
):
    room, account = place
    mallory = await xmpp_person("mallory")
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    mallory.invite(room, bot.jid, direct=True)
    mallory.chat(bot.jid, "after that")
    async with bot.again() as bot:
        await bot.hears("after that")
        assert bot.of(Invited) == []


async def test_an_invitation_into_somebody_is_none(plot, xmpp_person):
    mallory, alix = await xmpp_person("mallory"), await xmpp_person("alix")
    async with plot.running() as (_, transport, database):
        alix.chat(transport._jid, "!help")
        await alix.hears("!sign")
        mallory.invite(alix.jid, transport._jid, direct=True)
        mallory.chat(transport._jid, "!help")
        await mallory.hears("!sign")  # what came before it was taken
        alix.chat(transport._jid, "!status")
        await alix.hears("Save it")
        rooms = await database.read(lambda storage: rows(storage, "SELECT state FROM rooms WHERE direct"))
        assert set(rooms) == {("joined",)}


# --- signs of life, and the end ---


async def test_a_room_answers_for_itself_and_is_left_at_the_end(prosody_server, alix, place):
    room, account = place
    # Whatever was waited for at the end would be waited for longer than Alix does.
    patient = {"ping_interval": 0.2, "timeout": 2 * WAIT, "join_timeout": 2 * WAIT}
    bot = Bot(prosody_server, account, (room,), options=patient)
    assert bot.transport.vitals() == Vitals()
    async with bot:
        await bot.caught_up()
        before = bot.transport.vitals()
        await looks_at_its_rooms(bot, 2)  # the first is over when the second begins
        after = bot.transport.vitals()
        assert list(after.rooms) == [room]
        assert after.heard > before.heard
        assert after.rooms[room] > before.rooms[room]
        leaving = asyncio.create_task(alix.sees_leave(room, "tocsin"))
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < WAIT / 2
    await leaving
    assert bot.transport.vitals() == Vitals()


async def test_a_room_that_does_not_answer_is_not_said_to_have(prosody_server, alix, place, monkeypatch):
    room, account = place
    async with Bot(prosody_server, account, (room,), options={"ping_interval": 0.2}) as bot:
        await bot.caught_up()
        membership = bot.transport._connection.membership
        asked = asyncio.Event()
        ask = membership._session.ask

        async def silent(question, *, within=None):
            if within is not None:
                asked.set()
                raise NoAnswer("no answer")
            return await ask(question, within=within)

        monkeypatch.setattr(membership._session, "ask", silent)
        for _ in range(2):  # whatever was under way has ended by the second
            asked.clear()
            await asyncio.wait_for(asked.wait(), WAIT)
        before = bot.transport.vitals()
        for _ in range(2):
            asked.clear()
            await asyncio.wait_for(asked.wait(), WAIT)
        after = bot.transport.vitals()
        assert after.heard > before.heard, "the server does answer"
        assert after.rooms == before.rooms
