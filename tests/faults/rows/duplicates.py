"""The same event comes more than once, or another one pretends to be it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.faults import troubles
from tests.faults.sides import MatrixSide, XmppSide
from tests.live.gateway import gateway

if TYPE_CHECKING:
    from tests.faults.scene import Scene


async def replayed_sync(run: Scene) -> None:
    """Each answer to a sync tells what the one before told, once more."""
    side = run.side
    if not isinstance(side, MatrixSide):
        raise TypeError(side)
    before: dict[str, list[Any]] = {}

    def again(body: bytes) -> bytes:
        answer = json.loads(body)
        for room, part in answer.get("rooms", {}).get("join", {}).items():
            told = part["timeline"]["events"]
            part["timeline"]["events"] = before.get(room, []) + told
            before[room] = told
        return json.dumps(answer).encode()

    async with gateway(side.synapse.base_url) as between:
        between.mangle = again
        side.proxy.behind = ("127.0.0.1", int(between.base_url.rpartition(":")[2]))
        await run.arrive()
        for _ in range(run.rng.randint(5, 9)):
            await run.sign()
            await run.until(lambda: set(run.typed) <= set(run.signed()), "the signature")
        await run.settle()
        await run.stop()
        run.ends = True


async def doubled_stanzas(run: Scene) -> None:
    """The room says everything twice, under the same id."""
    await run.arrive()
    run.side.proxy.fault = troubles.Doubled()
    for _ in range(run.rng.randint(5, 9)):
        await run.sign()
        await run.until(lambda: set(run.typed) <= set(run.signed()), "the signature")
    await run.settle()


async def archive_and_live(run: Scene) -> None:
    """The bot enters the room while people type: what they say comes live and from the archive."""
    await run.arrive()
    for _ in range(2):
        await run.kill()
        typing = asyncio.ensure_future(run.signs(run.rng.randint(12, 20), pause=0.08))
        await run.start()
        await typing


async def same_id(run: Scene) -> None:
    """Two people's messages carry the same id, and each a forged id of the archive."""
    side = run.side
    if not isinstance(side, XmppSide):
        raise TypeError(side)
    await run.arrive()
    forged = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{side.muc}' id='forged'/>"
    for _ in range(run.rng.randint(3, 5)):
        typist, name = run.next_name("xmpp")
        await side.say(typist, f"!sign {name}", message_id="the-same", extra=forged)
        await run.until(lambda: not run.under_way(), "the answer")
