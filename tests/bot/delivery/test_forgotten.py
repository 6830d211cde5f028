"""Somebody is forgotten while something about them is on its way, and the network does not take it yet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.transports.base import Limited, Refused
from campaign.chat import MATRIX, Message, Room, say
from tests.bot.delivery.bench import MATRIX_FRIEND, Bench
from tests.bot.scripted import CAFE, COOP, NOW

if TYPE_CHECKING:
    from bot.delivery.freezing import Claim
    from campaign.chat import Address
    from storage.storage import Storage

NAME = "Zénobie"


async def put(bench: Bench, *, private: bool) -> None:
    """Decide to say something to them alone in their chat, or about them in a room."""

    def work(storage: Storage) -> None:
        storage.people.ensure(MATRIX_FRIEND, NAME, NOW)
        room = storage.rooms.find(CAFE.network, CAFE.id if private else COOP.id)
        assert room is not None
        if private:
            storage.rooms.change(room.id, direct=True, partner=MATRIX_FRIEND.id)
        message = Message((say("seen: {name}", name=NAME),), private=private)
        storage.outbox.put(room.network, message, NOW, room=room.id)

    await bench.database.write(work)
    bench.delivery.wake()


async def forget(bench: Bench) -> None:
    def work(storage: Storage) -> None:
        person = storage.people.find(MATRIX_FRIEND)
        assert person is not None
        storage.erasing.erase(person.id, NOW)

    await bench.database.write(work)


async def limited_while_they_are_forgotten(bench: Bench, *, private: bool) -> None:
    """The server asks to wait, which leaves what was begun to be begun anew; meanwhile somebody is forgotten."""
    room = CAFE if private else COOP
    bench.network.script[room].append(Limited(0.01))
    await put(bench, private=private)
    undelivered = bench.delivery._carrying._undelivered
    thaw = undelivered.thaw

    async def later(claim: Claim) -> bool:
        await forget(bench)
        return await thaw(claim)

    undelivered.thaw = later  # type: ignore[method-assign]
    await bench.settle()
    assert len([one for one in bench.network.attempts if one.room == room]) == 1 + (not private)


async def test_nothing_empty_is_said_to_them_alone(matrix: Bench) -> None:
    await limited_while_they_are_forgotten(matrix, private=True)
    assert matrix.network.texts(CAFE) == []
    assert await matrix.query("SELECT settled FROM outbox") == ["1"]


async def test_what_others_wait_for_is_said_without_the_name(matrix: Bench) -> None:
    await limited_while_they_are_forgotten(matrix, private=False)
    assert matrix.network.texts(COOP) == ["seen: …"]
    assert await matrix.database.write(lambda storage: storage.unsaying.settle(NOW))
    kept = await matrix.query("SELECT message || payload FROM outbox JOIN dispatches ON key = dispatch_key")
    assert "seen" not in "".join(kept)


async def test_a_chat_that_was_being_opened_with_them_is_left_and_does_not_keep_their_account(
    matrix: Bench,
) -> None:
    opens = asyncio.Event()
    matrix.network.opening.append(opens)
    ask = matrix.network.open_direct

    async def opened(address: Address) -> Room:
        await ask(address)
        return Room(MATRIX, "!alone:example.org")

    matrix.network.open_direct = opened  # type: ignore[method-assign]
    await matrix.write_to(MATRIX_FRIEND, "hello")
    async with matrix.running():
        await matrix.network.until(lambda: bool(matrix.network.opened))
        await forget(matrix)
        opens.set()
        await matrix.delivery.settled()
        await matrix.database.write(lambda storage: storage.unsaying.settle(NOW))
        matrix.delivery.wake()
        await matrix.delivery.settled()
    assert await matrix.query("SELECT count(*) FROM rooms WHERE partner <> ''") == ["0"]
    assert [act[0] for act in matrix.network.acts] == ["leave"]
    assert matrix.network.visible == []


async def test_nobody_hears_that_a_chat_with_them_could_not_be_opened(matrix: Bench) -> None:
    refuses = asyncio.Event()
    matrix.network.opening.append(refuses)
    ask = matrix.network.open_direct

    async def refused(address: Address) -> Room:
        await ask(address)
        raise Refused("no")

    matrix.network.open_direct = refused  # type: ignore[method-assign]
    await matrix.write_to(MATRIX_FRIEND, "hello")
    async with matrix.running():
        await matrix.network.until(lambda: bool(matrix.network.opened))
        await forget(matrix)
        refuses.set()
        await matrix.delivery.settled()
    assert matrix.network.visible == []


async def test_what_was_to_be_sent_once_more_is_not_sent_empty(matrix: Bench) -> None:
    matrix.network.script[COOP].append(Refused("no"))
    await put(matrix, private=False)
    await matrix.settle()
    await matrix.database.write(
        lambda storage: storage.undelivered.retry(storage.undelivered.undecided(1)[0][0], NOW)
    )
    await forget(matrix)
    matrix.delivery.wake()
    await matrix.settle()
    assert matrix.network.texts(COOP) == []
    assert await matrix.query("SELECT settled FROM outbox WHERE repeats_key IS NOT NULL") == ["1"]


async def test_nobody_hears_that_nothing_tells_whether_they_were_told(matrix: Bench) -> None:
    await put(matrix, private=True)
    (key,) = [
        claim.dispatch.key for claim in (await matrix.database.write(matrix.delivery._claiming.claim)).claims
    ]
    await forget(matrix)

    def doubt(storage: Storage) -> None:
        room = storage.rooms.find(CAFE.network, CAFE.id)
        assert room is not None
        matrix.delivery._carrying._undelivered.doubt(storage, key, room.id, "the room keeps no archive")
        storage.unsaying.settle(NOW)

    await matrix.database.write(doubt)
    assert await matrix.states() == ["dropped"]
    assert MATRIX_FRIEND.id not in "".join(await matrix.query("SELECT message FROM outbox"))
