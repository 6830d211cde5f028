"""What encrypted rooms do to a bot: keys that come just before it dies, late, for new devices, or are lost."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING

from tests.faults.scene import BROKEN_WITHIN, SOUND_WITHIN
from tests.faults.sides import SealedSide
from tests.live.sealed_person import SealedPerson

if TYPE_CHECKING:
    from tests.faults.scene import Scene

STEPS = ("before-keys-commit", "after-keys-commit", "before-commit", "cursor", "after-commit")
"""From the keys' arrival to the cursor behind which the server forgets them."""
BOTH = 2


def sealed(run: Scene) -> SealedSide:
    """The run's network."""
    if not isinstance(run.side, SealedSide):
        raise TypeError(run.side)
    return run.side


def new_keys(run: Scene) -> None:
    """What people say next is sealed with keys that the bot has not got."""
    for number in range(BOTH):
        sealed(run).typist(number).outbound.clear()


async def killed_between(run: Scene) -> None:
    """Killed at each step from a key's arrival to the cursor; what is said after it with the same key is read as well."""
    await run.arrive()
    steps = list(STEPS)
    run.rng.shuffle(steps)
    for step in steps:
        await run.kill()
        new_keys(run)
        await run.launch(kill_at=f"{step}:{run.rng.randint(3, 5)}")
        while run.ended is None:
            new_keys(run)
            typed = run.rng.randint(1, 3)
            for _ in range(typed):
                await run.sign()
            await run.until(lambda: run.ended is not None or not_waiting(run), "an answer")
        if run.ended != -signal.SIGKILL:
            run.wrong.append(f"it ended with {run.ended} at {step}")
        run.hits.append(step)
        await run.signs(2)  # with keys that were told before
        await run.start()
        await run.signs(2)
        await run.until(lambda: not_waiting(run), "everything read")


def not_waiting(run: Scene) -> bool:
    """Whether everything that was typed so far is signed, and answered."""
    return set(run.typed) <= set(run.signed()) and not run.under_way()


async def late(run: Scene) -> None:
    """Keys come minutes, and a death or two, after what they open: it is taken then, once."""
    side = sealed(run)
    await run.arrive()
    device = run.ask("SELECT device FROM devices")[0][0]
    for _ in range(run.rng.randint(2, 3)):
        new_keys(run)
        people = [side.typist(number) for number in range(BOTH)]
        for person in people:
            person.refuses = {device}
        before = len(run.typed)
        await run.signs(run.rng.randint(2, 5))
        typed = list(run.typed)[before:]
        await run.until(lambda typed=typed: kept(run) >= len(typed), "events kept")  # type: ignore[misc]
        if run.rng.random() < 0.7:
            await run.kill()
            await run.start()
        for person in people:
            person.refuses = set()
            for session in person.outbound.values():
                person.told[session.session_id] = set()
                await person.tell_key(side.room, person.secrets[session.session_id])
        if run.rng.random() < 0.5:
            await run.kill()
            await run.start()
        await run.until(lambda: not_waiting(run), "everything read")
    if kept(run):
        run.wrong.append(f"{kept(run)} events kept that were read")


def kept(run: Scene) -> int:
    """How many events wait for their key."""
    ((count,),) = run.ask("SELECT count(*) FROM unread_events WHERE read_at IS NULL") or [(0,)]
    return int(count)


async def new_device(run: Scene) -> None:
    """Somebody logs in anew and reads what is answered from then on; who was sent away does not."""
    side = sealed(run)
    await run.arrive()
    await run.signs(2)
    await run.until(lambda: not_waiting(run), "answers")
    observer = side.observer
    async with (
        SealedPerson(observer.base_url, observer.user_id, observer.password) as other,
        side.synapse.somebody(SealedPerson, "leaving") as leaving,
    ):
        await leaving.join(side.room)
        await run.signs(2)
        await run.until(lambda: not_waiting(run), "answers")
        await leaving.sync()
        if not any(event.get("sealed") for event in leaving.timeline if event["sender"] == side.bot_id):
            run.wrong.append("somebody who came cannot read the answers")
        await observer.kick(side.room, leaving.user_id)
        await run.signs(2)
        await run.until(lambda: not_waiting(run), "answers")
        mine = [event for event in await other.history(side.room) if event["sender"] == side.bot_id]
        if not any(event.get("sealed") for event in mine[-1:]):
            run.wrong.append("a new device cannot read the last answer")
        session = [event for event in await observer.history(side.room) if event["sender"] == side.bot_id][-1]
        await leaving.sync()
        if (side.room, session["session_id"]) in leaving.keys:
            run.wrong.append("who was sent away was told the key")


async def lost_store(run: Scene) -> None:
    """The keys' folder is gone: the bot begins anew as a new device, says so once, and is understood again."""
    side = sealed(run)
    await run.arrive()
    await run.signs(3)
    await run.until(lambda: not_waiting(run), "answers")
    await run.stop()
    before = run.ask("SELECT device FROM devices")
    shutil.rmtree(run.folder / "data" / "keys")
    await run.start(BROKEN_WITHIN if run.safeguard else SOUND_WITHIN)
    if run.ask("SELECT device FROM devices") == before:
        run.wrong.append("it is the same device")
    await run.signs(3)
    await run.until(lambda: not_waiting(run), "answers")
    told = [seen.text for seen in await side.visible() if "keys for encrypted rooms are lost" in seen.text]
    if len(told) != 1:
        run.wrong.append(f"the campaigners were told {len(told)} times")
