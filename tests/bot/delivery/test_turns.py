"""Whose turn it is: who is told a lot lets those pass who are told a little, and nobody is told the same twice over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bot.delivery import gathering
from campaign.chat import MATRIX
from tests.bot.delivery.bench import MATRIX_FRIEND
from tests.bot.scripted import ANA, COOP

if TYPE_CHECKING:
    from tests.bot.delivery.bench import Bench


async def test_who_is_told_a_lot_lets_those_pass_who_are_told_a_little(matrix: Bench) -> None:
    gate = asyncio.Event()
    matrix.network.script[COOP].append(gate)
    await matrix.put(COOP, "first")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        await matrix.put(COOP, *(f"to Ana {number}" for number in range(100)), to=ANA)
        await matrix.put(COOP, "to the friend", "to the friend again", to=MATRIX_FRIEND)
        await matrix.put(COOP, "to all")
        gate.set()
        await matrix.delivery.settled()
    lines = [line for text in matrix.network.texts(COOP) for line in text.split("\n")]
    assert lines[:6] == [
        "first",
        "to the friend",
        "to the friend again",
        "to all",
        "to Ana 0",
        "to Ana 1",
    ]
    assert [line for line in lines if "Ana" in line] == [f"to Ana {n}" for n in range(100)]


async def test_control_who_is_told_a_little_waits_for_their_turn(matrix: Bench) -> None:
    await matrix.put(COOP, "to Ana", "to Ana again", to=ANA, purpose="letter:1")
    await matrix.put(COOP, "to the friend", to=MATRIX_FRIEND)
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["to Ana", "to Ana again", "to the friend"]


async def test_who_is_told_a_lot_in_messages_of_their_own_lets_others_pass_all_along(matrix: Bench) -> None:
    gates = [asyncio.Event(), asyncio.Event(), asyncio.Event()]
    matrix.network.script[COOP].extend(gates)
    await matrix.put(COOP, *(f"to Ana {number}" for number in range(20)), to=ANA, purpose="letter:1")
    async with matrix.running():
        for number, gate in enumerate(gates):
            await matrix.network.until(lambda number=number: len(matrix.network.attempts) == number + 1)
            if number == 1:
                await matrix.put(COOP, "to the friend", to=MATRIX_FRIEND)
            gate.set()
        await matrix.delivery.settled()
    assert matrix.network.texts(COOP).index("to the friend") == 2


async def test_what_somebody_would_be_told_again_is_said_once(matrix: Bench) -> None:
    await matrix.put(COOP, *["the status"] * 50, to=ANA)
    await matrix.put(COOP, "the status", to=MATRIX_FRIEND)
    await matrix.settle()
    assert "\n".join(matrix.network.texts(COOP)).count("the status") == 2
    assert await matrix.query("SELECT count(DISTINCT dispatch_key) FROM outbox") == ["1"]
    assert await matrix.query("SELECT count(*) FROM outbox WHERE NOT settled") == ["0"]


@pytest.mark.parametrize(
    ("told", "more"),
    [
        (["signed", "withdrawn", "signed"], {"to": ANA}),
        (["a question", "a question"], {"to": ANA, "purpose": "prompt:1"}),
        (["to all", "to all"], {}),
    ],
)
async def test_control_what_is_no_repetition_is_said_as_often_as_it_was_decided(
    matrix: Bench, told: list[str], more: dict[str, object]
) -> None:
    await matrix.put(COOP, *told, **more)
    await matrix.settle()
    lines = [line for text in matrix.network.texts(COOP) for line in text.split("\n")]
    assert lines == told


async def test_what_is_too_long_to_leave_with_anything_is_alone_and_nothing_behind_it_is_read(
    matrix: Bench,
) -> None:
    long = "so many names " * 4000
    await matrix.put(COOP, long, f"{long}once more", "short", "short too", to=ANA)
    rows = await matrix.database.read(lambda storage: storage.outbox.waiting(MATRIX))
    first, *behind = rows
    assert gathering.together(rows, 20) == [first]
    assert not any("message" in vars(row) for row in behind)
    assert gathering.together(behind[1:], 20) == behind[1:]
    await matrix.settle()
    told = matrix.network.texts(COOP)
    assert [len(text) > 40_000 for text in told] == [True, True, False]
    assert told[2] == "short\nshort too"
