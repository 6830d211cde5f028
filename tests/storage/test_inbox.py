"""Each event counts once, in its own room, and is looked up by its key however many come at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP
from tests.storage.made import COOP, NOW
from tests.storage.plans import explained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Database
    from storage.inbox import Key
    from storage.storage import Storage

OTHER = "!other:example.org"
AGAIN: Sequence[tuple[Sequence[Key], set[Key]]] = [
    ([(COOP, "$1"), (OTHER, "$1"), (COOP, "$2")], {(OTHER, "$1"), (COOP, "$2")}),
    ([(COOP, "$1")], set()),
    ([(COOP, "$3"), (COOP, "$3")], {(COOP, "$3")}),
    ([(OTHER, "$private"), (COOP, "$private"), (COOP, "$private\0")], {(COOP, "$private\0")}),
]


@pytest.mark.parametrize(("come", "fresh"), AGAIN)
def test_an_event_counts_once_in_each_room_and_never_again_where_its_place_was_erased(
    database: Database, come: Sequence[Key], fresh: set[Key]
) -> None:
    def work(storage: Storage) -> None:
        assert storage.inbox.take(MATRIX, [(COOP, "$1"), ("", "$private")], NOW)
        assert storage.inbox.take(MATRIX, come, NOW) == fresh
        assert storage.inbox.take(MATRIX, come, NOW) == set()
        assert storage.inbox.take(XMPP, come, NOW) == set(come)
        assert storage.inbox.knows(MATRIX, COOP, "$1")
        assert not storage.inbox.knows(MATRIX, COOP, "$private")

    database.transaction(work)


def test_of_many_events_each_is_looked_up_by_its_key(database: Database) -> None:
    keys = [(room, f"${number}") for number in range(50) for room in (COOP, OTHER)]
    with explained() as plans:
        database.transaction(lambda storage: storage.inbox.take(MATRIX, keys, NOW))
    assert plans
    assert all("(network=? AND scope=? AND event=?)" in plan for plan in plans), plans
