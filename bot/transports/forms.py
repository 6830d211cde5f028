"""The port to networks that show forms: who asks for one, what they are shown, and the desk that gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.chat import Address, Room


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in, in the reader's language; with `options` (value → label), one of them is to be chosen."""

    name: str
    label: str
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    value: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What whoever holds a form is shown: words, and what is to be filled in next. Without fields it is the last."""

    session: str
    step: int
    title: str
    words: str
    fields: tuple[Field, ...] = ()
    refused: bool = False
    """Whether what was handed in before was not taken: the words say why."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a form: an account as its server vouches for it, and the exact session of it (XMPP: the full address)."""

    address: Address
    exactly: str
    shared: tuple[str, ...] = field(default=(), compare=False)
    """Our rooms in which that account is seen now, by their ids."""


class TurnedAway(Exception):
    """A form is not opened, or not taken; `why` is for machines, the text for people, in their language."""

    def __init__(self, why: Literal["no such form", "no such session", "later"], words: str) -> None:
        super().__init__(words)
        self.why = why


class Desk(Protocol):
    """Where forms are asked for and handed in, whatever the network."""

    async def listed(self, holder: Holder) -> Sequence[tuple[str, str]]:
        """The forms for this person: name → title. Raises TurnedAway."""
        ...

    async def open(self, holder: Holder, form: str) -> Page:
        """Give somebody a form, or if there is nothing to fill in what comes of it. Raises TurnedAway."""
        ...

    async def hand_in(
        self, holder: Holder, session: str, step: int | None, values: Mapping[str, str]
    ) -> Page:
        """Take what was filled in, once however often it is handed in. Raises TurnedAway."""
        ...

    def put_away(self, holder: Holder, session: str) -> None:
        """Forget a form that is not wanted any more."""
        ...

    async def admits(self, holder: Holder) -> bool:
        """Whether an account may see that we are there. Raises TurnedAway."""
        ...

    async def who_are_you(self, room: Room, me: str) -> str:
        """The words for somebody who asks from behind a nick in a room, where nobody can be known. Raises TurnedAway."""
        ...


@runtime_checkable
class Attended(Protocol):
    """A network that shows forms."""

    def attend(self, desk: Desk) -> None:
        """Have forms asked for and handed in there from now on."""
        ...
