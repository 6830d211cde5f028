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
from bot.transports.xmpp.queue import MOST_WAITING, OwnRead
from bot.transports.xmpp.session import NoAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.transports.xmpp.archive import Item
    from bot.transports.xmpp.backlog import Spawn
    from bot.transports.xmpp.direct import DirectChats
    from bot.transports.xmpp.queue import Live, Queue
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
        self._taken_until = self._taking_until = datetime.min.replace(tzinfo=UTC)
        """Up to when what came live was taken, and will be with the piece that is being taken (UTC)."""
        self._came: dict[str, datetime] = {}
        """Id of what came live and is to be read here → when it came (UTC)."""

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
        """Since when there may be something to us alone that was not taken (UTC)."""
        known = [one.at for one in self._queue.held(self)[:1]]
        if self._reading_since is not None:
            known.append(max(self._reading_since, self._taken_until))
        return min(known, default=None)

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
        self._has_caught_up = bool(self._cursor) and self._position.id == newest.id

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

    def comes(self, archive_id: str) -> None:
        """Note that something has come live which it has as well: it is read here, in its place, however late."""
        self._came[archive_id] = datetime.now(UTC)
        if len(self._came) > MOST_WAITING:
            del self._came[next(iter(self._came))]
        self.look()

    def hold(self, item: Live) -> None:
        """Let something that it does not keep come after all that it kept before."""
        self._queue.put_behind_archive(self, item)
        if self.unread:
            self.look()

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
        """What is in a piece that was read, and the cursor that acknowledges it. The one before is committed."""
        events: list[Event] = []
        self._taken_until = self._taking_until
        for item in piece.items:
            came = self._came.pop(item.id, None)
            if came is not None:
                self._taking_until = max(self._taking_until, came)  # what came before it stands before it
            events += self._events(item, live=live, came=came or datetime.now(UTC))
            self._has_caught_up |= item.id == self._newest
        events += reading.gap(self._session.jid, piece)
        self._position = piece.reached or self._position
        if not self._cursor:
            self._has_caught_up = True  # where it begins for us is kept: nothing before that is ours
        self._cursor = str(self._position)
        return events, self._cursor

    def ends(self, before: int) -> None:
        """Note that all was taken up to the end that was found: so many that it does not keep come now."""
        self._has_caught_up = True
        self._taken_until = self._taking_until
        self._reading_since = self._new_since
        self._queue.release(self, before)

    async def _read(self) -> None:
        """Read on for as long as there may be something new."""
        try:
            if not self._cursor:
                await self._hand_over(Page((), "", complete=False))  # where it begins for us
            while self._new_since is not None and self._position is not None:
                self._new_since = None
                before = len(self._queue.held(self))
                async with aclosing(self._pieces(self._position)) as pieces:
                    async for piece in pieces:
                        await self._hand_over(piece)
                await self._hand_over(None, before)
            self._is_looking = False
        except (NoAnswer, IqError) as error:
            self._session.break_off(f"our own archive could not be read ({error})")

    async def _pieces(self, position: Position) -> AsyncGenerator[Page, None]:
        async with aclosing(self._archive.pages(position)) as pages:
            async for page in pages:
                for piece in page.pieces(AT_A_TIME):
                    yield piece

    async def _hand_over(self, piece: Page | None, before: int = 0) -> None:
        """Put it behind what else waits, and wait until it is committed."""
        read = OwnRead(piece, before)
        self._queue.put(read)
        await read.taken.wait()

    def _events(self, item: Item, *, live: bool, came: datetime) -> list[Event]:
        at = came if live else item.at
        try:
            return self._direct.read(item.message, event=item.id, at=at, live=live)
        except Exception:
            log.exception("an archived message could not be read and was dropped")
            return []
