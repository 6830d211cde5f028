"""The Matrix transport and what strangers, their servers and bad gateways send it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from campaign.chat import Joined, Said, Unreadable
from tests.live.gateway import bad_gateway, gateway
from tests.live.matrix_bot import new_bot

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

    from tests.live.synapse import Person, Synapse

    Twist = Callable[[dict[str, Any]], object]

pytestmark = pytest.mark.live


NESTED = b'{"msgtype":"m.text","body":"deep","n":' + b"[" * 100 + b"]" * 100 + b"}"
ODD_MESSAGES: tuple[tuple[object, str], ...] = (
    ({"msgtype": "m.text", "body": "odd 1", "m.relates_to": "a string"}, "odd 1"),
    ({"msgtype": "m.text", "body": "odd 2", "m.relates_to": {"m.in_reply_to": [1]}}, "odd 2"),
    ({"msgtype": "m.text", "body": "a\u202eb\u2066c\x07\r\nd", "format": "x"}, "abc\nd"),
    ({"msgtype": "m.text", "body": "x" * 60_000}, "x" * 60_000),
    (NESTED, "deep"),
)


async def test_odd_events_that_synapse_lets_through_do_no_harm(
    synapse_server: Synapse, alice: Person
) -> None:
    room = await alice.create_room(public=True)
    async with new_bot(synapse_server) as bot, bot.running(room):
        await bot.first(Joined)
        for content, _ in ODD_MESSAGES:
            await alice.send(room, content)
        bad = await alice.send(room, {"m.relates_to": "x"}, kind="m.reaction")
        await alice.set_state(room, "m.room.name", {"name": "a\u202ename"})
        await alice.set_state(room, "org.example.custom", {"x": [None]})
        await alice.say(room, "!sign afterwards")
        await bot.heard("!sign afterwards")
        assert bot.texts(room) == [*(text for _, text in ODD_MESSAGES), "!sign afterwards"]
        assert [event.event for event in bot.of(Unreadable)] == [bad]
        assert bot.of(Joined)[-1].name == "aname"


def content(**changes: Any) -> Twist:
    return lambda event: {**event, "content": {**event["content"], **changes}}


def fields(**changes: Any) -> Twist:
    return lambda event: {**event, **changes}


def reaction(relation: object) -> Twist:
    return fields(type="m.reaction", content={"m.relates_to": relation})


def fine(**changes: Any) -> Twist:
    return lambda event: {**event, "content": {**event["content"], "body": "fine"}, **changes}


ANNOTATION = {"rel_type": "m.annotation", "event_id": "$x", "key": "x"}
# What only a stranger's server can send, for Synapse refuses it from its own people.
UNREADABLE: tuple[Twist, ...] = (
    content(body=7),
    content(body=None),
    content(msgtype=["m.text"]),
    fields(content=[]),
    fields(content=None),
    fields(sender={"x": 1}),
    fields(sender="@" + "x" * 300),
    fields(event_id=None),
    fields(event_id="$\ud800"),
    fields(event_id="$" + "x" * 300),
    reaction({**ANNOTATION, "event_id": 5}),
    reaction({**ANNOTATION, "key": {}}),
    reaction({**ANNOTATION, "key": "x" * 300}),
    fields(type="m.room.redaction", content={"redacts": {"a": 1}}),
    lambda _: 5,
    lambda _: None,
    lambda _: ["$x"],
)
READABLE: tuple[Twist, ...] = (
    fine(),
    content(body="fi\x00ne\ud800"),
    content(body="fine", **{"m.relates_to": {"rel_type": {}, "event_id": 1}}),
    content(body="fine", **{"m.mentions": "x"}),
    content(body="fine", **{"m.mentions": {"user_ids": [{}, 5]}}),
    content(body="fine", huge="@@digits@@"),
    content(body="fine", deep="@@deep@@"),
    fine(unsigned="x"),
    fine(origin_server_ts=10**18),
    fine(origin_server_ts="now"),
)
UNHEARD: tuple[Twist, ...] = (
    fields(type=None),
    fields(type={"x": 1}),
    fields(state_key=5),
    fields(type="m.room.member", state_key="@x:example.org", content={"membership": {}}),
    fields(type="m.room.member", state_key=["@x:example.org"], content="join"),
    fields(type="m.room.name", state_key="", content={"name": 5}),
    fields(type="m.room.canonical_alias", state_key="", content=5),
)
TWISTS = (*UNREADABLE, *READABLE, *UNHEARD)


def twisted(event: dict[str, Any]) -> object:
    number = str(event["content"].get("body", "")).removeprefix("twist ")
    return TWISTS[int(number)](event) if number.isdigit() else event


def mangled(body: bytes) -> bytes:
    body = body.replace(b'"@@digits@@"', b"9" * 5000)
    return body.replace(b'"@@deep@@"', b"[" * 1500 + b"]" * 1500)


async def test_malformed_events_of_strangers_servers_do_no_harm(
    synapse_server: Synapse, alice: Person
) -> None:
    async with gateway(synapse_server.base_url) as between, new_bot(synapse_server) as bot:
        between.twist, between.mangle = twisted, mangled
        bot.base_url = between.base_url
        room = await alice.create_room(public=True)
        async with bot.running(room):
            await bot.first(Joined)
            for number in range(len(TWISTS)):
                await alice.say(room, f"twist {number}")
            await alice.say(room, "!sign afterwards")
            await bot.heard("!sign afterwards")
        assert bot.texts(room) == ["fine"] * len(READABLE) + ["!sign afterwards"]
        assert len(bot.of(Unreadable)) == len(UNREADABLE)
        assert {said.sender.id for said in bot.of(Said)} == {alice.user_id}
        assert all(abs((said.at - datetime.now(UTC)).total_seconds()) < 60 for said in bot.of(Said))
        for number in range(len(TWISTS)):  # nor do they as what was missed meanwhile
            await alice.say(room, f"twist {number}")
        async with bot.running(room):
            assert len(bot.of(Unreadable)) == 2 * len(UNREADABLE)
            assert bot.texts(room).count("fine") == 2 * len(READABLE)


async def not_matrix(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>Welcome to the hotel's network</html>", content_type="text/html")


async def no_token(_: web.Request) -> web.StreamResponse:
    return web.json_response({})


async def truncated(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"next_batch": "s1", "rooms": {')
    if request.transport is not None:
        request.transport.close()
    return response


async def limited(_: web.Request) -> web.StreamResponse:
    return web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 10}, status=429)


@pytest.mark.parametrize(
    ("failing", "times"), [(bad_gateway, 3), (not_matrix, 2), (no_token, 2), (truncated, 2), (limited, 2)]
)
async def test_a_failing_gateway_is_outlasted_without_a_hot_loop(
    synapse_server: Synapse, alice: Person, failing: Handler, times: int
) -> None:
    async with gateway(synapse_server.base_url) as between, new_bot(synapse_server) as bot:
        bot.base_url = between.base_url
        room = await alice.create_room(public=True)
        async with bot.running(room):
            await bot.first(Joined)
            await alice.say(room, "before")
            await bot.heard("before")
            before = len(between.syncs)
            between.sync_fails = failing
            await alice.say(room, "wakes the sync that is held")
            await between.until_syncs(before + times)
            first, *_, last = between.syncs[before:]
            assert last - first >= 0.75 * (2 ** (times - 1) - 1)  # pauses of 1 s, 2 s …, jittered
            await alice.say(room, "and on it goes")
            between.sync_fails = None
            assert not (await bot.heard("and on it goes")).live
            await alice.say(room, "live again")
            assert (await bot.heard("live again")).live
        assert bot.texts(room) == ["before", "wakes the sync that is held", "and on it goes", "live again"]


async def test_a_server_that_answers_at_once_with_nothing_is_not_asked_all_the_time(
    synapse_server: Synapse,
) -> None:
    async with gateway(synapse_server.base_url) as between, new_bot(synapse_server) as bot:
        bot.base_url = between.base_url
        async with bot.running():
            token = bot.cursors["sync"]

            async def nothing(_: web.Request) -> web.StreamResponse:
                return web.json_response({"next_batch": token})

            between.sync_fails = nothing
            before = len(between.syncs)
            await between.until_syncs(before + 4)
            first, *_, last = between.syncs[before:]
            assert last - first >= 1.9
