"""The prompt of a console: lines that people say, and what directs the play."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.markup import escape

from bot.transports.console.directions import directions, listed, said, shown, verb_of
from bot.transports.console.player import Player
from bot.transports.console.screen import Screen
from bot.transports.console.transport import ConsoleTransport
from campaign.chat import MATRIX, NETWORKS, XMPP
from campaign.dates import read_span
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from datetime import datetime

    from rich.console import Console as Terminal

    from bot.transports.base import Dispatch
    from bot.transports.console.stage import Stage

STEP = timedelta(hours=1)
"""How finely time passes while one waits."""


@dataclass
class Console:
    """Reads lines, lets people say them, and shows what is said.

    A plain line is said by the current person in the current room; one that begins with `/` directs, as
    `directions` says. `/vote` and `/unreact` alone take a vote or reactions back.
    """

    stage: Stage
    terminal: Terminal
    settled: Callable[[], Awaitable[None]]
    tick: Callable[[datetime], Awaitable[None]]
    files: dict[str, bytes] = field(default_factory=dict)
    transports: dict[str, ConsoleTransport] = field(init=False)
    player: Player = field(init=False)
    _screen: Screen = field(init=False)

    def __post_init__(self) -> None:
        self._screen = Screen(self.stage, self.terminal)
        self.transports = {
            network: ConsoleTransport(network, self.stage, self.show, self.files)
            for network in (MATRIX, XMPP)
        }
        first, somewhere = next(iter(self.stage.people)), next(iter(self.stage.rooms))
        self.player = Player(self.stage, self._screen, self.transports, first, somewhere)

    def show(self, dispatch: Dispatch, event: str) -> None:
        """Show what the bot says, and remember it for what answers it."""
        self.player.keep(dispatch, event)
        self._screen.show(dispatch)

    # --- what people do

    async def play(self, lines: AsyncIterator[str] | Iterable[str], *, echo: bool = True) -> None:
        """Take line after line, each once what came of the one before has been seen."""
        await self.rest()
        if hasattr(lines, "__aiter__"):
            async for line in lines:
                await self.line(line, echo=echo)
        else:
            for line in lines:
                await self.line(line, echo=echo)

    async def line(self, line: str, *, echo: bool = True) -> None:
        """Take one line, and wait until everything that comes of it was shown."""
        line = line.rstrip("\n")
        if not line.strip() or line.startswith("#"):
            return
        if line.startswith("/"):
            await self._direct(*line[1:].split(" ", 1))
        else:
            self.player.say(line, echo=echo)
        await self.rest()

    async def rest(self) -> None:
        """Wait until nothing moves any more."""
        for _ in range(2):  # what was said makes echoes, which are to be taken as well
            for transport in self.transports.values():
                await transport.taken()
            await self.settled()

    async def _direct(self, verb: str, rest: str = "") -> None:
        rest = rest.strip()
        match verb_of(verb):
            case "as":
                self._become(rest)
            case "room":
                self._go(rest)
            case "private":
                if not rest or self._become(rest):
                    self.player.room = ""
            case "wait":
                await self._wait(rest)
            case "react" | "unreact":
                self.player.react(*(rest.split() or (["👍"] if verb_of(verb) == "react" else [])))
            case "vote":
                self.player.vote(rest.split())
            case "reply":
                self.player.reply(rest)
            case "edit":
                self.player.edit(rest)
            case _:
                self._other(verb, rest)

    def _other(self, verb: str, rest: str) -> None:
        """Show what there is to see, or how to direct."""
        match verb_of(verb):
            case "delete":
                self.player.delete()
            case "on":
                self.player.choose(rest)
            case "who":
                self._screen.who(self.player.person, self.player.room)
            case "file":
                self._screen.file(self.files)
            case _:
                self._screen.wrong("There is no {verb}. There are:", verb=f"/{verb}")
                for line in directions(self.stage.language):
                    self._screen.note(f"  [dim]{escape(line)}[/dim]")

    def _become(self, name: str) -> bool:
        """Let somebody else be the current person; False if nobody is called so."""
        found = next((one for one in self.stage.people if one.casefold() == name.casefold()), None)
        if found is None:
            names = listed(self.stage.people, "and", self.stage.language)
            if name:
                self._screen.wrong("Nobody here is called {name}. There are {names}.", name=name, names=names)
            else:
                self._screen.wrong("Say whose name: there are {names}.", names=names)
            return False
        player = self.player
        player.person = found
        network = self.stage.people[found].address.network
        if player.room and self.stage.rooms[player.room].network != network:
            player.room = next(room for room, place in self.stage.rooms.items() if place.network == network)
        return True

    def _go(self, name: str) -> None:
        found = next((one for one in self.stage.rooms if one.casefold() == name.casefold().lstrip("#")), None)
        if found is None:
            names = listed((f"#{one}" for one in self.stage.rooms), "and", self.stage.language)
            if name:
                self._screen.wrong("No room is called {name}. There are {names}.", name=name, names=names)
            else:
                self._screen.wrong("Say which room: there are {names}.", names=names)
        elif self.stage.rooms[found].network != self.stage.people[self.player.person].address.network:
            network = NETWORKS[self.stage.rooms[found].network]
            or_ = self._words("or")
            there = [
                one.name
                for one in self.stage.people.values()
                if one.address.network == self.stage.rooms[found].network
            ]
            instead = f"{self._verb('as')} {f' {or_} '.join(there)}"
            text = "{name} has no account on {network}:"
            self._screen.wrong(text, instead, name=self.player.person, network=network)
        else:
            self.player.room = found

    def _words(self, text: str) -> str:
        return said(text, self.stage.language)

    def _verb(self, verb: str) -> str:
        return shown(verb, self.stage.language)

    async def _wait(self, how_long: str) -> None:
        try:
            until = self.stage.now + read_span(how_long)
        except CampaignError:
            wait = self._verb("wait")
            day = "j" if self.stage.language == "fr" else "d"
            such = listed((f"{wait} 3{day}", f"{wait} 2h", f"{wait} 30m"), "or", self.stage.language)
            self._screen.wrong("“{typed}” is no time to wait: try {such}.", typed=how_long, such=such)
            return
        self._screen.wait(how_long)
        while self.stage.now < until:
            # At each full hour, as civil hours begin and end then: what is due is said when it is due.
            hour = self.stage.now.replace(minute=0, second=0, microsecond=0)
            self.stage.now = min(until, hour + STEP)
            await self.tick(self.stage.now)
            await self.rest()
