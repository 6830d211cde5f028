"""Who types in a crowd, to which bots, and what one crowd saw of one bot."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from benchmarks import screens
from benchmarks.campaign import organisation
from campaign.chat import MATRIX, XMPP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from benchmarks.bots import Running
    from benchmarks.screens import Seen
    from tests.live.synapse import Person
    from tests.live.xmpp_person import XmppPerson

    Start: TypeAlias = Callable[[], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one crowd saw of one bot, in seconds."""

    typed: float
    """From the first line typed until the server has taken the last one."""
    answered: float
    """From the first line typed to the last organisation named; where no bot is, the same as `typed`."""
    messages: int
    unanswered: int
    waits: Sequence[float] = ()
    """For each organisation that was named, from when the server had taken its line."""


@dataclass
class Contender:
    """A bot in rooms of its own; or nobody, to see what the typing alone costs the server."""

    name: str
    start: Start | None
    rooms: Sequence[str]
    bot: str
    """Its Matrix id, or its nick."""
    starts: list[float] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    held: list[Turn] = field(default_factory=list)
    """The same where it stood still while everybody typed: from then on it answers."""
    memory: float = 0.0


class MatrixCrowd:
    """Ten people in five rooms per bot, each of whom types the next line as soon as the server has the last one."""

    network = MATRIX

    def __init__(self, people: Sequence[Person], observer: Person) -> None:
        self._people = people
        self._observer = observer

    def look(self, one: Contender) -> AbstractAsyncContextManager[Seen]:
        """Begin to look at what a bot says."""
        return screens.on_matrix(self._observer, one.bot)

    async def type(self, one: Contender, numbers: Sequence[int]) -> Mapping[str, float]:
        """Type a line for each of these organisations; return when the server had taken each."""
        taken: dict[str, float] = {}

        async def types(turn: int) -> None:
            for index, number in enumerate(numbers[turn :: len(self._people)]):
                room, name = one.rooms[(turn + index) % len(one.rooms)], organisation(MATRIX, number)
                await self._people[turn].say(room, f"!sign {name}")
                taken[name] = time.perf_counter()

        await asyncio.gather(*(types(turn) for turn in range(len(self._people))))
        return taken


class XmppCrowd:
    """Five people in one room per bot, who wait for nothing."""

    network = XMPP

    def __init__(self, people: Sequence[XmppPerson]) -> None:
        self._people = people

    def look(self, one: Contender) -> AbstractAsyncContextManager[Seen]:
        """Begin to look at what a bot says."""
        for person in self._people:
            person.heard.clear()
        return screens.on_xmpp(self._people[0], one.rooms[0], one.bot)

    async def type(self, one: Contender, numbers: Sequence[int]) -> Mapping[str, float]:
        """Type a line for each of these organisations; return when each was written to its stream."""
        written: dict[str, float] = {}
        for index, number in enumerate(numbers):
            person, name = self._people[index % len(self._people)], organisation(XMPP, number)
            person.say(one.rooms[0], f"!sign {name}")
            written[name] = time.perf_counter()
            await asyncio.sleep(0)
        return written


Crowd: TypeAlias = MatrixCrowd | XmppCrowd
