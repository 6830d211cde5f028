"""Whatever is told again does nothing, within what is remembered and beyond it; what is new is taken, whatever its age."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.files.opening import open_campaigns
from bot.intake.intake import Intake
from bot.ticking import Ticking
from bot.transports.base import Batch
from campaign.chat import MATRIX, XMPP, Reacted, Said
from commands.menu import MENU
from commands.privacy.forgetting import EVERY, REMEMBERED
from commands.tick import Tick
from storage.opening import open_database
from tests.bot.scripted import ANA, COOP, FORGE, HOUSE, NOW, TEAM, config, plain, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.chat import Event, Room
    from storage.database import Database
    from storage.storage import Storage

DAY = timedelta(days=1)


class Life:
    """An intake whose clock the test moves."""

    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.database = database
        self.intake = Intake(database, HOUSE, MENU, lambda: self.now)
        self.ticking = Ticking(database, HOUSE)
        self.cursor = 0

    async def take(self, *events: Event, network: str = MATRIX) -> None:
        """Take a batch and acknowledge it."""
        self.cursor += 1
        scope = "sync" if network == MATRIX else events[0].room.id
        await self.intake.take(network, Batch(events, {scope: str(self.cursor)}), lambda _: None)

    async def wait(self, days: float) -> None:
        """Let time pass, and the clock tick until nothing is left to forget."""
        self.now += timedelta(days=days)
        await self.rest()

    async def rest(self) -> None:
        for _ in range(200):
            await self.ticking.tick(Tick(self.now, self.now))
            if not self.ticking._forgetting.is_due(self.now):
                return
        raise AssertionError("it never comes to rest")

    def spoken(self, room: Room = COOP) -> list[str]:
        """Everything that was decided to be said in a room."""

        def work(storage: Storage) -> list[str]:
            return [
                plain(row.message)
                for row in storage.outbox.waiting(room.network)
                if row.room_id is not None and storage.rooms.get(row.room_id).address == room.id
            ]

        return self.database.transaction(work, writes=False)

    def count(self, what: str) -> int:
        """How many rows a table has."""

        def work(storage: Storage) -> int:
            query = f"SELECT count(*) FROM {what}"  # noqa: S608 - our own tables
            return int(storage._connection.exec_driver_sql(query).scalar_one())

        return self.database.transaction(work, writes=False)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    database = open_database(tmp_path / "data")
    what = config(tmp_path)

    def begin(storage: Storage) -> None:
        # No deadline: what rings because time passes is not of these tests.
        open_campaigns(storage, what, NOW)
        storage._connection.exec_driver_sql("DELETE FROM deadlines")
        for room in (COOP, TEAM, FORGE):
            row = storage.rooms.ensure(room.network, room.id)
            storage.rooms.change(row.id, state="joined", welcomed_at=NOW)

    database.transaction(begin)
    yield Life(database)
    database.close()


def line(number: int, text: str, at: datetime, room: Room = COOP, *, live: bool = True) -> Said:
    return replace(said(f"${number}", text, room), at=at, live=live)


async def everything(life: Life) -> dict[str, list[tuple[object, ...]]]:
    tables = ("inbox", "outbox", "signatures", "quarantine", "prompts", "people", "audit")

    def work(storage: Storage) -> dict[str, list[tuple[object, ...]]]:
        return {
            table: [tuple(row) for row in storage._connection.exec_driver_sql(f"SELECT * FROM {table}")]  # noqa: S608
            for table in tables
        }

    return await life.database.read(work)


@pytest.mark.parametrize("live", [True, False], ids=["told live", "read again"])
async def test_a_replay_of_all_that_is_remembered_does_nothing(life: Life, *, live: bool) -> None:
    """A year of talk; then the network tells the last forty-five days of it again."""
    told: list[tuple[datetime, list[Said]]] = []
    for day in range(0, 366, 3):
        lines = ["!status", "!sign Picasoft", "!withdraw Picasoft", "hello", "!confirm"]
        events = [line(day * 10 + n, text, life.now) for n, text in enumerate(lines)]
        await life.take(*events)
        told.append((life.now, events))
        await life.wait(3)
    assert life.count("inbox") < 100, "and most of it was forgotten"
    before = await everything(life)
    remembered = [events for at, events in told if at >= life.now - REMEMBERED]
    assert len(remembered) >= 14
    for events in remembered:
        await life.take(*(replace(event, live=live) for event in events))
    assert await everything(life) == before


async def test_what_is_read_again_from_before_that_is_not_taken_as_new(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    """Should a network tell what it never should: nothing happens, and where somebody asked for something it is said."""
    old = [line(1, "!sign Picasoft", life.now), line(2, "hello", life.now)]
    await life.take(*old)
    await life.take(line(3, "!withdraw Picasoft", life.now))
    await life.wait(2)
    await life.take(line(4, "hello", life.now))
    await life.wait(60)
    assert life.count("inbox") == 1
    spoken = life.spoken()
    with caplog.at_level(logging.WARNING):
        await life.take(*(replace(event, live=False) for event in old))
    assert life.spoken() == spoken
    assert life.count("signatures") == 1, "given, and withdrawn"
    assert life.count("signatures WHERE ended_at IS NULL") == 0
    assert life.count("quarantine WHERE error = 'TooOld'") == 1
    assert [text for text in life.spoken(TEAM) if "I could not take" in text] != []
    assert [record.getMessage() for record in caplog.records] == ["too old to be taken"]
    await life.take(*(replace(event, live=False) for event in old))
    assert life.count("quarantine") == 1, "once"


async def test_control_without_that_guard_it_would_count_twice(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.privacy.forgetting.is_beyond_memory", lambda *_: False)
    await life.take(line(1, "!sign Picasoft", life.now))
    await life.take(line(2, "!withdraw Picasoft", life.now))
    await life.wait(2)
    await life.take(line(3, "hello", life.now))
    await life.wait(60)
    await life.take(line(1, "!sign Picasoft", NOW, live=False))
    assert life.count("signatures") == 2


async def test_what_was_said_during_a_long_absence_is_taken_however_old(life: Life) -> None:
    """The bot was away for a hundred days; then its clock ticks before the network is read."""
    await life.take(line(1, "!status", life.now))
    await life.wait(100)
    await life.take(line(2, "!sign Picasoft", NOW + 2 * DAY, live=False))
    assert life.count("signatures") == 1
    assert life.count("quarantine") == 0


async def test_a_room_whose_server_was_away_is_not_taken_for_old(life: Life) -> None:
    """Its archive has forgotten our cursor and is read by time, from just before it: the rest of the bot went on."""
    forge = [line(n, "!status", life.now, FORGE) for n in range(3)]
    await life.take(*forge, network=XMPP)
    answers = life.spoken(FORGE)
    for number in range(30):
        await life.wait(5)
        await life.take(line(100 + number, "hello", life.now))
    again = [replace(event, live=False) for event in forge]
    new = line(9, "!status", NOW + timedelta(minutes=1), FORGE, live=False)
    await life.take(*again, new, network=XMPP)
    assert len(life.spoken(FORGE)) == len(answers) + 1
    assert life.count("quarantine") == 0


@pytest.mark.parametrize(
    "claimed",
    [datetime(1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)],
    ids=["the year 1", "1970", "the year 9999"],
)
@pytest.mark.parametrize("live", [True, False])
async def test_a_server_that_lies_about_the_time_harms_only_its_own(
    life: Life, claimed: datetime, *, live: bool
) -> None:
    for number in range(3):
        await life.take(line(number, "hello", life.now))
        await life.wait(50)
    before = len(life.spoken())
    await life.take(line(7, "!status", claimed, live=live), line(8, "!sign Picasoft", life.now, live=live))
    assert life.count("signatures") == 1, "somebody else's is taken"
    believed = live or claimed.year == 9999
    assert len(life.spoken()) == before + 1 + believed
    assert life.count("quarantine") == 0 + (not believed), "and where it is not taken, that is said"
    for number in range(3):
        await life.wait(50)
        await life.take(line(20 + number, "hello", life.now))
    assert life.count("inbox WHERE event = '$7'") == 0, "nobody makes a row stay for ever"
    await life.take(line(8, "!sign Picasoft", NOW + 150 * DAY, live=False))
    assert life.count("signatures") == 1


async def test_an_old_reaction_is_not_taken_as_new_either(life: Life) -> None:
    await life.take(line(1, "hello", life.now))
    await life.wait(2)
    await life.take(line(2, "hello", life.now))
    await life.wait(60)
    people = life.count("people")
    event = Reacted(COOP, "$r", ANA, "Ana", "$0", ("✅",), NOW, live=False)
    await life.take(event)
    assert life.count("people") == people
    assert life.count("quarantine") == 0


async def test_forgetting_waits_its_turn_and_a_fault_in_it_stops_no_tick(
    life: Life, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[datetime] = []

    def broken(_: Storage, now: datetime) -> None:
        calls.append(now)
        raise KeyError("x")

    monkeypatch.setattr(life.ticking._forgetting, "step", broken)
    await life.ticking.tick(Tick(life.now, life.now))
    await life.ticking.tick(Tick(life.now, life.now))
    assert len(calls) == 2
    assert [record.getMessage() for record in caplog.records] == ["forgetting failed"] * 2
    monkeypatch.undo()
    await life.rest()
    assert not life.ticking._forgetting.is_due(life.now + EVERY / 2)
