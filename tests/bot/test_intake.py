"""Each event takes effect once and whole, or not at all; what cannot be taken holds up nothing else."""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event as sql

from bot.health.alarm import Alarm
from bot.intake.intake import Intake
from bot.ticking import Ticking
from bot.transports.base import Batch
from campaign.chat import (
    MATRIX,
    XMPP,
    Address,
    Bounced,
    Echo,
    Invited,
    Joined,
    Message,
    Reacted,
    Redacted,
    Removed,
    Room,
    Sealed,
    Unreadable,
    say,
)
from campaign.errors import CampaignError
from commands.command import Choice, Context, Reply, command
from commands.menu import MENU
from commands.tick import Tick
from storage.trouble import StorageFull
from tests.bot.scripted import (
    ANA,
    CAFE,
    COOP,
    FORGE,
    HOUSE,
    MAUD,
    NOW,
    TEAM,
    begun,
    plain,
    said,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.intake.intake import Taken
    from campaign.chat import Event
    from storage.database import Database
    from storage.storage import Storage

SECRET = "what nobody but the room should read"


def leave_a_trace(context: Context) -> None:
    context.storage.organisations.add("Half done", "half done", NOW)


@command("refuse", fr="refuse", help="Refuse after writing.", example="!refuse")
def refuse(ctx: Context) -> Reply:
    leave_a_trace(ctx)
    raise CampaignError(say("No, and this is why."))


@command("burst", fr="burst", help="Fail after writing.", example="!burst")
def burst(ctx: Context) -> Reply:
    leave_a_trace(ctx)
    raise KeyError(SECRET)


@command("wonder", fr="hesiter", help="Ask before refusing.", example="!wonder")
def wonder(ctx: Context) -> Reply:
    return Reply((say("Really?"),), choices=(Choice("refuse"),))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with begun(tmp_path, COOP, TEAM, FORGE) as made:
        yield made


@pytest.fixture
def intake(database: Database) -> Intake:
    return Intake(database, HOUSE, (*MENU, refuse, burst, wonder), lambda: NOW)


async def take(intake: Intake, *events: Event, network: str = MATRIX, cursor: str = "") -> Taken:
    cursors = {"log": cursor} if cursor else {}
    return await intake.take(network, Batch(events, cursors), lambda _: None)


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    """What another program finds in the file, which is what is committed."""
    connection = sqlite3.connect(database.path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def traces(database: Database) -> list[tuple[object, ...]]:
    return rows(database, "SELECT name FROM organisations WHERE name = 'Half done'")


def signatures(database: Database) -> int:
    (((count,)),) = rows(database, "SELECT count(*) FROM signatures")
    assert isinstance(count, int)
    return count


# --- once


async def test_a_line_is_answered_where_it_was_said(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!sign Picasoft"))
    assert await waiting(database) == [(COOP.id, "✅ Picasoft has signed the letter: 1 signature.")]


@pytest.mark.parametrize("how", ["in one batch", "in two batches", "with others in between"])
async def test_the_same_event_is_answered_once(intake: Intake, database: Database, how: str) -> None:
    one = said("$1", "!sign Picasoft")
    if how == "in one batch":
        await take(intake, one, one)
    else:
        await take(intake, one)
        others = (said("$0", "hello"),) if how == "with others in between" else ()
        await take(intake, *others, one)
    assert len(await waiting(database)) == 1
    assert signatures(database) == 1


async def test_the_same_id_elsewhere_is_another_event(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!status"), said("$1", "!status", TEAM))
    await take(intake, said("$1", "!status", FORGE, Address(XMPP, "ana@example.org")), network=XMPP)
    assert [room for room, _ in await waiting(database)] == [COOP.id, TEAM.id]
    assert [room for room, _ in await waiting(database, XMPP)] == [FORGE.id]


async def test_what_was_said_again_is_answered_again(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!status"), said("$2", "!status"))
    assert len(await waiting(database)) == 2


# --- whole


async def test_answer_and_cursor_are_committed_together(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!sign Picasoft"), cursor="s1")
    assert rows(database, "SELECT scope, cursor FROM cursors") == [("log", "s1")]
    assert signatures(database) == 1


async def test_a_batch_that_cannot_be_committed_leaves_nothing(intake: Intake, database: Database) -> None:
    def fail(_: Storage) -> None:
        raise StorageFull("the disk is full")

    with pytest.raises(StorageFull):
        await intake.take(MATRIX, Batch((said("$1", "!sign Picasoft"),), {"log": "s1"}), fail)
    assert signatures(database) == 0
    assert rows(database, "SELECT * FROM inbox") == []
    assert rows(database, "SELECT * FROM cursors") == []
    await take(intake, said("$1", "!sign Picasoft"), cursor="s1")
    assert len(await waiting(database)) == 1


async def test_a_full_disk_leaves_nothing_and_the_batch_is_taken_later(
    intake: Intake, database: Database
) -> None:
    """SQLite itself refuses to grow, in the middle of a batch."""

    def room_left(pages: int) -> None:
        def work(storage: Storage) -> None:
            (used,) = storage._connection.exec_driver_sql("PRAGMA page_count").one()
            storage._connection.exec_driver_sql(f"PRAGMA max_page_count = {used + pages}")

        database.transaction(work)

    await take(intake, said("$0", "!status"), cursor="s0")
    before = len(await waiting(database))
    room_left(2)
    batch = [said(f"${number}", "!sign Picasoft note=" + "x" * 200) for number in range(1, 300)]
    with pytest.raises(StorageFull):
        await take(intake, *batch, cursor="s1")
    assert rows(database, "SELECT cursor FROM cursors") == [("s0",)]
    assert signatures(database) == 0
    assert len(await waiting(database)) == before
    assert rows(database, "SELECT * FROM quarantine") == []
    room_left(10_000)
    await take(intake, *batch, cursor="s1")
    assert rows(database, "SELECT cursor FROM cursors") == [("s1",)]
    assert signatures(database) == 1
    assert len(await waiting(database)) == before + 299


async def test_a_refusal_says_why_and_undoes_what_was_written(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!refuse"))
    assert await waiting(database) == [(COOP.id, "No, and this is why.")]
    assert traces(database) == []


async def test_a_refusal_by_reaction_undoes_what_was_written(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!wonder"))

    def deliver(storage: Storage) -> None:
        (row,) = storage.outbox.waiting(MATRIX)
        storage.dispatches.freeze(
            [row.id], key="k", network=MATRIX, room_id=row.room_id or 0, payload={}, private_with=None,
            file_id=None, now=NOW,
        )  # fmt: skip
        storage.dispatches.delivered("k", "$question", NOW)

    database.transaction(deliver)
    await take(intake, Reacted(COOP, "$2", ANA, "Ana", "$question", ("✅",), NOW))
    assert await waiting(database) == [(COOP.id, "No, and this is why.")]
    assert traces(database) == []
    assert rows(database, "SELECT answered_at FROM prompts") == [(None,)], "the question still waits"


# --- faults


async def test_a_fault_is_undone_alone_and_its_person_told(
    intake: Intake, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await take(
            intake,
            said("$1", "!status"),
            said("$2", "!burst"),
            said("$3", "!sign Picasoft"),
            cursor="s1",
        )
    answers = [text for room, text in await waiting(database) if room == COOP.id]
    assert len(answers) == 3
    assert "Something went wrong on my side" in answers[1]
    assert "Picasoft has signed" in answers[2]
    assert traces(database) == []
    assert rows(database, "SELECT cursor FROM cursors") == [("s1",)]
    ((reference, event, error),) = rows(database, "SELECT reference, event, error FROM quarantine")
    assert (event, error) == ("$2", "KeyError")
    assert str(reference) in answers[1]
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert getattr(record, "reference", None) == reference
    assert SECRET not in "".join(str(row) for row in rows(database, "SELECT * FROM quarantine"))


async def test_the_log_names_no_reference_of_a_batch_that_was_undone(
    intake: Intake, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await take(intake, said("$1", "!burst"), said("$2", "!sign Picasofte"))
    ((kept,),) = rows(database, "SELECT reference FROM quarantine")
    asked = [text for room, text in await waiting(database) if room == COOP.id]
    assert "Picasoft" in asked[-1], "what is near it was looked for, and the batch taken again"
    logged = [getattr(one, "reference", None) for one in caplog.records if one.levelno >= logging.ERROR]
    assert logged == [kept]


async def test_a_fault_is_not_tried_again(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!burst"))
    await take(intake, said("$1", "!burst"))
    assert [room for room, _ in await waiting(database)] == [TEAM.id, COOP.id]
    assert len(rows(database, "SELECT * FROM quarantine")) == 1


async def test_campaigners_hear_of_it_once_an_hour_and_room_whatever_somebody_throws(
    database: Database,
) -> None:
    now = NOW
    intake = Intake(database, HOUSE, (*MENU, burst), lambda: now)

    def told() -> list[str]:
        return [
            text
            for room, text in database.transaction(
                lambda storage: _waiting_in(storage, TEAM.id), writes=False
            )
            if "I could not take" in text
        ]

    await take(intake, *(said(f"$a{number}", "!burst") for number in range(300)))
    assert len(rows(database, "SELECT * FROM quarantine")) == 300
    assert len(told()) == 1
    ((first,),) = rows(database, "SELECT reference FROM quarantine WHERE event = '$a0'")
    assert str(first) in told()[0]
    assert COOP.id in told()[0]
    await take(intake, said("$b", "!burst", CAFE))
    assert len(told()) == 2, "another room"
    for minutes in range(0, 59, 5):
        now = NOW + timedelta(minutes=minutes)
        await take(intake, said(f"$c{minutes}", "!burst"))
    assert len(told()) == 2
    now = NOW + timedelta(minutes=61)
    await take(intake, said("$d", "!burst"), said("$e", "!burst"))
    assert len(told()) == 3, "it goes on: they are told again"


def _waiting_in(storage: Storage, address: str) -> list[tuple[str, str]]:
    return [
        (address, plain(row.message))
        for row in storage.outbox.waiting(MATRIX)
        if row.room_id is not None and storage.rooms.get(row.room_id).address == address
    ]


async def test_a_fault_in_a_room_nobody_knew_is_no_worse(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!burst", CAFE), said("$2", "!status"))
    assert [room for room, _ in await waiting(database)][-1] == COOP.id


# --- what is not for us


@pytest.mark.parametrize(
    "event",
    [
        Echo(COOP, "$1", "a key nobody knows", NOW),
        Bounced(COOP, "", "a key nobody knows", "forbidden", NOW),
        Unreadable(COOP, "$1", "no text", NOW),
        Redacted(COOP, "$1", "$0", NOW),
        Reacted(COOP, "$1", ANA, "Ana", "$somebody else's", ("👍", "✅"), NOW),
        said("$1", "hello everybody"),
        said("$1", "3"),
        said("$1", ""),
        said("$1", "!"),
        said("$1", "wow!!!"),
        said("$1", "!zzzzzzzz"),
    ],
    ids=lambda event: f"{type(event).__name__} {getattr(event, 'text', '')}",
)
async def test_nothing_is_said_to_what_is_not_for_the_bot(
    intake: Intake, database: Database, event: Event
) -> None:
    await take(intake, event)
    assert await waiting(database) == []
    assert rows(database, "SELECT * FROM quarantine") == []


async def test_a_room_that_cannot_be_read_is_told_to_the_campaigners_once(
    intake: Intake, database: Database
) -> None:
    deaf = Unreadable(FORGE, "deaf:2027-03-01", "deaf", NOW)
    for _ in range(2):
        await take(intake, deaf, network=XMPP)
    ((room, text),) = await waiting(database)
    assert room == TEAM.id
    assert text.startswith(
        f"I cannot hear {FORGE.id}: it does not let me in, or its archive does not answer."
    )


async def test_our_own_echo_marks_what_was_sent(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!status"))

    def freeze(storage: Storage) -> None:
        (row,) = storage.outbox.waiting(MATRIX)
        storage.dispatches.freeze(
            [row.id], key="k", network=MATRIX, room_id=row.room_id or 0, payload={}, private_with=None,
            file_id=None, now=NOW,
        )  # fmt: skip

    database.transaction(freeze)
    taken = await take(intake, Echo(COOP, "$2", "k", NOW))
    assert taken.came_back == {"k": ""}
    assert rows(database, "SELECT state, event FROM dispatches") == [("delivered", "$2")]
    assert await waiting(database) == []


async def test_what_a_gap_may_hide_is_not_sent_again_once_its_key_is_forgotten(
    intake: Intake, database: Database
) -> None:
    async def begun(key: str, room: Room, hours: int) -> None:
        def freeze(storage: Storage) -> None:
            known = storage.rooms.ensure(room.network, room.id)
            row = storage.outbox.put(MATRIX, Message((say("Hello."),)), NOW, room=known.id)
            storage.dispatches.freeze(
                [row], key=key, network=MATRIX, room_id=known.id, payload={}, private_with=None,
                file_id=None, now=NOW - timedelta(hours=hours),
            )  # fmt: skip

        await database.write(freeze)

    await begun("old", COOP, 21)
    await begun("found", COOP, 21)
    await begun("recent", COOP, 19)
    await begun("elsewhere", CAFE, 21)
    await take(intake, Echo(COOP, "$found", "found", NOW), Unreadable(COOP, "", "gap", NOW))
    assert dict(rows(database, "SELECT key, state FROM dispatches")) == {
        "old": "uncertain",
        "found": "delivered",
        "recent": "sending",
        "elsewhere": "sending",
    }
    told = [text for where, text in await waiting(database) if where == TEAM.id]
    assert [COOP.id in text for text in told] == [True, True]
    assert told[1].startswith("I cannot tell whether a message of mine arrived")


async def test_what_came_back_is_told_with_its_reason(intake: Intake) -> None:
    taken = await take(intake, Bounced(COOP, "", "k", "forbidden", NOW))
    assert taken.came_back == {"k": "forbidden"}


# --- rooms


async def test_a_room_of_no_campaign_may_ask_too(intake: Intake, database: Database) -> None:
    await take(intake, Joined(CAFE, NOW), said("$1", "!status", CAFE))
    assert [room for room, _ in await waiting(database)] == [CAFE.id]


async def test_a_room_the_bot_was_sent_away_from_is_parked(intake: Intake, database: Database) -> None:
    await take(intake, said("$1", "!status"), cursor="s1")
    await take(intake, Removed(COOP, "$2", NOW, "kicked", "@mod:example.org"))
    told = await waiting(database)
    assert [room for room, _ in told] == [TEAM.id], "what waited there is dropped, the campaigners are told"
    assert COOP.id in told[0][1]
    await take(intake, said("$3", "!status"))
    assert await waiting(database) == told
    wanted = await database.read(lambda storage: [room.address for room in storage.rooms.wanted(MATRIX)])
    assert COOP.id not in wanted


async def test_a_room_that_was_replaced_is_parked_and_told_once(intake: Intake, database: Database) -> None:
    replaced = Removed(COOP, "", NOW, "replaced")
    await take(intake, said("$1", "!sign Picasoft"), replaced, replaced, said("$2", "!sign Nuage Libre"))
    assert signatures(database) == 1
    told = (
        f"The room {COOP.id} was replaced by a new one. I do not follow by myself: please invite me into it.\n"
        "1 message of mine was not said there any more: “!outbox” lists it."
    )
    assert await waiting(database) == [(TEAM.id, told)]


async def test_being_sent_away_twice_is_told_once(intake: Intake, database: Database) -> None:
    await take(intake, Removed(COOP, "$1", NOW, "banned"), Removed(COOP, "$2", NOW, "left"))
    assert len(await waiting(database)) == 1


async def test_the_bot_comes_back_when_an_administrator_asks_it(intake: Intake, database: Database) -> None:
    await take(intake, Removed(COOP, "$1", NOW, "kicked"), Invited(COOP, "$2", MAUD, NOW), Joined(COOP, NOW))
    await take(intake, said("$3", "!status"))
    assert COOP.id in [room for room, text in await waiting(database) if text]


async def test_an_invitation_from_anybody_is_declined(intake: Intake, database: Database) -> None:
    await take(intake, Invited(CAFE, "$1", ANA, NOW))
    intents = await database.read(lambda storage: [row.intent for row in storage.outbox.waiting(MATRIX)])
    assert intents == ["leave"]


async def test_a_room_that_becomes_encrypted_is_served_on(intake: Intake, database: Database) -> None:
    encrypted = Joined(COOP, NOW, encrypted=True)
    await take(intake, Joined(COOP, NOW), said("$1", "!sign Picasoft"), encrypted)
    answered = len(await waiting(database))
    await take(intake, said("$2", "!help"), Joined(COOP, NOW))  # nor does it cease to be
    assert len(await waiting(database)) == answered + 1
    assert rows(database, "SELECT state, address FROM rooms WHERE encrypted") == [("joined", COOP.id)]


def sealed(event: str, session: str = "s", room: Room = COOP, sender: Address = ANA) -> Sealed:
    return Sealed(room, event, sender, session, json.dumps({"event_id": event}), NOW)


async def unread(database: Database) -> list[str]:
    return await database.read(
        lambda storage: [one.event for one in storage.unread.waiting(MATRIX, storage.unread.sessions(MATRIX))]
    )


async def test_what_cannot_be_read_yet_is_kept_and_takes_effect_once_it_can(
    intake: Intake, database: Database
) -> None:
    await take(intake, Joined(COOP, NOW, encrypted=True), sealed("$1"), sealed("$2"), sealed("$1"))
    assert await unread(database) == ["$1", "$2"]
    line = said("$1", "!sign Picasoft")
    for _ in range(2):  # the second time as after a kill
        await intake.take(MATRIX, Batch((line,), opened=((COOP.id, "$1"),)), lambda _: None)
        assert signatures(database) == 1
        assert await unread(database) == ["$2"]
    assert rows(database, "SELECT payload FROM unread_events WHERE event = '$1'") == [("{}",)]


async def test_what_is_deleted_before_its_key_comes_is_not_kept(intake: Intake, database: Database) -> None:
    await take(intake, Joined(COOP, NOW, encrypted=True), sealed("$1"), sealed("$2"))
    await take(intake, Redacted(COOP, "$3", "$1", NOW), sealed("$4"), Redacted(COOP, "$5", "$4", NOW))
    assert await unread(database) == ["$2"]
    assert rows(database, "SELECT payload FROM unread_events WHERE event = '$1'") == [("{}",)]


async def test_a_room_is_told_once_that_something_cannot_be_read(intake: Intake, database: Database) -> None:
    await take(intake, Joined(COOP, NOW, encrypted=True), Joined(CAFE, NOW))
    await take(intake, sealed("$1"), sealed("$2"), sealed("$3", room=CAFE))

    async def told() -> list[str]:
        return [text for where, text in await waiting(database) if "key has not come" in text]

    clock = Ticking(database, HOUSE)
    await clock.tick(Tick(NOW + timedelta(seconds=10), NOW))
    assert await told() == []  # it may be on its way
    await clock.tick(Tick(NOW + timedelta(minutes=1), NOW))
    (once,) = await told()
    assert once.startswith("🔒 I cannot read what was just written here")
    await take(intake, sealed("$4"))
    await clock.tick(Tick(NOW + timedelta(hours=20), NOW))
    assert await told() == [once]
    await clock.tick(Tick(NOW + timedelta(hours=30), NOW))
    assert await told() == [once]  # what came within that day was told of
    assert len(await unread(database)) == 4


async def test_strangers_who_fill_a_room_with_what_cannot_be_read_fill_no_disk(
    intake: Intake, database: Database
) -> None:
    strangers = [Address(MATRIX, f"@stranger{number}:example.org") for number in range(5)]
    await take(intake, *(sealed(f"${who.id}{n}", sender=who) for who in strangers for n in range(300)))
    assert len(await unread(database)) == 1000


async def test_a_campaign_room_is_greeted_once(intake: Intake, database: Database) -> None:
    await database.write(lambda storage: storage.rooms.change(1, welcomed_at=None))
    await database.write(lambda storage: storage.rooms.change(2, welcomed_at=None))
    for _ in range(3):
        await take(intake, Joined(COOP, NOW))
    greetings = [text for room, text in await waiting(database) if room == COOP.id]
    assert len(greetings) == 1


# --- time


async def test_what_was_said_while_the_bot_was_away_counts_from_when_it_was_said(
    intake: Intake, database: Database
) -> None:
    earlier = NOW - timedelta(days=1)
    await take(intake, replace(said("$1", "!sign Picasoft"), at=earlier, live=False))
    (when,) = await database.read(
        lambda storage: [one.signed_at for one in storage.signatures.all_standing(1)]
    )
    assert when == earlier


@pytest.mark.parametrize("live", [True, False])
async def test_no_server_says_that_something_will_be_said(
    intake: Intake, database: Database, *, live: bool
) -> None:
    await take(intake, replace(said("$1", "!sign Picasoft"), at=NOW + timedelta(days=1), live=live))
    (when,) = await database.read(
        lambda storage: [one.signed_at for one in storage.signatures.all_standing(1)]
    )
    assert when == NOW


# --- many


async def test_a_flood_costs_little_and_is_not_answered(intake: Intake, database: Database) -> None:
    statements: list[str] = []
    sql.listen(database._engines[True], "before_cursor_execute", lambda *given: statements.append(given[2]))
    size = 500
    chatter = [
        said(f"${number}", "blah blah " * 20, sender=Address(MATRIX, f"@p{number}:example.org"))
        for number in range(size)
    ]
    await take(intake, *chatter)
    assert len(statements) <= 8 * size
    assert await waiting(database) == []
    assert len(rows(database, "SELECT id FROM people")) < 10, "strangers who only chat are not remembered"


async def test_a_flood_of_commands_nobody_knows_is_not_answered(intake: Intake, database: Database) -> None:
    statements: list[str] = []
    sql.listen(database._engines[True], "before_cursor_execute", lambda *given: statements.append(given[2]))
    size = 500
    await take(intake, *(said(f"${number}", f"!zzzzzzzz{number} {'x' * 1000}") for number in range(size)))
    assert len(statements) <= 20 * size
    assert await waiting(database) == []
    await take(intake, said("$after", "!sign Picasoft"))
    assert signatures(database) == 1


async def test_faults_in_great_number_hold_up_nobody(intake: Intake, database: Database) -> None:
    logging.disable(logging.CRITICAL)
    try:
        await take(
            intake, *(said(f"${number}", "!burst") for number in range(200)), said("$s", "!sign Picasoft")
        )
    finally:
        logging.disable(logging.NOTSET)
    assert signatures(database) == 1


# --- the clock, and alarms


async def test_a_step_of_the_clock_that_fails_does_not_stop_the_others(
    intake: Intake, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from commands.clock import due

    def bad(storage: Storage, *_: object) -> Reply:
        storage.organisations.add("Half done", "half done", NOW)
        raise KeyError(SECRET)

    monkeypatch.setattr(due, "STEPS", (bad, *due.STEPS))
    now = NOW + timedelta(days=22, hours=6)
    await Ticking(database, HOUSE).tick(Tick(now, heard=now))
    assert traces(database) == []
    assert any("please answer by" in text for _, text in await waiting(database))


async def test_an_alarm_reaches_campaigners_on_every_network(database: Database) -> None:
    await Alarm(database, HOUSE, lambda: None, lambda: NOW).sound(say("Look at this."))
    assert await waiting(database) == [(TEAM.id, "Look at this.")]
    assert await waiting(database, XMPP) == [("noa@example.org", "Look at this.")]
