"""The bot as a process, beside a homeserver that does what a test says: readiness, health while it runs, its end."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from storage.opening import FILE
from tests.bot.scripted import CONFIG, config

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(240)  # each starts several processes

ROOT = Path(__file__).parent.parent.parent
ROOM = "!coop:example.org"
ME, ANA = "@tocsin:example.org", "@ana:example.org"
ANSWERED = "days left"
"""Whoever asked is told so, and nobody is by the greeting."""


class Script:
    """What the homeserver does, and what it saw."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        """Set once somebody's line may be told."""
        self.sending = threading.Event()
        """Set once the answer to it has arrived here."""
        self.answers = threading.Event()
        """Once set, whoever sent it is told so."""
        self.ended = threading.Event()
        self.texts: dict[str, str] = {}
        self.devices: list[str] = []
        self.keys: dict[str, Any] = {}


class Homeserver(BaseHTTPRequestHandler):
    """One room, in which one line is said."""

    protocol_version = "HTTP/1.1"
    script: Script

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")

    def _answer(self, answer: object, status: int = 200) -> None:
        data = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # the bot was killed

    def do_POST(self) -> None:
        body = self._body()
        if self.path.endswith("/login"):
            self.script.devices.append(body["device_id"])
            self._answer({"access_token": "t", "user_id": ME, "device_id": body["device_id"]})
        elif self.path.endswith("/filter"):
            self._answer({"filter_id": "f"})
        elif "/keys/" in self.path:
            if keys := body.get("device_keys", {}).get("keys"):
                self.script.keys = {ME: {body["device_keys"]["device_id"]: {"keys": keys}}}
            counts = {"one_time_key_counts": {"signed_curve25519": 50}}
            self._answer({**counts, "device_keys": self.script.keys})
        else:
            self._answer({"errcode": "M_FORBIDDEN", "error": "no"}, 403)

    def do_PUT(self) -> None:
        body, key = self._body(), self.path.rsplit("/", 1)[1].partition("?")[0]
        if ANSWERED in body.get("body", ""):  # the greeting leaves by itself, or with it
            self.script.sending.set()
            self.script.answers.wait(30)
        self.script.texts[key] = body.get("body", "")
        self._answer({"event_id": f"${key}"})

    def do_GET(self) -> None:
        if "/joined_members" in self.path:
            self._answer({"joined": {ME: {}, ANA: {}, "@bo:example.org": {}}})
        elif "/members" in self.path:
            self._answer({"chunk": []})
        elif "/sync" in self.path:
            since = re.search(r"since=(\w+)", self.path)
            self._answer(self._sync(since[1] if since else ""))
        else:
            self._answer({"errcode": "M_NOT_FOUND", "error": "no"}, 404)

    def _sync(self, since: str) -> object:
        state, line = [_member(ME), _member(ANA), _member("@bo:example.org")], []
        if since == "s1":
            if "full_state" not in self.path:
                self.script.asked.wait(30)
            line = [_event("$said", "m.room.message", ANA, {"msgtype": "m.text", "body": "!status"})]
        elif since:
            self.script.ended.wait(1)
            return {"next_batch": since}
        return {
            "next_batch": "s2" if since else "s1",
            "rooms": {
                "join": {
                    ROOM: {
                        "state": {"events": state},
                        "timeline": {"events": line, "limited": False, "prev_batch": "p"},
                    }
                }
            },
        }

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _event(event: str, kind: str, sender: str, content: object, **more: object) -> object:
    at = 1_820_000_000_000
    return {"event_id": event, "type": kind, "sender": sender, "content": content, "origin_server_ts": at, **more}  # fmt: skip


def _member(who: str) -> object:
    return _event(f"$m{who[1:4]}", "m.room.member", who, {"membership": "join"}, state_key=who)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def file(script: Script, tmp_path: Path) -> Iterator[Path]:
    handler = type("Handler", (Homeserver,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    text = CONFIG.replace("https://matrix.example.org", f"http://127.0.0.1:{server.server_address[1]}")
    text = text.replace('[xmpp]\njid = "tocsin@example.org"\n', "")
    text = text.replace(', "xmpp:forge@rooms.example.org"', "").replace(', "xmpp:noa@example.org"', "")
    text = text.replace("2027-09-30", "2099-09-30")  # these bots live by the clock of the machine
    config(tmp_path, text.replace('admin_rooms = ["!team:example.org"]\n', ""))
    yield tmp_path / "config.toml"
    for event in (script.asked, script.answers, script.ended):
        event.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[queue.Queue[str]]:
    """What systemd hears."""
    heard: queue.Queue[str] = queue.Queue()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(str(tmp_path / "notify"))

        def listen() -> None:
            while said := opened.recv(4096):
                for line in said.decode().splitlines():
                    heard.put(line)

        listening = threading.Thread(target=listen)
        listening.start()
        yield heard
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(tmp_path / "notify"))
        listening.join()


@contextmanager
def running(file: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "TOCSIN_MATRIX_PASSWORD": "-",
        "NOTIFY_SOCKET": str(file.parent / "notify"),
        "WATCHDOG_USEC": "1000000",
    }
    command = [sys.executable, "-m", "bot", "run", "--config", str(file)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def until(manager: queue.Queue[str], word: str) -> list[str]:
    """Listen until the bot says this."""
    heard: list[str] = []
    while word not in heard:
        heard.append(manager.get(timeout=60))
    return heard


def states(file: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(file.parent / "data" / FILE)) as connection:
        return list(connection.execute("SELECT state, count(*) FROM dispatches GROUP BY state"))


def tocsin(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *map(str, arguments)]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_ready_well_and_ends_in_order_with_what_it_was_saying(
    file: Path, script: Script, manager: queue.Queue[str], number: signal.Signals
) -> None:
    with running(file) as process:
        said = until(manager, "READY=1")
        assert "STATUS=Matrix: caught up" not in said, "not before"
        assert "EXTEND_TIMEOUT_USEC=1000000" in said, "systemd does not watch yet"
        assert until(manager, "STATUS=Matrix: caught up") == ["STATUS=Matrix: caught up"], "with it"
        looked = tocsin("health", "--config", file)
        assert looked.returncode == 0, looked.stdout
        assert f"(process {process.pid})" in looked.stdout
        assert "EXTEND_TIMEOUT_USEC=1000000" not in until(manager, "WATCHDOG=1"), "it watches now"
        assert tocsin("backup", file.parent / "copy.db", "--config", file).returncode == 0

        script.asked.set()
        assert script.sending.wait(60)
        assert states(file)[-1] == ("sending", 1)
        process.send_signal(number)
        until(manager, "STOPPING=1")
        script.answers.set()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert [state for state, _ in states(file)] == ["delivered"]
    assert len(set(script.texts.values())) == len(script.texts)
    looked = tocsin("health", "--config", file)
    assert looked.returncode == 1
    assert looked.stdout.startswith("!! not running: ended ")


def test_a_second_signal_ends_it_at_once_and_the_next_start_sees_to_the_rest(
    file: Path, script: Script, manager: queue.Queue[str]
) -> None:
    with running(file) as process:
        until(manager, "READY=1")
        script.asked.set()
        assert script.sending.wait(60)
        process.send_signal(signal.SIGTERM)
        until(manager, "STOPPING=1")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM, "by that signal, not because all was done"
    assert ("sending", 1) in states(file)
    looked = tocsin("health", "--config", file)
    assert looked.returncode == 1
    assert f"process {process.pid} ended" in looked.stdout

    script.answers.set()
    script.sending.clear()
    with running(file) as process:
        until(manager, "READY=1")
        assert script.sending.wait(60)  # ready is, before what was begun is sent again
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert [state for state, _ in states(file)] == ["delivered"]
    first, again = script.devices
    assert first == again


def test_a_restored_bot_is_another_device_and_asks_what_was_said_since(
    file: Path, script: Script, manager: queue.Queue[str]
) -> None:
    data = file.parent / "data"
    with running(file) as process:
        until(manager, "READY=1")
        script.asked.set()
        assert script.sending.wait(60)
        assert tocsin("backup", file.parent / "copy.db", "--config", file).returncode == 0
        process.kill()
        script.answers.set()  # the server had taken it
        process.communicate(timeout=60)
    data.rename(file.parent / "broken")
    restored = tocsin("restore", file.parent / "copy.db", "--config", file)
    assert restored.returncode == 0, restored.stderr
    assert re.search(r"not sent, for it may have been since the backup: [1-9] messages", restored.stderr)
    with running(file) as process:
        until(manager, "READY=1")
        until(manager, "WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    first, again = script.devices
    assert first != again
    assert ("uncertain", 1) in states(file)
    assert "sending" not in dict(states(file))
    assert sum(ANSWERED in text for text in script.texts.values()) == 1, "said once, by the bot before"


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Leave no room on the disk of a folder, and take what others free meanwhile too, such as by writing a file anew."""
    done = threading.Event()
    first = threading.Event()
    ballast = folder / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as into:
            while not done.is_set():
                try:
                    into.write(b"x" * 4096)
                except OSError:
                    first.set()
                    done.wait(0.001)

    filling = threading.Thread(target=fill)
    filling.start()
    try:
        assert first.wait(60)
        yield
    finally:
        done.set()
        filling.join()
        ballast.unlink()


def test_what_is_said_while_the_disk_is_full_is_answered_once_there_is_room(
    file: Path, script: Script, manager: queue.Queue[str]
) -> None:
    data = file.parent / "data"
    data.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "none", data]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a disk of one's own can only be mounted by root")
    try:
        with running(file) as process:
            until(manager, "READY=1")
            with closing(sqlite3.connect(data / FILE)) as beside:
                # What has been copied out of its log is written over, and takes no room on the disk.
                while beside.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    pass
            with full_disk(data):
                script.asked.set()
                assert process.stderr is not None
                said = next(line for line in process.stderr if "trouble" in line)
                assert "the disk is full" in said
                assert "nothing is lost" in said
                assert "free some space" in said
                until(manager, "WATCHDOG=1")  # no restart would mend that
                looked = tocsin("health", "--config", file)
                assert looked.returncode == 1
                assert "!! disk: 0 B free" in looked.stdout
                assert not script.sending.is_set()
                logins = len(script.devices)

            script.answers.set()
            assert script.sending.wait(60)
            until(manager, "STATUS=Matrix: caught up")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        assert process.returncode == 0
        assert logins <= 3
        # The administrators have no chat in which they could have been told of the disk.
        assert {state for state, _ in states(file)} - {"unsaid"} == {"delivered"}
        assert sum(ANSWERED in text for text in script.texts.values()) == 1
    finally:
        subprocess.run(["umount", data], check=True)


def said_in_chat(file: Path) -> str:
    """Everything the bot has to say or has said."""
    with closing(sqlite3.connect(file.parent / "data" / FILE)) as connection:
        return "\n".join(row[0] for row in connection.execute("SELECT message FROM outbox"))


def listed(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file.parent / "data" / FILE)) as connection:
        return dict(connection.execute("SELECT name, website FROM organisations"))


def test_it_reads_its_files_again_when_told_and_says_what_changed(
    file: Path, manager: queue.Queue[str]
) -> None:
    roster = file.parent / "organisations.csv"
    with running(file) as process:
        until(manager, "READY=1")
        until(manager, "STATUS=Matrix: caught up")
        roster.write_text(
            "nom,site,représentants\nPicasoft,https://new.example.org,@ana:example.org\nNuage Libre,,\nChapril,,\n"
        )
        asked = tocsin("reload", "--config", file)
        assert (asked.returncode, asked.stderr) == (0, "")
        assert asked.stdout.splitlines() == [
            "added: Chapril",
            "changed: Picasoft: website https://new.example.org (was https://picasoft.example.org)",
            "changed: Picasoft: domain new.example.org (was picasoft.example.org)",
            "changed: Nuage Libre: no longer alias NL",
        ]
        assert listed(file) == {"Picasoft": "https://new.example.org", "Nuage Libre": "", "Chapril": ""}
        told = said_in_chat(file)
        assert "organisations' file again" in told
        assert '"names": "Picasoft, Nuage Libre"' in told

        again = tocsin("reload", "--config", file)
        assert (again.returncode, again.stdout) == (0, "nothing has changed\n")
        assert said_in_chat(file) == told

        text = file.read_text()
        file.write_text(text.replace('"!coop:example.org"', '"!coop:example.org", "!more:example.org"'))
        more = tocsin("reload", "--config", file)
        assert more.stdout.splitlines()[1:] == ["followed only after a restart: campaigns.ngi.rooms"]
        file.write_text(text)

        # The bare signal, as a unit may send it: a broken file changes nothing, and it goes on.
        roster.write_text("name,website\nPicasoft,ftp://nowhere\nChapril,https://chapril.example.org\n")
        answer = file.parent / "data" / "reload.json"
        answer.unlink()
        process.send_signal(signal.SIGHUP)
        while not answer.exists():
            assert process.poll() is None
        (problem,) = json.loads(answer.read_text())["problems"]
        assert "campaigns.ngi.organisations: line 2: website “ftp://nowhere”" in problem
        assert listed(file)["Chapril"] == ""
        broken = tocsin("reload", "--config", file)
        assert broken.returncode == 2
        assert "line 2: website “ftp://nowhere”" in broken.stderr
        until(manager, "WATCHDOG=1")

        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert "ana:example.org" not in errors
    roster.write_text("name\nPicasoft\n")
    ended = tocsin("reload", "--config", file)
    assert ended.returncode == 1
    assert "no bot is running on" in ended.stderr
    assert "`tocsin run` reads everything when it starts" in ended.stderr


def test_a_signal_that_comes_before_it_is_ready_does_not_end_it(
    file: Path, manager: queue.Queue[str]
) -> None:
    with running(file) as process:
        lock = file.parent / "data" / "tocsin.lock"
        while not lock.exists():
            assert process.poll() is None
        process.send_signal(signal.SIGHUP)
        until(manager, "READY=1")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
