"""A whole campaign in the terminal on a throw-away database: the same engine and commands as live, no account needed."""

from __future__ import annotations

import asyncio
import os
import queue
import sys
import tempfile
import termios
import threading
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from rich.console import Console

from bot.app import App
from bot.clock import EVERY, utc_now
from bot.config import Config, load
from bot.transports.console import Character, Stage
from bot.transports.console import Console as Theatre
from bot.transports.console.directions import directions
from campaign.chat import MATRIX, XMPP, Address, Room
from storage.opening import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

with suppress(ImportError):
    import readline  # noqa: F401 - what `input` edits a line with, where Python has it

Language: TypeAlias = Literal["fr", "en"]
ZONE = "Europe/Paris"
HERE = Path(__file__).parent
PASSWORDS = {"TOCSIN_MATRIX_PASSWORD": "-", "TOCSIN_XMPP_PASSWORD": "-"}
"""A console asks for none, but a config without would be refused."""


ABOUT = {
    "fr": {
        "Sacha": "d'aucune organisation connue",
        "Maud": "anime la campagne",
        "prompt": "la parole est à vous",
        "you": "Vous êtes {name} ({about}). Ctrl-D pour finir.",
        "private": "en privé",
    },
    "en": {
        "Sacha": "of no organisation we know",
        "Maud": "campaigner",
        "prompt": "the prompt is yours",
        "you": "You are {name} ({about}). Ctrl-D ends.",
        "private": "in private",
    },
}

TYPING = timedelta(seconds=20)
"""How long a line takes to type, by the clock of the demo, which stands still otherwise."""


def cast(now: datetime, language: Language) -> Stage:
    """Who and what the demo has."""
    about = ABOUT[language]
    people = (
        Character("Camille", Address(MATRIX, "@camille:nuagelibre.example"), "Nuage Libre"),
        Character("Ines", Address(MATRIX, "@ines:jardiniers.example"), "Les Jardiniers du Web"),
        Character("Sacha", Address(MATRIX, "@sacha:mail.example"), about["Sacha"]),
        Character("Maud", Address(MATRIX, "@maud:campagne.example"), about["Maud"]),
        Character("Robin", Address(XMPP, "robin@filcommun.example"), "Le Fil Commun"),
        Character("Alex", Address(XMPP, "alex@racines.example"), "Racines Numériques"),
    )
    rooms = {
        "collectif": Room(MATRIX, "#collectif"),
        "equipe": Room(MATRIX, "#equipe"),
        "hebergeurs": Room(XMPP, "hebergeurs@salons.example"),
    }
    return Stage({one.name: one for one in people}, rooms, now, zone=ZONE, language=language)


class Terminal(Console):
    """Where the demo is seen. Whoever closes it (`| head`, a pager that is left) has seen enough: that is no error."""

    closed = False

    def on_broken_pipe(self) -> None:
        """Show the rest to nobody."""
        self.closed = True
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


@asynccontextmanager
async def playing(config: Config, stage: Stage, terminal: Console, folder: Path) -> AsyncIterator[Theatre]:
    """Run the bot on a console, over a database in this folder."""
    database = open_database(folder)
    console: Theatre | None = None
    try:

        async def settled() -> None:
            await app.settled()

        async def tick(now: datetime) -> None:
            await app.tick(now)

        console = Theatre(stage, terminal, settled, tick)
        app = App(config, database, dict(console.transports), lambda: stage.now)
        serving = asyncio.create_task(app.serve())
        try:
            yield console
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    finally:
        database.close()


async def main(lines: TextIO, out: TextIO, language: Language = "fr") -> None:
    """Play the opening, then what is typed; with a pipe, its lines, and end."""
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder:
        now = utc_now().replace(hour=9, minute=0, second=0, microsecond=0)
        terminal = Terminal(file=out, highlight=False, width=None if out.isatty() else 100)
        about = ABOUT[language]
        async with playing(_config(now, language), cast(now, language), terminal, Path(folder)) as console:
            terminal.rule("[bold]🔔 Tocsin[/bold]")
            terminal.print(_text("before", language), style="dim")
            await console.play(_text("opening", language).splitlines())
            terminal.print()
            terminal.rule(f"[dim]{about['prompt']}[/dim]", style="dim")
            terminal.print(_text("after", language), style="dim")
            for line in directions(language):
                terminal.print(f"  {line}", style="dim", markup=False)
            terminal.print(_text("try", language), style="dim")
            you = console.stage.people[console.player.person]
            terminal.print(about["you"].format(name=you.name, about=you.about), style="dim")
            async for line in _typed(console, lines):
                console.stage.now += (
                    TYPING  # else who tries the same a few times would be taken for a machine
                )
                await console.line(line, echo=not lines.isatty())
                # What the clock brings comes within seconds in life too: a poll that was closed is counted now.
                console.stage.now += timedelta(seconds=EVERY)
                await console.tick(console.stage.now)
                await console.rest()
                if terminal.closed:
                    return


def _config(now: datetime, language: Language) -> Config:
    """The demo's config: in this language, with a deadline in a week."""
    config = load(HERE / "config.toml", environment=PASSWORDS)
    deadline = now + timedelta(days=8, hours=9)
    campaign = config.settings.campaigns["communs"].model_copy(update={"deadline": deadline})
    config.settings.campaigns["communs"] = campaign
    bot = config.settings.bot.model_copy(update={"language": language})
    return replace(config, settings=config.settings.model_copy(update={"bot": bot}))


def _text(name: str, language: Language) -> str:
    return (HERE / f"{name}.{language}.txt").read_text("utf-8").rstrip("\n")


async def _typed(console: Theatre, lines: TextIO) -> AsyncIterator[str]:
    """Read line after line without holding up the bot."""
    if not lines.isatty():
        while line := await asyncio.to_thread(lines.readline):
            yield line
        return
    typed: asyncio.Queue[str] = asyncio.Queue()
    prompts: queue.SimpleQueue[str] = queue.SimpleQueue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for prompt in iter(prompts.get, ""):
            try:
                line = _asked(prompt, lines)
            except UnicodeDecodeError:
                line = "\n"
            except (EOFError, OSError):
                line = ""
            loop.call_soon_threadsafe(typed.put_nowait, line)

    as_it_was = termios.tcgetattr(lines)
    threading.Thread(target=read, name="prompt", daemon=True).start()
    try:
        while True:
            where = (
                f"#{console.player.room}" if console.player.room else ABOUT[console.stage.language]["private"]
            )
            sys.stdout.write("\n")
            prompts.put(f"{console.player.person} {where} > ")
            line = await typed.get()
            if not line:
                return
            yield line
    finally:
        # Whoever is asked just now goes on waiting, and with readline the terminal would stay as that needs it.
        termios.tcsetattr(lines, termios.TCSADRAIN, as_it_was)


def _asked(prompt: str, lines: TextIO) -> str:
    """The line that is typed at a prompt, edited with what `readline` offers where Python has it; empty at the end.

    Never through `lines` itself: a thread that waits there would have to be waited for when Ctrl-C ends everything.
    """
    if sys.stdout.isatty():
        return f"{input(prompt)}\n".encode(errors="replace").decode()
    sys.stdout.write(prompt)
    sys.stdout.flush()
    return os.read(lines.fileno(), 65536).decode(errors="replace")
