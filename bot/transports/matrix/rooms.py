"""The rooms the bot is in, as the server's state says: members, name, and whether it is encrypted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.transports.matrix.powers import Powers
from bot.transports.matrix.reading import MalformedError, clean, identifier

if TYPE_CHECKING:
    from bot.transports.matrix.answer import Json

_LONGEST_NAME = 200
_PAIR = 2
MEGOLM = "m.megolm.v1.aes-sha2"
"""How rooms are encrypted: there is no other way so far."""
_ROTATE_AFTER = 100
_LEAST_ROTATION = 10
"""A key for every event or two would only make each answer slow."""


@dataclass(slots=True)
class JoinedRoom:
    """What is known of one room. Wrong types in its state are passed over, never raised."""

    me: str
    members: dict[str, str | None] = field(default_factory=dict)
    """Joined user id → display name."""
    members_known: bool = False
    """Whether `members` is complete. Until it is, the room is private to nobody."""
    ask_again: float = 0.0
    """When to ask once more who is joined (monotonic seconds), after that was not answered; 0 if it was."""
    invited: set[str] = field(default_factory=set)
    invited_known: bool = False
    """Whether `invited` is complete: it is asked for only where it matters."""
    encrypted: bool = False
    """Never false again once true: encryption cannot be taken back."""
    sealable: bool = True
    """Whether it is encrypted, if it is, in the one way we can."""
    rotate_after: int = _ROTATE_AFTER
    """Events after which the key they are sealed with is to be another."""
    for_invited: bool = True
    """Whether who is invited may read what is said before they come."""
    for_anybody: bool = False
    """Whether what is said can be read by people who never come in."""
    replaced: bool = False
    """Whether the room was closed in favour of another one (upgraded)."""
    closed_by: str = ""
    """Who closed it so."""
    predecessor: str = ""
    """The id of the room in whose place it was made."""
    successor: str = ""
    """The id of that other one, if it can be one."""
    name: str = ""
    has_address: bool = False
    public: bool = False
    powers: Powers = field(default_factory=Powers)
    told: tuple[object, ...] = ()
    """What the reader was last told, to tell it again when it has changed."""

    @property
    def is_private(self) -> bool:
        """Whether exactly two are joined, one of them the bot, nobody is invited, and nobody comes in or reads without."""
        return (
            not self.is_open
            and self.members_known
            and len(self.members) == _PAIR
            and self.me in self.members
            and self.invited_known
            and not self.invited
        )

    @property
    def is_open(self) -> bool:
        """Whether what is said can be read by whoever likes: from outside, or by coming in later."""
        return self.public or self.for_anybody

    @property
    def other(self) -> str:
        """The other one in a chat of exactly two, else ""."""
        return next(user_id for user_id in self.members if user_id != self.me) if self.is_private else ""

    @property
    def needs_invited(self) -> bool:
        """Whether it takes the server's list of the invited: to say that this is a chat of two, or who reads what is sealed."""
        return (self.encrypted or len(self.members) == _PAIR) and not self.invited_known

    @property
    def readers(self) -> set[str] | None:
        """Whose devices are to be told the key of what is sealed; None if not all of them are known."""
        if not (self.members_known and self.invited_known):
            return None
        return self.members.keys() | (self.invited if self.for_invited else set())

    def may_say(self, kind: str) -> bool:
        """Whether we may send events of a type: where all of them are sealed, none shows what it is."""
        return self.powers.may_send(self.me, "m.room.encrypted" if self.encrypted else kind)

    def apply(self, raw: object) -> None:
        """Take in one event; anything but well-formed state has no effect."""
        event = mapping(raw)
        kind, state_key, content = event.get("type"), event.get("state_key"), mapping(event.get("content"))
        if kind == "m.room.member" and isinstance(state_key, str):
            self._apply_member(state_key, content)
        elif state_key != "":
            return
        elif kind == "m.room.encryption":
            self.encrypted = True  # whatever it says: nobody writes plaintext there any more
            self._apply_encryption(content)
        elif kind == "m.room.history_visibility":
            self.for_invited = content.get("history_visibility") != "joined"
            self.for_anybody = content.get("history_visibility") == "world_readable"
        elif kind == "m.room.tombstone":
            self.replaced = replaces_room(event)
            self.successor = successor_in(content)
            self.closed_by = str(event.get("sender"))
        elif kind == "m.room.power_levels":
            self.powers = self.powers.set(content)
        elif kind == "m.room.create":
            self.powers = self.powers.created(event.get("sender"), content)
            before = mapping(content.get("predecessor")).get("room_id")
            self.predecessor = before if isinstance(before, str) else ""
        else:
            self._apply_outside(kind, content)

    def _apply_outside(self, kind: object, content: Json) -> None:
        """What the room looks like from outside."""
        if kind == "m.room.name":
            name = content.get("name")
            self.name = " ".join(clean(name).split())[:_LONGEST_NAME] if isinstance(name, str) else ""
        elif kind == "m.room.canonical_alias":
            self.has_address = bool(content.get("alias"))
        elif kind == "m.room.join_rules":
            self.public = content.get("join_rule") != "invite"

    def _apply_encryption(self, content: Json) -> None:
        # What is not understood in it changes nothing: an algorithm, once there, cannot be taken back either.
        algorithm, after = content.get("algorithm"), content.get("rotation_period_msgs")
        self.sealable = algorithm == MEGOLM if isinstance(algorithm, str) else self.sealable
        if isinstance(after, int) and not isinstance(after, bool):
            self.rotate_after = min(max(after, _LEAST_ROTATION), _ROTATE_AFTER)

    def _apply_member(self, user_id: str, content: Json) -> None:
        membership = content.get("membership")
        self.invited.discard(user_id)
        if membership == "join":
            name = content.get("displayname")
            self.members[user_id] = name if isinstance(name, str) else None
            return
        self.members.pop(user_id, None)
        if membership == "invite":
            self.invited.add(user_id)

    def replace_members(self, answer: Json) -> None:
        """Take the server's list of joined members (`/joined_members`) for the whole truth."""
        members: dict[str, str | None] = {}
        for user_id, profile in mapping(answer.get("joined")).items():
            name = mapping(profile).get("display_name")
            members[user_id] = name if isinstance(name, str) else None
        self.members = members  # all at once: who is mentioned is looked up meanwhile, in another thread
        self.members_known, self.ask_again, self.invited_known = True, 0.0, False

    def replace_invited(self, answer: Json) -> None:
        """Take the server's list of invited members (`/members`) for the whole truth."""
        self.invited = {user_id for user_id, membership in memberships(answer) if membership == "invite"}
        self.invited_known = True


def switches_encryption_on(raw: object) -> bool:
    """Whether a room that was not encrypted is so after this event, rather than encrypted in another way."""
    event = mapping(raw)
    before = mapping(mapping(event.get("unsigned")).get("prev_content"))
    return event.get("type") == "m.room.encryption" and event.get("state_key") == "" and not before


def replaces_room(raw: object) -> bool:
    """Whether another room takes the place of this one after this event."""
    event = mapping(raw)
    return (
        event.get("type") == "m.room.tombstone"
        and event.get("state_key") == ""
        and isinstance(mapping(event.get("content")).get("replacement_room"), str)
    )


def successor_in(content: Json) -> str:
    """The id of the room that a tombstone of this content names; empty if there is none, or it cannot be one."""
    try:
        return identifier(content.get("replacement_room"), "replacement_room", "!")
    except MalformedError:
        return ""


def memberships(answer: Json) -> list[tuple[str, str]]:
    """Return (user id, membership) for each member event that `/members` gave."""
    found = []
    for raw in listing(answer.get("chunk")):
        event = mapping(raw)
        user_id, membership = event.get("state_key"), mapping(event.get("content")).get("membership")
        if isinstance(user_id, str) and isinstance(membership, str):
            found.append((user_id, membership))
    return found


def mapping(value: object) -> Json:
    """Return a JSON object as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    """Return a JSON array as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []
