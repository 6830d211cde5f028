"""A terminal, or a pipe, as chat networks: the demo and the conversation tests are this same class."""

from __future__ import annotations

import asyncio
import itertools
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.text import Text as Rich

from bot.transports.base import (
    Accepted,
    Allowance,
    Batch,
    Capabilities,
    Dispatch,
    NotPrivate,
    Refused,
    Start,
    Uploaded,
    Vitals,
)
from campaign.chat import (
    MATRIX,
    NETWORKS,
    XMPP,
    Address,
    Balloted,
    Echo,
    Joined,
    Reacted,
    Redacted,
    Room,
    Said,
)
from campaign.dates import read_span
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
    from datetime import datetime

    from rich.console import Console as Terminal

    from campaign.chat import Event

STEP = timedelta(minutes=10)
"""How finely time passes while one waits."""

_SHOWN = 40
"""Lines of a file that are shown."""
_COLOURS = {MATRIX: "green", XMPP: "blue"}
_PERSONS = ("magenta", "cyan", "green", "blue", "red", "bright_magenta", "bright_cyan", "bright_green")
_MARGIN = 12
"""Columns before what is said: the name of who says it."""
_MARKED = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])|`([^`\n]+)`|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody to speak as: a name, and their account on one network."""

    name: str
    address: Address
    about: str = ""
    """Who that is, in a few words."""


@dataclass(slots=True)
class Stage:
    """Who and what there is: people, rooms by the name one types, and the moving clock."""

    people: dict[str, Character]
    rooms: dict[str, Room]
    now: datetime
    hidden: frozenset[str] = frozenset()
    """Rooms that hide who is in them: there a person is an occupant, not an account."""
    zone: str = "UTC"
    """The IANA zone in which the time is shown."""


class ConsoleTransport:
    """One network of the console. Accepted is delivered on Matrix; on XMPP only the echo is, as in life."""

    allowance: Allowance | None = None

    def __init__(self, network: str, console: Console) -> None:
        self.network = network
        self._console = console
        self._queue: asyncio.Queue[tuple[Event, ...]] = asyncio.Queue()
        self._numbers = itertools.count(1)
        self._waiting = 0
        self._taken = asyncio.Event()

    @asynccontextmanager
    async def connected(self, start: Start) -> AsyncIterator[None]:  # noqa: ARG002 - a console has no past
        """Nothing to connect to."""
        yield

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """What people say, as they say it."""
        stage = self._console.stage
        rooms = [room for room in stage.rooms.values() if room.network == self.network]
        names = {room.id: name for name, room in stage.rooms.items()}
        yield Batch(
            tuple(Joined(room, stage.now, alias=room.id, name=names[room.id]) for room in rooms),
            caught_up=True,
        )
        while True:
            if self._queue.empty():
                self._taken.set()
            events = await self._queue.get()
            yield Batch(events, caught_up=True)

    def hear(self, *events: Event) -> None:
        """Let something happen on this network."""
        self._taken.clear()
        self._queue.put_nowait(events)

    async def taken(self) -> None:
        """Wait until everything that happened has been taken."""
        await self._taken.wait()

    def event_id(self) -> str:
        """An id as the network would give it."""
        return f"${self.network}-{next(self._numbers)}"

    async def send(self, dispatch: Dispatch, *, private_with: Address | None = None) -> Accepted:
        """Show it."""
        room = dispatch.room
        if private_with is not None and self._console.private_room(private_with) != room:
            raise NotPrivate("not the chat of this person")
        event = self.event_id()
        self._console.show(dispatch, event)
        if self.network == XMPP:
            self.hear(Echo(room, event, dispatch.key, self._console.stage.now))
            return Accepted()
        return Accepted(event)

    async def upload(self, room: Room, name: str, media_type: str, data: bytes) -> Uploaded:  # noqa: ARG002 - for any
        """Keep the file where the transcript can show it."""
        self._console.files[name] = data
        return Uploaded(f"console:{name}#{media_type.partition(';')[0]}")

    async def open_direct(self, address: Address) -> Room:
        """The private chat of a person is always there."""
        if not address.is_account:
            raise Refused("an occupant has no private chat")
        return self._console.private_room(address)

    async def join(self, room: str) -> None:
        """The bot is in every room of the stage."""

    async def leave(self, room: str, reason: str) -> None:
        """Nobody leaves the stage."""

    async def compose(self, room: Room, *, on: bool) -> None:
        """Nobody has to wait on a stage."""

    async def recount(self, room: Room, poll: str) -> None:
        """Nothing is missed on a stage."""

    def vitals(self) -> Vitals:
        """Say nothing: a terminal is either there or not."""
        return Vitals()

    def capabilities(self, room: Room) -> Capabilities:
        """A terminal shows styled text, and polls where Matrix does."""
        return Capabilities(reactions=True, files=True, edits=True, polls=room.network == MATRIX)


@dataclass
class Console:
    """Reads lines, lets people say them, and shows what is said.

    A plain line is said by the current person in the current room. `/as NAME` and `/room NAME` change them, `/private`
    goes to one's chat with the bot, `/react 👍` and `/reply TEXT` answer the bot's last message there, or the one that
    `/on WORDS` chose; `/vote 2` answers the last poll that is shown there (`/vote` alone takes that back), `/edit TEXT` and
    `/delete` change what one said last there, `/wait 3d` lets time pass, `/who` lists everybody.
    """

    stage: Stage
    terminal: Terminal
    settled: Callable[[], Awaitable[None]]
    tick: Callable[[datetime], Awaitable[None]]
    person: str = ""
    room: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    transports: dict[str, ConsoleTransport] = field(init=False)
    _last: dict[Room, str] = field(default_factory=dict)
    _said: dict[Room, list[tuple[str, str]]] = field(default_factory=dict)
    _polls: dict[Room, tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=dict)
    _own: dict[tuple[Room, str], str] = field(default_factory=dict)
    """Room and person → the event of what they said there last."""
    _shown: tuple[Room | None, str] = (None, "")

    def __post_init__(self) -> None:
        self.transports = {network: ConsoleTransport(network, self) for network in (MATRIX, XMPP)}
        self.person = self.person or next(iter(self.stage.people))
        self.room = self.room or next(iter(self.stage.rooms))

    def private_room(self, address: Address) -> Room:
        """The chat of this account with the bot."""
        return Room(address.network, f"private:{address.id}" if address.network == MATRIX else address.id)

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
                self._show_said(line)
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
        match verb:
            case "as":
                self._become(rest)
            case "room":
                self._go(rest)
            case "private":
                self.room = ""
            case "wait":
                await self._wait(rest)
            case "react" | "unreact":
                self._react(*(rest.split() or (["👍"] if verb == "react" else [])))
            case "vote":
                self._vote(rest.split())
            case "reply":
                self._show_said(rest)
                self._say(rest, reply_to=self._last.get(self._here, ""))
            case "edit":
                self._show_said(f"* {rest}")
                self._say(rest, edits=self._own.get((self._here, self.person), ""))
            case _:
                self._other(verb, rest)

    def _other(self, verb: str, rest: str) -> None:
        """Show what there is to see, or how to direct."""
        match verb:
            case "delete":
                self._delete()
            case "on":
                self._choose(rest)
            case "who":
                self._who()
            case "file":
                self._show_file()
            case _:
                self.terminal.print(
                    f"[red]/{escape(verb)}?[/red] [dim]/as NAME · /room NAME · /private · /react 👍 · /vote 1 · /reply TEXT · /on WORDS · /edit TEXT · /delete · /file · /wait 3d · /who[/dim]"
                )

    def _become(self, name: str) -> None:
        found = next((one for one in self.stage.people if one.casefold() == name.casefold()), None)
        if found is None:
            self.terminal.print(f"[red]{escape(name)}?[/red] [dim]{', '.join(self.stage.people)}[/dim]")
            return
        self.person = found
        network = self.stage.people[found].address.network
        if self.room and self.stage.rooms[self.room].network != network:
            self.room = next(room for room, place in self.stage.rooms.items() if place.network == network)

    def _go(self, name: str) -> None:
        found = next((one for one in self.stage.rooms if one.casefold() == name.casefold().lstrip("#")), None)
        if found is None:
            self.terminal.print(f"[red]{escape(name)}?[/red] [dim]{', '.join(self.stage.rooms)}[/dim]")
        elif self.stage.rooms[found].network != self.stage.people[self.person].address.network:
            network = NETWORKS[self.stage.rooms[found].network]
            there = [
                one.name
                for one in self.stage.people.values()
                if one.address.network == self.stage.rooms[found].network
            ]
            self.terminal.print(
                f"[red]{escape(self.person)} has no account on {network}:[/red] [dim]/as {' or '.join(there)}[/dim]"
            )
        else:
            self.room = found

    @property
    def _here(self) -> Room:
        return (
            self.stage.rooms[self.room]
            if self.room
            else self.private_room(self.stage.people[self.person].address)
        )

    def _sender(self) -> Address:
        address = self.stage.people[self.person].address
        if self.room in self.stage.hidden:
            return Address(address.network, f"occupant-{self.person.casefold()}", self._here.id)
        return address

    def _say(self, text: str, *, reply_to: str = "", edits: str = "") -> None:
        here = self._here
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
        here = self._here
        transport = self.transports[here.network]
        self._does(("deletes their message", "dim"), "")
        target = self._own.get((here, self.person), "")
        transport.hear(Redacted(here, transport.event_id(), target, self.stage.now))

    def _react(self, *keys: str) -> None:
        """Let the person react: on XMPP with exactly these, on Matrix with these besides what was there."""
        here = self._here
        transport = self.transports[here.network]
        target = self._last.get(here, "")
        whole = here.network == XMPP
        self._does(("reacts ", "dim"), " ".join(keys) or "—")
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
        here = self._here
        if here not in self._polls:
            self.terminal.print("[red]no poll here:[/red] [dim]/on WORDS, then /react 2️⃣ or !vote[/dim]")
            return
        transport = self.transports[here.network]
        target, answers = self._polls[here]
        chosen = [
            answers[int(one) - 1] if one.isdecimal() and 0 < int(one) <= len(answers) else (one, one)
            for one in numbers
        ]
        self._does(("votes ", "dim"), ", ".join(words for _, words in chosen) or "—")
        keys = tuple(key for key, _ in chosen)
        transport.hear(
            Balloted(here, transport.event_id(), self._sender(), self.person, target, keys, self.stage.now)
        )

    def _choose(self, words: str) -> None:
        """Let what is said next answer the last message here with these words in it."""
        here = self._here
        found = [event for event, text in self._said.get(here, []) if words.casefold() in text.casefold()]
        if found:
            self._last[here] = found[-1]
        else:
            self.terminal.print(f"[red]{escape(words)}?[/red]")

    def _does(self, what: tuple[str, str], with_: str) -> None:
        self._heading(self._here)
        self._line(self.person, self._colour(), Rich.assemble(what, with_))

    def _shared(self) -> tuple[str, ...]:
        """On Matrix everybody is in every room; on XMPP the rooms show nobody's account."""
        network = self.stage.people[self.person].address.network
        return tuple(room.id for room in self.stage.rooms.values() if room.network == network == MATRIX)

    async def _wait(self, how_long: str) -> None:
        try:
            until = self.stage.now + read_span(how_long)
        except CampaignError:
            self.terminal.print("[red]?[/red] [dim]/wait 3d, /wait 2h, /wait 30m[/dim]")
            return
        self._shown = (None, "")
        self.terminal.rule(f"[dim]{escape(how_long)}[/dim]", style="dim")
        while self.stage.now < until:
            self.stage.now = min(until, self.stage.now + STEP)
            await self.tick(self.stage.now)
            await self.rest()

    # --- what is seen

    def _heading(self, room: Room) -> None:
        """Say where this happens, unless the line above was there already."""
        day = f"{self.stage.now.astimezone(ZoneInfo(self.stage.zone)):%Y-%m-%d %H:%M}"
        if self._shown == (room, day):
            return
        same_day = self._shown[1] == day
        self._shown = (room, day)
        name = next((one for one, place in self.stage.rooms.items() if place == room), "")
        if not name:
            whom = next(
                (one.name for one in self.stage.people.values() if self.private_room(one.address) == room),
                room.id,
            )
            name = f"{whom} ↔ tocsin"
        else:
            name = f"#{name}"
        colour = _COLOURS[room.network]
        self.terminal.print()
        self.terminal.print(
            Rich.assemble(
                (name, f"bold {colour}"),
                (f"  {NETWORKS[room.network]}", "dim"),
                ("" if same_day else f"  {day}", "dim"),
            )
        )

    def _show_said(self, text: str) -> None:
        self._heading(self._here)
        self._line(self.person, self._colour(), Rich(text))

    def _colour(self) -> str:
        """Each person keeps a colour of their own."""
        return _PERSONS[list(self.stage.people).index(self.person) % len(_PERSONS)]

    def _line(self, name: str, colour: str, body: Rich) -> None:
        """Show who says something, and beside it what they say."""
        for number, line in enumerate(body.wrap(self.terminal, max(20, self.terminal.width - _MARGIN))):
            said = (
                Rich(name.ljust(_MARGIN - 3), f"bold {colour}") if not number else Rich(" " * (_MARGIN - 3))
            )
            line.rstrip()
            self.terminal.print(Rich.assemble("  ", said, " ", line), soft_wrap=True)

    def keep(self, dispatch: Dispatch, event: str) -> None:
        """Remember what was said, for what answers it: a poll, or else the last message."""
        if dispatch.payload.kind == "poll":
            self._polls[dispatch.room] = (event, dispatch.payload.answers)
        elif dispatch.payload.kind == "message":
            self._last[dispatch.room] = event
            self._said.setdefault(dispatch.room, []).append((event, dispatch.payload.text))

    def show(self, dispatch: Dispatch, event: str) -> None:
        """Show what the bot says."""
        self.keep(dispatch, event)
        self._heading(dispatch.room)
        payload = dispatch.payload
        if payload.kind == "poll":
            answers = " · ".join(f"{number}. {words}" for number, (_, words) in enumerate(payload.answers, 1))
            lines = (f"📊 {payload.text}", f"{answers}  (/vote 1)")
            self._line("tocsin", "yellow", Rich("\n".join(lines)))
            return
        if payload.kind in ("react", "end"):
            mark = "reacts" if payload.kind == "react" else "📊 ends the poll:"
            self._line("tocsin", "yellow", Rich.assemble((f"{mark} ", "dim"), payload.text.split("\n")[0]))
            return
        bell = "🔔 " if payload.rings and not payload.text.startswith("🔔") else ""
        bell = "✎ " if payload.kind == "edit" else bell
        marks = self.terminal.no_color or not self.terminal.is_terminal
        parts = [_styled(bell + payload.text, marks=marks)] if payload.text else []
        if payload.file_url:
            size = f"  {payload.file_size} bytes"
            parts.append(Rich.assemble("📎 ", (payload.file_name, "underline"), (size, "dim")))
        self._line("tocsin", "yellow", Rich("\n").join(parts))

    def _show_file(self) -> None:
        """Show the beginning of the file that was handed over last."""
        if not self.files:
            self.terminal.print("[dim]No file was handed over yet: !export csv[/dim]")
            return
        name, data = list(self.files.items())[-1]
        lines = data.decode("utf-8-sig", "replace").splitlines()
        self.terminal.print(Rich.assemble("📎 ", (name, "underline")))
        for line in lines[:_SHOWN]:
            self.terminal.print(Rich(line), soft_wrap=True)
        if len(lines) > _SHOWN:
            self.terminal.print(f"[dim]… and {len(lines) - _SHOWN} lines more[/dim]")

    def _who(self) -> None:
        for one in self.stage.people.values():
            mark = "→ " if one.name == self.person else "  "
            about = f"  {one.about}" if one.about else ""
            self.terminal.print(
                Rich.assemble((f"{mark}{one.name}", "bold"), about, (f"  {one.address.id}", "dim"))
            )
        for name, room in self.stage.rooms.items():
            mark = "→ " if name == self.room else "  "
            self.terminal.print(
                Rich.assemble(
                    (f"{mark}#{name}", f"bold {_COLOURS[room.network]}"),
                    (f"  {NETWORKS[room.network]}", "dim"),
                )
            )


def _styled(text: str, *, marks: bool) -> Rich:
    """Message styling (XEP-0393) as a terminal shows it; the marks themselves only where nothing else shows."""
    styled = Rich()
    for strong, code, plain in _MARKED.findall(text):
        style, mark = ("bold", "*") if strong else ("cyan", "`") if code else ("", "")
        mark = mark if marks else ""
        styled.append(f"{mark}{plain or strong or code}{mark}", style)
    return styled
