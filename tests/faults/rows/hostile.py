"""What strangers send: the bot lives, and the next `!sign` counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.sides import MatrixSide, XmppSide
from tests.live.gateway import gateway
from tests.live.test_matrix_hostile import ODD_MESSAGES, TWISTS, mangled, twisted

if TYPE_CHECKING:
    from tests.faults.scene import Scene

FLOOD = 150
"""Lines said as fast as the server takes them."""
ODD_BODIES = (
    "x" * 64_000,
    "!sign \u202edrowkcab\u2066",
    "!sign " + "é" * 5_000,
    "!" * 2_000,
    "!sign '; DROP TABLE signatures; --",
    "!sign \ufffe\u200b\u0301",
    "`" * 3_000,
    "!poll open " + "a " * 4_000,
)
ODD_STANZAS = (
    "<delay xmlns='urn:xmpp:delay' stamp='not a date'/>",
    "<reactions xmlns='urn:xmpp:reactions:0' id=''/>",
    "<reactions xmlns='urn:xmpp:reactions:0' id='x'><reaction/></reactions>",
    "<reply xmlns='urn:xmpp:reply:0'/>",
    "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='-5' end='x'/></fallback>",
    "<x xmlns='http://jabber.org/protocol/muc#user'><item jid='tocsin@tocsin.test'/></x>",
    "<origin-id xmlns='urn:xmpp:sid:0' id=''/>",
    "<result xmlns='urn:xmpp:mam:2' queryid='x'><forwarded xmlns='urn:xmpp:forward:0'/></result>",
)


async def matrix(run: Scene) -> None:
    """Odd events of one's own server, malformed ones of a stranger's, and a flood."""
    side = run.side
    if not isinstance(side, MatrixSide):
        raise TypeError(side)
    async with gateway(side.synapse.base_url) as between:
        between.twist, between.mangle = twisted, mangled
        side.proxy.behind = ("127.0.0.1", int(between.base_url.rpartition(":")[2]))
        await run.arrive()
        person = side.people[0]
        odd = [content for content, _ in ODD_MESSAGES]
        numbers = list(range(len(TWISTS)))
        run.rng.shuffle(numbers)
        for content in odd:
            await person.send(side.room, content)
        await run.sign()
        for number in numbers:
            await side.say(0, f"twist {number}")
        await run.sign()
        for body in ODD_BODIES[1:]:
            await side.say(1, body)
        await run.sign()
        for number in range(FLOOD):
            await side.say(1, f"blabla {number}")
        await run.settle()
        await run.stop()
        run.ends = True


async def xmpp(run: Scene) -> None:
    """Odd bodies, odd elements, a worn nick, and a flood."""
    side = run.side
    if not isinstance(side, XmppSide):
        raise TypeError(side)
    await run.arrive()
    person = side.people[0]
    for body in ODD_BODIES:
        person.say(side.muc, body.replace("\ufffe", ""))
        if run.rng.random() < 0.3:
            await run.sign()
    for extra in ODD_STANZAS:
        person.say(side.muc, "odd", extra=extra)
        person.chat(side.bot_jid, "odd", extra=extra)
    await run.sign()
    for number in range(FLOOD):
        person.say(side.muc, f"blabla {number}")
    await run.settle()
