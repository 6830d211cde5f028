"""Campaigns, their rooms, and the texts that are signed."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.columns import Instant, id_of, metadata, own_id, words

campaigns = Table(
    "campaigns",
    metadata,
    own_id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    words("link"),
    Column("goal", Integer),
    Column("counts", String(16), nullable=False, server_default="confirmed"),
    Column("timezone", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("reminders", JSON, nullable=False),
    Column("civil_hours", String(16), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("second_person", Boolean, nullable=False, server_default=text("0")),
    Column("collective_id", Integer, ForeignKey("organisations.id")),
    Column("titles", JSON, nullable=False, server_default="{}"),
    Column("pauses", JSON, nullable=False, server_default="[]"),
    Column("board", Boolean, nullable=False, server_default=text("0")),
    CheckConstraint("counts IN ('confirmed', 'declared')", name="counts"),
    comment="A letter that is being signed; reminders are seconds before a deadline, civil hours `HH:MM-HH:MM`."
    " second_person: a signature counts once two people of the organisation have given it. collective: the organisation"
    " that all of them are together, which a poll can let sign. titles: by language, where it is not the one title."
    " pauses: [first day, last day] of holidays in which nobody is reminded. board: whether each room has one, unless it"
    " was said otherwise there.",
)

campaign_rooms = Table(
    "campaign_rooms",
    metadata,
    id_of("campaigns", primary_key=True),
    id_of("rooms", primary_key=True),
    Column("position", Integer, nullable=False, server_default=text("0")),
    comment="The rooms that belong to a campaign, in the order they were listed.",
)

letters = Table(
    "letters",
    metadata,
    own_id(),
    id_of("campaigns"),
    Column("version", Integer, nullable=False),
    Column("language", String(8), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("title", Text, nullable=False),
    words("summary"),
    Column("text", Text, nullable=False),
    Column("change", String(16), nullable=False, server_default="first"),
    Column("root_id", Integer, ForeignKey("letters.id")),
    Column("added_at", Instant, nullable=False),
    UniqueConstraint("campaign_id", "language", "version"),
    CheckConstraint("change IN ('first', 'minor', 'material', 'pending', 'dropped')", name="change"),
    comment="One text of a letter in one language; a translation points at the root version it translates."
    " pending: changed, and no campaigner has said yet how much; dropped: never to be signed.",
)
