"""Retention: who is due is said, shown and forgotten, by an operator's word alone."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from bot import cli
from bot.config import load
from bot.files.opening import open_campaigns
from bot.upkeep import keeping
from campaign.chat import MATRIX, Address
from commands.clock import due
from commands.command import House
from commands.privacy import oblivion
from commands.tick import Tick
from storage.opening import open_database
from tests.conversations.play import config
from tests.storage.made import rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from commands.privacy.oblivion import Forgotten
    from storage.storage import Storage

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
PASSING = Address(MATRIX, "@passing:mail.example")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The config of a campaign that ended two hundred days ago."""
    config(tmp_path / "config", ())
    path = tmp_path / "config" / "config.toml"
    read = load(path, logs_in=False)
    database = open_database(read.settings.bot.data)

    def work(storage: Storage) -> None:
        open_campaigns(storage, read, NOW - 300 * DAY)
        storage.people.ensure(PASSING, "Passing", NOW - 10 * DAY)
        storage.campaigns.close(1, NOW - 200 * DAY)

    database.transaction(work)
    database.close()
    return path


def tocsin(*arguments: object) -> str:
    result = CliRunner().invoke(cli.app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


SLOW = 0.4
"""Seconds that forgetting one person takes in a large database."""


def slowly(forget: Callable[..., Forgotten], begun: list[float]) -> Callable[..., Forgotten]:
    def slow(*arguments: object, **more: object) -> Forgotten:
        begun.append(time.monotonic())
        time.sleep(SLOW)
        return forget(*arguments, **more)

    return slow


def people(file: Path) -> list[str]:
    database = open_database(load(file, logs_in=False).settings.bot.data)
    try:
        found = database.transaction(
            lambda storage: rows(storage, "SELECT address FROM addresses ORDER BY address")
        )
    finally:
        database.close()
    return [address for (address,) in found]


def test_purge_shows_and_then_does_what_the_retention_says(file: Path) -> None:
    before = people(file)
    assert "@camille:nuagelibre.example" in before

    shown = tocsin("purge", "--dry-run", "--config", file)
    assert "@camille:nuagelibre.example" in shown
    assert "would be forgotten" in shown
    assert people(file) == before

    done = tocsin("purge", "--config", file)
    assert f"{len(before) - 3} people forgotten" in done
    # Campaigners of the config stay, and whoever was met less than 180 days ago.
    assert people(file) == ["@maud:campagne.example", "@passing:mail.example", "noa@campagne.example"]
    data = b"".join(
        one.read_bytes() for one in load(file, logs_in=False).settings.bot.data.glob("tocsin.db*")
    )
    assert b"@camille" not in data
    assert "0 people forgotten" in tocsin("purge", "--config", file)

    # And the next start brings nobody back.
    read = load(file, logs_in=False)
    database = open_database(read.settings.bot.data)
    database.transaction(lambda storage: open_campaigns(storage, read, NOW))
    database.close()
    assert people(file) == ["@maud:campagne.example", "@passing:mail.example", "noa@campagne.example"]


def test_a_bot_that_runs_has_its_turn_between_two_people(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = load(file, logs_in=False)
    begun: list[float] = []
    monkeypatch.setattr(oblivion, "forget", slowly(oblivion.forget, begun))
    bot, operator = (open_database(read.settings.bot.data) for _ in range(2))
    waited = []
    """How many people were begun with while the bot waited for its turn once."""
    try:
        with ThreadPoolExecutor(1) as beside:
            purging = beside.submit(lambda: list(keeping.purge(operator, read, NOW)))
            while not purging.done():
                before = len(begun)
                bot.transaction(lambda storage: storage.people.ensure(PASSING, "Passing", NOW))
                waited.append(len(begun) - before)
                time.sleep(0.01)
            assert len(purging.result()) > 3
    finally:
        bot.close()
        operator.close()
    assert len(begun) > 3
    assert max(waited) <= 1, waited


def test_who_comes_back_meanwhile_stays(file: Path) -> None:
    read = load(file, logs_in=False)
    database = open_database(read.settings.bot.data)
    try:
        going = keeping.purge(database, read, NOW)
        first = next(going).partition(":")[0]

        def comes_back(storage: Storage) -> int:
            one = next(number for number, _ in keeping.due(storage, read, NOW) if str(number) != first)
            storage.audit.note("signed", NOW, person=one)
            return one

        back = database.transaction(comes_back)
        assert all(line.partition(":")[0] != str(back) for line in going)
        assert database.transaction(lambda storage: storage.people.addresses(back))
    finally:
        database.close()


def test_a_longer_retention_keeps_them(file: Path) -> None:
    file.write_text(file.read_text("utf-8") + "\n[privacy]\nkeep_days = 201\n", "utf-8")
    assert "0 people would be forgotten" in tocsin("purge", "--dry-run", "--config", file)


def test_campaigners_are_told_once_a_month_and_nobody_is_forgotten_by_the_clock(file: Path) -> None:
    read = load(file, logs_in=False)
    house = House(admins=frozenset(read.settings.bot.admins))
    database = open_database(read.settings.bot.data)

    def tick(at: datetime) -> int:
        reply = database.transaction(lambda storage: due.retention(storage, house, Tick(at, at)))
        return len(reply.elsewhere)

    before = database.transaction(lambda storage: rows(storage, "SELECT * FROM people"))
    try:
        assert tick(NOW - 100 * DAY) == 0
        assert tick(NOW) > 0
        assert tick(NOW + DAY) == 0
        assert tick(NOW + 31 * DAY) > 0
        assert database.transaction(lambda storage: rows(storage, "SELECT * FROM people")) == before
    finally:
        database.close()


def test_the_audit_is_written_in_each_form(file: Path) -> None:
    text = tocsin("audit", "--config", file)
    assert "a ouvert la campagne" in text
    assert '"act": "campaign opened"' in tocsin("audit", "--format", "json", "--config", file)
    written = tocsin("audit", "--format", "csv", "--campaign", "communs", "-n", "1", "--config", file)
    assert written.splitlines()[0].endswith(
        '"id","at","person","name","act","campaign","organisation","room","details"'
    )
    assert len(written.splitlines()) == 2
    result = CliRunner().invoke(cli.app, ["audit", "--campaign", "nope", "--config", str(file)])
    assert result.exit_code == 2
