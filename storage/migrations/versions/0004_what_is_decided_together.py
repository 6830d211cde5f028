"""Procedures frozen with their poll, reminders people accept, a board in each room, events whose keys come late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _reference(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=True)


def upgrade() -> None:
    """Bring the schema one step forward."""
    with op.batch_alter_table("campaigns") as table:
        table.add_column(_reference("collective_id"))
        table.add_column(sa.Column("titles", sa.JSON(), server_default="{}", nullable=False))
        table.add_column(sa.Column("pauses", sa.JSON(), server_default="[]", nullable=False))
        table.add_column(sa.Column("board", sa.Boolean(), server_default=sa.text("0"), nullable=False))
        table.create_foreign_key(
            op.f("fk_campaigns_collective_id"), "organisations", ["collective_id"], ["id"]
        )
    with op.batch_alter_table("campaign_organisations") as table:
        table.add_column(_text("reminders"))
        table.add_column(sa.Column("snoozed_until", sa.Date(), nullable=True))
        table.create_check_constraint(
            op.f("ck_campaign_organisations_reminders"), "reminders IN ('', 'room', 'private', 'off')"
        )
    _polls()
    _reminders()
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("not_before", Instant(), nullable=True))
        table.add_column(_reference("target_id"))
        table.create_foreign_key(
            op.f("fk_outbox_target_id"), "outbox", ["target_id"], ["id"], ondelete="SET NULL"
        )
        table.drop_constraint(op.f("ck_outbox_intent"), type_="check")
        table.create_check_constraint(
            op.f("ck_outbox_intent"),
            "intent IN ('message', 'join', 'leave', 'poll', 'end', 'edit', 'pin', 'unpin', 'react')",
        )
    _new_tables()


def _polls() -> None:
    with op.batch_alter_table("polls") as table:
        table.add_column(sa.Column("rules", sa.JSON(), nullable=True))
        table.add_column(sa.Column("signs", sa.Boolean(), server_default=sa.text("0"), nullable=False))
        table.add_column(sa.Column("starts_at", Instant(), nullable=True))
        table.add_column(sa.Column("begun", sa.Boolean(), server_default=sa.text("1"), nullable=False))
        table.add_column(sa.Column("extended_at", Instant(), nullable=True))
        table.add_column(sa.Column("concluded_at", Instant(), nullable=True))
        table.add_column(_reference("concluded_by"))
        table.add_column(_text("conclusion"))
        table.add_column(_reference("signature_id"))
        table.create_foreign_key(op.f("fk_polls_concluded_by"), "people", ["concluded_by"], ["id"])
        table.create_foreign_key(op.f("fk_polls_signature_id"), "signatures", ["signature_id"], ["id"])
    with op.batch_alter_table("ballots") as table:
        table.add_column(sa.Column("server_at", Instant(), nullable=True))
        table.add_column(_text("resolution"))
        table.add_column(sa.Column("resolved_at", Instant(), nullable=True))
        table.add_column(_reference("resolved_by"))
        table.add_column(_text("way"))
        table.create_foreign_key(op.f("fk_ballots_resolved_by"), "people", ["resolved_by"], ["id"])
        table.create_check_constraint(
            op.f("ck_ballots_resolution"), "resolution IN ('', 'integrated', 'withdrawn')"
        )
        table.create_check_constraint(op.f("ck_ballots_way"), "way IN ('', 'native', 'reaction', 'form')")


def _reminders() -> None:
    with op.batch_alter_table("reminders") as table:
        table.add_column(_reference("campaign_id"))
        table.add_column(sa.Column("deciding_until", sa.Date(), nullable=True))
        table.add_column(sa.Column("closes_at", Instant(), nullable=True))
        table.add_column(sa.Column("public", sa.Boolean(), server_default=sa.text("0"), nullable=False))
        table.add_column(_text("why"))
        table.create_foreign_key(op.f("fk_reminders_campaign_id"), "campaigns", ["campaign_id"], ["id"])
        for cause in (
            ["deadline_id", "deadline_version", "organisation_id", "seconds_before"],
            ["poll_id", "organisation_id", "seconds_before"],
        ):
            table.drop_constraint(op.f(f"uq_reminders_{'_'.join(cause)}"), type_="unique")
        for cause in (
            ["deadline_id", "deadline_version", "seconds_before", "organisation_id"],
            ["poll_id", "closes_at", "seconds_before", "organisation_id"],
            ["campaign_id", "organisation_id", "deciding_until"],
        ):
            table.create_unique_constraint(op.f(f"uq_reminders_{'_'.join(cause)}"), cause)
        table.drop_constraint(op.f("ck_reminders_state"), type_="check")
        table.create_check_constraint(
            op.f("ck_reminders_state"), "state IN ('due', 'sent', 'late', 'skipped')"
        )
        table.drop_constraint(op.f("ck_reminders_one_cause"), type_="check")
        table.create_check_constraint(
            op.f("ck_reminders_one_cause"),
            "(deadline_id IS NOT NULL) + (poll_id IS NOT NULL) + (campaign_id IS NOT NULL) = 1",
        )
    op.create_index("ix_reminders_due", "reminders", ["id"], sqlite_where=sa.text("state = 'due'"))
    op.create_index("ix_rooms_partner", "rooms", ["network", "partner"])
    # Who was reminded of a poll that is still open is not reminded again.
    op.execute(
        "UPDATE reminders SET closes_at = (SELECT closes_at FROM polls WHERE polls.id = reminders.poll_id)"
        " WHERE poll_id IS NOT NULL"
    )


def _new_tables() -> None:
    op.create_table(
        "boards",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        _reference("outbox_id"),
        _text("shown"),
        sa.Column("posted_at", Instant(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.Column("pinned_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_boards_campaign_id")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_boards_room_id")),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_boards_outbox_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "room_id", name=op.f("pk_boards")),
    )
    op.create_table(
        "unread_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        _text("session"),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("read_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unread_events")),
        sa.UniqueConstraint("network", "room", "event", name=op.f("uq_unread_events_network_room_event")),
    )
    op.create_index("ix_unread_events_session", "unread_events", ["network", "room", "session"])
