"""What may not have arrived is told, listed, and sent once more or left, as a campaigner decides; only the network is played."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import Batch, Refused
from campaign.chat import MATRIX, XMPP, Echo, File, Message, Room, say
from tests.bot.delivery.bench import Bench, say_to
from tests.bot.scripted import COOP, FORGE, NOA, NOW, TEAM, Network, waiting

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

WITH_NOA = Room(XMPP, "noa@example.org")


async def dispatches(database: Database) -> list[tuple[object, ...]]:
    query = "SELECT state, number, payload, private_with, file_id, key FROM dispatches ORDER BY rowid"
    return await database.read(
        lambda storage: [tuple(row) for row in storage._connection.exec_driver_sql(query)]
    )


async def refuse(matrix: Bench, text: str = "hello", purpose: str = "") -> None:
    """Something that the server refuses."""
    matrix.network.script[COOP].append(Refused("M_FORBIDDEN (HTTP 403)"))
    await matrix.put(COOP, text, purpose=purpose)
    await matrix.settle()


async def test_what_was_refused_is_told_with_its_number_and_the_two_ways_out(matrix: Bench) -> None:
    await refuse(matrix)
    (told,) = matrix.network.texts(TEAM)
    assert "M_FORBIDDEN (HTTP 403)" in told
    assert "!outbox retry 1" in told
    assert "!outbox drop 1" in told


async def test_sent_once_more_it_is_the_same_under_another_key_and_both_are_kept(matrix: Bench) -> None:
    await refuse(matrix, purpose="letter:1")
    async with matrix.running():
        await say_to(matrix, "!outbox retry 1", "$1")
        await matrix.delivery.settled()
        assert matrix.network.texts(COOP) == [], "asked once more first"
        await say_to(matrix, "!confirm", "$2")
        await matrix.network.until(lambda: bool(matrix.network.texts(COOP)))
        await matrix.delivery.settled()
    assert matrix.network.texts(COOP) == ["hello"]
    rows = await dispatches(matrix.database)
    old = rows[0]
    again = next(row for row in rows[1:] if row[2] == old[2])
    assert (old[0], old[1]) == ("retried", 1)
    assert (again[0], again[1]) == ("delivered", None)
    assert old[-1] != again[-1]
    audit = await matrix.database.read(
        lambda storage: storage._connection.exec_driver_sql(
            "SELECT act, person_id IS NOT NULL FROM audit WHERE act LIKE 'message%'"
        ).all()
    )
    assert [tuple(row) for row in audit] == [("message retried", 1)]
    meaning = await matrix.database.read(lambda storage: storage.outbox.purpose_of(MATRIX, _event(matrix)))
    assert meaning == "letter:1", "a thumb up on it still counts"


def _event(matrix: Bench) -> str:
    """The event under which the message was shown in the room."""
    return next(
        f"$shown-{number}" for number, (room, _, _) in enumerate(matrix.network.visible) if room == COOP
    )


@pytest.mark.parametrize("when", ["before it is begun", "after it is begun"])
async def test_a_restart_sends_it_once(matrix: Bench, when: str) -> None:
    await refuse(matrix)
    await say_to(matrix, "!outbox retry 1", "$1")
    await say_to(matrix, "!confirm", "$2")
    if when == "after it is begun":
        await matrix.database.write(matrix.delivery._claiming.claim)
    again = Bench(matrix.database, matrix.network)
    await again.settle()
    await Bench(matrix.database, matrix.network).settle()
    assert matrix.network.texts(COOP) == ["hello"]


async def test_sent_once_more_twice_it_is_sent_once(matrix: Bench) -> None:
    await refuse(matrix)
    for number in range(3):
        await say_to(matrix, "!outbox retry 1", f"$a{number}")
        await say_to(matrix, "!confirm", f"$b{number}")
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["hello"]


async def test_it_keeps_its_place_and_is_merged_with_nothing(matrix: Bench) -> None:
    await refuse(matrix)
    await matrix.put(COOP, "before")
    await say_to(matrix, "!outbox retry 1", "$1")
    await say_to(matrix, "!confirm", "$2")
    await matrix.put(COOP, "after")
    # What waited is claimed with the answer; the rest while that is under way.
    await Bench(matrix.database, matrix.network).settle()
    assert matrix.network.texts(COOP) == ["before", "hello", "after"]


async def test_dropped_it_is_never_sent_and_stays_in_the_book(matrix: Bench) -> None:
    await refuse(matrix)
    await say_to(matrix, "!outbox drop 1", "$1")
    assert (await dispatches(matrix.database))[0][0] == "failed", "asked once more first"
    await say_to(matrix, "!confirm", "$2")
    await say_to(matrix, "!outbox retry 1", "$3")
    await say_to(matrix, "!confirm", "$4")
    await matrix.settle()
    assert matrix.network.texts(COOP) == []
    assert (await dispatches(matrix.database))[0][:2] == ("dropped", 1)


async def test_seen_after_all_before_it_leaves_it_is_not_sent_again(matrix: Bench) -> None:
    """Its echo came late: a campaigner has decided meanwhile, and nothing has left yet."""
    await refuse(matrix)
    key = str((await dispatches(matrix.database))[0][-1])
    await say_to(matrix, "!outbox retry 1", "$1")
    await say_to(matrix, "!confirm", "$2")
    await matrix.put(COOP, "next")
    await matrix.intake.take(MATRIX, Batch((Echo(COOP, "$late", key, NOW),)), lambda _: None)
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["next"], "and what waits behind it is not held up"
    assert (await dispatches(matrix.database))[0][0] == "delivered"


async def test_a_room_the_bot_was_sent_away_from_is_named(matrix: Bench) -> None:
    await refuse(matrix)

    def park(storage: Storage) -> None:
        storage.rooms.change(storage.rooms.ensure(MATRIX, COOP.id).id, state="parked")

    await matrix.database.write(park)
    await say_to(matrix, "!outbox retry 1", "$1")
    await say_to(matrix, "!confirm", "$2")
    assert (await dispatches(matrix.database))[0][0] == "failed"
    assert any("I am not in" in text for _, text in await waiting(matrix.database))


@pytest.mark.parametrize("uploaded", [True, False])
async def test_a_file_is_sent_again_where_it_lies_or_not_at_all(matrix: Bench, *, uploaded: bool) -> None:
    if uploaded:
        matrix.network.script[COOP].append(Refused("M_FORBIDDEN (HTTP 403)"))
    else:
        matrix.network.uploading.append(Refused("M_TOO_LARGE (HTTP 413)"))

    def work(storage: Storage) -> None:
        room = storage.rooms.ensure(MATRIX, COOP.id)
        message = Message((say("The list."),))
        storage.outbox.put(MATRIX, message, NOW, room=room.id, file=File("list.csv", "text/csv", b"a;b"))

    await matrix.database.write(work)
    await matrix.settle()
    await say_to(matrix, "!outbox retry 1", "$1")
    await say_to(matrix, "!confirm", "$2")
    await matrix.settle()
    assert matrix.network.files == ([b"a;b"] if uploaded else [])
    assert matrix.network.texts(COOP) == (["The list."] if uploaded else [])
    told = matrix.network.texts(TEAM)
    assert any("no longer held" in text for text in told) is not uploaded


async def test_what_was_for_one_person_alone_is_checked_again_when_it_leaves(matrix: Bench) -> None:
    matrix.network.script[Room(MATRIX, "!with-@ana:example.org")].append(Refused("M_LIMIT (HTTP 400)"))

    def work(storage: Storage) -> None:
        person = next(iter(storage.representatives.of(1)))
        address = storage.people.addresses(person)[0]
        found = storage.people.find(address)
        assert found is not None
        storage.outbox.put(MATRIX, Message((say("Your code."),), private=True), NOW, address=found.address_id)

    await matrix.database.write(work)
    await matrix.settle()
    assert matrix.network.texts(TEAM) == [], "what is refused in somebody's own chat is theirs"
    await say_to(matrix, "!outbox", "$0")
    await say_to(matrix, "!outbox retry 1", "$1")
    await say_to(matrix, "!confirm", "$2")
    await matrix.settle()
    first, *_, last = [check for check in matrix.network.private_checks if check]
    assert first == last
    assert matrix.network.texts(Room(MATRIX, "!with-@ana:example.org")) == ["Your code."]
    (listed,) = [text for text in matrix.network.texts(TEAM) if "did not arrive" in text]
    assert "code" not in listed, "campaigners do not read it"


async def unsure(xmpp: Bench, room: Room) -> None:
    """A message in a room without an archive was under way when the bot was killed."""

    def work(storage: Storage) -> None:
        row = storage.rooms.ensure(XMPP, room.id, state="joined", direct=room == WITH_NOA)
        storage.rooms.change(
            row.id, archived=False, state="joined", partner=room.id if room == WITH_NOA else ""
        )
        storage.outbox.put(XMPP, Message((say("hello"),)), NOW, room=row.id)

    await xmpp.database.write(work)
    await xmpp.database.write(xmpp.delivery._claiming.claim)


async def test_what_nobody_can_tell_is_told_once_with_its_number(database: Database) -> None:
    xmpp = Bench(database, Network(XMPP, echoes=True))
    await unsure(xmpp, FORGE)
    for _ in range(3):
        await Bench(database, xmpp.network).settle()
    told = [text for _, text in await waiting(database, MATRIX)]
    (one,) = [text for text in told if "I cannot tell whether" in text]
    assert "!outbox retry 1" in one
    assert "!outbox drop 1" in one
    assert xmpp.network.texts(FORGE) == []
    team = Bench(database, Network(MATRIX))
    await say_to(team, "!outbox retry 1", "$1")
    await say_to(team, "!confirm", "$2")
    await Bench(database, xmpp.network).settle()
    assert xmpp.network.texts(FORGE) == ["hello"], "decided on the other network, it leaves on its own"


async def test_control_campaigners_are_not_told_of_what_was_for_them(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Or being told would fail in its turn, and be told of, without end."""
    xmpp = Bench(database, Network(XMPP, echoes=True))
    await unsure(xmpp, WITH_NOA)
    assert NOA.id == WITH_NOA.id
    with caplog.at_level(logging.ERROR):
        await Bench(database, xmpp.network).settle()
    assert (await dispatches(database))[0][0] == "uncertain"
    assert await waiting(database, MATRIX) == []
    assert [record.getMessage() for record in caplog.records] == ["a message did not arrive"]


async def test_what_goes_wrong_twice_keeps_its_number_and_is_decided_about_once(database: Database) -> None:
    matrix = Bench(database, Network(MATRIX))
    matrix.network.script[COOP].append(Refused("too large"))
    await matrix.put(COOP, "hello")
    await matrix.settle()

    def again(storage: Storage) -> tuple[int | None, int | None]:
        (found,), _ = storage.undelivered.undecided(5)
        storage.dispatches.delivered(found.key, "$late", NOW)
        assert storage.undelivered.was_given_back(MATRIX, found.key) is not None
        number = storage.undelivered.failed(found.key, "gone", NOW)
        once_more = storage.undelivered.by_number(found.number)
        assert once_more is not None
        storage.undelivered.retry(once_more, NOW)
        assert storage.undelivered.by_number(found.number) is None
        return number, found.number

    number, before = await database.write(again)
    assert number == before == 1
