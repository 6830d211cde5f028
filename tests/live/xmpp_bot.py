"""The XMPP transport and a reader that stands in for intake, for the tests of the transport alone."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar
from xml.etree.ElementTree import SubElement

from bot.transports.base import (
    Accepted,
    Batch,
    Dispatch,
    Payload,
    Start,
)
from bot.transports.xmpp import XmppTransport, identity, stanzas
from campaign.chat import (
    XMPP,
    Event,
    Room,
    Said,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.transports.xmpp.rooms import MucRoom
    from tests.live.prosody import Prosody

T = TypeVar("T", bound=Event)
WAIT = 60.0


@dataclass
class Bot:
    """The transport and a reader that does what intake does: takes batches, keeps their events and cursors."""

    server: Prosody
    account: str
    rooms: tuple[str, ...] = ()
    cursors: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)
    nick: str = "tocsin"
    password: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    """Rooms whose archive does not answer, as far as the bot can see: what it asks them goes nowhere."""
    unreachable: set[str] = field(default_factory=set)
    """Rooms that do not answer anything."""
    patience: float | None = None
    """Seconds after which what goes nowhere is given up; None: as any other question, or by `gives_up`.

    The transport's own timeouts hold for whoever does answer too, who may take their time on a slow machine.
    """
    errors: dict[str, str] = field(default_factory=dict)
    """Room → the error with which it answers when it is asked what it is."""

    def __post_init__(self) -> None:
        self.jid, password = self.server.register(self.account)
        options: dict[str, Any] = {
            "host": self.server.host,
            "port": self.server.port,
            "ca_file": self.server.ca_file,
            "page_size": 3,
            "timeout": 20.0,
            "join_timeout": 20.0,
        }
        self.transport = XmppTransport(
            self.jid, self.password or password, self.nick, **(options | self.options)
        )
        self.batches: list[Batch] = []
        self.swallowed: list[str] = []
        """Silent rooms, each time that their archive was asked."""
        self._nowhere: list[str] = []
        self.held = asyncio.Event()
        self.held.set()
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._stack = contextlib.AsyncExitStack()
        await self._stack.enter_async_context(self.transport.connected(self.start))
        self._client = client = self.transport._connection.session.client
        client.add_filter("out", self._goes_out)
        client.add_filter("in", self._comes_in)
        self.reading = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.reading.cancel()
        await asyncio.gather(self.reading, return_exceptions=True)
        await self._stack.aclose()

    def _goes_out(self, stanza: Any) -> Any:
        xml = getattr(stanza, "xml", stanza)
        to = xml.get("to", "").partition("/")[0]
        if to in self.silent and xml.find(f"{{{stanzas.MAM}}}query") is not None:
            self.swallowed.append(to)
            self._tell()
        elif to not in self.unreachable:
            return stanza
        self._nowhere.append(f"IqTimeout_{xml.get('id')}")
        if self.patience is not None:
            self._client.loop.call_later(self.patience, self.gives_up)
        return None

    def gives_up(self) -> None:
        """Have what was asked and went nowhere time out now."""
        for name in self._nowhere:
            timer = self._client.scheduled_events.get(name)
            if timer is not None:
                timer._run()
                timer.cancel()
        self._nowhere.clear()

    def _tell(self) -> None:
        async def tell() -> None:
            async with self._news:
                self._news.notify_all()

        self._telling = asyncio.ensure_future(tell())

    def _comes_in(self, stanza: Any) -> Any:
        condition = self.errors.get(stanza.xml.get("from", ""))
        query = stanza.xml.find("{http://jabber.org/protocol/disco#info}query")
        if condition and query is not None:
            stanza.xml.set("type", "error")
            error = SubElement(stanza.xml, f"{stanzas.CLIENT}error", {"type": "wait"})
            SubElement(error, f"{{{stanzas.STANZAS}}}{condition}")
        return stanza

    async def _read(self) -> None:
        async for batch in self.transport.batches():
            self.batches.append(batch)
            self.cursors.update(batch.cursors)
            async with self._news:
                self._news.notify_all()
            await self.held.wait()

    @property
    def start(self) -> Start:
        return Start(dict(self.cursors), self.rooms, "tocsin-test", self.unsure)

    def room(self, jid: str) -> MucRoom:
        """What the transport knows of a room now."""
        return self.transport._connection.membership.rooms[jid]

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch.events]

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    def texts(self) -> list[str]:
        return [event.text for event in self.of(Said) if not event.edits]

    async def until(self, ready: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT), self._news:
            await self._news.wait_for(ready)

    async def caught_up(self) -> Self:
        await self.until(lambda: any(batch.caught_up for batch in self.batches))
        return self

    async def read_by_the_server(self) -> None:
        """Wait until the server has read all that was said: one that stops meanwhile may hang up without a word."""
        session = self.transport._connection.session
        question = session.client.make_iq_get(identity.INFO, ito=self.server.domain)
        await session.ask(question.send)

    async def gets(self, kind: type[T], count: int = 1) -> T:
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    async def hears(self, text: str) -> Said:
        await self.until(lambda: text in self.texts())
        return next(event for event in self.of(Said) if event.text == text)

    async def say(self, room: str, text: str, **payload: Any) -> str:
        key = str(uuid.uuid4())
        assert (
            await self.transport.send(Dispatch(key, Room(XMPP, room), Payload(text, **payload))) == Accepted()
        )
        return key

    async def upload(self, room: str, name: str, media_type: str, data: bytes) -> str:
        return (await self.transport.upload(Room(XMPP, room), name, media_type, data)).url

    def again(self, **changes: Any) -> Bot:
        """The next start of the same installation."""
        known: dict[str, Any] = {
            "rooms": self.rooms,
            "cursors": dict(self.cursors),
            "nick": self.nick,
            "options": self.options,
            "silent": self.silent,
            "unreachable": self.unreachable,
            "patience": self.patience,
            "errors": self.errors,
        }
        return Bot(self.server, self.account, **(known | changes))


async def looks_at_its_rooms(bot: Bot, times: int) -> None:
    """Wait until the bot has begun to look after its rooms this often from now on."""
    membership = bot.transport._connection.membership
    looks: asyncio.Queue[None] = asyncio.Queue()
    ask = membership._ask_server

    async def counted() -> None:
        looks.put_nowait(None)
        await ask()

    membership._ask_server = counted
    async with asyncio.timeout(WAIT):
        for _ in range(times):
            await looks.get()
