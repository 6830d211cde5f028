"""What people and servers do to the bot's account: a second bot, logged out, kicked, its nick taken."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from tests.faults import troubles
from tests.faults.scene import Stuck
from tests.faults.sides import MatrixSide, XmppSide
from tests.live.matrix_person import Person
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from tests.faults.scene import Scene
    from tests.faults.troubles import Fault


async def two_bots(run: Scene) -> None:
    """A second bot on the same data refuses to start and says who has it; the first one carries on."""
    await run.arrive()
    await run.signs(2)
    first = run.bot
    second = await run.launch()
    run.bot = first
    await run.signs(2)
    try:
        code = await asyncio.wait_for(second.wait(), 90)
    except TimeoutError:
        run.wrong.append("the second one was not refused")
        second.signal(9)  # type: ignore[arg-type]
        await second.wait()
        return
    if code != 1 or first is None or f"(process {first.pid})" not in second.said():
        run.wrong.append(f"the second one ended with {code}: {second.said()[-200:]}")


# --- authentication


async def _all_is_said(run: Scene) -> None:
    """Wait until all is answered: what is under way when a session is ended is left in doubt, and that is told."""
    await run.until(
        lambda: len(run.signed()) == len(run.typed) and not run.under_way(), "what was typed before"
    )


async def hard_logout(run: Scene) -> None:
    """Somebody ends all sessions of the bot's account."""
    await run.arrive()
    await run.signs(2)
    await _all_is_said(run)
    async with _the_account(run) as person:
        await person.call("POST", "logout", "all", body={})
        await _stops(run)
        await run.signs(2)
        await run.start()


async def soft_logout(run: Scene) -> None:
    """The server asks for a new login, which the bot leaves to a person."""
    await run.arrive()
    await run.signs(2)
    body = b'{"errcode":"M_UNKNOWN_TOKEN","error":"again, please","soft_logout":true}'
    run.sides["matrix"].proxy.fault = troubles.Answered("401 Unauthorized", body)
    await run.signs(1, "matrix")
    await _stops(run)
    run.sides["matrix"].proxy.mend()
    await run.start()


async def password_changed(run: Scene) -> None:
    """The account's password is changed; after an operator has put the new one into the config, all is taken."""
    await run.arrive()
    await run.signs(2)
    await _all_is_said(run)
    side = run.side
    password = secrets.token_hex(8)
    if isinstance(side, MatrixSide):
        async with _the_account(run) as person:
            who = {"type": "m.id.user", "user": side.bot_id}
            proof = {"type": "m.login.password", "identifier": who, "password": side.password}
            body = {"new_password": password, "auth": proof, "logout_devices": True}
            await person.call("POST", "account", "password", body=body)
    elif isinstance(side, XmppSide):
        async with XmppPerson(side.prosody, side.bot_jid.partition("@")[0], resource="owner") as owner:
            await owner.change_password(password)
        side.prosody.accounts[side.bot_jid] = password
    await run.signs(1, side.network)
    if isinstance(side, XmppSide):
        # Prosody lets a session live whose password was changed; the next login is what is refused.
        side.proxy.cut()
    await _stops(run)
    await run.signs(2)
    side.password = password  # type: ignore[attr-defined]
    await run.start()


def _the_account(run: Scene) -> Person:
    side = run.sides["matrix"]
    if not isinstance(side, MatrixSide):
        raise TypeError(side)
    return Person(side.synapse.base_url, side.bot_id, side.password)


async def strikes(fault: Fault) -> None:
    """Wait until a fault has found something to strike. Raises Stuck."""
    try:
        async with asyncio.timeout(120):
            await fault.struck.wait()
    except TimeoutError:
        raise Stuck("the fault found nothing to strike") from None


async def _stops(run: Scene) -> None:
    """Wait until the bot says that its login is refused: alone it ends, on two networks the other one is told."""
    stopped = run.bot
    if stopped is None:
        raise RuntimeError("not started")
    run.ends = True
    await run.until(lambda: "login refused" in stopped.said(), "the refused login")
    if len(run.sides) == 1:
        code = await asyncio.wait_for(stopped.wait(), 90)
        if code != 1:
            run.wrong.append(f"it ended with {code}")
    else:
        other = next(side for network, side in run.sides.items() if network != run.side.network)
        for _ in range(900):
            if any("login is refused" in one.text for one in await other.visible()):
                break
            await asyncio.sleep(0.1)
        else:
            run.wrong.append("the campaigners were not told on the other network")
        await run.stop()
    run.ends = False
    run.healed()


# --- membership

BEGUN = """
    SELECT key FROM dispatches WHERE state = 'sending' UNION ALL
    SELECT o.id FROM outbox o JOIN rooms r ON r.id = o.room_id WHERE NOT o.settled AND r.state = 'joined'
"""
"""What leaves now, or may."""


async def kicked(run: Scene) -> None:
    """Kicked: the room is parked and the campaigners told; invited again it comes back, and what is said counts."""
    await _removed(run, ban=False)


async def banned(run: Scene) -> None:
    """Banned, and let in again."""
    await _removed(run, ban=True)


async def _removed(run: Scene, *, ban: bool) -> None:
    await run.arrive()
    await run.signs(2)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    side = run.side
    if isinstance(side, MatrixSide):
        await (side.observer.ban if ban else side.observer.kick)(side.room, side.bot_id)
    elif isinstance(side, XmppSide):
        if ban:
            await side.observer.set_affiliation(side.muc, side.bot_jid, "outcast")
        else:
            await side.observer.kick(side.muc, "tocsin")
    await run.until(lambda: ("parked",) in run.ask("SELECT state FROM rooms"), "the room parked")
    await run.until(lambda: not run.under_way(), "the campaigners told")
    told = [one for one in await side.visible() if one.room in side.office]
    if not told:
        run.wrong.append("the campaigners were not told")
    if isinstance(side, MatrixSide):
        if ban:
            await side.observer.call("POST", "rooms", side.room, "unban", body={"user_id": side.bot_id})
        await side.observer.invite(side.room, side.bot_id)
    elif isinstance(side, XmppSide):
        if ban:
            await side.observer.set_affiliation(side.muc, side.bot_jid, "none")
        side.observer.invite(side.muc, side.bot_jid, direct=True)
    await run.until(run.in_rooms, "the bot back in its room")
    run.healed()
    await run.signs(3)


async def upgraded(run: Scene) -> None:
    """The room is closed in favour of another: parked, the campaigners are told, and the bot goes on in the other one.

    What it was about to answer in the old room is answered in the new one: the server refuses it before the bot knows
    why, or after, or when it comes back, having been down when it happened.
    """
    side = run.side
    if not isinstance(side, MatrixSide):
        raise TypeError(side)
    await run.arrive()
    await run.signs(2)
    await run.until(lambda: not run.under_way() and set(run.typed) <= set(run.signed()), "answers")
    states = "SELECT state FROM rooms WHERE address = ?"
    gates = troubles.Gates()
    side.proxy.fault = gates
    await run.sign()
    await strikes(gates)
    await run.signs(run.rng.randint(0, 2))
    await run.until(lambda: set(run.typed) <= set(run.signed()), "signatures")
    refused = run.rng.choice(("before it is known why", "afterwards", "at the next start"))
    if refused == "at the next start":
        await run.kill()
        await side.upgrade()
        side.proxy.cut()
        side.proxy.mend()
        await run.start()
    elif refused == "afterwards":
        await side.upgrade()
    else:
        gates.news.clear()
        await side.upgrade()
        gates.says.set()
        bot = run.bot
        refusals = ("the room was replaced", "refused: M_FORBIDDEN")
        await run.until(lambda: bot is not None and any(one in bot.said() for one in refusals), "the refusal")
    gates.news.set()
    await run.until(lambda: run.ask(states, side.former[0]) == [("parked",)], "the room parked")
    gates.says.set()
    side.proxy.mend()
    await run.until(lambda: not run.ask(BEGUN), "the campaigners told, and no answer under way")
    told = [one for one in await side.visible() if one.room in side.office]
    if not told:
        run.wrong.append("the campaigners were not told")
    await run.until(lambda: run.ask(states, side.room) == [("joined",)], "the bot in the new room")
    # What moves from one room to the other is given a day to be said there.
    if not run.ask(
        "SELECT o.id FROM outbox o JOIN rooms r ON r.id = o.room_id WHERE address = ? AND expires_at IS NOT NULL",
        side.room,
    ):
        run.wrong.append("no answer moved to the new room: this run proves nothing")
    await run.until(lambda: not run.under_way(), "the answers")
    run.healed()
    await run.signs(3)


async def nick_taken(run: Scene) -> None:
    """Somebody wears the bot's nick: it takes another one, and everything goes on."""
    side = run.side
    if not isinstance(side, XmppSide):
        raise TypeError(side)
    async with XmppPerson(side.prosody, "squatter", resource=side.mark) as squatter:
        await squatter.join_room(side.muc, "tocsin")
        await run.arrive()
        await run.signs(3)
        await run.settle()
        await run.kill()
        await run.signs(2)
        await run.start()
        await run.settle()
