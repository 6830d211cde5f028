"""matrix-js-sdk with its Rust encryption, on a real Synapse: signing, voting and an export where everything is sealed."""

from __future__ import annotations

import base64
import csv
import io
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from tests.foreign.client import Client
from tests.foreign.house import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.synapse import Synapse

pytestmark = pytest.mark.foreign

POLL_START = "org.matrix.msc3381.poll.start"
NO_SHIELD = 0
"""What a client shows beside a message of which nothing is to be said: sent by a device that its owner signed."""


class Somebody(Client):
    """Somebody at matrix-js-sdk."""

    def __init__(self, server: Synapse, *, isolated: bool) -> None:
        super().__init__("matrix.mjs")
        self._server, self._isolated = server, isolated
        self.id = ""

    async def log_in(self, name: str) -> None:
        self.id, password = await self._server.register(
            f"{name}-{secrets.token_hex(3)}", displayname=name.title()
        )
        home = self._server.base_url
        started = await self.do(
            "start", homeserver=home, user=self.id, password=password, isolated=self._isolated
        )
        assert "Rust" in started["crypto"]

    async def sees(self, room: str, sender: str, *parts: str, kind: str = "m.room.message") -> dict[str, Any]:
        """Wait for what they can read of somebody in a room, sealed and by a device that is not shunned."""
        seen = await self.wait_for(
            lambda one: (
                (one["room"], one["sender"], one["type"]) == (room, sender, kind)
                and all(part in str(one["content"].get("body", "")) for part in parts)
            )
        )
        assert seen["encrypted"]
        assert (seen["failure"], seen["shield"], seen["reason"]) == ("", NO_SHIELD, None)
        return seen

    async def comes(self, room: str, whom: str) -> None:
        """Wait until somebody is in a room."""
        await self.wait_for(
            lambda one: (
                (one["room"], one["sender"], one["type"]) == (room, whom, "m.room.member")
                and one["content"]["membership"] == "join"
            )
        )


@pytest.mark.parametrize("isolated", [False, True], ids=["all-devices", "only-signed-devices"])
async def test_a_campaign_in_an_encrypted_room(
    synapse_server: Synapse, tmp_path: Path, *, isolated: bool
) -> None:
    bot, password = await synapse_server.register(f"tocsin-{secrets.token_hex(3)}", displayname="tocsin")
    async with (
        Somebody(synapse_server, isolated=isolated) as maud,
        Somebody(synapse_server, isolated=isolated) as camille,
    ):
        await maud.log_in("maud")
        await camille.log_in("camille")
        room = await maud.do("make_room", name="Le collectif", invite=[bot, camille.id], encrypted=True)
        await camille.do("join", room=room)
        async with running(
            tmp_path,
            {"matrix": {"homeserver": synapse_server.base_url, "user": bot}},
            admin=maud.id,
            room=room,
            speakers={"Nuage Libre": camille.id, "Jardiniers du Web": ""},
            environment={"TOCSIN_MATRIX_PASSWORD": password},
        ):
            await camille.sees(room, bot, "!aide")
            (device,) = await maud.do("devices", user=bot)
            assert (await maud.do("signed", user=bot, device=device))["signed"]
            said = await camille.do("say", room=room, text="!signer")
            answer = await camille.sees(room, bot, "Nuage Libre", "a signé")
            assert (
                answer["relation"]["m.in_reply_to"]["event_id"] == said
                or answer["relation"]["event_id"] == said
            )
            # A poll as the client shows it, and an answer as the client sends it.
            private = await maud.do("make_room", invite=[bot], direct=True, encrypted=True)
            await maud.comes(private, bot)
            await maud.do("say", room=private, text="!scrutin ouvrir majorité On signe ? clôture=3 jours")
            await maud.sees(private, bot, "!confirmer")
            await maud.do("say", room=private, text="!confirmer")
            poll = (await camille.sees(room, bot, kind=POLL_START))["event"]
            assert await camille.do("poll", room=room, poll=poll) == {
                "question": "Scrutin 1\N{NO-BREAK SPACE}: On signe ?",
                "answers": [["for", "pour"], ["against", "contre"], ["abstain", "abstention"]],
            }
            for answers in (["against"], ["for"]):
                await camille.do("vote", room=room, poll=poll, answers=answers)
            # Only within a room is what was said first read first.
            await camille.do("say", room=room, text="!scrutins")
            await camille.sees(room, bot, "On signe ?", "clôture")
            await maud.do("say", room=private, text="!scrutins")
            await maud.sees(private, bot, "On signe ?", "Nuage Libre\N{NO-BREAK SPACE}: pour")
            # The list, as a file that only this private chat can open.
            await maud.do("say", room=private, text="!exporter csv")
            sent = await maud.sees(private, bot, "La liste", "2 organisations")
            assert sent["content"]["msgtype"] == "m.file"
            assert sent["content"]["filename"].endswith(".csv")
            assert "url" not in sent["content"]
            data = base64.b64decode(await maud.do("open_file", file=sent["content"]["file"]))
            listed = {
                one["organisation"]: one
                for one in csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";")
            }
            assert {name: one["réponse"] for name, one in listed.items()} == {
                "Nuage Libre": "signée",
                "Jardiniers du Web": "sans réponse",
            }
        # Nothing of it was ever there in plain.
        assert not [one for each in (maud, camille) for one in each.seen if one["failure"]]
