"""The words of chat as plain values: who and where, what happened, and what to say back.

Everything here is data. Transports produce events from it, commands answer in it, the outbox stores it as JSON.
All instants are timezone-aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads these annotations when the outbox is decoded
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

MATRIX = "matrix"
XMPP = "xmpp"
NETWORKS = {MATRIX: "Matrix", XMPP: "XMPP"}
"""What people call each network."""


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    """Mark a message for translation and give it back unchanged: it is translated when it leaves."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - as above, for what depends on a number
    """Mark both forms of a message for translation and give them back unchanged."""
    return one, many


# --- who and where -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person is on a network, and how far that can be trusted.

    Without `room`, `id` is an account: a full Matrix ID (`@name:server`) or a real bare XMPP address. With `room`,
    `id` is the occupant-id (XEP-0421) that an anonymous room gave this person: it holds in that room alone. A nick or
    a display name is never an address.
    """

    network: str
    id: str
    room: str = ""

    @property
    def is_account(self) -> bool:
        """Whether this is a real account rather than an occupant of one anonymous room."""
        return not self.room

    @property
    def is_bridged(self) -> bool:
        """Whether somebody stands behind it whom another network vouches for, or a bot: anybody can be anybody there.

        Matrix reserves local parts that begin with `_` for application services by custom: bridges name those they
        bring so (`@_irc_bob:…`). Source: https://spec.matrix.org/latest/application-service-api/#application-services
        On XMPP gateways write what stood behind an @ behind a % (`bob%irc.example.org@gateway.example.org`).
        """
        if self.network == MATRIX:
            return self.id.startswith("@_")
        return self.is_account and "%" in self.id.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Room:
    """A room or a private chat: on Matrix its opaque room id, on XMPP the bare address (of the room, or the person)."""

    network: str
    id: str


# --- what happened -------------------------------------------------------------------------------------------------
# `event` is the network's own id, unique in the room and never chosen by the sender: Matrix event id, XMPP archive id.
# An empty one marks something that may be told again and again (its effect must be idempotent).
# `live` is False for what is read while catching up; only then is `at`, the server's time, to be trusted over ours.


@dataclass(frozen=True, slots=True)
class Said:
    """A person typed something. `name` is what they call themselves: shown, never believed."""

    room: Room
    event: str
    sender: Address
    name: str
    text: str
    at: datetime
    private: bool = False
    """A chat of exactly two, as the network says now."""
    live: bool = True
    reply_to: str = ""
    """Event id of the message this one answers."""
    thread: str = ""
    """Event id of the thread's root (Matrix), or the thread's name (XMPP)."""
    mentions_me: bool = False
    my_names: tuple[str, ...] = ()
    """What the bot is called there, by which it can be addressed: its account, its display name, its nick."""
    shared: tuple[str, ...] = ()
    """In private: the rooms the bot is in where the network shows that person now, by their ids."""
    edits: str = ""
    """Event id of the sender's own earlier message that this puts in other words. It is never taken for a new one."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """A person's reactions to a message. With `whole` the set replaces what they had there (XMPP), else it adds."""

    room: Room
    event: str
    sender: Address
    name: str
    target: str
    keys: tuple[str, ...]
    at: datetime
    live: bool = True
    whole: bool = False
    shared: tuple[str, ...] = ()
    """In private: as of what is said."""


@dataclass(frozen=True, slots=True)
class Balloted:
    """A person's answer to a poll that their network shows as one. It replaces what they answered before."""

    room: Room
    event: str
    sender: Address
    name: str
    target: str
    """Event id of the message that began the poll."""
    answers: tuple[str, ...]
    """Keys of the answers chosen, as `PollCard` gave them; none takes the answer back. May be anything at all."""
    at: datetime
    live: bool = True


@dataclass(frozen=True, slots=True)
class Submitted:
    """A person handed in a form: a command with its arguments apart, or the answer to a question that a form asked.

    `event` is made of who holds the form, of the form and its step: the same however often it is handed in. What comes
    of it is shown to whoever holds the form, and said nowhere else.
    """

    room: Room
    """The private chat with that person, whether there was one before or not."""
    event: str
    sender: Address
    """An account, as their server vouches for it: never an occupant."""
    name: str
    command: str
    """The command's English name."""
    values: Mapping[str, str]
    """Parameter → what was filled in, and `campaign`; of a question `choice`, a number. May be anything at all."""
    at: datetime
    question: int = 0
    """The question (by id) that this answers; 0 if it answers none."""
    live: bool = True
    shared: tuple[str, ...] = ()
    """The joined rooms in which the network shows that person, by their ids."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """An earlier event was taken back by its sender or a moderator."""

    room: Room
    event: str
    target: str
    at: datetime
    live: bool = True


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody asks the bot into a room. `shared` are the joined rooms in which the network shows that person."""

    room: Room
    event: str
    by: Address
    at: datetime
    direct: bool = False
    encrypted: bool = False
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """The bot is in a room, as the network says now. Told again after each start."""

    room: Room
    at: datetime
    event: str = ""
    alias: str = ""
    """The address under which it was asked for, if that is not the id."""
    name: str = ""
    private_with: Address | None = None
    """The other one, in a chat of exactly two."""
    encrypted: bool = False
    archived: bool = True
    """Whether the network keeps what was said there, so that nothing is lost while the bot is away."""
    predecessor: str = ""
    """The id of the room in whose place it is, as the room itself says."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The bot is no longer in a room: `why` is "kicked", "banned", "left" or "destroyed".

    With "replaced" it may still be in there, but everybody has moved on: another room, the `successor`, has taken its
    place.
    With "unreachable" it was to enter and could not.
    """

    room: Room
    event: str
    at: datetime
    why: str
    by: str = ""
    successor: str = ""
    """The id of the room in its place, as the room itself names it."""
    may_follow: bool = False
    """Whether whoever closed it so could have invited the bot there."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Our own message came back: the dispatch with this key is visible in the room under `event`."""

    room: Room
    event: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bounced:
    """The network gave our own message back: the dispatch with this key is not in the room."""

    room: Room
    event: str
    key: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something arrived, or may have, that could not be read.

    `why` never contains its body. "gap": something from before `at` may be missing for good; "deaf": for minutes nothing of the room
    could be read, and it is tried again. "mute": for minutes nothing may be said there.
    """

    room: Room
    event: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted event whose key has not come: to be kept, and read if it does. `payload` is the event as JSON."""

    room: Room
    event: str
    sender: Address
    session: str
    payload: str = field(repr=False)
    at: datetime


Event: TypeAlias = (
    Sealed
    | Said
    | Reacted
    | Balloted
    | Submitted
    | Redacted
    | Invited
    | Joined
    | Removed
    | Echo
    | Bounced
    | Unreadable
)


# --- what to say ---------------------------------------------------------------------------------------------------


_NEAR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (UTC) and the IANA zone in which it is to be read back."""

    at: datetime
    zone: str
    kind: Literal["moment"] = "moment"
    brief: bool = False
    """Without the year, and without the zone where it is the bot's own: for what is near, in what is read on a phone."""

    def seen(self, now: datetime) -> Moment:
        """The same as it is said now (UTC): brief while there can be no doubt which year is meant."""
        return replace(self, brief=abs(self.at - now) < _NEAR)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day."""

    day: date
    kind: Literal["day"] = "day"


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as the reader would type it, in their language: `Typed("sign", "Picasoft")`."""

    command: str
    rest: str = ""
    kind: Literal["typed"] = "typed"


@dataclass(frozen=True, slots=True)
class Link:
    """A web address, shown as it is."""

    url: str
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True)
class Markdown:
    """Text of the operator's own (a letter): formatted, raw HTML excluded. Never for what people typed."""

    source: str
    kind: Literal["markdown"] = "markdown"


@dataclass(frozen=True, slots=True)
class Listing:
    """Several values, joined as the language joins them ("a, b and c"); with `either`, one of them is meant ("or")."""

    items: tuple[Value, ...]
    either: bool = False
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True, slots=True)
class Named:
    """What somebody named in several languages: shown in the reader's, else in the first."""

    names: Mapping[str, str]
    """Language → name."""
    kind: Literal["named"] = "named"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence to say: an English message id in small Markdown, and the values that go in its `{places}`.

    A plain `str` among the values is data: it is escaped, whoever typed it. With `plural`, `count` chooses the form
    and is itself a value of that name.
    """

    id: str
    values: Mapping[str, Value] = field(default_factory=dict)
    plural: str = ""
    count: int = 0
    kind: Literal["text"] = "text"


Value: TypeAlias = str | int | Moment | Day | Typed | Link | Markdown | Listing | Named | Text


def say(message: str, /, **values: Value) -> Text:
    """Build a sentence: `say(N_("{name} has signed."), name=organisation.name)`."""
    return Text(message, values)


def say_many(one: str, many: str, /, count: int, **values: Value) -> Text:
    """Build a sentence whose form depends on a number, itself available as `{count}`.

    `say_many(*NN_("{count} organisation has signed.", "{count} organisations have signed."), count)`.
    """
    return Text(one, {"count": count, **values}, plural=many, count=count)


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand over; its bytes are deleted once it is delivered."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PollCard:
    """A poll as a network may show it: one question, and answers of which exactly one can be chosen."""

    question: Text
    answers: tuple[tuple[str, Text], ...]
    """Key → words of each answer, in the order in which they are offered. Keys are the procedure's own words."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to say in a room: lines, whom it addresses, and whether their phone may ring."""

    lines: tuple[Text, ...]
    to: Address | None = None
    """The person answered: named and mentioned."""
    to_name: str = ""
    mentions: tuple[Address, ...] = ()
    rings: bool = False
    """A reminder is meant to notify; an answer is not."""
    purpose: str = ""
    """What a reaction to it means, e.g. "letter:3" or "prompt:12"; empty: nothing."""
    private: bool = False
    """Only for a chat of exactly two: checked again when it leaves."""
    card: PollCard | None = None
    """With the intent "poll": what is shown where a network shows polls; elsewhere nothing is."""


Intent: TypeAlias = Literal["message", "join", "leave", "poll", "end", "edit", "pin", "unpin", "react"]
"""What is to happen: something said; a room entered or left; a poll shown (`Message.card`) or ended with some words; an
earlier message of ours put in other words, pinned or unpinned; a reaction (the first line is its key) to the message
that this one answers. What a network cannot show is settled without a trace."""
