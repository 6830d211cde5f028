"""The letter changes in substance while it is signed, on a real Synapse and a real Prosody at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live.test_campaign import exported_on_matrix, signed
from tests.live.town import ORGANISATIONS, town

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

CHANGED = "# Pour les communs\n\nNous demandons la suite, pour dix ans.\n\nLe texte entier.\n"


async def test_a_change_of_substance_asks_every_signatory_again(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(synapse_server, prosody_server, tmp_path) as here:
        await here.bot.start()
        camille, robin, maud = here.matrix["camille"], here.xmpp["robin"], here.matrix["maud"]
        await here.link("robin")
        await camille.say(here.room, "!signer")
        await signed(here, "camille")
        robin.say(here.muc, "!signer")
        await signed(here, "robin")
        await here.matrix["ines"].say(here.room, "!signer")
        await signed(here, "ines")

        # The operator changes the file, and starts the bot again.
        await here.bot.stop()
        (here.folder / "letter.fr.md").write_text(CHANGED)
        await here.bot.start()
        await here.hears("maud", "fr 2", "dix ans", "!lettre majeure", room=here.office)
        # Until that is answered, everybody signs the version before.
        await here.matrix["noor"].say(here.room, "!signer")
        await signed(here, "noor")
        await maud.say(here.office, "!lettre majeure")
        await here.hears("maud", "4 signatures", "!confirmer", room=here.office)
        await maud.say(here.office, "!confirmer")

        asked = await here.hears("camille", "a changé sur le fond", "Version 2 (fr", room=here.room)
        for name in ("camille", "ines", "noor"):
            assert ORGANISATIONS[name] in asked
        assert ORGANISATIONS["robin"] not in asked  # asked in one place: where its people last spoke
        asked = await here.hears("robin", "a changé sur le fond", ORGANISATIONS["robin"])
        assert ORGANISATIONS["camille"] not in asked

        await camille.say(here.room, "!confirmer")
        await here.hears(
            "camille", ORGANISATIONS["camille"], "signe aussi la version 2 (fr)", "1 signature (objectif"
        )
        robin.say(here.muc, "!signer mandat=AG")
        await here.hears(
            "robin", ORGANISATIONS["robin"], "signe aussi la version 2 (fr)", "2 signatures (objectif"
        )
        await here.matrix["ines"].say(here.room, "!statut")
        await here.hears("ines", "2 signatures d'une version antérieure")

        listed = {
            one["organisation"]: one
            for one in await exported_on_matrix(here, await here.matrix_private("maud"))
            if one["standing"] == "signed"
        }
        assert {
            name: (
                listed[ORGANISATIONS[name]]["letter_version"],
                listed[ORGANISATIONS[name]]["letter_current"],
            )
            for name in ("camille", "robin", "ines", "noor")
        } == {"camille": ("2", True), "robin": ("2", True), "ines": ("1", False), "noor": ("1", False)}
        assert listed[ORGANISATIONS["robin"]]["reconfirmed_at"]
        assert listed[ORGANISATIONS["robin"]]["mandate"]["kind"] == "assembly"
        assert len(listed) == 4
        # Once only, over the start in between: nobody was asked twice.
        texts = await maud.texts(here.room, sender=here.bot_id)
        assert sum("a changé sur le fond" in text for text in texts) == 1
        texts = await maud.texts(here.office, sender=here.bot_id)
        assert sum("a changé dans son fichier" in text for text in texts) == 1
