"""What a command gives back: lines to say here, alone or elsewhere, what it asks, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from campaign.chat import N_, File, Intent, Message, Text, Typed, say
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question: the command it runs, with these arguments."""

    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    confirmed: bool = True
    """Whether choosing it says yes as well; else the command asks what it would have asked."""
    campaign: str = ""
    """The `campaign=` that was given with what is asked about."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Something to say in another room, or in private to an address."""

    message: Message
    room_id: int | None = None
    address_id: int | None = None
    network: str = ""
    urgency: int = 5
    file: File | None = None
    intent: Intent = "message"
    target: int | None = None
    """The earlier message of ours (an intent, by id) that this edits, ends, pins or unpins."""
    reply_to: str = ""
    """The event it answers, in that room."""
    thread: str = ""
    expires_at: datetime | None = None
    """From when on it is not worth saying any more (UTC)."""
    not_before: datetime | None = None
    """Until when it waits (UTC), if not for its turn alone."""
    reminders: tuple[int, ...] = ()
    """What was written down of the reminders that leave with it, by id."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command says: here, to the person alone, in other rooms; and what it asks."""

    lines: tuple[Text, ...] = ()
    private: tuple[Text, ...] = ()
    """Said to the person alone. Where they already are alone with the bot, it follows `lines`."""
    file: File | None = None
    """Handed over with `private`."""
    choices: tuple[Choice, ...] = ()
    """With one, the lines are a question `!confirm` answers; with several, a number in reply does."""
    elsewhere: tuple[Elsewhere, ...] = ()
    purpose: str = ""
    quotes: bool = True
    """Whether it answers the message that asked; a card for the whole room does not."""

    def also(self, *more: Elsewhere) -> Reply:
        """The same reply, with more to say elsewhere."""
        return replace(self, elsewhere=(*self.elsewhere, *more))


def reply(message: str, /, **values: Any) -> Reply:  # noqa: ANN401 - chat values
    """Answer one line."""
    return Reply((say(message, **values),))


def row(things: Sequence[Text | Typed]) -> Text:
    """Several short things in one line, a dot between them; there must be one at least."""
    line = say(N_("{text}"), text=things[0])
    for more in things[1:]:
        line = say(N_("{line} · {more}"), line=line, more=more)
    return line


class Unclear(CampaignError):
    """A name is nobody's, and some are near it: which one is meant is asked, where that can be asked."""

    def __init__(self, text: Text, typed: str, near: Sequence[str]) -> None:
        super().__init__(text)
        self.typed = typed
        """The name as it was said."""
        self.near = near
        """The names it may stand for."""


class UsageError(CampaignError):
    """The words after a command do not fit its grammar."""
