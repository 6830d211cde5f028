"""What was begun before is finished first, and the same; only the network is played."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import (
    LoginRefused,
)
from campaign.chat import MATRIX, Message, say
from storage.trouble import StorageFull
from tests.bot.scripted import (
    ANA,
    COOP,
    NOW,
    Taken,
    cut,
)

if TYPE_CHECKING:
    from storage.storage import Storage

from tests.bot.delivery.bench import Bench


async def test_what_was_begun_before_a_crash_is_finished_first_and_the_same(matrix: Bench) -> None:
    never = asyncio.Event()
    matrix.network.script[COOP].append(never)
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
    assert await matrix.states() == ["sending"]
    await matrix.put(COOP, "second")
    reborn = Bench(matrix.database, matrix.network)
    await reborn.settle()
    begun, again, after = matrix.network.attempts
    assert begun == again
    assert after.payload.text == "second"
    assert matrix.network.texts(COOP) == ["first", "second"]


async def test_a_crash_after_the_server_took_it_shows_it_once(matrix: Bench) -> None:
    matrix.network.silent.add(COOP)
    matrix.network.script[COOP].append(Taken(KeyError("killed")))
    await matrix.put(COOP, "hello")
    await matrix.fails(KeyError)
    assert await matrix.states() == ["sending"]
    await Bench(matrix.database, matrix.network).settle()
    assert matrix.network.texts(COOP) == ["hello"]
    assert await matrix.states() == ["delivered"]


async def test_what_was_begun_in_one_room_keeps_its_order(matrix: Bench) -> None:
    """Several dispatches of one room can be begun only if a bot of an earlier version did so; still."""

    def begin(storage: Storage) -> None:
        room = storage.rooms.find(MATRIX, COOP.id)
        assert room is not None
        for number in range(3):
            row = storage.outbox.put(MATRIX, Message(()), NOW, room=room.id)
            storage.dispatches.freeze(
                [row], key=f"key-{number}", network=MATRIX, room_id=room.id,
                payload={"text": f"begun {number}", "mentions": []}, private_with=None, file_id=None, now=NOW,
            )  # fmt: skip

    await matrix.database.write(begin)
    matrix.network.script[COOP].append(cut())
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["begun 0", "begun 1", "begun 2"]


async def test_what_intake_claimed_is_carried_without_looking_again(matrix: Bench) -> None:
    async with matrix.running():
        await matrix.delivery.settled()

        def work(storage: Storage) -> object:
            storage.outbox.put(MATRIX, Message((say("hello"),)), NOW, room=1)
            return matrix.delivery.claim(storage)

        claimed = await matrix.database.write(work)
        matrix.delivery.carry(claimed)  # type: ignore[arg-type]
        await matrix.delivery.settled()
    assert len(matrix.network.visible) == 1


async def test_what_was_claimed_in_a_transaction_that_came_to_nothing_waits_as_before(matrix: Bench) -> None:
    def decided(storage: Storage) -> None:
        storage.outbox.put(MATRIX, Message((say("hello"),)), NOW, room=1)
        ana = storage.people.ensure(ANA, "", NOW)
        storage.outbox.put(MATRIX, Message((say("only you"),), private=True), NOW, address=ana.address_id)

    def in_vain(storage: Storage) -> None:
        claimed = matrix.delivery.claim(storage)
        assert claimed is not None
        assert claimed.claims
        assert claimed.errands
        raise StorageFull("no room")

    async with matrix.running(), asyncio.timeout(10):
        await matrix.delivery.settled()
        await matrix.database.write(decided)
        with pytest.raises(StorageFull):
            await matrix.database.write(in_vain)
        matrix.delivery.wake()
        await matrix.delivery.settled()
    assert sorted(text for _, _, text in matrix.network.visible) == ["hello", "only you"]


async def test_nobody_waits_for_what_was_claimed_in_vain(matrix: Bench) -> None:
    """Whoever waits until all is said may have looked while it was claimed."""
    claims, looked = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def in_vain(storage: Storage) -> None:
        storage.outbox.put(MATRIX, Message((say("hello"),)), NOW, room=1)
        claimed = matrix.delivery.claim(storage)
        assert claimed is not None
        assert claimed.claims
        loop.call_soon_threadsafe(claims.set)
        assert looked.wait(10)
        raise StorageFull("no room")

    async with matrix.running(), asyncio.timeout(10):
        await matrix.delivery.settled()
        taking = asyncio.create_task(matrix.database.write(in_vain))
        await claims.wait()
        matrix.delivery._idle.clear()
        matrix.delivery._wake.set()
        for _ in range(3):
            await asyncio.sleep(0)
        assert not matrix.delivery._idle.is_set()
        looked.set()
        with pytest.raises(StorageFull):
            await taking
        await matrix.delivery.settled()
    assert not matrix.network.visible


async def test_nothing_is_claimed_while_nothing_runs(matrix: Bench) -> None:
    await matrix.put(COOP, "hello")
    assert await matrix.database.write(matrix.delivery.claim) is None
    matrix.delivery.carry(None)
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["hello"]


async def test_an_account_that_is_logged_out_ends_delivery(matrix: Bench) -> None:
    matrix.network.script[COOP].append(LoginRefused("logged out"))
    await matrix.put(COOP, "hello")
    await matrix.fails(LoginRefused)
    assert await matrix.states() == ["sending"]
