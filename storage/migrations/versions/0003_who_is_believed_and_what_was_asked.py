"""Who is believed and why, what was asked, what may be forgotten; an audit that nothing can change."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from storage.tables import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _of(
    table: str, column: str, other: str, *, nullable: bool = False
) -> tuple[sa.Column[int], sa.Constraint]:
    """Build a column that points at a row of another table, and its constraint."""
    key = sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, sa.Integer(), nullable=nullable), key


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    """Bring the schema one step forward."""
    _new_tables()
    op.add_column("people", sa.Column("forgotten_at", Instant(), nullable=True))
    op.add_column("organisations", sa.Column("listed", sa.JSON(), nullable=True))
    op.add_column("signatures", sa.Column("reconfirmed_at", Instant(), nullable=True))
    op.add_column("outbox", sa.Column("expires_at", Instant(), nullable=True))
    op.add_column("outbox", sa.Column("asker", sa.Integer(), nullable=True))
    op.add_column(
        "campaigns", sa.Column("second_person", sa.Boolean(), server_default=sa.text("0"), nullable=False)
    )
    with op.batch_alter_table("representatives") as table:
        table.add_column(sa.Column("deputy", sa.Boolean(), server_default=sa.text("0"), nullable=False))
        table.drop_constraint(op.f("ck_representatives_how"), type_="check")
        table.create_check_constraint(
            op.f("ck_representatives_how"), "how IN ('roster', 'campaigner', 'verified', 'domain', 'second')"
        )
    with op.batch_alter_table("letters") as table:
        table.drop_constraint(op.f("ck_letters_change"), type_="check")
        table.create_check_constraint(
            op.f("ck_letters_change"), "change IN ('first', 'minor', 'material', 'pending', 'dropped')"
        )
    with op.batch_alter_table("campaign_organisations") as table:
        table.add_column(sa.Column("question_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_campaign_organisations_question_id"), "questions", ["question_id"], ["id"]
        )
    with op.batch_alter_table("dispatches") as table:
        table.alter_column("room_id", existing_type=sa.Integer(), nullable=True)
        table.drop_constraint(op.f("ck_dispatches_state"), type_="check")
        table.create_check_constraint(
            op.f("ck_dispatches_state"),
            "state IN ('sending', 'delivered', 'uncertain', 'failed', 'retried', 'dropped', 'unsaid')",
        )
    with op.batch_alter_table("reminders") as table:
        table.add_column(sa.Column("outbox_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_reminders_outbox_id"), "outbox", ["outbox_id"], ["id"], ondelete="SET NULL"
        )
        table.create_index(op.f("ix_reminders_outbox_id"), ["outbox_id"])
    op.add_column("polls", sa.Column("held_at", Instant(), nullable=True))
    _changed_letters()
    _audit()


def _changed_letters() -> None:
    """A text that replaced another was taken without a word about how much it changed: as a minor change."""
    op.execute(
        "UPDATE letters SET change = 'minor' WHERE change = 'first' AND EXISTS (SELECT 1 FROM letters AS older WHERE"
        " older.campaign_id = letters.campaign_id AND older.language = letters.language AND older.version < letters.version)"
    )


def _audit() -> None:
    """Take accounts and what people typed out of the audit, keep what the accounts were there for, and close it."""
    op.create_index("ix_audit_person_id", "audit", ["person_id"])
    op.create_index("ix_audit_organisation_id", "audit", ["organisation_id"])
    connection = op.get_bind()
    acts = connection.execute(
        sa.text(
            "SELECT id, at, act, organisation_id, details FROM audit"
            " WHERE act IN ('representative', 'representative revoked', 'rejected') ORDER BY id"
        )
    ).fetchall()
    revoked: dict[tuple[int, str, str], str] = {}
    for row, at, act, organisation, raw in acts:
        details = json.loads(raw)
        details.pop(
            "why", None
        )  # a campaigner's own words; the signature keeps them, and there they can be erased
        for account in details.pop("accounts", ()):
            network, _, address = account.partition(":")
            key = (organisation, network, address)
            revoked.pop(key, None)
            if act == "representative revoked":
                revoked[key] = at
        connection.execute(
            sa.text("UPDATE audit SET details = :details WHERE id = :id"),
            {"details": json.dumps(details), "id": row},
        )
    for (organisation, network, address), at in revoked.items():
        connection.execute(
            sa.text("INSERT INTO revocations VALUES (:organisation, :network, :address, :at)"),
            {"organisation": organisation, "network": network, "address": address, "at": at},
        )
    for what, when in (
        ("update", "UPDATE ON audit"),
        ("delete", "DELETE ON audit"),
        ("replace", "INSERT ON audit WHEN NEW.id IN (SELECT id FROM audit)"),
    ):
        op.execute(
            f"CREATE TRIGGER audit_refuses_{what} BEFORE {when}"
            " BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END"
        )


def _new_tables() -> None:
    op.create_table(
        "revocations",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_revocations_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "network", "address", name=op.f("pk_revocations")),
    )
    op.create_table(
        "merges",
        _id(),
        *_of("merges", "kept_id", "organisations"),
        *_of("merges", "gone_id", "organisations"),
        *_of("merges", "person_id", "people"),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_table(
        "disputes",
        _id(),
        *_of("disputes", "signature_id", "signatures"),
        *_of("disputes", "person_id", "people"),
        *_of("disputes", "address_id", "addresses"),
        *_of("disputes", "room_id", "rooms", nullable=True),
        _text("reason"),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        *_of("disputes", "settled_by", "people", nullable=True),
        _text("outcome"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    unsettled = sa.text("settled_at IS NULL")
    op.create_index(
        "uq_disputes_open",
        "disputes",
        ["signature_id", "person_id"],
        unique=True,
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )
    op.create_table(
        "questions",
        _id(),
        *_of("questions", "campaign_id", "campaigns"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        *_of("questions", "person_id", "people"),
        *_of("questions", "room_id", "rooms", nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        _text("answer"),
        sa.Column("sources", sa.JSON(), server_default="[]", nullable=False),
        *_of("questions", "answered_by", "people", nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        *_of("questions", "same_id", "questions", nullable=True),
        sa.Column("reminded_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_questions_campaign_id_number")),
    )
    op.create_index("ix_questions_normal", "questions", ["campaign_id", "normal"])
    op.create_table(
        "question_waits",
        _id(),
        *_of("question_waits", "question_id", "questions"),
        *_of("question_waits", "person_id", "people"),
        *_of("question_waits", "address_id", "addresses"),
        _text("name"),
        *_of("question_waits", "organisation_id", "organisations", nullable=True),
        *_of("question_waits", "room_id", "rooms"),
        _text("reply_to"),
        _text("thread"),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_waits")),
    )
    op.create_index("ix_question_waits_question_id", "question_waits", ["question_id"])
    op.create_table(
        "consents",
        *_of("consents", "person_id", "people"),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('publish', 'contact')", name=op.f("ck_consents_kind")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_consents")),
    )
