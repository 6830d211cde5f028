"""What is asked for each line, or at each tick of the clock, is not looked for among all that was ever heard and said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from campaign.chat import MATRIX, XMPP
from storage.people import pointing_at
from storage.tables import boards, dispatches, files, outbox
from tests.storage.made import ANA, COOP, FORGE, HOUR, NOW, fill, said
from tests.storage.plans import explained

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table

    from storage.database import Database
    from storage.storage import Storage

GROWING = ("inbox", "outbox", "dispatches", "forgotten", "unread_events", "ballots")
"""Tables that grow with all that is said, whatever there is to do."""
ALL = re.compile(rf"SCAN ({'|'.join(GROWING)})\b|SEARCH ({'|'.join(GROWING)})\b.*\(network=\?\)")
"""A plan that looks through one of them, or through all there is of a network."""
PAIRS = [(room, f"$sealed-{number}") for room in (COOP, FORGE) for number in range(50)]


def _sealed(storage: Storage) -> None:
    for room, event in PAIRS:
        storage.unread.keep(
            MATRIX, room, event, sender=ANA.id, session=event, payload={"type": "m.room.encrypted"}, now=NOW
        )


def _open_sealed(storage: Storage) -> None:
    found = storage.unread.waiting(MATRIX, PAIRS)
    assert [(one.room, one.event) for one in found] == PAIRS
    storage.unread.were_read(MATRIX, PAIRS, NOW)
    assert not storage.unread.waiting(MATRIX, PAIRS)


def _ask_of_a_purpose(storage: Storage) -> None:
    for network, event in ((MATRIX, "$9"), (XMPP, "key-9")):
        assert storage.outbox.purpose_of(network, event) == ("asks" if network == MATRIX else "")
    assert storage.outbox.purpose_of(MATRIX, "key-9") == "asks"
    assert storage.dispatches.is_ours(MATRIX, "$9")
    assert not storage.dispatches.is_ours(XMPP, "$9")
    assert list(storage.outbox.said("asks").values()) == [[NOW]]
    assert len(storage.outbox.with_purpose("asks", "message")) == 1
    storage.outbox.unsay("asks")


def _forget_events(storage: Storage) -> None:
    later = NOW + 3 * HOUR
    for network, room, cursor in ((MATRIX, COOP, "sync"), (XMPP, FORGE, FORGE)):
        storage.inbox.move(network, {cursor: "2"}, later)
        assert storage.inbox.take(network, [(room, "$old"), (room, "$older")], NOW)
    storage.forgetting.events(0, NOW + HOUR, later, margin=HOUR, most=1000)
    for network, room in ((MATRIX, COOP), (XMPP, FORGE)):
        assert storage.inbox.forgotten_until(network, room) == NOW


def _ask_for_ballots(storage: Storage) -> None:
    (poll,) = storage.polls.of_campaign(1)
    (stands,) = storage.ballots.standing(poll.id)
    assert storage.ballots.latest(poll.id, stands.organisation_id) == stands
    storage.ballots.somebody_is_missing(poll.id)
    ballot = {"person_id": stands.person_id, "network": MATRIX, "event": "$later", "cast_at": NOW}
    storage.ballots.cast(poll.id, stands.organisation_id, standing=True, choice="no", **ballot)
    assert [one.choice for one in storage.ballots.standing(poll.id)] == ["no"]


ASKED: dict[str, Callable[[Storage], object]] = {
    "sealed events whose keys came": _open_sealed,
    "what a reply or a reaction means": _ask_of_a_purpose,
    "ballots": _ask_for_ballots,
    "polls as they are shown": lambda storage: storage.shown.open(),
    "the newest that was forgotten of a room": _forget_events,
    "an edit that waits": lambda storage: storage.boards.waiting_edit(1),
    "boards": lambda storage: storage.boards.kept(),
}


@pytest.mark.parametrize("what", ASKED)
def test_nothing_that_grows_is_looked_through(database: Database, what: str) -> None:
    def work(storage: Storage) -> None:
        made = fill(storage)
        _sealed(storage)
        row = storage.outbox.put(MATRIX, said(purpose="asks"), NOW, room=made.room)
        storage.dispatches.freeze(
            [row],
            key="key-9",
            network=MATRIX,
            room_id=made.room,
            payload={},
            private_with=None,
            file_id=None,
            now=NOW,
        )
        storage.dispatches.delivered("key-9", "$9", NOW)
        with explained() as plans:
            ASKED[what](storage)
        assert plans
        assert not [plan for plan in plans if ALL.search(plan)], plans

    database.transaction(work)


def test_whose_turn_it_is_is_told_without_a_look_at_what_is_said(database: Database) -> None:
    """A long message lies before most columns of its row, and would be read through to get at them."""

    def work(storage: Storage) -> None:
        made = fill(storage)
        with explained() as plans:
            storage.outbox.waiting(MATRIX)
        assert any("USING COVERING INDEX ix_outbox_waiting" in plan for plan in plans), plans
        with explained() as plans:
            storage.answers.lately(1, made.room, NOW)
            storage.answers.last(1, made.room)
        assert sum("INDEX ix_outbox_asker (asker=? AND id>?)" in plan for plan in plans) == 2, plans

    database.transaction(work)


def test_what_is_left_of_somebody_forgotten_is_found_by_its_mark(database: Database) -> None:
    def work(storage: Storage) -> None:
        fill(storage)
        person = storage.people.find(ANA)
        assert person is not None
        storage.erasing.erase(person.id, NOW)
        with explained() as plans:
            storage.unsaying.settle(NOW)
        assert any("ix_outbox_purpose (purpose=?)" in plan for plan in plans), plans

    database.transaction(work)


@pytest.mark.parametrize("table", [outbox, dispatches, files], ids=str)
def test_what_is_forgotten_is_looked_for_by_an_index_wherever_it_may_be_pointed_at(
    database: Database, table: Table
) -> None:
    """SQLite does so for each row that is deleted, and no plan of the deleting says how."""
    columns = pointing_at(table, but=[boards])  # of which there is one in a room
    assert columns

    def work(storage: Storage) -> None:
        for column in columns:
            with explained() as plans:
                storage._connection.execute(select(column).where(column == 1))
            assert plans, column
            assert all(plan.startswith("SEARCH") for plan in plans), (str(column), plans)

    database.transaction(work)
