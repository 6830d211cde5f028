"""Plays a script of people talking to the bot, and gives back the script with what the bot said to each line.

A script is a text file. A line at the margin is said by the current person in the current room, or is one of the
console's directives (`/as Robin`, `/room hebergeurs`, `/private`, `/react ✅`, `/vote 1`, `/reply 2`, `/on Poll 1`, `/wait 3d`); `#` begins a
comment. What is indented is what the bot said to the line above it: it is not read, only compared. Where the bot
speaks is named whenever that changes.

Directives of the scripts alone:

- `/set key = value`: a line of the campaign's config (`goal = 3`) or the bot's `language = "en"`, in TOML; and
  `hidden = hebergeurs`, the rooms that hide who is in them.
- `/say TEXT`: say a text with escapes, such as `\\u00a0` for a no-break space and `\\n` for a line break.
- `/file`: show the file that was handed over last.
- `/start`: show what the bot said before anybody spoke.
- `/quiet LINE`: take a line without showing what comes of it.
- `/brief LINE`: take a line, and show only the first three lines of what comes of it: where the rest grows with the menu.
- `/rewrite fr OLD => NEW`: let the letter's file in a language say something else, and have the config read again.
- `/sql STATEMENT`: change the database behind the bot's back, to what no person can bring about.

A code the bot makes up is shown as `CODE1`, `CODE2`…, and can be said so.

When wording changes, `TOCSIN_ACCEPT=1 python -m pytest tests/conversations` writes what the bot says now into the
scripts: read the difference before you keep it.
"""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console as Terminal

from bot.config import load
from bot.demo import PASSWORDS, playing
from bot.files.opening import open_campaigns
from bot.transports.console import Character, Console, Stage
from campaign.chat import MATRIX, XMPP, Address, Room
from storage.opening import FILE, open_database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.config import Config
    from bot.transports.base import Dispatch

HERE = Path(__file__).parent
BEGINNING = datetime(2024, 9, 2, 7, 0, tzinfo=UTC)
"""A Monday, nine o'clock in Paris."""
INDENT = "    "

PEOPLE = {
    "Camille": Address(MATRIX, "@camille:nuagelibre.example"),
    "Ines": Address(MATRIX, "@ines:jardiniers.example"),
    "Sacha": Address(MATRIX, "@sacha:mail.example"),
    "Lou": Address(MATRIX, "@lou:mail.example"),
    "Maud": Address(MATRIX, "@maud:campagne.example"),
    "Robin": Address(XMPP, "robin@filcommun.example"),
    "Dom": Address(XMPP, "dom@nuagelibre.example"),
    "Alex": Address(XMPP, "alex@racines.example"),
    "Zoe": Address(XMPP, "zoe@mail.example"),
    "Noa": Address(XMPP, "noa@campagne.example"),
    "Bob": Address(MATRIX, "@_irc_bob:campagne.example"),
    "Marin": Address(MATRIX, "@marin:serveurducoin.example"),
    "Remi": Address(XMPP, "remi@serveurducoin.example"),
    "Tao": Address(MATRIX, "@tao:matrix.fibre.example:8448"),
    "Member": Address(MATRIX, "@membre:member1.fibre.example"),
    "Maya": Address(XMPP, "maya@xn--caf-libre-d4a.example"),
    "Ghost": Address(MATRIX, "@telegram_4711:serveurducoin.example"),
    "Marin-Worn": Address(MATRIX, "@marin:mail.example"),
    "Remi-Worn": Address(XMPP, "remi@mail.example"),
    "Alex-Matrix": Address(MATRIX, "@alex:racines.example"),
}
"""Camille and Dom speak for Nuage Libre, Robin for Le Fil Commun, Ines for Les Jardiniers du Web, Alex for these and
for Racines Numériques; Sacha, Lou and Zoe for nobody; Maud and Noa are campaigners; Bob comes through a bridge. No list
knows those below him: Marin, Remi, Tao, Maya and Alex-Matrix are on their organisations' own servers, the others only look so."""
ROOMS = {
    "collectif": Room(MATRIX, "#collectif"),
    "equipe": Room(MATRIX, "#equipe"),
    "hebergeurs": Room(XMPP, "hebergeurs@salons.example"),
    "cafe": Room(MATRIX, "#cafe"),
}
"""Two of the campaign, the campaigners' own, and one that is neither."""
OF_THE_BOT = ("language", "admin_rooms")
"""Settings that belong to `[bot]`, the first table of the config; any other is the campaign's, the last."""

_CODE = re.compile(r"(?:(?<=!link )|(?<=!lier ))[A-HJ-NP-Z2-9]{8}\b")
_SAID_CODE = re.compile(r"\bCODE\d+\b")


def config(folder: Path, settings: Iterable[str]) -> Config:
    """The campaign that all scripts share, in a folder of its own, with some lines of its config replaced or added."""
    shutil.copytree(HERE / "campaign", folder)
    file = folder / "config.toml"
    lines = file.read_text("utf-8").splitlines()
    for setting in settings:
        key = setting.partition("=")[0].strip()
        lines = [line for line in lines if line.partition("=")[0].strip() != key]
        lines.insert(1 if key in OF_THE_BOT else len(lines), setting)
    file.write_text("\n".join(lines), "utf-8")
    return load(file, environment=PASSWORDS)


def stage(*hidden: str) -> Stage:
    """Everybody, at the beginning."""
    people = {name: Character(name, address) for name, address in PEOPLE.items()}
    return Stage(people, dict(ROOMS), BEGINNING, frozenset(hidden))


@dataclass(frozen=True)
class Script:
    """The lines people say, without what was said to them, and the settings they begin with."""

    lines: tuple[str, ...]
    settings: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Script:
        """Take a script apart."""
        lines = tuple(line.rstrip() for line in text.splitlines() if not line.startswith(INDENT))
        settings = [line.removeprefix("/set ") for line in lines if line.startswith("/set ")]
        hidden = [one.partition("=")[2].split() for one in settings if one.startswith("hidden")]
        return cls(
            lines,
            tuple(one for one in settings if not one.startswith("hidden")),
            tuple(room for rooms in hidden for room in rooms),
        )


class Transcriber:
    """Plays a script on a console, and writes down what the bot says to each line."""

    def __init__(self, console: Console, out: io.StringIO, database: Path) -> None:
        self._console = console
        self._database = database
        self._out = out
        self._said: list[tuple[datetime, Dispatch, str]] = []
        self._codes: list[str] = []
        self._show = console.show
        for transport in console.transports.values():
            transport.show = self._hold  # what two networks say is put in one order first

    async def play(self, script: Script) -> str:
        """Play it all; return the whole transcript."""
        written: list[str] = []
        await self._console.rest()
        opening = self._take()
        for line in script.lines:
            written.append(line)
            match line.split(" ", 1):
                case ["/start"]:
                    written += opening
                case ["/set", _] | [""]:
                    pass
                case ["/file"]:
                    written += self._file()
                case ["/sql", statement]:
                    with closing(sqlite3.connect(self._database)) as connection, connection:
                        assert connection.execute(statement).rowcount == 1, statement
                case ["/rewrite", change]:
                    await self._rewrite(change)
                    written += self._take()
                case ["/quiet", quiet]:
                    await self._console.line(quiet, echo=False)
                    self._take()
                case ["/brief", brief]:
                    await self._console.line(brief, echo=False)
                    written += [*self._take()[:3], f"{INDENT}…"]
                case _:
                    await self._console.line(self._typed(line), echo=False)
                    written += self._take()
        return "\n".join(written).rstrip("\n") + "\n"

    async def _rewrite(self, change: str) -> None:
        """Change a letter's file as an operator does, and bring the config in again."""
        folder = self._database.parent.parent / "config"
        language, _, words = change.partition(" ")
        old, _, new = words.replace("\\n", "\n").partition(" => ")
        letter = folder / f"letter.{language}.md"
        text = letter.read_text("utf-8")
        assert old in text, old
        letter.write_text(text.replace(old, new), "utf-8")
        settings = load(folder / "config.toml", environment=PASSWORDS)
        database = open_database(self._database.parent)
        try:
            database.transaction(lambda storage: open_campaigns(storage, settings, self._console.stage.now))
        finally:
            database.close()
        await self._console.tick(self._console.stage.now)
        await self._console.rest()

    def _typed(self, line: str) -> str:
        line = _SAID_CODE.sub(lambda found: self._codes[int(found[0].removeprefix("CODE")) - 1], line)
        if line.startswith("/say "):
            line = re.sub(
                r"\\u([0-9a-f]{4})|\\n",
                lambda found: chr(int(found[1], 16)) if found[1] else "\n",
                line.removeprefix("/say "),
            )
        return line

    def _hold(self, dispatch: Dispatch, event: str) -> None:
        self._console.player.keep(dispatch, event)
        self._said.append((self._console.stage.now, dispatch, event))

    def _take(self) -> list[str]:
        """What was said since the last time, room by room: the order between two networks is nobody's promise."""
        order = list(ROOMS.values())
        if self._console.player.here in order:
            order.remove(self._console.player.here)
            order.insert(0, self._console.player.here)

        def rank(said: tuple[datetime, Dispatch, str]) -> tuple[datetime, int, str]:
            at, dispatch, _ = said
            room = dispatch.room
            return (at, order.index(room) if room in order else len(order), room.id)

        now = self._console.stage.now
        for at, dispatch, event in sorted(self._said, key=rank):
            self._console.stage.now = at
            self._show(dispatch, event)
        self._console.stage.now = now
        self._said.clear()
        shown = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        lines = [line.rstrip() for line in shown.splitlines()]
        return [INDENT + self._masked(line) for line in lines if line and not line.startswith("──")]

    def _masked(self, line: str) -> str:
        def mask(found: re.Match[str]) -> str:
            if found[0] not in self._codes:
                self._codes.append(found[0])
            return f"CODE{self._codes.index(found[0]) + 1}"

        return _CODE.sub(mask, line)

    def _file(self) -> Iterator[str]:
        name, data = list(self._console.files.items())[-1]
        yield f"{INDENT}{name}"
        for line in data.decode("utf-8-sig").splitlines():
            yield f"{INDENT}| {line}".rstrip()


async def play(text: str, folder: Path) -> str:
    """Play a script over a database in this folder; return its transcript."""
    script = Script.read(text)
    out = io.StringIO()
    terminal = Terminal(file=out, width=240, no_color=True, highlight=False, force_terminal=False)
    settings = config(folder / "config", script.settings)
    async with playing(settings, stage(*script.hidden), terminal, folder / "data") as console:
        return await Transcriber(console, out, folder / "data" / FILE).play(script)
