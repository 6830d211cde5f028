"""What is to be said, what left, and the message in each room that is kept up to date."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    literal_column,
    text,
)

from storage.tables.columns import Instant, id_of, metadata, own_id, words

boards = Table(
    "boards",
    metadata,
    id_of("campaigns", primary_key=True),
    id_of("rooms", primary_key=True),
    Column("wanted", Boolean, nullable=False, server_default=text("1")),
    Column("outbox_id", Integer, ForeignKey("outbox.id", ondelete="SET NULL")),
    words("shown"),
    Column("posted_at", Instant),
    Column("changed_at", Instant),
    Column("pinned_at", Instant),
    comment="The one message in each room that is kept up to date with how a campaign stands: which message (outbox), and"
    " what it shows now (a digest). wanted: what was said of it there, whatever the campaign has.",
)

files = Table(
    "files",
    metadata,
    own_id(),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("data", LargeBinary),
    comment="Files on their way out; the bytes are deleted once delivered.",
)

dispatches = Table(
    "dispatches",
    metadata,
    Column("key", String(36), primary_key=True),
    Column("network", String(16), nullable=False),
    id_of("rooms", nullable=True),
    Column("payload", JSON, nullable=False),
    Column("private_with", Text),
    id_of("files", nullable=True),
    Column("state", String(16), nullable=False),
    words("event"),
    words("error"),
    Column("made_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("number", Integer),
    CheckConstraint(
        "state IN ('sending', 'delivered', 'uncertain', 'failed', 'retried', 'dropped', 'unsaid')",
        name="state",
    ),
    comment="What left or leaves, frozen: the same key and payload at every attempt. number: once it went wrong."
    " unsaid: given up before it had a payload; no room: meant for people alone.",
)
Index("ix_dispatches_event", dispatches.c.network, dispatches.c.event)
Index(
    "ix_dispatches_sending",
    dispatches.c.network,
    sqlite_where=dispatches.c.state == "sending",
    postgresql_where=dispatches.c.state == "sending",
)
Index(
    "uq_dispatches_number",
    dispatches.c.number,
    unique=True,
    sqlite_where=dispatches.c.number.is_not(None),
    postgresql_where=dispatches.c.number.is_not(None),
)
Index(
    "ix_dispatches_file_id",
    dispatches.c.file_id,
    sqlite_where=dispatches.c.file_id.is_not(None),
    postgresql_where=dispatches.c.file_id.is_not(None),
)

outbox = Table(
    "outbox",
    metadata,
    own_id(),
    Column("network", String(16), nullable=False),
    id_of("rooms", nullable=True),
    id_of("addresses", nullable=True),
    Column("intent", String(16), nullable=False),
    Column("message", JSON, nullable=False),
    id_of("files", nullable=True),
    Column("urgency", Integer, nullable=False, server_default=text("5")),
    words("reply_to"),
    words("thread"),
    words("purpose"),
    Column("created_at", Instant, nullable=False),
    Column("dispatch_key", String(36), ForeignKey("dispatches.key")),
    Column("settled", Boolean, nullable=False, server_default=text("0")),
    Column("repeats_key", String(36), ForeignKey("dispatches.key")),
    Column("expires_at", Instant),
    Column("not_before", Instant),
    Column("asker", Integer),
    Column("target_id", Integer, ForeignKey("outbox.id", ondelete="SET NULL")),
    CheckConstraint(
        "intent IN ('message', 'join', 'leave', 'poll', 'end', 'edit', 'pin', 'unpin', 'react')",
        name="intent",
    ),
    comment="Intents: every message ends in exactly one dispatch. repeats_key: sent again as it was."
    " expires_at: not worth saying from then on. not_before: not looked at before, for the hour does not allow it. asker: the person it answers, only to tell whose turn it is."
    " target: the earlier message of ours that it edits, ends or pins.",
)
Index(
    # All by which it is told whose turn it is: a long message lies between a row's columns, and is not to be read for it.
    "ix_outbox_waiting",
    outbox.c.network,
    outbox.c.room_id,
    outbox.c.address_id,
    outbox.c.intent,
    outbox.c.urgency,
    outbox.c.asker,
    outbox.c.not_before,
    outbox.c.dispatch_key,
    outbox.c.settled,
    sqlite_where=(outbox.c.dispatch_key.is_(None)) & (outbox.c.settled.is_(False)),
    postgresql_where=(outbox.c.dispatch_key.is_(None)) & (outbox.c.settled.is_(False)),
)
Index(
    "ix_outbox_asker",
    outbox.c.asker,
    outbox.c.id,
    outbox.c.room_id,
    outbox.c.address_id,
    outbox.c.created_at,
    outbox.c.dispatch_key,
    sqlite_where=outbox.c.asker.is_not(None),
    postgresql_where=outbox.c.asker.is_not(None),
)
Index("ix_outbox_dispatch_key", outbox.c.dispatch_key)
Index(
    "uq_outbox_repeats_key",
    outbox.c.repeats_key,
    unique=True,
    sqlite_where=outbox.c.repeats_key.is_not(None),
    postgresql_where=outbox.c.repeats_key.is_not(None),
)
Index(
    "ix_outbox_file_id",
    outbox.c.file_id,
    sqlite_where=outbox.c.file_id.is_not(None),
    postgresql_where=outbox.c.file_id.is_not(None),
)
Index(
    "ix_outbox_target_id",
    outbox.c.target_id,
    sqlite_where=outbox.c.target_id.is_not(None),
    postgresql_where=outbox.c.target_id.is_not(None),
)
HAS_PURPOSE = outbox.c.purpose != literal_column("''")
"""What the index of purposes is of: SQLite takes it for a query that says so in the same words."""
Index("ix_outbox_purpose", outbox.c.purpose, sqlite_where=HAS_PURPOSE, postgresql_where=HAS_PURPOSE)
