"""The prompt of a console: lines that people say, and what directs the play."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.markup import escape

from bot.transports.console.directions import directions, listed, said, shown, verb_of
from bot.transports.console.screen import Screen
from bot.transports.console.stage import private_room
from bot.transports.console.transport import ConsoleTransport
from campaign.chat import MATRIX, NETWORKS, XMPP, Address, Balloted, Joined, Reacted, Redacted, Room, Said
from campaign.dates import read_span
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from datetime import datetime

    from rich.console import Console as Terminal

    from bot.transports.base import Dispatch
    from bot.transports.console.stage import Stage

STEP = timedelta(minutes=10)
"""How finely time passes while one waits."""
_MARKS = str.maketrans("", "", "*`")
"""What a terminal shows by colours alone."""


def _seen(text: str) -> str:
    """A text as it is compared with what somebody read on the screen and typed: every space is one, and no case."""
    return " ".join(text.translate(_MARKS).casefold().split())


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
    person: str = ""
    room: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    transports: dict[str, ConsoleTransport] = field(init=False)
    _screen: Screen = field(init=False)
    _last: dict[Room, str] = field(default_factory=dict)
    _said: dict[Room, list[tuple[str, str]]] = field(default_factory=dict)
    _polls: dict[Room, tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=dict)
    _own: dict[tuple[Room, str], str] = field(default_factory=dict)
    """Room and person → the event of what they said there last."""

    def __post_init__(self) -> None:
        self._screen = Screen(self.stage, self.terminal)
        self.transports = {
            network: ConsoleTransport(network, self.stage, self.show, self.files)
            for network in (MATRIX, XMPP)
        }
        self.person = self.person or next(iter(self.stage.people))
        self.room = self.room or next(iter(self.stage.rooms))

    @property
    def here(self) -> Room:
        """Where the current person is."""
        return (
            self.stage.rooms[self.room] if self.room else private_room(self.stage.people[self.person].address)
        )

    def show(self, dispatch: Dispatch, event: str) -> None:
        """Show what the bot says, and remember it for what answers it."""
        self.keep(dispatch, event)
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
            if echo:
                self._screen.said(self.here, self.person, line)
            self._say(line)
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
                    self.room = ""
            case "wait":
                await self._wait(rest)
            case "react" | "unreact":
                self._react(*(rest.split() or (["👍"] if verb_of(verb) == "react" else [])))
            case "vote":
                self._vote(rest.split())
            case "reply":
                self._screen.said(self.here, self.person, rest)
                self._say(rest, reply_to=self._last.get(self.here, ""))
            case "edit":
                self._screen.said(self.here, self.person, f"* {rest}")
                self._say(rest, edits=self._own.get((self.here, self.person), ""))
            case _:
                self._other(verb, rest)

    def _other(self, verb: str, rest: str) -> None:
        """Show what there is to see, or how to direct."""
        match verb_of(verb):
            case "delete":
                self._delete()
            case "on":
                self._choose(rest)
            case "who":
                self._screen.who(self.person, self.room)
            case "file":
                self._screen.file(self.files)
            case _:
                self._wrong("There is no {verb}. There are:", verb=f"/{verb}")
                for line in directions(self.stage.language):
                    self._screen.note(f"  [dim]{escape(line)}[/dim]")

    def _become(self, name: str) -> bool:
        """Let somebody else be the current person; False if nobody is called so."""
        found = next((one for one in self.stage.people if one.casefold() == name.casefold()), None)
        if found is None:
            names = listed(self.stage.people, "and", self.stage.language)
            if name:
                self._wrong("Nobody here is called {name}. There are {names}.", name=name, names=names)
            else:
                self._wrong("Say whose name: there are {names}.", names=names)
            return False
        self.person = found
        network = self.stage.people[found].address.network
        if self.room and self.stage.rooms[self.room].network != network:
            self.room = next(room for room, place in self.stage.rooms.items() if place.network == network)
        return True

    def _go(self, name: str) -> None:
        found = next((one for one in self.stage.rooms if one.casefold() == name.casefold().lstrip("#")), None)
        if found is None:
            names = listed((f"#{one}" for one in self.stage.rooms), "and", self.stage.language)
            if name:
                self._wrong("No room is called {name}. There are {names}.", name=name, names=names)
            else:
                self._wrong("Say which room: there are {names}.", names=names)
        elif self.stage.rooms[found].network != self.stage.people[self.person].address.network:
            network = NETWORKS[self.stage.rooms[found].network]
            there = [
                one.name
                for one in self.stage.people.values()
                if one.address.network == self.stage.rooms[found].network
            ]
            why = self._words("{name} has no account on {network}:").format(
                name=escape(self.person), network=network
            )
            or_ = f" {self._words('or')} "
            self._screen.note(f"[red]{why}[/red] [dim]{self._verb('as')} {or_.join(there)}[/dim]")
        else:
            self.room = found

    def _wrong(self, text: str, **values: str) -> None:
        """Say what is wrong with what was typed, and what would be right."""
        self._screen.note(f"[red]{escape(self._words(text).format(**values))}[/red]")

    def _words(self, text: str) -> str:
        return said(text, self.stage.language)

    def _verb(self, verb: str) -> str:
        return shown(verb, self.stage.language)

    def _sender(self) -> Address:
        address = self.stage.people[self.person].address
        if self.room in self.stage.hidden:
            return Address(address.network, f"occupant-{self.person.casefold()}", self.here.id)
        return address

    def _say(self, text: str, *, reply_to: str = "", edits: str = "") -> None:
        here = self.here
        transport = self.transports[here.network]
        if not self.room:
            transport.hear(Joined(here, self.stage.now, private_with=self.stage.people[self.person].address))
        event = transport.event_id()
        if not edits:
            self._own[here, self.person] = event
        transport.hear(
            Said(
                here,
                event,
                self._sender(),
                self.person,
                text,
                self.stage.now,
                private=not self.room,
                reply_to=reply_to,
                shared=() if self.room else self._shared(),
                edits=edits,
            )
        )

    def _delete(self) -> None:
        here = self.here
        transport = self.transports[here.network]
        self._screen.does(here, self.person, "deletes their message")
        target = self._own.get((here, self.person), "")
        transport.hear(Redacted(here, transport.event_id(), target, self.stage.now))

    def _react(self, *keys: str) -> None:
        """Let the person react: on XMPP with exactly these, on Matrix with these besides what was there."""
        here = self.here
        transport = self.transports[here.network]
        target = self._last.get(here, "")
        whole = here.network == XMPP
        self._screen.does(here, self.person, "reacts", " ".join(keys) or "—")
        for some in [keys] if whole else [(key,) for key in keys]:
            event = transport.event_id()
            transport.hear(
                Reacted(
                    here,
                    event,
                    self._sender(),
                    self.person,
                    target,
                    some,
                    self.stage.now,
                    whole=whole,
                    shared=() if self.room else self._shared(),
                )
            )

    def _vote(self, numbers: list[str]) -> None:
        """Let the person answer the last poll shown here, by the numbers of its answers."""
        here = self.here
        if here not in self._polls:
            instead = f"{self._verb('react')} 2️⃣ {self._words('or')} !vote"
            self._screen.note(f"[red]{self._words('no poll here:')}[/red] [dim]{instead}[/dim]")
            return
        transport = self.transports[here.network]
        target, answers = self._polls[here]
        chosen = [
            answers[int(one) - 1] if one.isdecimal() and 0 < int(one) <= len(answers) else (one, one)
            for one in numbers
        ]
        self._screen.does(here, self.person, "votes", ", ".join(words for _, words in chosen) or "—")
        keys = tuple(key for key, _ in chosen)
        transport.hear(
            Balloted(here, transport.event_id(), self._sender(), self.person, target, keys, self.stage.now)
        )

    def _choose(self, words: str) -> None:
        """Let what is said next answer the last message here with these words in it, as they are seen."""
        here = self.here
        found = [event for event, text in self._said.get(here, []) if _seen(words) in _seen(text)]
        if found:
            self._last[here] = found[-1]
        else:
            why = self._words("no message of the bot here with these words:")
            self._screen.note(f"[red]{why}[/red] [dim]{escape(words)}[/dim]")

    def _shared(self) -> tuple[str, ...]:
        """On Matrix everybody is in every room; on XMPP the rooms show nobody's account."""
        network = self.stage.people[self.person].address.network
        return tuple(room.id for room in self.stage.rooms.values() if room.network == network == MATRIX)

    async def _wait(self, how_long: str) -> None:
        try:
            until = self.stage.now + read_span(how_long)
        except CampaignError:
            wait = self._verb("wait")
            day = "j" if self.stage.language == "fr" else "d"
            such = listed((f"{wait} 3{day}", f"{wait} 2h", f"{wait} 30m"), "or", self.stage.language)
            self._wrong("“{typed}” is no time to wait: try {such}.", typed=how_long, such=such)
            return
        self._screen.wait(how_long)
        while self.stage.now < until:
            self.stage.now = min(until, self.stage.now + STEP)
            await self.tick(self.stage.now)
            await self.rest()

    # --- what is remembered

    def keep(self, dispatch: Dispatch, event: str) -> None:
        """Remember what was said, for what answers it: a poll, or else the last message."""
        if dispatch.payload.kind == "poll":
            self._polls[dispatch.room] = (event, dispatch.payload.answers)
        elif dispatch.payload.kind == "message":
            self._last[dispatch.room] = event
            self._said.setdefault(dispatch.room, []).append((event, dispatch.payload.text))
