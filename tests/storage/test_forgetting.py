"""What is old goes, a little at a time; what may still be needed stays, however old it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign.chat import MATRIX, XMPP, File
from commands.privacy.forgetting import AT_ONCE, BEHIND, EVERY, REMEMBERED, UNSEEN, Forgetting
from tests.storage.made import COOP, FORGE, HOUR, NOW, fill, make, rows, said, sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from storage.database import Database
    from storage.storage import Storage
    from tests.storage.made import Made

DAY = 24 * HOUR
LATER = NOW + REMEMBERED + DAY
"""When everything of now is old."""
PARTNER = "ana@example.org"
OWN = "tocsin@example.org"


def forget(database: Database, now: datetime = LATER) -> int:
    """Forget all there is to forget; return how many steps it took."""
    forgetting, steps = Forgetting(), 0
    while forgetting.is_due(now):
        database.transaction(lambda storage: forgetting.step(storage, now))
        steps += 1
    return steps


def found(database: Database, query: str) -> list[tuple[Any, ...]]:
    return database.transaction(lambda storage: rows(storage, query), writes=False)


def events(database: Database) -> list[str]:
    return [event for (event,) in found(database, "SELECT event FROM inbox ORDER BY id")]


# --- events


def test_an_event_is_known_again_for_as_long_as_is_promised(database: Database, made: Made) -> None:
    def take(storage: Storage) -> None:
        storage.inbox.take(MATRIX, [(COOP, "$old")], NOW)
        storage.inbox.take(MATRIX, [(COOP, "$new")], NOW + DAY)
        storage.inbox.move(MATRIX, {"sync": "s1"}, NOW + 3 * DAY)

    database.transaction(take)
    forget(database, NOW + REMEMBERED)
    assert events(database) == ["$old", "$new"], "not a second before"
    forget(database, NOW + REMEMBERED + timedelta(seconds=1))
    assert events(database) == ["$new"]


@pytest.mark.parametrize(
    ("network", "scope", "cursor"),
    [(MATRIX, COOP, "sync"), (XMPP, FORGE, FORGE), (XMPP, PARTNER, OWN)],
    ids=["a Matrix room", "an XMPP room", "an XMPP chat"],
)
def test_what_lies_near_its_cursor_stays_however_old(
    database: Database, network: str, scope: str, cursor: str
) -> None:
    """A server that was away for months may tell again what lies just behind the cursor."""

    def take(storage: Storage) -> None:
        storage.rooms.ensure(XMPP, FORGE)
        storage.rooms.ensure(XMPP, PARTNER, direct=True)
        storage.inbox.take(network, [(scope, "before")], NOW - BEHIND - HOUR)
        storage.inbox.take(network, [(scope, "near")], NOW - BEHIND + HOUR)
        storage.inbox.move(network, {cursor: "1"}, NOW)
        storage.inbox.take(network, [(scope, "not acknowledged")], NOW + DAY)
        # Others go on meanwhile, on this network and the other one.
        storage.inbox.move(XMPP if network == MATRIX else MATRIX, {"sync": "2"}, NOW + 900 * DAY)
        storage.inbox.move(XMPP, {"elsewhere@rooms.example.org": "2"}, NOW + 900 * DAY)
        storage.rooms.ensure(XMPP, "elsewhere@rooms.example.org")

    database.transaction(take)
    if network == XMPP and scope == PARTNER:
        # The cursor of the other account-wide scope above is not of this test.
        database.transaction(lambda storage: storage.inbox.forget_cursor(XMPP, "sync"))
    forget(database, NOW + 999 * DAY)
    assert events(database) == ["near", "not acknowledged"]


def test_where_nothing_can_be_read_again_age_alone_counts(database: Database) -> None:
    def take(storage: Storage) -> None:
        storage.inbox.move(XMPP, {OWN: "1"}, NOW - 900 * DAY)
        room = storage.rooms.ensure(XMPP, FORGE, archived=False)
        assert room.address == FORGE
        storage.inbox.take(XMPP, [(FORGE, "live:1")], NOW)

    database.transaction(take)
    forget(database)
    assert events(database) == []


def test_a_cursor_of_which_nobody_knows_when_it_moved_keeps_everything(database: Database) -> None:
    """As after the migration, until it moves."""

    def take(storage: Storage) -> None:
        storage.inbox.take(MATRIX, [(COOP, "$1")], NOW)
        storage.inbox.move(MATRIX, {"sync": "s1"}, NOW)
        storage._connection.exec_driver_sql("UPDATE cursors SET moved_at = NULL")

    database.transaction(take)
    forget(database)
    assert events(database) == ["$1"]
    database.transaction(lambda storage: storage.inbox.move(MATRIX, {"sync": "s2"}, LATER))
    forget(database)
    assert events(database) == []


def test_it_is_remembered_up_to_when_was_forgotten(database: Database, made: Made) -> None:
    def take(storage: Storage) -> None:
        storage.inbox.take(MATRIX, [("!quiet:example.org", "$1")], NOW - 9 * DAY)
        for hours in range(3):
            storage.inbox.take(MATRIX, [(COOP, f"$coop{hours}")], NOW + hours * HOUR)
        storage.inbox.move(MATRIX, {"sync": "s1"}, LATER)

    def until(room: str) -> datetime | None:
        return database.transaction(lambda storage: storage.inbox.forgotten_until(MATRIX, room))

    database.transaction(take)
    assert until(COOP) is None
    forget(database, NOW + REMEMBERED + HOUR + timedelta(seconds=1))
    assert events(database) == ["$coop2"]
    assert until(COOP) == NOW + HOUR
    assert until("!quiet:example.org") == NOW - 9 * DAY
    forget(database)
    assert until(COOP) == NOW + 2 * HOUR


def test_it_is_done_in_small_steps_that_step_over_what_stays(database: Database, made: Made) -> None:
    kept = AT_ONCE + 10

    def take(storage: Storage) -> None:
        storage.rooms.ensure(XMPP, FORGE)
        storage.inbox.take(XMPP, [(FORGE, f"kept{number}") for number in range(kept)], NOW)
        storage.inbox.move(XMPP, {FORGE: "1"}, NOW)
        storage.inbox.take(MATRIX, [(COOP, f"$gone{number}") for number in range(3 * AT_ONCE)], NOW)
        storage.inbox.take(MATRIX, [(COOP, "$new")], LATER)
        storage.inbox.move(MATRIX, {"sync": "s1"}, LATER)

    database.transaction(take)
    forgetting, left = Forgetting(), list[int]()
    while forgetting.is_due(LATER):
        database.transaction(lambda storage: forgetting.step(storage, LATER))
        left.append(len(events(database)))
    assert (
        max(before - after for before, after in zip([kept + 3 * AT_ONCE + 1, *left], left, strict=False))
        <= AT_ONCE
    )
    assert left[-1] == kept + 1
    assert not forgetting.is_due(LATER + EVERY / 2), "nothing is left: it rests"
    assert forgetting.is_due(LATER + EVERY)
    assert forgetting.is_due(LATER - EVERY), "a clock that was set back"


def test_a_clock_that_was_ahead_for_a_while_does_not_stop_it(database: Database, made: Made) -> None:
    def take(storage: Storage) -> None:
        ahead = NOW + 3650 * DAY
        storage.inbox.take(MATRIX, [(COOP, f"$ahead{number}") for number in range(2 * AT_ONCE)], ahead)
        for number in range(AT_ONCE):
            deliver(storage, made, f"ahead{number}", ahead)
        storage.inbox.take(MATRIX, [(COOP, "$old")], NOW)
        deliver(storage, made, "old", NOW)
        storage.inbox.move(MATRIX, {"sync": "s1"}, NOW + 3 * DAY)

    database.transaction(take)
    forget(database)
    assert len(events(database)) == 2 * AT_ONCE
    assert found(database, "SELECT count(*) FROM outbox") == [(AT_ONCE,)]


# --- messages


def deliver(
    storage: Storage,
    made: Made,
    key: str,
    at: datetime,
    *,
    purpose: str = "",
    state: str = "delivered",
    file: File | None = None,
) -> int:
    """Say something, and let this come of it."""
    message = said(key, purpose=purpose)
    row = storage.outbox.put(MATRIX, message, at, room=made.room, file=file)
    if state == "waiting":
        return row
    ((held,),) = [tuple(one) for one in rows(storage, "SELECT file_id FROM outbox ORDER BY id DESC LIMIT 1")]
    storage.dispatches.freeze(
        [row], key=key, network=MATRIX, room_id=made.room, payload={"text": key, "mentions": []},
        private_with=None, file_id=held, now=at,
    )  # fmt: skip
    if state == "delivered":
        storage.dispatches.delivered(key, f"${key}", at)
    elif state in ("uncertain", "failed"):
        getattr(storage.undelivered, state)(key, "why", at)
    return row


def test_what_was_said_goes_with_its_dispatch_and_file(database: Database, made: Made) -> None:
    def work(storage: Storage) -> None:
        deliver(storage, made, "old", NOW, file=File("a.csv", "text/csv", b"a"))
        settled = storage.outbox.put(MATRIX, said("given up"), NOW, room=made.room)
        storage.outbox.settle([settled])
        deliver(storage, made, "new", LATER, file=File("b.csv", "text/csv", b"b"))

    database.transaction(work)
    forget(database)
    assert found(database, "SELECT key FROM dispatches") == [("new",)]
    assert found(database, "SELECT dispatch_key FROM outbox") == [("new",)]
    assert found(database, "SELECT name FROM files") == [("b.csv",)]


def test_what_was_said_together_goes_together(database: Database, made: Made) -> None:
    count = AT_ONCE + 50

    def work(storage: Storage) -> None:
        ids = [storage.outbox.put(MATRIX, said(), NOW, room=made.room) for _ in range(count)]
        for key, part in (("a", ids[: count // 2]), ("b", ids[count // 2 :])):
            storage.dispatches.freeze(
                part, key=key, network=MATRIX, room_id=made.room, payload={}, private_with=None, file_id=None,
                now=NOW,
            )  # fmt: skip
            storage.dispatches.delivered(key, f"${key}", NOW)

    database.transaction(work)
    database.transaction(
        lambda storage: storage.forgetting.messages(0, LATER - REMEMBERED, LATER, most=AT_ONCE)
    )
    assert found(database, "SELECT key, count(*) FROM dispatches GROUP BY key") == [("b", 1)], (
        "half of it is left"
    )
    forget(database)
    assert found(database, "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM dispatches)") == [
        (0, 0)
    ]


@pytest.mark.parametrize("state", ["waiting", "sending", "uncertain"])
def test_what_has_not_ended_stays(database: Database, made: Made, state: str) -> None:
    database.transaction(lambda storage: deliver(storage, made, "k", NOW, state=state))
    forget(database)
    assert found(database, "SELECT count(*) FROM outbox") == [(1,)]


def test_a_thumb_up_on_the_letter_counts_while_the_campaign_is_open(database: Database, made: Made) -> None:
    def work(storage: Storage) -> None:
        deliver(storage, made, "letter", NOW, purpose=f"letter:{made.campaign}")
        deliver(storage, made, "prompt", NOW, purpose="prompt:1")

    def means(event: str) -> str:
        return database.transaction(lambda storage: storage.outbox.purpose_of(MATRIX, event))

    database.transaction(work)
    assert means("$prompt") == "prompt:1"
    forget(database)
    assert (means("$letter"), means("$prompt")) == ("letter:1", "")
    database.transaction(
        lambda storage: storage._connection.exec_driver_sql("UPDATE campaigns SET closed_at = '2027-10-01'")
    )
    forget(database)
    assert found(database, "SELECT count(*) FROM outbox") == [(0,)]


def test_the_history_of_what_was_sent_again_goes_from_its_end(database: Database, made: Made) -> None:
    def work(storage: Storage) -> None:
        deliver(storage, made, "first", NOW, state="failed")
        one = storage.undelivered.by_number(1)
        assert one is not None
        storage.undelivered.retry(one, LATER)
        deliver(storage, made, "other", NOW, state="failed")

    database.transaction(work)
    forget(database)
    assert found(database, "SELECT key, state, number FROM dispatches ORDER BY number") == [
        ("first", "retried", 1),
        ("other", "failed", 2),
    ], "the first waits for the one that repeats it, and the last number is never given again"

    def finish(storage: Storage) -> None:
        (row,) = storage.outbox.waiting(MATRIX)
        storage.dispatches.freeze(
            [row.id], key="again", network=MATRIX, room_id=made.room, payload={}, private_with=None, file_id=None,
            now=LATER,
        )  # fmt: skip
        storage.dispatches.delivered("again", "$again", LATER)

    database.transaction(finish)
    much_later = LATER + REMEMBERED + DAY
    forget(database, much_later)
    forget(database, much_later)
    assert found(database, "SELECT key FROM dispatches") == [("other",)]
    third = database.transaction(
        lambda storage: (
            deliver(storage, made, "third", NOW, state="failed"),
            storage.undelivered.by_number(3),
        )
    )
    assert third[1] is not None


# --- questions, codes, quarantine


def test_questions_and_codes_stay_for_what_was_said_while_the_bot_was_away(
    database: Database, made: Made
) -> None:
    """A `!confirm` said in time is taken once the bot is back, as of when it was said."""

    def work(storage: Storage) -> None:
        choices = [{"command": "sign", "arguments": {}}]
        for room in (made.room, storage.rooms.ensure(MATRIX, "!b:example.org").id):
            storage.prompts.ask(made.person.id, room, choices, NOW, NOW + DAY)
        storage.people.give_code("ABCD2345", made.person, NOW + HOUR)

    database.transaction(work)
    forget(database, NOW + 20 * DAY)
    assert database.transaction(
        lambda storage: storage.prompts.waiting(made.person.id, made.room, NOW + HOUR)
    )
    assert database.transaction(lambda storage: storage.people.code("ABCD2345", NOW))
    forget(database, LATER + DAY)
    assert found(database, "SELECT id FROM prompts") == [(2,)], (
        "the newest stays: an id never means two questions"
    )
    assert found(database, "SELECT code FROM link_codes") == []
    new = database.transaction(
        lambda storage: storage.prompts.ask(made.person.id, made.room, [], LATER, LATER + DAY)
    )
    assert new == 3


def test_what_could_not_be_taken_goes_once_it_was_looked_at(database: Database) -> None:
    def work(storage: Storage) -> None:
        for number in range(UNSEEN + 20):
            storage.inbox.quarantine(
                f"{number:06}", MATRIX, (COOP, f"${number}"), NOW, what="Said", error="E"
            )
        storage.inbox.see(NOW, f"{UNSEEN + 1:06}")

    database.transaction(work)
    forget(database, NOW + REMEMBERED)
    assert found(database, "SELECT count(*) FROM quarantine") == [(UNSEEN + 20,)]
    forget(database)
    assert found(database, "SELECT count(*), min(reference) FROM quarantine") == [(UNSEEN - 1, "000020")]


def test_the_campaign_itself_is_never_forgotten(database: Database) -> None:
    def everything(storage: Storage) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table: rows(storage, f"SELECT * FROM {table}")  # noqa: S608 - our own tables
            for table in KEPT
        }

    made = database.transaction(fill)
    database.transaction(lambda storage: sign(storage, made, made.other))
    before = database.transaction(everything)
    assert all(before.values()), "there is something in each"
    forget(database, NOW + 3650 * DAY)
    assert database.transaction(everything) == before


KEPT = (
    "devices", "cursors", "rooms", "campaigns", "campaign_rooms", "letters", "people", "addresses", "organisations",
    "organisation_names", "representatives", "campaign_organisations", "signatures", "sympathies", "polls",
    "electors", "ballots", "deadlines", "reminders", "audit",
)  # fmt: skip


@pytest.fixture(params=["a month", "a year"])
def life(request: pytest.FixtureRequest, database: Database) -> Callable[[], int]:
    """Rooms that talk every hour, and the bot that answers, for a while; give back how many rows there are then."""
    days = 30 if request.param == "a month" else 365

    def live() -> int:
        made = database.transaction(make)
        forgetting = Forgetting()
        for day in range(days):
            now = NOW + day * DAY

            def work(storage: Storage, now: datetime = now, day: int = day) -> None:
                storage.inbox.take(MATRIX, [(COOP, f"${day}-{number}") for number in range(24)], now)
                deliver(storage, made, f"k{day}", now)
                storage.prompts.ask(made.person.id, made.room, [], now, now + DAY)
                storage.inbox.move(MATRIX, {"sync": str(day)}, now)
                while forgetting.is_due(now):
                    forgetting.step(storage, now)

            database.transaction(work)
        ((count,),) = found(
            database,
            "SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM prompts)",
        )
        return int(count)

    return live


def test_it_does_not_grow_for_ever(life: Callable[[], int]) -> None:
    assert life() <= 47 * 26
