"""One room's share of a sync answer, and what has to be asked of the server to complete it."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.transports.base import Unreachable
from bot.transports.matrix.answer import Json, RefusedByServer
from bot.transports.matrix.homeserver import Homeserver, Patience
from bot.transports.matrix.membership import Window
from bot.transports.matrix.rooms import JoinedRoom, listing, mapping

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

log = logging.getLogger(__name__)

_PAGE = 500
_AT_ONCE = 4
_ASK_AGAIN_AFTER = 60.0
_ONCE_MORE = Patience(tries=1, seconds=5.0)


@dataclass(slots=True)
class Share:
    """What a sync answer says of one room, while it is worked on."""

    room_id: str
    room: JoinedRoom
    window: Window
    limited: bool = False
    """Whether the answer left something out that may concern us."""
    gap: str = ""
    """Where to fetch from what it left out; empty if the server does not say."""
    lost: bool = False
    """Whether older events could not be fetched."""
    stale: bool = False
    """Whether the server must be asked again who is joined."""

    @property
    def was_left(self) -> bool:
        """Whether the bot went out of the room, rather than out of an invitation."""
        leaving = self.window.leaving
        return leaving is not None and leaving.was_joined


def share(room_id: str, room: JoinedRoom, part: Json) -> Share:
    """Read a room's share, and let its state take effect at once: from now on nothing must be sent in spite of it."""
    timeline = mapping(part.get("timeline"))
    limited = timeline.get("limited") is True
    token = timeline.get("prev_batch")
    taken = Share(room_id, room, Window(room.me, listing(timeline.get("events"))))
    taken.limited, taken.gap = limited, token if isinstance(token, str) else ""
    # The state of an answer is that before its timeline, thus after whatever is missing between.
    for raw in [*listing(mapping(part.get("state")).get("events")), *taken.window.events]:
        room.apply(raw)
    joined_count = mapping(part.get("summary")).get("m.joined_member_count")
    in_doubt = (
        not room.members_known
        or limited
        or (isinstance(joined_count, int) and joined_count != len(room.members))
        or room.needs_invited
    )
    taken.stale = in_doubt and time.monotonic() >= room.ask_again
    if in_doubt:
        room.members_known = False  # until that is answered, nobody is told a key who may be gone
    return taken


class Completion:
    """Asks the server for what shares lack, a few rooms at a time; no room may hold up the others for long."""

    def __init__(self, server: Homeserver, patience: Patience) -> None:
        self._server = server
        self._patience = patience

    async def complete(self, shares: Iterable[Share], since: str) -> None:
        """Fetch what was said since the token `since` (nothing if that is empty), and who is joined."""
        shares = tuple(shares)
        if since:
            await self._each(lambda one: self._fill(one, since), [one for one in shares if one.limited])
        await self._each(self._refresh, [one for one in shares if one.stale])

    @staticmethod
    async def _each(work: Callable[[Share], Awaitable[None]], shares: list[Share]) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(share: Share) -> None:
            async with slots:
                await work(share)

        for error in await asyncio.gather(*map(one, shares), return_exceptions=True):
            if error is not None:
                raise error

    async def _fill(self, share: Share, since: str) -> None:
        """Fetch what a limited timeline left out, back to the cursor or to our own joining."""
        token: object = share.gap
        share.lost = not (token or share.window.starts_with_joining)
        while isinstance(token, str) and token and not share.window.starts_with_joining:
            query = {"dir": "b", "from": token, "to": since, "limit": str(_PAGE)}
            try:
                page = await self._get(self._patience, share.room_id, "messages", query=query)
            except (RefusedByServer, Unreachable) as error:
                log.warning("a gap cannot be filled (%s)", error, extra={"room": share.room_id})
                share.lost = True
                return
            share.window.prepend(listing(page.get("chunk"))[::-1])
            # A page may be empty, for what stands on it is not ours to see, and yet not be the last one.
            following = page.get("end")
            token = following if following != token else None

    async def _refresh(self, share: Share) -> None:
        room = share.room
        patience = _ONCE_MORE if room.ask_again else self._patience
        try:
            room.replace_members(await self._get(patience, share.room_id, "joined_members"))
            if room.needs_invited:
                query = {"membership": "invite"}
                room.replace_invited(await self._get(patience, share.room_id, "members", query=query))
        except (RefusedByServer, Unreachable) as error:
            log.warning("the members of a room are not known (%s)", error, extra={"room": share.room_id})
            room.members_known = False
            room.ask_again = time.monotonic() + _ASK_AGAIN_AFTER

    async def _get(
        self, patience: Patience, room_id: str, what: str, *, query: dict[str, str] | None = None
    ) -> Json:
        async def ask(within: float) -> Json:
            return await self._server.call("GET", "rooms", room_id, what, query=query, timeout=within)

        return await self._server.briefly(ask, patience)
