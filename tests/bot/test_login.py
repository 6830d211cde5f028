"""`tocsin login`: what is kept, for whom, where it is looked for, and that no secret is ever seen."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import stat
import subprocess
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from bot import cli
from bot.accounts import credentials
from bot.accounts.single_sign_on import token_from_browser, token_in
from bot.config import ConfigError, load
from bot.transports.matrix import MatrixTransport
from bot.transports.tls import is_exposed
from campaign.chat import MATRIX, XMPP
from storage.opening import lock, open_database
from tests.bot.scripted import CONFIG, config
from tests.bot.test_cli import ROOT, only_matrix

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "correct-horse-battery"
ME = "@tocsin:example.org"


class Homeserver(BaseHTTPRequestHandler):
    """Knows one password, one token of single sign-on, and every token it gave."""

    flows: tuple[str, ...]
    tokens: dict[str, tuple[str, str | None]]
    """Access token → whose, and of which device."""
    asked: list[dict[str, Any]]

    def do_GET(self) -> None:
        if self.path.endswith("/login"):
            return self._answer(200, {"flows": [{"type": one} for one in self.flows]})
        whose = self.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if whose is None:
            return self._answer(401, {"errcode": "M_UNKNOWN_TOKEN"})
        user, device = whose
        return self._answer(200, {"user_id": user, **({"device_id": device} if device else {})})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/keys/query"):
            return self._answer(200, {"device_keys": {ME: {"USED": {}}}})
        self.asked.append(body)
        if SECRET not in (body.get("password"), body.get("token")):
            return self._answer(403, {"errcode": "M_FORBIDDEN"})
        device = body["device_id"]
        for token in [token for token, (_, of) in self.tokens.items() if of == device]:
            del self.tokens[token]
        token = f"t{len(self.asked)}"
        self.tokens[token] = (ME, device)
        return self._answer(200, {"access_token": token, "user_id": ME, "device_id": device})

    def _answer(self, status: int, said: object) -> None:
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Homeserver.flows, Homeserver.tokens, Homeserver.asked = ("m.login.password",), {}, []
    opened = ThreadingHTTPServer(("127.0.0.1", 0), Homeserver)
    thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield opened
    opened.shutdown()
    thread.join()
    opened.server_close()


@pytest.fixture
def file(server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NO_COLOR", "1")
    for network in ("MATRIX", "XMPP"):
        monkeypatch.delenv(f"TOCSIN_{network}_PASSWORD", raising=False)
    return only_matrix(tmp_path, server.server_address[1])


def tocsin(*arguments: object, said: str | None = None) -> Result:
    result = CliRunner().invoke(cli.app, [str(one) for one in arguments], input=said)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert SECRET not in result.output
    return result


def log_in(file: Path, *how: str, said: str = SECRET) -> Result:
    return tocsin("login", "matrix", *how, "--stdin", "--config", file, said=f"{said}\n")


def kept(file: Path) -> Path:
    return file.parent / "data" / "login-matrix.json"


def problems(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(file, environment={})
    assert SECRET not in " ".join(error.value.problems)
    return error.value.problems


def test_a_password_becomes_a_token_that_only_its_owner_can_read(file: Path) -> None:
    done = log_in(file)
    assert done.exit_code == 0, done.stderr
    said = kept(file).read_text()
    assert SECRET not in said
    (login,) = load(file, environment={}).logins.values()
    assert (login.token, login.password) == ("t1", "")
    assert login.device in done.stderr
    assert stat.S_IMODE(kept(file).stat().st_mode) == 0o600
    assert stat.S_IMODE(kept(file).parent.stat().st_mode) == 0o700
    with closing(open_database(kept(file).parent)) as database:
        held = database.transaction(lambda storage: storage.inbox.device(MATRIX, ME, "none"))
    assert held == login.device == Homeserver.asked[0]["device_id"]


def test_logging_in_again_keeps_the_device(file: Path) -> None:
    log_in(file)
    log_in(file)
    assert len({one["device_id"] for one in Homeserver.asked}) == 1
    assert list(Homeserver.tokens) == ["t2"], "the server ended the first"


def test_check_uses_what_was_kept_and_says_so(file: Path) -> None:
    log_in(file)
    result = tocsin("check", "--config", file)
    assert result.exit_code == 0
    assert "logged in, with what `tocsin login matrix` kept" in result.stderr
    assert len(Homeserver.asked) == 1, "a token is only tried"


def test_a_revoked_token_is_mended_by_logging_in(file: Path) -> None:
    log_in(file)
    Homeserver.tokens.clear()
    for command in ("check", "run"):
        result = tocsin(command, "--config", file)
        assert result.exit_code == 1
        assert "`tocsin login matrix` mends it" in result.stderr
    log_in(file)
    assert tocsin("check", "--config", file).exit_code == 0


def test_the_environment_comes_first_then_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(file)
    secret = file.parent / "secret"
    secret.write_text("from the file")
    secret.chmod(0o640)
    assert load(file, environment={}).logins[MATRIX].token
    file.write_text(file.read_text().replace("user =", 'password_file = "secret"\nuser ='))
    assert load(file, environment={}).logins[MATRIX].password == "from the file"
    environment = {"TOCSIN_MATRIX_PASSWORD": "from there"}
    assert load(file, environment=environment).logins[MATRIX].password == "from there"
    assert "password_file stands in the config" in log_in(file).stderr
    monkeypatch.setenv("TOCSIN_MATRIX_PASSWORD", SECRET)
    assert "TOCSIN_MATRIX_PASSWORD is set here" in log_in(file).stderr
    assert "with TOCSIN_MATRIX_PASSWORD in the environment" in tocsin("check", "--config", file).stderr


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_kept_login_that_others_can_read_is_refused(file: Path, mode: int) -> None:
    log_in(file)
    kept(file).chmod(mode)
    (problem,) = problems(file)
    assert f"chmod 600 {kept(file)}" in problem
    assert tocsin("run", "--config", file).exit_code == 2


def test_a_password_file_that_everybody_can_read_is_refused(file: Path) -> None:
    (file.parent / "secret").write_text(SECRET)
    (file.parent / "secret").chmod(0o644)
    file.write_text(file.read_text().replace("user =", 'password_file = "secret"\nuser ='))
    (problem,) = problems(file)
    assert problem.startswith("matrix.password_file: everybody")
    assert "chmod" in problem


def test_a_wrong_password_keeps_nothing(file: Path) -> None:
    result = log_in(file, said="wrong-password")
    assert result.exit_code == 1
    assert (
        "login refused: the account, or its password or token, is not accepted (M_FORBIDDEN" in result.stderr
    )
    assert "wrong-password" not in result.output
    assert not kept(file).exists()


def test_a_login_that_fails_leaves_no_database_behind(file: Path) -> None:
    """A folder with one would be no place for `tocsin restore`."""
    left = {"tocsin.lock"}
    assert log_in(file, said="wrong-password").exit_code == 1
    assert {one.name for one in kept(file).parent.iterdir()} == left
    file.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", file.read_text()))
    for how in ("--sso", "--token"):
        result = log_in(file, how)
        assert result.exit_code == 1
        assert "cannot be reached" in result.stderr
        assert {one.name for one in kept(file).parent.iterdir()} == left


def test_a_kept_login_survives_a_power_cut_and_is_never_open_to_others(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    part = kept(file).with_name(f"{kept(file).name}.part")

    def seen(name: str, real: Any) -> Any:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            whose = Path(f"/proc/self/fd/{arguments[0]}").readlink() if name == "fsync" else arguments[0]
            if whose in (part, kept(file).parent):
                done.append(f"{name} {whose.name}")
                if part.exists():
                    assert stat.S_IMODE(part.stat().st_mode) == 0o600
            return real(*arguments, **named)

        return wrapped

    part.parent.mkdir(mode=0o700)
    part.write_text("of one that was killed")
    part.chmod(0o644)
    monkeypatch.setattr(os, "fsync", seen("fsync", os.fsync))
    monkeypatch.setattr(Path, "replace", seen("rename", Path.replace))
    assert log_in(file).exit_code == 0
    before = done.index(f"fsync {part.name}")
    assert done[before:] == [f"fsync {part.name}", f"rename {part.name}", "fsync data"]
    assert stat.S_IMODE(kept(file).stat().st_mode) == 0o600


def test_an_access_token_makes_its_device_this_installations(file: Path) -> None:
    log_in(file)
    Homeserver.tokens["given"] = (ME, "OTHER")
    result = log_in(file, "--token", said="given")
    assert "OTHER" in result.stderr
    assert "this bot's alone" in result.stderr
    with closing(open_database(kept(file).parent)) as database:
        assert database.transaction(lambda storage: storage.inbox.device(MATRIX, ME, "x")) == "OTHER"
    assert tocsin("check", "--config", file).exit_code == 0


@pytest.mark.parametrize(
    ("whose", "expected"),
    [
        (("@other:example.org", "D"), "@other:example.org"),
        ((ME, None), "of no device"),
        ((ME, "USED"), "a client has used"),
        (None, "M_UNKNOWN_TOKEN"),
    ],
)
def test_a_token_that_is_not_this_accounts_session_is_refused(
    file: Path, whose: tuple[str, str | None] | None, expected: str
) -> None:
    if whose:
        Homeserver.tokens["given"] = whose
    result = log_in(file, "--token", said="given")
    assert result.exit_code == 1
    assert expected in result.stderr
    assert not kept(file).exists()


def test_single_sign_on_takes_what_was_pasted(file: Path) -> None:
    Homeserver.flows = ("m.login.sso", "m.login.token")
    result = log_in(file, "--sso", said=f"http://127.0.0.1:1/x?loginToken={SECRET}")
    assert result.exit_code == 0, result.stderr
    assert "/_matrix/client/v3/login/sso/redirect?redirectUrl=http%3A%2F%2F127.0.0.1%3A" in result.stderr
    assert Homeserver.asked[0]["type"] == "m.login.token"
    refused = log_in(file)
    assert refused.exit_code == 1
    assert "use `tocsin login matrix --sso`" in refused.stderr


async def test_single_sign_on_takes_what_a_browser_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    brought: list[int] = []

    def tell(line: str) -> None:
        lines.append(line)
        if "redirectUrl" in line:
            threading.Thread(target=browse, args=(line,)).start()

    def browse(line: str) -> None:
        back = parse_qs(urlsplit(line.strip()).query)["redirectUrl"][0]
        guessed = back.rpartition("/")[0] + "/guessed"
        for address in (f"{guessed}?loginToken=theirs", back, f"{back}?loginToken=ours"):
            done = subprocess.run(
                [sys.executable, "-c", BROWSE, address], capture_output=True, text=True, check=False
            )
            brought.append(int(done.stdout))

    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert await token_from_browser("https://matrix.example.org/", tell) == "ours"
    assert brought[:2] == [404, 200]


BROWSE = """
import sys, urllib.request, urllib.error
try:
    print(urllib.request.urlopen(sys.argv[1]).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def test_what_is_pasted_is_an_address_or_a_bare_token() -> None:
    assert token_in(" abc \n") == "abc"
    assert token_in("http://127.0.0.1:9/x?loginToken=abc&y=1") == "abc"
    assert token_in("https://example.org/") == ""


def test_a_password_is_not_echoed(file: Path) -> None:
    try:
        ours, theirs = pty.openpty()
    except OSError:
        pytest.skip("there are no terminals to be had here (/dev/pts)")
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "login", "matrix", "--config", str(file)],
        cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**os.environ, "TERM": "dumb"},
    ) as running:  # fmt: skip
        os.close(theirs)
        seen = b""
        while b"password of" not in seen:
            seen += os.read(ours, 1000)
        with open(f"/proc/{running.pid}/cmdline", "rb") as words:  # noqa: PTH123 - not a path of ours
            assert SECRET.encode() not in words.read()
        os.write(ours, f"{SECRET}\n".encode())
        while b"kept in" not in seen:
            seen += os.read(ours, 1000)
        assert running.wait(30) == 0
    os.close(ours)
    assert SECRET.encode() not in seen


def test_without_a_terminal_nothing_is_asked(file: Path) -> None:
    result = tocsin("login", "matrix", "--config", file)
    assert result.exit_code == 1
    assert "--stdin" in result.stderr
    assert tocsin("login", "matrix", SECRET[::-1], "--config", file).exit_code == 2, "never an argument"


def test_a_running_bot_is_not_logged_in_under(file: Path) -> None:
    folder = file.parent / "data"
    folder.mkdir()
    with lock(folder):
        result = log_in(file)
    assert result.exit_code == 1
    assert f"process {os.getpid()}" in result.stderr
    assert Homeserver.asked == []


def test_a_copied_folder_does_not_use_the_token(file: Path, tmp_path: Path) -> None:
    log_in(file)
    (tmp_path / "data").rename(tmp_path / "moved")
    file.write_text(file.read_text().replace("[bot]", '[bot]\ndata = "moved"'))
    (problem,) = problems(file)
    assert "another machine or in another folder" in problem
    assert tocsin("login", "matrix", "--stdin", "--config", file, said=f"{SECRET}\n").exit_code == 0
    assert len({one["device_id"] for one in Homeserver.asked}) == 1
    assert tocsin("check", "--config", file).exit_code == 0


def test_a_token_of_another_device_than_the_databases_is_not_used(file: Path) -> None:
    log_in(file)
    with closing(open_database(kept(file).parent)) as database:
        database.transaction(lambda storage: storage.inbox.forget_devices())  # as a restore does
    result = tocsin("run", "--config", file)
    assert result.exit_code == 1
    assert "this data folder's is another; `tocsin login matrix` mends it" in result.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda path: path.write_text("{"), "is not what was kept there"),
        (
            lambda path: path.write_text(path.read_text().replace(ME, "@x:example.org")),
            "is of @x:example.org",
        ),
        (lambda path: path.write_text(path.read_text().replace("127.0.0.1", "127.0.0.2")), "127.0.0.2"),
        (lambda path: path.unlink(), "no login"),
    ],
)
def test_a_kept_login_that_does_not_fit_says_what_to_do(file: Path, change: Any, expected: str) -> None:
    log_in(file)
    change(kept(file))
    (problem,) = problems(file)
    assert expected in problem
    assert "tocsin login matrix" in problem


def test_a_kept_password_of_xmpp_is_used(tmp_path: Path) -> None:
    config(tmp_path)
    file = tmp_path / "config.toml"
    sought = credentials.Wanted(XMPP, "tocsin@example.org", "example.org", None)
    (tmp_path / "data").mkdir()
    credentials.keep(tmp_path / "data", sought, password=SECRET)
    login = load(file, environment={"TOCSIN_MATRIX_PASSWORD": "-"}).logins[XMPP]
    assert login.password == SECRET
    assert SECRET not in repr(login)


@pytest.mark.parametrize(
    ("url", "exposed"),
    [
        ("http://matrix.example.org", True), ("http://127.0.0.1.example.org", True), ("http://10.0.0.1", True),
        ("http://127.0.0.1:8008", False), ("http://[::1]:8008", False), ("http://localhost", False),
        ("https://matrix.example.org", False),
    ],
)  # fmt: skip
def test_plaintext_stays_on_this_machine(tmp_path: Path, url: str, *, exposed: bool) -> None:
    assert is_exposed(url) == exposed
    (tmp_path / "config.toml").write_text("")
    if not exposed:
        config(tmp_path, CONFIG.replace("https://matrix.example.org", url))
        return
    with pytest.raises(ConfigError) as error:
        config(tmp_path, CONFIG.replace("https://matrix.example.org", url))
    assert "expected https" in " ".join(error.value.problems)
    with pytest.raises(ValueError, match="loopback"):
        MatrixTransport(url, ME, "x")


@pytest.mark.parametrize("section", ["matrix", "xmpp"])
def test_an_authority_of_ones_own_must_be_one(tmp_path: Path, section: str) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigError) as error:
        config(tmp_path, CONFIG.replace(f"[{section}]", f'[{section}]\nca_file = "ca.pem"'))
    (problem,) = error.value.problems
    assert problem.startswith(f"{section}.ca_file")
