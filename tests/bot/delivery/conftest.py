"""What every test of delivery begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.delivery import carrying, errands, outage
from campaign.chat import MATRIX, XMPP
from tests.bot.scripted import (
    CAFE,
    COOP,
    FORGE,
    TEAM,
    Network,
    begun,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.database import Database

from tests.bot.delivery.bench import GARAGE, Bench


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with begun(tmp_path, COOP, TEAM, CAFE, FORGE, GARAGE) as made:
        yield made


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (carrying, errands, outage):
        monkeypatch.setattr(name, "FIRST_PAUSE", 0.002)
        monkeypatch.setattr(name, "LONGEST_PAUSE", 0.004)
    # A played network echoes, however slow the machine; where it does not, the test says so.
    monkeypatch.setattr(carrying, "ECHO_WITHIN", 10.0)


@pytest.fixture
def matrix(database: Database) -> Bench:
    return Bench(database, Network(MATRIX))


@pytest.fixture
def xmpp(database: Database) -> Bench:
    return Bench(database, Network(XMPP, echoes=True))
