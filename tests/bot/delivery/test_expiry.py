"""What is late is not said any more, and nothing that is given up vanishes; only the network is played."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.transports.base import Batch, Limited, NotReady, Refused
from campaign.chat import XMPP, Joined, Removed, Unreadable
from storage.reminders import Cause, Fate
from tests.bot.delivery.bench import MATRIX_FRIEND, Bench, say_to
from tests.bot.scripted import CAFE, COOP, FORGE, NOW, TEAM, Network, Taken, cut

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

SOON, PAST = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)


async def test_what_is_late_is_not_said_nor_glued_to_what_is_not(matrix: Bench) -> None:
    await matrix.put(COOP, "too late", expires_at=NOW)
    await matrix.put(COOP, "in time", expires_at=SOON)
    await matrix.put(COOP, "whenever")
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["in time\nwhenever"]
    (told,) = matrix.network.texts(TEAM)
    assert "1 message is not said any more" in told


async def test_it_has_a_number_under_which_it_is_listed_and_left(matrix: Bench) -> None:
    await matrix.put(COOP, "too late", "too late too", expires_at=PAST)
    await matrix.settle()
    async with matrix.running():
        for number, line in enumerate(
            ("!outbox", "!outbox retry 1", "!outbox drop 1", "!confirm", "!outbox")
        ):
            await say_to(matrix, line, f"${number}")
            await matrix.delivery.settled()
    told = matrix.network.texts(TEAM)
    assert "2 messages not said (too late for it)" in told[1]
    assert "retry" not in told[1]
    assert "never on its way" in told[2]
    assert "Everything I sent has arrived" in told[-1]


async def test_a_reminder_that_was_not_said_counts_as_skipped(matrix: Bench) -> None:
    await matrix.put(COOP, "please answer", expires_at=PAST)
    await matrix.put(CAFE, "please answer", expires_at=SOON)

    def remind(storage: Storage) -> None:
        deadline = storage.deadlines.put(1, "x", NOW, "Europe/Paris", NOW)
        cause = Cause(1, 60, deadline_id=deadline.id, deadline_version=deadline.version)
        given = storage.reminders.write(cause, {1: Fate("sent"), 2: Fate("late")}, NOW)
        storage.reminders.leave_with([(given[1], 1), (given[2], 2)])

    await matrix.database.write(remind)
    await matrix.settle()
    assert await matrix.query("SELECT state FROM reminders ORDER BY organisation_id") == ["skipped", "late"]


async def test_what_the_room_never_took_is_late_though_it_was_frozen(matrix: Bench) -> None:
    clock = NOW
    matrix.delivery._freezing._now = lambda: clock
    matrix.network.script[COOP].extend([NotReady("the room is being entered")] * 50)
    await matrix.put(COOP, "for a while", expires_at=SOON)
    await matrix.put(COOP, "always")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) > 3)
        clock = SOON
        await matrix.network.until(lambda: bool(matrix.network.texts(TEAM)))
        matrix.network.script[COOP].clear()
        await matrix.delivery.settled()
    assert matrix.network.texts(COOP) == ["always"]


async def test_what_is_late_by_the_time_the_server_limits_us_is_not_said(matrix: Bench) -> None:
    clock = NOW
    matrix.delivery._freezing._now = lambda: clock
    matrix.network.script[COOP].append(NotReady("the room is being entered"))
    await matrix.put(COOP, "for a while", expires_at=SOON)
    await matrix.put(COOP, "always")
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) == 1)
        clock = SOON
        matrix.network.script[COOP].append(Limited(0.01))
        await matrix.delivery.settled()
    assert matrix.network.texts(COOP) == ["always"]


async def test_what_was_frozen_and_not_sent_before_a_break_is_late_after_it(matrix: Bench) -> None:
    await matrix.put(COOP, "for a while", expires_at=SOON)
    await matrix.database.write(matrix.delivery._claiming.claim)
    matrix.delivery._freezing._now = lambda: SOON
    await matrix.settle()
    assert matrix.network.texts(COOP) == []


async def test_what_may_have_been_taken_is_finished_however_late(matrix: Bench) -> None:
    clock = NOW
    matrix.delivery._freezing._now = lambda: clock
    matrix.network.script[COOP].extend([Taken(but=cut()), cut()])
    await matrix.put(COOP, "for a while", expires_at=SOON)
    async with matrix.running():
        await matrix.network.until(lambda: len(matrix.network.attempts) > 1)
        clock = SOON
        await matrix.delivery.settled()
    assert matrix.network.texts(COOP) == ["for a while"]
    assert set(await matrix.states()) == {"delivered"}


async def test_what_another_process_began_is_finished_however_late(matrix: Bench) -> None:
    await matrix.put(COOP, "for a while", expires_at=SOON)
    await matrix.database.write(matrix.delivery._claiming.claim)
    again = Bench(matrix.database, matrix.network)
    again.delivery._freezing._now = lambda: SOON
    await again.settle()
    assert matrix.network.texts(COOP) == ["for a while"]


async def test_no_private_chat_is_opened_for_what_is_late(matrix: Bench) -> None:
    await matrix.write_to(MATRIX_FRIEND, "too late")
    await matrix.database.write(
        lambda storage: storage._connection.exec_driver_sql(
            "UPDATE outbox SET expires_at = '2020-01-01 00:00:00.000000'"
        )
    )
    await matrix.settle()
    assert matrix.network.opened == []
    (told,) = matrix.network.texts(TEAM)
    assert "in private" in told


# --- given up otherwise


async def test_a_private_chat_that_cannot_be_opened_is_listed_with_what_was_to_be_said(matrix: Bench) -> None:
    matrix.network.opening.append(Refused("no"))
    await matrix.write_to(MATRIX_FRIEND, "hello")
    await matrix.settle()
    found, _ = await matrix.database.read(lambda storage: storage.undelivered.undecided(5))
    assert [(one.state, one.room_id, one.count, one.error) for one in found] == [("unsaid", None, 1, "no")]


async def test_what_waited_for_a_room_it_was_sent_away_from_is_listed_and_told(matrix: Bench) -> None:
    await matrix.put(COOP, "one", "two")
    await matrix.intake.take(COOP.network, Batch((Removed(COOP, "$kick", NOW, "kicked"),)), lambda _: None)
    await matrix.settle()
    assert matrix.network.texts(COOP) == []
    (told,) = matrix.network.texts(TEAM)
    assert "I am no longer in" in told
    assert "2 messages of mine were not said there any more" in told


async def test_a_room_it_was_sent_away_from_gets_no_cursor_in_the_same_batch(database: Database) -> None:
    bench = Bench(database, Network(XMPP, echoes=True))

    def cursors(storage: Storage) -> dict[str, str]:
        return dict(storage.inbox.cursors(XMPP))

    await bench.intake.take(XMPP, Batch((), {FORGE.id: "a"}), lambda _: None)
    assert await database.read(cursors) == {FORGE.id: "a"}
    await bench.intake.take(
        XMPP, Batch((Removed(FORGE, "1", NOW, "kicked"),), {FORGE.id: "b"}), lambda _: None
    )
    await bench.intake.take(XMPP, Batch((), {FORGE.id: "c"}), lambda _: None)
    assert await database.read(cursors) == {}
    await bench.intake.take(XMPP, Batch((Joined(FORGE, NOW),), {FORGE.id: "d"}), lambda _: None)
    assert await database.read(cursors) == {FORGE.id: "d"}


async def test_what_was_sent_before_a_gap_of_the_archive_is_not_sent_again(xmpp: Bench) -> None:
    await xmpp.put(FORGE, "before")
    await xmpp.database.write(xmpp.delivery._claiming.claim)
    before, after = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    await xmpp.intake.take(XMPP, Batch((Unreadable(FORGE, "", "gap", before),)), lambda _: None)
    assert await xmpp.states() == ["sending"]
    await xmpp.intake.take(XMPP, Batch((Unreadable(FORGE, "", "gap", after),)), lambda _: None)
    assert await xmpp.states() == ["uncertain"]
    await xmpp.settle()
    assert xmpp.network.texts(FORGE) == []
