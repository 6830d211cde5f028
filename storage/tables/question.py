"""Questions about a letter, and who waits for an answer."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from storage.tables.columns import Instant, id_of, metadata, own_id, words

questions = Table(
    "questions",
    metadata,
    own_id(),
    id_of("campaigns"),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("normal", Text, nullable=False),
    id_of("people"),
    id_of("rooms", nullable=True),
    Column("asked_at", Instant, nullable=False),
    words("answer"),
    Column("sources", JSON, nullable=False, server_default="[]"),
    Column("answered_by", Integer, ForeignKey("people.id")),
    Column("answered_at", Instant),
    Column("closed_at", Instant),
    Column("same_id", Integer, ForeignKey("questions.id")),
    Column("reminded_at", Instant),
    UniqueConstraint("campaign_id", "number"),
    comment="Questions about a letter, each answered once for all rooms; normal: its words, for finding it again."
    " closed: no longer waits for an answer, or is the same as another. reminded: the campaigners, that it is open.",
)
Index("ix_questions_normal", questions.c.campaign_id, questions.c.normal)

question_waits = Table(
    "question_waits",
    metadata,
    own_id(),
    id_of("questions"),
    id_of("people"),
    id_of("addresses"),
    words("name"),
    id_of("organisations", nullable=True),
    id_of("rooms"),
    words("reply_to"),
    words("thread"),
    Column("since", Instant, nullable=False),
    Column("told_at", Instant),
    comment="Who is to be told once a question is answered, and where: whoever asked, under the name they had there, and"
    " organisations that wait for it.",
)
Index("ix_question_waits_question_id", question_waits.c.question_id)
