"""What edits a message, and what is said for a purpose, is found without looking through all that was ever said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one step forward."""
    op.create_index(
        "ix_outbox_target_id", "outbox", ["target_id"], sqlite_where=sa.text("target_id IS NOT NULL")
    )
    op.create_index("ix_outbox_purpose", "outbox", ["purpose"], sqlite_where=sa.text("purpose != ''"))
