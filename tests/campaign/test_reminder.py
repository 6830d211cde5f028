from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.civil import GRACE
from campaign.reminder import (
    NOTICE,
    POLL_OFFSET,
    PUNCTUAL,
    Due,
    due,
    poll_reminder_at,
    public_names,
    public_offsets,
    schedule,
    to_remind,
)

PARIS = "Europe/Paris"
CIVIL = (time(9), time(20))
ALWAYS = (time(0), time(0))
D = timedelta(days=1)
H = timedelta(hours=1)
M = timedelta(minutes=1)
USUAL = (14 * D, 7 * D, 3 * D, D, 2 * H)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def local(  # noqa: PLR0917 - a wall time reads best in one breath
    zone: str,
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    *,
    fold: int = 0,
) -> datetime:
    wall = datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(zone), fold=fold)
    return wall.astimezone(UTC)


def planned(
    deadline: datetime,
    *offsets: timedelta,
    set_at: datetime = LONG_AGO,
    civil: tuple[time, time] = CIVIL,
    zone: str = PARIS,
) -> list[datetime]:
    return [each.at for each in schedule(deadline, set_at, offsets, civil, zone)]


def test_the_usual_offsets_of_an_afternoon_deadline_are_exact() -> None:
    deadline = local(PARIS, 2027, 9, 30, 18)
    assert planned(deadline, *USUAL) == [
        local(PARIS, 2027, 9, 16, 18),
        local(PARIS, 2027, 9, 23, 18),
        local(PARIS, 2027, 9, 27, 18),
        local(PARIS, 2027, 9, 29, 18),
        local(PARIS, 2027, 9, 30, 16),
    ]


@pytest.mark.parametrize(
    ("zone", "deadline", "offset", "expected"),
    [
        # Spring: the night before the deadline is an hour short, and a day before is the same wall time.
        (PARIS, (2026, 3, 29, 18), D, (2026, 3, 28, 18)),
        (PARIS, (2026, 10, 25, 18), D, (2026, 10, 24, 18)),
        ("Pacific/Auckland", (2026, 9, 27, 18), D, (2026, 9, 26, 18)),
        ("Pacific/Auckland", (2026, 4, 5, 18), D, (2026, 4, 4, 18)),
        ("America/St_Johns", (2026, 3, 8, 18), D, (2026, 3, 7, 18)),
        ("America/St_Johns", (2026, 11, 1, 18), D, (2026, 10, 31, 18)),
        (PARIS, (2026, 3, 29, 18), 7 * D, (2026, 3, 22, 18)),
        # Hours are elapsed time: over the change they are not what the wall says.
        (PARIS, (2026, 3, 29, 10), 9 * H, (2026, 3, 29, 0)),
        (PARIS, (2026, 10, 25, 10), 9 * H, (2026, 10, 25, 2)),
        ("Pacific/Auckland", (2026, 9, 27, 10), 9 * H, (2026, 9, 27, 0)),
        ("Pacific/Auckland", (2026, 4, 5, 10), 9 * H, (2026, 4, 5, 2)),
        ("America/St_Johns", (2026, 3, 8, 10), 9 * H, (2026, 3, 8, 0)),
        ("America/St_Johns", (2026, 11, 1, 10), 10 * H, (2026, 11, 1, 1)),
        # A wall time that does not exist moves on by the hour that was skipped.
        (PARIS, (2026, 3, 30, 2, 30), D, (2026, 3, 29, 3, 30)),
        ("Pacific/Auckland", (2026, 9, 28, 2, 30), D, (2026, 9, 27, 3, 30)),
        ("America/St_Johns", (2026, 3, 9, 2, 30), D, (2026, 3, 8, 3, 30)),
        # Days first, as wall time, then the hours, as elapsed time.
        (PARIS, (2026, 3, 30, 10), D + 9 * H, (2026, 3, 29, 0)),
    ],
)
def test_days_are_calendar_days_and_hours_are_elapsed_time(
    zone: str, deadline: tuple[int, ...], offset: timedelta, expected: tuple[int, ...]
) -> None:
    assert planned(local(zone, *deadline), offset, civil=ALWAYS, zone=zone) == [local(zone, *expected)]


@pytest.mark.parametrize(
    ("zone", "wall", "day_after"),
    [
        (PARIS, (2026, 10, 25, 2, 30), (2026, 10, 26, 2, 30)),
        ("Pacific/Auckland", (2026, 4, 5, 2, 30), (2026, 4, 6, 2, 30)),
        ("America/St_Johns", (2026, 11, 1, 1, 30), (2026, 11, 2, 1, 30)),
    ],
)
def test_a_wall_time_that_happens_twice_is_its_first(
    zone: str, wall: tuple[int, ...], day_after: tuple[int, ...]
) -> None:
    first, second = local(zone, *wall), local(zone, *wall, fold=1)
    assert second - first == H
    assert planned(local(zone, *day_after), D, civil=ALWAYS, zone=zone) == [first]
    assert planned(second, H, civil=ALWAYS, zone=zone) == [first]


def test_also_when_the_deadline_itself_is_the_second_of_them() -> None:
    deadline = local(PARIS, 2026, 10, 25, 2, 30, fold=1)
    assert planned(deadline, 364 * D, civil=ALWAYS) == [local(PARIS, 2025, 10, 26, 2, 30)]


def test_a_deadline_minutes_away_rings_exactly_then() -> None:
    set_at = local(PARIS, 2026, 5, 4, 11, 0, 7)
    deadline = set_at + 5 * M
    assert planned(deadline, 2 * M, *USUAL, set_at=set_at) == [deadline - 2 * M]


@pytest.mark.parametrize(
    ("deadline", "offset", "expected"),
    [
        # Too early in the morning: the opening.
        ((2026, 5, 4, 10), 2 * H, (2026, 5, 4, 9)),
        # Too late in the evening: the next opening, if the deadline is far enough behind it.
        ((2026, 5, 4, 23), D, (2026, 5, 4, 9)),
        # No opening before the deadline: the last closing.
        ((2026, 5, 4, 8), 2 * H, (2026, 5, 3, 20)),
        ((2026, 5, 4, 23), 2 * H, (2026, 5, 4, 20)),
        # An opening that leaves too little time is none.
        ((2026, 5, 4, 9, 10), 2 * H, (2026, 5, 3, 20)),
        ((2026, 5, 4, 9, 15), 2 * H, (2026, 5, 4, 9)),
        # The edges are civil.
        ((2026, 5, 4, 11), 2 * H, (2026, 5, 4, 9)),
        ((2026, 5, 4, 22), 2 * H, (2026, 5, 4, 20)),
    ],
)
def test_civil_hours(deadline: tuple[int, ...], offset: timedelta, expected: tuple[int, ...]) -> None:
    assert planned(local(PARIS, *deadline), offset) == [local(PARIS, *expected)]


def test_civil_hours_may_span_midnight() -> None:
    night = (time(20), time(4))
    assert planned(local(PARIS, 2026, 5, 4, 3), 2 * H, civil=night) == [local(PARIS, 2026, 5, 4, 1)]
    assert planned(local(PARIS, 2026, 5, 4, 14), 2 * H, civil=night) == [local(PARIS, 2026, 5, 4, 4)]


def test_an_offset_from_before_the_deadline_was_set_does_not_exist() -> None:
    deadline = local(PARIS, 2026, 5, 14, 18)
    assert planned(deadline, *USUAL, set_at=deadline - 3 * D) == [deadline - D, deadline - 2 * H]
    assert planned(deadline, *USUAL, set_at=deadline) == []
    # Neither does one that civil hours would move to after it.
    morning = local(PARIS, 2026, 5, 14, 10)
    assert planned(morning, 3 * H, set_at=local(PARIS, 2026, 5, 14, 8)) == []


def test_an_offset_that_can_only_move_to_before_the_deadline_was_set_does_not_exist() -> None:
    deadline = local(PARIS, 2026, 5, 14, 23)
    assert planned(deadline, H, set_at=local(PARIS, 2026, 5, 14, 21)) == []
    assert planned(deadline, H, set_at=local(PARIS, 2026, 5, 14, 19)) == [local(PARIS, 2026, 5, 14, 20)]


def test_a_preview_shows_one_reminder_per_instant() -> None:
    deadline = local(PARIS, 2026, 5, 14, 23)
    shown = schedule(deadline, LONG_AGO, (2 * H, H), CIVIL, PARIS)
    assert [(each.offset, each.at) for each in shown] == [(H, local(PARIS, 2026, 5, 14, 20))]


DEADLINE = local(PARIS, 2026, 5, 14, 18)


def actions(now: datetime, *, already: frozenset[timedelta] = frozenset()) -> dict[timedelta, str]:
    found = due(DEADLINE, LONG_AGO, USUAL, CIVIL, PARIS, already, now)
    return {each.offset: each.action for each in found}


def test_nothing_is_due_early_or_twice() -> None:
    assert actions(DEADLINE - 14 * D - timedelta(microseconds=1)) == {}
    assert actions(DEADLINE - 14 * D) == {14 * D: "send"}
    assert actions(DEADLINE - 14 * D + M, already=frozenset({14 * D})) == {}


def test_after_downtime_the_one_that_makes_sense_is_sent_late() -> None:
    assert actions(DEADLINE - 2 * D) == {14 * D: "skip", 7 * D: "skip", 3 * D: "late"}
    assert actions(DEADLINE - D, already=frozenset({14 * D, 7 * D})) == {3 * D: "skip", D: "send"}


def test_a_handled_nearer_reminder_overtakes_a_further_one() -> None:
    assert actions(DEADLINE - H, already=frozenset({2 * H}))[D] == "skip"


def test_what_is_late_at_night_waits_for_the_morning() -> None:
    night = local(PARIS, 2026, 5, 13, 23)
    handled = frozenset({14 * D, 7 * D, 3 * D})
    assert actions(night, already=handled) == {}
    assert actions(local(PARIS, 2026, 5, 14, 9), already=handled) == {D: "late"}


def test_what_is_planned_for_the_closing_still_rings_at_the_next_tick() -> None:
    deadline = local(PARIS, 2026, 5, 14, 23)
    found = due(
        deadline, LONG_AGO, (2 * H,), CIVIL, PARIS, (), local(PARIS, 2026, 5, 14, 20) + timedelta(seconds=20)
    )
    assert [each.action for each in found] == ["send"]


def test_past_the_deadline_everything_is_skipped() -> None:
    assert set(actions(DEADLINE).values()) == {"skip"}
    assert len(actions(DEADLINE + 30 * D)) == len(USUAL)


ZONES = st.sampled_from([PARIS, "Pacific/Auckland", "America/St_Johns", "Australia/Lord_Howe", "UTC"])
# Hypothesis takes naive bounds and adds the zone.
INSTANTS = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
OFFSETS = st.sets(st.timedeltas(M, 20 * D), max_size=6) | st.just(set(USUAL))
HOURS = st.tuples(st.times(), st.times())
DAYTIME = st.tuples(st.times(time(4), time(12)), st.times(time(13), time(23)))
"""Civil hours that no change of the clocks touches, so that what the wall shows decides."""


def test_what_comes_late_may_come_shortly_after_the_closing() -> None:
    deadline, civil = datetime(2024, 1, 1, 18, tzinfo=UTC), (time(4), time(21, 35, 1))
    planned = deadline - D  # half past two in the afternoon
    for seconds, action in ((900, "late"), (901, "")):
        now = local("America/St_Johns", 2023, 12, 31, 21, 35) + timedelta(seconds=1 + seconds)
        found = due(deadline, planned - H, (D,), civil, "America/St_Johns", (), now)
        assert "".join(each.action for each in found) == action


@given(
    deadline=INSTANTS,
    lead=st.timedeltas(timedelta(0), 30 * D),
    offsets=OFFSETS,
    civil=DAYTIME,
    zone=ZONES,
    data=st.data(),
)
def test_each_offset_is_handled_exactly_once_however_the_ticks_fall(
    *,
    deadline: datetime,
    lead: timedelta,
    offsets: set[timedelta],
    civil: tuple[time, time],
    zone: str,
    data: st.DataObject,
) -> None:
    set_at = deadline - lead
    ticks = sorted(data.draw(st.lists(st.timedeltas(timedelta(0), lead), max_size=20)))
    handled: list[Due] = []
    rung: list[tuple[datetime, Due]] = []
    for now in [*(set_at + tick for tick in ticks), deadline + 40 * D]:
        found = due(deadline, set_at, offsets, civil, zone, {each.offset for each in handled}, now)
        ringing = [each for each in found if each.action != "skip"]
        assert len(ringing) <= 1
        assert all(each.planned_at <= now for each in found)
        handled += found
        rung += [(now, each) for each in ringing]
    assert len({each.offset for each in handled}) == len(handled)
    existing = schedule(deadline, set_at, offsets, civil, zone)
    assert {each.offset for each in existing} <= {each.offset for each in handled} <= offsets
    for now, each in rung:
        assert set_at < each.planned_at <= now < deadline
        assert each.action == ("send" if now - each.planned_at <= PUNCTUAL else "late")
        # What comes late may still come shortly after civil hours have closed.
        may_be = (now, now - GRACE) if each.action == "late" else (each.planned_at,)
        assert any(civil[0] <= at.astimezone(ZoneInfo(zone)).time() <= civil[1] for at in may_be)


@given(INSTANTS, OFFSETS, HOURS, ZONES)
def test_with_frequent_ticks_every_reminder_of_the_preview_rings_on_time(
    deadline: datetime, offsets: set[timedelta], civil: tuple[time, time], zone: str
) -> None:
    preview = schedule(deadline, LONG_AGO, offsets, civil, zone)
    handled: set[timedelta] = set()
    rung = []
    for tick in preview:
        found = due(deadline, LONG_AGO, offsets, civil, zone, handled, tick.at)
        handled |= {each.offset for each in found}
        rung += [each.offset for each in found if each.action == "send"]
    assert rung == [each.offset for each in preview]
    assert handled == offsets


@given(INSTANTS, OFFSETS, ZONES)
def test_usual_civil_hours_hold_on_every_wall(deadline: datetime, offsets: set[timedelta], zone: str) -> None:
    for each in schedule(deadline, LONG_AGO, offsets, CIVIL, zone):
        wall = each.at.astimezone(ZoneInfo(zone)).time()
        assert time(9) <= wall <= time(20)
        assert each.at < deadline


@given(INSTANTS, st.timedeltas(M, 20 * D), ZONES)
def test_a_reminder_moves_on_only_if_it_leaves_time(deadline: datetime, offset: timedelta, zone: str) -> None:
    exact = planned(deadline, offset, civil=ALWAYS, zone=zone)[0]
    moved = planned(deadline, offset, zone=zone)[0]
    assert moved <= max(exact, deadline - NOTICE)


@pytest.mark.parametrize(
    ("standing", "deciding_until", "paused_until", "expected"),
    [
        ("silent", None, None, True),
        ("silent", None, date(2026, 5, 3), True),
        ("silent", None, date(2026, 5, 4), False),
        ("silent", None, date(2026, 5, 9), False),
        ("deciding", date(2026, 5, 3), None, True),
        ("deciding", date(2026, 5, 4), None, False),
        ("deciding", date(2026, 5, 3), date(2026, 6, 1), False),
        ("deciding", None, None, True),
        ("declared", None, None, False),
        ("signed", None, None, False),
        ("declined", None, None, False),
        ("withdrawn", None, None, False),
    ],
)
def test_who_is_reminded(
    standing: str, deciding_until: date | None, paused_until: date | None, *, expected: bool
) -> None:
    assert to_remind(standing, deciding_until, paused_until, date(2026, 5, 4)) is expected  # type: ignore[arg-type]


def test_two_offsets_at_most_speak_in_public() -> None:
    assert public_offsets(USUAL) == {14 * D, 2 * H}
    assert public_offsets([D]) == {D}
    assert public_offsets([]) == frozenset()


def test_ten_names_at_most_are_public() -> None:
    names = [f"Org {number}" for number in range(13)]
    assert public_names(names) == (tuple(names[:10]), 3)
    assert public_names(names[:10]) == (tuple(names[:10]), 0)
    assert public_names([]) == ((), 0)


def test_a_poll_reminds_a_day_before_it_closes() -> None:
    closes = local(PARIS, 2026, 3, 29, 18)
    assert poll_reminder_at(closes, closes - 7 * D, CIVIL, PARIS) == local(PARIS, 2026, 3, 28, 18)
    assert poll_reminder_at(closes, closes - 20 * H, CIVIL, PARIS) is None
    found = due(closes, closes - 7 * D, (POLL_OFFSET,), CIVIL, PARIS, (), local(PARIS, 2026, 3, 28, 18))
    assert [(each.offset, each.action) for each in found] == [(POLL_OFFSET, "send")]
