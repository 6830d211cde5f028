"""The Matrix transport and its server, on a real Synapse: logins, refusals, limits, restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.transports.base import (
    Accepted,
    DeviceForgotten,
    Limited,
    LoginRefused,
    NotReady,
    Refused,
    Start,
    TransportError,
    Unreachable,
)
from bot.transports.matrix import MatrixTransport
from campaign.chat import (
    Echo,
    Joined,
)
from tests.live.matrix_bot import DEVICE, Bot, bot, dispatch, new_bot
from tests.live.synapse import Person, synapse

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path


pytestmark = pytest.mark.live
__all__ = ["bot"]


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
        with pytest.raises(NotReady):  # and not only unreachable, where it may have been taken
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


async def test_after_its_session_was_ended_nothing_that_was_begun_is_sent_on(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    one = dispatch(room)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        await transport.send(one)
    began = Start(device=DEVICE, unsure={one.key: room})
    async with bot.new_transport().connected(began):
        pass  # it may be asked for again
    async with Person(bot.base_url, bot.user_id, bot.password) as owner:
        await owner.call("POST", "logout", "all", body={})
    for _ in range(2):
        with pytest.raises(DeviceForgotten):
            async with bot.new_transport().connected(began):
                pass
    async with bot.running(room) as transport:
        assert await transport.send(dispatch(room, "more"))
