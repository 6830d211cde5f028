"""The Matrix transport where the homeserver answers one request and not another."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from bot.transports.base import Refused, Unreachable
from bot.transports.matrix.homeserver import Patience
from campaign.chat import MATRIX, Address, Invited, Joined, Said, Unreadable
from tests.live.gateway import Gateway, bad_gateway, gateway
from tests.live.matrix_bot import Bot, dispatch, new_bot
from tests.live.synapse import Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.live.synapse import Synapse

    Instead = Callable[[web.Request], Awaitable[web.StreamResponse | None]]

pytestmark = pytest.mark.live

ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}
BRIEF = Patience(tries=2, seconds=3.0)


@pytest.fixture
async def between(synapse_server: Synapse) -> AsyncIterator[Gateway]:
    async with gateway(synapse_server.base_url) as made:
        yield made


@pytest.fixture
async def bot(synapse_server: Synapse, between: Gateway) -> AsyncIterator[Bot]:
    async with new_bot(synapse_server, timeline_limit=5, patience=BRIEF) as made:
        made.base_url = between.base_url
        yield made


async def a_dozen(person: Person, room: str) -> list[str]:
    """Let somebody say more in a room than a sync holds; return what."""
    words = [f"message {number}" for number in range(12)]
    for word in words:
        await person.say(room, word)
    return words


def broken(room: str, what: str, status: int = 500) -> Instead:
    """Let one request about one room fail."""

    async def fails(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith(f"/rooms/{room}/{what}"):
            return web.json_response({"errcode": "M_UNKNOWN"}, status=status)
        return None

    return fails


def stuck(room: str, what: str) -> Instead:
    """Let one request about one room never be answered."""

    async def hangs(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith(f"/rooms/{room}/{what}"):
            await asyncio.sleep(600)
        return None

    return hangs


@pytest.mark.parametrize("failing", [broken, stuck])
async def test_a_room_whose_history_cannot_be_read_does_not_stop_the_others(
    bot: Bot, between: Gateway, alice: Person, failing: Callable[[str, str], Instead]
) -> None:
    rooms = [await alice.create_room(public=True) for _ in range(3)]
    async with bot.running(*rooms):
        await bot.until(lambda: len(bot.of(Joined)) == 3)
    ill, well, quiet = rooms
    for number in range(12):
        await alice.say(ill, f"ill {number}")
        await alice.say(well, f"well {number}")
    await alice.say(quiet, "!sign")
    between.instead = failing(ill, "messages")
    async with bot.running(*rooms):
        assert bot.texts(well) == [f"well {number}" for number in range(12)]
        assert bot.texts(quiet) == ["!sign"]
        assert bot.texts(ill) == [f"ill {number}" for number in range(7, 12)]
        assert [(lost.room.id, lost.why) for lost in bot.of(Unreadable)] == [(ill, "gap")]
        # Told last: what of our own was found in spite of it is not in doubt.
        assert isinstance([event for event in bot.events if event.room.id == ill][-1], Unreadable)
        await alice.say(ill, "and on it goes")
        await bot.heard("and on it goes")
    assert between.count("GET", f"/rooms/{ill}/messages") <= BRIEF.tries


async def test_an_outage_is_no_rooms_fault(bot: Bot, between: Gateway, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room):
        await bot.first(Joined)
    words = await a_dozen(alice, room)
    tried = asyncio.Event()

    async def out(request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith(("/login", "/sync", "/filter")) or "/keys/" in request.path:
            return None
        if between.count("GET", "/whoami") > BRIEF.tries + 1:
            tried.set()
        return await bad_gateway(request)

    between.instead = out
    async with asyncio.TaskGroup() as group, contextlib.AsyncExitStack() as stack:
        starting = group.create_task(stack.enter_async_context(bot.running(room)))
        await asyncio.wait_for(tried.wait(), 90)
        between.instead = broken("", "nothing")
        await starting
        assert bot.texts(room) == words
        assert not bot.of(Unreadable)


@pytest.mark.parametrize("failing", [broken, stuck])
async def test_a_room_whose_members_are_not_known_is_private_to_nobody(
    bot: Bot, between: Gateway, alice: Person, bruno: Person, failing: Callable[[str, str], Instead]
) -> None:
    room = await alice.create_room(invite=(bot.user_id,))
    other = await alice.create_room(public=True)
    async with bot.running(other) as transport:
        await transport.join((await bot.first(Invited)).room.id)
        await bot.first(Joined, lambda joined: joined.private_with is not None)
    between.instead = failing(room, "joined_members")
    async with bot.running(room, other):
        await alice.say(room, "are we alone?")
        assert not (await bot.heard("are we alone?")).private
        asked = between.count("GET", f"/rooms/{room}/joined_members")
        await alice.say(other, "!sign")
        await bot.heard("!sign")
        assert between.count("GET", f"/rooms/{room}/joined_members") == asked <= BRIEF.tries + 1, (
            "for none of that"
        )
    between.instead = broken("", "nothing")
    async with bot.running(room, other):
        await alice.say(room, "and now?")
        assert (await bot.heard("and now?")).private


async def test_an_empty_page_is_not_the_end_of_the_history(bot: Bot, between: Gateway, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room):
        await bot.first(Joined)
    words = await a_dozen(alice, room)
    begins: list[str] = []

    async def empty_first(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith("/messages"):
            return None
        if not begins:  # as Synapse does where nothing on the page may be seen
            begins.append(request.query["from"])
            return web.json_response({"chunk": [], "start": begins[0], "end": "further-back"})
        if request.query["from"] == "further-back":
            return await between.pass_on(request, **{"from": begins[0]})
        return None

    between.instead = empty_first
    async with bot.running(room):
        assert bot.texts(room) == words
    assert len(bot.of(Said)) == len(words)


async def test_a_room_of_whose_encryption_no_sync_has_told_gets_nothing_in_plain(
    bot: Bot, between: Gateway, alice: Person
) -> None:
    room, plain = await alice.create_room(public=True), await alice.create_room(public=True)
    async with bot.running(room, plain) as transport:
        await bot.until(lambda: len(bot.of(Joined)) == 2)
        await alice.say(room, "!sign")
        await bot.heard("!sign")
        await transport.send(dispatch(room, "signed"))
        await between.fails_from(alice.set_state(room, "m.room.encryption", ENCRYPTION))
        await transport.send(dispatch(room, "not in the clear"))
        await transport.send(dispatch(plain, "still here"))
    assert await alice.texts(room, sender=bot.user_id) == ["signed"]
    assert await alice.texts(plain, sender=bot.user_id) == ["still here"]


@pytest.mark.parametrize("away", [False, True], ids=["while there", "while away"])
@pytest.mark.parametrize("more", [0, 9], ids=["in the answer", "in the gap"])
async def test_what_was_said_before_encryption_comes_before_it(
    bot: Bot, between: Gateway, alice: Person, more: int, *, away: bool
) -> None:
    room = await alice.create_room(public=True)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(bot.running(room))
        await bot.first(Joined)
        if away:
            await stack.aclose()
        else:
            await between.fails_from(
                alice.set_state(room, "m.room.topic", {"topic": "wakes the sync that is held"})
            )
        bot.events.clear()
        await alice.say(room, "!sign before")
        await alice.set_state(room, "m.room.encryption", ENCRYPTION)
        await alice.set_state(room, "m.room.encryption", {**ENCRYPTION, "rotation_period_msgs": 50})
        await alice.say(room, "!sign after")
        for number in range(more):
            await alice.say(room, f"later {number}")
        between.sync_fails = None
        if away:
            await stack.enter_async_context(bot.running(room))
        await bot.heard("!sign after")
        told = [event for event in bot.events if isinstance(event, Joined | Said)]
        said = [event.text if isinstance(event, Said) else event.encrypted for event in told]
        anew = [False] if away else []  # after a start the room is told of anew, as it was before
        assert said == [
            *anew,
            "!sign before",
            True,
            "!sign after",
            *(f"later {number}" for number in range(more)),
        ]
    bot.events.clear()
    async with bot.running(room):
        assert [joined.encrypted for joined in bot.of(Joined)] == [True]


async def test_encryption_takes_effect_before_a_gap_is_filled(
    bot: Bot, between: Gateway, alice: Person
) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        await between.fails_from(alice.say(room, "wakes the sync that is held"))
        for number in range(12):
            await alice.say(room, f"message {number}")
        await alice.set_state(room, "m.room.encryption", ENCRYPTION)
        between.instead, between.sync_fails = stuck(room, "messages"), None
        await between.until_asked("GET", f"/rooms/{room}/messages")
        await transport.send(dispatch(room, "not in the clear"))
        assert between.count("GET", "/state/m.room.encryption") == 0
    assert await alice.texts(room, sender=bot.user_id) == []


async def rooms_of(bot: Bot) -> list[str]:
    """The rooms the server says the bot is in."""
    async with Person(bot.base_url, bot.user_id, bot.password) as same:
        return list((await same.call("GET", "joined_rooms"))["joined_rooms"])


async def test_a_chat_whose_invitation_fails_is_opened_once(
    bot: Bot, between: Gateway, alice: Person, bruno: Person
) -> None:
    other = Address(MATRIX, alice.user_id)

    async def cannot_invite(request: web.Request) -> web.StreamResponse | None:
        refusal = {"errcode": "M_UNKNOWN", "error": "Can't connect to the other server"}
        if request.path.endswith("/createRoom"):  # the room is there all the same, as with Synapse
            wanted = json.loads(await request.read()) | {"invite": []}
            await between.pass_on(request, body=json.dumps(wanted).encode())
            return web.json_response(refusal, status=502)
        return web.json_response(refusal, status=502) if request.path.endswith("/invite") else None

    async with bot.running() as transport:
        between.instead = cannot_invite
        for _ in range(4):
            with pytest.raises(Unreachable):
                await transport.open_direct(other)
        orphan = (await bot.first(Joined)).room.id
        with pytest.raises(Unreachable):
            await transport.open_direct(other)
        assert await rooms_of(bot) == [orphan]
        with pytest.raises(Unreachable):
            await transport.open_direct(Address(MATRIX, bruno.user_id))  # theirs is another
        between.instead = broken("", "nothing")
        assert (await transport.open_direct(other)).id == orphan
        assert await alice.wait_for_invitation(bot.user_id) == orphan
        await transport.send(dispatch(orphan, "there you are"), private_with=other)
        assert (await transport.open_direct(other)).id == orphan
        assert len(await rooms_of(bot)) == 2


async def test_a_chat_with_a_server_that_cannot_be_reached_leaves_one_room(bot: Bot) -> None:
    async with bot.running() as transport:
        for _ in range(3):
            with pytest.raises((Refused, Unreachable)):
                await transport.open_direct(Address(MATRIX, "@nobody:dead.example"))
        assert len(await rooms_of(bot)) == 1
