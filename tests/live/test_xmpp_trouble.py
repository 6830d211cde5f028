"""The XMPP transport on a real Prosody when things go wrong: streams that end, archives that fail, messages given back."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from slixmpp.exceptions import IqError
from slixmpp.plugins.xep_0441 import XEP_0441

from bot.transports.base import (
    Accepted,
    Dispatch,
    Limited,
    LoginRefused,
    Payload,
    Refused,
    Unreachable,
)
from bot.transports.xmpp import queue
from bot.transports.xmpp.archive import Archive, CursorExpired, Page, Position
from bot.transports.xmpp.rooms import MucRoom
from bot.transports.xmpp.session import NoAnswer
from campaign.chat import XMPP, Bounced, Echo, Room, Said, Unreadable
from tests.live.prosody import prosody
from tests.live.xmpp_bot import WAIT, Bot
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from pathlib import Path

    from slixmpp import Iq

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


async def ends(bot: Bot) -> None:
    """Wait for the end of the batches, and raise why they ended."""
    await asyncio.wait_for(asyncio.shield(bot.reading), WAIT)


# --- never twice ---


async def test_nothing_is_sent_again_before_the_archive_was_read(prosody_server, alix, place, monkeypatch):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        bot.held.clear()
        before = dict(bot.cursors)
        key = await bot.say(room, "did this arrive?")
        await alix.hears("did this arrive?")
    after, busy = Archive.after, True

    async def sometimes(archive: Archive, position: Position) -> Page:
        if busy and archive._jid == room:
            raise NoAnswer("the archive is busy")
        return await after(archive, position)

    monkeypatch.setattr(Archive, "after", sometimes)
    dispatch = Dispatch(key, Room(XMPP, room), Payload("did this arrive?"))
    async with bot.again(cursors=before, unsure={key: room}) as bot:
        await bot.caught_up()
        with pytest.raises(Unreachable, match="not read"):
            await bot.transport.send(dispatch)
        busy = False
        bot.transport._connection.membership.look_after_rooms()
        echo = await bot.gets(Echo)
        assert echo.key == key
        assert await bot.transport.send(dispatch) == Accepted(echo.event)
        await alix.settled(room)
    assert len([heard for heard in alix.heard if heard.body == "did this arrive?"]) == 1


async def test_without_occupant_ids_our_own_message_is_found_by_its_key(
    prosody_server, alix, place, monkeypatch
):
    room, account = place
    learn = MucRoom.learn

    def older(room: MucRoom, features: set[str], name: str) -> None:
        learn(room, features - {"urn:xmpp:occupant-id:0"}, name)

    monkeypatch.setattr(MucRoom, "learn", older)
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        bot.held.clear()
        before = dict(bot.cursors)
        key = await bot.say(room, "did this arrive?")
        heard = await alix.hears("did this arrive?")
    copied = f"<origin-id xmlns='urn:xmpp:sid:0' id='{key}'/>"
    alix.say(room, "copied", message_id=key, extra=copied)
    await alix.settled(room)
    async with bot.again(cursors=before, unsure={key: room}) as bot:
        await bot.caught_up()
        assert [(echo.key, echo.event) for echo in bot.of(Echo)] == [(key, heard.stanza_id())]
        assert len(bot.of(Unreadable)) == 2


async def test_what_is_given_back_can_be_sent_and_given_back_again(prosody_server, place):
    async with Bot(prosody_server, place[1]) as bot:
        await bot.caught_up()
        nobody = Room(XMPP, f"nobody@{prosody_server.domain}")
        dispatch = Dispatch("the same key", nobody, Payload("anybody there?"))
        for attempt in (1, 2):
            assert await bot.transport.send(dispatch) == Accepted()
            assert (await bot.gets(Bounced, attempt)).key == dispatch.key
    assert bot.of(Echo) == []


# --- archives ---


async def test_an_archive_that_forgets_while_it_is_read_is_read_on_by_its_time(
    prosody_server, alix, place, monkeypatch
):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    away = [f"away {n}" for n in range(10)]
    for text in away:
        alix.say(room, text)
    await alix.hears(away[-1])
    after, asked = Archive.after, 0

    async def forgetful(archive: Archive, position: Position) -> Page:
        nonlocal asked
        asked += archive._jid == room
        if asked == 2:
            asked += 1
            raise CursorExpired
        return await after(archive, position)

    monkeypatch.setattr(Archive, "after", forgetful)
    async with bot.again() as bot:
        await bot.caught_up()
        once = dict.fromkeys((said.event, said.text) for said in bot.of(Said))
        assert [text for _, text in once] == away
        assert [event.why for event in bot.of(Unreadable)] == ["gap"]


async def test_leaving_in_the_middle_of_an_archive_leaves_nothing_running(prosody_server, alix, place):
    room, account = place
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
    for n in range(10):
        alix.say(room, f"away {n}")
    await alix.settled(room)
    await alix.leave_room(room)  # what her own client makes of those who come and go is none of the bot's
    before = asyncio.all_tasks()
    async with bot.again() as bot:
        bot.held.clear()
        await bot.until(lambda: bool(bot.batches))
    async with bot.again() as bot:
        await bot.until(lambda: bool(bot.of(Said)))
    async with bot.transport.connected(bot.start):
        batches = bot.transport.batches()
        assert await anext(batches)
        await batches.aclose()
    assert asyncio.all_tasks() <= before


async def test_more_than_can_be_held_is_taken_from_the_archive_instead(
    prosody_server, alix, place, monkeypatch
):
    room, account = place
    monkeypatch.setattr(queue, "MOST_WAITING", 10)
    said = [f"flood {n}" for n in range(30)]
    async with Bot(prosody_server, account, (room,)) as bot:
        await bot.caught_up()
        before = dict(bot.cursors)
        bot.held.clear()
        for text in said:
            alix.say(room, text)
        assert "could be taken" in await asyncio.wait_for(bot.transport._connection.session.lost, WAIT)
        bot.held.set()
        with pytest.raises(Unreachable, match="could be taken"):
            await ends(bot)
        await alix.hears(said[-1])
    async with bot.again(cursors=before) as bot:
        await bot.caught_up()
        assert bot.texts() == said


async def test_an_error_does_not_make_us_do_without_our_own_archive(
    prosody_server, xmpp_person, place, monkeypatch
):
    alix = await xmpp_person("alix")
    async with Bot(prosody_server, place[1]) as bot:
        await bot.caught_up()

    async def fails(plugin: XEP_0441, **_: object) -> Iq:
        raise IqError(plugin.xmpp.make_iq_error("1", condition="internal-server-error"))

    with monkeypatch.context() as patched:
        patched.setattr(XEP_0441, "set_preferences", fails)
        with pytest.raises(Unreachable, match="internal-server-error"):
            async with bot.again():
                pytest.fail("what is said now would be told again")
    alix.chat(bot.jid, "once")
    async with bot.again() as bot:
        await bot.hears("once")
    async with bot.again() as bot:
        await bot.caught_up()
        assert bot.texts() == []


# --- streams that end ---


@pytest.mark.parametrize("how", ["deleted", "password changed"])
async def test_an_account_that_is_taken_away_is_a_refused_login(prosody_server, place, how):
    account = place[1]
    async with Bot(prosody_server, account) as bot, XmppPerson(prosody_server, account) as owner:
        await bot.caught_up()
        await bot.read_by_the_server()
        if how == "deleted":
            await owner.delete_account()
            with pytest.raises(LoginRefused, match="deleted"):
                await ends(bot)
        else:
            await owner.change_password("another")
            with pytest.raises(Unreachable, match="reset"):
                await ends(bot)
    with pytest.raises(LoginRefused, match="not accepted"):
        async with bot.again():
            pytest.fail("it was let in")


async def test_a_server_that_falls_silent_or_shuts_down_is_noticed(tmp_path: Path):
    with prosody(tmp_path) as server:
        async with Bot(server, "tocsin", options={"ping_interval": 0.1}) as bot:
            await bot.caught_up()
            bot.transport._connection.session.timeout = 0.5  # before, it may be slow
            with server.frozen(), pytest.raises(Unreachable, match=r"silent|no answer"):
                await ends(bot)
        async with Bot(server, "tocsin") as bot:
            await bot.caught_up()
            await bot.read_by_the_server()
            await asyncio.to_thread(server.stop)
            with pytest.raises(Unreachable, match="shutting down"):
                await ends(bot)
            with pytest.raises(Unreachable):
                await bot.say(f"alix@{server.domain}", "still there?")
        server.start()
        async with bot.again() as bot:
            await bot.caught_up()


# --- files ---


async def test_what_an_upload_may_meet(tmp_path: Path):
    answers = {503: Limited, 429: Limited, 413: Refused, 307: Refused}
    status = 0
    elsewhere: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/elsewhere":
            elsewhere.append(request.path)
            return web.Response(status=201)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with prosody(tmp_path / "once"):
        pass  # only for its certificate
    context.load_cert_chain(tmp_path / "once" / "server.crt", tmp_path / "once" / "server.key")
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    address = f"https://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        with prosody(tmp_path / "once", upload_url=address) as server:
            async with Bot(server, "tocsin") as bot:
                for status, error in answers.items():  # noqa: B007 - the server above answers with it
                    with pytest.raises(error):
                        await bot.upload("", "list.csv", "text/csv", b"a;b\r\n")
                await runner.cleanup()
                with pytest.raises(Unreachable):
                    await bot.upload("", "list.csv", "text/csv", b"a;b\r\n")
        assert elsewhere == []
        with prosody(tmp_path / "plain", upload_url="http://127.0.0.1:9/") as server:
            async with Bot(server, "tocsin") as bot:
                with pytest.raises(Refused, match="without encryption"):
                    await bot.upload("", "list.csv", "text/csv", b"a;b\r\n")
    finally:
        await runner.cleanup()
