"""What each subcommand ends with, as docs/operating.md has it: 0 done, 1 failed, 2 wrong usage or config."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot import cli
from bot.files import reload as reloading
from bot.files.reload import Reloaded
from bot.health.health import write
from tests.bot.test_cli import file, filled, only_matrix, server, tocsin
from tests.bot.test_reload import health

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

__all__ = ["file", "filled", "server"]  # fixtures

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
ARGUMENTS = {
    "login": ("matrix", "--stdin"),
    "export": ("--campaign", "ngi"),
    "backup": ("copy.db",),
    "restore": ("copy.db",),
}
"""What a command asks for."""
COMMANDS = [one.__name__ for one in cli.COMMANDS]
READING = [one for one in COMMANDS if one != "demo"]
"""Those that read a config."""


@pytest.fixture(autouse=True)
def no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for network in ("MATRIX", "XMPP"):
        monkeypatch.delenv(f"TOCSIN_{network}_PASSWORD", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


def code(command: str, config: Path) -> int:
    return tocsin(command, *ARGUMENTS.get(command, ()), "--config", config).exit_code


def test_the_document_says_it_of_every_command() -> None:
    (table,) = re.findall(
        r"^\| command \| 0 \| 1 \| 2 \|\n(.+?)\n\n", OPERATING.read_text(), re.MULTILINE | re.DOTALL
    )
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_usage_is_2(command: str, file: Path) -> None:
    assert tocsin(command, *ARGUMENTS.get(command, ()), "--fast").exit_code == 2


@pytest.mark.parametrize(("command", "file"), [("backup", "NEW_FILE"), ("restore", "BACKUP")])
def test_which_file_is_missing_is_said(command: str, file: str) -> None:
    result = tocsin(command)
    assert result.exit_code == 2
    assert f"Missing argument '{file}'" in result.stderr


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("wrong", ["missing", "mistaken"])
def test_a_wrong_config_is_2_and_nothing_is_begun(command: str, wrong: str, file: Path) -> None:
    if wrong == "missing":
        file.unlink()
    else:
        file.write_text(file.read_text().replace("[bot]", "[bto]"))
    before = sorted(file.parent.iterdir())
    assert code(command, file) == 2
    assert sorted(file.parent.iterdir()) == before


FAILS = {
    "login": "nothing is said",
    "check": "no login",
    "reload": "no bot runs",
    "health": "no bot runs",
    "export": "no database",
    "audit": "no database",
    "purge": "no database",
    "backup": "no database",
    "restore": "no backup",
}


@pytest.mark.parametrize("command", FAILS, ids=[f"{one}: {why}" for one, why in FAILS.items()])
def test_what_cannot_be_done_is_1(command: str, file: Path) -> None:
    assert code(command, file) == 1


def test_each_fails_in_the_table_above_but_the_demo_and_run() -> None:
    assert set(FAILS) == set(READING) - {"run"}, "what `run` ends with is tested where it runs"


def test_without_a_login_the_config_is_well_formed_and_check_fails(file: Path) -> None:
    """Somebody checks before they log in: what is wrong then is not the config."""
    # Of a deadline that has passed it would be said, by the clock of the machine.
    file.write_text(file.read_text().replace("2027-09-30", "2099-09-30"))
    result = tocsin("check", "--config", file)
    assert result.exit_code == 1
    first, *others = result.stderr.splitlines()
    assert first == f"{file}: well-formed"
    assert [line.partition(" — ")[0] for line in others] == ["matrix: no login", "xmpp: no login"]
    assert "`tocsin login matrix`" in others[0]
    assert not (file.parent / "data").exists()


def test_one_login_is_tried_though_the_other_is_missing(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = only_matrix(tmp_path, server.server_address[1])
    monkeypatch.setenv("TOCSIN_MATRIX_PASSWORD", "correct-horse-battery")
    assert tocsin("check", "--config", file).exit_code == 0
    file.write_text(file.read_text() + '[xmpp]\njid = "tocsin@example.org"\n')
    result = tocsin("check", "--config", file)
    assert result.exit_code == 1
    assert "xmpp: no login" in result.stderr
    assert "Matrix: logged in" in result.stderr


def test_without_a_login_nothing_runs_and_systemd_does_not_try_again(file: Path) -> None:
    result = tocsin("run", "--config", file)
    assert result.exit_code == 2
    assert "tocsin login matrix" in result.stderr
    assert not (file.parent / "data").exists()
    assert "RestartPreventExitStatus=2" in OPERATING.read_text()


def test_what_can_be_done_is_0(filled: Path, tmp_path: Path) -> None:
    for command in ("backup", "export", "audit", "purge"):
        assert code(command, filled) == 0, command
    (tmp_path / "data").rename(tmp_path / "broken")
    assert code("restore", filled) == 0
    write(tmp_path / "data", health())
    assert code("health", filled) == 0
    assert tocsin("--help").exit_code == 0
    assert tocsin("export", "--campaign", "other", "--config", filled).exit_code == 2


def test_reload_ends_with_what_the_bot_answers(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for done, expected in (
        (Reloaded.model_validate({"began": "2027-01-01T00:00:00Z", **said}), expected)
        for said, expected in (
            ({}, 0),
            ({"changes": ["added: Chapril"]}, 0),
            ({"trouble": "the disk is full"}, 1),
            ({"problems": ["bot.admins: nobody"]}, 2),
        )
    ):
        monkeypatch.setattr(reloading, "ask", lambda _, done=done: done)
        assert code("reload", file) == expected
