"""A campaigner is told whom a reminder reaches, and whom it cannot."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.clock import EVERY
from bot.ticking import MOST_FAULTS
from campaign.chat import MATRIX, Removed
from commands.reminders import ringing
from commands.reminders.occasions import ADeadline
from storage.tables import audit, reminders
from storage.trouble import StorageFull
from tests.commands.stage import PLACES, opened, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from commands.command import Elsewhere
    from commands.reminders.occasions import Occasion
    from storage.storage import Storage
    from tests.commands.stage import Answer, Stage

WHEN, A_MINUTE_LATER = datetime(2024, 9, 23, 16, 1, tzinfo=UTC), datetime(2024, 9, 23, 16, 2, tzinfo=UTC)
"""A week before the deadline."""


async def test_nobody_is_said_to_be_reminded_where_the_bot_is_in_no_room(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "status", "private")
        for rooms in PLACES.values():
            await stage.take(Removed(rooms["campaign"], "$out", BEGINNING, "kicked"))
        told, *reminders = await stage.say(voice("Maud"), "!remind now", "admin")
    done, not_done, *missing = told.message.lines
    assert done.values["names"] == "Nuage Libre"
    assert not_done.id.startswith("Not reminded")
    assert "Le Fil Commun" in str(not_done.values["names"])
    assert "Nuage Libre" not in str(not_done.values["names"])
    assert [line.id[:12] for line in missing] == ["Not in {room"] * 2
    assert [(one.where, one.message.rings) for one in reminders] == [
        (f"!with-{voice('Camille').address.id}", True)
    ]


async def test_everybody_is_reminded_where_it_is_in_a_room(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        told, *reminders = await stage.say(voice("Maud"), "!remind now", "admin")
    (done,) = told.message.lines
    assert str(done.values["names"]).count(", ") == 5
    assert [one.where for one in reminders] == [PLACES[MATRIX]["campaign"].id]


async def wanted_in_private(stage: Stage) -> None:
    """Let organisations want their reminders in private, and set a deadline."""
    for who in ("Camille", "Robin", "Ines", "Alex"):
        await stage.say(voice(who), "!status", "private")
        await stage.say(voice(who), "!reminders private", "private")
    await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00", "admin")


async def fates(stage: Stage) -> list[tuple[str, str]]:
    """What has become of the reminders that are for people alone."""

    def work(storage: Storage) -> list[tuple[str, str]]:
        query = select(reminders.c.state, reminders.c.why).where(~reminders.c.public)
        found = storage._connection.execute(query.where(reminders.c.deadline_id.is_not(None)))
        return sorted((row.state, row.why) for row in found)

    return await stage.database.read(work)


async def test_a_fault_that_passes_costs_nobody_their_reminder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> tuple[Elsewhere, ...]:
        raise KeyError("a fault that passes")

    with opened(tmp_path) as stage:
        await wanted_in_private(stage)
        with monkeypatch.context() as patch:
            patch.setattr(ringing, "_alone", fails)
            said = await stage.tick(WHEN)
        assert [one.where for one in said if one.where.startswith("!with-")] == []
        due = [fate for fate in await fates(stage) if fate[0] == "due"]
        assert due
        assert ("skipped", "failed") not in await fates(stage)
        said = await stage.tick(A_MINUTE_LATER)
        assert len([one for one in said if one.message.private]) == len(due)
        assert {state for state, _ in await fates(stage)} == {"sent"}


async def test_one_that_cannot_be_said_alone_is_given_up_and_the_campaigners_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = ringing._alone
    broken: list[int] = []

    def fails_for_one(about: Occasion, rows: Mapping[int, int]) -> tuple[Elsewhere, ...]:
        broken[:] = broken or [min(rows.values())]
        if broken[0] in rows.values():
            raise KeyError("a fault that stays")
        return alone(about, rows)

    with opened(tmp_path) as stage:
        await wanted_in_private(stage)
        monkeypatch.setattr(ringing, "_alone", fails_for_one)
        said = await stage.tick(WHEN)
        told = [one for one in said if "given up" in one.ids[0]]
        assert {one.where for one in told} == {rooms["admin"].id for rooms in PLACES.values()}
        assert [one.message.lines[0].values["count"] for one in told] == [1, 1]
        assert await fates(stage) == [("sent", "")] * 2 + [("skipped", "failed")]
        assert await stage.tick(A_MINUTE_LATER) == []


async def test_what_cannot_even_be_given_up_is_left_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, give_up = ringing._alone, ringing.give_up
    broken: list[int] = []

    def fails_for_one(about: Occasion, rows: Mapping[int, int]) -> tuple[Elsewhere, ...]:
        broken[:] = broken or [min(rows.values())]
        if broken[0] in rows.values():
            raise KeyError("a fault that stays")
        return alone(about, rows)

    def fails(*given: object) -> None:
        give_up(*given)  # type: ignore[arg-type]
        raise KeyError("half done")

    with opened(tmp_path) as stage:
        await wanted_in_private(stage)
        monkeypatch.setattr(ringing, "_alone", fails_for_one)
        monkeypatch.setattr(ringing, "give_up", fails)
        await stage.tick(WHEN)
        assert await fates(stage) == [("due", "")] + [("sent", "")] * 2


# --- a fault that lasts


async def ticked(stage: Stage, begins: datetime, times: int = MOST_FAULTS + 2) -> list[Answer]:
    """Let the clock tick so often; return what the bot would say."""
    return [
        one for tick in range(times) for one in await stage.tick(begins + tick * timedelta(seconds=EVERY))
    ]


async def acts(stage: Stage, act: str) -> list[dict[str, object]]:
    """The details of each act of a kind in the audit."""

    def work(storage: Storage) -> list[dict[str, object]]:
        query = select(audit.c.details).where(audit.c.act == act).order_by(audit.c.id)
        return [dict(details) for (details,) in storage._connection.execute(query)]

    return await stage.database.read(work)


async def test_a_single_reminder_that_cannot_be_said_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    def fails(*_: object) -> tuple[Elsewhere, ...]:
        tries.append(None)
        raise KeyError("a fault that stays")

    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!status", "private")
        await stage.say(voice("Camille"), "!reminders private", "private")
        await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00", "admin")
        monkeypatch.setattr(ringing, "_alone", fails)
        said = await ticked(stage, WHEN)
        told = [one for one in said if "given up" in one.ids[0]]
        assert {one.where for one in told} == {rooms["admin"].id for rooms in PLACES.values()}
        assert [one.message.lines[0].values["count"] for one in told] == [1, 1]
        assert await fates(stage) == [("skipped", "failed")]
        assert [one["count"] for one in await acts(stage, "reminder given up")] == [1]
        ended = len(tries)
        assert await ticked(stage, WHEN + timedelta(hours=1)) == []
        assert len(tries) == ended


async def test_a_reminder_that_cannot_be_said_in_the_rooms_ends_and_keeps_no_other_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ADeadline.lines

    def fails_for_one(about: ADeadline, *given: object, **more: object) -> object:
        if about.deadline is not None and about.deadline.label == "first":
            raise KeyError("a fault that stays")
        return lines(about, *given, **more)  # type: ignore[arg-type]

    with opened(tmp_path) as stage:
        await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00 first", "admin")
        await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00 second", "admin")
        monkeypatch.setattr(ADeadline, "lines", fails_for_one)
        said = await stage.tick(WHEN)
        assert [one.where for one in said] == [PLACES[MATRIX]["campaign"].id]
        said = await ticked(stage, A_MINUTE_LATER)
        (at_maud, at_noa) = said
        assert {at_maud.where, at_noa.where} == {rooms["admin"].id for rooms in PLACES.values()}
        assert "given up" in at_maud.ids[0]
        assert await ticked(stage, A_MINUTE_LATER + timedelta(hours=1)) == []
        (noted,) = await acts(stage, "reminder given up")
        assert noted["deadline_id"] is not None


async def test_a_fault_that_passes_in_time_costs_no_room_its_reminder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> object:
        raise KeyError("a fault that passes")

    with opened(tmp_path) as stage:
        await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00", "admin")
        with monkeypatch.context() as patch:
            patch.setattr(ADeadline, "lines", fails)
            assert await ticked(stage, WHEN, MOST_FAULTS - 1) == []
        said = await stage.tick(WHEN + timedelta(minutes=30))
        assert [one.where for one in said] == [PLACES[MATRIX]["campaign"].id]


# --- trouble that is none of a reminder's


def room_left(stage: Stage, pages: int) -> None:
    """Let the database grow by so many pages at most."""

    def work(storage: Storage) -> None:
        (used,) = storage._connection.exec_driver_sql("PRAGMA page_count").one()
        (free,) = storage._connection.exec_driver_sql("PRAGMA freelist_count").one()
        storage._connection.exec_driver_sql(f"PRAGMA max_page_count = {used - free + pages}")

    stage.database.transaction(work)


async def test_a_disk_that_is_full_for_long_costs_nobody_their_reminder(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await wanted_in_private(stage)
        room_left(stage, 0)
        fill(stage)
        for tick in range(MOST_FAULTS + 2):
            with pytest.raises(StorageFull):
                await stage.tick(WHEN + tick * timedelta(seconds=EVERY))
        room_left(stage, 10_000)
        said = await stage.tick(WHEN + timedelta(minutes=30))
        assert len([one for one in said if one.message.private]) == len(await fates(stage))
        assert {state for state, _ in await fates(stage)} == {"late"}
        assert await acts(stage, "reminder given up") == []


def fill(stage: Stage) -> None:
    """Let what is there be full: what is written next needs one page more."""

    def work(storage: Storage) -> None:
        storage._connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS filling (text)")
        storage._connection.exec_driver_sql("INSERT INTO filling VALUES (?)", ("x",))

    with suppress(StorageFull):
        while True:
            stage.database.transaction(work)


@pytest.mark.parametrize("trouble", [OSError(24, "too many open files"), MemoryError()])
async def test_trouble_of_the_machine_costs_nobody_their_reminder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    lines, alone = ADeadline.lines, ringing._alone
    broken: list[int] = []

    def fails(*_: object, **__: object) -> object:
        raise trouble

    def fails_for_one(about: Occasion, rows: Mapping[int, int]) -> tuple[Elsewhere, ...]:
        broken[:] = broken or [min(rows.values())]
        if broken[0] in rows.values():
            raise trouble
        return alone(about, rows)

    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!status", "private")
        await stage.say(voice("Camille"), "!reminders private", "private")
        await stage.say(voice("Robin"), "!status", "private")
        await stage.say(voice("Robin"), "!reminders private", "private")
        await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00", "admin")
        monkeypatch.setattr(ADeadline, "lines", fails)
        assert await ticked(stage, WHEN) == []
        monkeypatch.setattr(ADeadline, "lines", lines)
        monkeypatch.setattr(ringing, "_alone", fails_for_one)
        said = await ticked(stage, WHEN + timedelta(minutes=10))
        assert len([one for one in said if one.message.private]) == 1
        monkeypatch.setattr(ringing, "_alone", alone)
        (last,) = await stage.tick(WHEN + timedelta(minutes=20))
        assert last.message.private
        assert await acts(stage, "reminder given up") == []


@pytest.mark.parametrize("minutes", [0, 14, 16])
async def test_what_the_end_of_the_day_has_kept_back_is_told(tmp_path: Path, minutes: int) -> None:
    """The last reminder of a deadline that is a day is planned for the end of civil hours: 20:00 in Paris."""
    closing = datetime(2024, 9, 30, 18, tzinfo=UTC)
    with opened(tmp_path) as stage:
        await stage.say(voice("Maud"), "!deadline 2024-09-30", "admin")
        for at in (closing - timedelta(hours=10), closing - timedelta(hours=1)):
            await stage.tick(at)
        said = await stage.tick(closing + timedelta(minutes=minutes))
        assert [one.message.rings for one in said] == ([True] if minutes < 15 else [])
        told = [
            line.id[:30]
            for at in (timedelta(hours=3, minutes=59), timedelta(hours=4))
            for one in await stage.tick(closing + at)
            for line in one.message.lines
            if one.where == PLACES[MATRIX]["admin"].id
        ]
        late = minutes > 15
        assert [one for one in told if one.startswith("⌛ {title}")] == [
            "⌛ {title}: the reminder planne"
        ] * late
        noted = [one for one in await acts(stage, "not said in time") if "deadline_id" in one]
        assert len(noted) == late
