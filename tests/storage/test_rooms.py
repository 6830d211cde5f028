"""Which room may take another one's place: what waited for some people is never said before others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX
from tests.storage.made import COLUMNS, NOW

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

OLD, NEW = "!old:example.org", "!new:example.org"


@pytest.mark.parametrize(
    ("old_listed", "new_listed", "followed", "takes_over"),
    [
        (False, False, False, True),
        (True, False, False, True),
        (True, True, False, True),
        (False, True, False, False),
        (True, False, True, True),
    ],
    ids=["in no campaign", "not listed yet", "the same campaign", "a stranger's room", "followed already"],
)
def test_a_room_takes_over_only_what_was_for_its_people(
    database: Database, *, old_listed: bool, new_listed: bool, followed: bool, takes_over: bool
) -> None:
    def work(storage: Storage) -> None:
        campaign = storage.campaigns.add("ngi", "A letter", NOW, **COLUMNS)
        old = storage.rooms.ensure(MATRIX, OLD, state="joined")
        new = storage.rooms.ensure(MATRIX, NEW, state="joined")
        for room, listed in ((old, old_listed), (new, new_listed)):
            if listed:
                storage.rooms.list_in(campaign.id, room.id)
        storage.rooms.change(old.id, state="parked", why="replaced")
        if followed:
            assert list(storage.rooms.succeed(storage.rooms.get(old.id), new.id)) == [campaign.id]
        found = storage.rooms.successor(storage.rooms.get(old.id), NEW)
        assert (found is not None) == takes_over

    database.transaction(work)
