"""What keeps an answer from being lost or doubled on its way out."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from bot import starting, supervisor
from bot.delivery import carrying, outage
from bot.transports.matrix import homeserver, sync, transport
from bot.transports.xmpp.inbound import Inbound
from bot.transports.xmpp.membership import Membership
from bot.transports.xmpp.own_archive import OwnArchive
from bot.transports.xmpp.sending import Sent
from bot.transports.xmpp.transport import XmppTransport
from campaign.chat import Echo
from commands.places import bridging
from storage.outbox import Outbox


def same_key() -> None:
    """Each attempt to send has a key of its own, as clients do without thinking."""
    send = transport.MatrixTransport.send

    async def anew(self: Any, dispatch: Any, **more: Any) -> Any:
        return await send(self, replace(dispatch, key=secrets.token_hex(16)), **more)

    transport.MatrixTransport.send = anew


def asking_once() -> None:
    """Where a connection ends, a library may ask once more by itself."""

    async def as_it_likes(request: Any, handler: Any) -> Any:
        return await handler(request)

    homeserver.once = as_it_likes


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


def own_archive_for_ours() -> None:
    """What was begun in a direct chat is sent again without looking for it in our own archive."""
    take, archived = OwnArchive.take, Sent.archived

    def only_theirs(self: Any, piece: Any, *, live: bool) -> Any:
        Sent.archived = archived if live else lambda *_: False
        try:
            return take(self, piece, live=live)
        finally:
            Sent.archived = archived

    OwnArchive.take = only_theirs


def fence() -> None:
    """Each connection to XMPP has a resource of its own: the one before may still be alive."""
    start = starting.start_of
    starting.start_of = lambda *given: replace(start(*given), device=secrets.token_hex(4))


def backing_off() -> None:
    """Trouble is met by asking again at once."""
    homeserver.Backoff.next = lambda self: 0.001
    supervisor.FIRST_PAUSE = supervisor.LONGEST_PAUSE = 0.001
    outage.FIRST_PAUSE = outage.LONGEST_PAUSE = 0.001


def own_patience() -> None:
    """Nothing is given up, however long it is not answered."""
    forever = 1e6
    sync._POLL_MARGIN = sync._FIRST_SYNC_WITHIN = carrying.ECHO_WITHIN = forever
    transport.MatrixTransport.__init__.__kwdefaults__["request_timeout"] = forever
    XmppTransport.__init__.__kwdefaults__.update(timeout=forever, join_timeout=forever)

    async def believes(self: Membership) -> None:
        pass

    Membership._ask_server = believes


def others_first() -> None:
    """Whom an answer is for is not looked at: first come, first served."""
    put = Outbox.put

    def for_anybody(self: Outbox, *what: Any, asker: int | None = None, **more: Any) -> int:
        return put(self, *what, **more)

    Outbox.put = for_anybody


def circles() -> None:
    """Whoever answers each answer is answered for ever."""
    bridging.is_circle = lambda *_: False


def following() -> None:
    """What a room refuses is given up, though another one has taken its place."""

    async def none(*_: Any) -> str:
        return ""

    transport.MatrixTransport._successor = none
