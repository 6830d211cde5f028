"""Who is believed, on both real servers: by their domain, through a room that hides them, by a colleague, in a dispute."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.town import town

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse
    from tests.live.town import Town

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

OWN = "https://www.tocsin.test"
"""The site of an organisation whose own servers these two are."""
ROSTER = """name,aliases,website,representatives
Nuage Libre,,{own},
Jardiniers du Web,,{own},
Le Fil Commun,,{own},
Serveur du Coin,,https://ailleurs.example,
Phare Ouest,,https://tocsin.test/membres/phare,
"""


async def exported(here: Town, private: str) -> dict[str, dict[str, Any]]:
    """The list as a campaigner gets it, by organisation."""
    maud = here.matrix["maud"]
    seen = len(maud.timeline)
    await maud.say(private, "!exporter json")
    event = await maud.wait_for(
        lambda event: (
            event in maud.timeline[seen:]
            and event["room_id"] == private
            and event["content"].get("msgtype") == "m.file"
        )
    )
    listed = json.loads(await maud.download(event["content"]["url"]))["signatories"]
    return {one["organisation"]: one for one in listed}


async def test_who_is_believed(synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path) -> None:
    assert synapse_server.server_name == prosody_server.domain == "tocsin.test"
    async with town(
        synapse_server,
        prosody_server,
        tmp_path,
        roster=ROSTER.format(own=OWN),
        settings="second_person = true",
    ) as here:
        await here.bot.start()
        camille, ines, maud = here.matrix["camille"], here.matrix["ines"], here.matrix["maud"]
        robin = here.xmpp["robin"]
        await here.hears("camille", "!aide")
        await here.hears("robin", "!aide")

        # Domain proof on Matrix; a second person of the organisation, also known by the domain alone.
        await camille.say(here.room, "!signer Nuage Libre")
        await here.hears("camille", "Nuage Libre", "deuxième personne")
        private = await here.matrix_private("maud")
        waiting = (await exported(here, private))["Nuage Libre"]
        assert (waiting["level"], waiting["standing"]) == ("confirmed", "signed")
        await camille.say(here.room, "!confirmer Nuage Libre")
        await here.hears("camille", "C'est vous qui avez signé")
        await ines.say(here.room, "!confirmer Nuage Libre")
        await here.hears("ines", "✅", "Nuage Libre", "1 signature (objectif")

        # Domain proof on XMPP, where the account shows.
        robin.chat(here.bot_jid, "!signer Jardiniers du Web")
        await here.hears("robin", "Jardiniers du Web", "deuxième personne")

        # In a room that hides who they are: nothing is proven until the account has said who the occupant is.
        lou = here.xmpp["lou"]
        lou.say(here.muc, "!signer Le Fil Commun")
        await here.hears("lou", "Avez-vous qualité", "tocsin.test")
        await here.link("lou")
        lou.say(here.muc, "!signer Le Fil Commun")
        await here.hears("lou", "Le Fil Commun", "deuxième personne")

        # Neither another domain nor a page below somebody else's proves anything.
        for name in ("Serveur du Coin", "Phare Ouest"):
            await here.matrix["noor"].say(here.room, f"!signer {name}")
            await here.hears("noor", "Avez-vous qualité", name)

        # A dispute, and what a campaigner makes of it.
        await here.link("alex")
        here.xmpp["alex"].say(here.muc, "!contester Nuage Libre le bureau n'en sait rien")
        await here.hears("alex", "Nuage Libre", "contestez")
        await here.hears("maud", "conteste la signature", "le bureau n'en sait rien", room=here.office)
        await here.hears("camille", "Camille", "contestée", room=here.room)
        assert (await exported(here, private))["Nuage Libre"]["disputed"] is True
        await maud.say(here.office, "!contestations")
        await here.hears("maud", "1 contestation ouverte", "n° 1", room=here.office)
        await maud.say(here.office, "!verifier 1")
        await here.hears("alex", "la contestation est close")

        listed = await exported(here, private)
        assert {name: one["level"] for name, one in listed.items() if one["level"]} == {
            "Nuage Libre": "verified",
            "Jardiniers du Web": "confirmed",
            "Le Fil Commun": "confirmed",
        }
        assert not any(one["disputed"] for one in listed.values())
        # Revoked, the domain gives nothing back.
        await maud.say(here.office, f"!org revoquer {ines.user_id} Nuage Libre")
        await here.hears("maud", ines.user_id, "ne parle plus", room=here.office)
        await ines.say(here.room, "!retirer Nuage Libre")
        await here.hears("ines", "Je ne sais pas si vous pouvez parler pour Nuage Libre")
