"""Who and what there is on a console: people, rooms, and the moving clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.chat import MATRIX, Address, Room

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody to speak as: a name, and their account on one network."""

    name: str
    address: Address
    about: str = ""
    """Who that is, in a few words."""


@dataclass(slots=True)
class Stage:
    """Who and what there is: people, rooms by the name one types, and the moving clock."""

    people: dict[str, Character]
    rooms: dict[str, Room]
    now: datetime
    hidden: frozenset[str] = frozenset()
    """Rooms that hide who is in them: there a person is an occupant, not an account."""
    zone: str = "UTC"
    """The IANA zone in which the time is shown."""
    language: str = "en"
    """In which the console itself speaks."""


def private_room(address: Address) -> Room:
    """The chat of this account with the bot."""
    return Room(address.network, f"private:{address.id}" if address.network == MATRIX else address.id)
