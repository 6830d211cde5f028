"""It is shown that an answer is being written where somebody waits for it, and only if that takes long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.delivery import composing
from bot.transports.base import Limited
from tests.bot.scripted import ANA, COOP, TEAM

if TYPE_CHECKING:
    from tests.bot.delivery.bench import Bench

ON, OFF = ("compose", COOP.id, "on"), ("compose", COOP.id, "off")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "AFTER", 0.05)


def shown(bench: Bench) -> list[tuple[str, ...]]:
    return [act for act in bench.network.acts if act[0] == "compose"]


async def test_a_slow_server_is_waited_for_visibly(matrix: Bench) -> None:
    slow = asyncio.Event()
    matrix.network.script[COOP].append(slow)
    await matrix.put(COOP, "the answer", to=ANA, reply_to="$asked")
    async with matrix.running():
        await matrix.network.until(lambda: shown(matrix) == [ON])
        slow.set()
        await matrix.network.until(lambda: shown(matrix) == [ON, OFF])
        await asyncio.wait_for(matrix.delivery.settled(), 10)
    assert matrix.network.texts(COOP) == ["the answer"]
    assert shown(matrix) == [ON, OFF]


async def test_who_waits_for_the_servers_leave_sees_it_too(matrix: Bench) -> None:
    matrix.network.script[COOP].append(Limited(0.3))
    await matrix.put(COOP, "the answer", to=ANA, reply_to="$asked")
    async with matrix.running():
        await matrix.network.until(lambda: matrix.network.texts(COOP) == ["the answer"])
        # Where it takes the database long to let it wait again, it was shown meanwhile as well.
        await matrix.network.until(lambda: shown(matrix)[-2:] == [ON, OFF])


async def test_nothing_is_shown_where_nobody_asked_or_nobody_waits(
    matrix: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composing, "AFTER", 60.0)  # whatever this machine takes is soon
    slow = asyncio.Event()
    matrix.network.script[TEAM].append(slow)
    await matrix.put(TEAM, "an announcement")
    async with matrix.running():
        await matrix.put(COOP, "an answer", to=ANA, reply_to="$asked")
        await matrix.network.until(lambda: matrix.network.texts(COOP) == ["an answer"])
        async with asyncio.timeout(10):
            while matrix.delivery._composing._rooms:  # noqa: ASYNC110 - nor would it be shown later, but nobody is told so
                await asyncio.sleep(0.01)
        slow.set()
        await asyncio.wait_for(matrix.delivery.settled(), 10)
    assert not shown(matrix)


async def test_it_is_shown_no_more_once_the_network_is_left(matrix: Bench) -> None:
    matrix.network.script[COOP].append(asyncio.Event())
    await matrix.put(COOP, "the answer", to=ANA, reply_to="$asked")
    async with matrix.running():
        await matrix.network.until(lambda: shown(matrix) == [ON])
    assert shown(matrix) == [ON, OFF]
