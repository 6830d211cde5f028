"""Who and where: networks, addresses and rooms."""

from __future__ import annotations

from dataclasses import dataclass

MATRIX = "matrix"
XMPP = "xmpp"
NETWORKS = {MATRIX: "Matrix", XMPP: "XMPP"}
"""What people call each network."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person is on a network, and how far that can be trusted.

    Without `room`, `id` is an account: a full Matrix ID (`@name:server`) or a real bare XMPP address. With `room`,
    `id` is the occupant-id (XEP-0421) that an anonymous room gave this person: it holds in that room alone. A nick or
    a display name is never an address.
    """

    network: str
    id: str
    room: str = ""

    @property
    def is_account(self) -> bool:
        """Whether this is a real account rather than an occupant of one anonymous room."""
        return not self.room

    @property
    def is_bridged(self) -> bool:
        """Whether somebody stands behind it whom another network vouches for, or a bot: anybody can be anybody there.

        Matrix reserves local parts that begin with `_` for application services by custom: bridges name those they
        bring so (`@_irc_bob:…`). Source: https://spec.matrix.org/latest/application-service-api/#application-services
        On XMPP gateways write what stood behind an @ behind a % (`bob%irc.example.org@gateway.example.org`).
        """
        if self.network == MATRIX:
            return self.id.startswith("@_")
        return self.is_account and "%" in self.id.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Room:
    """A room or a private chat: on Matrix its opaque room id, on XMPP the bare address (of the room, or the person)."""

    network: str
    id: str
