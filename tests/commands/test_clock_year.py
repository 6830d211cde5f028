"""A year of reminders by the real clock step on a real database: both clock changes, downtime, answers in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campaign.chat import MATRIX, Address
from campaign.civil import GRACE
from campaign.decision import PRESETS, to_data
from campaign.reminder import poll_reminder_at
from commands import tell
from commands.clock import due
from commands.command import House
from commands.reminders import schedules
from commands.tick import Tick
from storage.opening import open_database
from storage.tables import outbox, reminders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Row

    from campaign.reminder import Planned
    from storage.database import Database
    from storage.storage import Storage

ZONES = {
    "Europe/Paris": (date(2027, 3, 28), date(2027, 10, 31)),
    "Pacific/Auckland": (date(2027, 4, 4), date(2027, 9, 26)),
    "America/St_Johns": (date(2027, 3, 14), date(2027, 11, 7)),
}
"""Each zone, and the days of 2027 on which its clocks change."""
OPENS, CLOSES = time(9), time(20)
LATEST = (datetime.combine(date.min, CLOSES) + GRACE).time()
"""Until when on a day it may still be said what could not be in time."""
OFFSETS = [14 * 86400, 7 * 86400, 3 * 86400, 86400, 7200]


class Undone(Exception):
    """The database is as it was before."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = open_database(tmp_path_factory.mktemp("year"))
    yield opened
    opened.close()


@dataclass
class Year:
    """A campaign in a zone, its organisations, and what time brought."""

    storage: Storage
    zone: str
    now: datetime
    answered: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        storage, now = self.storage, self.now
        row = storage.campaigns.add(
            f"{self.zone}", "Letter", now, timezone=self.zone, language="en", reminders=OFFSETS,
            civil_hours=f"{OPENS:%H:%M}-{CLOSES:%H:%M}",
        )  # fmt: skip
        self.campaign = row.id
        room = storage.rooms.ensure(MATRIX, "!a", state="joined", language="en")
        storage.rooms.list_in(row.id, room.id)
        self.orgs = []
        for number in range(6):
            one = storage.organisations.add(f"Org {self.zone} {number}", f"org {self.zone} {number}", now)
            storage.campaigns.enrol(row.id, one.id, now)
            person = storage.people.ensure(Address(MATRIX, f"@p{number}:{self.zone}"), "P", now)
            storage.representatives.represent(one.id, person.id, "roster", now)
            if number % 2:
                storage.rooms.ensure(
                    MATRIX, f"!with-{number}", state="joined", direct=True, partner=f"@p{number}:{self.zone}"
                )
            self.orgs.append(one.id)
        storage.campaigns.prefer(row.id, self.orgs[4], reminders="off")
        storage.campaigns.prefer(row.id, self.orgs[5], reminders="private")

    def tick(self, now: datetime) -> None:
        """Let happen what time brings by now, as the bot does."""
        tick = Tick(now, now)
        for step in (*due.reminders(self.storage), *due.polls(self.storage)):
            tell.put(self.storage, step(self.storage, House(), tick).elsewhere, now)
        for alone in due.in_private(self.storage):
            while (told := alone(self.storage, House(), tick)) is not None:
                tell.put(self.storage, told.elsewhere, now)

    def answer(self, place: int, now: datetime) -> None:
        """Let an organisation answer."""
        self.storage.campaigns.stand(self.campaign, self.orgs[place], "declined", now)
        self.answered.setdefault(self.orgs[place], now)

    def rows(self) -> Sequence[Row[Any]]:
        """Return everything that was written down of reminders."""
        return self.storage._connection.execute(select(reminders).order_by(reminders.c.id)).all()

    def check_offsets(self, rows: Sequence[Row[Any]], existing: Sequence[Planned]) -> None:
        """Each reminder that exists was decided for everybody; several that fall together are one."""
        of: dict[int, list[Row[Any]]] = {}
        for row in rows:
            of.setdefault(row.seconds_before, []).append(row)
        nearest = {int(each.offset.total_seconds()) for each in existing}
        assert nearest <= of.keys()
        for before, some in of.items():
            assert sorted(row.organisation_id for row in some) == self.orgs
            if before not in nearest:
                assert {(row.state, row.why) for row in some} <= {
                    ("skipped", "overtaken"),
                    ("skipped", "past the deadline"),
                }

    def check(self, latest: time = CLOSES) -> None:
        """Nobody outside civil hours, nobody who has answered, nobody twice, nothing unsaid without a reason."""
        zone, rows = ZoneInfo(self.zone), self.rows()
        seen = [(row.organisation_id, *_cause(row)) for row in rows]
        assert len(seen) == len(set(seen))
        pauses = schedules.pauses(self.storage.campaigns.get(self.campaign))
        for row in rows:
            assert row.state in ("sent", "late", "skipped")
            if row.state == "skipped":
                assert row.why
                continue
            local = row.at.astimezone(zone)
            assert OPENS <= local.time().replace(second=0, microsecond=0) <= latest, local
            assert not any(first <= local.date() <= last for first, last in pauses)
            assert row.outbox_id is not None
            assert row.at < self.answered.get(row.organisation_id, datetime.max.replace(tzinfo=UTC))
            assert row.organisation_id != self.orgs[4]
        assert len({row.outbox_id for row in rows if row.public and row.state != "skipped"}) == len(
            {_cause(row) for row in rows if row.public and row.state != "skipped"}
        )
        for version in {row.deadline_version for row in rows}:
            said = {row.seconds_before for row in rows if row.public and row.deadline_version == version}
            assert len(said) <= 2 or version is None


def _cause(row: Row[Any]) -> tuple[object, ...]:
    return (
        row.deadline_id,
        row.deadline_version,
        row.seconds_before,
        row.deciding_until,
        row.poll_id,
        row.closes_at,
    )


def by_the_hour(year: Year, deadline: datetime, step: timedelta) -> list[datetime]:
    """Return the instants of ticks up to a deadline and a little further: evenly, and just after each plan."""
    campaign = year.storage.campaigns.get(year.campaign)
    (one,) = year.storage.deadlines.of_campaign(year.campaign)
    ticks = [year.now + step * count for count in range(int((deadline - year.now) / step) + 2)]
    ticks += [each.at + timedelta(seconds=7) for each in schedules.planned(campaign, one)]
    return sorted({*ticks, deadline + timedelta(minutes=1)})


@pytest.mark.parametrize("zone", ZONES)
def test_each_reminder_of_a_year_is_given_once(database: Database, zone: str) -> None:
    """A deadline in each month, each at another hour; in every other one an organisation answers half-way."""

    def work(storage: Storage) -> None:
        year = Year(storage, zone, datetime(2026, 12, 20, 12, tzinfo=UTC))
        storage.campaigns.change(year.campaign, pauses=[["2027-07-20", "2027-08-20"]])
        days = [*(date(2027, month, 5) for month in range(1, 13)), *ZONES[zone]]
        last = None
        for count, day in enumerate(sorted(days)):
            hour = (count * 5) % 24
            deadline = datetime.combine(day, time(hour, 30), ZoneInfo(zone)).astimezone(UTC)
            if deadline <= year.now:
                continue
            one = storage.deadlines.put(year.campaign, "", deadline, zone, year.now)
            before = len(year.rows())
            existing = schedules.planned(storage.campaigns.get(year.campaign), one)
            for now in by_the_hour(year, deadline, timedelta(hours=6)):
                year.tick(now)
            given = year.rows()[before:]
            year.check_offsets(given, existing)
            assert all(row.state != "late" for row in given), "nothing was ever late"
            if existing:
                nearest = min(each.offset for each in existing).total_seconds()
                said = {
                    row.organisation_id
                    for row in given
                    if row.state == "sent" and row.seconds_before == nearest
                }
                assert said == {org for org in year.orgs if org != year.orgs[4] and org not in year.answered}
            if count in (5, 9):
                year.answer(count % 4, deadline)
            year.now, last = deadline + timedelta(minutes=1), one
        assert last is not None
        year.check()
        raise Undone

    with pytest.raises(Undone):
        database.transaction(work)


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=10)
@given(
    around=st.integers(0, 1),
    days=st.integers(-3, 6),
    minute=st.integers(0, 1439),
    downs=st.lists(st.tuples(st.integers(0, 17 * 24), st.integers(1, 200)), max_size=3),
    answers=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 17 * 24)), max_size=3),
    own=st.integers(2, 16),
    paused=st.booleans(),
)
def test_whatever_goes_wrong_each_is_given_once_or_skipped(  # noqa: PLR0917 - what hypothesis draws
    database: Database,
    zone: str,
    around: int,
    days: int,
    minute: int,
    downs: list[tuple[int, int]],
    answers: list[tuple[int, int]],
    own: int,
    paused: bool,  # noqa: FBT001 - drawn
) -> None:
    """A deadline near a change of the clocks; the bot is down for hours or days, organisations answer at any time."""
    day = ZONES[zone][around] + timedelta(days=days)
    deadline = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone)).astimezone(UTC)

    def work(storage: Storage) -> None:
        begin = deadline - timedelta(days=17)
        year = Year(storage, zone, begin)
        if paused:
            some = [(day - timedelta(days=back)).isoformat() for back in (5, 2)]
            storage.campaigns.change(year.campaign, pauses=[some])
        until = (begin + timedelta(days=own)).date()
        storage.campaigns.stand(year.campaign, year.orgs[0], "deciding", begin, deciding_until=until)
        one = storage.deadlines.put(year.campaign, "", deadline, zone, begin)
        existing = schedules.planned(storage.campaigns.get(year.campaign), one)
        away = [
            (begin + timedelta(hours=start), begin + timedelta(hours=start + length))
            for start, length in downs
        ]
        said = sorted((begin + timedelta(hours=hour), place) for place, hour in answers)
        ticks = [
            now
            for now in by_the_hour(year, deadline, timedelta(hours=5))
            if not any(a <= now <= b for a, b in away)
        ]
        for now in [*ticks, max(deadline, *(b for _, b in away), deadline) + timedelta(days=3)]:
            while said and said[0][0] <= now:
                at, place = said.pop(0)
                year.answer(place, at)
            year.tick(now)
        rows = [row for row in year.rows() if row.deadline_id is not None]
        year.check_offsets(rows, existing)
        year.check(LATEST)
        asked = [row for row in year.rows() if row.deciding_until is not None]
        assert len(asked) <= 1
        news = outbox.c.purpose.startswith("deadline:")  # that it has passed
        waiting = storage._connection.execute(select(outbox.c.expires_at).where(~news)).scalars()
        assert all(at is None or at == deadline for at in waiting)
        raise Undone

    with pytest.raises(Undone):
        database.transaction(work)


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=8)
@given(
    around=st.integers(0, 1),
    days=st.integers(-2, 2),
    minute=st.integers(0, 1439),
    length=st.integers(2, 200),
    put_off=st.one_of(st.none(), st.tuples(st.integers(1, 20), st.integers(1, 72))),
    downs=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 40)), max_size=2),
    votes=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200)), max_size=3),
)
def test_electors_are_reminded_once_of_each_closing_of_a_poll_or_skipped(  # noqa: PLR0917 - what hypothesis draws
    database: Database,
    zone: str,
    around: int,
    days: int,
    minute: int,
    length: int,
    put_off: tuple[int, int] | None,
    downs: list[tuple[int, int]],
    votes: list[tuple[int, int]],
) -> None:
    """A poll that closes near a change of the clocks, perhaps put off; the bot is away at times, electors vote at any."""
    day = ZONES[zone][around] + timedelta(days=days)
    closes = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone)).astimezone(UTC)
    begin = closes - timedelta(hours=length)
    ends = closes + timedelta(hours=put_off[1]) if put_off else closes

    def work(storage: Storage) -> None:
        year = Year(storage, zone, begin)
        poll = storage.polls.open(
            year.campaign, year.orgs, question="Shall we?", procedure="consent", opened_by=1, opened_at=begin,
            closes_at=closes, zone=zone, rules=to_data(PRESETS["consent"]), signs=False, begun=True,
        )  # fmt: skip
        moves = [(closes - timedelta(hours=put_off[0]), ends)] if put_off else []
        said = sorted((begin + timedelta(hours=hour), year.orgs[place]) for place, hour in votes)
        civil = (OPENS, CLOSES)
        hours = [
            poll_reminder_at(closes, begin, civil, zone),
            poll_reminder_at(ends, moves[0][0], civil, zone) if moves else None,
        ]
        ticks = {begin + timedelta(hours=5 * count) for count in range((length + 80) // 5)}
        ticks |= {at + timedelta(seconds=7) for at in hours if at is not None}
        away = [(begin + timedelta(hours=a), begin + timedelta(hours=a + b)) for a, b in downs]
        for now in sorted(ticks | {ends + timedelta(days=3)}):
            if any(a <= now <= b for a, b in away) and now <= ends:
                continue
            while moves and moves[0][0] <= now:
                at, until = moves.pop(0)
                storage.polls.extend(poll.id, until, at)
            while said and said[0][0] <= now:
                at, elector = said.pop(0)
                if at < storage.polls.get(poll.id).closes_at and elector not in year.answered:
                    storage.ballots.cast(
                        poll.id, elector, standing=True, person_id=1, choice="consent", network=MATRIX, event="",
                        cast_at=at,
                    )  # fmt: skip
                    year.answered[elector] = at
            year.tick(now)
        assert storage.polls.get(poll.id).closed_at is not None
        year.check(LATEST)
        rows = [row for row in year.rows() if row.poll_id == poll.id]
        given = {row.closes_at for row in rows}
        for one in given:
            assert sorted(row.organisation_id for row in rows if row.closes_at == one) == year.orgs
        assert all(row.at < row.closes_at for row in rows if row.state != "skipped")
        missed = [at for at in hours[:1] if at is not None and not put_off]
        # What exists is given, or was still to be given when the bot came back after the closing.
        assert given or not missed or any(a <= missed[0] <= b for a, b in away)
        raise Undone

    with pytest.raises(Undone):
        database.transaction(work)


def test_the_days_of_the_table_are_those_on_which_clocks_change() -> None:
    for zone, days in ZONES.items():
        for day in days:
            noons = [datetime.combine(day + timedelta(days=one), time(12), ZoneInfo(zone)) for one in (-1, 0)]
            before, after = (noon.utcoffset() for noon in noons)
            assert [before != after for before, after in pairwise((before, after))] == [True]
