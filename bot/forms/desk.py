"""Where forms are asked for and handed in: what a form shows is read, what is handed in goes through intake like a line."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.forms.filling import Filling
from bot.forms.holders import Holders
from bot.transports.forms import TurnedAway
from campaign.chat import N_, Typed, say
from commands.dialogue import forms
from commands.organisations import lookup

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from bot.texts.wordings import Wordings
    from bot.transports.base import Batch
    from bot.transports.forms import Holder, Page
    from campaign.chat import Room
    from commands.command import Command
    from commands.dialogue.forms import Answered
    from storage.database import Database
    from storage.storage import Storage

LASTS = 15 * 60.0
"""Seconds for which a form may be filled in, and for which what came of it can be shown again."""
MOST, MOST_EACH = 500, 5
"""How many forms are open at once, and how many of one account's: the one opened first makes room."""
NOBODY = N_(
    "I cannot tell who you are behind a nick, so I take nothing here. Please write to my own address: {address}"
)


@dataclass(slots=True)
class _Session:
    """A form that is open."""

    filling: Filling
    ends: float
    """By the monotonic clock."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def holder(self) -> Holder:
        """In whose hands it is."""
        return self.filling.holder


class Desk:
    """The desk of one network. A form is its holder's alone: nobody else's session can go on with it."""

    def __init__(
        self,
        network: str,
        database: Database,
        wordings: Wordings,
        menu: tuple[Command, ...],
        *,
        take: Callable[[Batch], Awaitable[Mapping[str, Answered]]],
        now: Callable[[], datetime],
    ) -> None:
        """`take` has a batch taken by intake; it raises TransportError where that cannot be now."""
        self._wordings, self._menu, self._take = wordings, menu, take
        self._holders = Holders(network, database, wordings, menu, now)
        self._sessions: dict[str, _Session] = {}
        self._tasks: set[asyncio.Task[Page]] = set()

    # --- what a network asks for: see bot/transports/base.py

    async def listed(self, holder: Holder) -> Sequence[tuple[str, str]]:
        """The forms for this person: name → title, in their language. Raises TurnedAway."""

        def read(storage: Storage) -> list[tuple[str, str]]:
            context = self._holders.context(storage, holder)
            wording = self._wordings.of(context.language)
            return [(one.name, wording.plain((say(one.help),))) for one in forms.offered(context)]

        return await self._holders.read(read)

    async def open(self, holder: Holder, form: str) -> Page:
        """Give somebody a form; one without fields is handed in at once. Raises TurnedAway."""
        one = next((known for known in self._menu if known.form and known.name == form), None)
        if one is None:
            words = say(N_("There is no such form. {help} lists what I can do."), help=Typed("help"))
            raise TurnedAway("no such form", await self._holders.in_words(holder.address.id, words))
        self._make_room(holder)
        key = secrets.token_urlsafe(18)
        filling = Filling(key, holder, one, self._holders, self._take)
        session = self._sessions[key] = _Session(filling, time.monotonic() + LASTS)
        return await self._finished(session, filling.show)

    async def hand_in(
        self, holder: Holder, session: str, step: int | None, values: Mapping[str, str]
    ) -> Page:
        """Take what was filled in: once, whatever becomes of the connection meanwhile. Raises TurnedAway.

        What was handed in already is not looked at again: its holder is shown once more what came of it.
        """
        found = self._sessions.get(session)
        if found is None or found.holder != holder or found.ends < time.monotonic():
            words = say(N_("This form is not valid any more. Please open it again."))
            raise TurnedAway("no such session", await self._holders.in_words(holder.address.id, words))
        found.filling.holder = holder  # who may be in other rooms by now
        return await self._finished(found, lambda: found.filling.next(step, values))

    def put_away(self, holder: Holder, session: str) -> None:
        """Forget a form that is not wanted any more."""
        found = self._sessions.get(session)
        if found is not None and found.holder == holder:
            del self._sessions[session]

    async def admits(self, holder: Holder) -> bool:
        """Whether an account may see that we are there: a campaigner's, or one of the people of a campaign.

        Raises TurnedAway.
        """

        def read(storage: Storage) -> bool:
            context = self._holders.context(storage, holder)
            return context.is_admin or any(
                lookup.is_of_the_campaign(replace(context, resolved=one)) for one in storage.campaigns.all()
            )

        return await self._holders.read(read)

    async def who_are_you(self, room: Room, me: str) -> str:
        """The words for somebody behind a nick, in the room's language. Raises TurnedAway."""
        return await self._holders.in_words(room.id, say(NOBODY, address=me))

    # --- the forms that are open

    def _make_room(self, holder: Holder) -> None:
        now = time.monotonic()
        self._sessions = {key: one for key, one in self._sessions.items() if one.ends > now}
        theirs = [key for key, one in self._sessions.items() if one.holder.address == holder.address]
        for key in theirs[: max(0, len(theirs) + 1 - MOST_EACH)]:
            del self._sessions[key]
        if len(self._sessions) >= MOST:
            del self._sessions[next(iter(self._sessions))]

    async def _finished(self, session: _Session, work: Callable[[], Awaitable[Page]]) -> Page:
        """Let one step after the other come to its end, even if whoever waits for it is gone: it may have been taken."""

        async def alone() -> Page:
            async with session.lock:
                return await work()

        task = asyncio.ensure_future(alone())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)
