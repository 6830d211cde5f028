"""Polls, who may vote in them, and what was answered."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.columns import Instant, id_of, metadata, own_id, words

polls = Table(
    "polls",
    metadata,
    own_id(),
    id_of("campaigns"),
    Column("number", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("procedure", String(32), nullable=False),
    Column("opened_by", Integer, ForeignKey("people.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("closed_at", Instant),
    words("outcome"),
    Column("held_at", Instant),
    Column("rules", JSON),
    Column("signs", Boolean, nullable=False, server_default=text("0")),
    Column("starts_at", Instant),
    Column("begun", Boolean, nullable=False, server_default=text("1")),
    Column("extended_at", Instant),
    Column("concluded_at", Instant),
    Column("concluded_by", Integer, ForeignKey("people.id")),
    words("conclusion"),
    Column("signature_id", Integer, ForeignKey("signatures.id")),
    UniqueConstraint("campaign_id", "number"),
    comment="A question put to the organisations of a campaign, under a named procedure. held: said that it waits for a"
    " network. rules: the procedure as it was frozen; none: the preset of that name. signs: if adopted, the collective"
    " signs (signature). starts: when voting begins, if not at once; until it has begun there are no electors.",
)

electors = Table(
    "electors",
    metadata,
    id_of("polls", primary_key=True),
    id_of("organisations", primary_key=True),
    comment="Who may vote in a poll, fixed when it opened: the denominator.",
)

ballots = Table(
    "ballots",
    metadata,
    own_id(),
    id_of("polls"),
    id_of("organisations"),
    id_of("people"),
    Column("choice", String(32), nullable=False),
    words("reason"),
    Column("network", String(16), nullable=False),
    Column("event", Text, nullable=False),
    Column("cast_at", Instant, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("server_at", Instant),
    words("resolution"),
    Column("resolved_at", Instant),
    Column("resolved_by", Integer, ForeignKey("people.id")),
    words("way"),
    words("target"),
    CheckConstraint("resolution IN ('', 'integrated', 'withdrawn')", name="resolution"),
    CheckConstraint("way IN ('', 'native', 'reaction', 'form')", name="way"),
    comment="Every ballot cast, an empty choice takes it back; the standing one is the organisation's latest before"
    " closing. cast: when it counts as given; server: when its network says so. resolution: what became of an objection."
    " way: by what it was given, empty for a line of text. target: the message of ours to which a reaction gave it.",
)
Index(
    "uq_ballots_standing",
    ballots.c.poll_id,
    ballots.c.organisation_id,
    unique=True,
    sqlite_where=ballots.c.standing.is_(True),
    postgresql_where=ballots.c.standing.is_(True),
)
