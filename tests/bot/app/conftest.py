"""What every test of the whole bot begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot import app, supervisor
from bot.delivery import carrying, errands, outage
from storage.opening import open_database
from tests.bot.scripted import config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


from tests.bot.app.world import World


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (supervisor, carrying, errands, outage):
        monkeypatch.setattr(name, "FIRST_PAUSE", 0.002)
        monkeypatch.setattr(name, "LONGEST_PAUSE", 0.004)
    monkeypatch.setattr(app, "BUSY_PAUSE", 0.002)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = open_database(tmp_path / "data")
    yield World(database, config(tmp_path))
    database.close()
