"""Who said what lately, by the id its sender gave it: what a correction or a retraction may be about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.chat import Address

_REMEMBERED = 5000
_LONGEST_ID = 200


class Heard:
    """The latest few thousand messages of all rooms and chats. What is not among them is nobody's any more."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], tuple[str, Address]] = {}

    def note(self, room: str, event: str, sender: Address, *ids: str) -> None:
        """Remember that this event is a message of theirs, under each of the ids that others may call it by."""
        for one in {event, *ids}:
            # The first stands: another message under the same id takes nothing over.
            if one and len(one) <= _LONGEST_ID and (room, one) not in self._said:
                self._said[room, one] = (event, sender)
        while len(self._said) > _REMEMBERED:
            del self._said[next(iter(self._said))]

    def of(self, room: str, message_id: str) -> tuple[str, Address] | None:
        """The event of a message by one of its ids, and who said it; None if that is not remembered."""
        return self._said.get((room, message_id))

    def own(self, room: str, message_id: str, sender: Address) -> str:
        """The event of an earlier message, if it is this very sender's; else an empty string."""
        event, by = self._said.get((room, message_id), ("", None))
        return event if by == sender else ""
