"""Erasing a person: what goes, what stays, and that nothing comes back or happens twice because of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select

from campaign.account import fingerprint, is_fingerprint_of
from campaign.chat import MATRIX, XMPP, Address, File, Message, say
from storage.naming import Naming
from storage.opening import FILE, open_database
from storage.people import pointing_at
from storage.tables import audit, forgotten, metadata, people
from tests.storage.made import COOP, HOUR, NOA, NOW, ask, fill, make, rows, said, sign, wait

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database
    from storage.merges import Merge
    from storage.storage import Storage
    from tests.storage.made import Made

ELOISE = Address(XMPP, "éloïse@exemple.example")
NAME = "Éloïse d'Arc"
LATER = NOW + timedelta(days=400)
THEIRS = (
    "SELECT * FROM revocations",
    "SELECT * FROM sympathies",
    "SELECT * FROM inbox",
    "SELECT * FROM rooms",
)


def everything(storage: Storage, made: Made) -> int:
    """Let somebody leave a trace in every place there is; return their number."""
    person = storage.people.ensure(ELOISE, NAME, NOW)
    storage.representatives.represent(made.other, person.id, "roster", NOW)
    sign(
        storage, made, made.other, person_id=person.id, address_id=person.address_id, person_name=NAME,
        role="secrétaire", note=f"voir avec {NAME}", network=XMPP,
    )  # fmt: skip
    chat = storage.rooms.ensure(XMPP, ELOISE.id, state="joined", direct=True, partner=ELOISE.id, name=NAME)
    storage.inbox.take(XMPP, [(ELOISE.id, "archived-1")], NOW)
    storage.inbox.quarantine("ab12cd", XMPP, (ELOISE.id, "archived-2"), NOW, what="Said", error="KeyError")
    storage.people.give_code("ZYXW9876", person, NOW + HOUR)
    storage.consents.say(person.id, "contact", NOW, given=True)
    storage.prompts.ask(person.id, chat.id, [{"command": "sign", "arguments": {"note": NAME}}], NOW, LATER)
    storage.sympathies.add(made.campaign, ELOISE, "$letter", "$up")
    storage.organisations.change(
        made.other, listed={"representatives": [f"xmpp:{ELOISE.id}", "@x:example.org"]}
    )
    told = [
        ("waits-alone", chat.id, said("for you", private=True), ""),
        ("delivered-alone", chat.id, said(f"Dear {NAME}"), "delivered"),
        ("delivered", made.room, Message((say("{name}", name=NAME),), to=ELOISE, to_name=NAME), "delivered"),
        ("failed", made.room, Message((say("{who}", who=NAME),)), "failed"),
        ("waits", made.room, Message((say("{who} ({address})", who=NAME, address=ELOISE.id),)), ""),
        ("others", made.room, said("Nobody is named here"), "delivered"),
    ]
    for key, room, message, state in told:
        row = storage.outbox.put(MATRIX, message, NOW, room=room)
        if state:
            payload = {"text": f"{key} {NAME}" if key != "others" else key, "mentions": []}
            storage.dispatches.freeze(
                [row], key=key, network=MATRIX, room_id=room, payload=payload, private_with=None, file_id=None, now=NOW
            )  # fmt: skip
            if state == "delivered":
                storage.dispatches.delivered(key, f"${key}", NOW)
            else:
                storage.undelivered.failed(key, f"cannot reach {ELOISE.id}", NOW)
    storage.outbox.put(
        MATRIX, said("list"), NOW, room=made.room, file=File("l.csv", "text/csv", f'"1","{NAME}"'.encode())
    )
    storage.audit.note("signed", NOW, person=person.id, campaign=made.campaign, number=1)
    return person.id


def left(folder: Path, *words: str) -> list[str]:
    data = b"".join(file.read_bytes() for file in folder.glob(f"{FILE}*"))
    forms = {word: (word.encode(), json.dumps(word)[1:-1].encode()) for word in words}
    return [word for word, either in forms.items() if any(form in data for form in either)]


def test_nothing_is_left_in_any_table_nor_in_the_file(database: Database, folder: Path) -> None:
    def live(storage: Storage) -> int:
        return everything(storage, fill(storage))

    person = database.transaction(live)
    assert left(folder, NAME, ELOISE.id, "secrétaire") == [NAME, ELOISE.id, "secrétaire"]

    orphans = database.transaction(lambda storage: storage.erasing.erase(person, NOW))
    assert [one.name for one in orphans] == ["Nuage Libre"]
    assert database.transaction(lambda storage: storage.unsaying.settle(NOW))
    database.tidy()

    assert left(folder, NAME, ELOISE.id, "secrétaire") == []
    assert left(folder, "Nuage Libre", "Ana", "Nobody is named here") == [
        "Nuage Libre",
        "Ana",
        "Nobody is named here",
    ]
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.transaction(lambda storage: stays(storage, person))


def stays(storage: Storage, person: int) -> None:
    signed = "SELECT organisation_id, person_name, role, note, level FROM signatures WHERE person_id = "
    assert rows(storage, signed + str(person)) == [(2, "", "", "voir avec …", "confirmed")]
    known = "SELECT name, forgotten_at IS NOT NULL FROM people WHERE id = "
    assert rows(storage, known + str(person)) == [("", 1)]
    acts = "SELECT act FROM audit WHERE person_id = "
    assert rows(storage, acts + str(person)) == [("signed",)]
    states = dict(rows(storage, "SELECT key, state FROM dispatches WHERE key <> 'k1'"))
    assert states == {
        "delivered-alone": "delivered",
        "delivered": "delivered",
        "failed": "dropped",
        "others": "delivered",
    }
    waiting = [one.message for one in storage.outbox.waiting(MATRIX) if not one.file_id]
    assert [line.values for one in waiting for line in one.lines] == [{"who": "…", "address": "…"}]
    listed = storage._connection.exec_driver_sql("SELECT listed FROM organisations WHERE id = 2").scalar_one()
    assert json.loads(listed) == {"representatives": ["@x:example.org"]}


def test_without_secure_deletion_and_tidying_the_file_would_still_name_them(
    database: Database, folder: Path
) -> None:
    """Control: the bytes that the test above looks for are there if nothing sees to it that they go."""
    person = database.transaction(lambda storage: everything(storage, fill(storage)))
    database.transaction(lambda storage: storage.erasing.erase(person, NOW))
    database.transaction(lambda storage: storage.unsaying.settle(NOW))

    assert left(folder, NAME, ELOISE.id) != []


def test_who_did_the_same_before_is_in_nobodys_way(database: Database) -> None:
    accounts = [Address(XMPP, f"{name}@exemple.example") for name in ("ana", "bela", "caro")]

    def work(storage: Storage) -> None:
        made = make(storage)
        for number, account in enumerate(accounts):
            person = storage.people.ensure(account, account.id, NOW)
            storage.sympathies.add(made.campaign, account, "$letter", f"$up{number}")
            storage.rooms.ensure(XMPP, account.id, state="joined", direct=True, partner=account.id)
            storage.inbox.take(XMPP, [(account.id, "archived-1")], NOW)
            upto = {"network": XMPP, "scope": account.id, "upto": NOW}
            storage._connection.execute(insert(forgotten), upto)  # as after months
            storage.erasing.erase(person.id, LATER)
        assert rows(storage, "SELECT count(*) FROM sympathies") == [(0,)]
        assert rows(storage, "SELECT network, scope FROM forgotten") == [(XMPP, "")]

    database.transaction(work)


def test_what_was_taken_from_them_alone_is_not_taken_again(database: Database) -> None:
    def work(storage: Storage) -> None:
        person = everything(storage, make(storage))
        storage.erasing.erase(person, NOW)
        assert storage.inbox.take(XMPP, [(ELOISE.id, "archived-1"), (ELOISE.id, "new")], NOW) == {
            (ELOISE.id, "new")
        }
        assert storage.inbox.take(MATRIX, [(COOP, "archived-1")], NOW) == {(COOP, "archived-1")}

    database.transaction(work)


def test_whoever_comes_back_is_somebody_new_and_no_list_gives_them_their_rights(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        person = everything(storage, made)
        assert not storage.representatives.is_revoked(made.other, ELOISE)
        storage.erasing.erase(person, NOW)

        assert storage.people.find(ELOISE) is None
        assert storage.representatives.is_revoked(made.other, ELOISE)
        assert not storage.representatives.is_revoked(made.organisation, ELOISE)
        assert not storage.representatives.is_revoked(made.other, Address(XMPP, "eloise@exemple.example"))
        back = storage.people.ensure(ELOISE, "É.", NOW)
        assert back.id != person
        assert storage.organisations.of_person(back.id) == ()

        storage.representatives.restore(made.other, back.id)  # a campaigner's own word
        assert not storage.representatives.is_revoked(made.other, ELOISE)

    database.transaction(work)


def test_a_revoked_account_stays_revoked(database: Database) -> None:
    """Else whoever was revoked would be forgotten, and be let in again by the list."""

    def work(storage: Storage) -> None:
        made = make(storage)
        person = everything(storage, made)
        storage.representatives.revoke(made.organisation, person, NOW)
        storage.erasing.erase(person, NOW)
        assert storage.representatives.is_revoked(made.organisation, ELOISE)

    database.transaction(work)


def test_who_comes_back_before_the_goodbye_has_left_keeps_their_chat(database: Database) -> None:
    def work(storage: Storage) -> None:
        person = everything(storage, make(storage))
        row = storage.people.find(ELOISE)
        assert row is not None
        storage.erasing.erase(person, NOW, answered_at=row.address_id)
        back = storage.people.ensure(ELOISE, "É.", NOW)
        assert back.id != person

        storage.unsaying.settle(NOW)

        assert storage.people.find(ELOISE) == back
        chat = storage.rooms.find(XMPP, ELOISE.id)
        assert chat is not None
        assert chat.state == "joined"
        signed = storage.signatures.by_number(1, 1)
        assert signed is not None
        assert storage.people.address(signed.address_id) == Address("", "", str(person))

    database.transaction(work)


def test_a_name_that_is_an_organisations_too_is_left_alone(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        person = storage.people.ensure(ELOISE, "Picasoft", NOW)
        row = storage.outbox.put(
            MATRIX, Message((say("{name} signs", name="Picasoft"),)), NOW, room=made.room
        )
        storage.erasing.erase(person.id, NOW)
        (waiting,) = storage.outbox.waiting(MATRIX)
        assert waiting.id == row
        assert waiting.message.lines[0].values == {"name": "Picasoft"}

    database.transaction(work)


@pytest.mark.parametrize(
    "name", ["matrix", "confirmed", "moment", "kind", "id", "text", "a", "%", "_", '"', "(", ""]
)
def test_no_name_anybody_takes_breaks_what_belongs_to_others(database: Database, name: str) -> None:
    def work(storage: Storage) -> list[str]:
        made = fill(storage)
        person = storage.people.ensure(ELOISE, name, NOW)
        sign(storage, made, made.other, person_id=person.id, address_id=person.address_id, person_name=name)
        before = [str(one) for one in storage.lines.of_campaign(made.campaign) if one.person == "Ana"]
        storage.erasing.erase(person.id, NOW)
        assert [str(one) for one in storage.lines.of_campaign(made.campaign) if one.person == "Ana"] == before
        assert all(one.message.lines or one.intent != "message" for one in storage.outbox.waiting(XMPP))
        return before

    assert database.transaction(work)


# --- what finds them


def test_every_column_that_points_at_people_is_thought_of() -> None:
    """A new table that points at people is erased from by what it is called; a name that is new here needs a thought."""
    names = {column.name for column in pointing_at(people)}
    assert names == {
        *(
            "person_id",
            "verified_by",
            "settled_by",
            "opened_by",
            "answered_by",
            "concluded_by",
            "resolved_by",
        ),
    }
    assert audit in {column.table for column in pointing_at(people)}
    assert len(metadata.sorted_tables) > 30


def test_what_was_said_in_a_chat_to_whoever_it_was_with_before_is_not_held_of_who_it_is_with_now(
    database: Database,
) -> None:
    before, now = Address(MATRIX, "@before:example.org"), Address(MATRIX, "@now:example.org")

    def work(storage: Storage) -> None:
        chat = storage.rooms.ensure(MATRIX, "!chat", state="joined", direct=True, partner=before.id)
        for who in (before, now):
            # Whom somebody invites before they leave a chat of two is alone with the bot there.
            storage.rooms.change(chat.id, partner=who.id)
            row = storage.outbox.put(MATRIX, said(f"for {who.id}", private=True), NOW, room=chat.id)
            payload = {"text": f"for {who.id}", "mentions": []}
            storage.dispatches.freeze(
                [row], key=who.id, network=MATRIX, room_id=chat.id, payload=payload, private_with=who.id, file_id=None, now=NOW
            )  # fmt: skip
            storage.dispatches.delivered(who.id, f"${who.id}", NOW)
        person = storage.people.ensure(now, "Now", NOW)
        told = storage.held.by_table(person.id)["said_to_you"]
        assert [one["text"] for one in told] == [f"for {now.id}"]

    database.transaction(work)


def test_what_is_held_is_found_in_every_table(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = fill(storage)
        person = everything(storage, made)
        held = storage.held.by_table(person)
        assert set(held) == {
            *("people", "addresses", "consents", "link_codes", "representatives", "signatures", "prompts"),
            *("sympathies", "audit", "said_to_you"),
        }
        text = json.dumps(held, ensure_ascii=False)
        assert "ZYXW9876" not in text, "a code would hold for whoever reads the file"
        assert "Ana" not in text
        assert [row["organisation"] for row in held["signatures"]] == ["Nuage Libre"]
        assert {row["text"] for row in held["said_to_you"]} == {f"delivered-alone {NAME}"}
        assert set(storage.held.by_table(made.person.id)) >= {
            "questions",
            "question_waits",
            "ballots",
        }
        noa = storage.people.find(NOA)
        assert noa is not None
        theirs = storage.held.by_table(noa.id)
        assert [(one["reason"], one["signature"]) for one in theirs["disputes"]] == [("not us", 1)]
        assert "moved" not in theirs["merges"][0], "what hung on an organisation is about others"

    database.transaction(work)


def test_an_account_is_found_whole_and_no_other() -> None:
    naming = Naming(frozenset({"ana@example.org", "@ana:example.org"}), frozenset(), frozenset({"Ana"}))
    for text in (
        "diana@example.org",
        "ana@example.org.evil.example",
        "ana@example.orgs",
        "@ana:example.org.uk",
    ):
        assert naming.accounts_alone.without(text) == text
    assert naming.without("ask ana@example.org, xmpp:ana@example.org.") == "ask …, …."
    assert naming.without("Ana, Anaïs and Banana") == "…, Anaïs and Banana"
    assert naming.without(["xmpp:ana@example.org", "b"]) == ["b"]


def test_a_fingerprint_knows_one_account_and_tells_none() -> None:
    kept = fingerprint(ELOISE, b"salt")
    assert is_fingerprint_of(kept, ELOISE)
    assert not is_fingerprint_of(kept, Address(MATRIX, ELOISE.id))
    assert kept != fingerprint(ELOISE, b"other")
    assert "exemple" not in kept


# --- what the undoing of a merge would give back


def merged(storage: Storage) -> tuple[Made, int, Merge]:
    """Two organisations made one, for the second of which somebody spoke, waited and asked; the merge."""
    made = fill(storage)
    person = everything(storage, made)
    row = storage.people.find(ELOISE)
    assert row is not None
    gone = storage.organisations.add("Les Amis", "les amis", NOW).id
    silenced = storage.organisations.add("Les Ennemis", "les ennemis", NOW).id
    storage.representatives.represent(gone, person, "roster", NOW)
    storage.representatives.revoke(silenced, person, NOW)
    question = ask(storage, made, f"{NAME} veut savoir", person_id=person)
    for organisation in (made.organisation, gone):
        storage.campaigns.stand(made.campaign, organisation, "deciding", NOW, question_id=question.id)
        wait(
            storage, made, question.id, organisation_id=organisation, person_id=person, address_id=row.address_id, name=NAME
        )  # fmt: skip
    storage.disputes.open(
        1, NOW, person_id=person, address_id=row.address_id, room_id=made.room, reason=f"{NAME} le sait"
    )
    storage.merges.merge(made.organisation, silenced, made.person.id, NOW)
    storage.merges.merge(made.organisation, gone, made.person.id, NOW)
    return made, person, storage.merges.standing()[-1]


def test_what_a_merge_holds_names_nobody_who_was_forgotten(database: Database, folder: Path) -> None:
    made, person, _ = database.transaction(merged)
    assert left(folder, NAME, ELOISE.id) == [NAME, ELOISE.id]
    database.transaction(lambda storage: storage.erasing.erase(person, NOW))
    database.transaction(lambda storage: storage.unsaying.settle(NOW))
    database.tidy()

    assert left(folder, NAME, ELOISE.id) == []
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []

    def stays(storage: Storage) -> None:
        disputed = [(one.name, one.reason) for one in storage.disputes.of_campaign(made.campaign)]
        assert disputed == [("Noa", "not us"), ("", "… le sait")]
        (question,) = [one for one in storage.questions.open(made.campaign) if one.person_id == person]
        assert question.text == "… veut savoir"
        waits = storage.questions.waits(question.id)
        assert [(one.organisation_id, one.name) for one in waits] == [(made.organisation, "…")]

    database.transaction(stays)


def test_undoing_a_merge_gives_organisations_back_what_is_theirs_and_nobody_their_right(
    database: Database,
) -> None:
    def work(storage: Storage) -> None:
        made, person, merge = merged(storage)
        storage.erasing.erase(person, NOW)
        assert list(storage.merges.undo(merge, NOW)) == []
        (other,) = [one for one in storage.merges.standing() if one.kept_id == made.organisation]
        assert list(storage.merges.undo(other, NOW)) == []

        for organisation in (merge.gone_id, other.gone_id):
            assert storage.representatives.of(organisation) == []
            assert storage.representatives.is_revoked(organisation, ELOISE)
        waiting = storage.questions.waiting(made.campaign)
        assert waiting.keys() == {made.organisation, merge.gone_id}
        assert {one.organisation_id for one in storage.questions.waits(2)} == waiting.keys()

    database.transaction(work)


# --- two people that turn out to be one


def test_joining_two_people_leaves_nothing_with_the_other(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = fill(storage)
        person = everything(storage, made)
        storage.consents.say(made.person.id, "contact", NOW, given=False)
        storage.people.join(made.person.id, person)
        storage.consents.join(made.person.id, person, NOW)

        for column in pointing_at(people, but=(audit,)):
            theirs = select(func.count()).select_from(column.table).where(column == person)
            assert storage._connection.execute(theirs).scalar_one() == 0, column
        assert storage.consents.of(made.person.id) == {"publish": True, "contact": False}
        assert storage.people.name(person) == ""

    database.transaction(work)


# --- retention


def test_who_speaks_for_what_an_organisation_turned_out_to_be_has_its_part(database: Database) -> None:
    """A campaign that has ended keeps the organisation that is gone: who spoke for it speaks for another one by now."""

    def work(storage: Storage) -> None:
        made, day = make(storage), timedelta(days=1)
        storage.campaigns.close(made.campaign, NOW + 10 * day)
        for name, gone in (("Pica", made.organisation), ("Picasoft asbl", 3)):  # and once more
            kept = storage.organisations.add(name, name.casefold(), NOW)
            storage.merges.merge(kept.id, gone, made.person.id, NOW + 10 * day)
        assert storage.representatives.of(4) == [made.person.id]
        assert made.person.id not in storage.erasing.due(NOW + 9 * day)
        assert storage.erasing.due(NOW + 11 * day) == [made.person.id]

    database.transaction(work)


def test_only_who_has_no_part_in_a_campaign_is_due(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        everything(storage, made)
        stranger = storage.people.ensure(Address(MATRIX, "@passing:example.org"), "Passing", NOW)
        storage.prompts.ask(stranger.id, made.room, [], NOW, NOW + HOUR)
        day = timedelta(days=1)

        assert storage.erasing.due(NOW - day) == []
        assert storage.erasing.due(NOW + day) == [stranger.id], (
            "the campaign is open: everybody else has a part in it"
        )
        storage.campaigns.close(made.campaign, NOW + 10 * day)
        assert storage.erasing.due(NOW + 9 * day) == [stranger.id]
        assert len(storage.erasing.due(NOW + 11 * day)) == 3
        other = make(storage, "other")  # the same two organisations, and Ana speaks for one of them
        assert made.person.id not in storage.erasing.due(NOW + 11 * day)
        storage.campaigns.close(other.campaign, NOW + 20 * day)
        for person in storage.erasing.due(NOW + 30 * day):
            storage.erasing.erase(person, NOW + 30 * day)
        assert storage.erasing.due(NOW + 30 * day) == []
        assert rows(storage, "SELECT count(*) FROM signatures WHERE ended_at IS NULL") == [(1,)]

    database.transaction(work)


def test_a_database_that_was_open_before_is_tidied_too(tmp_path: Path) -> None:
    first = open_database(tmp_path)
    second = open_database(tmp_path)
    try:
        first.transaction(make)
        second.tidy()
        assert (tmp_path / f"{FILE}-wal").stat().st_size == 0
    finally:
        first.close()
        second.close()


def test_what_a_rooms_service_calls_somebody_is_nobody_elses_account(database: Database) -> None:
    """Occupant-ids are chosen by whoever runs the room: another person's account may be among them, or a room's."""

    def work(storage: Storage) -> None:
        made = make(storage)
        lou, evil = Address(XMPP, "lou@exemple.example"), "room@evil.example"
        storage.rooms.ensure(XMPP, lou.id, state="joined", direct=True, partner=lou.id)
        storage.inbox.take(XMPP, [(lou.id, "alone")], NOW)
        storage.inbox.move(XMPP, {COOP: "archive-7"}, NOW)
        person = storage.people.ensure(lou, "Lou", NOW)
        storage.sympathies.add(made.campaign, lou, "$letter", "$up")
        storage.representatives.represent(made.other, person.id, "roster", NOW)
        storage.representatives.revoke(made.other, person.id, NOW)
        storage.outbox.put(XMPP, Message((say("hello"),), to=lou, to_name="Lou"), NOW, room=made.room)
        before = [rows(storage, query) for query in THEIRS]
        for id_ in (lou.id, COOP, "@ana:example.org"):
            occupant = Address(XMPP, id_, evil)
            fake = storage.people.ensure(occupant, "x", NOW)
            storage.outbox.put(XMPP, Message((say("hello"),), to=occupant, to_name="x"), NOW, room=made.room)
            storage.erasing.erase(fake.id, LATER)
        after = [rows(storage, query) for query in THEIRS]
        assert after == before
        assert storage.inbox.cursors(XMPP) == {COOP: "archive-7"}
        assert storage.representatives.is_revoked(made.other, lou)
        to = [
            (json.loads(message)["to"] or {}).get("id")
            for (message,) in rows(storage, "SELECT message FROM outbox")
        ]
        assert to == [lou.id, None, None, None]

    database.transaction(work)


def test_labels_that_differ_in_an_account_alone_stay_apart(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        ana, bela = (Address(XMPP, f"{name}@exemple.example") for name in ("ana", "bela"))
        for label in (f"call {ana.id}", f"call xmpp:{ana.id}", f"call {bela.id}"):
            storage.deadlines.put(made.campaign, label, NOW + HOUR, "Europe/Paris", NOW)
        for account in (ana, bela):
            storage.erasing.erase(storage.people.ensure(account, "", NOW).id, LATER)
        labels = [label for (label,) in rows(storage, "SELECT label FROM deadlines ORDER BY id")]
        assert all(label.startswith("call … ") for label in labels)
        assert len(set(labels)) == 3

    database.transaction(work)


def test_whose_account_differs_by_case_alone_is_somebody_else(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        for name in ("ana", "bela"):
            low, high = (Address(MATRIX, f"@{one}:exemple.example") for one in (name, name.title()))
            storage.sympathies.add(made.campaign, high, "$letter", f"$up-{name}")
            storage.erasing.erase(storage.people.ensure(low, name, NOW).id, LATER)
        assert len(rows(storage, "SELECT DISTINCT address FROM sympathies")) == 2
        both = ["@cleo:exemple.example", "@Cleo:exemple.example"]
        for erased, other in (both, both[::-1]):
            storage.organisations.change(made.other, listed={"representatives": both})
            storage.erasing.erase(storage.people.ensure(Address(MATRIX, erased), "", NOW).id, LATER)
            ((kept,),) = rows(storage, "SELECT listed FROM organisations WHERE listed LIKE '%cleo%'")
            assert json.loads(kept) == {"representatives": [other]}, "what the file says of them stands"

    database.transaction(work)
