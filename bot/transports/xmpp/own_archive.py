"""Our own archive, which keeps what accounts say to us alone and our words to them, in one order (XEP-0313)."""

from __future__ import annotations

import logging
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from slixmpp import JID
from slixmpp.exceptions import IqError

from bot.transports.base import Unreachable
from bot.transports.xmpp import reading, stanzas
from bot.transports.xmpp.archive import Archive, Position
from bot.transports.xmpp.queue import ReadOwn
from bot.transports.xmpp.session import NoAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.transports.xmpp.archive import Item
    from bot.transports.xmpp.direct import DirectChats
    from bot.transports.xmpp.queue import Queue
    from bot.transports.xmpp.session import Session
    from campaign.chat import Event

log = logging.getLogger(__name__)

AT_A_TIME = 20
"""Messages taken together: what comes live in the rooms meanwhile waits for no more."""


class OwnArchive:
    """Reads the direct chats of one stream in the order in which the server keeps them, whenever there is something new.

    `cursor` is up to where they were read before; empty at the first start.
    """

    def __init__(
        self, session: Session, queue: Queue, direct: DirectChats, *, cursor: str, page_size: int
    ) -> None:
        self._session, self._queue, self._direct = session, queue, direct
        self._archive = Archive(session, session.jid, page_size)
        self._cursor = cursor
        self._position: Position | None = None
        self._is_due = self._is_new = False

    @property
    def archived(self) -> bool:
        """Whether it keeps every direct chat; else they are read live."""
        return self._direct.archived

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
        # What comes once we show presence is newer than this baseline, whatever happens in between.
        self._position = (
            Position.read(self._cursor) if self._cursor else await self._archive.newest(except_for=set())
        )

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
        self._is_new = True
        if not self._is_due:
            self._is_due = True
            self._queue.put(ReadOwn())

    async def read(self, *, live: bool) -> AsyncGenerator[tuple[list[Event], str], None]:
        """Read on, a few at a time: what is in it, and the cursor that acknowledges it; the first time a baseline before.

        Raises Unreachable.
        """
        self._is_new = False
        position = self._position
        try:
            if position is not None and not self._cursor:
                self._cursor = str(position)
                yield [], self._cursor
            if position is not None:
                async with aclosing(self._archive.pages(position)) as pages:
                    async for page in pages:
                        for piece in page.pieces(AT_A_TIME):
                            events: list[Event] = []
                            for item in piece.items:
                                events += self._events(item, live=live)
                            events += reading.gap(self._session.jid, piece)
                            self._position = position = piece.reached or position
                            yield events, str(position)
        except (NoAnswer, IqError) as error:
            raise Unreachable(f"our own archive could not be read ({error})") from error
        finally:
            self._is_due = False
            if self._is_new:
                self.look()

    def _events(self, item: Item, *, live: bool) -> list[Event]:
        at = datetime.now(UTC) if live else item.at
        try:
            return self._direct.read(item.message, event=item.id, at=at, live=live)
        except Exception:
            log.exception("an archived message could not be read and was dropped")
            return []
