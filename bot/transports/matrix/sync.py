"""The bot's own sync loop: everything since the committed cursor, gaps filled, in batches."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.transports.base import Batch, Unreachable
from bot.transports.matrix.homeserver import Backoff, Homeserver, Json, RefusedByServer
from bot.transports.matrix.membership import Window
from bot.transports.matrix.reading import MalformedError, Reader, identifier
from bot.transports.matrix.rooms import JoinedRoom, listing, mapping
from bot.transports.matrix.wanted import WantedRooms
from campaign.chat import MATRIX, Address, Event, Invited, Joined, Removed, Room, Unreadable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from bot.transports.base import Start

log = logging.getLogger(__name__)

SCOPE = "sync"
"""The one cursor's scope: a sync token covers the whole account."""

_PAGE = 500
_FIRST_SYNC_WITHIN = 180.0
_POLL_MARGIN = 15.0
_SHORTEST_ROUND = 1.0
_POLL_WHILE_JOINING = 2.0
_AT_ONCE = 4


@dataclass(slots=True)
class _Part:
    """One room's share of a sync answer, while it is worked on."""

    room_id: str
    room: JoinedRoom
    window: Window
    lost: bool = False
    """Whether older events could not be fetched."""
    stale: bool = False
    """Whether the server must be asked again who is joined."""
    shown: list[Event] = field(default_factory=list)


class SyncLoop:
    """Follows one account. `rooms` holds the rooms the bot is in, as of the last answer."""

    def __init__(
        self, server: Homeserver, start: Start, *, timeline_limit: int, poll_seconds: float, batch_size: int
    ) -> None:
        self.rooms: dict[str, JoinedRoom] = {}
        self.wanted = WantedRooms(server, start.rooms)
        self.heard: datetime | None = None
        """When the server last answered (UTC)."""
        self._server = server
        self._me = server.user_id
        self._since = start.cursors.get(SCOPE, "")
        self._poll = poll_seconds
        self._batch_size = batch_size
        self._started = False
        nothing = {"not_types": ["*"]}
        self._wanted_of_sync: Json = {
            "presence": nothing,
            "account_data": nothing,
            "room": {
                "timeline": {"limit": timeline_limit, "lazy_load_members": True},
                "state": {"lazy_load_members": True},
                "ephemeral": nothing,
                "account_data": nothing,
            },
        }
        self._filter = ""

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Yield all there is since the cursor, then what comes. See `Transport.batches`."""
        await self.wanted.resolve()
        while True:
            began = time.monotonic()
            backoff = Backoff()
            try:
                answer = await self._server.patiently(self._ask, backoff)
            except RefusedByServer as error:
                # Waiting does not mend it, but a person may: the supervisor tries again, and says so.
                raise Unreachable(f"the server refuses to sync: {error}") from error
            self.heard = datetime.now(UTC)
            # What comes after an interruption was said during it: as at the start, trust the server's time.
            live = self._started and not backoff.failures
            token: str = answer["next_batch"]
            events = await self._read(answer, live=live)
            events += self.wanted.take_news()
            first, self._started = not self._started, True
            if first:
                removed = {event.room.id for event in events if isinstance(event, Removed)}
                self.wanted.join_missing(self.rooms.keys() | removed)
            if events or first or token != self._since:
                for batch in self._cut(events, token, caught_up=not first):
                    yield batch
                self._since = token
            elif time.monotonic() - began < _SHORTEST_ROUND:
                await asyncio.sleep(_SHORTEST_ROUND)  # a server that answers at once with nothing

    def _cut(self, events: list[Event], token: str, *, caught_up: bool) -> list[Batch]:
        """Cut one answer into batches; only the last carries the cursor, for a sync token knows no middle."""
        size = self._batch_size
        pieces = [tuple(events[start : start + size]) for start in range(0, len(events), size)] or [()]
        *before, last = pieces
        return [
            *(Batch(piece, caught_up=caught_up) for piece in before),
            Batch(last, {SCOPE: token}, caught_up=True),
        ]

    async def _keep_filter(self) -> str:
        """Leave the filter with the server: with every sync it would have to check it anew, which takes it a while."""
        try:
            kept = await self._server.call("POST", "user", self._me, "filter", body=self._wanted_of_sync)
        except RefusedByServer as error:
            log.info("the server keeps no filter (%s)", error)
            kept = {}
        found = kept.get("filter_id")
        return (
            found
            if isinstance(found, str) and found
            else json.dumps(self._wanted_of_sync, separators=(",", ":"))
        )

    async def _ask(self) -> Json:
        self._filter = self._filter or await self._keep_filter()
        poll = self._poll
        if self.wanted.is_joining:
            poll = min(poll, _POLL_WHILE_JOINING)  # what became of it is told with the next answer
        query = {"filter": self._filter, "timeout": str(int(poll * 1000))}
        if not self._started:
            query |= {"timeout": "0", "full_state": "true"}
        if self._since:
            query["since"] = self._since
        else:
            # Synapse keeps the answer to an initial sync for two minutes, old token included. Another timeout
            # makes it another request; an initial sync waits for nothing anyway.
            query["timeout"] = str(secrets.randbelow(1_000_000))
        timeout = self._poll + _POLL_MARGIN if self._started else _FIRST_SYNC_WITHIN
        answer = await self._server.call("GET", "sync", query=query, timeout=timeout)
        token = answer.get("next_batch")
        if not isinstance(token, str) or not token:
            raise Unreachable("sync: the answer is not Matrix")
        return answer

    # --- reading an answer --------------------------------------------------------------------------------

    async def _read(self, answer: Json, *, live: bool) -> list[Event]:
        sections = mapping(answer.get("rooms"))
        parts = [
            await self._take_joined(room_id, mapping(part))
            for room_id, part in mapping(sections.get("join")).items()
        ]
        await self._refresh([part for part in parts if part.stale])
        events: list[Event] = []
        for part in parts:
            events += self._tell_joined(part, live=live)
        if self._since:
            for room_id, part in mapping(sections.get("leave")).items():
                events += await self._tell_left(room_id, mapping(part), live=live)
        for room_id, part in mapping(sections.get("invite")).items():
            events += self._tell_invited(room_id, mapping(part))
        return events

    async def _take_joined(self, room_id: str, part: Json) -> _Part:
        room = self.rooms.get(room_id)
        new = room is None
        if room is None:
            room = self.rooms[room_id] = JoinedRoom(self._me)
        timeline = mapping(part.get("timeline"))
        taken = _Part(room_id, room, Window(self._me, listing(timeline.get("events"))))
        # The state of an answer is that before its timeline, thus after what is missing between.
        state = listing(mapping(part.get("state")).get("events"))
        if self._since:
            await self._fill(taken, timeline)
        for raw in [*taken.window.older, *state, *taken.window.events]:
            room.apply(raw)
        joined_count = mapping(part.get("summary")).get("m.joined_member_count")
        taken.stale = (
            new
            or timeline.get("limited") is True
            or (isinstance(joined_count, int) and joined_count != len(room.members))
            or room.needs_invited
        )
        return taken

    async def _fill(self, part: _Part, timeline: Mapping[str, object]) -> None:
        """Fetch what a limited timeline left out, back to the cursor or to our own joining."""
        token = timeline.get("prev_batch")
        if timeline.get("limited") is not True:
            return
        while isinstance(token, str) and token and not part.window.starts_with_joining:
            query = {"dir": "b", "from": token, "to": self._since, "limit": str(_PAGE)}

            async def ask(query: Mapping[str, str] = query) -> Json:
                return await self._server.call("GET", "rooms", part.room_id, "messages", query=query)

            try:
                page = await self._server.patiently(ask, Backoff())
            except RefusedByServer as error:
                log.warning("a gap cannot be filled (%s)", error, extra={"room": part.room_id})
                part.lost = True
                return
            chunk = listing(page.get("chunk"))
            part.window.prepend(chunk[::-1])
            following = page.get("end")
            token = following if chunk and following != token else None

    async def _refresh(self, parts: list[_Part]) -> None:
        """Ask the server who is in these rooms, a few at a time."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def refresh(part: _Part) -> None:
            async with slots:
                await self._refresh_members(part.room_id, part.room)

        done = await asyncio.gather(*map(refresh, parts), return_exceptions=True)
        for error in done:
            if error is not None:
                raise error

    async def _refresh_members(self, room_id: str, room: JoinedRoom) -> None:
        async def joined() -> Json:
            return await self._server.call("GET", "rooms", room_id, "joined_members")

        async def invited() -> Json:
            query = {"membership": "invite"}
            return await self._server.call("GET", "rooms", room_id, "members", query=query)

        try:
            room.replace_members(await self._server.patiently(joined, Backoff()))
            if room.needs_invited:
                room.replace_invited(await self._server.patiently(invited, Backoff()))
        except RefusedByServer as error:
            log.warning("the members of a room are not known (%s)", error, extra={"room": room_id})
            room.replace_members({})

    # --- telling ------------------------------------------------------------------------------------------

    def _tell_joined(self, part: _Part, *, live: bool) -> list[Event]:
        events: list[Event] = []
        joined = self._joined(part)
        if joined is not None:
            events.append(joined)
        if not self._since:
            return events  # the baseline: what was said before the first cursor was not said to us
        reader = Reader(self._me, part.room_id, part.room, live)
        if part.lost:
            events.append(self._gap(part.room_id))
        events += filter(None, map(reader.read, part.window.inside()))
        return events

    def _joined(self, part: _Part) -> Joined | None:
        room, joining = part.room, part.window.joining
        address, other = self.wanted.addresses.get(part.room_id, ""), room.other
        tell = (address, room.name, other, room.encrypted)
        if room.told == tell and joining is None:
            return None
        room.told = tell
        return Joined(
            Room(MATRIX, part.room_id),
            at=joining.at if joining else datetime.now(UTC),
            event=joining.event_id if joining else "",
            alias=address,
            name=room.name,
            private_with=Address(MATRIX, other) if other else None,
            encrypted=room.encrypted,
        )

    async def _tell_left(self, room_id: str, part: Json, *, live: bool) -> list[Event]:
        room = self.rooms.pop(room_id, None) or JoinedRoom(self._me)
        timeline = mapping(part.get("timeline"))
        taken = _Part(room_id, room, Window(self._me, listing(timeline.get("events"))))
        leaving = taken.window.leaving
        if leaving is None or not leaving.was_joined:
            return []  # left before the cursor, or an invitation that was declined or taken back
        await self._fill(taken, timeline)
        reader = Reader(self._me, room_id, room, live)
        events: list[Event] = [self._gap(room_id)] if taken.lost else []
        events += filter(None, map(reader.read, taken.window.inside()))
        events.append(Removed(Room(MATRIX, room_id), leaving.event_id, leaving.at, leaving.why, leaving.by))
        return events

    def _tell_invited(self, room_id: str, part: Json) -> list[Event]:
        state = [mapping(raw) for raw in listing(mapping(part.get("invite_state")).get("events"))]
        ours = [
            raw for raw in state if raw.get("type") == "m.room.member" and raw.get("state_key") == self._me
        ]
        try:
            by = identifier(ours[-1].get("sender") if ours else None, "invite_state", "@")
        except MalformedError as error:
            return [Unreadable(Room(MATRIX, room_id), "", f"malformed: {error}", datetime.now(UTC))]
        event_id = ours[-1].get("event_id")  # most servers give none in stripped state
        return [
            Invited(
                Room(MATRIX, room_id),
                event_id if isinstance(event_id, str) else "",
                Address(MATRIX, by),
                datetime.now(UTC),
                direct=mapping(ours[-1].get("content")).get("is_direct") is True,
                encrypted=any(raw.get("type") == "m.room.encryption" for raw in state),
                shared=tuple(other for other, room in self.rooms.items() if by in room.members),
            )
        ]

    def _gap(self, room_id: str) -> Unreadable:
        return Unreadable(Room(MATRIX, room_id), "", "gap", datetime.now(UTC))
