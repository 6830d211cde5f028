"""The whole bot on a real Prosody, in the process of the test: one campaign in a room, and an office."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest_asyncio

from bot.app import App
from bot.config import load
from bot.transports.xmpp import XmppTransport
from campaign.chat import XMPP
from storage.opening import open_database
from tests.live.xmpp_bot import WAIT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from storage.database import Database
    from tests.live.prosody import Prosody
    from tests.live.xmpp_person import XmppPerson

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


FIL_COMMUN = "Le Fil Commun,,,xmpp:{robin}\n"
"""Robin's organisation, as a line of the organisations' file."""


@dataclass
class Plot:
    """Where the bot runs with a campaign: Robin, who speaks for Le Fil Commun, has made its room."""

    server: Prosody
    folder: Path
    account: str
    room: str
    office: str
    robin: XmppPerson

    def running(
        self, *, more: str = "Picasoft,,,\n"
    ) -> AbstractAsyncContextManager[tuple[App, XmppTransport, Database]]:
        """Run the bot; `more` are the lines of the organisations' file that follow Robin's."""
        roster = FIL_COMMUN.format(robin=self.robin.jid) + more
        return running(self.server, self.folder, self.account, self.room, self.office, roster=roster)

    async def join_office(self, person: XmppPerson, nick: str) -> None:
        """Make the campaigners' room, and let somebody in."""
        await self.robin.create_room(self.office, "Robin")
        await person.join_room(self.office, nick)


@pytest_asyncio.fixture
async def plot(
    prosody_server: Prosody,
    xmpp_person: Callable[..., Awaitable[XmppPerson]],
    place: tuple[str, str],
    tmp_path: Path,
) -> Plot:
    room, account = place
    robin = await xmpp_person("robin")
    await robin.create_room(room, "Robin")
    office = prosody_server.room(f"{account}-office")
    return Plot(prosody_server, tmp_path, account, room, office, robin)


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
