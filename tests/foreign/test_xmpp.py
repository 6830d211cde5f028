"""xmpp.js on a real Prosody: signing by a line and by a form, voting by a form, and a file by HTTP upload."""

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

    from tests.live.prosody import Prosody

pytestmark = pytest.mark.foreign


class Somebody(Client):
    """Somebody at xmpp.js."""

    def __init__(self, server: Prosody, name: str) -> None:
        super().__init__("xmpp.mjs", environment={"NODE_EXTRA_CA_CERTS": str(server.ca_file)})
        self._server = server
        self.jid, self._password = server.register(f"{name}-{secrets.token_hex(3)}")

    async def log_in(self) -> None:
        await self.do(
            "start",
            service=f"xmpps://{self._server.host}:{self._server.direct_tls_port}",
            domain=self._server.domain,
            user=self.jid.partition("@")[0],
            password=self._password,
        )

    async def enters(self, room: str, nick: str) -> None:
        since = len(self.seen)
        await self.do("join", room=room, nick=nick)
        await self.wait_for(lambda one: one["from"] == f"{room}/{nick}" and one["own"], since=since)

    async def hears(self, sender: str, *parts: str, since: int = 0) -> dict[str, Any]:
        """Wait until whoever has this address says all of this in one message."""
        return await self.wait_for(
            lambda one: (
                one["stanza"] == "message"
                and one["from"].startswith(sender)
                and all(part in one["body"] for part in parts)
            ),
            since=since,
        )

    async def hands_in(self, to: str, node: str, form: dict[str, Any], **values: str) -> dict[str, Any]:
        """Fill a form in, with what is hidden in it as it was given, and show what comes of it."""
        hidden = {field["name"]: field["value"] for field in form["fields"] if field["type"] == "hidden"}
        return dict(
            await self.do(
                "command",
                to=to,
                node=node,
                session=form["session"],
                action="complete",
                values={**hidden, **values},
            )
        )


async def test_a_campaign_by_lines_forms_and_files(prosody_server: Prosody, tmp_path: Path) -> None:
    server = prosody_server
    bot, password = server.register(f"tocsin-{secrets.token_hex(3)}")
    room = server.room(f"hebergeurs-{secrets.token_hex(3)}")
    async with Somebody(server, "maud") as maud, Somebody(server, "robin") as robin:
        await maud.log_in()
        await robin.log_in()
        await robin.enters(room, "Robin")
        await robin.do("configure", room=room)
        await maud.enters(room, "Maud")
        async with running(
            tmp_path,
            {"xmpp": {"jid": bot, "host": server.host, "port": server.port, "ca_file": str(server.ca_file)}},
            admin=f"xmpp:{maud.jid}",
            room=f"xmpp:{room}",
            speakers={"Le Fil Commun": f"xmpp:{robin.jid}", "Phare Ouest": ""},
            environment={"TOCSIN_XMPP_PASSWORD": password},
        ):
            await robin.hears(f"{room}/", "!aide")
            # Forms are asked of the bot's own address, which one has from its presence.
            await robin.do("subscribe", to=bot)
            there = await robin.wait_for(
                lambda one: (
                    one["stanza"] == "presence" and one["from"].startswith(f"{bot}/") and not one["type"]
                )
            )
            full = there["from"]
            offered = dict(await robin.do("forms", to=full))
            assert {"sign", "vote", "status", "details"} <= offered.keys()
            form = await robin.do("command", to=full, node="sign")
            assert form["status"] == "executing"
            fields = {field["name"]: field for field in form["fields"]}
            assert fields["organisation"]["options"] == [["Le Fil Commun", "Le Fil Commun"]]
            done = await robin.hands_in(full, "sign", form, organisation="Le Fil Commun", role="trésorière")
            assert (done["status"], done["kind"]) == ("completed", "info")
            assert "Le Fil Commun" in done["note"]
            # A vote by form, chosen from what there is to vote on.
            await maud.do("chat", to=bot, text="!scrutin ouvrir majorité On signe ? clôture=3 jours")
            await maud.hears(bot, "!confirmer")
            await maud.do("chat", to=bot, text="!confirmer")
            await robin.hears(f"{room}/", "On signe ?")
            form = await robin.do("command", to=full, node="vote")
            fields = {field["name"]: field for field in form["fields"]}
            assert [value for value, _ in fields["choice"]["options"]] == ["1 for", "1 against", "1 abstain"]
            done = await robin.hands_in(full, "vote", form, choice="1 for")
            assert (done["status"], done["kind"]) == ("completed", "info")
            assert "pour" in done["note"]
            # By a line, in the room.
            since = len(robin.seen)
            await robin.do("say", room=room, text="!statut")
            await robin.hears(f"{room}/", "Pour les communs", since=since)
            # The list, as a file in private.
            await maud.do("chat", to=bot, text="!exporter csv")
            told = await maud.wait_for(lambda one: one["from"].startswith(bot) and one.get("file"))
            assert told["body"].splitlines()[-1] == told["file"]
            fetched = await maud.do("download", url=told["file"])
            assert fetched["type"].startswith("text/csv")
            listed = csv.DictReader(
                io.StringIO(base64.b64decode(fetched["data"]).decode("utf-8-sig")), delimiter=";"
            )
            assert {one["organisation"]: one["réponse"] for one in listed} == {
                "Le Fil Commun": "signée",
                "Phare Ouest": "sans réponse",
            }
