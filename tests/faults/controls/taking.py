"""What keeps what was said from being lost, doubled or misread on its way in."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from bot import starting
from bot.intake.intake import Intake, Taken
from bot.transports.matrix.encryption.machine import Machine, NoKeyError
from bot.transports.matrix.reading import Reader
from bot.transports.matrix.shares import Completion
from bot.transports.xmpp import archive, queue, stanzas
from bot.transports.xmpp.backlog import Backlog
from campaign.chat import Echo, Joined
from storage.inbox import Inbox
from storage.tables import inbox
from storage.trouble import StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

log = logging.getLogger(__name__)


def one_transaction() -> None:
    """Cursors are committed before what they acknowledge took effect, in a transaction of their own."""
    take = Intake.take

    async def first_the_cursor(self: Intake, network: str, batch: Any, claim: Any, **more: Any) -> Taken:
        if batch.cursors:
            await self._database.write(
                lambda storage: storage.inbox.move(network, batch.cursors, self._now())
            )
        return await take(self, network, replace(batch, cursors={}), claim, **more)

    Intake.take = first_the_cursor


def deduplication() -> None:
    """An event that comes again takes effect again."""

    def take(
        self: Inbox, network: str, keys: Sequence[tuple[str, str]], now: datetime
    ) -> set[tuple[str, str]]:
        for scope, event in dict.fromkeys(keys):
            row = {"network": network, "scope": scope, "event": event, "at": now}
            self._connection.execute(insert(inbox).prefix_with("OR IGNORE"), row)
        return set(keys)

    Inbox.take = take


def stanza_id() -> None:
    """A message is known by the id its sender chose."""
    known = stanzas.stanza_id

    def chosen(message: Any, by: str) -> str:
        return (message.get("id") or "") if known(message, by) else ""

    stanzas.stanza_id = chosen


def archive_for_theirs() -> None:
    """What was said while the bot was away is left in the archive."""

    async def nothing(self: Any, room: Any, stay: int, _: Any) -> None:
        newest = await self._archive(room).newest(except_for=set())
        self._queue.put(queue.Read(room, stay, baseline=newest))

    Backlog._read = nothing


def kept_cursor() -> None:
    """Each start begins with what is said from then on."""
    start = starting.start_of
    starting.start_of = lambda *given: replace(start(*given), cursors={})


def baseline() -> None:
    """The first cursor is kept only with the first event."""
    take = Intake.take

    async def without(self: Intake, network: str, batch: Any, claim: Any, **more: Any) -> Taken:
        heard = [event for event in batch.events if not isinstance(event, Joined | Echo)]
        return await take(self, network, batch if heard else replace(batch, cursors={}), claim, **more)

    Intake.take = without


def paging() -> None:
    """What a limited timeline leaves out is not fetched; of an archive only the first page is read."""

    async def nothing(*_: Any) -> None:
        pass

    Completion._fill = nothing
    after = archive.Archive.after

    async def one_page(self: Any, position: Any) -> Any:
        return replace(await after(self, position), complete=True)

    archive.Archive.after = one_page


def expired_cursor() -> None:
    """An archive that does not know the cursor any more is taken for one with nothing new."""
    after = archive.Archive.after

    async def nothing_new(self: Any, position: Any) -> Any:
        try:
            return await after(self, position)
        except archive.CursorExpired:
            return archive.Page((), "", complete=True)

    archive.Archive.after = nothing_new


def held_cursor() -> None:
    """A batch that could not be written is passed over."""
    take = Intake.take

    async def over(self: Intake, network: str, batch: Any, claim: Any, **more: Any) -> Taken:
        try:
            return await take(self, network, batch, claim, **more)
        except StorageError as error:
            log.warning("passed over: %s", error)
            return Taken({}, None)

    Intake.take = over


def careful_reading() -> None:
    """A malformed event stops whoever reads it."""

    def read(self: Any, raw: Any) -> Any:
        event_id, kind = raw["event_id"], raw["type"]
        if kind != "m.room.message" or raw["sender"] == self.me:
            return unguarded(self, raw)
        if not isinstance(raw["content"]["body"], str):
            raise TypeError(event_id)
        return unguarded(self, raw)

    unguarded = Reader.read
    Reader.read = read


def careful_opening() -> None:
    """A malformed event stops whoever opens what is sealed."""

    def unguarded(self: Any, room: str, raw: Any) -> Any:
        try:
            return self._open(room, raw)
        except NoKeyError as error:
            return error

    Machine._open_or_why = unguarded


def careful_hearing() -> None:
    """A number that is none ends the stream and what reads the archive: nobody expects it."""

    class Unexpected(BaseException):
        pass

    def body(message: Any) -> str:
        for quoted in message.iter(f"{{{stanzas.FALLBACK}}}body"):
            if not quoted.get("end", "").isascii() or not quoted.get("end", "").isdigit():
                raise Unexpected
        return careful(message)

    careful = stanzas.body
    stanzas.body = body
