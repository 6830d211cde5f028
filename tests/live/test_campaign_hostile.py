"""Every hostile payload on a real Synapse and a real Prosody in one run: the bot lives, and answers the next line at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.data import hostile_events, hostile_stanzas
from tests.live.gateway import gateway
from tests.live.mischief import Mischief
from tests.live.sealed_person import SealedPerson
from tests.live.stranger import Stranger
from tests.live.xmpp_person import XmppPerson
from tests.live.yard import Yard, yard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Person, Synapse

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

AT_ONCE = 2.0
"""Seconds within which the next line has to be answered, on a machine that is quick enough."""
TIMES = 10
"""At once is, on a slow one, this many times what an answer took before anybody did any harm."""
MOST = 20.0
"""Seconds that nobody calls at once, on any machine."""
MORE_THAN_STRICT = 14
"""Answers in a row that Synapse's default limits would not allow (ten, and one in five seconds)."""
LEAST = 300
"""Payloads that the server of each network has to let through."""
EVENTS = tuple(hostile_events.events())
MESSAGES = tuple(hostile_stanzas.inside_messages())


@dataclass
class Street:
    """Those who sign, those who do harm, and what they do."""

    made: Yard
    mischief: Mischief
    sealed_room: str
    lou: Person
    carla: SealedPerson
    dora: SealedPerson
    eve: Person
    lou_x: XmppPerson
    eve_x: XmppPerson
    stranger: Stranger
    at_once: float = AT_ONCE
    """Seconds within which the next line has to be answered here."""

    async def times_an_answer(self) -> None:
        """See how quick this machine is, while all is well."""
        for number in range(3):
            began = time.monotonic()
            await self._signs_once_on_xmpp(f"Mesure {number}")
            self.at_once = min(MOST, max(self.at_once, TIMES * (time.monotonic() - began)))

    async def shows_a_generous_server(self) -> None:
        """Talk until the bot has seen that this server takes more than a strict one.

        It answers whoever asks at once from then on; before, an answer may wait for company (docs/decisions/0007).
        """
        for number in range(MORE_THAN_STRICT):
            await self.signs_once(self.lou, self.made.room, f"Première {number}")

    async def sign(self, organisation: str) -> None:
        """Somebody signs in the plain Matrix room, and is answered at once."""
        await self._sign_on_matrix(self.lou, self.made.room, organisation)

    async def sign_sealed(self, organisation: str) -> None:
        """The same in the encrypted one."""
        await self._sign_on_matrix(self.dora, self.sealed_room, organisation)

    async def _sign_on_matrix(self, person: Person, room: str, organisation: str) -> None:
        await self._within_what_is_at_once(self.signs_once(person, room, organisation))

    async def signs_once(self, person: Person, room: str, organisation: str) -> None:
        """Somebody on Matrix signs, and is answered, whenever that is."""
        await person.say(room, f"!signer {organisation}")
        await person.wait_for_text(organisation, sender=self.made.ids[0], room=room)

    async def sign_on_xmpp(self, organisation: str) -> None:
        """The same in the XMPP room."""
        await self._within_what_is_at_once(self._signs_once_on_xmpp(organisation))

    async def _signs_once_on_xmpp(self, organisation: str) -> None:
        made, since = self.made, len(self.lou_x.heard)
        self.lou_x.say(made.muc, f"!signer {organisation}")
        await self.lou_x.wait_for(
            lambda each: each.room == made.muc and each.nick in made.nicks and organisation in each.body,
            since=since,
        )

    async def _within_what_is_at_once(self, answered: Awaitable[object]) -> None:
        """Wait for an answer, and no longer."""
        try:
            async with asyncio.timeout(self.at_once):
                await answered
        except TimeoutError:
            said = self.made.bots[0].said()
            raise AssertionError(f"not answered in {self.at_once:g} s:\n{said[-3000:]}") from None

    @property
    def is_alive(self) -> bool:
        process = self.made.bots[0].process
        return process is not None and process.returncode is None


@contextlib.asynccontextmanager
async def street(
    synapse: Synapse, prosody: Prosody, folder: Path, *, without: str = ""
) -> AsyncIterator[Street]:
    async with (
        gateway(synapse.base_url) as between,
        yard(synapse, prosody, folder) as (made, lou, lou_x),
        synapse.somebody(SealedPerson, "Carla") as carla,
        synapse.somebody(SealedPerson, "Dora") as dora,
        synapse.person("Eve") as eve,
        XmppPerson(prosody, f"eve-{made.mark}") as eve_x,
        Stranger(prosody) as stranger,
    ):
        sealed_room = await carla.create_room(public=True, encrypted=True)
        await dora.join(sealed_room)
        for person in (carla, eve):
            await person.join(made.room)
        made.more = [sealed_room, f"xmpp:{stranger.room}"]
        mischief = Mischief(made, between)
        await made.tocsin(0, homeserver=between.base_url, without=without)
        await carla.sees_join(sealed_room, made.ids[0])
        await eve_x.join_room(made.muc, "Eve")
        here = Street(made, mischief, sealed_room, lou, carla, dora, eve, lou_x, eve_x, stranger)
        await here.times_an_answer()
        yield here


def test_they_are_always_the_same() -> None:
    honest: dict[str, Any] = {
        "type": "m.room.message",
        "content": {"body": "x"},
        "event_id": "$x",
        "sender": "@x:example.org",
    }
    first = [json.dumps(one(honest), sort_keys=True) for one in EVENTS]
    assert first == [json.dumps(one(honest), sort_keys=True) for one in hostile_events.events()]
    assert len(set(first)) == len(EVENTS)
    assert tuple(hostile_stanzas.inside_messages()) == MESSAGES
    assert len(set(MESSAGES)) == len(MESSAGES)


async def test_the_bot_lives_and_answers_the_next_line(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with street(synapse_server, prosody_server, tmp_path) as here:
        mischief = here.mischief
        await here.shows_a_generous_server()
        await mischief.events(here.eve, EVENTS)
        await mischief.answers(here.eve, hostile_events.answers())
        await here.sign("Fil Commun")
        await mischief.crypto(here.carla, here.sealed_room, EVENTS[::2])
        await here.sign_sealed("Nuage Libre")
        await mischief.stanzas(here.eve_x, MESSAGES)
        await mischief.strangers(here.stranger, MESSAGES)
        await here.sign_on_xmpp("Racines")
        print("Matrix:", mischief.matrix)  # noqa: T201 - shown by `pytest -rP`
        print("Matrix, encrypted:", mischief.sealed)  # noqa: T201
        print("XMPP:", mischief.xmpp)  # noqa: T201
        assert mischief.matrix.through + mischief.sealed.through >= LEAST
        assert mischief.matrix.refused + mischief.matrix.forged >= LEAST, (
            "which strangers' servers could send"
        )
        assert mischief.xmpp.through >= LEAST
        assert mischief.malformed_crypto > 150
        assert here.is_alive
        assert await here.made.bots[0].stop() == 0
        log = here.made.bots[0].said()
        assert log.count("unreadable event") > 20, "they were looked at"
        assert "Traceback" not in log.replace("an event could not be", ""), log[-3000:]
        assert "a fault" not in log
        assert ": trouble: " not in log, "nobody ends the bot's stream"
        assert " ERROR " not in log, "nor does any library stumble"
        # Nor does any of it keep it from starting again.
        await here.made.bots[0].start()
        await here.sign_sealed("Jardiniers")


async def test_control_a_bot_that_stumbles_over_what_it_reads_stays_silent(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    stumbling = "careful-reading,careful-hearing"
    async with street(synapse_server, prosody_server, tmp_path, without=stumbling) as here:
        await here.signs_once(here.lou, here.made.room, "Fil Commun")
        await here.mischief.events(here.eve, EVENTS[160:220], taken=False)
        unheard = asyncio.create_task(here.signs_once(here.lou, here.made.room, "Nuage Libre"))
        await asyncio.sleep(here.at_once)
        assert here.is_alive
        await here.sign_on_xmpp("Racines")
        await here.mischief.stanzas(here.eve_x, MESSAGES[-65:])
        with pytest.raises(AssertionError, match="not answered"):
            await here.sign_on_xmpp("Hublot")
        assert not unheard.done()
        unheard.cancel()


async def test_control_a_bot_that_stumbles_over_what_it_opens_stays_silent(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with street(synapse_server, prosody_server, tmp_path, without="careful-opening") as here:
        await here.signs_once(here.dora, here.sealed_room, "Fil Commun")
        await here.mischief.crypto(here.carla, here.sealed_room, (), taken=False)
        with pytest.raises(AssertionError, match="not answered"):
            await here.sign_sealed("Nuage Libre")
