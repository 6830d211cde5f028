"""The command line says what is wrong in plain lines, and its exit code says what kind of wrong it was."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import tomllib
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from bot import cli
from bot.config import load
from bot.files.opening import open_campaigns
from bot.upkeep.backups import begin_again
from storage import migrations
from storage.opening import FILE, LOCK, lock, open_database
from tests.bot.scripted import CONFIG, NOW, PASSWORDS, config, plain, reminded

if TYPE_CHECKING:
    from collections.abc import Iterator


SECRET = "correct-horse-battery"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_MATRIX_PASSWORD", SECRET)
    monkeypatch.setenv("TOCSIN_XMPP_PASSWORD", SECRET)
    monkeypatch.setenv("NO_COLOR", "1")


def tocsin(*arguments: object) -> Result:
    """Run a command in this process. Whatever it raises is the test's failure."""
    result = CliRunner().invoke(cli.app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert SECRET not in result.output
    return result


def process(*arguments: object) -> subprocess.Popen[str]:
    """Run a command as people do."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *(str(one) for one in arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    config(tmp_path)
    return tmp_path / "config.toml"


@pytest.fixture
def filled(file: Path) -> Path:
    """A config whose campaign was opened."""
    what = load(file, environment=PASSWORDS)
    database = open_database(what.settings.bot.data)
    database.transaction(lambda storage: open_campaigns(storage, what, NOW))
    database.close()
    return file


# --- wrong usage and config


def test_help_names_every_command() -> None:
    result = tocsin("--help")
    assert result.exit_code == 0
    for command in ("demo", "run", "check", "export", "backup", "restore"):
        assert command in result.stdout
        assert tocsin(command, "--help").exit_code == 0


def test_what_is_asked_every_minute_loads_no_network(file: Path) -> None:
    """`tocsin health` runs beside the bot on a small machine: what it does not need, it does not load."""
    asked = (
        "import sys; from bot.cli import app; app(['health', '--config', sys.argv[1]], standalone_mode=False);"
        "print({'nio', 'slixmpp', 'aiohttp', 'apscheduler'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, file], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert "!! not running" in done.stdout, done.stdout + done.stderr
    assert done.stdout.endswith("set()\n")


def test_it_says_which_version_it_is() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        known = tomllib.load(file)["project"]["version"]
    result = tocsin("--version")
    assert (result.exit_code, result.stdout) == (0, f"tocsin {known}\n")


@pytest.mark.parametrize(
    "arguments",
    [("sing",), ("export",), ("export", "--campaign", "ngi", "--format", "xls"), ("run", "--fast")],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert tocsin(*arguments).exit_code == 2


def test_a_bad_config_is_told_whole_and_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        f"[bot]\ntimezon = 1\n[matrix]\npassword = {SECRET!r}\n[campaigns.a]\nletter = {{fr='no.md'}}\n"
    )
    with process("check", "--config", file) as running:
        out, errors = running.communicate(timeout=60)
    assert running.returncode == 2
    assert out == ""
    lines = errors.splitlines()
    assert lines[0] == f"{file}: 7 to mend"
    for part in (
        "bot.timezon",
        "matrix.password",
        "matrix.homeserver",
        "matrix.user",
        "campaigns.a.title",
        "bot.admins",
        "no.md",
    ):
        assert any(part in line for line in lines[1:]), part
    assert "Traceback" not in errors
    assert SECRET not in errors


@pytest.mark.parametrize(
    "command", [("check",), ("run",), ("export", "--campaign", "ngi")], ids=lambda one: one[0]
)
@pytest.mark.parametrize("what", ["missing", "folder", "not TOML", "not text"])
def test_a_config_that_cannot_be_read_is_one_plain_line(
    tmp_path: Path, command: tuple[str, ...], what: str
) -> None:
    file = tmp_path / "[red]config.toml"  # a name is no markup
    match what:
        case "folder":
            file.mkdir()
        case "not TOML":
            file.write_text("[bot]\nlanguage = \n")
        case "not text":
            file.write_bytes(b"\xff")
    result = tocsin(*command, "--config", file)
    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert first == f"{file}: 1 to mend"
    assert ("line 2" in second) == (what == "not TOML")
    assert result.stdout == ""
    assert not (tmp_path / "data").exists()


def test_an_account_that_is_no_address_is_wrong_config(tmp_path: Path) -> None:
    account = f"tocsin@{'x' * 64}.example.org"  # no label of a domain is that long
    config(tmp_path, CONFIG.replace("tocsin@example.org", account))
    result = tocsin("check", "--config", tmp_path / "config.toml")
    assert result.exit_code == 2
    assert account in result.stderr


def test_a_room_without_its_server_is_wrong_config(tmp_path: Path) -> None:
    config(tmp_path, CONFIG.replace('"!coop:example.org"', '"#coop"'))
    result = tocsin("check", "--config", tmp_path / "config.toml")
    assert result.exit_code == 2
    assert (
        "campaigns.ngi.rooms: '#coop' — expected its server as well, such as \"#coop:example.org\""
        in result.stderr
    )


def test_a_data_folder_that_cannot_be_made_is_said_by_check_as_by_run(tmp_path: Path) -> None:
    config(tmp_path, CONFIG.replace("[bot]", '[bot]\ndata = "/proc/tocsin"'))
    checked, run = (tocsin(command, "--config", tmp_path / "config.toml") for command in ("check", "run"))
    assert (checked.exit_code, run.exit_code) == (2, 1)
    why = "No such file or directory. Nothing can be made there: choose another `data` folder"
    assert f"bot.data: '/proc/tocsin' — cannot be used: {why}" in checked.stderr
    assert f"cannot use /proc/tocsin: {why}; nothing was changed" in run.stderr


@pytest.mark.parametrize(
    "command", [("check",), ("run",), ("backup", "copy.db"), ("health",)], ids=lambda one: one[0]
)
def test_a_data_folder_of_another_user_is_said_in_plain_lines(
    file: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    as_somebody = []
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        as_somebody = [
            "setpriv",
            "--bounding-set=-all",
            "--inh-caps=-all",
        ]  # root, but not over everybody's files
    else:
        folder.chmod(0)
    tried = [*as_somebody, sys.executable, "-m", "bot", *command, "--config", str(file)]
    done = subprocess.run(tried, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    folder.chmod(0o700)
    assert done.returncode == (2 if command[0] == "check" else 1), done.stderr
    assert "Permission denied. Mend its permissions, or choose another `data` folder" in done.stderr
    assert "Traceback" not in done.stderr


# --- check


class Homeserver(BaseHTTPRequestHandler):
    """Lets in whoever knows the password."""

    logins: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer: dict[str, Any]
        good, answer = True, {"one_time_key_counts": {"signed_curve25519": 50}}
        if "/keys/" not in self.path:
            self.logins.append(body)
            good = body.get("password") == SECRET
            answer = (
                {"access_token": "t", "user_id": "@tocsin:example.org", "device_id": body.get("device_id")}
                if good
                else {"errcode": "M_FORBIDDEN", "error": "Invalid username or password"}
            )
        data = json.dumps(answer).encode()
        self.send_response(200 if good else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Homeserver.logins = []
    opened = ThreadingHTTPServer(("127.0.0.1", 0), Homeserver)
    thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield opened
    opened.shutdown()
    thread.join()
    opened.server_close()


def only_matrix(folder: Path, port: int) -> Path:
    text = CONFIG.replace("https://matrix.example.org", f"http://127.0.0.1:{port}")
    text = text.replace('[xmpp]\njid = "tocsin@example.org"\n', "")
    text = text.replace(', "xmpp:forge@rooms.example.org"', "").replace(', "xmpp:noa@example.org"', "")
    config(folder, text)
    return folder / "config.toml"


def test_check_logs_in_always_as_the_same_device(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    file = only_matrix(tmp_path, server.server_address[1])
    for _ in range(2):
        result = tocsin("check", "--config", file)
        assert result.exit_code == 0, result.stderr
        assert "Matrix: logged in" in result.stderr
        assert "encrypted rooms: the bot's device is signed at the first start" in result.stderr
    assert [login["device_id"] for login in Homeserver.logins] == ["TOCSIN-CHECK", "TOCSIN-CHECK"]
    assert not (tmp_path / "data").exists(), "check makes nothing"


def test_check_says_that_a_login_is_refused(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_MATRIX_PASSWORD", "wrong-password")
    result = tocsin("check", "--config", only_matrix(tmp_path, server.server_address[1]))
    assert result.exit_code == 1
    assert "Matrix: login refused" in result.stderr
    assert "wrong-password" not in result.output


def test_check_tries_every_login_and_says_which_server_is_not_there(tmp_path: Path) -> None:
    text = CONFIG.replace("https://matrix.example.org", "http://127.0.0.1:9")
    text = text.replace("[xmpp]", '[xmpp]\nhost = "127.0.0.1"\nport = 9\ntls = "off"')
    config(tmp_path, text)
    result = tocsin("check", "--config", tmp_path / "config.toml")
    assert result.exit_code == 1
    assert "Matrix: cannot be reached: login: connection refused" in result.stderr
    assert "XMPP: cannot be reached: connection refused" in result.stderr


def test_check_says_where_the_campaign_differs_from_the_file(
    server: ThreadingHTTPServer, filled: Path
) -> None:
    only_matrix(filled.parent, server.server_address[1])
    changed = filled.read_text().replace("2027-09-30", "2027-10-30").replace('"1d", "2h"', '"36h", "5m"')
    filled.write_text(changed)
    result = tocsin("check", "--config", filled)
    assert result.exit_code == 0
    reminders = "campaigns.ngi.reminders: 7d, 1d 12h, 5m here, but 7d, 1d, 2h in the campaign, which stays"
    assert reminders in result.stderr
    assert "campaigns.ngi.deadline: 2027-10-30 18:00" in result.stderr


# --- run


def test_run_refuses_a_second_bot_and_leaves_the_database_alone(file: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    held = lock(tmp_path / "data")
    try:
        result = tocsin("run", "--config", file)
    finally:
        held.close()
    assert result.exit_code == 1
    assert f"process {os.getpid()}" in result.stderr
    assert not (tmp_path / "data" / FILE).exists()


def test_run_refuses_a_damaged_database(file: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE).write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    result = tocsin("run", "--config", file)
    assert result.exit_code == 1
    assert "restore the last backup" in result.stderr
    assert (tmp_path / "data" / FILE).read_bytes().startswith(b"not a database")


def test_run_says_that_it_cannot_have_its_folder(file: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    result = tocsin("run", "--config", file)
    assert result.exit_code == 1
    assert str(tmp_path / "data") in result.stderr


def test_run_ends_with_the_reason_when_every_login_is_refused(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_MATRIX_PASSWORD", "wrong-password")
    with process("run", "--config", only_matrix(tmp_path, server.server_address[1])) as running:
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 1
    assert errors.splitlines()[-1].startswith("Matrix: ")
    assert "Traceback" not in errors
    assert "wrong-password" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_ends_in_order_when_it_is_told_to(tmp_path: Path, number: signal.Signals) -> None:
    file = only_matrix(tmp_path, 9)
    with process("run", "--config", file) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "trouble" in line:  # it serves, and tries again and again
                break
        running.send_signal(number)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "Traceback" not in errors
    database = sqlite3.connect(tmp_path / "data" / FILE)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT key FROM campaigns").fetchall() == [("ngi",)]
    database.close()


# --- export


def test_export_writes_the_list_in_each_form(filled: Path, tmp_path: Path) -> None:
    for form, part in (("csv", "Picasoft"), ("json", '"Save it'), ("markdown", "Save it")):
        result = tocsin("export", "--campaign", "ngi", "--format", form, "--config", filled)
        assert result.exit_code == 0
        if form != "csv":
            assert part in result.stdout
        assert result.stdout.strip()
    assert json.loads(tocsin("export", "--campaign", "ngi", "--format", "json", "--config", filled).stdout)
    out = tmp_path / "list.csv"
    result = tocsin("export", "--campaign", "ngi", "--config", filled, "--output", out)
    assert result.exit_code == 0
    assert out.stat().st_size
    assert result.stdout == ""
    assert stat.S_IMODE(out.stat().st_mode) == 0o600, "it names people"
    page = tmp_path / "list.md"
    publish = ("--campaign", "ngi", "--format", "markdown", "--output", page)
    assert tocsin("export", *publish, "--config", filled).exit_code == 0
    assert stat.S_IMODE(page.stat().st_mode) & 0o044, "it is to be published"


def test_a_list_is_in_the_campaigns_language_unless_another_is_asked_for(filled: Path) -> None:
    export = ("export", "--campaign", "ngi", "--config", filled)
    english, french = '\ufeff"number","organisation"', '\ufeff"numéro";"organisation"'
    assert tocsin(*export).stdout.startswith(english)
    assert tocsin(*export, "--language", "fr").stdout.startswith(french)
    with closing(sqlite3.connect(filled.parent / "data" / FILE)) as database, database:
        database.execute("UPDATE campaigns SET language = 'fr'")
    assert tocsin(*export).stdout.startswith(french)
    assert tocsin(*export, "--language", "en").stdout.startswith(english)
    assert "in the campaign's language unless" in " ".join(tocsin("export", "--help").stdout.split())


def test_export_needs_no_password(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOCSIN_MATRIX_PASSWORD")
    monkeypatch.delenv("TOCSIN_XMPP_PASSWORD")
    assert tocsin("export", "--campaign", "ngi", "--config", filled).exit_code == 0


def test_export_works_while_the_bot_runs(filled: Path, tmp_path: Path) -> None:
    held = lock(tmp_path / "data")
    try:
        assert tocsin("export", "--campaign", "ngi", "--config", filled).exit_code == 0
    finally:
        held.close()


def test_nothing_changes_the_schema_under_a_bot_that_runs(file: Path, tmp_path: Path) -> None:
    """The program was brought up to date, and the bot not started anew yet."""
    (tmp_path / "data").mkdir()
    database = tmp_path / "data" / FILE
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript((ROOT / "tests" / "storage" / "filled-0001.sql").read_text("utf-8"))

    def version() -> str:
        with closing(sqlite3.connect(database)) as connection:
            return str(migrations.revision(connection))

    held = lock(tmp_path / "data")
    try:
        result = tocsin("export", "--campaign", "ngi", "--config", file)
    finally:
        held.close()
    assert (result.exit_code, version()) == (1, "0001")
    assert f"process {os.getpid()}" in result.stderr
    assert tocsin("export", "--campaign", "ngi", "--config", file).exit_code == 0
    assert version() == migrations.head()


def test_export_of_an_unknown_campaign_is_wrong_usage(filled: Path) -> None:
    result = tocsin("export", "--campaign", "[nig]", "--config", filled)
    assert result.exit_code == 2
    assert "[nig]" in result.stderr


def test_export_takes_the_campaign_there_is_alone(filled: Path) -> None:
    assert (
        tocsin("export", "--config", filled).stdout
        == tocsin("export", "--campaign", "ngi", "--config", filled).stdout
    )
    with closing(sqlite3.connect(filled.parent / "data" / FILE)) as database, database:
        columns = [
            one[1] for one in database.execute("PRAGMA table_info(campaigns)") if one[1] not in ("id", "key")
        ]
        named = ", ".join(columns)
        database.execute(f"INSERT INTO campaigns (key, {named}) SELECT 'other', {named} FROM campaigns")  # noqa: S608
    result = tocsin("export", "--config", filled)
    assert result.exit_code == 2
    assert "ngi, other" in result.stderr


def test_export_before_the_first_run_makes_no_database(file: Path, tmp_path: Path) -> None:
    result = tocsin("export", "--campaign", "ngi", "--config", file)
    assert result.exit_code == 1
    assert "tocsin run" in result.stderr
    assert not (tmp_path / "data").exists()


def test_export_that_cannot_be_written_is_said(filled: Path, tmp_path: Path) -> None:
    result = tocsin("export", "--campaign", "ngi", "--config", filled, "--output", tmp_path / "no" / "a.csv")
    assert result.exit_code == 1
    assert "cannot write" in result.stderr


@pytest.mark.parametrize("what", ["no database", "another program's", "of a later version"])
def test_export_of_another_database_is_one_plain_line(filled: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "data" / FILE
    if what == "no database":
        path.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    elif what == "another program's":
        path.unlink()
    connection = sqlite3.connect(path)
    if what == "another program's":
        connection.execute("CREATE TABLE people (shoe_size INTEGER)")
    elif what == "of a later version":
        connection.execute("UPDATE alembic_version SET version_num = 'from the future'")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with process("export", "--campaign", "ngi", "--config", filled) as running:
        out, errors = running.communicate(timeout=60)
    assert running.returncode == 1
    assert out == ""
    assert "Traceback" not in errors
    assert str(path) in errors
    assert path.read_bytes() == before


# --- backup and restore


def test_backup_while_the_bot_runs_and_restore_elsewhere(filled: Path, tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "backup.db"
    held = lock(data)
    try:
        result = tocsin("backup", copy, "--config", filled)
        assert result.exit_code == 0, result.stderr
        assert f"{copy}: {copy.stat().st_size} bytes" in result.stderr
        again = tocsin("backup", copy, "--config", filled)
        assert again.exit_code == 1
        assert "there already" in again.stderr
        running = tocsin("restore", copy, "--config", filled)
        assert running.exit_code == 1
        assert f"process {os.getpid()}" in running.stderr
    finally:
        held.close()
    over = tocsin("restore", copy, "--config", filled)
    assert over.exit_code == 1
    assert f"{data} is not empty ({FILE})" in over.stderr

    data.rename(tmp_path / "broken")
    result = tocsin("restore", copy, "--config", filled)
    assert result.exit_code == 0, result.stderr
    assert "logs in as a new device" in result.stderr
    exported = tocsin("export", "--campaign", "ngi", "--format", "json", "--config", filled)
    assert "Picasoft" in exported.stdout


def test_the_campaigners_hear_of_a_restored_bot_and_no_old_reminder_rings(
    filled: Path, tmp_path: Path
) -> None:
    what = load(filled, environment=PASSWORDS)
    database = open_database(tmp_path / "data")
    database.transaction(
        lambda storage: [storage.rooms.change(room.id, state="joined") for room in storage.rooms.all()]
    )
    database.close()
    copy = tmp_path / "backup.db"
    assert tocsin("backup", copy, "--config", filled).exit_code == 0
    later = NOW.replace(day=23, hour=16)  # a week before the deadline
    told = {}
    for name in ("restored", "control"):
        (tmp_path / name).mkdir()
        if name == "restored":
            begin_again(copy, tmp_path / name, what, later)
        else:
            (tmp_path / name / FILE).write_bytes(copy.read_bytes())
        database = open_database(tmp_path / name)
        try:
            told[name] = len(database.transaction(lambda storage: reminded(storage, later)))
            waits = database.transaction(lambda storage: storage.outbox.waiting("xmpp"))
        finally:
            database.close()
        if name == "restored":
            (alarm,) = waits
            assert "begin again from a backup" in plain(alarm.message)
    assert told["control"] > 0
    assert told["restored"] == 0


@pytest.mark.parametrize("what", ["nothing", "no database", "another program's", "damaged"])
@pytest.mark.parametrize("data", ["data", "there/is/none"])
def test_a_restore_that_fails_leaves_nothing_behind(
    filled: Path, tmp_path: Path, what: str, data: str
) -> None:
    copy = tmp_path / "backup.db"
    if what == "damaged":
        assert tocsin("backup", copy, "--config", filled).exit_code == 0
        with copy.open("r+b") as file:
            file.seek(4096 * 7)
            file.write(b"\xa5" * 4096)
    elif what == "another program's":
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("CREATE TABLE notes (text)")
    elif what == "no database":
        copy.write_text("a letter")
    (tmp_path / "data").rename(tmp_path / "broken")
    filled.write_text(f'[bot]\ndata = "{data}"\n' + filled.read_text().replace("[bot]\n", ""))
    before = {one.name for one in tmp_path.iterdir()}
    result = tocsin("restore", copy, "--config", filled)
    assert result.exit_code == 1, result.stderr
    assert str(copy) in result.stderr
    assert {one.name for one in tmp_path.iterdir()} == before
    assert tocsin("restore", tmp_path / "broken" / FILE, "--config", filled).exit_code == 0, "the control"
    assert (tmp_path / data / FILE).is_file()


def test_a_restore_that_fails_leaves_a_folder_that_was_there(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "data").rename(tmp_path / "broken")
    (tmp_path / "data").mkdir()
    assert tocsin("restore", tmp_path / "no.db", "--config", filled).exit_code == 1
    assert {one.name for one in (tmp_path / "data").iterdir()} <= {LOCK}


def test_a_restored_folder_that_cannot_be_had_is_said(filled: Path, tmp_path: Path) -> None:
    copy = tmp_path / "backup.db"
    assert tocsin("backup", copy, "--config", filled).exit_code == 0
    (tmp_path / "data").rename(tmp_path / "broken")
    (tmp_path / "data").write_text("a file where the folder should be")
    result = tocsin("restore", copy, "--config", filled)
    assert result.exit_code == 1
    assert str(tmp_path / "data") in result.stderr
