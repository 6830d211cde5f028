"""A yard for machines: one room on each network with a person in it, and Tocsins as processes of their own."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from tests.live.synapse import Person
from tests.live.town import Bot
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse


class Yard:
    """One room on each network, with a person, a machine and Tocsins in it."""

    def __init__(self, synapse: Synapse, prosody: Prosody, folder: Path) -> None:
        self.synapse, self.prosody, self.folder = synapse, prosody, folder
        self.mark = secrets.token_hex(3)
        self.muc = prosody.room(f"yard-{self.mark}")
        self.owner, _ = prosody.register(f"owner-{self.mark}")
        """The campaigner: never there."""
        self.room = ""
        self.more: list[str] = []
        """What else is a room of the campaign, as the config names it."""
        self.bots: list[Bot] = []
        self.nicks: list[str] = []
        self.ids: list[str] = []
        self.jids: list[str] = []

    async def tocsin(self, number: int, *, without: str = "", homeserver: str = "") -> None:
        """Start a Tocsin that has these rooms as its campaign's on both networks, `without` some of its safeguards."""
        rooms = ", ".join(f'"{room}"' for room in (self.room, f"xmpp:{self.muc}", *self.more))
        name = f"tocsin{number}-{self.mark}"
        user, password = await self.synapse.register(name, displayname="tocsin")
        jid, xmpp_password = self.prosody.register(name)
        folder = self.folder / name
        folder.mkdir()
        (folder / "letter.md").write_text("# Pour les communs\n\nNous demandons la suite.\n")
        nick = "tocsin" if number == 0 else f"tocsin{number}"
        config = folder / "config.toml"
        config.write_text(f"""
[bot]
admins = ["xmpp:{self.owner}"]
[matrix]
homeserver = "{homeserver or self.synapse.base_url}"
user = "{user}"
[xmpp]
jid = "{jid}"
nick = "{nick}"
host = "{self.prosody.host}"
port = {self.prosody.port}
ca_file = "{self.prosody.ca_file}"
[campaigns.communs]
title = "Pour les communs"
letter = {{ fr = "letter.md" }}
rooms = [{rooms}]
""")
        environment = {"TOCSIN_MATRIX_PASSWORD": password, "TOCSIN_XMPP_PASSWORD": xmpp_password}
        module = ("tests.faults.without", without) if without else ("bot",)
        bot = Bot(config, environment, folder / "bot.log", module)
        self.bots.append(bot)
        self.nicks.append(nick)
        self.ids.append(user)
        self.jids.append(jid)
        await bot.start()


@contextlib.asynccontextmanager
async def yard(
    synapse: Synapse, prosody: Prosody, folder: Path
) -> AsyncIterator[tuple[Yard, Person, XmppPerson]]:
    made = Yard(synapse, prosody, folder)
    user, password = await synapse.register(f"lou-{made.mark}", displayname="Lou")
    async with (
        Person(synapse.base_url, user, password) as lou,
        XmppPerson(prosody, f"lou-{made.mark}") as lou_x,
    ):
        made.room = await lou.create_room(public=True)
        await lou_x.create_room(made.muc, "Lou", non_anonymous=True)
        try:
            yield made, lou, lou_x
        finally:
            for bot in made.bots:
                with contextlib.suppress(ProcessLookupError):
                    await bot.stop()
