"""Which of our messages an answer to a poll was given by reacting to: undoing a reaction to another one is none of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema one step forward."""
    op.add_column("ballots", sa.Column("target", sa.Text(), server_default="", nullable=False))
