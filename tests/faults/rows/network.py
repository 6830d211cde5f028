"""What lies between the bot and its server misbehaves."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.faults import troubles
from tests.faults.scene import Stuck

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.scene import Scene
    from tests.faults.troubles import Fault

LASTS = (2.0, 6.0)
"""Seconds that a lasting fault lasts."""
OUTLASTS = (65.0, 75.0)
"""Seconds that one lasts which outlasts the bot's own patience: it waits a minute for an answer, at most."""


async def lasting(run: Scene, make: Callable[[], Fault], *, cut: bool = True) -> None:
    """A fault that lasts a few seconds, while people type; before and after it all is well."""
    await run.arrive()
    await run.signs(run.rng.randint(1, 3), pause=0.1)
    fault = make()
    run.side.proxy.fault = fault
    if cut and run.rng.random() < 0.3:
        run.side.proxy.cut()
    since = time.monotonic()
    typing = asyncio.ensure_future(run.signs(run.rng.randint(3, 8), pause=0.3))
    await asyncio.sleep(run.rng.uniform(*LASTS))
    await typing
    lasted = time.monotonic() - since
    asked = sum(at > since for at in run.side.proxy.requests)
    run.side.proxy.mend()
    run.healed()
    # While nothing can be answered each message to send, the sync and a login may be tried; never in a hot loop.
    if isinstance(fault, troubles.Answered | troubles.Reset | troubles.BlackHole) and asked > 10 + 3 * lasted:
        run.wrong.append(f"{asked} requests in {lasted:.0f} s")


async def once(run: Scene, make: Callable[[], Fault]) -> None:
    """A fault that strikes one message, twice in a run."""
    await run.arrive()
    for _ in range(2):
        fault = make()
        run.side.proxy.fault = fault
        typing = asyncio.ensure_future(run.signs(run.rng.randint(1, 4), pause=0.05))
        try:
            async with asyncio.timeout(120):
                await fault.struck.wait()
        except TimeoutError:
            raise Stuck("the fault found nothing to strike") from None
        await typing
        run.side.proxy.mend()
        run.healed()
        await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")


async def reset(run: Scene) -> None:
    """Connections are reset."""
    await lasting(run, troubles.Reset)


async def black_hole(run: Scene) -> None:
    """Nothing arrives."""
    await lasting(run, troubles.BlackHole, cut=False)


async def black_hole_for_long(run: Scene) -> None:
    """Nothing arrives for longer than the bot waits for an answer, and no connection of that time ever works again."""
    await run.arrive()
    await run.signs(run.rng.randint(1, 3), pause=0.1)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    await run.signs(run.rng.randint(0, 2))  # what is on its way when it begins
    run.side.proxy.fault = troubles.Forgotten()
    since = time.monotonic()
    await run.signs(run.rng.randint(3, 5), pause=1.0)
    await asyncio.sleep(run.rng.uniform(*OUTLASTS))
    lasted = time.monotonic() - since
    if (asked := sum(at > since for at in run.side.proxy.requests)) > 10 + lasted:
        run.wrong.append(f"{asked} requests in {lasted:.0f} s")
    run.side.proxy.mend()
    run.healed()
    await run.settle(120)


async def latency(run: Scene) -> None:
    """Five seconds each way."""
    await lasting(run, troubles.Latency, cut=False)


async def response_lost(run: Scene) -> None:
    """A message is taken, and the answer that says so is lost."""
    await once(run, troubles.ResponseLost)


async def response_lost_then_too_many(run: Scene) -> None:
    """A message is taken, the answer that says so is lost, and whoever asks again is told to wait."""
    await once(run, troubles.ThenTooMany)


async def truncated(run: Scene) -> None:
    """A message is taken, and half of the answer that says so arrives."""
    await once(run, troubles.Truncated)


async def truncated_news(run: Scene) -> None:
    """Half of what is new arrives: of a sync's answer, or of what the room says."""
    which = troubles.is_sync if run.side.network == "matrix" else (lambda _: True)

    def make() -> Fault:
        return troubles.Truncated(which, troubles.is_answer)

    await run.arrive()
    for _ in range(2):
        fault = make()
        run.side.proxy.fault = fault
        if run.side.network == "xmpp":
            fault.sent.update(run.side.proxy.links)  # type: ignore[attr-defined]
        await run.signs(run.rng.randint(1, 4))
        async with asyncio.timeout(120):
            await fault.struck.wait()
        run.side.proxy.mend()
        run.healed()
        await run.until(lambda: set(run.typed) <= set(run.signed()), "signatures")


async def bad_gateway(run: Scene) -> None:
    """A proxy says 502 to everything."""
    await lasting(run, troubles.bad_gateway)


async def too_many(run: Scene) -> None:
    """429 to whatever the bot wants to say."""
    await lasting(run, troubles.too_many)


async def released_late(run: Scene) -> None:
    """A message the bot sent is held on its way; the bot comes back, catches up, and only then it is released."""
    await run.arrive()
    await run.signs(2)
    await run.until(lambda: not run.under_way() and len(run.signed()) == 2, "answers")
    held = troubles.Held()
    run.side.proxy.fault = held
    await run.sign()
    async with asyncio.timeout(120):
        await held.struck.wait()
    run.side.proxy.mend()
    run.healed()
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    await held.release()
    # The server reads in order on each connection, and answers in order in the room: what was released
    # before this is in the room before its answer, if it is ever to be.
    await run.signs(2)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    held.drop()


async def both(run: Scene) -> None:
    """Both networks at once: an answer is lost on each, then neither can be reached. Each gets over it by itself."""
    await run.arrive()
    lost = {network: troubles.ResponseLost() for network in run.sides}
    for network, side in run.sides.items():
        side.proxy.fault = lost[network]
    typing = asyncio.gather(*(run.signs(run.rng.randint(1, 3), network) for network in run.sides))
    async with asyncio.timeout(120):
        await asyncio.gather(*(fault.struck.wait() for fault in lost.values()))
    await typing
    for side in run.sides.values():
        side.proxy.mend()
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    since = time.monotonic()
    # Matrix refuses: in a hole nobody comes back too often, nor to XMPP, where the library itself waits; the control
    # would not fail.
    for network, side in run.sides.items():
        kind = run.rng.choice((troubles.Reset, troubles.BlackHole)) if network == "xmpp" else troubles.Reset
        side.proxy.fault = kind()
        side.proxy.cut()
    await asyncio.gather(*(run.signs(run.rng.randint(3, 6), network, pause=0.5) for network in run.sides))
    await asyncio.sleep(run.rng.uniform(*LASTS))
    lasted = time.monotonic() - since
    for network, side in run.sides.items():
        if (asked := sum(at > since for at in side.proxy.requests)) > 10 + 3 * lasted:
            run.wrong.append(f"{asked} requests to {network} in {lasted:.0f} s")
        side.proxy.mend()
    run.healed()
