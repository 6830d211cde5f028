"""One campaign on a real Synapse and a real Prosody at once, from the letter to the list, over a kill -9."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.town import ON_MATRIX, ON_XMPP, ORGANISATIONS, town

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse
    from tests.live.town import Town

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

MATRIX_THREE, XMPP_THREE = ON_MATRIX[:3], ON_XMPP[:3]


async def exported_on_matrix(here: Town, room: str) -> list[dict[str, Any]]:
    """Ask for the list in the administrator's private chat on Matrix, and read the file."""
    maud = here.matrix["maud"]
    seen = len(maud.timeline)
    await maud.say(room, "!exporter json")
    event = await maud.wait_for(
        lambda event: event in maud.timeline[seen:] and event["room_id"] == room and event["content"].get("msgtype") == "m.file"
    )
    return list(json.loads(await maud.download(event["content"]["url"]))["signatories"])


async def exported_on_xmpp(here: Town) -> list[dict[str, Any]]:
    """Ask for the list in the administrator's private chat on XMPP, and read the file."""
    maud = here.xmpp["maud-x"]
    since = len(maud.heard)
    maud.chat(here.bot_jid, "!exporter json")
    heard = await maud.wait_for(lambda each: each.room == here.bot_jid and bool(each.file_url), since=since)
    return list(json.loads(await maud.download(heard.file_url))["signatories"])


async def test_a_campaign_from_the_letter_to_the_list(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(synapse_server, prosody_server, tmp_path, deadline=timedelta(minutes=2, seconds=45)) as here:
        await here.bot.start()

        # The letter is relayed by a campaigner, and everybody sees it.
        await here.matrix["maud"].say(here.office, "!relayer")
        for name in (*MATRIX_THREE, *XMPP_THREE):
            await here.hears(name, "Pour les communs", "Nous demandons la suite.")

        # Six organisations sign: three from each room. In the room that hides who they are, people link first.
        for name in XMPP_THREE:
            await here.link(name)
        for name in MATRIX_THREE:
            await here.matrix[name].say(here.room, "!signer rôle=trésorière mandat=AG")
            await here.hears(name, ORGANISATIONS[name], "signé")
        for name in XMPP_THREE:
            here.xmpp[name].say(here.muc, "!signer mandat=conseil d’administration")
            await here.hears(name, ORGANISATIONS[name], "signé")

        # One poll, votes from both networks.
        await here.matrix["maud"].say(here.office, "!scrutin ouvrir majorite Le collectif signe-t-il ? cloture=2h")
        await here.hears("camille", "Le collectif signe-t-il ?")
        await here.hears("robin", "Le collectif signe-t-il ?")
        for name in MATRIX_THREE:
            await here.matrix[name].say(here.room, "!voter pour")
        for name in XMPP_THREE:
            here.xmpp[name].say(here.muc, "!voter contre" if name == "sam" else "!voter pour")
        await here.hears("maud", "6 ")
        await here.matrix["maud"].say(here.office, "!scrutin clore 1")
        closed = await here.hears("robin", "Scrutin 1", "adopté")
        assert "5" in closed
        assert "1" in closed

        # The two late ones put their answer off, so that one organisation alone stays silent.
        await here.matrix["lea"].say(here.room, "!enreflexion dans 9 jours")
        await here.hears("lea", ORGANISATIONS["lea"])
        await here.link("lou")
        here.xmpp["lou"].say(here.muc, "!enreflexion dans 9 jours")
        await here.hears("lou", ORGANISATIONS["lou"])

        # Two minutes before the deadline, the silent one is reminded, and it alone.
        reminder = await here.hears("camille", "🔔", ORGANISATIONS[""], timeout=120)
        for name, organisation in ORGANISATIONS.items():
            if name:
                assert organisation not in reminder

        # The list, asked for in private on each network.
        private = await here.matrix_private("maud")
        for listed in (await exported_on_matrix(here, private), await exported_on_xmpp(here)):
            signed = [one for one in listed if one["standing"] == "signed"]
            assert sorted(one["organisation"] for one in signed) == sorted(
                ORGANISATIONS[name] for name in (*MATRIX_THREE, *XMPP_THREE)
            )
            for one in signed:
                assert one["network"] in ("matrix", "xmpp")
                assert one["person"]
                assert one["signed_at"]
                assert one["level"] == "confirmed"
                assert one["letter_version"] == "1"
                assert one["mandate"]["kind"] in ("assembly", "board")
            assert {one["network"] for one in signed} == {"matrix", "xmpp"}

        # Killed; two more sign meanwhile; started again: both are counted and answered, nobody twice.
        await here.bot.stop(signal.SIGKILL)
        await here.matrix["lea"].say(here.room, "!signer")
        here.xmpp["lou"].say(here.muc, "!signer")
        await here.bot.start()
        await here.hears("lea", ORGANISATIONS["lea"], "signé")
        await here.hears("lou", ORGANISATIONS["lou"], "signé")
        listed = await exported_on_matrix(here, private)
        assert sum(one["standing"] == "signed" for one in listed) == 8
        assert len(listed) == len(ORGANISATIONS)

        # What everybody saw, counted by somebody who only watched.
        seen = await here.matrix["maud"].texts(here.room, sender=here.bot_id)
        for name in (*MATRIX_THREE, "lea"):
            assert sum(ORGANISATIONS[name] in text and "a signé" in text for text in seen) == 1
        assert sum("🔔" in text for text in seen) == 1
        heard = [each.body for each in here.xmpp["maud-x"].heard if each.room == here.muc and each.nick == here.nick]
        for name in (*XMPP_THREE, "lou"):
            assert sum(ORGANISATIONS[name] in text and "a signé" in text for text in heard) == 1


async def test_a_worn_name_signs_for_nobody(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(synapse_server, prosody_server, tmp_path) as here:
        await here.bot.start()
        # Ines wears the administrator's display name, then a representative's; Alex the nicks.
        ines, alex = here.matrix["ines"], here.xmpp["alex"]
        await ines.set_displayname("Maud")
        for command in ("!relayer", "!echeance 2099-01-01", "!scrutin ouvrir majorite Ou bien ?", "!exporter csv"):
            await ines.say(here.room, command)
        for _ in range(4):
            await here.hears("ines", "animat")
        await ines.set_displayname("Camille")
        await ines.say(here.room, "!signer Nuage Libre")
        await here.hears("ines", "Nuage Libre", "!confirmer")
        await ines.say(here.room, "!confirmer")
        await here.hears("ines", "Nuage Libre", "déclar")

        await here.xmpp["maud-x"].leave_room(here.muc)
        await alex.leave_room(here.muc)
        await alex.join_room(here.muc, "Maud-X")
        alex.say(here.muc, "!relayer")
        await here.hears("alex", "animat")
        await here.xmpp["robin"].leave_room(here.muc)
        await alex.leave_room(here.muc)
        await alex.join_room(here.muc, "Robin")
        alex.say(here.muc, "!signer Le Fil Commun")
        await here.hears("alex", "Le Fil Commun", "!confirmer")
        alex.say(here.muc, "!confirmer")
        await here.hears("alex", "Le Fil Commun", "déclar")

        listed = {one["organisation"]: one for one in await exported_on_matrix(here, await here.matrix_private("maud"))}
        for name in ("Nuage Libre", "Le Fil Commun"):
            assert listed[name]["level"] == "declared"
            assert listed[name]["standing"] == "declared"
        assert not [one for one in listed.values() if one["level"] in ("confirmed", "verified")]
        assert not await here.matrix["maud"].texts(here.room, sender=here.bot_id) or not any(
            "Ou bien" in text for text in await here.matrix["maud"].texts(here.room, sender=here.bot_id)
        )
