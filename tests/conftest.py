"""What every test shares: the fast ones come first, and what was not run is said loudly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.audited import refuse_what_is_not_written_down

if TYPE_CHECKING:
    from collections.abc import Iterator

_RANK = {"campaign": 0, "commands": 1, "storage": 2, "bot": 3, "conversations": 4, "live": 6, "faults": 7}


def _rank(item: pytest.Item) -> int:
    parts = item.path.parts
    folder = parts[parts.index("tests") + 1] if "tests" in parts else ""
    return _RANK.get(folder, 5)


@pytest.fixture(autouse=True)
def _audited(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever anybody says in a conversation or to a command, what it changes is written down."""
    if not {"conversations", "commands"} & set(request.path.parts):
        yield
        return
    missing = refuse_what_is_not_written_down(monkeypatch)
    yield
    assert missing == [], "changed, and not a word of it in the audit (storage.audit.note)"


@pytest.hookimpl(tryfirst=True)  # before the work is shared
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the fast ones first; where several processes share the work, one has what needs servers, one the faults."""
    items.sort(key=_rank)
    for item in items:
        for folder in {"live", "faults"} & set(item.path.parts):
            item.add_marker(pytest.mark.xdist_group(folder))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the live tests of each network, and name what was not run."""
    counts = {"Matrix": 0, "XMPP": 0}
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call" and re.search("[/\\\\](live|faults)[/\\\\]", report.nodeid):
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
