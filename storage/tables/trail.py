"""Who changed what: only ever added to."""

from __future__ import annotations

from sqlalchemy import DDL, JSON, Column, ForeignKey, Index, Integer, String, Table, event

from storage.tables.columns import Instant, metadata, own_id

audit = Table(
    "audit",
    metadata,
    own_id(),
    Column("at", Instant, nullable=False),
    Column("person_id", Integer, ForeignKey("people.id")),
    Column("room_id", Integer, ForeignKey("rooms.id")),
    Column("act", String(32), nullable=False),
    Column("campaign_id", Integer, ForeignKey("campaigns.id")),
    Column("organisation_id", Integer, ForeignKey("organisations.id")),
    Column("details", JSON, nullable=False),
    comment="Who changed a signature, an organisation, a poll or a right, when and where, from what to what. Only ever"
    " added to: triggers refuse the rest. It names people by their number alone.",
)
Index("ix_audit_person_id", audit.c.person_id)
Index("ix_audit_organisation_id", audit.c.organisation_id)

APPEND_ONLY = tuple(
    f"CREATE TRIGGER audit_refuses_{what} BEFORE {when} BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END"
    for what, when in (
        ("update", "UPDATE ON audit"),
        ("delete", "DELETE ON audit"),
        # INSERT OR REPLACE deletes what it replaces without a trigger being asked.
        ("replace", "INSERT ON audit WHEN NEW.id IN (SELECT id FROM audit)"),
    )
)
"""What keeps the audit as it was written, whoever opens the database."""
for _trigger in APPEND_ONLY:
    event.listen(audit, "after_create", DDL(_trigger).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
