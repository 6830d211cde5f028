"""What has been read of each network, and the rooms the bot knows."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.columns import Instant, metadata, own_id, words

devices = Table(
    "devices",
    metadata,
    Column("network", String(16), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("device", Text, nullable=False),
    comment="The fixed device id (Matrix) or resource (XMPP) of this installation: what makes a retry harmless.",
)

cursors = Table(
    "cursors",
    metadata,
    Column("network", String(16), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("moved_at", Instant),
    comment="How far each network has been read, and when it last moved: committed with what was read, never before.",
)

inbox = Table(
    "inbox",
    metadata,
    own_id(),
    Column("network", String(16), nullable=False),
    Column("scope", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("network", "scope", "event"),
    comment="Every event that has taken effect, as it came: a second arrival finds itself here and does nothing.",
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("network", String(16), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("upto", Instant, nullable=False),
    comment="When the newest event was received of those whose inbox row is gone: nothing that old is taken as new.",
)

unread_events = Table(
    "unread_events",
    metadata,
    own_id(),
    Column("network", String(16), nullable=False),
    Column("room", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("sender", Text, nullable=False),
    words("session"),
    Column("payload", JSON, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("read_at", Instant),
    UniqueConstraint("network", "room", "event"),
    comment="Encrypted events whose keys have not come yet: read once they do. told: said in the room that they cannot be.",
)
Index("ix_unread_events_session", unread_events.c.network, unread_events.c.room, unread_events.c.session)

quarantine = Table(
    "quarantine",
    metadata,
    own_id(),
    Column("reference", String(12), nullable=False, unique=True),
    Column("network", String(16), nullable=False),
    Column("scope", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("told", Boolean, nullable=False, server_default=text("0")),
    Column("seen_at", Instant),
    comment="Events that could not be taken: their reference and the error's name, never a body. told: to campaigners.",
)
Index("ix_quarantine_scope", quarantine.c.network, quarantine.c.scope, quarantine.c.at)

rooms = Table(
    "rooms",
    metadata,
    own_id(),
    Column("network", String(16), nullable=False),
    Column("address", Text, nullable=False),
    words("alias"),
    words("name"),
    Column("language", String(8)),
    Column("admin", Boolean, nullable=False, server_default=text("0")),
    Column("direct", Boolean, nullable=False, server_default=text("0")),
    words("partner"),
    Column("encrypted", Boolean, nullable=False, server_default=text("0")),
    Column("archived", Boolean, nullable=False, server_default=text("1")),
    Column("state", String(16), nullable=False, server_default="wanted"),
    words("why"),
    Column("welcomed_at", Instant),
    UniqueConstraint("network", "address"),
    CheckConstraint("state IN ('wanted', 'joined', 'parked')", name="state"),
    comment="Rooms and private chats. parked: the bot was sent away, or cannot serve it, and does not come back alone.",
)
Index("ix_rooms_partner", rooms.c.network, rooms.c.partner)
