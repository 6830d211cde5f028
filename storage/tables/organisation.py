"""Organisations, their names, who speaks for them, and where each stands in a campaign."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    text,
)

from storage.tables.columns import Instant, id_of, metadata, own_id, words

organisations = Table(
    "organisations",
    metadata,
    own_id(),
    Column("name", Text, nullable=False),
    words("website"),
    words("domain"),
    words("funded"),
    words("testimony"),
    Column("flagged", Boolean, nullable=False, server_default=text("0")),
    Column("added_at", Instant, nullable=False),
    Column("listed", JSON),
    comment="An organisation under its canonical name. flagged: named in chat and not yet looked at by a campaigner."
    " listed: what the organisations' file said of it when it was last read.",
)

organisation_names = Table(
    "organisation_names",
    metadata,
    Column("normal", Text, primary_key=True),
    id_of("organisations", index=True),
    Column("name", Text, nullable=False),
    comment="Every name an organisation goes by, canonical and aliases, under its normal form: one owner each.",
)

representatives = Table(
    "representatives",
    metadata,
    id_of("organisations", primary_key=True),
    id_of("people", primary_key=True, index=True),
    Column("how", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    Column("deputy", Boolean, nullable=False, server_default=text("0")),
    CheckConstraint("how IN ('roster', 'campaigner', 'verified', 'domain', 'second')", name="how"),
    comment="Who may speak for an organisation, and on whose word. domain: their account is on its own server.",
)

revocations = Table(
    "revocations",
    metadata,
    id_of("organisations", primary_key=True),
    Column("network", String(16), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    comment="Accounts that a campaigner let speak for an organisation no longer: no list and no domain gives it back.",
)

merges = Table(
    "merges",
    metadata,
    own_id(),
    Column("kept_id", Integer, ForeignKey("organisations.id"), nullable=False),
    Column("gone_id", Integer, ForeignKey("organisations.id"), nullable=False),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("undone_at", Instant),
    Column("moved", JSON, nullable=False),
    comment="Two organisations that turned out to be one: every row as it was before, so that it can be undone.",
)

campaign_organisations = Table(
    "campaign_organisations",
    metadata,
    id_of("campaigns", primary_key=True),
    id_of("organisations", primary_key=True, index=True),
    Column("standing", String(16), nullable=False, server_default="silent"),
    Column("deciding_until", Date),
    words("leaning"),
    words("note"),
    Column("since", Instant, nullable=False),
    id_of("rooms", nullable=True),
    id_of("questions", nullable=True),
    words("reminders"),
    Column("snoozed_until", Date),
    CheckConstraint("reminders IN ('', 'room', 'private', 'off')", name="reminders"),
    CheckConstraint(
        "standing IN ('silent', 'deciding', 'declared', 'signed', 'declined', 'withdrawn')", name="standing"
    ),
    comment="Where each organisation of a campaign stands now, the room where its people last spoke, and the question"
    " for whose answer it waits. reminders: where its people want them, if they said; snoozed: none up to and with that day.",
)
