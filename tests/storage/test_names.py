"""The stored normal forms follow their rule when it changes, and no organisation is lost by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign.organisation import normal_form

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

NOW = datetime(2024, 9, 1, tzinfo=UTC)


def test_names_are_found_under_the_rule_of_today(database: Database) -> None:
    def work(storage: Storage) -> None:
        first = storage.organisations.add("Foo gGmbH", "foo ggmbh", NOW)
        second = storage.organisations.add(
            "Bar", "foo", NOW
        )  # what one rule gave to one, another gives to another
        storage.organisations.alias(second.id, "Baz", "baz")
        assert storage.organisations.renormalise(normal_form) == []
        assert [storage.organisations.find(form) for form in ("foo", "bar", "baz", "foo ggmbh")] == [
            first,
            second,
            second,
            None,
        ]

    database.transaction(work)


def test_two_that_come_to_one_name_are_told_and_both_stay(database: Database) -> None:
    def work(storage: Storage) -> None:
        older = storage.organisations.add("Foo", "foo", NOW)
        younger = storage.organisations.add("Foo S.L.U.", "foo slu", NOW)
        storage.organisations.alias(older.id, "Foo gGmbH", "foo ggmbh")
        for _ in range(2):
            assert storage.organisations.renormalise(normal_form) == [("Foo", "Foo S.L.U.")]
            assert storage.organisations.find("foo") == older
            assert storage.organisations.names_of(younger.id) == ["Foo S.L.U."]
            assert storage.organisations.names_of(older.id) == ["Foo"]
            assert storage.organisations.suggestable([younger.id, older.id]) == [younger, older]

    database.transaction(work)


def test_doing_it_again_writes_nothing(database: Database) -> None:
    def work(storage: Storage) -> None:
        storage.organisations.add("Foo", "foo", NOW)
        storage.organisations.add("Foo asbl", "foo asbl", NOW)
        storage.organisations.renormalise(normal_form)
        stamp = storage.organisations.names_stamp()
        storage.organisations.renormalise(normal_form)
        assert storage.organisations.names_stamp() == stamp
        storage.organisations.add("Bar", "bar", NOW)
        assert storage.organisations.names_stamp() != stamp

    database.transaction(work)


def test_the_stamp_tells_of_others_who_write(database: Database) -> None:
    def stamp() -> object:
        return database.transaction(lambda storage: storage.organisations.names_stamp())

    before = stamp()
    assert stamp() == before
    database.transaction(lambda storage: storage.organisations.add("Foo", "foo", NOW))
    between = stamp()
    assert between != before
    import sqlite3

    with sqlite3.connect(database.path) as other:
        other.execute("UPDATE organisation_names SET name = 'Fou'")
    other.close()
    assert stamp() != between
