"""The Matrix transport and the rooms it is in, on a real Synapse: invitations, removals, upgrades, chats of two."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import (
    NotPrivate,
    Refused,
    Replaced,
)
from campaign.chat import (
    MATRIX,
    Address,
    Invited,
    Joined,
    Removed,
    Room,
    Said,
)
from tests.live.matrix_bot import Bot, bot, dispatch

if TYPE_CHECKING:
    from tests.live.synapse import Person


pytestmark = pytest.mark.live
__all__ = ["bot"]


async def test_a_room_asked_for_by_alias_is_told_with_it_and_a_bad_one_stops_nothing(
    bot: Bot, alice: Person
) -> None:
    local = f"chatons-{secrets.token_hex(4)}"
    alias = f"#{local}:tocsin.test"
    room = await alice.create_room(alias=local, public=True)
    closed = await alice.create_room()
    for _ in range(2):  # when it joins, and when it is there already
        bot.events.clear()
        async with bot.running("#nowhere:tocsin.test", closed, alias):
            joined = await bot.first(Joined)
            assert (joined.room.id, joined.alias) == (room, alias)
            await bot.until(lambda: len(bot.of(Removed)) == 2)
    assert {(event.room.id, event.why) for event in bot.of(Removed)} == {
        ("#nowhere:tocsin.test", "unreachable"),
        (closed, "unreachable"),
    }


async def test_after_a_restart_the_rooms_are_known_without_news_from_them(bot: Bot, alice: Person) -> None:
    crowd = await alice.create_room(name="Collectif", public=True)
    secret = await alice.create_room(encrypted=True, invite=(bot.user_id,))
    async with bot.running(crowd) as transport:
        await transport.join(secret)
        await bot.until(lambda: len({joined.room for joined in bot.of(Joined)}) == 2)
    bot.events.clear()
    async with bot.running(crowd, secret):
        joined = {event.room.id: event for event in bot.of(Joined)}
        assert (joined[crowd].name, joined[crowd].encrypted) == ("Collectif", False)
        assert (joined[secret].name, joined[secret].encrypted) == ("", True)
        assert joined[secret].private_with == Address(MATRIX, alice.user_id)


async def test_private_means_exactly_two(bot: Bot, alice: Person, bruno: Person) -> None:
    room = await alice.create_room(invite=(bot.user_id,))
    other = Address(MATRIX, alice.user_id)
    async with bot.running() as transport:
        await transport.join((await bot.first(Invited)).room.id)
        joined = await bot.first(Joined)
        assert joined.private_with == other
        await alice.say(room, "alone")
        assert (await bot.heard("alone")).private
        await transport.send(dispatch(room, "secret"), private_with=other)
        with pytest.raises(NotPrivate):
            await transport.send(dispatch(room), private_with=Address(MATRIX, bruno.user_id))

        await alice.invite(room, bruno.user_id)
        await bot.until(lambda: bot.of(Joined)[-1].private_with is None)
        await alice.say(room, "somebody is coming")
        assert not (await bot.heard("somebody is coming")).private
        with pytest.raises(NotPrivate):
            await transport.send(dispatch(room), private_with=other)
        await bruno.join(room)
        with pytest.raises(NotPrivate):
            await transport.send(dispatch(room), private_with=other)
        await bruno.leave(room)
        await bot.until(lambda: bot.of(Joined)[-1].private_with == other)
        await transport.send(dispatch(room, "secret again"), private_with=other)
    assert await alice.texts(room, sender=bot.user_id) == ["secret", "secret again"]


async def test_an_invitation_names_who_asks_and_which_rooms_are_shared(
    bot: Bot, alice: Person, bruno: Person
) -> None:
    campaign = await alice.create_room(public=True)
    async with bot.running(campaign) as transport:
        await bot.first(Joined)
        direct = await alice.create_room(invite=(bot.user_id,), is_direct=True)
        by_alice = await bot.first(Invited, lambda invited: invited.room.id == direct)
        assert (by_alice.by.id, by_alice.direct, by_alice.encrypted) == (alice.user_id, True, False)
        assert by_alice.shared == (campaign,)
        secret = await bruno.create_room(invite=(bot.user_id,), encrypted=True)
        by_bruno = await bot.first(Invited, lambda invited: invited.room.id == secret)
        assert (by_bruno.by.id, by_bruno.direct, by_bruno.encrypted) == (bruno.user_id, False, True)
        assert by_bruno.shared == ()
        await transport.leave(secret, "Je ne lis pas encore les salons chiffrés.")
        await transport.leave(secret, "Twice does no harm.")
        declined = await bruno.wait_for(
            lambda event: event["type"] == "m.room.member" and event["content"]["membership"] == "leave"
        )
        assert declined["content"]["reason"].startswith("Je ne lis pas")
        await transport.join(direct)
        await bot.first(Joined, lambda joined: joined.room.id == direct)
        await alice.say(direct, "who am I?")
        assert (await bot.heard("who am I?")).shared == (campaign,)
        await alice.leave(campaign)
        await alice.say(direct, "and now?")
        assert (await bot.heard("and now?")).shared == ()
    assert not bot.of(Removed)


@pytest.mark.parametrize("away", [False, True], ids=["while there", "while away"])
@pytest.mark.parametrize("why", ["kicked", "banned"])
async def test_removal_is_told_after_what_was_said_before_and_nothing_rejoins(
    bot: Bot, alice: Person, why: str, *, away: bool
) -> None:
    room = await alice.create_room(public=True)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(bot.running(room))
        await bot.first(Joined)
        if away:
            await stack.aclose()
        await alice.say(room, "!sign last words")
        await (alice.kick if why == "kicked" else alice.ban)(room, bot.user_id)
        if away:
            await stack.enter_async_context(bot.running(room))
        removed = await bot.first(Removed)
        assert (removed.room.id, removed.why, removed.by) == (room, why, alice.user_id)
        assert bot.texts(room) == ["!sign last words"]
        with pytest.raises(Refused):
            await bot.transport.send(dispatch(room))
        # A message elsewhere shows that the loop has gone on, past any join it would have made.
        elsewhere = await alice.create_room(public=True)
        await bot.transport.join(elsewhere)
        await alice.say(elsewhere, "still there?")
        await bot.heard("still there?")
        assert bot.user_id not in await alice.members(room)
    async with bot.running():
        assert len({event.event for event in bot.of(Removed)}) == 1


async def test_whoever_sent_the_bot_away_does_not_bring_it_back_by_inviting_it_while_it_is_away(
    bot: Bot, alice: Person
) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room):
        await bot.first(Joined)
    await alice.kick(room, bot.user_id)
    await alice.invite(room, bot.user_id)
    bot.events.clear()
    async with bot.running(room) as transport:
        await bot.first(Invited)
        what = [(type(event), event.by) for event in bot.events if isinstance(event, Removed | Invited)]
        by = Address(MATRIX, alice.user_id)
        assert what == [(Removed, by.id), (Invited, by)], "in this order, for the first says by whose leave"
        # A message elsewhere shows that the loop has gone on, past any join it would have made.
        elsewhere = await alice.create_room(public=True)
        await transport.join(elsewhere)
        await alice.say(elsewhere, "still there?")
        await bot.heard("still there?")
        assert bot.user_id not in await alice.members(room)


async def test_an_invitation_into_a_room_asked_for_by_alias_is_told_with_it(bot: Bot, alice: Person) -> None:
    local = f"collectif-{secrets.token_hex(4)}"
    room = await alice.create_room(alias=local, invite=(bot.user_id,))
    alias = f"#{local}:tocsin.test"
    async with bot.running(alias):
        invited = await bot.first(Invited)
        assert (invited.room.id, invited.alias) == (room, alias)
        joined = await bot.first(Joined)
        assert (joined.room.id, joined.alias) == (room, alias)


@pytest.mark.parametrize("away", [False, True], ids=["while there", "while away"])
async def test_a_room_that_was_upgraded_is_told_after_what_was_said_before(
    bot: Bot, alice: Person, *, away: bool
) -> None:
    room = await alice.create_room(public=True)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(bot.running(room))
        await bot.first(Joined)
        bot.events.clear()
        if away:
            await stack.aclose()
        await alice.say(room, "!sign last words")
        await alice.call("POST", "rooms", room, "upgrade", body={"new_version": "10"})
        if away:
            await stack.enter_async_context(bot.running(room))
        removed = await bot.first(Removed)
        tombstone = await alice.call("GET", "rooms", room, "state", "m.room.tombstone")
        assert (removed.why, removed.successor) == ("replaced", tombstone["replacement_room"])
        what = [type(event) for event in bot.events if isinstance(event, Joined | Said | Removed)]
        assert what == [*([Joined] if away else []), Said, Removed]
    bot.events.clear()
    async with bot.running():
        # It is still in there, but says no more that it is: that would take the room for one to serve again.
        assert [event.why for event in bot.of(Removed)] == ["replaced"]
        assert not bot.of(Joined)


async def test_a_room_that_was_upgraded_takes_nothing_and_says_which_one_does(
    bot: Bot, alice: Person
) -> None:
    """Whether the bot may still speak in the old room is that server's to say: Synapse leaves it no more than others."""
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        before = dispatch(room, "just before")
        taken = await transport.send(before)
        answer = await alice.call("POST", "rooms", room, "upgrade", body={"new_version": "12"})
        with pytest.raises(Replaced) as refusal:
            await transport.send(dispatch(room, "just after"))
        assert refusal.value.successor == answer["replacement_room"]
        assert await transport.send(before) == taken, "what it took it knows again, though it takes no more"
    texts = [
        event["content"].get("body") for event in await alice.history(room) if event["sender"] == bot.user_id
    ]
    assert [text for text in texts if text in ("just before", "just after")] == ["just before"]


async def test_leaving_of_ones_own_is_told_as_such(bot: Bot, alice: Person) -> None:
    room = await alice.create_room(public=True)
    async with bot.running(room) as transport:
        await bot.first(Joined)
        await transport.leave(room, "Au revoir.")
        assert (await bot.first(Removed)).why == "left"


async def test_a_direct_chat_is_opened_once(bot: Bot, alice: Person, bruno: Person) -> None:
    other = Address(MATRIX, alice.user_id)
    async with bot.running() as transport:
        room, again = await asyncio.gather(transport.open_direct(other), transport.open_direct(other))
        assert room == again
        await transport.send(dispatch(room.id, "before you came"), private_with=other)
        assert await alice.wait_for_invitation(bot.user_id) == room.id
        await alice.join(room.id)
        await alice.wait_for_text("before you came", room=room.id)
        await bot.first(Joined, lambda joined: joined.private_with == other)
    async with bot.running() as transport:
        assert await transport.open_direct(other) == room
        assert await transport.open_direct(Address(MATRIX, bruno.user_id)) != room


async def test_a_direct_chat_that_the_other_opened_is_used(bot: Bot, alice: Person) -> None:
    crowd = await alice.create_room(public=True)  # two so far, but no private chat
    async with bot.running(crowd) as transport:
        room = await alice.create_room(invite=(bot.user_id,), is_direct=True)
        await transport.join(room)
        await bot.first(Joined, lambda joined: joined.room.id == room)
        assert await transport.open_direct(Address(MATRIX, alice.user_id)) == Room(MATRIX, room)


async def trap(bot: Bot, maker: Person, *others: Person, rules: str, visibility: str, opened_for: str) -> str:
    """A room that its maker leaves to the bot and the others, as if it were a private chat, having seen to its rules."""
    state = {
        "m.room.join_rules": {"join_rule": rules},
        "m.room.history_visibility": {"history_visibility": visibility},
    }
    body = {
        "preset": "private_chat",
        "invite": [bot.user_id, *(one.user_id for one in others)],
        "creation_content": {"tocsin.opened_for": opened_for, "sender": bot.user_id},
        "power_level_content_override": {"invite": 0},
        "initial_state": [{"type": kind, "state_key": "", "content": said} for kind, said in state.items()],
    }
    room = str((await maker.call("POST", "createRoom", body=body))["room_id"])
    for one in others:
        await one.join(room)
    await bot.transport.join(room)
    await bot.first(Joined, lambda joined: joined.room.id == room)
    await maker.leave(room)
    return room


@pytest.mark.parametrize(
    ("rules", "visibility"), [("invite", "world_readable"), ("public", "shared")], ids=["read", "join"]
)
async def test_a_room_of_two_that_anybody_can_read_is_no_private_chat(
    bot: Bot, alice: Person, bruno: Person, rules: str, visibility: str
) -> None:
    other = Address(MATRIX, alice.user_id)
    async with bot.running() as transport:
        room = await trap(bot, bruno, alice, rules=rules, visibility=visibility, opened_for="")
        await alice.say(room, "are we alone?")
        assert not (await bot.heard("are we alone?")).private
        assert all(joined.private_with is None for joined in bot.of(Joined, room))
        with pytest.raises(NotPrivate):
            await transport.send(dispatch(room, "secret"), private_with=other)
        assert (await transport.open_direct(other)).id != room


async def test_a_room_that_somebody_says_was_opened_for_another_is_not_theirs(
    bot: Bot, alice: Person, bruno: Person
) -> None:
    other = Address(MATRIX, alice.user_id)
    async with bot.running():
        room = await trap(bot, bruno, rules="invite", visibility="shared", opened_for=alice.user_id)
    async with bot.running() as transport:
        opened = await transport.open_direct(other)
        assert opened.id != room
        assert await transport.open_direct(other) == opened
        assert await alice.wait_for_invitation(bot.user_id) == opened.id
