"""Numbers for what went wrong, quarantined events that were seen, and what it takes to forget soundly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATES = "state IN ('sending', 'delivered', 'uncertain', 'failed', 'retried', 'dropped')"


def _index_where(name: str, table: str, column: str, *, unique: bool = False) -> None:
    there = sa.text(f"{column} IS NOT NULL")
    op.create_index(name, table, [column], unique=unique, sqlite_where=there, postgresql_where=there)


def upgrade() -> None:
    """Bring the schema one step forward."""
    op.add_column("cursors", sa.Column("moved_at", storage.tables.Instant(), nullable=True))
    op.add_column("quarantine", sa.Column("told", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    op.add_column("quarantine", sa.Column("seen_at", storage.tables.Instant(), nullable=True))
    op.create_index("ix_quarantine_scope", "quarantine", ["network", "scope", "at"])
    op.create_table(
        "forgotten",
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("upto", storage.tables.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("network", "scope", name=op.f("pk_forgotten")),
    )

    # The inbox gets the order in which it was filled: the oldest are found without looking at the others.
    op.rename_table("inbox", "inbox_0001")
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", storage.tables.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("network", "scope", "event", name=op.f("uq_inbox_network_scope_event")),
    )
    op.execute(
        "INSERT INTO inbox (network, scope, event, at) SELECT network, scope, event, at FROM inbox_0001 ORDER BY at"
    )
    op.drop_table("inbox_0001")

    with op.batch_alter_table("dispatches") as table:
        table.add_column(sa.Column("number", sa.Integer(), nullable=True))
        table.drop_constraint(op.f("ck_dispatches_state"), type_="check")
        table.create_check_constraint(op.f("ck_dispatches_state"), _STATES)
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("repeats_key", sa.String(length=36), nullable=True))
        table.create_foreign_key(op.f("fk_outbox_repeats_key"), "dispatches", ["repeats_key"], ["key"])
    _index_where("uq_dispatches_number", "dispatches", "number", unique=True)
    _index_where("ix_dispatches_file_id", "dispatches", "file_id")
    _index_where("uq_outbox_repeats_key", "outbox", "repeats_key", unique=True)
    _index_where("ix_outbox_file_id", "outbox", "file_id")
    # What went wrong before gets its number too, so that it can be decided about.
    op.execute(
        "UPDATE dispatches SET number = (SELECT count(*) FROM dispatches AS other WHERE other.state IN ('uncertain', 'failed')"
        " AND (other.made_at, other.key) <= (dispatches.made_at, dispatches.key)) WHERE state IN ('uncertain', 'failed')"
    )
