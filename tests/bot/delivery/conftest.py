"""What every test of delivery begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot import carrying, errands, outage
from bot.opening import open_campaigns
from campaign.chat import MATRIX, XMPP
from storage.database import open_database
from tests.bot.scripted import (
    CAFE,
    COOP,
    FORGE,
    NOW,
    TEAM,
    Network,
    config,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.database import Database
    from storage.storage import Storage

from tests.bot.delivery.bench import GARAGE, Bench


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "data")
    what = config(tmp_path)

    def begin(storage: Storage) -> None:
        open_campaigns(storage, what, NOW)
        for room in (COOP, TEAM, CAFE, FORGE, GARAGE):
            row = storage.rooms.ensure(room.network, room.id, language="en")
            storage.rooms.change(row.id, state="joined", welcomed_at=NOW)

    opened.transaction(begin)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (carrying, errands, outage):
        monkeypatch.setattr(name, "FIRST_PAUSE", 0.002)
        monkeypatch.setattr(name, "LONGEST_PAUSE", 0.004)
    monkeypatch.setattr(carrying, "ECHO_WITHIN", 0.2)


@pytest.fixture
def matrix(database: Database) -> Bench:
    return Bench(database, Network(MATRIX))


@pytest.fixture
def xmpp(database: Database) -> Bench:
    return Bench(database, Network(XMPP, echoes=True))
