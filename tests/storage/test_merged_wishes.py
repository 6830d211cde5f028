"""Who wished not to be rung is not rung for having turned out to be somebody else too; and has it back afterwards."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.storage.made import HOUR, NOW, make

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.database import Database
    from storage.storage import Storage
    from tests.storage.made import Made

SOON, LATER = date(2027, 9, 10), date(2027, 9, 20)


def wishes(storage: Storage, made: Made, organisation: int) -> tuple[str, date | None]:
    member = storage.campaigns.member(made.campaign, organisation)
    assert member is not None
    return member.reminders, member.snoozed_until


def merged(storage: Storage, kept: dict[str, Any], gone: dict[str, Any]) -> Made:
    made = make(storage)
    for organisation, wish in ((made.organisation, kept), (made.other, gone)):
        if wish:
            storage.campaigns.prefer(made.campaign, organisation, **wish)
    storage.merges.merge(made.organisation, made.other, made.person.id, NOW)
    return made


def unmerge(storage: Storage) -> list[str]:
    return [one.what for one in storage.merges.undo(storage.merges.standing()[-1], NOW + HOUR)]


@pytest.mark.parametrize(
    ("kept", "gone", "both"),
    [
        ({}, {"reminders": "off"}, ("off", None)),
        ({"reminders": "off"}, {"reminders": "room"}, ("off", None)),
        ({"reminders": "room"}, {"reminders": "private"}, ("private", None)),
        ({"reminders": "room"}, {}, ("room", None)),
        ({}, {"snoozed_until": LATER}, ("", LATER)),
        ({"snoozed_until": LATER}, {"snoozed_until": SOON, "reminders": "room"}, ("room", LATER)),
    ],
)
def test_of_two_wishes_the_quieter_one_holds_and_both_come_back(
    database: Database, kept: dict[str, Any], gone: dict[str, Any], both: tuple[str, date | None]
) -> None:
    def work(storage: Storage) -> None:
        made = merged(storage, kept, gone)
        assert wishes(storage, made, made.organisation) == both
        assert unmerge(storage) == []
        for organisation, was in ((made.organisation, kept), (made.other, gone)):
            expected = (was.get("reminders", ""), was.get("snoozed_until"))
            assert wishes(storage, made, organisation) == expected

    database.transaction(work)


def since(word: str) -> Callable[[Storage, Made], None]:
    return lambda storage, made: storage.campaigns.stand(made.campaign, made.organisation, word, NOW + HOUR)


def test_the_wish_of_the_other_one_goes_though_the_kept_one_has_answered_since(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = merged(storage, {}, {"reminders": "off", "snoozed_until": LATER})
        since("declined")(storage, made)
        assert unmerge(storage) == []
        assert wishes(storage, made, made.organisation) == ("", None)
        assert wishes(storage, made, made.other) == ("off", LATER)
        member = storage.campaigns.member(made.campaign, made.organisation)
        assert member is not None
        assert member.standing == "declined"

    database.transaction(work)


def test_what_the_kept_one_wished_since_stays_its_own(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = merged(storage, {}, {"reminders": "off", "snoozed_until": LATER})
        storage.campaigns.prefer(made.campaign, made.organisation, reminders="room")
        unmerge(storage)
        assert wishes(storage, made, made.organisation) == ("room", None)
        assert wishes(storage, made, made.other) == ("off", LATER)

    database.transaction(work)


def test_a_word_that_was_taken_over_stays_lost_and_its_wish_is_given_back(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        storage.campaigns.stand(made.campaign, made.other, "declined", NOW + HOUR)
        storage.campaigns.prefer(made.campaign, made.other, reminders="off")
        storage.merges.merge(made.organisation, made.other, made.person.id, NOW + HOUR)
        since("deciding")(storage, made)
        assert unmerge(storage) == ["word"]
        assert wishes(storage, made, made.organisation) == ("", None)

    database.transaction(work)
