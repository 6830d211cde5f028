"""Thumbs up on a relayed letter: counted as sympathy, never as a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from storage.rows import Queries
from storage.tables import sympathies

if TYPE_CHECKING:
    from campaign.chat import Address


class Sympathies(Queries):
    """Who likes the letter."""

    def add(self, campaign_id: int, who: Address, target: str, event: str) -> None:
        """Count a person's thumb up on a message, once."""
        where = (
            sympathies.c.network == who.network,
            sympathies.c.address == who.id,
            sympathies.c.room == who.room,
            sympathies.c.target == target,
        )
        if self._connection.execute(select(sympathies.c.id).where(*where)).first() is None:
            self._connection.execute(
                insert(sympathies),
                {
                    "campaign_id": campaign_id,
                    "network": who.network,
                    "address": who.id,
                    "room": who.room,
                    "target": target,
                    "event": event,
                },
            )

    def remove(self, who: Address, target: str) -> None:
        """Take back a person's thumb up on a message."""
        self._connection.execute(
            delete(sympathies).where(
                sympathies.c.network == who.network,
                sympathies.c.address == who.id,
                sympathies.c.room == who.room,
                sympathies.c.target == target,
            )
        )

    def redacted(self, network: str, event: str) -> None:
        """Take back the thumb up that was this event."""
        self._connection.execute(
            delete(sympathies).where(sympathies.c.network == network, sympathies.c.event == event)
        )

    def count(self, campaign_id: int) -> int:
        """How many addresses like the letter, each once, however often it was relayed."""
        who = (
            select(sympathies.c.network, sympathies.c.address, sympathies.c.room)
            .where(sympathies.c.campaign_id == campaign_id)
            .distinct()
            .subquery()
        )
        return int(self._connection.execute(select(func.count()).select_from(who)).scalar_one())
