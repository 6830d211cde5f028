"""What belongs to one stream of the XMPP transport, from login to its end, and how it is put together."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from slixmpp import JID
from slixmpp.jid import InvalidJID

from bot.transports.base import Refused, Unreachable
from bot.transports.tls import trusting
from bot.transports.xmpp.adhoc import AdHoc
from bot.transports.xmpp.backlog import Backlog
from bot.transports.xmpp.bookmarks import Bookmarks
from bot.transports.xmpp.contacts import Contacts
from bot.transports.xmpp.direct import DirectChats
from bot.transports.xmpp.heard import Heard
from bot.transports.xmpp.identity import Identity
from bot.transports.xmpp.inbound import Inbound
from bot.transports.xmpp.membership import Membership
from bot.transports.xmpp.own_archive import OwnArchive
from bot.transports.xmpp.queue import Lost, Queue
from bot.transports.xmpp.sending import Sent
from bot.transports.xmpp.session import Session
from bot.transports.xmpp.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Iterator
    from pathlib import Path

    from bot.transports.base import Start
    from bot.transports.forms import Desk

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """The bot's account, and how to reach its server; see `XmppTransport`."""

    jid: str
    password: str = field(repr=False)
    nick: str
    host: str | None
    port: int | None
    ca_file: Path | None
    tls: bool
    timeout: float
    join_timeout: float
    ping_interval: float
    page_size: int


class Tasks:
    """What runs beside the batches of one stream; if any of it breaks, the stream is given up, not left half alive."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tasks: set[asyncio.Task[None]] = set()
        self._are_over = False

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the batches; not any more once the stream ends, though something may still come in."""
        if self._are_over:
            work.close()
            return
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def end(self) -> None:
        """Cancel what still runs."""
        self._are_over = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Unreachable):
            log.error("the XMPP connection is given up: an error of our own", exc_info=error)
            self._session.break_off("an error of our own")


@dataclass(frozen=True)
class Connection:
    """What belongs to one stream, from login to its end."""

    session: Session
    queue: Queue
    sent: Sent
    membership: Membership
    own: OwnArchive
    inbound: Inbound
    uploads: Uploads
    contacts: Contacts
    bookmarks: Bookmarks
    rooms: tuple[str, ...]
    tasks: Tasks


def connect(account: Account, start: Start, desk: Desk | None) -> Connection:
    """Make what a stream needs, around a session that is still to be opened."""
    tls = trusting(account.ca_file) if account.tls else None
    identity = Identity(account.nick)
    session = Session(
        account.jid,
        account.password,
        resource=start.device,
        identity=identity,
        host=account.host,
        port=account.port,
        tls=tls,
        timeout=account.timeout,
    )
    queue = Queue(lambda: session.break_off("more came in than could be taken"))
    sent = Sent(start.unsure)
    session.lost.add_done_callback(lambda lost: queue.put(Lost(lost.result(), session.lost_for_good)))
    membership = Membership(
        session,
        queue,
        account.nick,
        archived=start.cursors,
        join_timeout=account.join_timeout,
        ping_interval=account.ping_interval,
    )
    tasks = Tasks(session)
    contacts = Contacts(session, membership, desk, tasks.spawn)
    membership.presences.on_subscribe = contacts.asks
    heard = Heard()
    direct = DirectChats(account.jid, membership, sent, nick=account.nick, heard=heard, contacts=contacts)
    size = account.page_size
    own = OwnArchive(
        session,
        queue,
        direct,
        cursor=start.cursors.get(account.jid, ""),
        page_size=size,
        spawn=tasks.spawn,
    )
    backlog = Backlog(session, queue, start.cursors, size)
    inbound = Inbound(
        session, queue, membership, sent, contacts, direct=direct, own=own, backlog=backlog, heard=heard
    )
    adhoc = AdHoc(session, membership, desk, identity, tasks.spawn)
    session.read(inbound.on_message, membership.presences.take, adhoc.on_query)
    return Connection(
        session,
        queue,
        sent,
        membership,
        own,
        inbound,
        Uploads(session, tls),
        contacts,
        Bookmarks(session),
        tuple(dict.fromkeys(_wanted(start.rooms))),
        tasks,
    )


def bare(address: str) -> str:
    """Return the address of a room, written as all of them are. Raises Refused if it can be none."""
    try:
        jid = JID(address)
    except InvalidJID:
        raise Refused(f"not an XMPP address: {address!r}") from None
    if not jid.user:
        raise Refused(f"a room has the form name@service: {address!r}")
    return str(jid.bare)


def _wanted(addresses: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        try:
            yield bare(address)
        except Refused as refused:
            log.warning("a room is left out: %s", refused)
