"""Signatures, what is said against them, and the thumbs that are none."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.tables.columns import Instant, id_of, metadata, own_id, words

signatures = Table(
    "signatures",
    metadata,
    own_id(),
    id_of("campaigns"),
    Column("number", Integer, nullable=False),
    id_of("organisations"),
    id_of("people"),
    id_of("addresses"),
    id_of("letters"),
    id_of("rooms"),
    Column("level", String(16), nullable=False),
    words("person_name"),
    words("role"),
    words("url"),
    words("funded"),
    words("mandate_kind"),
    Column("mandate_day", Date),
    words("mandate_link"),
    words("note"),
    Column("network", String(16), nullable=False),
    Column("event", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
    Column("verified_by", Integer, ForeignKey("people.id")),
    Column("ended_at", Instant),
    words("end_reason"),
    Column("reconfirmed_at", Instant),
    UniqueConstraint("campaign_id", "number"),
    CheckConstraint("level IN ('declared', 'confirmed', 'verified', 'rejected', 'withdrawn')", name="level"),
    comment="Every signature ever given; what ended is kept. The number is the campaign's own and never reused.",
)
Index(
    "uq_signatures_standing",
    signatures.c.campaign_id,
    signatures.c.organisation_id,
    unique=True,
    sqlite_where=signatures.c.ended_at.is_(None),
    postgresql_where=signatures.c.ended_at.is_(None),
)

disputes = Table(
    "disputes",
    metadata,
    own_id(),
    id_of("signatures"),
    id_of("people"),
    id_of("addresses"),
    id_of("rooms", nullable=True),
    words("reason"),
    Column("opened_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", Integer, ForeignKey("people.id")),
    words("outcome"),
    comment="Somebody says that a signature is not the organisation's; a campaigner settles it.",
)
Index(
    "uq_disputes_open",
    disputes.c.signature_id,
    disputes.c.person_id,
    unique=True,
    sqlite_where=disputes.c.settled_at.is_(None),
    postgresql_where=disputes.c.settled_at.is_(None),
)

sympathies = Table(
    "sympathies",
    metadata,
    own_id(),
    id_of("campaigns", index=True),
    Column("network", String(16), nullable=False),
    Column("address", Text, nullable=False),
    words("room"),
    Column("target", Text, nullable=False),
    words("event"),
    UniqueConstraint("network", "address", "room", "target"),
    comment="A thumb up on a relayed letter: counted as sympathy, never as a signature.",
)
