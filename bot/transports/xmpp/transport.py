"""The XMPP transport: what the bot's supervisor, intake and delivery see of the network."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from slixmpp import JID
from slixmpp.exceptions import IqError
from slixmpp.jid import InvalidJID

from bot.transports.base import (
    Accepted,
    Allowance,
    Batch,
    Capabilities,
    Dispatch,
    NotPrivate,
    NotReady,
    NotThere,
    Refused,
    Start,
    Unreachable,
    Uploaded,
    Vitals,
)
from bot.transports.tls import is_loopback
from bot.transports.xmpp import stanzas
from bot.transports.xmpp.connection import Account, Connection, bare, connect
from bot.transports.xmpp.membership import TELL_AFTER
from bot.transports.xmpp.queue import CaughtUp
from bot.transports.xmpp.sending import message_for
from bot.transports.xmpp.session import NoAnswer
from campaign.chat import XMPP, Address, Room

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from bot.transports.forms import Desk

log = logging.getLogger(__name__)

# When to look for our own message in our archive if it was not there at once, in seconds.
_LOOK_AGAIN = (1.0, 3.0, 10.0)


class XmppTransport:
    """The bot's account on XMPP.

    A cursor's scope is a room's bare address, or our own for the direct chats. `tls` may only be off on loopback.
    `host` and `port` replace the DNS records of the account's domain; `ca_file` is trusted besides the system's
    authorities. All the rest is in seconds: `timeout` for an answer, `join_timeout` for entering a room,
    `ping_interval` between two looks whether we are still in our rooms; `page_size` is in messages.

    Raises:
        ValueError: TLS is off for a server that is not on loopback, or the address is none.
    """

    network = XMPP
    allowance: Allowance | None = None

    def __init__(
        self,
        jid: str,
        password: str,
        nick: str,
        *,
        host: str | None = None,
        port: int | None = None,
        ca_file: Path | None = None,
        tls: bool = True,
        timeout: float = 30.0,
        join_timeout: float = 15.0,
        ping_interval: float = 60.0,
        page_size: int = 100,
    ) -> None:
        try:
            account = JID(jid)
        except InvalidJID:
            raise ValueError(f"not an XMPP address: {jid!r}") from None
        if not account.user:
            raise ValueError(f"an account has the form name@server: {jid!r}")
        if not tls and not is_loopback(host or account.domain):
            raise ValueError("TLS may only be off for a server on this machine (loopback)")
        self._jid = account.bare
        self._account = Account(
            account.bare,
            password,
            nick,
            host=host,
            port=port,
            ca_file=ca_file,
            tls=tls,
            timeout=timeout,
            join_timeout=join_timeout,
            ping_interval=ping_interval,
            page_size=page_size,
        )
        self._connection: Connection | None = None
        self._desk: Desk | None = None

    def attend(self, desk: Desk) -> None:
        """Have forms asked for and handed in from the next connection on."""
        self._desk = desk

    # --- coming and going ---

    @asynccontextmanager
    async def connected(self, start: Start) -> AsyncIterator[None]:
        """Log in under the fixed resource, and leave in order at the end. Raises LoginRefused or Unreachable."""
        connection = connect(self._account, start, self._desk)
        session = connection.session
        try:
            await session.open()
            if start.device and session.client.boundjid.resource != start.device:
                log.warning("the server does not let us keep our resource: two bots could run at once")
            try:
                await connection.own.prepare()
                await connection.uploads.find()
            except (NoAnswer, IqError) as error:
                raise Unreachable(f"the server does not answer as it should ({error})") from error
            session.show_presence()
            self._connection = connection
            yield
        finally:
            self._connection = None
            await connection.tasks.end()
            await session.close()

    def _current(self) -> Connection:
        connection = self._connection
        if connection is None:
            raise Unreachable("not connected")
        if connection.session.lost.done():
            raise Unreachable(connection.session.lost.result())
        return connection

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Everything from the cursors on; see Transport.

        Raises:
            Unreachable: the stream is lost.
            LoginRefused: another session has taken our place, or the account was deleted.
        """
        connection = self._current()
        connection.own.look()
        connection.tasks.spawn(self._stay_in_rooms(connection))
        async with aclosing(connection.inbound.batches(connection.tasks.spawn)) as batches:
            async for batch in batches:
                yield batch

    @staticmethod
    async def _stay_in_rooms(connection: Connection) -> None:
        await connection.membership.enter_all(connection.rooms)
        connection.queue.put(CaughtUp())

        async def look() -> None:
            connection.own.look()
            connection.contacts.look_again()
            await connection.bookmarks.keep(connection.membership.rooms.values())

        await connection.bookmarks.keep(connection.membership.rooms.values())
        await connection.membership.watch(look)

    # --- what goes out ---

    async def send(self, dispatch: Dispatch, *, private_with: Address | None = None) -> Accepted:
        """Send once; delivered when its Echo comes. See Transport for what is raised."""
        connection = self._current()
        to = dispatch.room.id
        room = connection.membership.rooms.get(to)
        if private_with is not None and (
            room is not None or not private_with.is_account or private_with.id != to
        ):
            raise NotPrivate("not a chat with this person alone")
        if room is not None and room.gone:
            raise NotThere(f"we are not in this room any more ({room.gone})")
        if room is None and connection.membership.serves(stanzas.domain(to)):
            raise NotThere("we are not in this room")
        if room is not None and not room.joined:
            raise NotReady("the room is being entered")
        if room is not None and room.mute:
            raise NotReady("we have no voice in the room yet")
        if room is not None and room.archived and not room.read:
            # Until then nobody knows whether an earlier attempt arrived, and this would be a second message.
            raise NotReady("the archive of the room was not read yet")
        if event := connection.sent.event(dispatch.key):
            return Accepted(event)
        message = message_for(connection.session, dispatch, connection.sent, groupchat=room is not None)
        connection.sent.sending(dispatch.key, to)
        connection.session.write(message)
        if room is not None:
            return Accepted()
        if not connection.own.archived:
            connection.sent.echoed(dispatch.key, dispatch.key)  # nothing else will tell of it
            return Accepted(dispatch.key)
        connection.own.look()
        connection.tasks.spawn(self._look_for(connection, dispatch.key))
        return Accepted()

    @staticmethod
    async def _look_for(connection: Connection, key: str) -> None:
        for seconds in _LOOK_AGAIN:
            await asyncio.sleep(seconds)
            if not connection.sent.awaited(key):
                return
            connection.own.look()

    async def upload(self, room: Room, name: str, media_type: str, data: bytes) -> Uploaded:  # noqa: ARG002 - for any
        """Store a file on the server (XEP-0363) and return its address. Raises Refused, Limited or Unreachable."""
        return Uploaded(await self._current().uploads.put(name, media_type, data))

    async def open_direct(self, address: Address) -> Room:
        """Return the chat with this account. Raises Refused for an occupant, whose account we do not know."""
        serves = self._current().membership.serves
        if not address.is_account or "@" not in address.id or serves(stanzas.domain(address.id)):
            raise Refused("this person's own address is not known")
        return Room(XMPP, address.id)

    async def join(self, room: str) -> None:
        """Enter a room. Raises Refused, NotReady or Unreachable."""
        jid = bare(room)
        try:
            await self._current().membership.enter(jid)
        except NoAnswer as error:
            raise NotReady(f"{jid} does not answer: {error}") from error

    async def leave(self, room: str, reason: str) -> None:
        """Leave a room or decline its invitation. Raises Unreachable."""
        await self._current().membership.leave(bare(room), stanzas.clean(reason))

    def capabilities(self, room: Room) -> Capabilities:
        """Return what this room can show, as far as is known now."""
        connection = self._connection
        if connection is None:
            # Asked for as the stream ended: what was ruled out now would be dropped, though it will be shown.
            return Capabilities(reactions=True, files=True, edits=True)
        known = connection.membership.rooms.get(room.id)
        archived = known.archived if known is not None else connection.own.archived
        # In a room a reaction needs the id that only an archive gives; in a direct chat the message's own will do.
        reactions = archived or known is None
        return Capabilities(
            reactions=reactions, files=connection.uploads.available, exactly_once=archived, edits=True
        )

    async def compose(self, room: Room, *, on: bool) -> None:
        """Do nothing: most clients do not show it in rooms."""

    async def recount(self, room: Room, poll: str) -> None:
        """Do nothing: what people answer stands in the archives, which are read to their end."""

    def vitals(self) -> Vitals:
        """When the server last answered, and when each of our rooms did (XEP-0410)."""
        if self._connection is None:
            return Vitals()
        membership = self._connection.membership
        rooms = [room for room in membership.rooms.values() if not room.gone]
        lately = datetime.now(UTC) - TELL_AFTER
        heard = [room.heard for room in rooms if room.heard is not None and room.heard > lately]
        if (unread := self._connection.own.unread_since) is not None:
            heard.append(unread)
        return Vitals(
            membership.heard,
            {room.jid: room.answered if room.joined else None for room in rooms},
            # Out of one of them, as when it was restarted, we hear the others and our server all the same.
            min(heard, default=None),
        )
