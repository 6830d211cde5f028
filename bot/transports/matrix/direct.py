"""Chats of exactly one person and the bot: found where there is one, opened where there is none."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bot.transports.base import Unreachable
from bot.transports.matrix.answer import RefusedByServer
from bot.transports.matrix.rooms import listing, mapping, memberships

if TYPE_CHECKING:
    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.homeserver import Homeserver
    from bot.transports.matrix.sync import SyncLoop

log = logging.getLogger(__name__)

_OPENED_FOR = "tocsin.opened_for"
"""Says in a room's own creation whom it was opened for, and so finds it again if they could not be invited."""


class DirectChats:
    """The private chats of one account. Its methods raise as `Homeserver.call`."""

    def __init__(self, server: Homeserver, sync: SyncLoop) -> None:
        self._server = server
        self._sync = sync
        self._me = server.user_id
        self._opening = asyncio.Lock()

    async def open(self, user_id: str) -> str:
        """Return the chat with this person, inviting them if there is none."""
        async with self._opening:  # two at once would open two rooms
            listed = await self._listed()
            room_id = await self._existing(user_id, listed)
            if room_id is None:
                room_id = await self._begun(user_id) or await self._create(user_id)
            if room_id not in listing(listed.get(user_id)):
                await self._list(user_id, room_id, listed)
        return room_id

    async def is_pair(self, room_id: str, user_id: str) -> bool:
        """Ask whether the room holds exactly this person (if only invited as yet) and the bot, and nobody reads along.

        Who could open it to others since the last sync is one of the two.
        """
        known = self._sync.rooms.get(room_id)
        if known is not None and known.is_open:
            return False
        present = await self._present(room_id)
        me = self._me
        return present.keys() == {me, user_id} and present[me] == "join" and user_id != me

    async def _present(self, room_id: str) -> dict[str, str]:
        answer = await self._server.call(
            "GET", "rooms", room_id, "members", query={"not_membership": "leave"}
        )
        return {who: what for who, what in memberships(answer) if what in ("join", "invite")}

    async def _existing(self, user_id: str, listed: Json) -> str | None:
        me, rooms = self._me, self._sync.rooms
        candidates = [
            room_id
            for room_id, room in rooms.items()
            # A campaign room in which only one person is left so far is no private chat.
            if not (room.replaced or room.is_open or room.has_address)
            and room.members.keys() | room.invited == {me, user_id}
        ]
        # Those opened in this run are not in `rooms` before the next sync; those marked as direct come first.
        marked = [room_id for room_id in listing(listed.get(user_id)) if isinstance(room_id, str)]
        for room_id in [*marked, *(room_id for room_id in candidates if room_id not in marked)]:
            try:
                if await self.is_pair(room_id, user_id):
                    return room_id
            except RefusedByServer:
                continue  # marked once, left since
        return None

    async def _begun(self, user_id: str) -> str | None:
        """Invite somebody once more into the chat opened for them, if the invitation failed or they have left since.

        A server makes the room before it invites, and answers only that it could not invite.
        """
        sync, me = self._sync, self._me
        for room_id in listing((await self._server.call("GET", "joined_rooms")).get("joined_rooms")):
            known = sync.rooms.get(room_id)
            if known is not None and (
                known.replaced or known.is_open or known.members.keys() - {me, user_id}
            ):
                continue
            try:
                opened_for = await self._opened_for(room_id)
                present = await self._present(room_id) if opened_for == user_id else {}
            except RefusedByServer:
                continue  # left since
            if not present or present.keys() - {me, user_id}:
                continue
            if user_id not in present:
                await self._server.call("POST", "rooms", room_id, "invite", body={"user_id": user_id})
            return str(room_id)
        return None

    async def _opened_for(self, room_id: str) -> object:
        """Whom we made a room for; None if we did not make it: in its creation anybody may say what they like."""
        query = {"format": "event"}
        created = await self._server.call("GET", "rooms", room_id, "state", "m.room.create", query=query)
        # A server that gives the content alone gives what the room's maker wrote, and the version it put there itself.
        ours = created.get("sender") == self._me and "room_version" not in created
        return mapping(created.get("content")).get(_OPENED_FOR) if ours else None

    async def _create(self, user_id: str) -> str:
        body: Json = {
            "preset": "trusted_private_chat",
            "visibility": "private",
            "invite": [user_id],
            "is_direct": True,
            "creation_content": {_OPENED_FOR: user_id},
        }
        answer = await self._server.call("POST", "createRoom", body=body)
        room_id = answer.get("room_id")
        if not isinstance(room_id, str):
            raise Unreachable("createRoom: the answer is not Matrix")
        return room_id

    async def _listed(self) -> Json:
        try:
            return await self._server.call("GET", "user", self._me, "account_data", "m.direct")
        except RefusedByServer:
            return {}  # nothing is marked yet

    async def _list(self, user_id: str, room_id: str, listed: Json) -> None:
        marked = {**mapping(listed), user_id: [*listing(listed.get(user_id)), room_id]}
        try:
            await self._server.call("PUT", "user", self._me, "account_data", "m.direct", body=marked)
        except RefusedByServer as error:
            log.warning("a direct chat could not be marked as one (%s)", error, extra={"room": room_id})
