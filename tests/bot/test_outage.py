"""One failure is no outage: only a server that goes on failing is asked ever more rarely, and in turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.delivery import outage
from bot.delivery.outage import Outage
from bot.transports.base import Unreachable

if TYPE_CHECKING:
    import pytest


class Server:
    """Fails as often as it is told to, then answers."""

    def __init__(self, failures: int) -> None:
        self.failures, self.asked = failures, 0

    async def __call__(self) -> str:
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise Unreachable("the connection was cut")
        return "answered"


async def asks(away: Outage, server: Server) -> str:
    while True:
        try:
            return await away.ask(server)
        except Unreachable:
            pass


async def test_after_one_failure_everybody_asks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        paused.append(seconds)
        await sleep(0)

    monkeypatch.setattr(outage.asyncio, "sleep", noted)
    away, server = Outage(), Server(1)
    assert await asyncio.gather(*(asks(away, server) for _ in range(3))) == ["answered"] * 3
    assert paused == []
    server.failures = 4
    assert await asks(away, server) == "answered"
    assert len(paused) == 3
    assert all(0.75 * 2**turn <= seconds <= 1.25 * 2**turn for turn, seconds in enumerate(paused))
