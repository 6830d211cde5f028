"""Where forms are asked for and handed in: what a form shows is read, what is handed in goes through intake like a line."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from bot.texts.data import clean
from bot.transports.base import Batch, Field, Page, TransportError, TurnedAway
from campaign.chat import N_, Room, Submitted, Typed, say
from campaign.errors import CampaignError
from commands import forms, lookup
from commands.command import Context
from storage.database import StorageError
from storage.people import Person
from storage.rooms import RoomRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from bot.texts.wording import Wording
    from bot.texts.wordings import Wordings
    from bot.transports.base import Holder
    from campaign.chat import Address, Text
    from commands.command import Command
    from commands.forms import Answered
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)
T = TypeVar("T")

LASTS = 15 * 60.0
"""Seconds for which a form may be filled in, and for which what came of it can be shown again."""
MOST, MOST_EACH = 500, 5
"""How many forms are open at once, and how many of one account's: the one opened first makes room."""
LONGEST = 4000
"""Characters of a value that are kept."""
NO = "no"
YES = "1"


@dataclass(slots=True)
class _Session:
    """A form in somebody's hands."""

    holder: Holder
    one: Command
    ends: float
    campaign: str = ""
    question: int = 0
    """The question (by id) that is to be answered next."""
    offered: tuple[forms.Field, ...] = ()
    page: Page | None = None
    """What its holder is shown now."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


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
        self._network, self._database, self._wordings = network, database, wordings
        self._menu, self._take, self._now = menu, take, now
        self._sessions: dict[str, _Session] = {}
        self._tasks: set[asyncio.Task[Page]] = set()

    # --- what a network asks for: see bot/transports/base.py

    async def listed(self, holder: Holder) -> Sequence[tuple[str, str]]:
        """The forms for this person: name → title, in their language. Raises TurnedAway."""

        def read(storage: Storage) -> list[tuple[str, str]]:
            context = self._context(storage, holder)
            wording = self._wordings.of(context.language)
            return [(one.name, wording.plain((say(one.help),))) for one in forms.offered(context)]

        return await self._read(read)

    async def open(self, holder: Holder, form: str) -> Page:
        """Give somebody a form; one without fields is handed in at once. Raises TurnedAway."""
        one = next((known for known in self._menu if known.form and known.name == form), None)
        if one is None:
            words = say(N_("There is no such form. {help} lists what I can do."), help=Typed("help"))
            raise TurnedAway("no such form", await self._in_words(holder.address.id, words))
        self._make_room(holder)
        key = secrets.token_urlsafe(18)
        session = self._sessions[key] = _Session(holder, one, time.monotonic() + LASTS)
        return await self._finished(session, lambda: self._show(key, session))

    async def hand_in(
        self, holder: Holder, session: str, step: int | None, values: Mapping[str, str]
    ) -> Page:
        """Take what was filled in: once, whatever becomes of the connection meanwhile. Raises TurnedAway.

        What was handed in already is not looked at again: its holder is shown once more what came of it.
        """
        found = self._sessions.get(session)
        if found is None or found.holder != holder or found.ends < time.monotonic():
            words = say(N_("This form is not valid any more. Please open it again."))
            raise TurnedAway("no such session", await self._in_words(holder.address.id, words))
        found.holder = holder  # who may be in other rooms by now
        return await self._finished(found, lambda: self._next(session, found, step, values))

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
            context = self._context(storage, holder)
            return context.is_admin or any(
                lookup.is_of_the_campaign(replace(context, resolved=one)) for one in storage.campaigns.open()
            )

        return await self._read(read)

    async def who_are_you(self, room: Room, me: str) -> str:
        """The words for somebody behind a nick, in the room's language. Raises TurnedAway."""
        return await self._in_words(room.id, say(NOBODY, address=me))

    # --- one form

    async def _show(self, key: str, session: _Session, *more: Text) -> Page:
        """Show what is to be filled in next; if that is nothing, what comes of it."""

        def read(storage: Storage) -> tuple[Context, tuple[forms.Field, ...], Text | None]:
            context = replace(self._context(storage, session.holder), campaign_key=session.campaign)
            try:
                return context, forms.fields(context, session.one), None
            except CampaignError as refused:
                return context, (), refused.text

        context, fields, refusal = await self._read(read)
        if refusal is not None:
            return self._turn(key, session, context.language, (refusal,), refused=True)
        session.offered = fields
        if not fields:
            return await self._submit(key, session, {})
        return self._turn(key, session, context.language, more or (say(session.one.help),), fields)

    async def _next(self, key: str, session: _Session, step: int | None, values: Mapping[str, str]) -> Page:
        page = session.page
        if page is not None and (not page.fields or step not in (None, page.step)):
            return page
        return await self._taken(key, session, values)

    async def _taken(self, key: str, session: _Session, values: Mapping[str, str]) -> Page:
        given = {one.name: values.get(one.name, "")[:LONGEST] for one in session.offered}
        for one in session.offered:
            if one.options and given[one.name] not in {"", *(value for value, _ in one.options)}:
                return await self._again(key, session, given, say(CHOOSE))
            if one.required and not given[one.name].strip():
                return await self._again(key, session, given, say(FILL_IN))
        if not (session.campaign or session.question) and [*given] == ["campaign"]:
            session.campaign = given["campaign"]
            return await self._show(key, session)
        if session.question and given["choice"] == NO:
            language = await self._language(session.holder)
            return self._turn(key, session, language, (say(N_("Then nothing was changed.")),))
        return await self._submit(key, session, given)

    async def _submit(self, key: str, session: _Session, given: Mapping[str, str]) -> Page:
        """Have intake take it, as an event of its own: the same session and step are the same event."""
        step = session.page.step if session.page else 0
        address, exactly = session.holder.address, session.holder.exactly
        # Their address is not kept in it: it stays when they ask to be forgotten.
        named = hashlib.sha256(f"{exactly}\n{key}".encode()).hexdigest()[:32]
        submitted = Submitted(
            Room(self._network, address.id),
            f"form:{named}:{step}",
            address,
            address.id.partition("@")[0],
            session.one.name,
            {**given, "campaign": session.campaign} if session.campaign else given,
            self._now(),
            session.question,
            shared=session.holder.shared,
        )
        try:
            answered = (await self._take(Batch((submitted,)))).get(submitted.event)
        except (StorageError, TransportError) as error:
            log.warning("a form was not taken: %s", error, extra={"action": "form"})
            raise TurnedAway("later", await self._later(address)) from error
        if answered is None:
            language = await self._language(session.holder)
            return self._turn(key, session, language, (say(N_("That was taken already.")),))
        if answered.refused and session.offered and not session.question:
            return await self._again(key, session, given, *answered.lines)
        session.question = answered.question
        session.offered = _choice(answered) if answered.question else ()
        return self._turn(
            key, session, answered.language, answered.lines, session.offered, refused=answered.refused
        )

    async def _again(self, key: str, session: _Session, given: Mapping[str, str], *lines: Text) -> Page:
        """Show the same form again, with what stands in it and what is wrong with it."""
        language = await self._language(session.holder)
        fields = tuple(replace(one, value=given.get(one.name, "")) for one in session.offered)
        return self._turn(key, session, language, lines, fields, refused=True)

    def _turn(
        self,
        key: str,
        session: _Session,
        language: str,
        lines: Sequence[Text],
        fields: Sequence[forms.Field] = (),
        *,
        refused: bool = False,
    ) -> Page:
        wording = self._wordings.of(language)
        step = session.page.step + 1 if session.page else 1
        shown = tuple(_shown(one, wording) for one in fields)
        title = wording.plain((say(session.one.help),))
        session.page = Page(key, step, title, wording.plain(lines), shown, refused)
        return session.page

    def _make_room(self, holder: Holder) -> None:
        now = time.monotonic()
        self._sessions = {key: one for key, one in self._sessions.items() if one.ends > now}
        theirs = [key for key, one in self._sessions.items() if one.holder.address == holder.address]
        for key in theirs[: max(0, len(theirs) + 1 - MOST_EACH)]:
            del self._sessions[key]
        if len(self._sessions) >= MOST:
            del self._sessions[next(iter(self._sessions))]

    # --- reading

    def _context(self, storage: Storage, holder: Holder) -> Context:
        """Who asks, as far as they are known: nothing is written for a form that is only looked at."""
        address = holder.address
        known = storage.rooms.find(self._network, address.id)
        room = known or RoomRow(
            id=0,
            network=self._network,
            address=address.id,
            alias="",
            name="",
            language=None,
            admin=False,
            direct=True,
            partner=address.id,
            encrypted=False,
            archived=True,
            state="joined",
            why="",
            welcomed_at=None,
        )
        name = address.id.partition("@")[0]
        return Context(
            storage=storage,
            house=self._wordings.house,
            now=self._now(),
            room=room,
            place="private" if room.direct else "other",
            address=address,
            name=name,
            person=storage.people.find(address) or Person(0, name, None, 0),
            menu=self._menu,
            shared=holder.shared,
        )

    async def _read(self, read: Callable[[Storage], T]) -> T:
        try:
            return await self._database.read(read)
        except StorageError as error:
            log.warning("a form cannot be shown: %s", error, extra={"action": "form"})
            raise TurnedAway("later", self._wordings.of(None).plain((say(LATER),))) from error

    async def _language(self, holder: Holder) -> str:
        return await self._read(lambda storage: self._context(storage, holder).language)

    async def _in_words(self, where: str, words: Text) -> str:
        """Say something in the language of a room or private chat."""

        def read(storage: Storage) -> str | None:
            known = storage.rooms.find(self._network, where)
            return known.language if known else None

        return self._wordings.of(await self._read(read)).plain((words,))

    async def _later(self, address: Address) -> str:
        try:
            return await self._in_words(address.id, say(LATER))
        except TurnedAway as away:
            return str(away)

    async def _finished(self, session: _Session, work: Callable[[], Awaitable[Page]]) -> Page:
        """Let one step after the other come to its end, even if whoever waits for it is gone: it may have been taken."""

        async def alone() -> Page:
            async with session.lock:
                return await work()

        task = asyncio.ensure_future(alone())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)


CHOOSE = N_("Please choose one of what is offered.")
FILL_IN = N_("Please fill in what is required.")
LATER = N_("I cannot take anything just now. Please try again in a minute: nothing was changed.")
NOBODY = N_(
    "I cannot tell who you are behind a nick, so I take nothing here. Please write to my own address: {address}"
)


def _choice(answered: Answered) -> tuple[forms.Field, ...]:
    """The answers to a question, of which one is to be chosen."""
    label = say(N_("Answer"))
    options: forms.Options = (
        ((YES, say(N_("Yes"))),)
        if len(answered.choices) == 1
        else tuple((str(number), f"{number}. {name}") for number, name in enumerate(answered.choices, 1))
    )
    none = say(N_("No")) if len(answered.choices) == 1 else say(N_("None of these"))
    return (forms.Field("choice", label, required=True, options=(*options, (NO, none))),)


def _shown(one: forms.Field, wording: Wording) -> Field:
    return Field(
        one.name,
        _worded(one.label, wording),
        one.required,
        tuple((value, _worded(label, wording)) for value, label in one.options),
        one.value,
    )


def _worded(label: forms.Label, wording: Wording) -> str:
    return clean(label) if isinstance(label, str) else wording.plain((label,))
