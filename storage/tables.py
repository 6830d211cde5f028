"""Every table and constraint, each with a one-line comment; the migrations are tested to build exactly this."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    DDL,
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class Instant(TypeDecorator[datetime]):
    """A timezone-aware instant, stored in UTC; a naive one is refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC without its mark, as every database can keep it."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"an instant needs a zone: {value!r}"
            raise ValueError(msg)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC, marked as such."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _of(table: str, *, nullable: bool = False, **more: Any) -> Column[int]:  # noqa: ANN401 - Column's own options
    """Build the column that points at a row of `table`."""
    singular = {"people": "person", "addresses": "address"}.get(table, table[:-1])
    return Column(f"{singular}_id", Integer, ForeignKey(f"{table}.id"), nullable=nullable, **more)


def _text(name: str, *, nullable: bool = False, default: str | None = "", **more: Any) -> Column[str]:  # noqa: ANN401
    """Build a text column, empty unless told."""
    return Column(name, Text, nullable=nullable, server_default=None if nullable else default, **more)


# --- networks ------------------------------------------------------------------------------------------------------

devices = Table(
    "devices",
    metadata,
    Column("network", String(16), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("device", Text, nullable=False),
    comment="The fixed device id (Matrix) or resource (XMPP) of this installation: what makes a retry harmless.",
)

cursors = Table(
    "cursors",
    metadata,
    Column("network", String(16), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("moved_at", Instant),
    comment="How far each network has been read, and when it last moved: committed with what was read, never before.",
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("network", String(16), nullable=False),
    Column("scope", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("network", "scope", "event"),
    comment="Every event that has taken effect, as it came: a second arrival finds itself here and does nothing.",
)

forgotten = Table(
    "forgotten",
    metadata,
    Column("network", String(16), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("upto", Instant, nullable=False),
    comment="When the newest event was received of those whose inbox row is gone: nothing that old is taken as new.",
)

unread_events = Table(
    "unread_events",
    metadata,
    _id(),
    Column("network", String(16), nullable=False),
    Column("room", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("sender", Text, nullable=False),
    _text("session"),
    Column("payload", JSON, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("told_at", Instant),
    Column("read_at", Instant),
    UniqueConstraint("network", "room", "event"),
    comment="Encrypted events whose keys have not come yet: read once they do. told: said in the room that they cannot be.",
)
Index("ix_unread_events_session", unread_events.c.network, unread_events.c.room, unread_events.c.session)

quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    Column("reference", String(12), nullable=False, unique=True),
    Column("network", String(16), nullable=False),
    Column("scope", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("told", Boolean, nullable=False, server_default=text("0")),
    Column("seen_at", Instant),
    comment="Events that could not be taken: their reference and the error's name, never a body. told: to campaigners.",
)
Index("ix_quarantine_scope", quarantine.c.network, quarantine.c.scope, quarantine.c.at)

rooms = Table(
    "rooms",
    metadata,
    _id(),
    Column("network", String(16), nullable=False),
    Column("address", Text, nullable=False),
    _text("alias"),
    _text("name"),
    Column("language", String(8)),
    Column("admin", Boolean, nullable=False, server_default=text("0")),
    Column("direct", Boolean, nullable=False, server_default=text("0")),
    _text("partner"),
    Column("encrypted", Boolean, nullable=False, server_default=text("0")),
    Column("archived", Boolean, nullable=False, server_default=text("1")),
    Column("state", String(16), nullable=False, server_default="wanted"),
    _text("why"),
    Column("welcomed_at", Instant),
    UniqueConstraint("network", "address"),
    CheckConstraint("state IN ('wanted', 'joined', 'parked')", name="state"),
    comment="Rooms and private chats. parked: the bot was sent away, or cannot serve it, and does not come back alone.",
)
Index("ix_rooms_partner", rooms.c.network, rooms.c.partner)

# --- letters -------------------------------------------------------------------------------------------------------

campaigns = Table(
    "campaigns",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    _text("link"),
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
    _of("campaigns", primary_key=True),
    _of("rooms", primary_key=True),
    Column("position", Integer, nullable=False, server_default=text("0")),
    comment="The rooms that belong to a campaign, in the order they were listed.",
)

letters = Table(
    "letters",
    metadata,
    _id(),
    _of("campaigns"),
    Column("version", Integer, nullable=False),
    Column("language", String(8), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("title", Text, nullable=False),
    _text("summary"),
    Column("text", Text, nullable=False),
    Column("change", String(16), nullable=False, server_default="first"),
    Column("root_id", Integer, ForeignKey("letters.id")),
    Column("added_at", Instant, nullable=False),
    UniqueConstraint("campaign_id", "language", "version"),
    CheckConstraint("change IN ('first', 'minor', 'material', 'pending', 'dropped')", name="change"),
    comment="One text of a letter in one language; a translation points at the root version it translates."
    " pending: changed, and no campaigner has said yet how much; dropped: never to be signed.",
)

# --- people and organisations --------------------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    _id(),
    _text("name"),
    Column("language", String(8)),
    Column("known_since", Instant, nullable=False),
    Column("forgotten_at", Instant),
    comment="One human with one or more addresses; once forgotten at their wish, neither name nor address is left.",
)

addresses = Table(
    "addresses",
    metadata,
    _id(),
    _of("people", index=True),
    Column("network", String(16), nullable=False),
    Column("address", Text, nullable=False),
    _text("room"),
    UniqueConstraint("network", "address", "room"),
    comment="A full Matrix ID, a real bare XMPP address, or (with room) the occupant-id of one anonymous room.",
)

consents = Table(
    "consents",
    metadata,
    _of("people", primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("given", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("kind IN ('publish', 'contact')", name="kind"),
    comment="What a person said about their name being published, and about being written to in private. None: not asked.",
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("code", String(16), primary_key=True),
    _of("people"),
    _of("addresses", nullable=True),
    Column("expires_at", Instant, nullable=False),
    comment="Codes given in one private chat, to be said from a person's other address. Deleted when used.",
)

organisations = Table(
    "organisations",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    _text("website"),
    _text("domain"),
    _text("funded"),
    _text("testimony"),
    Column("flagged", Boolean, nullable=False, server_default=text("0")),
    Column("added_at", Instant, nullable=False),
    Column("listed", JSON),
    comment="An organisation under its canonical name. flagged: named in chat and not yet looked at by a campaigner."
    " listed: what the organisations' file said of it when it was last read.",
)

organisation_names = Table(
    "organisation_names",
    metadata,
    Column("normal", Text, primary_key=True),
    _of("organisations", index=True),
    Column("name", Text, nullable=False),
    comment="Every name an organisation goes by, canonical and aliases, under its normal form: one owner each.",
)

representatives = Table(
    "representatives",
    metadata,
    _of("organisations", primary_key=True),
    _of("people", primary_key=True, index=True),
    Column("how", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    Column("deputy", Boolean, nullable=False, server_default=text("0")),
    CheckConstraint("how IN ('roster', 'campaigner', 'verified', 'domain', 'second')", name="how"),
    comment="Who may speak for an organisation, and on whose word. domain: their account is on its own server.",
)

revocations = Table(
    "revocations",
    metadata,
    _of("organisations", primary_key=True),
    Column("network", String(16), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    comment="Accounts that a campaigner let speak for an organisation no longer: no list and no domain gives it back.",
)

merges = Table(
    "merges",
    metadata,
    _id(),
    Column("kept_id", Integer, ForeignKey("organisations.id"), nullable=False),
    Column("gone_id", Integer, ForeignKey("organisations.id"), nullable=False),
    Column("person_id", Integer, ForeignKey("people.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("undone_at", Instant),
    Column("moved", JSON, nullable=False),
    comment="Two organisations that turned out to be one: every row as it was before, so that it can be undone.",
)

campaign_organisations = Table(
    "campaign_organisations",
    metadata,
    _of("campaigns", primary_key=True),
    _of("organisations", primary_key=True, index=True),
    Column("standing", String(16), nullable=False, server_default="silent"),
    Column("deciding_until", Date),
    _text("leaning"),
    _text("note"),
    Column("since", Instant, nullable=False),
    _of("rooms", nullable=True),
    _of("questions", nullable=True),
    _text("reminders"),
    Column("snoozed_until", Date),
    CheckConstraint("reminders IN ('', 'room', 'private', 'off')", name="reminders"),
    CheckConstraint(
        "standing IN ('silent', 'deciding', 'declared', 'signed', 'declined', 'withdrawn')", name="standing"
    ),
    comment="Where each organisation of a campaign stands now, the room where its people last spoke, and the question"
    " for whose answer it waits. reminders: where its people want them, if they said; snoozed: none up to and with that day.",
)

signatures = Table(
    "signatures",
    metadata,
    _id(),
    _of("campaigns"),
    Column("number", Integer, nullable=False),
    _of("organisations"),
    _of("people"),
    _of("addresses"),
    _of("letters"),
    _of("rooms"),
    Column("level", String(16), nullable=False),
    _text("person_name"),
    _text("role"),
    _text("url"),
    _text("funded"),
    _text("mandate_kind"),
    Column("mandate_day", Date),
    _text("mandate_link"),
    _text("note"),
    Column("network", String(16), nullable=False),
    Column("event", Text, nullable=False),
    Column("signed_at", Instant, nullable=False),
    Column("verified_by", Integer, ForeignKey("people.id")),
    Column("ended_at", Instant),
    _text("end_reason"),
    Column("reconfirmed_at", Instant),
    UniqueConstraint("campaign_id", "number"),
    CheckConstraint("level IN ('declared', 'confirmed', 'verified', 'rejected', 'withdrawn')", name="level"),
    comment="Every signature ever given; what ended is kept. The number is the campaign's own and never reused.",
)
Index(
    "uq_signatures_standing",
    signatures.c.campaign_id,
    signatures.c.organisation_id,
    unique=True,
    sqlite_where=signatures.c.ended_at.is_(None),
    postgresql_where=signatures.c.ended_at.is_(None),
)

disputes = Table(
    "disputes",
    metadata,
    _id(),
    _of("signatures"),
    _of("people"),
    _of("addresses"),
    _of("rooms", nullable=True),
    _text("reason"),
    Column("opened_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", Integer, ForeignKey("people.id")),
    _text("outcome"),
    comment="Somebody says that a signature is not the organisation's; a campaigner settles it.",
)
Index(
    "uq_disputes_open",
    disputes.c.signature_id,
    disputes.c.person_id,
    unique=True,
    sqlite_where=disputes.c.settled_at.is_(None),
    postgresql_where=disputes.c.settled_at.is_(None),
)

sympathies = Table(
    "sympathies",
    metadata,
    _id(),
    _of("campaigns", index=True),
    Column("network", String(16), nullable=False),
    Column("address", Text, nullable=False),
    _text("room"),
    Column("target", Text, nullable=False),
    _text("event"),
    UniqueConstraint("network", "address", "room", "target"),
    comment="A thumb up on a relayed letter: counted as sympathy, never as a signature.",
)

prompts = Table(
    "prompts",
    metadata,
    _id(),
    _of("people", index=True),
    _of("rooms"),
    Column("choices", JSON, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("answered_at", Instant),
    comment="Questions the bot asked a person: what `!confirm` or a number in reply would run, until they expire.",
)

# --- questions ------------------------------------------------------------------------------------------------------

questions = Table(
    "questions",
    metadata,
    _id(),
    _of("campaigns"),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("normal", Text, nullable=False),
    _of("people"),
    _of("rooms", nullable=True),
    Column("asked_at", Instant, nullable=False),
    _text("answer"),
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
    _id(),
    _of("questions"),
    _of("people"),
    _of("addresses"),
    _text("name"),
    _of("organisations", nullable=True),
    _of("rooms"),
    _text("reply_to"),
    _text("thread"),
    Column("since", Instant, nullable=False),
    Column("told_at", Instant),
    comment="Who is to be told once a question is answered, and where: whoever asked, under the name they had there, and"
    " organisations that wait for it.",
)
Index("ix_question_waits_question_id", question_waits.c.question_id)

# --- polls and reminders -------------------------------------------------------------------------------------------

polls = Table(
    "polls",
    metadata,
    _id(),
    _of("campaigns"),
    Column("number", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("procedure", String(32), nullable=False),
    Column("opened_by", Integer, ForeignKey("people.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("closed_at", Instant),
    _text("outcome"),
    Column("held_at", Instant),
    Column("rules", JSON),
    Column("signs", Boolean, nullable=False, server_default=text("0")),
    Column("starts_at", Instant),
    Column("begun", Boolean, nullable=False, server_default=text("1")),
    Column("extended_at", Instant),
    Column("concluded_at", Instant),
    Column("concluded_by", Integer, ForeignKey("people.id")),
    _text("conclusion"),
    Column("signature_id", Integer, ForeignKey("signatures.id")),
    UniqueConstraint("campaign_id", "number"),
    comment="A question put to the organisations of a campaign, under a named procedure. held: said that it waits for a"
    " network. rules: the procedure as it was frozen; none: the preset of that name. signs: if adopted, the collective"
    " signs (signature). starts: when voting begins, if not at once; until it has begun there are no electors.",
)

electors = Table(
    "electors",
    metadata,
    _of("polls", primary_key=True),
    _of("organisations", primary_key=True),
    comment="Who may vote in a poll, fixed when it opened: the denominator.",
)

ballots = Table(
    "ballots",
    metadata,
    _id(),
    _of("polls"),
    _of("organisations"),
    _of("people"),
    Column("choice", String(32), nullable=False),
    _text("reason"),
    Column("network", String(16), nullable=False),
    Column("event", Text, nullable=False),
    Column("cast_at", Instant, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("server_at", Instant),
    _text("resolution"),
    Column("resolved_at", Instant),
    Column("resolved_by", Integer, ForeignKey("people.id")),
    _text("way"),
    CheckConstraint("resolution IN ('', 'integrated', 'withdrawn')", name="resolution"),
    CheckConstraint("way IN ('', 'native', 'reaction', 'form')", name="way"),
    comment="Every ballot cast, an empty choice takes it back; the standing one is the organisation's latest before"
    " closing. cast: when it counts as given; server: when its network says so. resolution: what became of an objection."
    " way: by what it was given, empty for a line of text.",
)
Index(
    "uq_ballots_standing",
    ballots.c.poll_id,
    ballots.c.organisation_id,
    unique=True,
    sqlite_where=ballots.c.standing.is_(True),
    postgresql_where=ballots.c.standing.is_(True),
)

deadlines = Table(
    "deadlines",
    metadata,
    _id(),
    _of("campaigns"),
    _text("label"),
    Column("at", Instant, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("set_at", Instant, nullable=False),
    Column("cancelled_at", Instant),
    UniqueConstraint("campaign_id", "label"),
    comment="When answers are wanted; moving one makes a new version of it, with reminders of its own.",
)

reminders = Table(
    "reminders",
    metadata,
    _id(),
    _of("deadlines", nullable=True),
    Column("deadline_version", Integer),
    _of("polls", nullable=True),
    _of("organisations"),
    Column("seconds_before", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outbox_id", Integer, ForeignKey("outbox.id", ondelete="SET NULL"), index=True),
    _of("campaigns", nullable=True),
    Column("deciding_until", Date),
    Column("closes_at", Instant),
    Column("public", Boolean, nullable=False, server_default=text("0")),
    _text("why"),
    UniqueConstraint("deadline_id", "deadline_version", "seconds_before", "organisation_id"),
    UniqueConstraint("poll_id", "closes_at", "seconds_before", "organisation_id"),
    UniqueConstraint("campaign_id", "organisation_id", "deciding_until"),
    CheckConstraint("state IN ('due', 'sent', 'late', 'skipped')", name="state"),
    CheckConstraint(
        "(deadline_id IS NOT NULL) + (poll_id IS NOT NULL) + (campaign_id IS NOT NULL) = 1", name="one_cause"
    ),
    comment="What became of each reminder: written with the message itself (outbox_id), so that none rings twice."
    " due: decided, to be said in private, a few at a time. closes: of a poll, which may be extended. With a campaign:"
    " the question after an organisation's own date (deciding_until), or by hand (none). public: said in a room."
    " why: it was skipped.",
)
Index(
    "ix_reminders_due",
    reminders.c.id,
    sqlite_where=reminders.c.state == "due",
    postgresql_where=reminders.c.state == "due",
)

boards = Table(
    "boards",
    metadata,
    _of("campaigns", primary_key=True),
    _of("rooms", primary_key=True),
    Column("wanted", Boolean, nullable=False, server_default=text("1")),
    Column("outbox_id", Integer, ForeignKey("outbox.id", ondelete="SET NULL")),
    _text("shown"),
    Column("posted_at", Instant),
    Column("changed_at", Instant),
    Column("pinned_at", Instant),
    comment="The one message in each room that is kept up to date with how a campaign stands: which message (outbox), and"
    " what it shows now (a digest). wanted: what was said of it there, whatever the campaign has.",
)

# --- outgoing ------------------------------------------------------------------------------------------------------

files = Table(
    "files",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("data", LargeBinary),
    comment="Files on their way out; the bytes are deleted once delivered.",
)

dispatches = Table(
    "dispatches",
    metadata,
    Column("key", String(36), primary_key=True),
    Column("network", String(16), nullable=False),
    _of("rooms", nullable=True),
    Column("payload", JSON, nullable=False),
    Column("private_with", Text),
    _of("files", nullable=True),
    Column("state", String(16), nullable=False),
    _text("event"),
    _text("error"),
    Column("made_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("number", Integer),
    CheckConstraint(
        "state IN ('sending', 'delivered', 'uncertain', 'failed', 'retried', 'dropped', 'unsaid')",
        name="state",
    ),
    comment="What left or leaves, frozen: the same key and payload at every attempt. number: once it went wrong."
    " unsaid: given up before it had a payload; no room: meant for people alone.",
)
Index("ix_dispatches_event", dispatches.c.network, dispatches.c.event)
Index(
    "ix_dispatches_sending",
    dispatches.c.network,
    sqlite_where=dispatches.c.state == "sending",
    postgresql_where=dispatches.c.state == "sending",
)
Index(
    "uq_dispatches_number",
    dispatches.c.number,
    unique=True,
    sqlite_where=dispatches.c.number.is_not(None),
    postgresql_where=dispatches.c.number.is_not(None),
)
Index(
    "ix_dispatches_file_id",
    dispatches.c.file_id,
    sqlite_where=dispatches.c.file_id.is_not(None),
    postgresql_where=dispatches.c.file_id.is_not(None),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("network", String(16), nullable=False),
    _of("rooms", nullable=True),
    _of("addresses", nullable=True),
    Column("intent", String(16), nullable=False),
    Column("message", JSON, nullable=False),
    _of("files", nullable=True),
    Column("urgency", Integer, nullable=False, server_default=text("5")),
    _text("reply_to"),
    _text("thread"),
    _text("purpose"),
    Column("created_at", Instant, nullable=False),
    Column("dispatch_key", String(36), ForeignKey("dispatches.key")),
    Column("settled", Boolean, nullable=False, server_default=text("0")),
    Column("repeats_key", String(36), ForeignKey("dispatches.key")),
    Column("expires_at", Instant),
    Column("not_before", Instant),
    Column("asker", Integer),
    Column("target_id", Integer, ForeignKey("outbox.id", ondelete="SET NULL")),
    CheckConstraint(
        "intent IN ('message', 'join', 'leave', 'poll', 'end', 'edit', 'pin', 'unpin', 'react')",
        name="intent",
    ),
    comment="Intents: every message ends in exactly one dispatch. repeats_key: sent again as it was."
    " expires_at: not worth saying from then on. not_before: not looked at before, for the hour does not allow it. asker: the person it answers, only to tell whose turn it is."
    " target: the earlier message of ours that it edits, ends or pins.",
)
Index(
    "ix_outbox_waiting",
    outbox.c.network,
    outbox.c.room_id,
    sqlite_where=(outbox.c.dispatch_key.is_(None)) & (outbox.c.settled.is_(False)),
    postgresql_where=(outbox.c.dispatch_key.is_(None)) & (outbox.c.settled.is_(False)),
)
Index("ix_outbox_dispatch_key", outbox.c.dispatch_key)
Index(
    "uq_outbox_repeats_key",
    outbox.c.repeats_key,
    unique=True,
    sqlite_where=outbox.c.repeats_key.is_not(None),
    postgresql_where=outbox.c.repeats_key.is_not(None),
)
Index(
    "ix_outbox_file_id",
    outbox.c.file_id,
    sqlite_where=outbox.c.file_id.is_not(None),
    postgresql_where=outbox.c.file_id.is_not(None),
)

audit = Table(
    "audit",
    metadata,
    _id(),
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
