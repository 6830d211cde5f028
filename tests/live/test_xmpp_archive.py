"""The XMPP transport on a real Prosody: rooms and their archives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.transports.xmpp.archive import Archive, Position
from campaign.chat import (
    XMPP,
    Echo,
    Joined,
    Room,
    Said,
    Unreadable,
)
from tests.live.xmpp_bot import Bot

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


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
    prosody_server, alix, place
):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    alix.say(room, "while you were away")
    await alix.settled(room)
    async with bot.again() as bot:
        await bot.caught_up()
        assert bot.texts()[0] == "while you were away"
        assert not bot.of(Said)[0].live


async def test_what_is_said_between_entering_and_the_baseline_is_newer_than_the_baseline(
    prosody_server, alix, place, monkeypatch
):
    room, account = place
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


async def test_catching_up_reads_every_page_once_in_order_and_live_messages_wait(prosody_server, alix, place):
    room, account = place
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


async def test_direct_chats_are_read_on_from_the_last_that_was_taken_and_rooms_do_not_wait(
    prosody_server, alix, place
):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    lines = [f"alone {n}" for n in range(20)]
    for text in lines[:10]:
        alix.chat(bot.jid, text)
    assert lines[9] in [one.heard.body for one in await alix.archive(alix.jid)]
    heard = []
    async with bot.again() as bot:
        await bot.hears(lines[3])
        bot.held.clear()  # as if killed here: what was read is committed, and nothing that follows it
    heard += bot.texts()
    assert heard == lines[: len(heard)]
    async with bot.again() as bot:
        await bot.caught_up()
        assert bot.texts() == lines[len(heard) : 10], "all that was there as it began"
        for text in lines[10:]:
            alix.chat(bot.jid, text)
        await bot.hears(lines[10])
        alix.say(room, "in the room")
        await bot.hears("in the room")
        await bot.hears(lines[19])
    assert [text for text in heard + bot.texts() if text != "in the room"] == lines


async def test_a_cursor_that_the_archive_does_not_know_is_replaced_by_its_time(
    prosody_server, alix, place, caplog
):
    room, account = place
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
async def test_a_gap_after_which_nothing_was_said_is_told_once(prosody_server, alix, place, emptied):
    room, account = place
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
