"""Each safeguard by name, and how to take it out of a bot: what fails without it is what it guards."""

from __future__ import annotations

import logging
import os
import secrets
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from bot import app, cli, clock, outage
from bot.intake import Intake, Taken
from bot.transports.base import LoginRefused, Unreachable
from bot.transports.matrix import homeserver, transport
from bot.transports.matrix.reading import Reader
from bot.transports.matrix.shares import Completion
from bot.transports.xmpp import archive, queue, session, stanzas
from bot.transports.xmpp.backlog import Backlog
from bot.transports.xmpp.inbound import Inbound
from bot.transports.xmpp.membership import Membership
from bot.transports.xmpp.sending import Sent
from campaign.chat import Echo, Joined
from commands import membership
from storage import database, migrations
from storage.deadlines import Deadlines
from storage.inbox import Inbox
from storage.tables import inbox, reminders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

log = logging.getLogger(__name__)

# Everything here replaces parts of the product by worse ones: types would only say so at length.


def one_transaction() -> None:
    """Cursors are committed before what they acknowledge took effect, in a transaction of their own."""
    take = Intake.take

    async def first_the_cursor(self: Intake, network: str, batch: Any, claim: Any) -> Taken:
        if batch.cursors:
            await self._database.write(
                lambda storage: storage.inbox.move(network, batch.cursors, self._now())
            )
        return await take(self, network, replace(batch, cursors={}), claim)

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


def same_key() -> None:
    """Each attempt to send has a key of its own, as clients do without thinking."""
    send = transport.MatrixTransport.send

    async def anew(self: Any, dispatch: Any, **more: Any) -> Any:
        return await send(self, replace(dispatch, key=secrets.token_hex(16)), **more)

    transport.MatrixTransport.send = anew


def archive_for_ours() -> None:
    """What was begun is sent again without looking for it in the archive."""
    read = Inbound._archived_groupchat
    echoed = Sent.echoed

    def only_theirs(self: Any, room: Any, item: Any) -> Any:
        Sent.echoed = lambda *_: None
        try:
            return [event for event in read(self, room, item) if not isinstance(event, Echo)]
        finally:
            Sent.echoed = echoed

    Inbound._archived_groupchat = only_theirs


def archive_for_theirs() -> None:
    """What was said while the bot was away is left in the archive."""

    async def nothing(self: Any, room: Any, stay: int, _: Any) -> None:
        newest = await self._archive(room).newest(except_for=set())
        self._queue.put(queue.Read(room, stay, baseline=newest))

    Backlog._read = nothing


def fence() -> None:
    """Each connection to XMPP has a resource of its own: the one before may still be alive."""
    start = app.App._start

    def anew(self: Any, storage: Any, network: str) -> Any:
        return replace(start(self, storage, network), device=secrets.token_hex(4))

    app.App._start = anew


def kept_cursor() -> None:
    """Each start begins with what is said from then on."""
    start = app.App._start
    app.App._start = lambda self, storage, network: replace(start(self, storage, network), cursors={})


def baseline() -> None:
    """The first cursor is kept only with the first event."""
    take = Intake.take

    async def without(self: Intake, network: str, batch: Any, claim: Any) -> Taken:
        heard = [event for event in batch.events if not isinstance(event, Joined | Echo)]
        return await take(self, network, batch if heard else replace(batch, cursors={}), claim)

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


def backing_off() -> None:
    """Trouble is met by asking again at once."""
    homeserver.Backoff.next = lambda self: 0.001
    app.FIRST_PAUSE = app.LONGEST_PAUSE = 0.001
    outage.FIRST_PAUSE = outage.LONGEST_PAUSE = 0.001


def stanza_id() -> None:
    """A message is known by the id its sender chose."""
    known = stanzas.stanza_id

    def chosen(message: Any, by: str) -> str:
        return (message.get("id") or "") if known(message, by) else ""

    stanzas.stanza_id = chosen


def login_refused() -> None:
    """A refused login is taken for a server in trouble."""
    homeserver._TOKEN_GONE = frozenset()
    session._FINAL = ()

    async def serve(self: Any, network: str) -> None:
        try:
            await once(self, network)
        except BaseExceptionGroup as group:
            if group.subgroup(LoginRefused):
                raise Unreachable("refused") from group
            raise
        except LoginRefused as refused:
            raise Unreachable("refused") from refused

    once = app.App._serve
    app.App._serve = serve


def parking() -> None:
    """A kick is not taken note of."""
    membership.removed = lambda *_: None


def one_process() -> None:
    """The data folder is not locked."""
    cli.lock = lambda folder: (folder / f"lock-{secrets.token_hex(4)}").open("a")


def held_cursor() -> None:
    """A batch that could not be written is passed over."""
    take = Intake.take

    async def over(self: Intake, network: str, batch: Any, claim: Any) -> Taken:
        try:
            return await take(self, network, batch, claim)
        except database.StorageError as error:
            log.warning("passed over: %s", error)
            return Taken({}, None)

    Intake.take = over


def integrity() -> None:
    """The database is opened as it is."""
    database._check = lambda path: None


def whole_migration() -> None:
    """A new database is made under its own name, and each statement of a migration is committed by itself."""

    def in_place(path: Path) -> None:
        path.touch()
        migrations.upgrade(path)

    database._make = in_place
    listen = migrations.event.listen

    def unless_begin(target: Any, name: str, act: Any, **more: Any) -> None:
        if name != "begin":
            listen(target, name, act, **more)

    migrations.event = type("event", (), {"listen": staticmethod(unless_begin)})


def reminded_once() -> None:
    """What was reminded of is forgotten."""
    Deadlines.handled = lambda *_: {}

    def write(self: Deadlines, rows: list[Any]) -> None:
        for row in rows:
            self._connection.execute(insert(reminders).prefix_with("OR IGNORE"), row)

    Deadlines._write = write


def another_nick() -> None:
    """Where the bot's nick is taken it tries no other one."""
    enter = Membership._try

    async def only_one(self: Any, room: Any, nick: str) -> Any:
        return await enter(self, room, nick) if nick == self._nick else "conflict"

    Membership._try = only_one


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


SAFEGUARDS: dict[str, Callable[[], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        one_transaction,
        deduplication,
        same_key,
        archive_for_ours,
        archive_for_theirs,
        fence,
        kept_cursor,
        baseline,
        paging,
        expired_cursor,
        backing_off,
        stanza_id,
        login_refused,
        parking,
        one_process,
        held_cursor,
        integrity,
        whole_migration,
        reminded_once,
        another_nick,
        careful_reading,
    )
}


def shift_the_clock() -> None:
    """Let the bot's clock differ by the seconds in the file that TOCSIN_FAULTS_CLOCK names, read at each look."""
    named = os.environ.get("TOCSIN_FAULTS_CLOCK")
    if not named:
        return
    now = clock.utc_now

    def shifted() -> datetime:
        return now() + timedelta(seconds=float(Path(named).read_text() or 0))

    clock.utc_now = shifted
    app.App.__init__.__defaults__ = (shifted,)
