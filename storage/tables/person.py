"""People, the addresses they are known by, and what they said and were asked."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, String, Table, Text, UniqueConstraint

from storage.tables.columns import Instant, id_of, metadata, own_id, words

people = Table(
    "people",
    metadata,
    own_id(),
    words("name"),
    Column("language", String(8)),
    Column("known_since", Instant, nullable=False),
    Column("forgotten_at", Instant),
    comment="One human with one or more addresses; once forgotten at their wish, neither name nor address is left.",
)

addresses = Table(
    "addresses",
    metadata,
    own_id(),
    id_of("people", index=True),
    Column("network", String(16), nullable=False),
    Column("address", Text, nullable=False),
    words("room"),
    UniqueConstraint("network", "address", "room"),
    comment="A full Matrix ID, a real bare XMPP address, or (with room) the occupant-id of one anonymous room.",
)

consents = Table(
    "consents",
    metadata,
    id_of("people", primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("given", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("kind IN ('publish', 'contact')", name="kind"),
    comment="What a person said about their name being published, and about being written to in private. None: not asked.",
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("code", String(16), primary_key=True),
    id_of("people"),
    id_of("addresses", nullable=True),
    Column("expires_at", Instant, nullable=False),
    comment="Codes given in one private chat, to be said from a person's other address. Deleted when used.",
)

prompts = Table(
    "prompts",
    metadata,
    own_id(),
    id_of("people", index=True),
    id_of("rooms"),
    Column("choices", JSON, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("answered_at", Instant),
    comment="Questions the bot asked a person: what `!confirm` or a number in reply would run, until they expire.",
)
