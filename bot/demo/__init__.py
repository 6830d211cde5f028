"""A whole campaign in the terminal on a throw-away database: the same engine and commands as live, no account needed."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console as Terminal

from bot.app import App
from bot.clock import utc_now
from bot.config import Config, load
from bot.transports.console import Character, Console, Stage
from campaign.chat import MATRIX, XMPP, Address, Room
from storage.database import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

HERE = Path(__file__).parent
PASSWORDS = {"TOCSIN_MATRIX_PASSWORD": "-", "TOCSIN_XMPP_PASSWORD": "-"}
"""A console asks for none, but a config without would be refused."""


def cast(now: datetime) -> Stage:
    """Who and what the demo has."""
    people = {
        "Camille": Address(MATRIX, "@camille:nuagelibre.example"),
        "Ines": Address(MATRIX, "@ines:jardiniers.example"),
        "Sacha": Address(MATRIX, "@sacha:mail.example"),
        "Maud": Address(MATRIX, "@maud:campagne.example"),
        "Robin": Address(XMPP, "robin@filcommun.example"),
        "Alex": Address(XMPP, "alex@racines.example"),
    }
    rooms = {
        "collectif": Room(MATRIX, "#collectif"),
        "equipe": Room(MATRIX, "#equipe"),
        "hebergeurs": Room(XMPP, "hebergeurs@salons.example"),
    }
    return Stage({name: Character(name, address) for name, address in people.items()}, rooms, now)


@asynccontextmanager
async def playing(config: Config, stage: Stage, terminal: Terminal, folder: Path) -> AsyncIterator[Console]:
    """Run the bot on a console, over a database in this folder."""
    database = open_database(folder)
    console: Console | None = None
    try:

        async def settled() -> None:
            await app.settled()

        async def tick(now: datetime) -> None:
            await app.tick(now)

        console = Console(stage, terminal, settled, tick)
        app = App(config, database, dict(console.transports), lambda: stage.now)
        serving = asyncio.create_task(app.serve())
        try:
            yield console
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    finally:
        database.close()


async def main(lines: TextIO, out: TextIO) -> None:
    """Play the opening, then what is typed; with a pipe, its lines, and end."""
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder:
        now = utc_now().replace(hour=9, minute=0, second=0, microsecond=0)
        config = load(HERE / "config.toml", environment=PASSWORDS)
        deadline = now + timedelta(days=8, hours=9)
        campaign = config.settings.campaigns["communs"].model_copy(update={"deadline": deadline})
        config.settings.campaigns["communs"] = campaign
        terminal = Terminal(file=out, highlight=False, width=None if out.isatty() else 100)
        async with playing(config, cast(now), terminal, Path(folder)) as console:
            terminal.rule("[bold]🔔 Tocsin[/bold]")
            await console.play((HERE / "opening.txt").read_text("utf-8").splitlines())
            terminal.print()
            terminal.rule("[dim]the prompt is yours[/dim]", style="dim")
            terminal.print(
                "[dim]A line is said by the current person in the current room. "
                "/as NAME · /room NAME · /private · /react 👍 · /reply TEXT · /wait 3d · /who · Ctrl-D ends. "
                "Try !aide, !signer, !statut, !export csv (as Maud, in equipe), /wait 5d.[/dim]"
            )
            async for line in _typed(console, lines):
                await console.line(line, echo=not lines.isatty())


async def _typed(console: Console, lines: TextIO) -> AsyncIterator[str]:
    """Read line after line without holding up the bot."""
    while True:
        if lines.isatty():
            where = f"#{console.room}" if console.room else "private"
            sys.stdout.write(f"\n{console.person} {where} > ")
            sys.stdout.flush()
        line = await asyncio.to_thread(lines.readline)
        if not line:
            return
        yield line
