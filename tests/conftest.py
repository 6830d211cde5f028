"""What every test shares: the fast ones come first, and what was not run is said loudly."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from storage import opening
from tests.audited import refuse_what_is_not_written_down

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RANK = {"campaign": 0, "commands": 1, "storage": 2, "bot": 3, "conversations": 4, "live": 6, "faults": 7}
_LONG = {
    "test_flood",
    "test_campaign",
    "test_privacy",
    "test_campaign_bots",
    "test_campaign_hostile",
    "test_matrix_trouble",
    "test_serve",
}
"""Files that take the longest, each of them in one process."""
_BUSY = {"test_conversations", "test_denied", "test_grammar", "test_clock_year"}
"""Files that keep a processor busy and wait for nothing: run beside those that mostly wait."""

# How long an example takes says something of the machine alone; what is to be quick is measured where it is said.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")


def _rank(item: pytest.Item) -> int:
    parts = item.path.parts
    folder = parts[parts.index("tests") + 1] if "tests" in parts else ""
    return _RANK.get(folder, 5)


_OF_MAKING = {"test_migrations.py", "test_transactions.py", "test_trouble.py"}
"""Tests of how a database is made: there, and by every bot that is a process of its own, each is made by itself."""


@pytest.fixture(scope="session")
def _a_new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the migrations make it, with nothing in it yet."""
    made = tmp_path_factory.mktemp("new") / opening.FILE
    opening._make(made)
    return made


@pytest.fixture(autouse=True)
def _copied(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make one database for all tests in this process, and copy it: the migrations would take most of their time."""
    if request.path.name not in _OF_MAKING:
        made = request.getfixturevalue("_a_new_database")
        monkeypatch.setattr(opening, "_make", lambda path: shutil.copy(made, path))


@pytest.fixture(autouse=True)
def _audited(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever anybody says in a conversation or to a command, what it changes is written down."""
    if not {"conversations", "commands"} & set(request.path.parts):
        yield
        return
    missing = refuse_what_is_not_written_down(monkeypatch)
    yield
    assert missing == [], "changed, and not a word of it in the audit (storage.audit.note)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the fast ones first; but where several processes share the files, begin with those that mostly wait."""
    items.sort(key=_rank)
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: item.path.stem not in _LONG)  # first of all the longest: they end last
        items.sort(key=lambda item: _RANK["live"] if item.path.stem in _BUSY else _rank(item), reverse=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the live tests of each network, and name what was not run."""
    counts = {"Matrix": 0, "XMPP": 0}
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call" and re.search("[/\\\\](live|faults|foreign)[/\\\\]", report.nodeid):
            both = "campaign" in report.nodeid
            for network in counts:
                if both or network.casefold() in report.nodeid.casefold():
                    counts[network] += 1
    skipped = terminalreporter.stats.get("skipped", [])
    terminalreporter.section("live tests")
    terminalreporter.write_line(", ".join(f"{network}: {count} passed" for network, count in counts.items()))
    if skipped:
        terminalreporter.write_line(f"NOT RUN: {len(skipped)} tests", red=True, bold=True)
        for report in skipped:
            terminalreporter.write_line(f"  {report.nodeid}: {report.longrepr[2]}", red=True)
    else:
        terminalreporter.write_line("none not run")
