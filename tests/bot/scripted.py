"""A network of which a test says what it does, and the bot's own parts around it: the database is a real one."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.config import load
from bot.files.opening import open_campaigns
from bot.texts.wordings import Wordings
from bot.transports.base import (
    Accepted,
    Allowance,
    Batch,
    Capabilities,
    Dispatch,
    Unreachable,
    Uploaded,
    Vitals,
)
from campaign.chat import MATRIX, XMPP, Address, Bounced, Echo, Joined, Message, Room, Said
from commands.clock import due
from commands.command import House
from commands.menu import MENU
from commands.tick import Tick
from storage.opening import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
    from pathlib import Path

    from bot.config import Config
    from bot.transports.base import Start
    from campaign.chat import Event
    from commands.command import Elsewhere
    from storage.database import Database
    from storage.storage import Storage

NOW = datetime(2027, 9, 1, 10, 0, tzinfo=UTC)
"""A Wednesday, noon in Paris."""
PASSWORDS = {"TOCSIN_MATRIX_PASSWORD": "-", "TOCSIN_XMPP_PASSWORD": "-"}

COOP = Room(MATRIX, "!coop:example.org")
TEAM = Room(MATRIX, "!team:example.org")
CAFE = Room(MATRIX, "!cafe:example.org")
FORGE = Room(XMPP, "forge@rooms.example.org")
ANA = Address(MATRIX, "@ana:example.org")
MAUD = Address(MATRIX, "@maud:example.org")
NOA = Address(XMPP, "noa@example.org")
HOUSE = House(language="en", admins=frozenset({MAUD, NOA}))

CONFIG = """
[bot]
language = "en"
admins = ["@maud:example.org", "xmpp:noa@example.org"]
admin_rooms = ["!team:example.org"]

[matrix]
homeserver = "https://matrix.example.org"
user = "@tocsin:example.org"

[xmpp]
jid = "tocsin@example.org"

[campaigns.ngi]
title = "Save it"
letter = { fr = "fr.md", en = "en.md" }
deadline = "2027-09-30T18:00"
reminders = ["7d", "1d", "2h"]
rooms = ["!coop:example.org", "xmpp:forge@rooms.example.org"]
organisations = "organisations.csv"
"""
ROSTER = """name,aliases,website,representatives
Picasoft,,https://picasoft.example.org,@ana:example.org
Nuage Libre,NL,,
"""


def config(folder: Path, text: str = CONFIG, roster: str = ROSTER, letter: str = "It must be.") -> Config:
    """One campaign, in two rooms, with a room for its campaigners."""
    (folder / "fr.md").write_text("# Sauvons-le\n\nIl le faut.\n", "utf-8")
    (folder / "en.md").write_text(f"# Save it\n\n{letter}\n", "utf-8")
    (folder / "organisations.csv").write_text(roster, "utf-8")
    file = folder / "config.toml"
    file.write_text(text, "utf-8")
    return load(file, environment=PASSWORDS)


@contextmanager
def begun(folder: Path, *rooms: Room, **values: str) -> Iterator[Database]:
    """A database with that campaign, and the bot in these rooms, where it has said who it is.

    `values` are of them all; "{name}" in one is the name of the room.
    """
    database = open_database(folder / "data")
    what = config(folder)

    def begin(storage: Storage) -> None:
        open_campaigns(storage, what, NOW)
        for room in rooms:
            known = storage.rooms.ensure(room.network, room.id, language="en")
            more = {key: value.format(name=room.id[1:]) for key, value in values.items()}
            storage.rooms.change(known.id, state="joined", welcomed_at=NOW, **more)

    database.transaction(begin)
    try:
        yield database
    finally:
        database.close()


def said(event: str, text: str, room: Room = COOP, sender: Address = ANA) -> Said:
    """Somebody says something."""
    return Said(room, event, sender, sender.id, text, NOW)


def plain(message: Message, language: str = "en") -> str:
    """What a message says."""
    return Wordings(HOUSE, MENU).plain(message, language)


async def waiting(database: Database, network: str = MATRIX) -> list[tuple[str, str]]:
    """What waits to leave on a network: room (or the account it is for) and text, in the order it leaves."""

    def work(storage: Storage) -> list[tuple[str, str]]:
        found = []
        for row in storage.outbox.waiting(network, of_one=1000):
            where = ""
            if row.room_id is not None:
                where = storage.rooms.get(row.room_id).address
            elif row.address_id is not None:
                where = storage.people.address(row.address_id).id
            found.append((where, plain(row.message)))
        return found

    return await database.read(work)


@dataclass(frozen=True)
class Taken:
    """The server takes a dispatch, and then this happens to the answer."""

    but: Exception


@dataclass
class Network:
    """A network as its server sees it: what people see in its rooms, and everything it was asked.

    `script[room]` says what becomes of the next dispatches to a room: an exception before the server took it, `Taken`
    after, an event to wait for before going on, or a reason why the room gives it back. Without any it is delivered.
    """

    network: str
    allowance: Allowance | None = None
    echoes: bool = False
    """Whether only an echo proves that a message arrived (XMPP)."""
    remembers: bool = True
    """Whether the same key never becomes two messages: what the real networks promise, or the archive tells."""
    rooms: tuple[Room, ...] = ()
    """Rooms that say on each start that the bot is in them."""
    script: defaultdict[Room, deque[object]] = field(default_factory=lambda: defaultdict(deque))
    log: list[Event] = field(default_factory=list)
    """Everything that ever happened here: the cursor is a position in it."""
    visible: list[tuple[Room, str, str]] = field(default_factory=list)
    """Room, key and text of each message that people see."""
    attempts: list[Dispatch] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    doors: deque[Exception] = field(default_factory=deque)
    """What the next attempts to connect meet."""
    troubles: deque[Exception] = field(default_factory=deque)
    """What breaks the stream, once it is up and has told what happened."""
    opened: list[Address] = field(default_factory=list)
    opening: deque[object] = field(default_factory=deque)
    entering: deque[Exception] = field(default_factory=deque)
    acts: list[tuple[str, ...]] = field(default_factory=list)
    silent: set[Room] = field(default_factory=set)
    """Rooms whose echoes do not come."""
    shuts: bool = False
    """Whether it never catches up."""
    private_checks: list[Address | None] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    uploading: deque[Exception] = field(default_factory=deque)

    recounted: list[tuple[Room, str]] = field(default_factory=list)
    recounting: deque[object] = field(default_factory=deque)
    """What becomes of the next recounts: an exception, or events that happen with it."""

    signs: Vitals = field(default_factory=Vitals)

    def __post_init__(self) -> None:
        self._committed = 0
        self._changed = asyncio.Event()
        self._asked = asyncio.Event()

    # --- what the test does

    def happen(self, *events: Event) -> None:
        """Let something happen."""
        self.log.extend(events)
        self._changed.set()

    def trouble(self, error: Exception) -> None:
        """Break the stream."""
        self.troubles.append(error)
        self._changed.set()

    def texts(self, room: Room) -> list[str]:
        """What people see in a room."""
        return [text for where, _, text in self.visible if where == room]

    async def until(self, condition: Callable[[], bool], *, within: float = 10.0) -> None:
        """Wait until something is true that follows from what the bot asks of this network."""
        async with asyncio.timeout(within):
            while not condition():
                self._asked.clear()
                await self._asked.wait()

    async def taken(self) -> None:
        """Wait until everything that happened is committed, and the cursor with it."""
        await self.until(lambda: self._committed >= len(self.log))

    # --- what the bot asks

    @asynccontextmanager
    async def connected(self, start: Start) -> AsyncIterator[None]:
        """Let it in, unless the door says otherwise."""
        self.starts.append(start)
        self._asked.set()
        if self.doors:
            raise self.doors.popleft()
        yield

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Tell everything since the cursor, then what happens."""
        position = int(self.starts[-1].cursors.get("log", "0"))
        here: tuple[Event, ...] = tuple(Joined(room, NOW) for room in self.rooms)
        first = True
        while True:
            self._committed = position
            self._changed.clear()
            self._asked.set()
            events = (*here, *self.log[position:])
            if events or first:
                position = len(self.log)
                here = ()
                first = False
                yield Batch(events, {"log": str(position)}, caught_up=not self.shuts)
            elif self.troubles:
                raise self.troubles.popleft()
            else:
                await self._changed.wait()

    async def send(self, dispatch: Dispatch, *, private_with: Address | None = None) -> Accepted:
        """Take a dispatch as the script says."""
        self.attempts.append(dispatch)
        self._asked.set()
        self.private_checks.append(private_with)
        room = dispatch.room
        told = self.script[room].popleft() if self.script[room] else None
        if isinstance(told, asyncio.Event):
            await told.wait()
        elif isinstance(told, Exception):
            raise told
        elif isinstance(told, str):
            self.happen(_bounced(dispatch, told))
            return Accepted()
        event = self._show(dispatch)
        if isinstance(told, Taken):
            raise told.but
        if self.echoes:
            return Accepted()
        return Accepted(event)

    def _show(self, dispatch: Dispatch) -> str:
        if self.remembers:
            for number, (_, key, _) in enumerate(self.visible):
                if key == dispatch.key:
                    return f"$shown-{number}"
        event = f"$shown-{len(self.visible)}"
        self.visible.append((dispatch.room, dispatch.key, dispatch.payload.text))
        if dispatch.room not in self.silent:
            self.happen(Echo(dispatch.room, event, dispatch.key, NOW))
        self._asked.set()
        return event

    async def upload(self, room: Room, name: str, media_type: str, data: bytes) -> Uploaded:
        """Keep a file."""
        if self.uploading:
            raise self.uploading.popleft()
        self.files.append(data)
        return Uploaded(f"mxc://example.org/{len(self.files)}")

    async def open_direct(self, address: Address) -> Room:
        """Open a private chat, as the script says."""
        self.opened.append(address)
        self._asked.set()
        told = self.opening.popleft() if self.opening else None
        if isinstance(told, asyncio.Event):
            await told.wait()
        elif isinstance(told, Exception):
            raise told
        return Room(self.network, f"!with-{address.id}")

    async def join(self, room: str) -> None:
        """Enter a room."""
        self.acts.append(("join", room))
        self._asked.set()
        if self.entering:
            raise self.entering.popleft()

    async def leave(self, room: str, reason: str) -> None:
        """Leave a room."""
        self.acts.append(("leave", room, reason))
        self._asked.set()

    async def compose(self, room: Room, *, on: bool) -> None:
        """Show that an answer is being written, or no more."""
        self.acts.append(("compose", room.id, "on" if on else "off"))
        self._asked.set()

    async def recount(self, room: Room, poll: str) -> None:
        """Tell the answers to a poll once more, as the script says; return when they are committed."""
        self.recounted.append((room, poll))
        self._asked.set()
        told = self.recounting.popleft() if self.recounting else ()
        if isinstance(told, Exception):
            raise told
        if isinstance(told, tuple) and told:
            self.happen(*told)
            await self.taken()

    def vitals(self) -> Vitals:
        """Show what the test has it show."""
        return self.signs

    def capabilities(self, room: Room) -> Capabilities:
        """Show what this network shows."""
        return Capabilities(html=not self.echoes, reactions=True, files=True)


def _bounced(dispatch: Dispatch, reason: str) -> Event:
    return Bounced(dispatch.room, "", dispatch.key, reason, NOW)


def cut() -> Unreachable:
    """Build a cut of the line."""
    return Unreachable("the line was cut")


def reminded(storage: Storage, at: datetime) -> list[Elsewhere]:
    """Let what is due be decided in the rooms; return what is said there."""
    tick = Tick(at, heard=at)
    return [one for step in due.reminders(storage) for one in step(storage, HOUSE, tick).elsewhere]
