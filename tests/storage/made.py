"""Made data for the storage tests: one campaign with everything in it, and a look at every row there is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from campaign.chat import MATRIX, XMPP, Address, File, Message, say
from campaign.organisation import normal_form
from campaign.question import normal_question
from storage import tables
from storage.opening import FILE, open_database
from storage.reminders import Cause, Fate

if TYPE_CHECKING:
    from pathlib import Path

    from storage.people import Person
    from storage.questions import Question
    from storage.storage import Storage

NOW = datetime(2027, 9, 1, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA = Address(MATRIX, "@ana:example.org")
NOA = Address(XMPP, "noa@example.org")
HIDDEN = Address(XMPP, "occupant-7", "forge@rooms.example.org")
COOP = "!coop:example.org"
FORGE = "forge@rooms.example.org"
COLUMNS = {
    "timezone": "Europe/Paris",
    "language": "fr",
    "reminders": [86400, 3600],
    "civil_hours": "09:00-20:00",
}
"""What a campaign cannot do without."""


@dataclass(frozen=True)
class Made:
    """The rows that most tests need."""

    campaign: int
    letter: int
    room: int
    organisation: int
    other: int
    person: Person


def make(storage: Storage, key: str = "ngi") -> Made:
    """One campaign with a letter, a room, two organisations and a person."""
    campaign = storage.campaigns.add(key, "Save it", NOW, **COLUMNS)
    letter = storage.letters.add(campaign.id, "fr", NOW, title="Sauvons-le", summary="", text="Il le faut.")
    room = storage.rooms.ensure(MATRIX, COOP, state="joined")
    storage.rooms.list_in(campaign.id, room.id)
    person = storage.people.ensure(ANA, "Ana", NOW)
    found = []
    for name in ("Picasoft", "Nuage Libre"):
        organisation = storage.organisations.find(normal_form(name))
        if organisation is None:
            organisation = storage.organisations.add(name, normal_form(name), NOW)
        storage.campaigns.enrol(campaign.id, organisation.id, NOW)
        found.append(organisation.id)
    storage.representatives.represent(found[0], person.id, "roster", NOW)
    return Made(campaign.id, letter.id, room.id, found[0], found[1], person)


def sign(storage: Storage, made: Made, organisation: int | None = None, **values: Any) -> int:
    """Sign, for the first organisation unless told; return the signature's number."""
    given = {
        "organisation_id": organisation or made.organisation,
        "person_id": made.person.id,
        "address_id": made.person.address_id,
        "letter_id": made.letter,
        "room_id": made.room,
        "level": "confirmed",
        "network": MATRIX,
        "event": "$1",
        "signed_at": NOW,
    }
    return storage.signatures.add(made.campaign, **{**given, **values})


def ask(storage: Storage, made: Made, text: str = "Where does the money go?", **values: Any) -> Question:
    """Ask, by the person unless told; nobody is noted to be told."""
    given = {
        "text": text,
        "normal": normal_question(text),
        "person_id": made.person.id,
        "room_id": made.room,
        "asked_at": NOW,
    }
    return storage.questions.ask(made.campaign, **{**given, **values})


def wait(storage: Storage, made: Made, question: int, **values: Any) -> None:
    """Let the person wait for the answer to a question, in the room."""
    given = {
        "person_id": made.person.id,
        "address_id": made.person.address_id,
        "name": "Ana",
        "room_id": made.room,
        "reply_to": "$5",
        "since": NOW,
    }
    storage.questions.wait(question, **{**given, **values})


def said(text: str = "Hello", **values: Any) -> Message:
    """A message of one line."""
    return Message((say(text),), **values)


def fill(storage: Storage) -> Made:
    """Put at least one row into every table, by what the facade offers."""
    made = make(storage)
    now = NOW
    storage.inbox.device(MATRIX, "@tocsin:example.org", "TOCSIN1")
    storage.inbox.take(MATRIX, [(COOP, "$1"), (COOP, "$2")], now)
    storage.inbox.move(MATRIX, {"sync": "s1_2"}, now)
    storage.inbox.quarantine("abc123", MATRIX, (COOP, "$3"), now, what="Said", error="ValueError")
    storage.rooms.ensure(XMPP, FORGE, name="La forge", language="fr", admin=True)
    storage.letters.add(
        made.campaign, "en", now, title="Save it", summary="S", text="It must be.", root=made.letter
    )
    noa = storage.people.ensure(NOA, "Noa", now)
    storage.people.give_code("ABCD2345", noa, now + HOUR)
    storage.organisations.alias(made.other, "NL", "nl")
    sign(
        storage,
        made,
        person_name="Ana",
        role="présidente",
        mandate_kind="assembly",
        mandate_day=date(2027, 6, 12),
        verified_by=noa.id,
    )
    storage.campaigns.stand(made.campaign, made.organisation, "signed", now)
    storage.campaigns.stand(
        made.campaign, made.other, "deciding", now, deciding_until=date(2027, 9, 20), leaning="yes"
    )
    storage.campaigns.spoke(made.person.id, made.room)
    storage.sympathies.add(made.campaign, NOA, "$letter", "$thumb")
    storage.prompts.ask(
        made.person.id, made.room, [{"command": "sign", "arguments": {"name": "NL"}}], now, now + HOUR
    )
    poll = storage.polls.open(
        made.campaign,
        [made.organisation, made.other],
        question="Publish?",
        procedure="majority",
        opened_by=noa.id,
        opened_at=now,
        closes_at=now + HOUR,
        zone="Europe/Paris",
    )
    storage.ballots.cast(
        poll.id,
        made.organisation,
        standing=True,
        person_id=made.person.id,
        choice="yes",
        network=MATRIX,
        event="$4",
        cast_at=now,
    )
    deadline = storage.deadlines.put(made.campaign, "", now + 48 * HOUR, "Europe/Paris", now)
    storage.reminders.write(
        Cause(made.campaign, 86400, deadline_id=deadline.id, deadline_version=deadline.version),
        {made.organisation: Fate("skipped", "answered"), made.other: Fate("sent", public=True)},
        now,
    )
    cause = Cause(made.campaign, 3600, poll_id=poll.id, closes_at=poll.closes_at)
    storage.reminders.write(cause, {made.other: Fate("late")}, now)
    row = storage.outbox.put(
        MATRIX, said(), now, room=made.room, file=File("list.csv", "text/csv", b"a,b\n\x00\xff")
    )
    storage.outbox.put(XMPP, said("Welcome"), now, address=noa.address_id)
    storage.dispatches.freeze(
        [row],
        key="k1",
        network=MATRIX,
        room_id=made.room,
        payload={"text": "Hello"},
        private_with=None,
        file_id=1,
        now=now,
    )
    storage.inbox.take(MATRIX, [(COOP, "$0")], now - 400 * 24 * HOUR)
    storage.forgetting.events(2, now - HOUR, now, margin=HOUR, most=10)
    storage.consents.say(made.person.id, "publish", now, given=True)
    question = ask(storage, made)
    wait(storage, made, question.id)
    storage.disputes.open(
        1, now, person_id=noa.id, address_id=noa.address_id, room_id=made.room, reason="not us"
    )
    storage.representatives.revoke(made.other, noa.id, now)
    double = storage.organisations.add("Le Nuage Libre", "le nuage libre", now)
    storage.merges.merge(made.other, double.id, noa.id, now)
    storage.audit.note("sign", now, person=made.person.id, room=made.room, campaign=made.campaign, number=1)
    connection = storage._connection
    connection.execute(
        insert(tables.boards).values(campaign_id=made.campaign, room_id=made.room, outbox_id=row)
    )
    connection.execute(
        insert(tables.unread_events).values(
            network=MATRIX, room=COOP, event="$9", sender="@noa:example.org", payload={}, received_at=now
        )
    )
    return made


def filled(folder: Path) -> Made:
    """A closed database with something in every table."""
    database = open_database(folder)
    try:
        return database.transaction(fill)
    finally:
        database.close()


def dump(folder: Path) -> list[str]:
    """Every statement that would build a database again, read by SQLite alone."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return list(connection.iterdump())


def rows(storage: Storage, query: str) -> list[tuple[Any, ...]]:
    """What a query of our own finds in an open transaction."""
    return [tuple(row) for row in storage._connection.exec_driver_sql(query)]
