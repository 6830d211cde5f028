"""A campaign on both real servers: rooms, organisations, people, and the bot as the process an operator starts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.live.synapse import Person
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse

CHECKOUT = Path(__file__).parents[2]

ORGANISATIONS = {
    "camille": "Nuage Libre",
    "ines": "Jardiniers du Web",
    "noor": "Atelier Octet",
    "robin": "Le Fil Commun",
    "alex": "Racines Numériques",
    "sam": "Serveur du Coin",
    "lea": "Hublot",
    "lou": "Phare Ouest",
    "": "La Fibre Silencieuse",
}
"""Whose organisation is whose; nobody speaks for the last one."""

ON_MATRIX = ("camille", "ines", "noor", "lea")
ON_XMPP = ("robin", "alex", "sam", "lou")


@dataclass
class Bot:
    """The bot's own process, started as an operator starts it."""

    config: Path
    environment: dict[str, str]
    log: Path
    module: tuple[str, ...] = ("bot",)
    """What Python runs, with arguments that come before `run`."""
    process: asyncio.subprocess.Process | None = None

    async def start(self, within: float = 120) -> None:
        """Start it, and wait until it says that it is ready on every network."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", *self.module, "run", "--config", str(self.config)),
                cwd=CHECKOUT,
                env={**os.environ, **self.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.PIPE,
            )
        ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read(ready))
        try:
            async with asyncio.timeout(within):
                await ready.wait()
        except TimeoutError:
            raise TimeoutError(f"the bot is not ready:\n{self.said()}") from None

    async def _read(self, ready: asyncio.Event) -> None:
        if self.process is None or self.process.stderr is None:
            raise RuntimeError("not started")
        with self.log.open("ab") as log:
            async for line in self.process.stderr:
                log.write(line)
                log.flush()
                if b"is ready on" in line:
                    ready.set()
        ready.set()

    def said(self) -> str:
        """Everything it logged."""
        return self.log.read_text("utf-8", errors="replace")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it with a signal, by its process id, and return its exit code."""
        if self.process is None:
            return 0
        if self.process.returncode is None:
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), 90)
        await self._reading
        self.process = None
        return code


@dataclass
class Town:
    """Two servers with a campaign on them. Everybody is connected and in their rooms; the bot is not started yet."""

    synapse: Synapse
    prosody: Prosody
    folder: Path
    mark: str
    bot: Bot
    bot_id: str
    bot_jid: str
    nick: str
    room: str = ""
    """The Matrix room of the collective."""
    office: str = ""
    """The campaigners' room, on Matrix."""
    muc: str = ""
    """The semi-anonymous XMPP room of the collective, in which the bot is no moderator."""
    matrix: dict[str, Person] = field(default_factory=dict)
    xmpp: dict[str, XmppPerson] = field(default_factory=dict)

    async def matrix_private(self, name: str) -> str:
        """Open a private chat of somebody on Matrix with the bot, and wait until it is there."""
        person = self.matrix[name]
        room = await person.create_room(invite=(self.bot_id,), is_direct=True)
        await person.sees_join(room, self.bot_id)
        return room

    async def hears(self, name: str, *parts: str, room: str = "", timeout: float = 90) -> str:  # noqa: ASYNC109 - it says what was seen
        """Wait until somebody sees the bot say all of this in one message; return what it said."""
        if name in self.matrix:
            event = await self.matrix[name].wait_for(
                lambda event: (
                    event["type"] == "m.room.message"
                    and event["sender"] == self.bot_id
                    and room in ("", event["room_id"])
                    and all(part in str(event["content"].get("body", "")) for part in parts)
                ),
                timeout,
            )
            return str(event["content"]["body"])
        heard = await self.xmpp[name].wait_for(
            lambda each: (
                each.sender != self.xmpp[name].jid
                and (self.nick in (each.nick, "") or each.sender.startswith(self.bot_jid))
                and all(part in each.body for part in parts)
            ),
            timeout,
        )
        return heard.body

    async def link(self, name: str) -> None:
        """Let somebody on XMPP make themselves known in the room that hides who they are."""
        person = self.xmpp[name]
        since = len(person.heard)
        person.chat(self.bot_jid, "!lier")
        given = await person.wait_for(
            lambda each: each.room == self.bot_jid and "!lier " in each.body, since=since
        )
        code = given.body.split("!lier ")[1].split("`")[0].split()[0]
        person.say(self.muc, f"!lier {code}")
        await person.wait_for(
            lambda each: each.room == self.muc and each.nick == self.nick and name.title() in each.body,
            since=since,
        )


@asynccontextmanager
async def town(
    synapse: Synapse,
    prosody: Prosody,
    folder: Path,
    *,
    deadline: timedelta | None = None,
    reminders: tuple[str, ...] = ("2m",),
    roster: str = "",
    settings: str = "",
) -> AsyncIterator[Town]:
    """Build a campaign with everybody in it. `deadline` is counted from when the config is written: the end of this.

    With `roster` its organisations' file is that; `settings` are more lines of the campaign's section.
    """
    mark = secrets.token_hex(3)
    bot_id, matrix_password = await synapse.register(f"tocsin-{mark}", displayname="tocsin")
    bot_jid, xmpp_password = prosody.register(f"tocsin-{mark}")
    config = folder / "config.toml"
    environment = {"TOCSIN_MATRIX_PASSWORD": matrix_password, "TOCSIN_XMPP_PASSWORD": xmpp_password}
    made = Town(
        synapse,
        prosody,
        folder,
        mark,
        Bot(config, environment, folder / "bot.log"),
        bot_id,
        bot_jid,
        "tocsin",
        muc=prosody.room(f"hebergeurs-{mark}"),
    )
    async with AsyncExitStack() as stack:
        for name in ("maud", *ON_MATRIX):
            user, password = await synapse.register(f"{name}-{mark}", displayname=name.title())
            made.matrix[name] = await stack.enter_async_context(Person(synapse.base_url, user, password))
        for name in ("maud-x", *ON_XMPP):
            made.xmpp[name] = await stack.enter_async_context(XmppPerson(prosody, f"{name}-{mark}"))
        maud = made.matrix["maud"]
        others = tuple(made.matrix[name].user_id for name in ON_MATRIX)
        made.room = await maud.create_room(
            name="Le collectif", alias=f"collectif-{mark}", invite=(bot_id, *others)
        )
        made.office = await maud.create_room(name="L'équipe", invite=(bot_id,))
        for name in ON_MATRIX:
            await made.matrix[name].join(made.room)
        await made.xmpp["robin"].create_room(made.muc, "Robin", roomname="Hébergeurs")
        for name in (*ON_XMPP[1:], "maud-x"):
            await made.xmpp[name].join_room(made.muc, name.title())
        _write(made, deadline, reminders, roster, settings)
        try:
            yield made
        finally:
            with contextlib.suppress(ProcessLookupError):
                await made.bot.stop()


def _write(
    made: Town, deadline: timedelta | None, reminders: tuple[str, ...], roster: str, settings: str
) -> None:
    """Write the operator's files: config, letters, roster."""
    (made.folder / "letter.fr.md").write_text(
        "# Pour les communs\n\nNous demandons la suite.\n\nLe texte entier.\n"
    )
    (made.folder / "letter.en.md").write_text(
        "# For the commons\n\nWe ask that it goes on.\n\nThe whole text.\n"
    )
    accounts = {name: person.user_id for name, person in made.matrix.items()}
    accounts |= {name: f"xmpp:{person.jid}" for name, person in made.xmpp.items()}
    lines = [f"{organisation},,,{accounts.get(name, '')}" for name, organisation in ORGANISATIONS.items()]
    (made.folder / "organisations.csv").write_text(
        roster or "name,aliases,website,representatives\n" + "\n".join(lines) + "\n"
    )
    until = f'deadline = "{(datetime.now(UTC) + deadline).isoformat(timespec="seconds")}"' if deadline else ""
    prosody = made.prosody
    made.bot.config.write_text(f"""
[bot]
language = "fr"
timezone = "Europe/Paris"
admins = ["{accounts["maud"]}", "{accounts["maud-x"]}"]
admin_rooms = ["{made.office}"]

[matrix]
homeserver = "{made.synapse.base_url}"
user = "{made.bot_id}"

[xmpp]
jid = "{made.bot_jid}"
nick = "{made.nick}"
host = "{prosody.host}"
port = {prosody.port}
ca_file = "{prosody.ca_file}"

[campaigns.communs]
title = "Pour les communs"
letter = {{ fr = "letter.fr.md", en = "letter.en.md" }}
link = "https://lettre.example.org/communs"
goal = 9
{until}
reminders = [{", ".join(f'"{one}"' for one in reminders)}]
rooms = ["#collectif-{made.mark}:{made.synapse.server_name}", "xmpp:{made.muc}"]
organisations = "organisations.csv"
civil_hours = "00:00-24:00"
{settings}
""")
