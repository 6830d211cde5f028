"""Direct chats are read from our own archive beside the rooms: in order, each once, and nobody waits for them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from xml.etree.ElementTree import Element, SubElement

import pytest

from bot.transports.base import Batch, LoginRefused, Unreachable
from bot.transports.xmpp import stanzas
from bot.transports.xmpp.archive import Archive, Item, Page, Position
from bot.transports.xmpp.inbound import Inbound
from bot.transports.xmpp.own_archive import AT_A_TIME, OwnArchive
from bot.transports.xmpp.queue import CaughtUp, Entered, Live, Lost, OwnRead, Queue
from bot.transports.xmpp.rooms import MucRoom
from bot.transports.xmpp.session import NoAnswer
from campaign.chat import XMPP, Address, Bounced, Event, Room, Said

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterable

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
BOT = "tocsin@example.org"
ANA = Address(XMPP, "ana@example.org")
FLOOD = 300


class Kept(Archive):
    """An archive that keeps these messages by their numbers, and answers page by page as a server does."""

    def __init__(self, size: int = 100) -> None:
        self._jid, self._size = BOT, size
        self.kept: list[int] = []
        self.fails = False
        self._asked_now = 0

    async def _page(self, rsm: dict[str, Any], *, start: datetime | None = None) -> Page:
        self._asked_now += 1
        assert self._asked_now == 1, "it is asked for one page at a time"
        await asyncio.sleep(0)
        self._asked_now -= 1
        if self.fails:
            raise NoAnswer("no answer")
        most = int(rsm["max"])
        if "before" in rsm:
            found, complete = self.kept[-most:], len(self.kept) <= most
        else:
            behind = [number for number in self.kept if number > int(rsm.get("after", 0))]
            found, complete = behind[:most], len(behind) <= most
        items = tuple(
            Item(str(number), BEGAN + timedelta(seconds=number), Element("message")) for number in found
        )
        return Page(items, items[-1].id if items else "", complete)


def said(event: str, *, room: str = ANA.id) -> Said:
    return Said(Room(XMPP, room), event, ANA, "Ana", event, BEGAN)


@dataclass
class Stream:
    """One stream without a server: what its own archive keeps is in `archive`, what comes live is put into `queue`."""

    archive: Kept = field(default_factory=Kept)
    cursor: str = ""
    lost: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    caught_up: bool = True
    """Whether all rooms were entered and read."""

    def __post_init__(self) -> None:
        self.queue = Queue(lambda: self.lost.append("too much"))
        self.room, self.other = MucRoom("coop@rooms.example"), MucRoom("forge@rooms.example")
        for room in (self.room, self.other):
            room.archived, room.stay, room.stay_read = True, 1, 1

    async def prepare(self) -> None:
        answers = iter([{"disco_info": {"features": [stanzas.MAM]}}, {"mam_prefs": {"default": "always"}}])

        async def ask(_: object) -> object:
            return next(answers)

        plugins = {"xep_0030": None, "xep_0441": None}
        client = SimpleNamespace(plugin=plugins, boundjid=SimpleNamespace(bare=BOT))
        session = SimpleNamespace(jid=BOT, ask=ask, client=client, break_off=self.break_off)
        direct = SimpleNamespace(archived=False, read=self._direct)
        backlog = SimpleNamespace(
            caught_up=self.caught_up,
            all_entered=lambda: None,
            begins_now=lambda _: True,
            read=lambda *_: None,
            ended=lambda _: None,
        )
        self.own = OwnArchive(
            cast("Any", session),
            self.queue,
            cast("Any", direct),
            cursor=self.cursor,
            page_size=100,
            spawn=self._spawn,
        )
        self.own._archive = self.archive
        membership = SimpleNamespace(rooms={}, told=lambda _: None)
        self.inbound = Inbound(
            cast("Any", session),
            self.queue,
            cast("Any", membership),
            cast("Any", SimpleNamespace()),
            cast("Any", SimpleNamespace(thank=lambda: None)),
            direct=cast("Any", direct),
            own=self.own,
            backlog=cast("Any", backlog),
            heard=cast("Any", SimpleNamespace()),
        )
        await self.own.prepare()

    def _direct(self, message: Element, *, event: str, at: datetime, **_: object) -> list[Event]:
        if message.get("bounced"):
            return [Bounced(Room(XMPP, ANA.id), "live:bounced", "key", "gone", at)]
        return [replace(said(event or message.get("id", "")), at=at)]

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def break_off(self, reason: str) -> None:
        self.lost.append(reason)
        self.queue.put(Lost(reason))

    def says(self, event: str, room: MucRoom | None = None) -> None:
        """Let something be said in a room."""
        room = room or self.room
        self.queue.put_behind_archive(room, Live(said(event, room=room.jid), room, 1, event))

    @asynccontextmanager
    async def batches(self, follows: Iterable[int] = ()) -> AsyncIterator[AsyncGenerator[Batch, None]]:
        """Begin; some messages follow as soon as it has."""
        await self.prepare()
        self.archive.kept += follows
        self.own.look()
        self.queue.put(CaughtUp())
        try:
            async with aclosing(self.inbound.batches(self._spawn)) as batches:
                yield batches
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def until(self, batches: AsyncGenerator[Batch, None], event: str) -> list[Batch]:
        """The batches up to the one with this event."""
        found: list[Batch] = []
        async with asyncio.timeout(20):
            async for batch in batches:
                found.append(batch)
                if event in events([batch]):
                    break
        return found


def events(batches: list[Batch]) -> list[str]:
    return [one.event for batch in batches for one in batch.events if isinstance(one, Said)]


async def caught_up(stream: Stream, batches: AsyncGenerator[Batch, None]) -> list[Batch]:
    found = []
    async with asyncio.timeout(20):
        async for batch in batches:
            found.append(batch)
            if batch.caught_up:
                break
    return found


def begun(*kept: int) -> Stream:
    """A stream that had read up to the message before the first, and finds these in its archive."""
    stream = Stream(cursor=str(Position("0", BEGAN)))
    stream.archive.kept = list(kept)
    return stream


@asynccontextmanager
async def flooded() -> AsyncIterator[tuple[Stream, AsyncGenerator[Batch, None]]]:
    """A stream that has caught up, and of a flood in its archive has read the first few."""
    stream = begun(1)
    async with stream.batches() as batches:
        await caught_up(stream, batches)
        stream.archive.kept += range(2, 2 + FLOOD)
        stream.own.look()
        await stream.until(batches, "2")
        yield stream, batches


@pytest.mark.parametrize("entered", [False, True], ids=["", "another room is entered"])
async def test_a_room_waits_for_no_more_than_a_few_of_what_was_said_to_us_alone(*, entered: bool) -> None:
    async with flooded() as (stream, batches):
        if entered:
            stream.queue.put(Entered(stream.other, 1))
        stream.says("in the room")
        found = events(await stream.until(batches, "in the room"))
        assert len(found) <= AT_A_TIME + 1
        rest = events(await stream.until(batches, str(1 + FLOOD)))
        assert [int(one) for one in (*found[:-1], *rest)] == list(range(2 + AT_A_TIME, 2 + FLOOD))


async def test_control_where_it_is_read_ahead_of_what_was_taken_a_room_waits_for_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def at_once(self: OwnArchive, piece: Page | None, before: int = 0) -> None:
        self._queue.put(OwnRead(piece, before))

    monkeypatch.setattr(OwnArchive, "_hand_over", at_once)
    async with flooded() as (stream, batches):
        stream.says("in the room")
        assert len(events(await stream.until(batches, "in the room"))) > 3 * AT_A_TIME


async def test_what_the_archive_does_not_keep_comes_after_what_it_kept_before() -> None:
    async with flooded() as (stream, batches):
        stream.inbound.on_message(Element("message", {"id": "not kept", "from": ANA.id}))
        stream.inbound.on_message(Element("message", {"id": "bounced", "bounced": "1"}))
        found = await stream.until(batches, "not kept")
        assert events(found)[-2:] == [str(1 + FLOOD), "not kept"]
        assert any(isinstance(one, Bounced) for batch in found[:2] for one in batch.events), (
            "what came back waits for nothing: its room does"
        )
        stream.inbound.on_message(Element("message", {"id": "at once", "from": ANA.id}))
        assert events(await stream.until(batches, "at once")) == ["at once"]


async def test_what_comes_while_it_is_read_is_read_and_each_cursor_is_of_the_last_that_was_taken() -> None:
    stream = begun(*range(1, 46))
    async with stream.batches() as batches:
        found = [await anext(batches)]
        stream.archive.kept.append(46)
        stream.own.look()
        stream.own.look()
        found += await stream.until(batches, "46")
        own = [batch for batch in found if BOT in batch.cursors]
        assert [len(batch.events) for batch in own] == [20, 20, 5, 1]
        assert [Position.read(batch.cursors[BOT]).id for batch in own] == ["20", "40", "45", "46"]
        assert events(found) == [str(number) for number in range(1, 47)]


async def test_a_look_at_whatever_step_of_the_reading_is_not_lost_and_makes_no_second_reader() -> None:
    stream = begun(1)
    async with stream.batches() as batches:
        await caught_up(stream, batches)
        reading = asyncio.ensure_future(stream.until(batches, "200"))
        for number in range(2, 201):
            for _ in range(number % 9):
                await asyncio.sleep(0)
            stream.archive.kept.append(number)
            stream.own.look()
            assert sum(not task.done() for task in stream.tasks) == 1
        assert events(await reading) == [str(number) for number in range(2, 201)]
        more = asyncio.ensure_future(anext(batches))
        async with asyncio.timeout(20):
            await asyncio.gather(*stream.tasks)
        assert stream.own.unread_since is None
        more.cancel()
        await asyncio.gather(more, return_exceptions=True)


async def test_it_has_caught_up_once_all_was_taken_that_was_there_however_much_follows() -> None:
    stream = begun(*range(1, 31))
    async with stream.batches(follows=range(31, 31 + FLOOD)) as batches:
        found = await caught_up(stream, batches)
        assert not any(batch.caught_up for batch in found[:-1])
        assert 30 <= len(events(found)) <= 30 + 2 * AT_A_TIME


async def test_where_nothing_was_there_behind_the_cursor_it_has_caught_up_at_once() -> None:
    stream = begun(1)
    stream.cursor = str(Position("1", BEGAN))
    async with stream.batches(follows=range(2, 2 + FLOOD)) as batches:
        assert len(events(await caught_up(stream, batches))) <= 2 * AT_A_TIME


async def test_it_has_not_caught_up_before() -> None:
    stream = begun(*range(1, 3 * AT_A_TIME))
    async with stream.batches() as batches:
        found = await caught_up(stream, batches)
        assert events(found) == [str(number) for number in range(1, 3 * AT_A_TIME)]
        assert not found[-1].events


async def test_one_that_was_read_to_its_end_has_caught_up_though_its_newest_is_gone() -> None:
    stream = begun(1, 2)
    async with stream.batches() as batches:
        stream.archive.kept = [1]
        assert events(await caught_up(stream, batches)) == ["1"]


async def test_at_the_first_start_nothing_of_it_is_ours_and_where_we_begin_is_kept() -> None:
    stream = begun(1, 2)
    stream.cursor = ""
    async with stream.batches() as batches:
        found = await caught_up(stream, batches)
        assert events(found) == []
        assert Position.read(found[0].cursors[BOT]).id == "2"
        stream.archive.kept.append(3)
        stream.own.look()
        assert events(await stream.until(batches, "3")) == ["3"]


def comes(stream: Stream, *numbers: int) -> None:
    """Let messages come live that the archive keeps."""
    for number in numbers:
        stream.archive.kept.append(number)
        message = Element("message", {"from": ANA.id})
        SubElement(message, f"{{{stanzas.SID}}}stanza-id", {"id": str(number), "by": BOT})
        stream.inbound.on_message(message)


async def test_what_came_live_is_dated_by_when_it_came_and_not_by_when_it_was_its_turn() -> None:
    stream = begun(1)
    async with stream.batches() as batches:
        await caught_up(stream, batches)
        comes(stream, *range(2, 2 + FLOOD))
        came = datetime.now(UTC)
        found = await stream.until(batches, "2")
        later = datetime.now(UTC)
        found += await stream.until(batches, str(1 + FLOOD))
        dates = [one.at for batch in found for one in batch.events if isinstance(one, Said)]
        assert len(dates) == FLOOD
        assert max(dates) <= came <= later


async def test_since_when_something_waits_in_it_is_known_until_that_was_committed() -> None:
    stream = begun(1)
    async with stream.batches() as batches:
        await caught_up(stream, batches)
        before = datetime.now(UTC)
        comes(stream, *range(2, 2 + FLOOD))
        found = await stream.until(batches, "2")
        began = stream.own.unread_since
        assert began is not None
        assert before <= began <= datetime.now(UTC)
        found = await stream.until(batches, str(2 + 2 * AT_A_TIME))
        since = stream.own.unread_since
        *earlier, last = (one.at for batch in found for one in batch.events if isinstance(one, Said))
        assert since is not None
        assert began < since < last, "it goes on with the reading, behind what is committed"
        assert since in (began, *earlier)


async def test_what_is_not_kept_waits_for_one_reading_however_often_it_is_looked_for_more() -> None:
    stream = begun(1)
    async with stream.batches() as batches:
        await caught_up(stream, batches)
        comes(stream, 2)
        await stream.until(batches, "2")
        stream.inbound.on_message(Element("message", {"id": "not kept", "from": ANA.id}))
        arrived = datetime.now(UTC)
        for number in range(3, 40):
            comes(stream, number)
            since = stream.own.unread_since
            assert since is not None
            assert since <= arrived
            if "not kept" in events([await anext(batches)]):
                break
        else:
            pytest.fail("what the archive does not keep is never its turn")
        assert number < 10


async def test_what_is_not_kept_anywhere_is_taken_before_the_stream_ends() -> None:
    async with flooded() as (stream, batches):
        stream.inbound.on_message(Element("message", {"id": "not kept", "from": ANA.id}))
        stream.queue.put(Lost("the server is gone"))
        assert "not kept" in events(await stream.until(batches, "not kept"))
        with pytest.raises(Unreachable, match="gone"):
            await anext(batches)


async def test_one_that_does_not_answer_ends_the_stream() -> None:
    stream = begun(1)
    async with stream.batches() as batches:
        await caught_up(stream, batches)
        stream.archive.fails = True
        stream.own.look()
        with pytest.raises(Unreachable, match="could not be read"):
            await stream.until(batches, "nothing")


async def test_another_session_in_our_place_is_told_as_such_while_it_is_read() -> None:
    async with flooded() as (stream, batches):
        stream.queue.put(Lost("conflict", for_good=True))
        with pytest.raises(LoginRefused):
            await stream.until(batches, "nothing")
