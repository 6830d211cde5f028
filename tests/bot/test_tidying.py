"""What was erased is looked after in the file too: never at the cost of who signs, never given up, over restarts."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.upkeep import tidying
from bot.upkeep.tidying import Tidying
from storage.database import WAITS_FOR_OTHERS
from storage.opening import FILE, open_database
from storage.trouble import StorageBusy, StorageFull
from tests.bot.scripted import ANA, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


def forget(database: Database) -> None:
    person = database.transaction(lambda storage: storage.people.ensure(ANA, "Zénobie", NOW))
    database.transaction(lambda storage: storage.erasing.erase(person.id, NOW))


def log_size(database: Database) -> int:
    return database.path.with_name(f"{FILE}-wal").stat().st_size


def test_what_somebody_reads_is_not_called_tidy_and_nobody_waits_for_them(database: Database) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        forget(database)
        began = time.monotonic()
        with pytest.raises(StorageBusy, match="may still be in its log"):
            database.tidy()
        assert time.monotonic() - began < WAITS_FOR_OTHERS, "as long as everybody else would wait"
    database.tidy()
    assert log_size(database) == 0


async def test_it_is_tried_again_after_a_while_and_not_at_every_tick(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(database)
    tries = []

    async def tidied() -> None:
        tries.append(now)
        if len(tries) == 1:
            raise StorageFull("no room")

    monkeypatch.setattr(database, "tidied", tidied)
    step = Tidying(database)
    for minutes in range(0, 40, 5):
        now = NOW + timedelta(minutes=minutes)
        await step.step(now)
    assert tries == [NOW, NOW + tidying.AGAIN]


async def test_what_a_killed_process_left_is_tidied_at_the_next_start(database: Database) -> None:
    forget(database)
    assert log_size(database) > 0
    await Tidying(database).step(NOW + timedelta(hours=2))
    assert log_size(database) == 0


async def test_nothing_is_tidied_where_nobody_was_forgotten_lately(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tidied() -> None:
        raise AssertionError

    forget(database)
    monkeypatch.setattr(database, "tidied", tidied)
    await Tidying(database).step(NOW + tidying.LATELY * 2)
