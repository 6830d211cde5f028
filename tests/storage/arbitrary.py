# ruff: noqa: S608 - the only names in these queries are those of our own tables
"""Arbitrary campaigns for the property tests: three organisations of which two may turn out to be one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from campaign.chat import MATRIX, Address
from storage.reminders import Cause, Fate
from tests.storage.made import COLUMNS, NOW

if TYPE_CHECKING:
    from storage.storage import Storage

KEPT, GONE, THIRD = 1, 2, 3
ORGANISATIONS = (KEPT, GONE, THIRD)
PEOPLE = (1, 2, 3)
NAMES = ("Alsace Réseau Neutre", "ARN", "Picasoft")
STANDINGS = ("silent", "deciding", "declared", "signed", "declined", "withdrawn")
some = st.sampled_from
hours = st.integers(0, 200)

values = st.tuples(
    *(some(("", "https://arn.example.org")), some(("", "arn.example.org")), some(("", "direct")), some(("", "Oui"))),
    st.booleans(),
    st.booleans(),
)  # fmt: skip
words = st.dictionaries(
    st.tuples(some((1, 2)), some(ORGANISATIONS)),
    st.tuples(
        some(STANDINGS),
        hours,
        some(("", "yes")),
        st.booleans(),
        st.booleans(),
        some(("", "room", "private", "off")),
        some((None, date(2027, 9, 10), date(2027, 9, 20))),
    ),
)
signed = st.lists(
    st.tuples(
        some((1, 2)),
        some(ORGANISATIONS),
        some(("declared", "confirmed", "verified")),
        hours,
        st.booleans(),
        st.booleans(),
    ),
    max_size=8,
)
polled = st.lists(
    st.tuples(
        st.booleans(),
        st.sets(some(ORGANISATIONS)),
        st.lists(st.tuples(some(ORGANISATIONS), hours, some(("for", "against"))), max_size=5),
        st.sets(some(ORGANISATIONS)),
    ),
    max_size=3,
)
spoken = st.dictionaries(
    st.tuples(some(ORGANISATIONS), some(PEOPLE)),
    st.tuples(some(("roster", "campaigner", "verified", "domain", "second")), st.booleans()),
)
silenced = st.sets(st.tuples(some(ORGANISATIONS), some(PEOPLE)))
waits = st.lists(st.tuples(some((1, 2)), some((*ORGANISATIONS, None)), st.booleans()), max_size=5)
reminded = st.sets(st.tuples(some((1, 2)), some(ORGANISATIONS), some((3600, 86400))))

campaigns = st.fixed_dictionaries(
    {
        "values": st.tuples(values, values, values),
        "words": words,
        "signed": signed,
        "polled": polled,
        "spoken": spoken,
        "silenced": silenced,
        "waits": waits,
        "reminded": reminded,
        "together": some((None, *ORGANISATIONS)),
        "over": st.sets(some((1, 2)), max_size=1),
    }
)
"""What `build` makes a database of."""


def at(hour: int) -> datetime:
    """An instant of the campaign."""
    return NOW + timedelta(hours=hour)


def build(storage: Storage, what: dict[str, Any]) -> None:
    """Put an arbitrary campaign into an empty database."""
    room = storage.rooms.ensure(MATRIX, "!coop:example.org", state="joined")
    for number in PEOPLE:
        storage.people.ensure(Address(MATRIX, f"@p{number}:example.org"), f"P{number}", NOW)
    for number, (name, (website, domain, funded, testimony, flagged, in_file)) in enumerate(
        zip(NAMES, what["values"], strict=True), 1
    ):
        found = storage.organisations.add(name, name.casefold(), NOW, website=website, domain=domain)
        storage.organisations.change(found.id, funded=funded, testimony=testimony, flagged=flagged)
        storage.organisations.alias(found.id, f"{name} 2", f"{name.casefold()} 2")
        if in_file:
            storage.organisations.change(found.id, listed={"name": name, "names": [name]})
        assert found.id == number
    for number in (1, 2):
        together = {"collective_id": what["together"]} if number == 1 else {}
        campaign = storage.campaigns.add(f"c{number}", f"Letter {number}", NOW, **COLUMNS, **together)
        storage.letters.add(campaign.id, "fr", NOW, title="T", summary="", text="Text.")
        storage.deadlines.put(campaign.id, "", at(900), "Europe/Paris", NOW)
        insert(storage, "questions", campaign_id=number, number=1, text="Why?", normal="why", person_id=1, asked_at="2027-09-01")  # fmt: skip
    for (campaign_id, organisation), (
        standing, hour, leaning, spoke, waiting, reminders, snoozed,
    ) in what["words"].items():  # fmt: skip
        storage.campaigns.stand(
            campaign_id,
            organisation,
            standing,
            at(hour),
            leaning=leaning,
            room_id=room.id if spoke else None,
            question_id=campaign_id if waiting else None,
            reminders=reminders,
            snoozed_until=snoozed,
        )
    sign(storage, what["signed"], room.id)
    _poll(storage, what["polled"])
    for (organisation, person), (how, deputy) in what["spoken"].items():
        storage.representatives.represent(organisation, person, how, NOW, deputy=deputy)
    for organisation, person in what["silenced"] - what["spoken"].keys():
        insert(storage, "revocations", organisation_id=organisation, network=MATRIX, address=f"@p{person}:example.org", at="2027-09-01")  # fmt: skip
    for question, organisation, told in what["waits"]:
        insert(storage, "question_waits", question_id=question, person_id=1, address_id=1, organisation_id=organisation, room_id=room.id, since="2027-09-01", told_at="2027-09-02" if told else None)  # fmt: skip
    for deadline, organisation, before in what["reminded"]:
        (row,) = storage.deadlines.of_campaign(deadline)
        cause = Cause(deadline, before, deadline_id=row.id, deadline_version=row.version)
        storage.reminders.write(cause, {organisation: Fate("sent")}, NOW)
    _end(storage, what["over"])


def sign(storage: Storage, what: list[tuple[Any, ...]], room: int) -> None:
    """Let organisations sign, one standing signature each."""
    standing = set()
    for campaign, organisation, level, hour, ended, disputed in what:
        ends = ended or (campaign, organisation) in standing
        number = storage.signatures.add(
            campaign,
            organisation_id=organisation,
            person_id=1,
            address_id=1,
            letter_id=campaign,
            room_id=room,
            level="withdrawn" if ends else level,
            network=MATRIX,
            event="$1",
            signed_at=at(hour),
            ended_at=at(hour + 1) if ends else None,
        )
        if not ends:
            standing.add((campaign, organisation))
        if disputed:
            found = storage.signatures.by_number(campaign, number)
            assert found is not None
            insert(storage, "disputes", signature_id=found.id, person_id=2, address_id=2, reason="no", opened_at="2027-09-01")  # fmt: skip


def _poll(storage: Storage, what: list[tuple[Any, ...]]) -> None:
    event = count()
    for number, (closed, electorate, cast, reminded) in enumerate(what):
        poll = storage.polls.open(
            number % 2 + 1,
            sorted(electorate),
            question="Shall we?",
            procedure="majority",
            opened_by=1,
            opened_at=NOW,
            closes_at=at(100),
            zone="Europe/Paris",
        )
        for organisation, hour, choice in cast:
            if organisation in electorate:
                storage.ballots.cast(
                    poll.id,
                    organisation,
                    standing=True,
                    person_id=2,
                    choice=choice,
                    network=MATRIX,
                    event=f"${next(event)}",
                    cast_at=at(hour),
                )
        cause = Cause(poll.campaign_id, 86400, poll_id=poll.id, closes_at=poll.closes_at)
        storage.reminders.write(cause, dict.fromkeys(reminded, Fate("sent")), NOW)
        if closed:
            storage.polls.close(poll.id, "adopted", at(100))


def _end(storage: Storage, what: set[int]) -> None:
    """End campaigns, and with them their polls."""
    for campaign in what:
        for poll in storage.polls.of_campaign(campaign, only_open=True):
            storage.polls.close(poll.id, "cancelled", at(200))
        storage.campaigns.close(campaign, at(200))


def insert(storage: Storage, table: str, **row: object) -> None:
    """Write one row."""
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    storage._connection.exec_driver_sql(
        f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values())
    )


def everything(storage: Storage, *, but: tuple[str, ...] = ("audit", "merges")) -> list[str]:
    """Every row there is, as text, but for those of some tables."""
    raw = storage._connection.connection.driver_connection
    assert raw is not None
    skipped = tuple(f'INSERT INTO "{table}"' for table in but)
    return sorted(line for line in raw.iterdump() if not line.startswith(skipped))


def hanging_on(storage: Storage, organisation: int) -> set[str]:
    """The tables in which something hangs on an organisation, the record of merges aside."""
    raw = storage._connection
    tables = [row[0] for row in raw.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = set()
    for table in tables:
        for key in raw.exec_driver_sql(f"PRAGMA foreign_key_list({table})").all():
            if key[2] == "organisations" and table not in ("merges", "audit"):
                query = f"SELECT count(*) FROM {table} WHERE {key[3]} = {organisation}"
                if raw.exec_driver_sql(query).scalar():
                    found.add(table)
    return found
