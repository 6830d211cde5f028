"""When answers are wanted, and what became of each reminder."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from storage.tables.columns import Instant, id_of, metadata, own_id, words

deadlines = Table(
    "deadlines",
    metadata,
    own_id(),
    id_of("campaigns"),
    words("label"),
    Column("at", Instant, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("set_at", Instant, nullable=False),
    Column("cancelled_at", Instant),
    UniqueConstraint("campaign_id", "label"),
    comment="When answers are wanted; moving one makes a new version of it, with reminders of its own.",
)

reminders = Table(
    "reminders",
    metadata,
    own_id(),
    id_of("deadlines", nullable=True),
    Column("deadline_version", Integer),
    id_of("polls", nullable=True),
    id_of("organisations"),
    Column("seconds_before", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outbox_id", Integer, ForeignKey("outbox.id", ondelete="SET NULL"), index=True),
    id_of("campaigns", nullable=True),
    Column("deciding_until", Date),
    Column("closes_at", Instant),
    Column("public", Boolean, nullable=False, server_default=text("0")),
    words("why"),
    UniqueConstraint("deadline_id", "deadline_version", "seconds_before", "organisation_id"),
    UniqueConstraint("poll_id", "closes_at", "seconds_before", "organisation_id"),
    UniqueConstraint("campaign_id", "organisation_id", "deciding_until"),
    CheckConstraint("state IN ('due', 'sent', 'late', 'skipped')", name="state"),
    CheckConstraint(
        "(deadline_id IS NOT NULL) + (poll_id IS NOT NULL) + (campaign_id IS NOT NULL) = 1", name="one_cause"
    ),
    comment="What became of each reminder: written with the message itself (outbox_id), so that none rings twice."
    " due: decided, to be said in private, a few at a time. closes: of a poll, which may be extended. With a campaign:"
    " the question after an organisation's own date (deciding_until), or by hand (none). public: said in a room."
    " why: it was skipped.",
)
Index(
    "ix_reminders_due",
    reminders.c.id,
    sqlite_where=reminders.c.state == "due",
    postgresql_where=reminders.c.state == "due",
)
