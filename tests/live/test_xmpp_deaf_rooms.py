"""The XMPP transport on a real Prosody when one room keeps it from reading: what the others, and the campaigners, see."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from bot.transports.base import NotReady, Unreachable
from bot.transports.xmpp import membership
from campaign.chat import Echo, Joined, Removed, Said, Unreadable
from tests.live.xmpp_bot import WAIT, Bot, looks_at_its_rooms

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


async def in_two_rooms(prosody_server, xmpp_person, place):
    """A person in two rooms of theirs, and the names of those."""
    room, account = place
    other = prosody_server.room(f"{account}-other")
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix")
    await alix.create_room(other, "Alix")
    return alix, room, other


def since_noon():
    """A clock by which it is noon (UTC) now."""
    ahead = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - datetime.now(UTC)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + ahead

    return Clock


def enters_again(bot: Bot, room: str) -> None:
    """Have the bot enter a room again, as after a restart of the room's server."""
    bot.transport._connection.membership.enter_again(bot.room(room))


# --- the others ---


async def test_a_silent_archive_holds_up_neither_what_is_said_elsewhere_nor_our_own_messages(
    prosody_server, xmpp_person, place
):
    alix, room, deaf = await in_two_rooms(prosody_server, xmpp_person, place)
    # Whatever waited for this archive would wait for longer than this test does.
    async with Bot(prosody_server, place[1], (room, deaf), options={"timeout": 2 * WAIT}) as bot:
        await bot.caught_up()
        alix.say(deaf, "one")
        await bot.hears("one")
        bot.silent.add(deaf)
        enters_again(bot, deaf)
        await bot.gets(Joined, 3)
        await bot.until(lambda: len(bot.swallowed) == 1)
        for number in range(10):
            alix.say(deaf, f"unheard {number}")
            alix.say(room, f"heard {number}")
            await bot.hears(f"heard {number}")
            await bot.say(room, f"answer {number}")
            await bot.gets(Echo, number + 1)
        assert bot.swallowed == [deaf], "asked once, and waited for all the while"
        assert bot.room(deaf).failures == 0
        assert not any("unheard" in text for text in bot.texts())
        bot.silent.clear()
        enters_again(bot, deaf)
        await bot.hears("unheard 9")
        alix.say(deaf, "live again")
        await bot.hears("live again")
    said = [event.text for event in bot.of(Said) if event.room.id == deaf]
    assert said == ["one", *(f"unheard {number}" for number in range(10)), "live again"]
    assert bot.reading.cancelled(), "it ended because we ended it"


async def test_a_silent_archive_is_waited_for_at_the_start_once_however_many_there_are(
    prosody_server, xmpp_person, place
):
    alix, room, deaf = await in_two_rooms(prosody_server, xmpp_person, place)
    more = [prosody_server.room(f"{place[1]}-more{number}") for number in range(3)]
    for each in more:
        await alix.create_room(each, "Alix")
    async with Bot(prosody_server, place[1], (*more, deaf, room)) as bot:
        await bot.caught_up()
    alix.say(room, "while you were away")
    await alix.settled(room)
    silent = {deaf, *more}
    # None is given up by itself before this test has looked at them, however slow the machine is.
    async with bot.again(silent=silent, options={"timeout": 2 * WAIT}) as bot:
        await bot.hears("while you were away")
        await bot.until(lambda: len(bot.swallowed) == len(silent))
        # All of them are waited for at the same time: none has been given up yet.
        assert {bot.room(each).failures for each in silent} == {0}
        assert not any(batch.caught_up for batch in bot.batches)
        bot.gives_up()
        await bot.caught_up()
        assert sorted(bot.swallowed) == sorted(silent), "each was asked once"
        assert {bot.room(each).failures for each in silent} == {1}
        assert bot.cursors[deaf]


async def test_what_happens_in_a_room_waits_for_its_archive_and_keeps_its_order(
    prosody_server, xmpp_person, place
):
    alix, room, _ = await in_two_rooms(prosody_server, xmpp_person, place)
    async with Bot(prosody_server, place[1], (room,)) as bot:
        await bot.caught_up()
    for number in range(4):
        alix.say(room, f"away {number}")
    await alix.settled(room)
    async with bot.again() as bot:
        await bot.until(lambda: bool(bot.of(Said)))
        bot.held.clear()  # the first page is not committed, so no other is asked for
        alix.say(room, "live")
        await alix.settled(room)
        await alix.kick(room, "tocsin")
        await alix.sees_leave(room, "tocsin")
        bot.held.set()
        await bot.gets(Removed)
    kinds = [type(event).__name__ for event in bot.events if isinstance(event, Said | Removed)]
    texts = [text for text in bot.texts() if not text.startswith("marker")]
    assert texts == [*(f"away {number}" for number in range(4)), "live"]
    assert kinds[-1] == "Removed"


# --- the deaf room itself ---


async def test_a_room_whose_archive_is_silent_is_entered_ever_more_seldom(prosody_server, xmpp_person, place):
    alix, room, deaf = await in_two_rooms(prosody_server, xmpp_person, place)
    options = {"ping_interval": 0.6}
    async with Bot(prosody_server, place[1], (room, deaf), options=options, patience=0.3) as bot:
        await bot.caught_up()
        bot.silent.add(deaf)
        enters_again(bot, deaf)

        def entered() -> list[datetime]:
            return [event.at for event in bot.of(Joined) if event.room.id == deaf][1:]

        await bot.until(lambda: len(entered()) == 4)
        pauses = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(entered())]
        # However slow the machine is: no look, then one, then three.
        least = [options["ping_interval"] * (2**failures - 1) for failures in range(len(pauses))]
        assert all(pause >= looks for pause, looks in zip(pauses, least, strict=True)), pauses
        alix.say(deaf, "at last")
        await alix.settled(deaf)
        bot.silent.clear()
        enters_again(bot, deaf)
        await bot.hears("at last")


@pytest.mark.parametrize("how", ["its archive is silent", "it lets nobody in"])
async def test_a_room_that_cannot_be_read_for_long_is_told_once(
    prosody_server, xmpp_person, place, monkeypatch, how
):
    monkeypatch.setattr(membership, "TELL_AFTER", timedelta(seconds=1))
    monkeypatch.setattr(
        membership, "datetime", since_noon()
    )  # it is told once a day, and no day ends meanwhile
    alix, room, deaf = await in_two_rooms(prosody_server, xmpp_person, place)
    options = {"ping_interval": 0.2}
    async with Bot(prosody_server, place[1], (room, deaf), patience=0.3) as bot:
        await bot.caught_up()
    away = {"silent": {deaf}} if how == "its archive is silent" else {"unreachable": {deaf}}
    async with bot.again(options=options, **away) as bot:
        await bot.caught_up()
        told = await bot.gets(Unreadable)
        assert (told.room.id, told.why) == (deaf, "deaf")
        await looks_at_its_rooms(bot, 4)
        alix.say(room, "elsewhere all is well")
        await bot.hears("elsewhere all is well")
        assert bot.of(Unreadable) == [told]
    async with bot.again(options=options) as bot:
        await bot.caught_up()
        # Told again by another stream it is the same event, which takes effect once.
        assert (await bot.gets(Unreadable)).event == told.event
        bot.silent.clear()
        bot.unreachable.clear()
        seen = bot.room(deaf)
        alix.say(deaf, "now")
        async with asyncio.timeout(WAIT):
            while not seen.read:
                await looks_at_its_rooms(bot, 1)
        await looks_at_its_rooms(bot, 2)
        assert not seen.told_deaf


async def test_a_room_that_does_not_answer_is_not_taken_for_a_server_that_does_not(
    prosody_server, alix, place
):
    room, account = place
    async with Bot(prosody_server, account, unreachable={room}) as bot:
        await bot.caught_up()
        entering = bot.transport._connection.membership._entering
        within, entering._within = entering._within, 0.3
        with pytest.raises(NotReady):
            await bot.transport.join(room)
        entering._within = within
        bot.unreachable.clear()
        await bot.transport.join(room)
        assert (await bot.gets(Joined)).room.id == room


# --- what a room says it is ---


@pytest.mark.parametrize("condition", ["internal-server-error", "service-unavailable"])
@pytest.mark.parametrize("non_anonymous", [True, False])
async def test_an_error_does_not_turn_an_archived_room_into_one_without(
    prosody_server, xmpp_person, place, condition, non_anonymous
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix", non_anonymous=non_anonymous)
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        bot.held.clear()
        before = dict(bot.cursors)
        key = await bot.say(room, "did this arrive?")
        await alix.hears("did this arrive?")
    async with bot.again(cursors=before, unsure={key: room}, errors={room: condition}) as bot:
        await bot.caught_up()
        alix.say(room, "said meanwhile")
        await alix.settled(room)
        assert bot.events == []
        with pytest.raises(Unreachable):
            await bot.say(room, "not yet")
        bot.errors.clear()
        bot.transport._connection.membership.look_after_rooms()
        await bot.hears("said meanwhile")
        assert [echo.key for echo in bot.of(Echo)] == [key]
        assert bot.of(Joined)[0].archived
    async with bot.again() as bot:
        await bot.caught_up()
        assert bot.of(Said) == []


async def test_a_room_that_never_describes_itself_is_one_without_an_archive(
    prosody_server, xmpp_person, place
):
    room, account = place
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix", non_anonymous=True)
    async with Bot(prosody_server, account, (room,), errors={room: "feature-not-implemented"}) as bot:
        await bot.caught_up()
        alix.say(room, "here")
        await bot.hears("here")
        assert not bot.of(Joined)[0].archived
