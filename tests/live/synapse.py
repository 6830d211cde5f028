"""A real Synapse on loopback for the tests."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import secrets
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp

from tests.live.certificates import Authority
from tests.live.matrix_person import MatrixError, Person
from tests.live.ports import kept_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

__all__ = ["MatrixError", "Person", "Synapse", "python_of_synapse", "running_synapse", "synapse"]

P = TypeVar("P", bound=Person)
_CHECKOUT = Path(__file__).resolve().parents[2]
_STARTS_WITHIN = 120.0
_STOPS_WITHIN = 20.0

_HIGH = {"per_second": 10_000, "burst_count": 10_000}
_NO_LIMITS: dict[str, Any] = {
    "rc_message": _HIGH,
    "rc_registration": _HIGH,
    "rc_login": {"address": _HIGH, "account": _HIGH, "failed_attempts": _HIGH},
    "rc_admin_redaction": _HIGH,
    "rc_joins": {"local": _HIGH, "remote": _HIGH},
    "rc_joins_per_room": _HIGH,
    "rc_invites": {"per_room": _HIGH, "per_user": _HIGH, "per_issuer": _HIGH},
    "rc_media_create": _HIGH,
    "rc_room_creation": _HIGH,
    "rc_presence": {"per_user": _HIGH},
    "rc_profile": _HIGH,
    "rc_user_directory": _HIGH,
}


def python_of_synapse() -> Path:
    """Return the interpreter of Synapse's own venv: TOCSIN_TEST_SYNAPSE_PYTHON, else the checkout's own."""
    named = os.environ.get("TOCSIN_TEST_SYNAPSE_PYTHON")
    return Path(named) if named else _CHECKOUT / ".venv-synapse" / "bin" / "python"


class Synapse:
    """One homeserver with its data in `folder`; may be stopped and started again on the same data and port.

    `launch()` and `end()` block, for synchronous session fixtures; `start()` and `stop()` are for tests.
    With `limits`, Synapse's own default limit on messages holds (ten at once, then 0.2/s); on nothing else, for
    setting up hundreds of people and rooms would take hours.
    """

    def __init__(self, folder: Path, ports: Sequence[int], *, limits: bool = False) -> None:
        self.folder = folder
        self.server_name = "tocsin.test"
        self._limits = limits
        self._secret = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self.port, self.tls_port, self.sign_on_port = ports

    @property
    def base_url(self) -> str:
        """The homeserver's address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """The same over TLS: its certificate is for `localhost` alone, by the authority in `ca_file`."""
        return f"https://localhost:{self.tls_port}"

    @property
    def ca_file(self) -> Path:
        """The authority that vouches for it."""
        return self.folder / "authority.pem"

    @property
    def pid(self) -> int | None:
        """The process while it runs, for tests that kill it."""
        return self._process.pid if self._process else None

    def launch(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with the end of its log if it does not."""
        config = self.folder / "homeserver.yaml"
        if not config.exists():
            self._write_config(config)
        with (self.folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [python_of_synapse(), "-m", "synapse.app.homeserver", "--config-path", config],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for pytest, which then ends it in order
            )
        give_up = time.monotonic() + _STARTS_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                tail = (self.folder / "output.log").read_text(errors="replace")[-3000:]
                self.end()
                raise RuntimeError(f"Synapse did not start:\n{tail}")
            time.sleep(0.1)

    def end(self, *, kill: bool = False) -> None:
        """End the process we started, by its id, and wait for it. Nothing happens if none runs."""
        process, self._process = self._process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    async def start(self) -> None:
        """Start it (again) and wait until it answers."""
        await asyncio.to_thread(self.launch)

    async def stop(self, *, kill: bool = False) -> None:
        """Stop it in order, or with SIGKILL; its data stays."""
        await asyncio.to_thread(self.end, kill=kill)

    async def register(
        self, localpart: str, *, displayname: str | None = None, admin: bool = False
    ) -> tuple[str, str]:
        """Make an account by the shared-secret registration and return its full id and password."""
        password = secrets.token_hex(8)
        url = f"{self.base_url}/_synapse/admin/v1/register"
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as answer:
                nonce = (await answer.json())["nonce"]
            words = [nonce, localpart, password, "admin" if admin else "notadmin"]
            mac = hmac.new(self._secret.encode(), "\0".join(words).encode(), hashlib.sha1).hexdigest()
            wanted = {"nonce": nonce, "username": localpart, "password": password, "admin": admin, "mac": mac}
            if displayname is not None:
                wanted["displayname"] = displayname
            async with session.post(url, json=wanted) as answer:
                made = await answer.json()
                if answer.status != 200:
                    raise RuntimeError(f"no account {localpart}: {made}")
        return made["user_id"], password

    @contextlib.asynccontextmanager
    async def person(self, name: str, *, displayname: str | None = None) -> AsyncIterator[Person]:
        """As `somebody`, with a client that does not encrypt."""
        async with self.somebody(Person, name, displayname=displayname) as person:
            yield person

    @contextlib.asynccontextmanager
    async def somebody(
        self, kind: Callable[[str, str, str], P], name: str, *, displayname: str | None = None
    ) -> AsyncIterator[P]:
        """Register somebody new (`name` gets a random ending: tests share servers) and log them in."""
        localpart = f"{name.lower()}-{secrets.token_hex(4)}"
        user_id, password = await self.register(localpart, displayname=displayname or name)
        async with kind(self.base_url, user_id, password) as person:
            yield person

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _write_config(self, path: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (self.folder / "signing.key").write_text(f"ed25519 a_test {seed}\n")
        log = {
            "version": 1,
            "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
            "root": {"level": "WARNING", "handlers": ["console"]},
            "disable_existing_loggers": False,
        }
        (self.folder / "log.yaml").write_text(json.dumps(log))
        certificate, key = self.folder / "certificate.pem", self.folder / "certificate.key"
        Authority(self.ca_file).certify("localhost", certificate, key)
        listeners = [
            {
                "port": port,
                "bind_addresses": ["127.0.0.1"],
                "type": "http",
                "tls": tls,
                "resources": [{"names": ["client"]}],
            }
            for port, tls in ((self.port, False), (self.tls_port, True))
        ]
        config: dict[str, Any] = {
            "server_name": self.server_name,
            "public_baseurl": f"{self.base_url}/",
            "pid_file": str(self.folder / "homeserver.pid"),
            "listeners": listeners,
            "tls_certificate_path": str(certificate),
            "tls_private_key_path": str(key),
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "log_config": str(self.folder / "log.yaml"),
            "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(self.folder / "signing.key"),
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "registration_shared_secret": self._secret,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "bcrypt_rounds": 4,
            "report_stats": False,
            "presence": {"enabled": False},
            # Nobody is asked there before somebody signs on.
            "cas_config": {"enabled": True, "server_url": f"http://127.0.0.1:{self.sign_on_port}"},
            # Gives what single sign-on ends with: a token that holds once.
            "login_via_existing_session": {"enabled": True, "require_ui_auth": False},
            "sync_response_cache_duration": "0s",
            **_NO_LIMITS,
        }
        if self._limits:
            del config["rc_message"]
        path.write_text(json.dumps(config, indent=1))  # every JSON file is a YAML file


@contextlib.contextmanager
def running_synapse(folder: Path, *, limits: bool = False) -> Iterator[Synapse]:
    """Run a Synapse for a synchronous (session-scoped) fixture, and end it at the end."""
    with kept_ports(3) as ports:
        server = Synapse(folder, ports, limits=limits)
        server.launch()
        try:
            yield server
        finally:
            server.end()


@contextlib.asynccontextmanager
async def synapse(folder: Path, *, limits: bool = False) -> AsyncIterator[Synapse]:
    """Run a Synapse of one test's own, and end it at the end."""
    with kept_ports(3) as ports:
        server = Synapse(folder, ports, limits=limits)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()
