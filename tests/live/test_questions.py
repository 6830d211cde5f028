"""One question on a real Synapse and a real Prosody: asked on both, waited for, answered once in each over restarts."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.live.town import ORGANISATIONS, town

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

ANSWER = "À de petites équipes"


async def test_an_organisation_waits_for_what_another_network_asked(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(synapse_server, prosody_server, tmp_path) as here:
        camille, maud, robin = here.matrix["camille"], here.matrix["maud"], here.xmpp["robin"]
        await here.bot.start()
        await here.hears("camille", "!aide")
        await here.hears("robin", "!aide")
        await camille.say(here.room, "!question Où va l'argent ?")
        await here.hears("camille", "question 1")
        await here.hears("maud", "Où va l'argent ?", "!répondre 1", room=here.office)
        await here.link("robin")
        robin.say(here.muc, "!question Bonjour, où va l’argent svp ?")
        await here.hears("robin", "C'est la question 1", "encore ouverte")
        robin.say(here.muc, "!enréflexion question=1")
        await here.hears("robin", ORGANISATIONS["robin"], "attend la réponse à la question 1")

        await here.bot.stop(signal.SIGKILL)
        await here.bot.start()
        await maud.say(here.office, f"!répondre 1 {ANSWER} source=https://example.org/comptes")
        await here.hears("maud", "La question 1 a sa réponse.", room=here.office)
        await here.hears("camille", ANSWER, "https://example.org/comptes", room=here.room)
        told = await here.hears("robin", ANSWER, "https://example.org/comptes")
        assert f"{ORGANISATIONS['robin']}\N{NO-BREAK SPACE}: vous attendiez cette réponse." in told

        await here.bot.stop(signal.SIGKILL)
        await here.bot.start()
        robin.say(here.muc, "!contexte 9")
        await here.hears("robin", "pas de question 9")
        await camille.say(here.room, "!contexte 9")
        await here.hears("camille", "pas de question 9")
        # What everybody saw, counted by somebody who only watched: the answer once in each room.
        seen = await maud.texts(here.room, sender=here.bot_id)
        assert sum(ANSWER in text for text in seen) == 1
        heard = [each.body for each in here.xmpp["maud-x"].heard if each.room == here.muc]
        assert sum(ANSWER in body for body in heard if "!" not in body[:1]) == 1
