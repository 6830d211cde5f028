"""What is kept sealed fills no disk, however much a stranger sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX
from storage.unread import MOST, MOST_CHARACTERS
from tests.storage.made import COOP, NOW

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage


def test_a_room_keeps_so_much_sealed_and_no_more(database: Database) -> None:
    def work(storage: Storage) -> None:
        large = "x" * (MOST_CHARACTERS // 4)
        for room in (COOP, "!other:example.org"):
            for number in range(9):  # each of somebody else
                storage.unread.keep(
                    MATRIX,
                    room,
                    f"${number}",
                    sender=f"@x{number}:example.org",
                    session="s",
                    payload={"x": large},
                    now=NOW,
                )
        kept = [one.room for one in storage.unread.waiting(MATRIX, storage.unread.sessions(MATRIX))]
        assert kept.count(COOP) == kept.count("!other:example.org") == 4
        storage.unread.were_read(MATRIX, [(COOP, "$0")], NOW)
        storage.unread.keep(
            MATRIX, COOP, "$9", sender="@x:example.org", session="s", payload={"x": "y"}, now=NOW
        )
        assert "$9" in [one.event for one in storage.unread.waiting(MATRIX, storage.unread.sessions(MATRIX))]

    database.transaction(work)


@pytest.mark.parametrize("size", [60_000, 10])
def test_one_person_closes_nobody_elses_way(database: Database, size: int) -> None:
    def keep(storage: Storage, event: str, sender: str, room: str = COOP) -> None:
        storage.unread.keep(
            MATRIX, room, event, sender=sender, session="s", payload={"x": "x" * size}, now=NOW
        )

    def work(storage: Storage) -> None:
        for number in range(400):
            keep(storage, f"$junk-{number}", "@stranger:example.org")
        kept = storage.unread.waiting(MATRIX, storage.unread.sessions(MATRIX))
        assert len(kept) <= MOST // 4
        assert sum(len(one.payload["x"]) for one in kept) < MOST_CHARACTERS // 2
        for number, who in enumerate(("@camille:example.org", "@dom:example.org", "@stranger:example.org")):
            keep(storage, f"$vote-{number}", who)
        keep(storage, "$elsewhere", "@stranger:example.org", "!other:example.org")
        after = [one.event for one in storage.unread.waiting(MATRIX, storage.unread.sessions(MATRIX))][
            len(kept) :
        ]
        assert after == ["$vote-0", "$vote-1", "$elsewhere"]

    database.transaction(work)


def test_what_waits_is_found_by_its_key_however_many_keys_come(database: Database) -> None:
    def work(storage: Storage) -> None:
        for number in range(3):
            storage.unread.keep(
                MATRIX, COOP, f"${number}", sender="@x:example.org", session=f"s{number % 2}",
                payload={"x": number}, now=NOW,
            )  # fmt: skip
        assert storage.unread.sessions(MATRIX) == {(COOP, "s0"), (COOP, "s1")}
        came = {(COOP, "s0"), ("!other:example.org", "s1"), *((COOP, f"none {n}") for n in range(5000))}
        assert [one.event for one in storage.unread.waiting(MATRIX, came)] == ["$0", "$2"]
        storage.unread.were_read(MATRIX, [(COOP, f"${number}") for number in range(5000)], NOW)
        assert storage.unread.sessions(MATRIX) == frozenset()

    database.transaction(work)
