"""The bot's own sync loop: everything since the committed cursor, gaps filled, in batches."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import secrets
import time
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.transports.base import Batch, Refused, Unreachable
from bot.transports.matrix.answer import Json, RefusedByServer
from bot.transports.matrix.homeserver import AnswerTooLarge, Backoff, Homeserver, Patience
from bot.transports.matrix.reading import Reader
from bot.transports.matrix.receipts import Receipts
from bot.transports.matrix.recount import Recounts
from bot.transports.matrix.rooms import JoinedRoom, mapping
from bot.transports.matrix.shares import Completion, share
from bot.transports.matrix.telling import tell_invited, tell_joined, tell_left
from bot.transports.matrix.wanted import WantedRooms
from campaign.chat import Balloted, Event, Invited, Removed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from bot.transports.base import Start
    from bot.transports.matrix.encryption.opening import Opening

log = logging.getLogger(__name__)

SCOPE = "sync"
"""The one cursor's scope: a sync token covers the whole account."""

_FIRST_SYNC_WITHIN = 180.0
_POLL_MARGIN = 15.0
_SHORTEST_ROUND = 1.0
_POLL_WHILE_JOINING = 2.0
_FRESH_FOR = 3.0
SHOWN_WITHIN = 0.015
"""Seconds for which a server that took a message is asked for nothing more: first it shows it to all who look."""


class SyncLoop:
    """Follows one account. `rooms` holds the rooms the bot is in, as of the last answer."""

    def __init__(
        self,
        server: Homeserver,
        start: Start,
        *,
        timeline_limit: int,
        poll_seconds: float,
        batch_size: int,
        patience: Patience,
        opening: Opening | None = None,
    ) -> None:
        self.rooms: dict[str, JoinedRoom] = {}
        self.wanted = WantedRooms(server, start.rooms)
        self.recounts = Recounts(server, patience)
        self.receipts = Receipts(server, server.user_id)
        self.heard: datetime | None = None
        """When the server last answered (UTC), all it said then being taken."""
        self._answered = self._said = -math.inf
        self._trouble = Backoff()
        self._server = server
        self._completion = Completion(server, patience)
        self._opening = opening
        self._opened: tuple[tuple[str, str], ...] = ()
        self._me = server.user_id
        self._since = start.cursors.get(SCOPE, "")
        self._poll = poll_seconds
        self._batch_size = batch_size
        self._timeline_limit = timeline_limit
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

    @property
    def is_fresh(self) -> bool:
        """Whether `rooms` is what the server knew a moment ago, as it is while a line is answered."""
        return not self._trouble.failures and time.monotonic() - self._answered < _FRESH_FOR

    def said(self) -> None:
        """Note that the server took a message just now."""
        self._said = time.monotonic()

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Yield all there is since the cursor, then what comes. See `Transport.batches`."""
        await self.wanted.resolve()
        while True:
            began = time.monotonic()
            self._trouble = backoff = Backoff()
            asking = asyncio.ensure_future(self._server.patiently(self._ask, backoff))
            try:
                async with aclosing(self.recounts.until(asking)) as recounted:
                    async for found in recounted:
                        for batch in self._cut(found, caught_up=self._started):
                            yield batch
                answer = await asking
            except RefusedByServer as error:
                # Waiting does not mend it, but a person may: the supervisor tries again, and says so.
                raise Unreachable(f"the server refuses to sync: {error}") from error
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            answered, self._answered = datetime.now(UTC), time.monotonic()
            # What comes after an interruption was said during it: as at the start, trust the server's time.
            live = self._started and not backoff.failures
            token: str = answer["next_batch"]
            events = await self._read(answer, live=live)
            events += self.wanted.take_news()
            first, self._started = not self._started, True
            if first:
                removed = {event.room.id for event in events if isinstance(event, Removed)}
                invited = {event.room.id for event in events if isinstance(event, Invited)}
                self.wanted.join_missing(self.rooms.keys() | removed, invited)
            if events or first or token != self._since:
                *before, last = self._cut(events, caught_up=not first)
                for batch in before:
                    yield batch
                # Only the last carries the cursor, for a sync token knows no middle.
                yield Batch(last.events, {SCOPE: token}, caught_up=True, opened=self._opened)
                if self._since:  # else it was not said to us
                    self.receipts.taken(mapping(mapping(answer.get("rooms")).get("join")))
                self._since = token
            elif time.monotonic() - began < _SHORTEST_ROUND:
                await asyncio.sleep(_SHORTEST_ROUND)  # a server that answers at once with nothing
            self.heard = answered  # not before: no poll is closed over an answer that waits to be taken

    async def recount(self, room_id: str, poll: str) -> None:
        """Have told, between the syncs, every answer to a poll that the server has. Raises as `Transport.recount`."""
        room = self.rooms.get(room_id)
        if room is None:
            raise Refused("not in that room")
        raws = await self.recounts.answers(room_id, poll)
        if self._opening is not None:
            raws = await self._opening.again(room_id, raws)
        found = map(Reader(self._me, room_id, room, live=False).read, raws)
        await self.recounts.tell([one for one in found if isinstance(one, Balloted) and one.target == poll])

    def _cut(self, events: Sequence[Event], *, caught_up: bool) -> list[Batch]:
        """Cut what is told together into batches: one at least, and none too large."""
        size = self._batch_size
        pieces = [tuple(events[start : start + size]) for start in range(0, len(events), size)] or [()]
        return [Batch(piece, caught_up=caught_up) for piece in pieces]

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
        await asyncio.sleep(self._said + SHOWN_WITHIN - time.monotonic())
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
        try:
            answer = await self._server.call("GET", "sync", query=query, timeout=timeout)
        except AnswerTooLarge:
            # What is left out of it is asked for in pages.
            self._want(max(1, self._wanted_of_sync["room"]["timeline"]["limit"] // 10))
            raise
        token = answer.get("next_batch")
        if not isinstance(token, str) or not token:
            raise Unreachable("sync: the answer is not Matrix")
        # What follows is small again, and pages cost time while a crowd signs.
        self._want(self._timeline_limit)
        return answer

    def _want(self, limit: int) -> None:
        """Ask for so many events of each room from now on."""
        asked = self._wanted_of_sync["room"]["timeline"]
        if asked["limit"] != limit:
            asked["limit"], self._filter = limit, ""

    # --- reading an answer --------------------------------------------------------------------------------

    async def _read(self, answer: Json, *, live: bool) -> list[Event]:
        sections = mapping(answer.get("rooms"))
        # All that changed takes effect here before anything more is waited for: sending goes on meanwhile.
        joined = [
            share(room_id, self.rooms.setdefault(room_id, JoinedRoom(self._me)), mapping(part))
            for room_id, part in mapping(sections.get("join")).items()
        ]
        left = []
        if self._since:
            left = [
                share(room_id, self.rooms.pop(room_id, JoinedRoom(self._me)), mapping(part))
                for room_id, part in mapping(sections.get("leave")).items()
            ]
        for one in left:
            one.stale = False  # not ours to ask any more
            if not one.was_left:
                one.limited = False
        if self._opening is not None:
            await self._opening.receive(answer)
        await self._completion.complete([*joined, *left], self._since)
        events: list[Event] = []
        if self._opening is not None and self._since:
            await self._opening.open([*joined, *left])
            # Before what was said after it; but no room is heard of before we are in it.
            late, opened = await self._opening.late(self.rooms)
            self._opened = tuple(opened)
            events += late
        for one in joined:
            alias = self.wanted.addresses.get(one.room_id, "")
            events += tell_joined(one, alias, live=live, baseline=not self._since, rooms=self.rooms)
        for one in left:
            events += tell_left(one, live=live)
        for room_id, part in mapping(sections.get("invite")).items():
            alias = self.wanted.addresses.get(room_id, "")
            events.append(tell_invited(self._me, room_id, mapping(part), alias, self.rooms))
        return events
