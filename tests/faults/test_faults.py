"""Every row of the fault matrix once, with its controls: `make faults` plays them with many seeds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.faults.matrix import Plan, Score, servers
from tests.faults.table import ROWS
from tests.live.fixtures_xmpp import require_prosody

if TYPE_CHECKING:
    from pathlib import Path

ROWS_IN_SHORT = [row.in_short() for row in ROWS]
SHORT = [(row, variant) for row in ROWS_IN_SHORT for variant in row.variants]

pytestmark = [pytest.mark.live, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> list[Score]:
    """Play all of it at once: side by side it is mostly waiting."""
    require_prosody()
    folder: Path = tmp_path_factory.mktemp("faults")
    with servers(folder) as here:
        return asyncio.run(Plan(ROWS_IN_SHORT, (1,)).run(here, folder))


@pytest.mark.parametrize("at", range(len(SHORT)), ids=[f"{row.name}, {variant}" for row, variant in SHORT])
def test_nothing_is_lost_and_nothing_doubled(scores: list[Score], at: int) -> None:
    score = scores[at]
    assert (score.row.name, score.variant) == (SHORT[at][0].name, SHORT[at][1])
    assert not score.failures, "\n".join(score.failures)
    assert score.runs == 1
    assert score.events > 0
    for safeguard, how in score.controls.items():
        assert how, f"without {safeguard} nothing is lost or doubled: this run proves nothing"


def test_every_row_is_played_and_has_a_control() -> None:
    for row in ROWS:
        assert row.in_short().variants, row.name
        assert any(variant.controls for variant in row.in_short().variants), row.name
