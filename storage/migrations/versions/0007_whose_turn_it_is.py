"""Whose turn it is, and what somebody was answered lately, is told without reading what waits or was said, however long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one step forward."""
    op.drop_index("ix_outbox_waiting", table_name="outbox")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        [
            "network",
            "room_id",
            "address_id",
            "intent",
            "urgency",
            "asker",
            "not_before",
            "dispatch_key",
            "settled",
        ],
        sqlite_where=sa.text("dispatch_key IS NULL AND settled IS 0"),
    )
    op.create_index(
        "ix_outbox_asker",
        "outbox",
        ["asker", "id", "room_id", "address_id", "created_at", "dispatch_key"],
        sqlite_where=sa.text("asker IS NOT NULL"),
    )
