"""Our own archive, which keeps what accounts say to us alone and our words to them, in one order (XEP-0313)."""

from __future__ import annotations

import logging
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from slixmpp import JID
from slixmpp.exceptions import IqError

from bot.transports.xmpp import reading, stanzas
from bot.transports.xmpp.archive import Archive, Page, Position
from bot.transports.xmpp.queue import OwnRead
from bot.transports.xmpp.session import NoAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.transports.xmpp.archive import Item
    from bot.transports.xmpp.backlog import Spawn
    from bot.transports.xmpp.direct import DirectChats
    from bot.transports.xmpp.queue import Queue
    from bot.transports.xmpp.session import Session
    from campaign.chat import Event

log = logging.getLogger(__name__)

AT_A_TIME = 20
"""Messages handed over together: what comes from the rooms meanwhile waits for no more."""


class OwnArchive:
    """Reads the direct chats of one stream in the order in which the server keeps them, whenever there is something new.

    It is read beside everything else, a few messages at a time, each time once those before are committed: whoever says
    a lot to us alone keeps no room waiting. `cursor` is up to where it was read before; empty at the first start.
    """

    def __init__(
        self,
        session: Session,
        queue: Queue,
        direct: DirectChats,
        *,
        cursor: str,
        page_size: int,
        spawn: Spawn,
    ) -> None:
        self._session, self._queue, self._direct, self._spawn = session, queue, direct, spawn
        self._archive = Archive(session, session.jid, page_size)
        self._cursor = cursor
        self._position: Position | None = None
        self._newest = ""
        """The id of what was last in it as the stream began."""
        self._has_caught_up = self._is_looking = False
        self._reading_since: datetime | None = None
        self._new_since: datetime | None = None
        """Since when something may be new of which the reading under way may not know."""

    @property
    def archived(self) -> bool:
        """Whether it keeps every direct chat; else they are read live."""
        return self._direct.archived

    @property
    def unread(self) -> bool:
        """Whether it is being read."""
        return self._reading_since is not None

    @property
    def unread_since(self) -> datetime | None:
        """Since when there may be something in it that was not taken (UTC)."""
        return self._reading_since or self._new_since

    @property
    def caught_up(self) -> bool:
        """Whether all was taken that was in it as the stream began: what followed may go on for as long as it likes."""
        return self._position is None or self._has_caught_up

    async def prepare(self) -> None:
        """Find it and, on the first start, its baseline. To be called before we show presence.

        Raises Unreachable, NoAnswer or IqError.
        """
        session = self._session
        disco = session.client.plugin["xep_0030"]
        info = await session.ask(lambda: disco.get_info(JID(session.jid), local=False))
        self._direct.archived = (
            stanzas.MAM in info["disco_info"]["features"] and await self._archive_everything()
        )
        if not self.archived:
            log.warning("the server keeps no archive for %s: direct chats are at-least-once", session.jid)
            return
        # What comes once we show presence is newer than this, whatever happens in between.
        newest = await self._archive.newest(except_for=set())
        self._newest = newest.id
        self._position = Position.read(self._cursor) if self._cursor else newest

    async def _archive_everything(self) -> bool:
        preferences = self._session.client.plugin["xep_0441"]
        try:
            answer = await self._session.ask(
                lambda: preferences.set_preferences(default="always", always=[], never=[])
            )
        except IqError as error:
            if self._cursor and error.condition not in stanzas.NOT_KNOWN_THERE:
                raise  # taken for lost, the archive would tell everything of this stream a second time
            log.warning("the archiving preference could not be set: %s", error.condition)
            return False
        return bool(answer["mam_prefs"]["default"] == "always")

    def look(self) -> None:
        """Have it read on from where we stopped; once more, if it is being read."""
        if self._position is None:
            return
        self._new_since = self._new_since or datetime.now(UTC)
        self._reading_since = self._reading_since or self._new_since
        if not self._is_looking:
            self._is_looking = True
            self._spawn(self._read())

    def take(self, piece: Page, *, live: bool) -> tuple[list[Event], str]:
        """What is in a piece that was read, and the cursor that acknowledges it."""
        events: list[Event] = []
        for item in piece.items:
            events += self._events(item, live=live)
            self._has_caught_up |= item.id == self._newest
        events += reading.gap(self._session.jid, piece)
        self._position = piece.reached or self._position
        self._cursor = str(self._position)
        return events, self._cursor

    def ends(self) -> bool:
        """Note that all was taken up to the end that was found; return whether nothing may have come behind it since."""
        self._has_caught_up = True
        self._reading_since = self._new_since
        return not self.unread

    async def _read(self) -> None:
        """Read on for as long as there may be something new."""
        try:
            if not self._cursor:
                await self._hand_over(Page((), "", complete=False))  # where it begins for us
            while self._new_since is not None and self._position is not None:
                self._new_since = None
                async with aclosing(self._pieces(self._position)) as pieces:
                    async for piece in pieces:
                        await self._hand_over(piece)
                await self._hand_over(None)
            self._is_looking = False
        except (NoAnswer, IqError) as error:
            self._session.break_off(f"our own archive could not be read ({error})")

    async def _pieces(self, position: Position) -> AsyncGenerator[Page, None]:
        async with aclosing(self._archive.pages(position)) as pages:
            async for page in pages:
                for piece in page.pieces(AT_A_TIME):
                    yield piece

    async def _hand_over(self, piece: Page | None) -> None:
        """Put it behind what else waits, and wait until it is committed."""
        read = OwnRead(piece)
        self._queue.put(read)
        await read.taken.wait()

    def _events(self, item: Item, *, live: bool) -> list[Event]:
        at = datetime.now(UTC) if live else item.at
        try:
            return self._direct.read(item.message, event=item.id, at=at, live=live)
        except Exception:
            log.exception("an archived message could not be read and was dropped")
            return []
