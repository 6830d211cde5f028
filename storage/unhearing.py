"""Forgetting where somebody who is erased was heard: never so that what was taken would be taken again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, or_, select, update

from storage.rows import Queries
from storage.tables import forgotten, inbox, quarantine, sympathies, unread_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.chat import Address


class Unhearing(Queries):
    """What the networks brought of one person. `private`: number and address of the chats with them alone."""

    def events(self, accounts: Sequence[Address], private: Sequence[tuple[int, str]]) -> None:
        """Forget where they spoke to the bot alone, where that is their account; not what it took, lest it take it again."""
        for account in accounts:
            if not account.is_account:
                continue  # what it is elsewhere is somebody else
            scopes = [account.id, *(room for _, room in private if account.id in room)]
            scope = (inbox.c.network == account.network, inbox.c.scope.in_(scopes))
            events = list(self._connection.execute(select(inbox.c.event).where(*scope)).scalars())
            doubled = (inbox.c.network == account.network, inbox.c.scope == "", inbox.c.event.in_(events))
            if events:
                self._connection.execute(delete(inbox).where(*doubled))
                self._connection.execute(update(inbox).where(*scope).values(scope=""))
            upto = self._connection.execute(
                select(forgotten.c.upto).where(
                    forgotten.c.network == account.network, forgotten.c.scope.in_(["", *scopes])
                )
            ).scalars()
            newest = max(upto, default=None)
            self._connection.execute(
                delete(forgotten).where(
                    forgotten.c.network == account.network, forgotten.c.scope.in_(["", *scopes])
                )
            )
            if newest is not None:
                self._connection.execute(
                    insert(forgotten), {"network": account.network, "scope": "", "upto": newest}
                )
        self._connection.execute(
            delete(quarantine).where(quarantine.c.scope.in_([room for _, room in private]))
        )

    def sealed(self, accounts: Sequence[Address], private: Sequence[tuple[int, str]]) -> None:
        """Forget what waits sealed for its key: what they wrote, and what is in their private chats."""
        for network in {account.network for account in accounts}:
            names = [one.id for one in accounts if one.network == network and one.is_account]
            places = [room for _, room in private]
            self._connection.execute(
                delete(unread_events).where(
                    unread_events.c.network == network,
                    or_(unread_events.c.sender.in_(names), unread_events.c.room.in_(places)),
                )
            )

    def sympathies(self, accounts: Sequence[Address]) -> None:
        """Forget their thumbs up."""
        for account in accounts:
            self._connection.execute(
                delete(sympathies).where(
                    sympathies.c.network == account.network,
                    sympathies.c.address == account.id,
                    sympathies.c.room == account.room,
                )
            )
