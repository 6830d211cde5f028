"""Bridges: who comes through one, and which rooms are the two sides of a single one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.chat import XMPP

if TYPE_CHECKING:
    from campaign.chat import Address


@dataclass(frozen=True, slots=True)
class Bridges:
    """The bridges a collective's rooms have, as its config names them."""

    accounts: frozenset[Address] = frozenset()
    """Accounts that repeat what others say elsewhere."""
    domains: frozenset[str] = frozenset()
    """Servers on XMPP on which everybody is brought there by a bridge."""
    rooms: tuple[tuple[tuple[str, str], ...], ...] = ()
    """Rooms (network and address) that are one: what is said in one of them, a bridge repeats in the others."""

    def brings(self, who: Address) -> bool:
        """Whether somebody stands behind this address whom another network vouches for, or a bot."""
        return (
            who.is_bridged
            or who in self.accounts
            or (who.network == XMPP and who.is_account and who.id.rpartition("@")[2] in self.domains)
        )

    def sides_of(self, network: str, *addresses: str) -> tuple[tuple[str, str], ...]:
        """Every side of a room that has several; nothing if it has not."""
        for sides in self.rooms:
            if any((network, address) in sides for address in addresses):
                return sides
        return ()
