"""People on Matrix at clients of their own, sharing no code with the bot."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class MatrixError(Exception):
    """The homeserver said no to a person: `status`, `errcode` and the whole `answer`."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {answer.get('errcode')}: {answer.get('error')}")
        self.status = status
        self.errcode = str(answer.get("errcode", ""))
        self.answer = answer


class Person:
    """Somebody at a client of their own: plain HTTP, sharing no code with the bot. Use it with `async with`.

    What `sync` brings is kept in `timeline` (raw events in order, each with its "room_id" put in), so that
    `wait_for` finds what has already come. Room ids waiting for an answer stand in `invitations`.
    """

    def __init__(self, base_url: str, user_id: str, password: str) -> None:
        self.base_url = base_url
        self.user_id = user_id
        self.password = password
        self.timeline: list[dict[str, Any]] = []
        self.invitations: dict[str, list[dict[str, Any]]] = {}
        """Room id → the stripped state that came with the invitation."""
        self.to_device: list[dict[str, Any]] = []
        """What the last sync brought for this device."""
        self.token = ""
        self._since = ""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        try:
            await self.login()
        except BaseException:
            await self._session.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self,
        method: str,
        *path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        base: str = "/_matrix/client/v3",
    ) -> dict[str, Any]:
        """Make any client-server request; path segments are quoted. Raises MatrixError on anything but 200.

        A 429 is waited for and tried again: people wait as well.
        """
        if self._session is None:
            raise RuntimeError("use `async with Person(…)`")
        url = f"{self.base_url}{base}/" + "/".join(quote(part, safe="") for part in path)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        options: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        while True:
            async with self._session.request(
                method, URL(url, encoded=True).update_query(query or {}), headers=headers, **options
            ) as answer:
                said = await answer.json()
                if answer.status == 429:
                    await asyncio.sleep(said.get("retry_after_ms", 1000) / 1000)
                    continue
                if answer.status != 200:
                    raise MatrixError(answer.status, said)
                return dict(said)

    async def login(self) -> None:
        """Log in with the password, as a new device."""
        who = {"type": "m.id.user", "user": self.user_id}
        body = {"type": "m.login.password", "identifier": who, "password": self.password}
        self.token = (await self.call("POST", "login", body=body))["access_token"]

    async def set_displayname(self, name: str) -> None:
        """Call oneself something else, in every room."""
        await self.call("PUT", "profile", self.user_id, "displayname", body={"displayname": name})

    async def create_room(
        self,
        *,
        name: str = "",
        alias: str = "",
        invite: tuple[str, ...] = (),
        is_direct: bool = False,
        encrypted: bool = False,
        public: bool = False,
    ) -> str:
        """Make a room and return its id. `alias` is only the local part of an address, without "#"."""
        body: dict[str, Any] = {
            "preset": "public_chat" if public else "private_chat",
            "invite": list(invite),
            "is_direct": is_direct,
        }
        if name:
            body["name"] = name
        if alias:
            body["room_alias_name"] = alias
        if encrypted:
            state = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
            body["initial_state"] = [{"state_key": "", **state}]
        return str((await self.call("POST", "createRoom", body=body))["room_id"])

    async def join(self, room: str) -> str:
        """Join a room by id or alias, or accept its invitation; returns its id."""
        return str((await self.call("POST", "join", room, body={}))["room_id"])

    async def leave(self, room: str) -> None:
        """Leave a room, or decline its invitation."""
        await self.call("POST", "rooms", room, "leave", body={})

    async def invite(self, room: str, user_id: str) -> None:
        """Ask somebody into a room."""
        await self.call("POST", "rooms", room, "invite", body={"user_id": user_id})

    async def kick(self, room: str, user_id: str, reason: str = "") -> None:
        """Remove somebody from a room; they may come back."""
        await self.call("POST", "rooms", room, "kick", body={"user_id": user_id, "reason": reason})

    async def ban(self, room: str, user_id: str) -> None:
        """Remove somebody from a room for good."""
        await self.call("POST", "rooms", room, "ban", body={"user_id": user_id})

    async def send(self, room: str, content: object, *, kind: str = "m.room.message") -> str:
        """Send any event with any content (bytes are sent as they are) and return its event id."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        path = ("rooms", room, "send", kind, secrets.token_hex(8))
        return str((await self.call("PUT", *path, body=body))["event_id"])

    async def set_state(self, room: str, kind: str, content: object, *, state_key: str = "") -> str:
        """Set a state event and return its event id."""
        path = ("rooms", room, "state", kind, state_key)
        return str((await self.call("PUT", *path, body=json.dumps(content).encode()))["event_id"])

    async def say(self, room: str, text: str, **more: object) -> str:
        """Say something as a plain text message; `more` is added to its content. Returns the event id."""
        return await self.send(room, {"msgtype": "m.text", "body": text, **more})

    async def reply(self, room: str, event: str, text: str) -> str:
        """Answer a message, as clients with rich replies do."""
        return await self.say(room, text, **{"m.relates_to": {"m.in_reply_to": {"event_id": event}}})

    async def react(self, room: str, event: str, key: str) -> str:
        """React to a message with an emoji and return the reaction's event id."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        return await self.send(room, {"m.relates_to": relation}, kind="m.reaction")

    async def redact(self, room: str, event: str) -> str:
        """Take an event back and return the redaction's event id."""
        answer = await self.call("PUT", "rooms", room, "redact", event, secrets.token_hex(8), body={})
        return str(answer["event_id"])

    async def members(self, room: str) -> set[str]:
        """Who is joined there now."""
        return set((await self.call("GET", "rooms", room, "joined_members"))["joined"])

    async def history(self, room: str) -> list[dict[str, Any]]:
        """Every event of the room that one may see, oldest first, paged from the server."""
        events: list[dict[str, Any]] = []
        query = {"dir": "b", "limit": "500"}
        while True:
            page = await self.call("GET", "rooms", room, "messages", query=query)
            events += page["chunk"]
            if not page.get("end"):
                return events[::-1]
            query["from"] = page["end"]

    async def texts(self, room: str, *, sender: str = "") -> list[str]:
        """The bodies of the room's messages, oldest first, of one sender if named."""
        return [
            event["content"].get("body", "")
            for event in await self.history(room)
            if event["type"] == "m.room.message" and sender in ("", event["sender"])
        ]

    async def upload(self, data: bytes, name: str = "file.txt") -> str:
        """Store a file and return its mxc address."""
        answer = await self.call(
            "POST", "upload", query={"filename": name}, body=data, base="/_matrix/media/v3"
        )
        return str(answer["content_uri"])

    async def download(self, mxc: str) -> bytes:
        """Fetch a file's bytes by its mxc address, as authenticated media."""
        if self._session is None:
            raise RuntimeError("use `async with Person(…)`")
        server, _, media = mxc.removeprefix("mxc://").partition("/")
        url = f"{self.base_url}/_matrix/client/v1/media/download/{server}/{media}"
        async with self._session.get(url, headers={"Authorization": f"Bearer {self.token}"}) as answer:
            if answer.status != 200:
                raise MatrixError(answer.status, await answer.json())
            return await answer.read()

    async def sync(self, *, wait: float = 0) -> list[dict[str, Any]]:
        """Ask once for news, waiting up to `wait` seconds for some; returns the new timeline events."""
        query = {"timeout": str(int(wait * 1000)), "filter": '{"room":{"timeline":{"limit":100}}}'}
        if self._since:
            query["since"] = self._since
        answer = await self.call("GET", "sync", query=query)
        self._since = answer["next_batch"]
        self.to_device = answer.get("to_device", {}).get("events", [])
        rooms = answer.get("rooms", {})
        for room, part in rooms.get("invite", {}).items():
            self.invitations[room] = part["invite_state"]["events"]
        fresh = [
            {**event, "room_id": room}
            for section in ("join", "leave")
            for room, part in rooms.get(section, {}).items()
            for event in part["timeline"]["events"]
        ]
        for room in rooms.get("join", {}).keys() | rooms.get("leave", {}).keys():
            self.invitations.pop(room, None)
        self.timeline += fresh
        return fresh

    async def wait_for(
        self,
        predicate: Callable[[dict[str, Any]], bool],
        timeout: float = 60,  # noqa: ASYNC109 - it says what was seen
    ) -> dict[str, Any]:
        """Return the first timeline event, already seen or still to come, for which this is true.

        Raises TimeoutError, saying which message bodies were seen, after `timeout` seconds.
        """
        seen = 0
        try:
            async with asyncio.timeout(timeout):
                while True:
                    for event in self.timeline[seen:]:
                        seen += 1
                        if predicate(event):
                            return event
                    await self.sync(wait=10)
        except TimeoutError:
            bodies = [event["content"].get("body", event["type"]) for event in self.timeline[-20:]]
            raise TimeoutError(f"nothing like that in {timeout:g} s; last seen: {bodies}") from None

    async def wait_for_text(
        self,
        part: str,
        *,
        sender: str = "",
        room: str = "",
        timeout: float = 60,  # noqa: ASYNC109
    ) -> dict[str, Any]:
        """Return the first message whose body contains `part`, of this sender and in this room if named."""

        def fits(event: dict[str, Any]) -> bool:
            return (
                event["type"] == "m.room.message"
                and part in str(event["content"].get("body", ""))
                and sender in ("", event["sender"])
                and room in ("", event["room_id"])
            )

        return await self.wait_for(fits, timeout)

    async def sees_join(self, room: str, user_id: str, timeout: float = 60) -> None:  # noqa: ASYNC109
        """Wait until somebody is in a room."""
        await self.wait_for(
            lambda event: (
                event["room_id"] == room
                and event["type"] == "m.room.member"
                and event.get("state_key") == user_id
                and event["content"]["membership"] == "join"
            ),
            timeout,
        )

    async def wait_for_invitation(self, by: str = "", timeout: float = 60) -> str:  # noqa: ASYNC109
        """Return the id of a room one is invited to (by this person, if named), waiting for it if need be."""
        async with asyncio.timeout(timeout):
            while True:
                for room, state in self.invitations.items():
                    invited = [
                        event
                        for event in state
                        if event["type"] == "m.room.member" and event["state_key"] == self.user_id
                    ]
                    if any(by in ("", event["sender"]) for event in invited):
                        return room
                await self.sync(wait=10)
