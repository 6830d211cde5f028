"""Whatever anybody types, no line gets past the error boundary, and none is even kept there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.menu import MENU
from commands.vocabulary import OPTIONS
from storage.tables import quarantine
from tests.commands.stage import opened, under_way, voice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.storage import Storage
    from tests.commands.stage import Stage

NASTY = st.text(max_size=60) | st.sampled_from(
    ("\u202e\u200b", "=HYPERLINK(1)", "<script>", "\x00", "'; --", "9" * 30, "-1", "1e9", "٣", "²", "{name}", "%s", "@room", "…")
)  # fmt: skip
WORDS = st.sampled_from(
    ("Nuage Libre", "Nuage Libres", "1", "for", "yes", "demain 18h", "2099-09-01", "fr", "csv", "majority")
)
OPTION = st.builds("{}={}".format, st.sampled_from(sorted(OPTIONS)), NASTY | WORDS)
REST = st.lists(NASTY | WORDS | OPTION, max_size=5).map(" ".join)
LINES = st.builds(
    "{}{} {}".format,
    st.sampled_from("!¡！ "),
    st.sampled_from([name for one in MENU for name in one.names]),
    REST,
)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, loop: asyncio.AbstractEventLoop) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("any-line")
    with opened(folder) as opened_stage:
        loop.run_until_complete(under_way(opened_stage))
        yield opened_stage
        loop.run_until_complete(loop.shutdown_default_executor())


def kept(storage: Storage) -> list[object]:
    return [tuple(row) for row in storage._connection.execute(quarantine.select())]


@given(
    line=LINES | NASTY,
    who=st.sampled_from(("Maud", "Sacha", "Camille", "Lou")),
    place=st.sampled_from(("campaign", "admin", "private", "other")),
)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_line_of_any_kind_is_too_much(
    line: str, who: str, place: str, stage: Stage, loop: asyncio.AbstractEventLoop
) -> None:
    before = stage.database.transaction(kept, writes=False)
    loop.run_until_complete(stage.say(voice(who), line, place))  # type: ignore[arg-type]
    assert stage.database.transaction(kept, writes=False) == before
