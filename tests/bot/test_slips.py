"""A slip in a letter or among the organisations keeps nobody from a backup, nor a bot that ran from running again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot import serve
from bot.app import App
from bot.config import load
from bot.files.opening import open_campaigns
from bot.files.reload import Reload
from campaign.chat import MATRIX
from storage.opening import FILE, open_database
from tests.bot.scripted import CONFIG, NOW, PASSWORDS, ROSTER, config, waiting
from tests.bot.test_cli import tocsin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.config import Config
    from storage.database import Database
    from storage.storage import Storage


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(name, password)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Of a bot that ran, and is in its campaigners' room."""
    what = config(tmp_path)
    opened = open_database(tmp_path / "data")
    opened.transaction(lambda storage: open_campaigns(storage, what, NOW))

    def join(storage: Storage) -> None:
        for room in storage.rooms.wanted(MATRIX):
            storage.rooms.change(room.id, state="joined")

    opened.transaction(join)
    yield opened
    opened.close()


def more_values(folder: Path) -> None:
    (folder / "organisations.csv").write_text(ROSTER + "x,y,z,t,u\n", "utf-8")


def no_letter(folder: Path) -> None:
    (folder / "fr.md").unlink()


def no_certificate(folder: Path) -> None:
    file = folder / "config.toml"
    file.write_text(file.read_text("utf-8").replace("[xmpp]", '[xmpp]\nca_file = "none.pem"'), "utf-8")


SLIPS = [more_values, no_letter]


@pytest.mark.parametrize("slip", [*SLIPS, no_certificate])
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("backup", "{folder}/copy.db"), "read whole and sound"),
        (("export", "--format", "json"), "Picasoft"),
        (("audit",), "opened the campaign"),
        (("purge", "--dry-run"), "0 people would be forgotten"),
        (("purge",), "0 people forgotten"),
    ],
)
def test_what_needs_the_data_folder_alone_is_kept_from_nothing(
    database: Database,
    tmp_path: Path,
    slip: Callable[[Path], None],
    arguments: tuple[str, ...],
    says: str,
) -> None:
    slip(tmp_path)
    typed = [one.format(folder=tmp_path) for one in arguments]
    result = tocsin(*typed, "--config", tmp_path / "config.toml")
    assert (result.exit_code, says in result.output) == (0, True), result.output
    assert database.path.exists()


@pytest.mark.parametrize("slip", [*SLIPS, no_certificate])
def test_it_is_restored(database: Database, tmp_path: Path, slip: Callable[[Path], None]) -> None:
    file = tmp_path / "config.toml"
    slip(tmp_path)
    assert tocsin("backup", tmp_path / "copy.db", "--config", file).exit_code == 0
    database.close()
    (tmp_path / "data").rename(tmp_path / "broken")
    assert tocsin("restore", tmp_path / "copy.db", "--config", file).exit_code == 0
    assert (tmp_path / "data" / FILE).is_file()


@pytest.mark.parametrize("slip", SLIPS)
def test_what_asks_the_running_bot_says_that_there_is_none(
    database: Database, tmp_path: Path, slip: Callable[[Path], None]
) -> None:
    slip(tmp_path)
    for command, says in (("health", "!! not running"), ("reload", "no bot is running on")):
        result = tocsin(command, "--config", tmp_path / "config.toml")
        assert result.exit_code == 1, "not 2: the config is as it was"
        assert says in result.output
    assert database.path.exists()


@pytest.mark.parametrize(
    "command", ["backup", "export", "audit", "purge", "restore", "health", "reload", "run"]
)
def test_an_error_in_the_config_itself_still_refuses(tmp_path: Path, command: str) -> None:
    config(tmp_path)
    file = tmp_path / "config.toml"
    file.write_text(CONFIG.replace("title =", "tittle ="), "utf-8")
    more = [tmp_path / "copy.db"] if command in ("backup", "restore") else []
    result = tocsin(command, *more, "--config", file)
    assert result.exit_code == 2
    assert "did you mean title?" in result.stderr
    assert not (tmp_path / "data").exists()


# --- run


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Config]:
    """What the bot would go by, in the place of its running."""
    begun: list[Config] = []

    async def serving(known: Config, *_: object) -> dict[str, str]:
        begun.append(known)
        return {}

    monkeypatch.setattr(serve, "serve", serving)
    return begun


@pytest.mark.parametrize("slip", SLIPS)
def test_a_bot_that_ran_starts_again(
    database: Database, tmp_path: Path, slip: Callable[[Path], None], served: list[Config]
) -> None:
    database.close()
    slip(tmp_path)
    result = tocsin("run", "--config", tmp_path / "config.toml")
    assert result.exit_code == 0, result.output
    (known,) = served
    assert len(known.amiss) == 1
    assert known.openings == {}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_first_start_is_refused(tmp_path: Path, slip: Callable[[Path], None], served: list[Config]) -> None:
    config(tmp_path)
    slip(tmp_path)
    result = tocsin("run", "--config", tmp_path / "config.toml")
    assert (result.exit_code, served) == (2, [])
    assert "config.toml: 1 to mend\n  campaigns.ngi." in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_new_campaign_is_not_opened_beside_a_file_that_is_wrong(
    database: Database, tmp_path: Path, served: list[Config]
) -> None:
    database.close()
    config(tmp_path, CONFIG + '[campaigns.cra]\ntitle = "Another"\nletter = { en = "en.md" }\nrooms = []\n')
    more_values(tmp_path)
    result = tocsin("run", "--config", tmp_path / "config.toml")
    assert (result.exit_code, served) == (2, [])


def test_every_login_that_is_missing_is_said_with_what_is_wrong_in_the_files(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.close()
    more_values(tmp_path)
    monkeypatch.delenv("TOCSIN_XMPP_PASSWORD")
    result = tocsin("run", "--config", tmp_path / "config.toml")
    assert result.exit_code == 2
    assert "1 to mend, and 1 login to see to" in result.stderr


@pytest.mark.parametrize("slip", SLIPS)
async def test_it_goes_on_with_what_it_holds_and_tells_the_campaigners_once(
    database: Database, tmp_path: Path, slip: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    slip(tmp_path)
    what = load(tmp_path / "config.toml", environment=PASSWORDS, files="if whole")
    before = await waiting(database, MATRIX)
    held = await database.write(_held)
    for _ in range(2):
        with caplog.at_level("WARNING", "bot.app"):
            bot = App(what, database, {}, lambda: NOW)
            await bot.open()
        assert "started without reading the letters and organisations (1 to mend)" in caplog.text
        assert "x" not in [word.strip('"“”') for word in caplog.text.split()]
        caplog.clear()
    told = [one for one in await waiting(database, MATRIX) if one not in before]
    assert [room for room, _ in told] == ["!team:example.org"]
    assert "have mistakes (1)" in str(told)
    assert await database.write(_held) == held, "nothing of it was taken in, and nothing away"

    config(tmp_path, roster=ROSTER + "Chapril,,,\n")
    done = await Reload(bot, replace(what), database, lambda: NOW).read()
    assert (done.problems, done.changes) == ([], ["added: Chapril"])


def _held(storage: Storage) -> object:
    (campaign,) = storage.campaigns.open()
    return (
        storage.letters.current(campaign.id),
        storage.letters.drafts(campaign.id),
        storage.organisations.listed(),
        storage.campaigns.members(campaign.id),
    )


def test_check_still_says_what_is_wrong_with_the_files(database: Database, tmp_path: Path) -> None:
    more_values(tmp_path)
    no_letter(tmp_path)
    result = tocsin("check", "--config", tmp_path / "config.toml")
    assert result.exit_code == 2
    assert "2 to mend" in result.stderr
    assert database.path.exists()
