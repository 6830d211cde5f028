"""The bot's own comings and goings in one room, and which events it was there to receive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.transports.matrix.reading import instant
from bot.transports.matrix.rooms import mapping


@dataclass(frozen=True, slots=True)
class OwnMembership:
    """One of the bot's own membership events: where it stands in the window, and what it says."""

    index: int
    event_id: str
    at: datetime
    membership: str
    before: str
    """The membership before it; "" where there was none."""
    by: str
    me: str

    @property
    def is_joining(self) -> bool:
        """Whether the bot came in with it, rather than changed its name."""
        return self.membership == "join" and self.before != "join"

    @property
    def is_leaving(self) -> bool:
        """Whether the bot is out after it."""
        return self.membership in ("leave", "ban")

    @property
    def was_joined(self) -> bool:
        """Whether the bot may have been in the room before it, rather than invited or asking."""
        return self.before not in ("invite", "knock", "leave", "ban")

    @property
    def why(self) -> str:
        """Why the bot is out, in the words of `Removed`."""
        if self.membership == "ban":
            return "banned"
        return "left" if self.by == self.me else "kicked"


class Window:
    """A room's events since the cursor, oldest first; what was missing is put in front page by page."""

    def __init__(self, me: str, events: list[Any]) -> None:
        self.events = events
        """The events of the sync answer itself."""
        self.older: list[Any] = []
        """Those before them, fetched later."""
        self._me = me
        self._own: tuple[OwnMembership, ...] | None = None

    def prepend(self, events: list[Any]) -> None:
        """Put a page of older events in front, its oldest first."""
        self.older[:0] = events
        self._own = None

    @property
    def joining(self) -> OwnMembership | None:
        """The last time the bot came in, if that is in the window."""
        return next((own for own in reversed(self._memberships()) if own.is_joining), None)

    @property
    def leaving(self) -> OwnMembership | None:
        """The last time the bot went out, if that is in the window."""
        return next((own for own in reversed(self._memberships()) if own.is_leaving), None)

    @property
    def starts_with_joining(self) -> bool:
        """Whether nothing older than this window can concern the bot, for it came in only here."""
        return self.joining is not None

    def inside(self) -> list[Any]:
        """Return what the bot was there to receive: after it last came in and before it went out."""
        everything = [*self.older, *self.events]
        joining, leaving = self.joining, self.leaving
        start = joining.index + 1 if joining else 0
        end = leaving.index if leaving and leaving.index >= start else len(everything)
        return everything[start:end]

    def _memberships(self) -> tuple[OwnMembership, ...]:
        if self._own is None:
            found = []
            for index, raw in enumerate([*self.older, *self.events]):
                own = self._own_membership(index, raw)
                if own is not None:
                    found.append(own)
            self._own = tuple(found)
        return self._own

    def _own_membership(self, index: int, raw: object) -> OwnMembership | None:
        event = mapping(raw)
        if event.get("type") != "m.room.member" or event.get("state_key") != self._me:
            return None
        words = (
            mapping(event.get("content")).get("membership"),
            mapping(mapping(event.get("unsigned")).get("prev_content")).get("membership"),
            event.get("sender"),
            event.get("event_id"),
        )
        membership, before, by, event_id = (word if isinstance(word, str) else "" for word in words)
        at = instant(event.get("origin_server_ts"), datetime.now(UTC))
        return OwnMembership(index, event_id, at, membership, before, by, self._me)
