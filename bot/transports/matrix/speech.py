"""Putting events and files into rooms: sealed where a room is encrypted, never in plain there."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from nio.crypto import attachments

from bot.transports.base import (
    Limited,
    LoginRefused,
    NotReady,
    RoomEncrypted,
    StoredInPlain,
    Unreachable,
    Uploaded,
)
from bot.transports.matrix.answer import RefusedByServer
from bot.transports.matrix.homeserver import MEDIA
from bot.transports.matrix.rooms import JoinedRoom, memberships

if TYPE_CHECKING:
    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.encryption import Encryption
    from bot.transports.matrix.homeserver import Homeserver
    from bot.transports.matrix.sync import SyncLoop


class Speech:
    """What one account says. Without `encryption`, nothing is ever said in an encrypted room."""

    def __init__(self, server: Homeserver, sync: SyncLoop, encryption: Encryption | None) -> None:
        self._server = server
        self._sync = sync
        self._encryption = encryption
        self._plain: set[str] = set()
        """Rooms that the server itself said are not encrypted, since we connected: from then on each sync tells."""

    async def say(self, room_id: str, kind: str, content: Json, key: str) -> str:
        """Put an event of any type into a room, under a key, and return its id; again, it is the same event.

        Raises:
            RoomEncrypted: the room is encrypted in a way, or where, we cannot.
            StoredInPlain: it shows a file that was stored before the room was encrypted.
            NotReady: it is not known yet who is to read it, or they cannot be told the key yet; or our session has ended.
            Limited, Refused, Unreachable: as in `Transport.send`.
        """
        try:
            kind, content = await self._ready(room_id, kind, content)
            answer = await self._server.call("PUT", "rooms", room_id, "send", kind, key, body=content)
            self._sync.said()
        except LoginRefused as error:
            # The stream of batches stops for it and says so; whoever sends only has to keep what it holds.
            raise NotReady(str(error)) from error
        event_id = answer.get("event_id")
        if not isinstance(event_id, str):
            raise Unreachable("send: the answer is not Matrix")
        return event_id

    async def _ready(self, room_id: str, kind: str, content: Json) -> tuple[str, Json]:
        """Seal an event, if its room is encrypted. What is asked for that has another allowance than messages have."""
        try:
            if not await self.is_encrypted(room_id):
                return kind, content
            if content.get("msgtype") == "m.file" and "url" in content:
                raise StoredInPlain
            return "m.room.encrypted", await self._seal(room_id, kind, content)
        except Limited as limited:
            raise NotReady(str(limited), limited.seconds) from limited

    async def upload(self, room_id: str, name: str, media_type: str, data: bytes) -> Uploaded:
        """Store a file for a room, encrypted if the room is. Repeating it stores another one. Raises as `say`."""
        keys = ""
        try:
            if await self.is_encrypted(room_id):
                data, opened_by = await asyncio.to_thread(attachments.encrypt_attachment, data)
                keys, media_type, name = json.dumps(opened_by), "application/octet-stream", ""
            query = {"filename": name} if name else {}
            answer = await self._server.call(
                "POST", "upload", query=query, body=data, prefix=MEDIA, media_type=media_type
            )
        except LoginRefused as error:
            raise Unreachable(str(error)) from error
        address = answer.get("content_uri")
        if not isinstance(address, str) or not address.startswith("mxc://"):
            raise Unreachable("upload: the answer is not Matrix")
        return Uploaded(address, keys)

    async def is_encrypted(self, room_id: str) -> bool:
        """Ask the server, unless we know: what a sync has not told (yet) must not cost a word in plain.

        A room of which it once said no is followed by each sync; that is trusted while it is fresh, as when a line is
        answered.
        """
        known = self._sync.rooms.get(room_id)
        encrypted = known is not None and known.encrypted
        encrypted = encrypted or (self._encryption is not None and room_id in self._encryption.rooms)
        if not encrypted:
            if known is not None and room_id in self._plain and self._sync.is_fresh:
                return False
            try:
                state = await self._server.call("GET", "rooms", room_id, "state", "m.room.encryption")
            except RefusedByServer as error:
                if error.errcode != "M_NOT_FOUND":
                    raise
                self._plain.add(room_id)
                return False
            if known is not None:  # the news of it was lost, or has not come yet
                known.apply({"type": "m.room.encryption", "state_key": "", "content": state})
        if self._encryption is not None:
            await self._encryption.is_known_encrypted(room_id)
        return True

    async def _seal(self, room_id: str, kind: str, content: Json) -> Json:
        if self._encryption is None:
            raise RoomEncrypted("the room is encrypted")
        room = self._sync.rooms.get(room_id)
        if room is not None and not room.sealable:
            raise RoomEncrypted("the room is encrypted in a way that is not known here")
        readers = room.readers if room is not None and self._sync.is_fresh else None
        if readers is None:
            answer = await self._server.call(
                "GET", "rooms", room_id, "members", query={"not_membership": "leave"}
            )
            for_invited = room is None or room.for_invited
            readers = {
                who
                for who, what in memberships(answer)
                if what == "join" or (what == "invite" and for_invited)
            }
        most = (room or JoinedRoom("")).rotate_after
        try:
            return await self._encryption.seal(room_id, kind, content, readers, most)
        except RefusedByServer as error:
            raise NotReady(f"keys: {error}") from error
