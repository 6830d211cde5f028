"""One network of a run: the rooms, who types in them, and the observer who counts what is visible there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import aiohttp
from slixmpp.exceptions import IqTimeout

from tests.faults.proxy import Proxy
from tests.live.matrix_person import MatrixError, Person
from tests.live.sealed_person import SealedPerson
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse

TYPISTS = 2
_AGAIN = 0.2
"""Seconds after which people whose server is down try again."""


@dataclass(frozen=True)
class Servers:
    """Both real servers, started once."""

    synapse: Synapse
    prosody: Prosody


@dataclass(frozen=True)
class Seen:
    """A message of the bot as the observer sees it."""

    event: str
    room: str
    text: str


class Side(Protocol):
    """What a run needs of a network."""

    network: str
    proxy: Proxy
    typists: list[str]
    """The accounts of those who sign, as a roster names them."""
    admin: str
    """The observer's account, who is a campaigner as well."""
    room: str
    """The campaign's room, as the config names it."""
    office: str
    """The campaigners' room, likewise."""
    environment: dict[str, str]

    def settings(self) -> str:
        """The config's section of this network."""
        ...

    async def say(self, typist: int, text: str) -> str:
        """Let somebody say something in the campaign's room, however often it takes; return the event's id."""
        ...

    async def visible(self) -> list[Seen]:
        """Everything the bot said, in both rooms, as the server keeps it for the observer."""
        ...

    async def told_alone(self) -> list[str]:
        """What the bot said to typists alone, as their server keeps it for them."""
        ...

    async def ranks(self) -> dict[str, int]:
        """Cursor or event → how far along it is; what is not in here cannot be compared."""
        ...


@dataclass
class MatrixSide:
    """Synapse: a room with two typists, and an observer."""

    synapse: Synapse
    proxy: Proxy
    bot_id: str
    password: str
    observer: Person
    people: list[Person]
    room: str = ""
    office: str = ""
    network: str = "matrix"
    former: list[str] = field(default_factory=list)
    """Rooms in whose place `room` is now."""

    @property
    def typists(self) -> list[str]:
        return [person.user_id for person in self.people]

    @property
    def admin(self) -> str:
        return self.observer.user_id

    @property
    def environment(self) -> dict[str, str]:
        return {"TOCSIN_MATRIX_PASSWORD": self.password}

    def settings(self) -> str:
        return f'[matrix]\nhomeserver = "http://127.0.0.1:{self.proxy.port}"\nuser = "{self.bot_id}"\n'

    async def say(self, typist: int, text: str) -> str:
        content = {"msgtype": "m.text", "body": text}
        path = ("rooms", self.room, "send", "m.room.message", secrets.token_hex(8))
        while True:
            try:
                async with asyncio.timeout(20):
                    answer = await self.people[typist % TYPISTS].call(
                        "PUT", *path, body=json.dumps(content).encode()
                    )
            except (aiohttp.ClientError, TimeoutError, MatrixError, ValueError):
                await asyncio.sleep(_AGAIN)  # the same transaction again: said once
            else:
                return str(answer["event_id"])

    async def upgrade(self) -> None:
        """Put another room in the place of this one, as a client's "upgrade this room" does, and go there."""
        answer = await self.observer.call("POST", "rooms", self.room, "upgrade", body={"new_version": "12"})
        self.former.append(self.room)
        self.room = str(answer["replacement_room"])
        await asyncio.gather(*(person.join(self.room) for person in self.people))

    async def visible(self) -> list[Seen]:
        return [
            Seen(event["event_id"], room, str(event["content"].get("body", "")))
            for room in (*self.former, self.room, self.office)
            for event in await self.observer.history(room)
            if "state_key" not in event and event["sender"] == self.bot_id
        ]

    async def told_alone(self) -> list[str]:
        return []

    async def ranks(self) -> dict[str, int]:
        return {}


@dataclass
class SealedSide(MatrixSide):
    """The same with encrypted rooms, and people whose clients encrypt."""

    wrong: list[str] = field(default_factory=list)
    """What of the bot's was in plain, or could not be opened by the observer."""
    _turns: dict[int, asyncio.Lock] = field(
        default_factory=lambda: {n: asyncio.Lock() for n in range(TYPISTS)}
    )

    def typist(self, number: int) -> SealedPerson:
        person = self.people[number % TYPISTS]
        if not isinstance(person, SealedPerson):
            raise TypeError(person)
        return person

    async def say(self, typist: int, text: str) -> str:
        async with self._turns[typist % TYPISTS]:
            sealed = await self.typist(typist).seal(self.room, {"msgtype": "m.text", "body": text})
        path = ("rooms", self.room, "send", "m.room.encrypted", secrets.token_hex(8))
        return str((await self.people[typist % TYPISTS].call("PUT", *path, body=sealed))["event_id"])

    async def visible(self) -> list[Seen]:
        found = []
        for room in (self.room, self.office):
            for event in await self.observer.history(room):
                if event["sender"] != self.bot_id or "state_key" in event:
                    continue
                if event["type"] == "m.room.encrypted":
                    self.wrong.append(f"{event['event_id']} cannot be opened")
                elif not event.get("sealed"):
                    self.wrong.append(f"{event['event_id']} is in plain")
                found.append(Seen(event["event_id"], room, str(event["content"].get("body", ""))))
        return found


def sealed_side(servers: Servers, mark: str) -> AbstractAsyncContextManager[MatrixSide]:
    """Make encrypted rooms on Synapse."""
    return matrix_side(servers, mark, SealedSide, SealedPerson)


@asynccontextmanager
async def matrix_side(
    servers: Servers, mark: str, kind: type[MatrixSide] = MatrixSide, who: type[Person] = Person
) -> AsyncIterator[MatrixSide]:
    """Make accounts and rooms on Synapse, with a proxy before it for the bot."""
    synapse, encrypted = servers.synapse, kind is SealedSide
    async with AsyncExitStack() as stack:
        names = [f"tocsin-{mark}", f"observer-{mark}", *(f"typist{n}-{mark}" for n in range(TYPISTS))]
        accounts = await asyncio.gather(*(synapse.register(name) for name in names))
        observer, *people = [
            await stack.enter_async_context(who(synapse.base_url, user, password))
            for user, password in accounts[1:]
        ]
        proxy = Proxy("127.0.0.1", synapse.port)
        await stack.enter_async_context(proxy.serving())
        side = kind(synapse, proxy, *accounts[0], observer, people)
        side.room, side.office = await asyncio.gather(
            *(observer.create_room(public=True, encrypted=encrypted) for _ in range(2))
        )
        await asyncio.gather(*(person.join(side.room) for person in people))
        yield side


@dataclass
class XmppSide:
    """Prosody: a room that shows who is in it, with two typists and an observer."""

    prosody: Prosody
    proxy: Proxy
    bot_jid: str
    password: str
    mark: str
    observer: XmppPerson
    people: list[XmppPerson]
    room: str = ""
    office: str = ""
    network: str = "xmpp"
    nicks: dict[str, str] = field(default_factory=dict)
    _coming_back: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def muc(self) -> str:
        return self.room.removeprefix("xmpp:")

    @property
    def typists(self) -> list[str]:
        return [f"xmpp:{person.jid}" for person in self.people]

    @property
    def admin(self) -> str:
        return f"xmpp:{self.observer.jid}"

    @property
    def environment(self) -> dict[str, str]:
        return {"TOCSIN_XMPP_PASSWORD": self.password}

    def settings(self) -> str:
        return (
            f'[xmpp]\njid = "{self.bot_jid}"\nnick = "tocsin"\n'
            f'host = "127.0.0.1"\nport = {self.proxy.port}\ntls = "off"\n'
        )

    async def say(self, typist: int, text: str, *, message_id: str = "", extra: str = "") -> str:
        number, message_id = typist % TYPISTS, message_id or secrets.token_hex(8)
        while True:
            try:
                person = await self._there(number)
                async with asyncio.timeout(5):
                    found = await self._said(person, message_id, text)
                if found:
                    return found
                person.say(self.muc, text, message_id=message_id, extra=extra)
                heard = await person.wait_for(lambda each: each.id == message_id and each.body == text, 5)
                return heard.stanza_id()
            except (TimeoutError, OSError, RuntimeError, IqTimeout):
                await asyncio.sleep(_AGAIN)

    async def _said(self, person: XmppPerson, message_id: str, text: str) -> str:
        """The archive id of what may have been said in an attempt before this one."""
        if not getattr(person, "doubts", False):
            return ""
        found = [
            one.id
            for one in await person.archive(self.muc)
            if one.heard.id == message_id and one.heard.body == text
        ]
        return found[0] if found else ""

    async def _there(self, number: int) -> XmppPerson:
        """The typist, come back if the server had gone."""
        async with self._coming_back:
            if not self.people[number].is_connected:
                await _gone(self.people[number])
                self.people[number] = await self._back(f"typist{number}")
                self.people[number].doubts = True  # type: ignore[attr-defined]
            return self.people[number]

    async def _back(self, name: str) -> XmppPerson:
        person = XmppPerson(self.prosody, name, resource=f"{self.mark}-{secrets.token_hex(2)}")
        try:
            await person.connect()
            await person.join_room(self.muc, f"{name}-{secrets.token_hex(2)}")
        except BaseException:
            await person.close()
            raise
        return person

    async def visible(self) -> list[Seen]:
        async with self._coming_back:
            if not self.observer.is_connected:
                await _gone(self.observer)
                self.observer = await self._back("observer")
        return [
            Seen(one.id, room, one.heard.body)
            for room in (self.muc, self.office.removeprefix("xmpp:"))
            for one in await self.observer.archive(room)
            if one.heard.nick.startswith("tocsin")
        ]

    async def told_alone(self) -> list[str]:
        return []

    async def ranks(self) -> dict[str, int]:
        await self.visible()
        return {
            one.id: rank
            for room in (self.muc, self.office.removeprefix("xmpp:"))
            for rank, one in enumerate(await self.observer.archive(room))
        }


@dataclass
class AloneSide(XmppSide):
    """The same, but the typists say everything to the bot alone: the server's archives alone keep it in order."""

    async def say(self, typist: int, text: str, *, message_id: str = "", extra: str = "") -> str:
        return self.people[typist % TYPISTS].chat(self.bot_jid, text, message_id=message_id, extra=extra)

    async def told_alone(self) -> list[str]:
        return [
            one.heard.body
            for person in self.people
            for one in await person.archive(person.jid)
            if one.heard.room == self.bot_jid
        ]


def alone_side(servers: Servers, mark: str) -> AbstractAsyncContextManager[XmppSide]:
    """Make typists of this run's own on Prosody: their archives are of nothing else."""
    return xmpp_side(servers, mark, AloneSide, own=f"-{mark}")


async def _gone(person: XmppPerson) -> None:
    """Let somebody leave, whose server may be gone already."""
    with contextlib.suppress(Exception):
        await person.close()


@asynccontextmanager
async def xmpp_side(
    servers: Servers, mark: str, kind: type[XmppSide] = XmppSide, *, own: str = ""
) -> AsyncIterator[XmppSide]:
    """Make an account and rooms on Prosody, with a proxy before it for the bot; the typists are `own` or all runs'."""
    prosody = servers.prosody
    jid, password = await asyncio.to_thread(prosody.register, f"tocsin-{mark}")
    async with AsyncExitStack() as stack:
        proxy = Proxy(prosody.host, prosody.port)
        await stack.enter_async_context(proxy.serving())
        observer, *people = [
            XmppPerson(prosody, name, resource=mark)
            for name in ("observer", *(f"typist{n}{own}" for n in range(TYPISTS)))
        ]
        side = kind(prosody, proxy, jid, password, mark, observer, people)

        async def leave() -> None:
            for person in (side.observer, *side.people):
                await _gone(person)

        stack.push_async_callback(leave)
        await asyncio.gather(*(person.connect() for person in (observer, *people)))
        side.room = f"xmpp:{prosody.room(f'letter-{mark}')}"
        side.office = f"xmpp:{prosody.room(f'office-{mark}')}"
        for room in (side.room, side.office):
            await observer.create_room(room.removeprefix("xmpp:"), "observer", non_anonymous=True)
        for number, person in enumerate(people):
            await person.join_room(side.muc, f"typist{number}")
        yield side


SIDES = {"matrix": matrix_side, "sealed": sealed_side, "xmpp": xmpp_side, "alone": alone_side}
