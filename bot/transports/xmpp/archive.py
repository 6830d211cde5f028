"""Reading a message archive (XEP-0313) page by page, and the cursors that say how far it was read."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from slixmpp.exceptions import IqError

from bot.transports.xmpp import stanzas
from bot.transports.xmpp.session import NoAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from xml.etree.ElementTree import Element

    from bot.transports.xmpp.session import Session

log = logging.getLogger(__name__)

_RSM = "{http://jabber.org/protocol/rsm}"
_FORWARDED = "{urn:xmpp:forward:0}forwarded"
# Our clock and the server's may differ by this much; what is read twice is dropped by the inbox.
_CLOCKS_DIFFER = timedelta(minutes=1)
_MOST_PAGES = 1000
"""Pages read at a time: an archive that goes on, as one may that invents it, is read on later from where we stopped."""
_NEWEST = 10
"""Messages asked for where the newest is wanted, whichever it is: one may be of a kind that says nothing."""
_MOST_IDLE = 10
"""Pages in a row that may bring nothing new."""


class CursorExpired(Exception):
    """The archive does not know the id any more from which it should go on."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far an archive was read: the id of the last item, and when that was (UTC). No id: it was empty then."""

    id: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).isoformat(timespec='seconds')} {self.id}"

    @classmethod
    def read(cls, cursor: str) -> Position:
        """Read a cursor as it was committed; one without a time is taken for an id alone."""
        stamp, space, archive_id = cursor.partition(" ")
        try:
            at = datetime.fromisoformat(stamp)
        except ValueError:
            at = None
        if not space or at is None or at.tzinfo is None:
            return cls(cursor, datetime.now(UTC))
        return cls(archive_id, at)

    @classmethod
    def now(cls, archive_id: str) -> Position:
        """Return the position of an item that has only just come."""
        return cls(archive_id, datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Item:
    """One archived message: its id, its instant by the archive (UTC), and itself."""

    id: str
    at: datetime
    message: Element

    @property
    def position(self) -> Position:
        """Where one is who has read up to this."""
        return Position(self.id, self.at)


@dataclass(frozen=True, slots=True)
class Page:
    """Items in the archive's order; `complete` says that nothing follows (or, reading backwards, precedes)."""

    items: tuple[Item, ...]
    last: str
    complete: bool
    gap: bool = False
    """Whether something may be missing before these."""
    nearest: Position | None = None
    """If nothing came after a gap: where one is now, so that the same gap is not met again."""

    def pieces(self, size: int) -> Iterator[Page]:
        """Cut it into pages of no more than so many items; not if a gap is to be told with all of it."""
        if self.gap or len(self.items) <= size:
            yield self
            return
        for start in range(0, len(self.items), size):
            items = self.items[start : start + size]
            ends = start + size >= len(self.items)
            yield Page(items, items[-1].id, complete=self.complete and ends)

    @property
    def reached(self) -> Position | None:
        """Where one is who has taken this; None: where one was."""
        return self.items[-1].position if self.items else self.nearest


class Archive:
    """The archive of a room, or our own (`jid` is then our bare address)."""

    def __init__(self, session: Session, jid: str, page_size: int) -> None:
        self._session, self._jid, self._size = session, jid, page_size
        self._own = jid == session.client.boundjid.bare

    async def after(self, position: Position) -> Page:
        """Read the page that follows a position. Raises CursorExpired, NoAnswer, Unreachable or IqError."""
        try:
            return await self._page(
                {"max": str(self._size)} | ({"after": position.id} if position.id else {})
            )
        except IqError as error:
            if error.condition == "item-not-found" and position.id:
                raise CursorExpired from None
            raise

    async def since(self, at: datetime) -> Page:
        """Read the first page of what is newer than this. Raises NoAnswer, Unreachable or IqError."""
        return await self._page({"max": str(self._size)}, start=at - _CLOCKS_DIFFER)

    async def pages(self, position: Position) -> AsyncGenerator[Page, None]:
        """Read everything that follows a position; if the archive forgot it, what is newer than its instant.

        Raises NoAnswer, Unreachable or IqError; NoAnswer also where it goes on without an end.
        """
        forgot, idle = False, 0
        ends = {position.id}
        for _ in range(_MOST_PAGES):
            try:
                page = await self.after(position)
            except CursorExpired:
                if forgot:
                    raise NoAnswer("the archive forgets faster than it can be read") from None
                forgot = True
                since = position.at.isoformat(timespec="seconds")
                log.warning(
                    "the archive of %s does not go back to where we stopped: reading from %s",
                    self._jid,
                    since,
                )
                # Asked first: nothing that comes in between is passed over.
                newest = await self.newest(except_for=set())
                position = Position("", position.at)
                page = replace(await self.since(position.at), gap=True, nearest=newest)
            if page.items or page.gap:
                yield page
            if page.complete:
                return
            # What it repeats in whatever order ends with something new no oftener than there are items.
            idle = 0 if page.items and page.items[-1].id not in ends else idle + 1
            if page.last in ("", position.id) or idle > _MOST_IDLE:
                raise NoAnswer("the archive repeats itself")
            ends.update(item.id for item in page.items[-1:])
            position = Position(page.last, page.items[-1].at if page.items else position.at)
        raise NoAnswer("the archive has no end")

    async def newest(self, *, except_for: set[str]) -> Position:
        """Return the position of the newest item that is not one of these."""
        before, asked = "", {""}
        size = str(self._size if except_for else min(_NEWEST, self._size))
        while True:
            page = await self._page({"max": size, "before": before or True})
            for item in reversed(page.items):
                if item.id not in except_for:
                    return item.position
            if page.complete or not page.items or page.items[0].id in asked:
                return Position.now("")
            before = page.items[0].id
            asked.add(before)

    async def _page(self, rsm: dict[str, Any], *, start: datetime | None = None) -> Page:
        # slixmpp's retrieve() cannot ask for the last page, and its iterate() takes an error for the end.
        iq = self._session.client.make_iq_set(ito=None if self._own else self._jid)
        query_id = iq["id"]
        iq["mam"]["queryid"] = query_id
        if start is not None:
            iq["mam"]["start"] = start
        else:
            iq["mam"]["form"]["type"] = "submit"
            iq["mam"]["form"].add_field(var="FORM_TYPE", ftype="hidden", value=stanzas.MAM)
        for key, value in rsm.items():
            iq["mam"]["rsm"][key] = value
        with self._session.collecting(query_id, self._jid) as results:
            answer = await self._session.ask(iq.send)
        fin = answer.xml.find(f"{{{stanzas.MAM}}}fin")
        if fin is None:
            raise NoAnswer("the archive did not say how far it answered")
        last = fin.findtext(f"{_RSM}set/{_RSM}last") or ""
        items = tuple(item for item in map(_item, results) if item is not None)
        return Page(items, last, complete=fin.get("complete") == "true")


def _item(result: Element) -> Item | None:
    forwarded = result.find(_FORWARDED)
    message = forwarded.find(f"{stanzas.CLIENT}message") if forwarded is not None else None
    archive_id = result.get("id")
    if message is None or not archive_id:
        return None
    return Item(archive_id, stanzas.delay(forwarded) or datetime.now(UTC), message)
