"""Every table and constraint, each with a one-line comment; the migrations are tested to build exactly this."""

from storage.tables.columns import Instant, metadata
from storage.tables.letter import campaign_rooms, campaigns, letters
from storage.tables.network import cursors, devices, forgotten, inbox, quarantine, rooms, unread_events
from storage.tables.organisation import (
    campaign_organisations,
    merges,
    organisation_names,
    organisations,
    representatives,
    revocations,
)
from storage.tables.outgoing import HAS_PURPOSE, boards, dispatches, files, outbox
from storage.tables.person import addresses, consents, link_codes, people, prompts
from storage.tables.poll import ballots, electors, polls
from storage.tables.question import question_waits, questions
from storage.tables.reminder import deadlines, reminders
from storage.tables.signature import disputes, signatures, sympathies
from storage.tables.trail import audit

__all__ = [
    "HAS_PURPOSE",
    "Instant",
    "addresses",
    "audit",
    "ballots",
    "boards",
    "campaign_organisations",
    "campaign_rooms",
    "campaigns",
    "consents",
    "cursors",
    "deadlines",
    "devices",
    "dispatches",
    "disputes",
    "electors",
    "files",
    "forgotten",
    "inbox",
    "letters",
    "link_codes",
    "merges",
    "metadata",
    "organisation_names",
    "organisations",
    "outbox",
    "people",
    "polls",
    "prompts",
    "quarantine",
    "question_waits",
    "questions",
    "reminders",
    "representatives",
    "revocations",
    "rooms",
    "signatures",
    "sympathies",
    "unread_events",
]
