"""The XMPP transport on a real Prosody: the stream itself."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import (
    LoginRefused,
    Unreachable,
)
from bot.transports.xmpp import XmppTransport
from tests.live.prosody import prosody
from tests.live.xmpp_bot import WAIT, Bot
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


async def test_a_wrong_password_is_refused(prosody_server, place):
    with pytest.raises(LoginRefused, match="not accepted"):
        async with Bot(prosody_server, place[1], password="wrong"):
            pytest.fail("it was let in")


async def test_no_server_is_unreachable(prosody_server, place):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # nobody listens there, nor can, as long as it is ours
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
        await first.read_by_the_server()
        async with Bot(prosody_server, place[1]) as second:
            await second.caught_up()
            with pytest.raises(LoginRefused, match="another session"):
                await asyncio.wait_for(asyncio.shield(first.reading), WAIT)
