"""What is kept sealed fills no disk, however much a stranger sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import MATRIX
from storage.unread import MOST_CHARACTERS
from tests.storage.made import COOP, NOW

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage


def test_a_room_keeps_so_much_sealed_and_no_more(database: Database) -> None:
    def work(storage: Storage) -> None:
        large = "x" * (MOST_CHARACTERS // 4)
        for room in (COOP, "!other:example.org"):
            for number in range(9):
                storage.unread.keep(
                    MATRIX,
                    room,
                    f"${number}",
                    sender="@x:example.org",
                    session="s",
                    payload={"x": large},
                    now=NOW,
                )
        kept = [one.room for one in storage.unread.waiting(MATRIX)]
        assert kept.count(COOP) == kept.count("!other:example.org") == 4
        storage.unread.were_read(MATRIX, [(COOP, "$0")], NOW)
        storage.unread.keep(
            MATRIX, COOP, "$9", sender="@x:example.org", session="s", payload={"x": "y"}, now=NOW
        )
        assert "$9" in [one.event for one in storage.unread.waiting(MATRIX)]

    database.transaction(work)
