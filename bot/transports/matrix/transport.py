"""What the bot does on Matrix: connect, receive in batches, send, open private chats, join and leave."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.transports.base import (
    Accepted,
    Allowance,
    Capabilities,
    Limited,
    LoginRefused,
    NotPrivate,
    NotReady,
    Refused,
    Replaced,
    Unreachable,
    Vitals,
)
from bot.transports.matrix.answer import Json, RefusedByServer
from bot.transports.matrix.content import event_of
from bot.transports.matrix.direct import DirectChats
from bot.transports.matrix.encryption import Encryption
from bot.transports.matrix.encryption.crosssigning import SIGNING_KEYS, CrossSigning
from bot.transports.matrix.encryption.opening import Opening
from bot.transports.matrix.homeserver import Homeserver, Patience
from bot.transports.matrix.pins import PINNED, Pins
from bot.transports.matrix.polls import START
from bot.transports.matrix.rooms import successor_in
from bot.transports.matrix.speech import Speech
from bot.transports.matrix.sync import SyncLoop
from bot.transports.tls import is_exposed, trusting
from campaign.chat import MATRIX, Address, Room

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping
    from pathlib import Path

    from bot.transports.base import Batch, Dispatch, Start, Uploaded
    from bot.transports.matrix.rooms import JoinedRoom

log = logging.getLogger(__name__)

_PATIENCE = Patience()
_TYPING_FADES = 30_000
"""Milliseconds after which a server itself shows no more that somebody is writing."""


@dataclass(frozen=True, slots=True)
class _Session:
    server: Homeserver
    sync: SyncLoop
    speech: Speech
    direct: DirectChats


class MatrixTransport:
    """One Matrix account. See `Transport` for what its methods promise.

    Args:
        homeserver: the base address of its client-server API.
        user: its full id (`@tocsin:example.org`).
        password: never logged.
        token: the access token of a session that was begun before, in the place of a password; never logged.
        ca_file: an authority to trust beside the system's.
        timeline_limit: events of one room asked for in one sync; what is more is paged, so this only tunes.
        poll_seconds: how long the server may hold a sync without news.
        request_timeout: seconds for any other request.
        batch_size: events in one batch at most.
        patience: how much of everybody's time the trouble with one room may take.
        name: the display name to take; empty: the one it has.
        keys: the folder for the keys of encrypted rooms; without one, such rooms are neither read nor written.

    Raises:
        ValueError: what is sent could be read on the way.

    """

    network = MATRIX
    allowance: Allowance | None = Allowance(burst=10, interval=5.0)
    """What Synapse allows an account unless its operator says otherwise (`rc_message`)."""

    def __init__(
        self,
        homeserver: str,
        user: str,
        password: str = "",
        *,
        token: str = "",
        ca_file: Path | None = None,
        timeline_limit: int = 1000,
        poll_seconds: float = 30.0,
        request_timeout: float = 60.0,
        batch_size: int = 500,
        patience: Patience = _PATIENCE,
        name: str = "",
        keys: Path | None = None,
    ) -> None:
        if is_exposed(homeserver):
            raise ValueError(
                f"plain http is only for a homeserver on this machine (loopback): {homeserver!r}, expected https"
            )
        self._homeserver = homeserver
        self._user = user
        self._password, self._token, self._ca_file = password, token, ca_file
        self._timeline_limit = timeline_limit
        self._poll_seconds = poll_seconds
        self._request_timeout = request_timeout
        self._batch_size = batch_size
        self._patience = patience
        self._name = name
        self._keys = keys
        self._current: _Session | None = None
        self._rooms: Mapping[str, JoinedRoom] = {}
        """What is known of rooms: by the connection before, as soon as that has ended."""

    @property
    def user_id(self) -> str:
        """The account's full id, as the server says once connected; before, as it was given."""
        return self._current.server.user_id if self._current else self._user

    @asynccontextmanager
    async def connected(self, start: Start) -> AsyncIterator[None]:
        """Log in as the fixed device; at the end close the connections, and stay logged in.

        Raises:
            DeviceLost: the device's keys are gone.
            DeviceForgotten: something is being sent as a device that the server has forgotten; where there are keys.
        """
        server = Homeserver(
            self._homeserver,
            self._user,
            request_timeout=self._request_timeout,
            tls=trusting(self._ca_file) if self._ca_file else None,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(server.close)
            if self._token:
                await server.resume(self._token, start.device)
            else:
                await server.login(self._user, self._password, start.device)
            await self._take_name(server)
            encryption = None
            if self._keys is not None:
                encryption = Encryption(server, self._keys, self._password)
                stack.push_async_callback(encryption.close)
                await encryption.open(begun=bool(start.unsure))
            sync = SyncLoop(
                server,
                start,
                timeline_limit=self._timeline_limit,
                poll_seconds=self._poll_seconds,
                batch_size=self._batch_size,
                patience=self._patience,
                opening=Opening(encryption, server.user_id, start) if encryption else None,
            )
            stack.push_async_callback(sync.wanted.close)
            stack.push_async_callback(sync.receipts.close)
            stack.callback(sync.recounts.close)
            self._current = _Session(
                server, sync, Speech(server, sync, encryption), DirectChats(server, sync)
            )
            self._rooms = sync.rooms
            try:
                yield
            finally:
                self._current = None

    def batches(self) -> AsyncGenerator[Batch, None]:
        """Return everything from the cursor on; asking for the next says that the one before is committed."""
        return self._session().sync.batches()

    async def send(self, dispatch: Dispatch, *, private_with: Address | None = None) -> Accepted:
        """Send once under the dispatch's key as transaction id: repeating it gives the same event again."""
        room_id, payload, speech = dispatch.room.id, dispatch.payload, self._session().speech
        if private_with is not None and not await self._is_pair(room_id, private_with.id):
            raise NotPrivate("not a chat of exactly two")
        if payload.kind in ("pin", "unpin"):
            return await self._pin(dispatch)
        kind, content = event_of(payload)
        try:
            event_id = await speech.say(room_id, kind, content, dispatch.key)
        except RefusedByServer as refusal:
            # Whoever closes a room in favour of another one lets nobody speak in it any more.
            if refusal.errcode == "M_FORBIDDEN" and (successor := await self._successor(room_id)):
                raise Replaced(successor) from refusal
            raise
        return Accepted(event_id)

    async def upload(self, room: Room, name: str, media_type: str, data: bytes) -> Uploaded:
        """Store a file and return its `mxc:` address, and what opens it if the room is encrypted."""
        return await self._session().speech.upload(room.id, name, media_type, data)

    async def open_direct(self, address: Address) -> Room:
        """Return the chat of exactly this person and the bot, inviting them if there is none.

        Raises:
            Limited: the server lets us open no more rooms for now.
            Refused, Unreachable: as in `Transport`.

        """
        if not address.id.startswith("@"):
            raise Refused("not a Matrix account")
        try:
            return Room(MATRIX, await self._session().direct.open(address.id))
        except LoginRefused as error:
            raise Unreachable(str(error)) from error

    async def join(self, room: str) -> None:
        """Enter a room by id or alias, or accept its invitation."""
        try:
            await self._session().sync.wanted.join(room)
        except LoginRefused as error:
            raise Unreachable(str(error)) from error

    async def leave(self, room: str, reason: str) -> None:
        """Leave a room or decline its invitation. A room we are not in (any more) is left already."""
        try:
            await self._call("POST", "rooms", room, "leave", body={"reason": reason} if reason else {})
        except RefusedByServer as error:
            log.info("nothing to leave (%s)", error, extra={"room": room})

    async def compose(self, room: Room, *, on: bool) -> None:
        """Show in a room that an answer is being written, or no more."""
        me = self._session().server.user_id
        body: Json = {"typing": True, "timeout": _TYPING_FADES} if on else {"typing": False}
        await self._call("PUT", "rooms", room.id, "typing", me, body=body)

    async def recount(self, room: Room, poll: str) -> None:
        """Have told again, in batches, every answer that the server has to a poll."""
        try:
            await self._session().sync.recount(room.id, poll)
        except LoginRefused as error:
            raise Unreachable(str(error)) from error

    def capabilities(self, room: Room) -> Capabilities:
        """Return what Matrix rooms show, as far as we may: transaction ids make every sending exactly once."""
        known = self._rooms.get(room.id)
        return Capabilities(
            html=True,
            reactions=known is None or known.may_say("m.reaction"),
            files=True,
            exactly_once=True,
            polls=known is None or known.may_say(START),
            edits=True,
            # Asked for as the connection ended, nothing is ruled out: that would be dropped, though it will be shown.
            pins=self._current is None or (known is not None and known.powers.may_set(known.me, PINNED)),
            present=known.members.keys() if known else (),
        )

    def vitals(self) -> Vitals:
        """When the server last answered a sync; a room needs not be asked for."""
        return Vitals(self._current.sync.heard if self._current else None)

    async def _take_name(self, server: Homeserver) -> None:
        """Take the display name of the config, if another one is shown; a server that lets nobody do so is no trouble."""
        path = ("profile", server.user_id, "displayname")
        try:
            if self._name and await self._shown_name(server) != self._name:
                await server.call("PUT", *path, body={"displayname": self._name})
        except (Refused, Limited, Unreachable) as error:
            log.warning("the display name is not taken (%s)", error, extra={"action": "name"})

    @staticmethod
    async def _shown_name(server: Homeserver) -> object:
        try:
            return (await server.call("GET", "profile", server.user_id, "displayname")).get("displayname")
        except RefusedByServer:
            return None  # none was ever set

    async def _pin(self, dispatch: Dispatch) -> Accepted:
        session = self._session()
        try:
            return await Pins(session.server, session.server.user_id).change(
                dispatch.room.id, dispatch.payload
            )
        except LoginRefused as error:
            raise NotReady(str(error)) from error

    async def remark_on(self, keys: Path) -> str:
        """Say whether clients that shun unsigned devices will talk to the bot whose keys are in this folder."""
        signing = CrossSigning(self._session().server, keys / SIGNING_KEYS, self._password)
        try:
            return await signing.remark()
        except Refused as error:
            return f"encrypted rooms: some clients will not let the bot read what they send: {error}"

    # --- asking the server --------------------------------------------------------------------------------

    def _session(self) -> _Session:
        if self._current is None:
            raise Unreachable("not connected")
        return self._current

    async def _call(self, method: str, *path: str, **options: Any) -> Json:  # noqa: ANN401 - those of Homeserver.call
        try:
            return await self._session().server.call(method, *path, **options)
        except LoginRefused as error:
            # The stream of batches stops for it and says so; whoever sends only has to keep what it holds.
            raise Unreachable(str(error)) from error

    async def _is_pair(self, room_id: str, user_id: str) -> bool:
        try:
            return await self._session().direct.is_pair(room_id, user_id)
        except LoginRefused as error:
            raise NotReady(str(error)) from error

    async def _successor(self, room_id: str) -> str:
        """Ask which room has taken the place of this one; empty if none has, or we are not to know."""
        try:
            return successor_in(await self._call("GET", "rooms", room_id, "state", "m.room.tombstone"))
        except RefusedByServer:
            return ""
