"""One campaign on a real Synapse and a real Prosody at once, from the letter to the list, over a kill -9."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.town import ON_MATRIX, ON_XMPP, ORGANISATIONS, town

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse
    from tests.live.town import Town

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

MATRIX_THREE, XMPP_THREE = ON_MATRIX[:3], ON_XMPP[:3]


async def exported_on_matrix(here: Town, room: str) -> list[dict[str, Any]]:
    """Ask for the list in the administrator's private chat on Matrix, and read the file."""
    maud = here.matrix["maud"]
    seen = len(maud.timeline)
    await maud.say(room, "!exporter json")
    event = await maud.wait_for(
        lambda event: (
            event in maud.timeline[seen:]
            and event["room_id"] == room
            and event["content"].get("msgtype") == "m.file"
        )
    )
    return list(json.loads(await maud.download(event["content"]["url"]))["signatories"])


async def exported_on_xmpp(here: Town) -> list[dict[str, Any]]:
    """Ask for the list in the administrator's private chat on XMPP, and read the file."""
    maud = here.xmpp["maud-x"]
    since = len(maud.heard)
    maud.chat(here.bot_jid, "!exporter json")
    heard = await maud.wait_for(lambda each: each.room == here.bot_jid and bool(each.file_url), since=since)
    return list(json.loads(await maud.download(heard.file_url))["signatories"])


async def signed(here: Town, name: str) -> None:
    """Wait until somebody sees that their organisation has signed."""
    await here.hears(name, ORGANISATIONS[name], "a signé")


async def six_sign(here: Town) -> None:
    """Six organisations sign, three from each room; where the room hides who they are, people link first."""
    for name in XMPP_THREE:
        await here.link(name)
    for name in MATRIX_THREE:
        await here.matrix[name].say(here.room, "!signer rôle=trésorière mandat=AG")
        await signed(here, name)
    for name in XMPP_THREE:
        here.xmpp[name].say(here.muc, "!signer mandat=conseil d’administration")
        await signed(here, name)


async def one_poll(here: Town) -> None:
    """One poll with votes from both networks, closed by a campaigner, its outcome said in both rooms."""
    await here.matrix["maud"].say(
        here.office, "!scrutin ouvrir majorite Le collectif signe-t-il ? cloture=2h"
    )
    await here.hears("maud", "Le collectif signe-t-il ?", "!confirmer")
    await here.matrix["maud"].say(here.office, "!confirmer")
    await here.hears("camille", "Le collectif signe-t-il ?")
    await here.hears("robin", "Le collectif signe-t-il ?")
    for name in MATRIX_THREE:
        await here.matrix[name].say(here.room, "!voter pour")
    for name in XMPP_THREE:
        here.xmpp[name].say(here.muc, "!voter contre" if name == "sam" else "!voter pour")
    for name in (*MATRIX_THREE, *XMPP_THREE):
        await here.hears(name, ORGANISATIONS[name], "Scrutin 1")
    await here.matrix["maud"].say(here.office, "!scrutin clore 1")
    await here.hears("maud", "Clore le scrutin 1", "!confirmer")
    await here.matrix["maud"].say(here.office, "!confirmer")
    for name in ("camille", "robin"):
        await here.hears(name, "Scrutin 1", "adopté.", "pour 5, contre 1")


async def the_silent_one_is_reminded(here: Town) -> None:
    """The two late ones put their answer off; an hour before the deadline the silent one is reminded, alone.

    The deadline is set by a campaigner once they have: that hour begins in a few seconds, however long all took.
    """
    await here.matrix["lea"].say(here.room, "!enreflexion dans 9 jours")
    await here.hears("lea", ORGANISATIONS["lea"])
    await here.link("lou")
    here.xmpp["lou"].say(here.muc, "!enreflexion dans 9 jours")
    await here.hears("lou", ORGANISATIONS["lou"])
    await here.matrix["maud"].say(here.office, "!echeance dans 3610 s")
    await here.hears("maud", "L'échéance est", "Prochain rappel", room=here.office)
    reminder = await here.hears("camille", "🔔", ORGANISATIONS[""], timeout=120)
    assert not [one for person, one in ORGANISATIONS.items() if person and one in reminder]


async def the_list_holds_six(here: Town, private: str) -> None:
    """The list, asked for in private on each network: all six once, with all that is known of each."""
    for listed in (await exported_on_matrix(here, private), await exported_on_xmpp(here)):
        signatures = [one for one in listed if one["standing"] == "signed"]
        assert sorted(one["organisation"] for one in signatures) == sorted(
            ORGANISATIONS[name] for name in (*MATRIX_THREE, *XMPP_THREE)
        )
        for one in signatures:
            assert one["network"] in ("matrix", "xmpp")
            assert one["person"]
            assert one["signed_at"]
            assert one["level"] == "confirmed"
            assert one["letter_version"] == "1"
            assert one["mandate"]["kind"] in ("assembly", "board")
        assert {one["network"] for one in signatures} == {"matrix", "xmpp"}


async def two_sign_while_it_is_down(here: Town) -> None:
    """Killed; two more sign meanwhile; started again: both are answered."""
    await here.bot.stop(signal.SIGKILL)
    await here.matrix["lea"].say(here.room, "!signer")
    here.xmpp["lou"].say(here.muc, "!signer")
    await here.bot.start()
    await signed(here, "lea")
    await signed(here, "lou")


async def it_is_over(here: Town) -> None:
    """A campaigner ends the campaign: both rooms hear it in one line, and nobody signs any more."""
    await here.matrix["maud"].say(here.office, "!campagne clore")
    await here.hears("maud", "Terminer", "!confirmer")
    await here.matrix["maud"].say(here.office, "!confirmer")
    for name in ("camille", "robin"):
        await here.hears(name, "🏁", "est terminée", "8 signatures")
    here.xmpp["robin"].say(here.muc, "!signer")
    await here.hears("robin", "est terminée depuis le")


async def test_a_campaign_from_the_letter_to_the_list(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(synapse_server, prosody_server, tmp_path, reminders=("1h",)) as here:
        await here.bot.start()
        for name in (*MATRIX_THREE, *XMPP_THREE):
            await here.hears(name, "!aide")  # it came in, and said who it is
        await here.matrix["maud"].say(here.office, "!relayer")
        for name in (*MATRIX_THREE, *XMPP_THREE):
            await here.hears(name, "Pour les communs", "Nous demandons la suite.")
        await six_sign(here)
        await one_poll(here)
        await the_silent_one_is_reminded(here)
        private = await here.matrix_private("maud")
        await the_list_holds_six(here, private)
        await two_sign_while_it_is_down(here)

        listed = await exported_on_matrix(here, private)
        assert sum(one["standing"] == "signed" for one in listed) == 8
        assert len(listed) == len(ORGANISATIONS)
        # What everybody saw, counted by somebody who only watched: each answer once.
        seen = await here.matrix["maud"].texts(here.room, sender=here.bot_id)
        for name in (*MATRIX_THREE, "lea"):
            assert sum(ORGANISATIONS[name] in text and "a signé" in text for text in seen) == 1
        assert sum("🔔" in text for text in seen) == 1
        watched = here.xmpp["maud-x"].heard
        heard = [each.body for each in watched if each.room == here.muc and each.nick == here.nick]
        for name in (*XMPP_THREE, "lou"):
            assert sum(ORGANISATIONS[name] in text and "a signé" in text for text in heard) == 1
        # In one place: nobody ever spoke for it, so in the first room listed.
        assert sum("🔔" in text for text in heard) == 0
        await it_is_over(here)
        assert await exported_on_matrix(here, private) == listed
        assert await exported_on_xmpp(here) == listed


async def test_a_worn_name_signs_for_nobody(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(synapse_server, prosody_server, tmp_path) as here:
        await here.bot.start()
        # Ines wears the administrator's display name, then a representative's; Alex the nicks.
        ines, alex = here.matrix["ines"], here.xmpp["alex"]
        await ines.set_displayname("Maud")
        for command in (
            "!relayer",
            "!echeance 2099-01-01",
            "!scrutin ouvrir majorite Ou bien ?",
            "!exporter csv",
        ):
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

        listed = {
            one["organisation"]: one
            for one in await exported_on_matrix(here, await here.matrix_private("maud"))
        }
        for name in ("Nuage Libre", "Le Fil Commun"):
            assert listed[name]["level"] == "declared"
            assert listed[name]["standing"] == "declared"
        assert not [one for one in listed.values() if one["level"] in ("confirmed", "verified")]
        assert not await here.matrix["maud"].texts(here.room, sender=here.bot_id) or not any(
            "Ou bien" in text for text in await here.matrix["maud"].texts(here.room, sender=here.bot_id)
        )
