"""A reminder that waited says what holds as it leaves; only the network is played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.delivery import claiming, freezing
from bot.delivery.delivery import Delivery
from bot.texts.wordings import Wordings
from bot.ticking import Ticking
from campaign.chat import MATRIX, Address
from campaign.organisation import normal_form
from commands import tell
from commands.clock import due
from commands.command import House
from commands.menu import MENU
from commands.reminders import leaving
from commands.reminders.occasions import ADeadline
from commands.tick import Tick
from tests.bot.delivery.bench import Bench, say_to
from tests.bot.scripted import COOP, HOUSE, MAUD, NOW, TEAM, reminded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.chat import Message
    from storage.campaigns import Member
    from storage.storage import Storage

DEADLINE = NOW + timedelta(days=7)
MINUTE = timedelta(minutes=1)
NAMES = ("Picasoft", "Nuage Libre")


@pytest.fixture
def decided(matrix: Bench) -> Bench:
    """A reminder of a deadline in a week that was decided, and waits: NOW is noon in Paris."""

    def remind(storage: Storage) -> None:
        for name in NAMES:
            found = next(one for one in storage.campaigns.members(1) if one.name == name)
            storage.campaigns.prefer(1, found.organisation_id, reminders="")
        storage.campaigns.change(1, reminders=[7 * 86400 - 60])
        for one in storage.deadlines.of_campaign(1):
            storage.deadlines.cancel(one.id, NOW)
        storage.deadlines.put(1, "x", DEADLINE, "Europe/Paris", NOW - timedelta(days=1))
        at = NOW + timedelta(seconds=60)
        told = reminded(storage, at)
        assert told
        tell.put(storage, told, at)

    matrix.database.transaction(remind)
    at(matrix, NOW + timedelta(seconds=90))
    return matrix


def at(bench: Bench, now: datetime) -> None:
    """Let it be another time for what leaves."""
    bench.delivery = Delivery(
        bench.network.network, bench.network, bench.database, Wordings(HOUSE, MENU), lambda: now
    )


def answer(bench: Bench, name: str) -> None:
    """Let an organisation answer."""

    def work(storage: Storage) -> None:
        found = next(one for one in storage.campaigns.members(1) if one.name == name)
        storage.campaigns.stand(1, found.organisation_id, "declined", NOW)

    bench.database.transaction(work)


async def fates(bench: Bench) -> set[str]:
    """Return what was written down of the organisations' reminders."""
    return set(await bench.query("SELECT state || ' ' || why FROM reminders"))


async def test_who_has_answered_since_is_not_named(decided: Bench) -> None:
    answer(decided, "Picasoft")
    await decided.settle()
    (said,) = decided.network.texts(COOP)
    assert "Nuage Libre" in said
    assert "Picasoft" not in said
    assert await fates(decided) == {"sent ", "skipped answered"}


async def test_control_nobody_has_answered_and_all_are_named(decided: Bench) -> None:
    await decided.settle()
    (said,) = decided.network.texts(COOP)
    assert all(name in said for name in NAMES)
    assert "late" not in said


async def test_nothing_is_said_once_all_have_answered(decided: Bench) -> None:
    for name in NAMES:
        answer(decided, name)
    await decided.settle()
    assert decided.network.texts(COOP) == []
    assert await fates(decided) == {"skipped answered"}


@pytest.mark.parametrize("line", ["!deadline 2027-09-20 18:00 x", "!deadline cancel x"])
async def test_a_deadline_that_moves_takes_along_what_waits(decided: Bench, line: str) -> None:
    async with decided.running():
        await say_to(decided, line, "$1", TEAM, MAUD)
        await decided.delivery.settled()
    (news,) = decided.network.texts(COOP)
    assert "the deadline “x”" in news
    assert not any(name in news for name in NAMES)
    (why,) = await fates(decided)
    assert why in ("skipped moved", "skipped cancelled")


async def test_what_waited_until_the_night_waits_until_the_morning_and_is_late(decided: Bench) -> None:
    at(decided, NOW.replace(hour=22))
    decided.database.transaction(decided.delivery._claiming.claim)
    assert decided.network.texts(COOP) == []
    assert await fates(decided) == {"sent "}
    at(decided, NOW.replace(hour=7, minute=1) + timedelta(days=1))
    await decided.settle()
    (said,) = decided.network.texts(COOP)
    assert "This reminder is late" in said
    assert await fates(decided) == {"late "}


async def test_of_two_that_waited_only_the_nearer_is_said(decided: Bench) -> None:
    later = DEADLINE - timedelta(days=1)

    def remind(storage: Storage) -> None:
        storage.campaigns.change(1, reminders=[7 * 86400 - 60, 86400])
        tell.put(storage, reminded(storage, later), later)

    decided.database.transaction(remind)
    at(decided, later)
    await decided.settle()
    assert len(decided.network.texts(COOP)) == 1
    assert "skipped overtaken" in await fates(decided)


async def test_in_private_it_is_looked_at_again_as_well(matrix: Bench) -> None:
    """Ana speaks for Picasoft and has a private chat; it says nothing there once she has answered."""
    who = "@ana:example.org"

    def remind(storage: Storage) -> None:
        storage.rooms.ensure("matrix", "!with-ana", state="joined", direct=True, partner=who)
        found = next(one for one in storage.campaigns.members(1) if one.name == "Picasoft")
        storage.campaigns.prefer(1, found.organisation_id, reminders="private")
        storage.campaigns.change(1, reminders=[7 * 86400 - 60])
        for one in storage.deadlines.of_campaign(1):
            storage.deadlines.cancel(one.id, NOW)
        storage.deadlines.put(1, "x", DEADLINE, "Europe/Paris", NOW - timedelta(days=1))
        at_ = NOW + timedelta(seconds=60)
        for other in storage.campaigns.members(1):
            if other.name != "Picasoft":
                storage.campaigns.stand(1, other.organisation_id, "declined", NOW)
        assert not reminded(storage, at_)
        (alone,) = due.in_private(storage)
        told = alone(storage, House(), Tick(at_, at_))
        assert told is not None
        assert len(told.elsewhere) == 1
        assert due.in_private(storage) == []
        tell.put(storage, told.elsewhere, at_)

    matrix.database.transaction(remind)
    answer(matrix, "Picasoft")
    at(matrix, NOW + timedelta(seconds=90))
    await matrix.settle()
    assert matrix.network.attempts == []
    assert await fates(matrix) == {"skipped answered"}


async def test_one_that_cannot_be_said_takes_no_other_along(
    matrix: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several in private, one cannot even be put together: the others are reminded, and it is skipped."""

    def remind(storage: Storage) -> None:
        friends(storage, 6)
        reminded(storage, NOW + MINUTE)

    matrix.database.transaction(remind)
    message = ADeadline.message

    def bad(about: ADeadline, members: Sequence[Member], room_id: int | None, *, late: bool) -> Message:
        if any(member.name == "Coopérative 2" for member in members):
            raise ValueError("a bad row")
        return message(about, members, room_id, late=late)

    monkeypatch.setattr(ADeadline, "message", bad)
    await Ticking(matrix.database, House()).tick(Tick(NOW + MINUTE, NOW + MINUTE))
    written = await matrix.query(
        "SELECT state || ' ' || why FROM reminders JOIN organisations ON organisations.id = organisation_id"
        " WHERE name LIKE 'Coopérative %' ORDER BY name"
    )
    assert written == ["sent ", "sent ", "skipped failed", "sent ", "sent ", "sent "]
    at(matrix, NOW + MINUTE)
    matrix.delivery.wake()
    await matrix.settle()
    assert len([one for one in matrix.network.attempts if one.room.id.startswith("!with-")]) == 5


def friends(storage: Storage, count: int) -> None:
    """Let there be organisations that want to be reminded in private of a deadline in a week."""
    for number in range(count):
        name, who = f"Coopérative {number}", Address(MATRIX, f"@friend-{number}:example.org")
        organisation = storage.organisations.add(name, normal_form(name), NOW)
        person = storage.people.ensure(who, "", NOW)
        storage.representatives.represent(organisation.id, person.id, "campaigner", NOW)
        storage.rooms.ensure(MATRIX, f"!with-{number}", state="joined", direct=True, partner=who.id)
        storage.campaigns.enrol(1, organisation.id, NOW)
        storage.campaigns.prefer(1, organisation.id, reminders="private")
    storage.campaigns.change(1, reminders=[7 * 86400 - 60])
    storage.deadlines.put(1, "x", DEADLINE, "Europe/Paris", NOW - timedelta(days=1))


async def test_reminders_that_wait_for_the_morning_keep_nobodys_answer(
    matrix: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More reminders wait than are looked at together, and somebody is answered at night."""
    monkeypatch.setattr(freezing, "AT_ONCE", 4)
    monkeypatch.setattr(claiming, "AT_ONCE", 4)
    night, morning = NOW.replace(hour=22), NOW.replace(hour=7, minute=1) + timedelta(days=1)

    def remind(storage: Storage) -> None:
        friends(storage, 6)
        at_ = NOW + timedelta(seconds=60)
        reminded(storage, at_)
        (alone,) = due.in_private(storage)
        told = alone(storage, House(), Tick(at_, at_))
        assert told is not None
        tell.put(storage, told.elsewhere, at_)
        leaving.hold(storage, House(), Tick(night, night))

    matrix.database.transaction(remind)
    at(matrix, night)
    await matrix.put(COOP, "This is an answer.")
    await matrix.settle()
    assert matrix.network.texts(COOP) == ["This is an answer."]
    assert len(matrix.network.attempts) == 1
    at(matrix, morning)
    await matrix.settle()
    assert len(matrix.network.attempts) == 7


async def test_one_that_cannot_be_said_again_as_it_leaves_is_not_said_as_it_was(
    decided: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom it names may have answered since: nothing behind it makes it leave unlooked at."""

    def fails(*_: object) -> None:
        raise KeyError("a fault that stays")

    monkeypatch.setattr(leaving, "again", fails)
    await decided.put(COOP, "next")
    await decided.settle()
    assert decided.network.texts(COOP) == ["next"]
    assert {fate.split()[0] for fate in await fates(decided)} == {"skipped"}


# --- a clock that ran ahead

WEEK_BEFORE = datetime(2027, 9, 23, 16, 0, tzinfo=UTC)
"""When the campaign reminds of its deadline first: a week before."""
HOUR = timedelta(hours=1)


async def ticks(bench: Bench, now: datetime) -> None:
    """Let a tick come at this time, and what waits leave then."""
    await Ticking(bench.database, HOUSE).tick(Tick(now, now))
    at(bench, now)
    bench.delivery.wake()
    await bench.settle()


async def test_what_was_put_off_by_a_clock_that_ran_ahead_leaves_once_it_is_right(decided: Bench) -> None:
    ahead = NOW.replace(hour=22) + timedelta(days=3)
    await Ticking(decided.database, HOUSE).tick(Tick(ahead, ahead))
    assert await decided.query("SELECT count(*) FROM outbox WHERE not_before IS NOT NULL") != ["0"]
    assert decided.network.attempts == []
    for seconds in (120, 135, 3600):
        await ticks(decided, NOW + timedelta(seconds=seconds))
    (said,) = decided.network.texts(COOP)
    assert all(name in said for name in NAMES)
    assert "late" not in said


@pytest.mark.parametrize("until", ["evening", "night"])
async def test_what_was_decided_by_a_clock_that_ran_ahead_leaves_at_its_time(
    matrix: Bench, until: str
) -> None:
    ticking = Ticking(matrix.database, HOUSE)
    for hours in (1,) if until == "evening" else (1, 6):
        ahead = WEEK_BEFORE + hours * HOUR
        await ticking.tick(Tick(ahead, ahead))
    (count,) = await matrix.query("SELECT count(*) FROM reminders")
    assert int(count) > 0
    before_it = timedelta(seconds=15)
    for now in (NOW, NOW + HOUR, NOW.replace(hour=22), WEEK_BEFORE - HOUR, WEEK_BEFORE - before_it):
        await ticks(matrix, now)
    assert matrix.network.texts(COOP) == []
    for now in (WEEK_BEFORE, WEEK_BEFORE + before_it, WEEK_BEFORE + HOUR, WEEK_BEFORE + 24 * HOUR):
        await ticks(matrix, now)
        (said,) = matrix.network.texts(COOP)
    assert "please answer by" in said
    assert "late" not in said
    assert await matrix.query("SELECT count(*) FROM reminders") == [count]


async def test_what_is_still_to_be_said_in_private_then_is_said_at_its_time_too(matrix: Bench) -> None:
    right = DEADLINE - timedelta(days=1)

    def remind(storage: Storage) -> None:
        friends(storage, 3)
        storage.campaigns.change(1, reminders=[86400])
        reminded(storage, right + HOUR)

    matrix.database.transaction(remind)
    for now in (NOW, NOW + HOUR, right - MINUTE):
        await ticks(matrix, now)
    assert matrix.network.attempts == []
    for now in (right, right + MINUTE, right + HOUR):
        await ticks(matrix, now)
    alone = [one for one in matrix.network.attempts if one.room.id.startswith("!with-")]
    assert len(alone) == len({one.room.id for one in alone}) == 3
