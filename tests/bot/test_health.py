"""What `tocsin health` makes of what the bot says: every threshold from both sides, and a file that is never half there."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from bot import cli
from bot.health import health
from bot.health.health import Health, NetworkHealth, judge, read, write
from tests.bot.scripted import PASSWORDS, config

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2027, 9, 1, 10, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PLENTY = 12_300_000_000
ROOM = "forge@rooms.example.org"


def well(**changes: object) -> Health:
    """A bot that has nothing to complain of."""
    said = Health(
        process=os.getpid(),
        started=NOW - 3 * HOUR,
        said=NOW - 4 * SECOND,
        networks={
            "matrix": NetworkHealth(
                state="caught up", since=NOW - HOUR, why="", heard=NOW - 20 * SECOND, rooms={}
            ),
            "xmpp": NetworkHealth(
                state="caught up",
                since=NOW - HOUR,
                why="",
                heard=NOW - 31 * SECOND,
                rooms={ROOM: NOW - 45 * SECOND},
            ),
        },
    )
    return said.model_copy(update=changes)


def network(**changes: object) -> Health:
    """The same, with another XMPP."""
    said = well()
    return well(networks={**said.networks, "xmpp": said.networks["xmpp"].model_copy(update=changes)})


def wrong(said: Health | None, free: int = PLENTY) -> list[str]:
    return [line.text.strip() for line in judge(said, free, NOW) if not line.well]


def test_a_bot_that_is_well_is_one_line_per_thing_and_each_fits_a_phone() -> None:
    lines = judge(well(), PLENTY, NOW)
    assert all(line.well for line in lines)
    assert [line.text for line in lines] == [
        f"running 3 h (process {os.getpid()})",
        "Matrix: caught up, last heard 20 s ago",
        "XMPP: caught up, last heard 31 s ago",
        f"  {ROOM}: answered 45 s ago",
        "waiting to leave: 0",
        "in doubt whether it arrived: 0",
        "quarantined: 0",
        "disk: 12.3 GB free",
    ]
    assert max(len(line.text) for line in lines) <= 45


def test_a_letter_that_waits_is_said_and_is_no_trouble() -> None:
    lines = judge(well(letters=2, oldest_letter=NOW - 50 * HOUR), PLENTY, NOW)
    assert all(line.well for line in lines)
    assert "letter texts for campaigners: 2, for 2 d" in [line.text for line in lines]
    assert max(len(line.text) for line in lines) <= 45


@pytest.mark.parametrize(
    ("good", "bad", "part"),
    [
        ({"said": NOW - 30 * SECOND}, {"said": NOW - 31 * SECOND}, "hangs or cannot write; last heard 31 s ago"),
        (
            {"waiting": 2, "oldest_waiting": NOW - 10 * MINUTE},
            {"waiting": 2, "oldest_waiting": NOW - 11 * MINUTE},
            "waiting to leave: 2, the oldest 11 min",
        ),
        (
            {"uncertain": 3, "last_uncertain": NOW - 25 * HOUR},
            {"uncertain": 3, "last_uncertain": NOW - 24 * HOUR},
            "in doubt whether it arrived: 3, the last 24 h ago",
        ),
        (
            {"quarantined": 1, "last_quarantined": NOW - 25 * HOUR},
            {"quarantined": 1, "last_quarantined": NOW},
            "quarantined: 1, the last 0 s ago",
        ),
        ({}, {"trouble": "the disk is full"}, "database: the disk is full"),
        ({}, {"stopped": NOW - 5 * MINUTE}, "not running: ended 5 min ago"),
    ],
)  # fmt: skip
def test_a_threshold_is_where_it_is_said_to_be(
    good: dict[str, object], bad: dict[str, object], part: str
) -> None:
    assert wrong(well(**good)) == []
    (line,) = wrong(well(**bad))
    assert part in line


@pytest.mark.parametrize(
    ("good", "bad", "part"),
    [
        (
            {"state": "connecting", "since": NOW - 5 * MINUTE, "why": "no answer"},
            {"state": "connecting", "since": NOW - 6 * MINUTE, "why": "no answer"},
            "XMPP: connecting for 6 min: no answer",
        ),
        (
            {"state": "catching up", "since": NOW - MINUTE},
            {"state": "catching up", "since": NOW - 20 * MINUTE},
            "XMPP: catching up for 20 min",
        ),
        (
            {},
            {"state": "given up", "since": NOW, "why": "wrong password"},
            "XMPP: given up for 0 s: wrong password",
        ),
        (
            {"heard": NOW - 3 * MINUTE},
            {"heard": NOW - 4 * MINUTE},
            "XMPP: caught up, last heard 4 min ago",
        ),
        (
            {"rooms": {ROOM: NOW - 5 * MINUTE}},
            {"rooms": {ROOM: NOW - 6 * MINUTE}},
            f"{ROOM}: answered 6 min ago",
        ),
        ({"rooms": {ROOM: None}, "since": NOW - MINUTE}, {"rooms": {ROOM: None}}, f"{ROOM}: not in it"),
    ],
)
def test_a_threshold_of_a_network_is_where_it_is_said_to_be(
    good: dict[str, object], bad: dict[str, object], part: str
) -> None:
    assert wrong(network(**good)) == []
    assert wrong(network(**bad)) == [part]


def test_a_disk_that_fills_up_is_told_before_it_is_full() -> None:
    assert wrong(well(), 200_000_000) == []
    assert wrong(well(), 199_000_000) == ["disk: 199 MB free"]


def test_a_process_that_is_no_more_is_not_running_however_fresh_its_words() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert wrong(well(process=ended.pid)) == [f"not running: process {ended.pid} ended, last heard 4 s ago"]


def test_who_gave_up_says_why_after_the_end() -> None:
    said = network(state="given up", why="wrong password").model_copy(update={"stopped": NOW - MINUTE})
    assert wrong(said) == ["not running: ended 60 s ago", "XMPP: given up for 60 min: wrong password"]


# --- the file


def test_the_file_is_private_and_replaced_as_a_whole(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    umask = os.umask(0)
    try:
        write(tmp_path, well())
        write(tmp_path, well(waiting=7))
    finally:
        os.umask(umask)
    assert [one.name for one in tmp_path.iterdir()] == [health.FILE]
    assert stat.S_IMODE((tmp_path / health.FILE).stat().st_mode) == 0o600
    assert read(tmp_path) == well(waiting=7)


def test_what_is_no_file_of_ours_is_nothing_said(tmp_path: Path) -> None:
    for text in ("", "{", '{"process": "x"}'):
        (tmp_path / health.FILE).write_text(text)
        assert read(tmp_path) is None


# --- the command


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in PASSWORDS:
        monkeypatch.delenv(name, raising=False)
    config(tmp_path)
    return tmp_path / "config.toml"


def test_it_needs_no_password_and_makes_nothing(file: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["health", "--config", str(file)])
    assert result.exit_code == 1
    assert result.stdout.startswith("!! not running: it has not said anything here yet\nok disk: ")
    assert not (tmp_path / "data").exists()


def test_it_says_the_same_to_people_and_to_machines(file: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    now = datetime.now(UTC)
    said = well(started=now, said=now, quarantined=1, last_quarantined=now)
    said.networks = {}
    write(tmp_path / "data", said)
    people = CliRunner().invoke(cli.app, ["health", "--config", str(file)])
    machines = CliRunner().invoke(cli.app, ["health", "--config", str(file), "--json"])
    assert people.exit_code == machines.exit_code == 1
    assert [line[:2] for line in people.stdout.splitlines()] == ["ok", "ok", "ok", "!!", "ok"]
    told = json.loads(machines.stdout)
    assert told["well"] is False
    assert [one.partition(",")[0] for one in told["wrong"]] == ["quarantined: 1"]
    assert told["bot"]["quarantined"] == 1

    said.quarantined = 0
    write(tmp_path / "data", said)
    assert CliRunner().invoke(cli.app, ["health", "--config", str(file)]).exit_code == 0


def test_a_wrong_config_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[bot]\n")
    result = CliRunner().invoke(cli.app, ["health", "--config", str(tmp_path / "config.toml")])
    assert result.exit_code == 2
