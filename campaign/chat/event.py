"""What happened: the events that transports produce.

`event` is the network's own id, unique in the room and never chosen by the sender: Matrix event id, XMPP archive id.
An empty one marks something that may be told again and again (its effect must be idempotent).
`live` is False for what is read while catching up; only then is `at`, the server's time, to be trusted over ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from campaign.chat.place import Address, Room


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
    alias: str = ""
    """The address under which the room is wanted, if that is not the id."""


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

    With "members" the room lets in its members alone, and the bot is none.

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
