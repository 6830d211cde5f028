"""The whole bot on a real Synapse, in the process of the test: one campaign in a room, and an office."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.app import App
from bot.config import load
from bot.transports.matrix import MatrixTransport
from campaign.chat import MATRIX
from storage.opening import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from storage.database import Database
    from storage.storage import Storage
    from tests.live.matrix_person import Person
    from tests.live.synapse import Synapse

CONFIG = """
[bot]
language = "en"
admins = ["{maud}"]
admin_rooms = ["{office}"]

[matrix]
homeserver = "{homeserver}"
user = "{me}"
{matrix}

[campaigns.ngi]
title = "Save it"
letter = {{ fr = "fr.md", en = "en.md" }}
rooms = ["{room}"]
organisations = "organisations.csv"
"""


@dataclass
class House:
    """A campaign in `room`, whose campaigner is Maud, and the bot `me` in it."""

    me: str
    room: str
    office: str
    app: App
    database: Database

    async def until(self, true: Callable[[Storage], bool], within: float = 60) -> None:
        """Wait until something stands in the database."""
        async with asyncio.timeout(within):
            while not await self.database.read(true):  # noqa: ASYNC110 - a database tells nobody
                await asyncio.sleep(0.05)

    def signed(self, storage: Storage) -> list[str]:
        """The organisations that have signed."""
        return [one.organisation for one in storage.signatures.all_standing(1)]


@dataclass
class Plot:
    """Where a house stands: the bot's account and rooms, before it runs and between two runs."""

    me: str
    password: str
    room: str
    office: str
    maud: str
    folder: Path
    homeserver: str

    @asynccontextmanager
    async def running(self, *, matrix: str = "", roster: str = "Picasoft,,,\n") -> AsyncIterator[House]:
        """Run the bot. `matrix` are more lines of its section in the config."""
        (self.folder / "fr.md").write_text("# Sauvons-le\n\nIl le faut.\n", "utf-8")
        (self.folder / "en.md").write_text("# Save it\n\nIt must be.\n", "utf-8")
        listed = f"name,aliases,website,representatives\n{roster}"
        (self.folder / "organisations.csv").write_text(listed, "utf-8")
        file = self.folder / "config.toml"
        file.write_text(
            CONFIG.format(
                maud=self.maud,
                office=self.office,
                homeserver=self.homeserver,
                me=self.me,
                matrix=matrix,
                room=self.room,
            ),
            "utf-8",
        )
        config = load(file, environment={"TOCSIN_MATRIX_PASSWORD": self.password})
        settings = config.settings.matrix
        assert settings is not None
        database = open_database(self.folder / "data")
        transport = MatrixTransport(
            self.homeserver,
            self.me,
            self.password,
            poll_seconds=5.0,
            name=settings.name or "",
            keys=self.folder / "keys",
        )
        app = App(config, database, {MATRIX: transport})
        serving = asyncio.create_task(app.serve())
        try:
            await asyncio.wait_for(app.ready(), 90)
            house = House(self.me, self.room, self.office, app, database)
            await house.until(lambda storage: len(storage.rooms.of_campaign(1)) == 1)
            yield house
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            database.close()


async def plot(synapse: Synapse, maud: Person, folder: Path, *, homeserver: str = "") -> Plot:
    """Make the bot's account, a public room of the campaign and an office that is Maud's."""
    me, password = await synapse.register(f"tocsin-{secrets.token_hex(4)}", displayname="An old name")
    room = await maud.create_room(name="Collectif", public=True)
    office = await maud.create_room(name="Office", public=True)
    return Plot(me, password, room, office, maud.user_id, folder, homeserver or synapse.base_url)
