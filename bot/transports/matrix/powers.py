"""Who may do what in a room, by its state: power levels as the specification reads them.

Source: https://spec.matrix.org/latest/client-server-api/#mroompower_levels
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from bot.transports.matrix.answer import Json

_EVERYTHING = 100
_HIGHEST = 2**53
"""Above every level that can be written."""
_CREATORS_ABOVE_ALL = 12
"""From which version of rooms on creators stand above every level (MSC4289)."""


@dataclass(frozen=True, slots=True)
class Powers:
    """The power levels of one room. What is missing or of a wrong type is what the specification says without it."""

    levels: Json | None = None
    """The content of `m.room.power_levels`; None where there is no such event."""
    creators: frozenset[str] = field(default_factory=frozenset)
    above_all: bool = False
    """Whether creators stand above every level."""

    def created(self, sender: object, content: Json) -> Powers:
        """Return these powers in a room that was created so."""
        version = content.get("room_version")
        number = int(version) if isinstance(version, str) and version.isdecimal() and len(version) < 5 else 1  # noqa: PLR2004
        more = content.get("additional_creators")
        named = (
            [sender, *(more if isinstance(more, list) else ())] if number >= _CREATORS_ABOVE_ALL else [sender]
        )
        creators = frozenset(who for who in named if isinstance(who, str))
        return Powers(self.levels, creators, number >= _CREATORS_ABOVE_ALL)

    def set(self, content: Json) -> Powers:
        """Return these powers with other levels."""
        return Powers(content, self.creators, self.above_all)

    def may_send(self, who: str, kind: str) -> bool:
        """Whether somebody may send messages of this type."""
        return self.of(who) >= self._needed("events_default", 0, kind)

    def may_set(self, who: str, kind: str) -> bool:
        """Whether somebody may set state of this type."""
        otherwise = 0 if self.levels is None else 50
        return self.of(who) >= self._needed("state_default", otherwise, kind)

    def may_invite(self, who: str) -> bool:
        """Whether somebody who is in the room may invite others."""
        return self.of(who) >= self._level("invite", 0)

    def of(self, who: str) -> int:
        """Return somebody's level."""
        if who in self.creators and (self.above_all or self.levels is None):
            return _HIGHEST if self.above_all else _EVERYTHING
        users = (self.levels or {}).get("users")
        level = users.get(who) if isinstance(users, dict) else None
        return level if _is_level(level) else self._level("users_default", 0)

    def _needed(self, default: str, otherwise: int, kind: str) -> int:
        events = (self.levels or {}).get("events")
        level = events.get(kind) if isinstance(events, dict) else None
        return level if _is_level(level) else self._level(default, otherwise)

    def _level(self, name: str, otherwise: int) -> int:
        level = (self.levels or {}).get(name)
        return level if _is_level(level) else otherwise


def _is_level(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
