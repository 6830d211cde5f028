"""What is remembered is what would be read again, whatever was written or undone meanwhile, and by whom."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from campaign.chat import MATRIX
from campaign.signature import LEVELS
from storage.memory import MOST, Memory, memory_of
from tests.storage.made import ANA, COLUMNS, NOA, NOW, Made, fill, sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.database import Database
    from storage.storage import Storage


class Mishap(Exception):
    pass


def everything_kept(storage: Storage, made: Made) -> list[object]:
    """Whatever the query classes remember, asked of rows that the writes below change."""
    return [
        storage.rooms.get(made.room),
        storage.rooms.find(MATRIX, storage.rooms.get(made.room).address),
        storage.rooms.find(MATRIX, "!new:example.org"),
        storage.rooms.campaigns_of(made.room),
        storage.campaigns.get(made.campaign),
        storage.letters.current(made.campaign),
        storage.letters.versions(made.campaign),
        storage.letters.drafts(made.campaign),
        storage.people.find(ANA),
        storage.people.find(NOA),
        [storage.organisations.of_person(person) for person in (1, 2, 3)],
        [storage.signatures.count(made.campaign, levels) for levels in (LEVELS[1:], LEVELS[1:2])],
    ]


def other_person(storage: Storage) -> int:
    found = storage.people.find(NOA)
    assert found is not None
    return found.id


def campaign_of_another_room(storage: Storage, made: Made) -> None:
    alias = storage.rooms.ensure(MATRIX, "#alias:example.org")
    storage.rooms.list_in(storage.campaigns.add("second", "Another", NOW, **COLUMNS).id, alias.id)
    storage.rooms.absorb(made.room, alias.id)


WRITES: dict[str, Callable[[Storage, Made], object]] = {
    "a room changes": lambda s, made: s.rooms.change(made.room, name="Le café", state="parked"),
    "a room is new": lambda s, _: s.rooms.ensure(MATRIX, "!new:example.org"),
    "a room becomes a campaign's": lambda s, made: s.rooms.list_in(
        s.campaigns.add("second", "Another", NOW, **COLUMNS).id, made.room
    ),
    "a room turns out to be another": campaign_of_another_room,
    "a letter's next version": lambda s, made: s.letters.add(
        made.campaign, "fr", NOW, title="Sauvons-le encore", summary="", text="Il le faut bien."
    ),
    "a letter's change of substance": lambda s, made: s.letters.add(
        made.campaign, "fr", NOW, title="Autre", summary="", text="Autre chose.", change="material"
    ),
    "a letter that waits": lambda s, made: s.letters.add(
        made.campaign, "fr", NOW, title="Autre", summary="", text="Autre chose.", change="pending"
    ),
    "a person calls themselves otherwise": lambda s, _: s.people.ensure(ANA, "Anaïs", NOW),
    "a person's language": lambda s, made: s.people.set_language(made.person.id, "en"),
    "two people are one": lambda s, made: s.people.join(other_person(s), made.person.id),
    "a person speaks for one more": lambda s, made: s.representatives.represent(
        made.other, made.person.id, "campaigner", NOW
    ),
    "an organisation changes": lambda s, made: s.organisations.change(
        made.organisation, name="Picasoft (UTC)"
    ),
    "a signature": lambda s, made: sign(s, made, made.other, level="declared"),
    "two signatures": lambda s, made: (
        sign(s, made, s.organisations.add("A", "a", NOW).id),
        sign(s, made, s.organisations.add("B", "b", NOW).id, level="verified"),
    ),
    "a signature changes": lambda s, _: s.signatures.change(1, level="verified"),
    "a signature ends": lambda s, _: s.signatures.end(1, "withdrawn", "changed our mind", NOW),
}


def after(storage: Storage, write: Callable[[Storage, Made], object]) -> tuple[list[object], list[object]]:
    """What is remembered after a write that followed on a first look, and what is really there."""
    made = fill(storage)
    everything_kept(storage, made)
    write(storage, made)
    remembered = everything(storage, made)
    memory_of(storage._connection).clear()
    return remembered, everything(storage, made)


def everything(storage: Storage, made: Made) -> list[object]:
    try:
        return everything_kept(storage, made)
    except LookupError:
        return []


@pytest.mark.parametrize("what", WRITES)
def test_whatever_is_written_is_read_again(database: Database, what: str) -> None:
    remembered, really = database.transaction(lambda storage: after(storage, WRITES[what]))
    assert remembered == really


@pytest.mark.parametrize("what", WRITES)
def test_control_a_memory_that_is_told_of_no_write_is_wrong(
    database: Database, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memory, "written", lambda *_: None)
    with pytest.raises((AssertionError, IntegrityError)):
        test_whatever_is_written_is_read_again(database, what)


@pytest.mark.parametrize("what", WRITES)
def test_what_was_undone_was_never_read(database: Database, what: str) -> None:
    def work(storage: Storage) -> None:
        made = fill(storage)
        before = everything_kept(storage, made)

        def undone() -> None:
            with storage.savepoint():
                WRITES[what](storage, made)
                everything(storage, made)
                raise Mishap

        with pytest.raises(Mishap):
            undone()
        assert everything_kept(storage, made) == before

    database.transaction(work)


def test_the_same_question_is_asked_once(database: Database) -> None:
    asked: list[str] = []

    def work(storage: Storage) -> None:
        made = fill(storage)
        everything_kept(storage, made)
        event.listen(storage._connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        everything_kept(storage, made)
        assert asked == []
        storage.rooms.change(made.room, name="Le café")
        everything_kept(storage, made)

    database.transaction(work)
    assert any(statement.startswith("SELECT rooms.id") for statement in asked)
    assert not any("FROM letters" in statement for statement in asked)


# --- from one transaction to the next


def name_of_the_room(storage: Storage) -> str:
    return storage.rooms.get(1).name


def asked_in(database: Database, work: Callable[[Storage], object]) -> list[str]:
    asked: list[str] = []

    def listening(storage: Storage) -> None:
        event.listen(storage._connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
        work(storage)

    database.transaction(listening)
    return asked


def test_the_writer_remembers_what_it_read(database: Database) -> None:
    made = database.transaction(fill)
    assert asked_in(database, lambda storage: everything_kept(storage, made)) != []
    assert asked_in(database, lambda storage: everything_kept(storage, made)) == []


def test_what_an_undone_transaction_read_is_forgotten(database: Database) -> None:
    database.transaction(fill)

    def work(storage: Storage) -> None:
        storage.rooms.change(1, name="Le café")
        assert name_of_the_room(storage) == "Le café"
        raise Mishap

    with pytest.raises(Mishap):
        database.transaction(work)
    assert database.transaction(name_of_the_room) == ""


def test_what_could_not_be_committed_is_forgotten(database: Database) -> None:
    made = database.transaction(fill)

    def work(storage: Storage) -> None:
        storage._connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        storage.campaigns.enrol(made.campaign, 999, NOW)
        storage.rooms.change(1, name="Le café")
        assert name_of_the_room(storage) == "Le café"

    with pytest.raises(IntegrityError):
        database.transaction(work)
    assert database.transaction(name_of_the_room) == ""


def test_what_another_program_writes_is_seen(database: Database) -> None:
    database.transaction(fill)
    database.transaction(name_of_the_room)
    with closing(sqlite3.connect(database.path)) as other, other:
        other.execute("UPDATE rooms SET name = 'Le café' WHERE id = 1")
    assert database.transaction(name_of_the_room) == "Le café"


def test_the_reader_sees_what_the_writer_wrote(database: Database) -> None:
    database.transaction(fill)
    assert database.transaction(name_of_the_room, writes=False) == ""
    database.transaction(lambda storage: storage.rooms.change(1, name="Le café"))
    assert database.transaction(name_of_the_room, writes=False) == "Le café"


@pytest.mark.parametrize(
    ("safeguard", "test"),
    [
        ("rolled back", test_what_an_undone_transaction_read_is_forgotten),
        ("rolled back", test_what_could_not_be_committed_is_forgotten),
        ("others write", test_what_another_program_writes_is_seen),
        ("others write", test_the_reader_sees_what_the_writer_wrote),
    ],
)
def test_control_without_its_safeguard_it_is_wrong(
    database: Database, safeguard: str, test: Callable[[Database], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memory, "clear" if safeguard == "rolled back" else "begins", lambda *_: None)
    with pytest.raises(AssertionError):
        test(database)


def test_it_does_not_grow_for_ever() -> None:
    memory = Memory()
    for number in range(3 * MOST):
        memory.keep(number, number, frozenset())
    assert sum(memory.get(number) is not None for number in range(3 * MOST)) <= MOST


# --- what rests on it


def test_signatures_are_numbered_without_a_gap_and_never_again(database: Database) -> None:
    def work(storage: Storage) -> list[int]:
        made = fill(storage)
        numbers = [sign(storage, made, made.other)]
        storage.signatures.end(2, "withdrawn", "", NOW)
        numbers.append(sign(storage, made, made.other))
        second = storage.campaigns.add("second", "Another", NOW, **COLUMNS)
        return [*numbers, sign(storage, Made(second.id, *list(vars(made).values())[1:]))]

    assert database.transaction(work) == [2, 3, 1]


def test_an_organisation_that_was_not_asked_is_enrolled_by_standing(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = fill(storage)
        new = storage.organisations.add("Nouvelle", "nouvelle", NOW).id
        storage.campaigns.stand(made.campaign, new, "declined", NOW, room_id=made.room)
        member = storage.campaigns.member(made.campaign, new)
        assert member is not None
        assert (member.standing, member.room_id) == ("declined", made.room)

    database.transaction(work)
