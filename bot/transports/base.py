"""The port to a network: what every transport takes and gives, and how it says what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from campaign.chat import Address, Event, Intent, Room, Sealed


async def _nothing_kept(_: Collection[tuple[str, str]]) -> Sequence[Sealed]:
    return ()


OVERACTIVE = "overactive"
"""Why a message is given back where more is said just now than the server lets through: later it takes it."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a transport needs to go on where it stopped."""

    cursors: Mapping[str, str] = field(default_factory=dict)
    """Scope → cursor, exactly as last committed. A scope is the transport's own (the account, or a room)."""
    rooms: tuple[str, ...] = ()
    """Addresses or ids of the rooms to be in: those of the config and those joined before. Never a parked one."""
    device: str = ""
    """The fixed device id (Matrix) or resource (XMPP) of this installation."""
    unsure: Mapping[str, str] = field(default_factory=dict)
    """Key → room id of the dispatches that were sent without an answer: to be looked for while catching up."""
    sealed: frozenset[tuple[str, str]] = frozenset()
    """Room and session of each encrypted event that is kept for the day its key comes."""
    kept: Callable[[Collection[tuple[str, str]]], Awaitable[Sequence[Sealed]]] = _nothing_kept
    """Gives those of such rooms and sessions again, as the bot has kept them: what is forgotten there is nowhere else."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order of their rooms, and the cursors that acknowledge them once both are committed."""

    events: tuple[Event, ...] = ()
    cursors: Mapping[str, str] = field(default_factory=dict)
    caught_up: bool = False
    """True on the first batch after which nothing older is missing, and on every one that follows."""
    opened: tuple[tuple[str, str], ...] = ()
    """Room and id of events that were kept sealed and can be read now: what they say is among `events`."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What leaves, rendered and frozen. The same payload and key always become the same bytes on the wire."""

    text: str
    """Plain text (Matrix body) or message-styled text (XMPP); of a poll its question, of a reaction its key."""
    html: str = ""
    """Formatted body for Matrix; empty where plain text says it all."""
    mentions: tuple[str, ...] = ()
    """Full Matrix IDs to notify."""
    rings: bool = False
    """False: Matrix `m.notice`. True: `m.text`."""
    reply_to: str = ""
    thread: str = ""
    file_name: str = ""
    media_type: str = ""
    file_size: int = 0
    file_url: str = ""
    """`mxc:` or `https:` address of the uploaded file; filled in, and stored, before the first attempt to send."""
    file_keys: str = ""
    """What opens that file (JSON), if it was encrypted for the room; stored together with its address."""
    kind: Intent = "message"
    """What it is: anything but an errand."""
    target: str = ""
    """Event id of our own earlier message that is edited, ended, pinned or unpinned, or of the one reacted to."""
    target_key: str = ""
    """The key of the dispatch that our own earlier message was: on XMPP its origin-id and message id."""
    answers: tuple[tuple[str, str], ...] = ()
    """Key and words of each answer of a poll."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One frozen sending: `key` is the transaction id (Matrix) or origin-id (XMPP), the same for every attempt."""

    key: str
    room: Room
    payload: Payload


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Where a file was stored, and what opens it (JSON) if it was encrypted first."""

    url: str
    keys: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took it. With `event` it is delivered; without, it is once its `Echo` comes (XMPP)."""

    event: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a room can show. `exactly_once` is False where the network cannot tell us whether a message arrived."""

    html: bool = False
    reactions: bool = False
    files: bool = False
    exactly_once: bool = True
    polls: bool = False
    edits: bool = False
    pins: bool = False
    """Whether we may pin a message there, as far as is known now."""
    present: Collection[str] | None = field(default=None, compare=False, repr=False)
    """The accounts that are known to be there now: nobody else is mentioned. None where nobody is notified by that."""

    def mentions(self, accounts: Iterable[str]) -> tuple[str, ...]:
        """Of some accounts, those that may be mentioned there: to name others notifies nobody, and shows where they are."""
        return tuple(one for one in accounts if self.present is None or one in self.present)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many messages an account may send at once, and how many seconds it takes until it may send one more."""

    burst: float
    interval: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a network last showed of its working, in UTC."""

    heard: datetime | None = None
    """When the server last answered, with news or without; None before it did on this connection."""
    rooms: Mapping[str, datetime | None] = field(default_factory=dict)
    """Room → when it last showed that we are in it, or None if we are not. Only where that has to be asked for."""
    complete: datetime | None = None
    """Up to when nothing can be missing of what was said in the rooms, if that has to be asked of each of them.

    A room that does not answer is waited for for some minutes, and no longer."""


class TransportError(Exception):
    """Something a network said no to."""


class LoginRefused(TransportError):
    """The account is refused, or another session has taken its place: this network stops until a person mends it."""


class DeviceLost(TransportError):
    """The keys of this installation's device are gone, and cannot be made again: it has to log in as a new device."""


class DeviceForgotten(TransportError):
    """The server has begun this installation's device anew: what it was given before, it would take for other messages."""


class Unreachable(TransportError):
    """The server cannot be reached, or the stream broke: connect again later, from the committed cursors."""


class Limited(TransportError):
    """The server asks us to wait: nothing was sent, try the same dispatch after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"limited for {seconds:g} s")
        self.seconds = seconds


class NotReady(Unreachable):
    """The server answers, but this room does not, or cannot be spoken in yet: it is being entered, or its archive read.

    On Matrix also where its keys cannot be asked for yet, or our session has ended.

    Nothing of it is there; to be tried again after `seconds` at the soonest, where the server says so.
    """

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


class StoredInPlain(NotReady):
    """The file was stored in plain, and by now its room is encrypted: nothing was sent, and it is to be stored anew."""

    def __init__(self) -> None:
        super().__init__("the file was stored in plain, and the room is encrypted now")


class Replaced(NotReady):
    """The room takes nothing any more: another one, the `successor`, has taken its place."""

    def __init__(self, successor: str) -> None:
        super().__init__("the room was replaced")
        self.successor = successor


class Unsure(TransportError):
    """It may or may not have been sent; only an `Echo` can tell. Never to be repeated before catching up again."""


class Refused(TransportError):
    """The server will never take this dispatch (too large, forbidden, no such room)."""


class NotThere(Refused):
    """We are not in this room any more, and nothing leaves there. What was tried before may have arrived."""


class NotPrivate(Refused):
    """It was meant for a chat of exactly two, and this room is not one any more."""


class RoomEncrypted(Refused):
    """The room is encrypted in a way, or where, we cannot: nothing was sent, least of all plaintext."""


class Transport(Protocol):
    """A network. It is pulled: asking for the next batch says that the one before it is committed."""

    network: str
    allowance: Allowance | None
    """What a strict server of this network allows an account; None where servers do not count messages."""

    def connected(self, start: Start) -> AbstractAsyncContextManager[None]:
        """Log in, and leave in order at the end.

        Raises:
            LoginRefused: the credentials are wrong.
            Unreachable: no server there, or it is not working.
        """
        ...

    def batches(self) -> AsyncGenerator[Batch, None]:
        """Everything the bot is there to receive, from the cursors on. Ends only by an exception or by closing.

        Raises:
            LoginRefused: the account was logged out.
            Unreachable: the stream is lost beyond what the transport mends by itself.
        """
        ...

    async def send(self, dispatch: Dispatch, *, private_with: Address | None = None) -> Accepted:
        """Send it once. With `private_with`, first make sure that the room holds exactly that person and the bot.

        Raises:
            Limited, Unsure, Refused, NotPrivate, RoomEncrypted, Unreachable: as their names say. After `Unreachable`
                the dispatch certainly has not been taken, or may be repeated with the same key without harm.
        """
        ...

    async def upload(self, room: Room, name: str, media_type: str, data: bytes) -> Uploaded:
        """Store a file that is to be sent into this room. Raises Refused, Limited or Unreachable."""
        ...

    async def open_direct(self, address: Address) -> Room:
        """Return the private chat with this account, opening it if there is none. Raises Refused or Unreachable."""
        ...

    async def join(self, room: str) -> None:
        """Enter a room (its `Joined` follows in a batch). Repeating it does no harm. Raises Refused or Unreachable."""
        ...

    async def leave(self, room: str, reason: str) -> None:
        """Leave a room, or decline its invitation, with a reason people can read. Repeating it does no harm."""
        ...

    async def compose(self, room: Room, *, on: bool) -> None:
        """Show in a room that an answer is being written, or no more, if the network shows such things. May fail."""
        ...

    async def recount(self, room: Room, poll: str) -> None:
        """Have every answer to the poll that the event `poll` began told again, in batches; return once it is committed.

        Where the network keeps no answers apart from what is read anyway there is nothing to do.

        Raises:
            Refused: the network gives none.
            Unreachable: it is not known whether there are more.
        """
        ...

    def capabilities(self, room: Room) -> Capabilities:
        """What this room can show, as far as is known now."""
        ...

    def vitals(self) -> Vitals:
        """What the network last showed of its working."""
        ...
