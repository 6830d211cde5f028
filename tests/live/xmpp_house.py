"""The whole bot on a real Prosody, in the process of the test: one campaign in a room, and an office."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.app import App
from bot.config import load
from bot.transports.xmpp import XmppTransport
from campaign.chat import XMPP
from storage.database import open_database
from tests.live.xmpp_bot import WAIT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from storage.database import Database
    from tests.live.prosody import Prosody

CONFIG = """
[bot]
language = "en"
admins = ["xmpp:boss@{domain}"]
admin_rooms = ["xmpp:{office}"]

[xmpp]
jid = "{account}@{domain}"
host = "{host}"
port = {port}
ca_file = "{ca_file}"

[campaigns.ngi]
title = "Save it"
letter = {{ fr = "fr.md", en = "en.md" }}
rooms = ["xmpp:{room}"]
organisations = "organisations.csv"
"""


@asynccontextmanager
async def running(
    server: Prosody, folder: Path, account: str, room: str, office: str, *, roster: str = "Picasoft,,,\n"
) -> AsyncIterator[tuple[App, XmppTransport, Database]]:
    """Run the bot with a campaign in a room, and an office. `roster` are the lines of the organisations' file."""
    jid, password = server.register(account)
    (folder / "fr.md").write_text("# Sauvons-le\n\nIl le faut.\n")
    (folder / "en.md").write_text("# Save it\n\nIt must be.\n")
    (folder / "organisations.csv").write_text(f"name,aliases,website,representatives\n{roster}")
    (folder / "config.toml").write_text(
        CONFIG.format(
            domain=server.domain,
            account=account,
            host=server.host,
            port=server.port,
            ca_file=server.ca_file,
            office=office,
            room=room,
        )
    )
    config = load(folder / "config.toml", environment={"TOCSIN_XMPP_PASSWORD": password})
    database = open_database(folder / "data")
    transport = XmppTransport(
        jid, password, "tocsin", host=server.host, port=server.port, ca_file=server.ca_file
    )
    app = App(config, database, {XMPP: transport})
    serving = asyncio.create_task(app.serve())
    try:
        await asyncio.wait_for(app.ready(), WAIT)
        yield app, transport, database
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        database.close()
