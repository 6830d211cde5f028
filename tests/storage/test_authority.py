"""Rights to speak for an organisation and disputes, as they are kept, changed and joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, Address
from commands.organisations.authority import prove_again
from tests.storage.made import NOA, NOW, make, rows, sign

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

BO = Address(MATRIX, "@bo:picasoft.example")


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        ("domain", "roster", "roster"),
        ("verified", "campaigner", "campaigner"),
        ("second", "roster", "roster"),
        ("roster", "domain", "roster"),
        ("roster", "campaigner", "campaigner"),
        ("campaigner", "roster", "campaigner"),
        ("verified", "domain", "verified"),
        ("domain", "verified", "verified"),
    ],
)
def test_a_word_for_good_replaces_the_others(database: Database, first: str, then: str, kept: str) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        bo = storage.people.ensure(BO, "Bo", NOW).id
        storage.representatives.represent(made.other, bo, first, NOW)
        storage.representatives.represent(made.other, bo, then, NOW)
        assert storage.representatives.speaks_by(made.other, bo) == kept

    database.transaction(work)


@pytest.mark.parametrize(
    ("how", "domain", "speaks"),
    [
        ("domain", "picasoft.example", True),
        ("domain", "other.example", False),
        ("domain", "", False),
        ("roster", "other.example", True),
        ("verified", "other.example", True),
    ],
)
def test_a_right_by_domain_ends_with_the_domain(
    database: Database, how: str, domain: str, *, speaks: bool
) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        bo = storage.people.ensure(BO, "Bo", NOW).id
        for one in (made.organisation, made.other):
            storage.organisations.change(one, domain="picasoft.example")
        storage.representatives.represent(made.other, bo, how, NOW)
        storage.representatives.represent(made.organisation, bo, "domain", NOW)
        storage.organisations.change(made.other, domain=domain)
        prove_again(storage, frozenset(), NOW)
        assert storage.representatives.is_representative(made.other, bo) == speaks
        assert storage.representatives.is_representative(made.organisation, bo), (
            "the control: another's domain"
        )

    database.transaction(work)


def test_two_people_who_are_one_keep_the_better_right_and_one_dispute(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        bo, noa = storage.people.ensure(BO, "Bo", NOW), storage.people.ensure(NOA, "Noa", NOW)
        storage.representatives.represent(made.other, bo.id, "domain", NOW)
        storage.representatives.represent(made.other, noa.id, "roster", NOW)
        sign(storage, made, made.other, verified_by=noa.id)
        for one in (bo, noa):
            storage.disputes.open(
                1, NOW, person_id=one.id, address_id=one.address_id, room_id=made.room, reason=one.name
            )
        storage.people.join(bo.id, noa.id)
        assert storage.representatives.speaks_by(made.other, bo.id) == "roster"
        assert [one.reason for one in storage.disputes.of_campaign(made.campaign)] == ["Bo"]
        assert rows(storage, "SELECT verified_by FROM signatures") == [(bo.id,)]

    database.transaction(work)


def test_a_settled_dispute_is_kept_and_no_longer_open(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        bo = storage.people.ensure(BO, "Bo", NOW)
        sign(storage, made)
        again = {"person_id": bo.id, "address_id": bo.address_id, "room_id": made.room, "reason": "no"}
        storage.disputes.open(1, NOW, **again)  # type: ignore[arg-type]
        assert storage.disputes.disputed(made.campaign) == {made.organisation}
        assert not storage.disputes.was_settled(1, bo.id)
        (settled,) = storage.disputes.settle(1, "verified", NOW, by=made.person.id)
        assert (settled.reason, settled.number, settled.speaks) == ("no", 1, False)
        assert storage.disputes.was_settled(1, bo.id)
        assert storage.disputes.disputed(made.campaign) == frozenset()
        assert storage.disputes.settle(1, "rejected", NOW, by=made.person.id) == ()
        assert rows(storage, "SELECT outcome FROM disputes") == [("verified",)]

    database.transaction(work)
