"""A real, private Prosody on loopback, for tests and the playground."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.live.ports import kept_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAIN = "tocsin.test"
MUC = f"conference.{DOMAIN}"
UPLOAD = f"upload.{DOMAIN}"
STRANGERS = "strangers.example"
"""Whatever says something from there is a server of strangers' own: see `tests.live.stranger`."""
_STARTS_WITHIN = 60.0
_STOPS_WITHIN = 20.0


class ProsodyMissing(RuntimeError):
    """Prosody is not installed here; the message says how to get it."""


class ProsodyFailed(RuntimeError):
    """Prosody was found but did not do what it was told; the message carries the end of its log."""


def find_prosody() -> tuple[str, str]:
    """Return the paths of `prosody` and `prosodyctl`. Raises ProsodyMissing."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin", "/usr/sbin", "/usr/local/bin"))
    server, control = shutil.which("prosody", path=path), shutil.which("prosodyctl", path=path)
    if not server or not control:
        raise ProsodyMissing(
            "Prosody is not installed (on Debian: apt-get install prosody, and disable its service)"
        )
    return server, control


@dataclass
class Prosody:
    """A running server: where it is, who has an account, and how to stop, kill and start it again on the same data.

    `port` takes STARTTLS, `direct_tls_port` TLS at once, `http_port` the uploads (HTTPS), `component_port` whoever is
    the server of STRANGERS, by the word `component_secret`. All on 127.0.0.1. The
    certificate in `ca_file` is its own authority and names the domain, its components and the loopback address.
    """

    folder: Path
    port: int
    direct_tls_port: int
    http_port: int
    component_port: int
    host: str = "127.0.0.1"
    domain: str = DOMAIN
    muc: str = MUC
    component_secret: str = "secret of strangers"
    accounts: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "prosody.cfg.lua"

    @property
    def ca_file(self) -> Path:
        return self.folder / "server.crt"

    @property
    def log(self) -> Path:
        return self.folder / "prosody.log"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def room(self, name: str) -> str:
        """Return the address of a room of this name on this server."""
        return f"{name}@{self.muc}"

    def register(self, localpart: str, password: str = "") -> tuple[str, str]:
        """Create an account and return its bare address and password; one that exists already is kept.

        The server may be running or not.
        """
        jid = f"{localpart}@{self.domain}"
        if jid in self.accounts:
            return jid, self.accounts[jid]
        password = password or f"secret of {localpart}"
        control = find_prosody()[1]
        done = subprocess.run(
            [control, "--config", str(self.config), "register", localpart, self.domain, password],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise ProsodyFailed(f"could not register {jid}: {done.stdout}{done.stderr}")
        self.accounts[jid] = password
        return jid, password

    def start(self) -> None:
        """Start it and wait until it takes connections; nothing happens if it runs already."""
        if self._process is not None and self._process.poll() is None:
            return
        with (self.folder / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [find_prosody()[0], "-F", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        deadline = time.monotonic() + _STARTS_WITHIN
        for port in (self.port, self.direct_tls_port, self.http_port):
            self._wait_for(port, deadline)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Keep it from doing anything, with its connections open, as long as the block runs."""
        if self._process is None:
            raise ProsodyFailed("it does not run")
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop it in order (clients are told); its data stays."""
        self._until_idle()
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL: no client is told."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it in order and start it again on the same ports and data."""
        self.stop()
        self.start()

    def _until_idle(self) -> None:
        # Interrupted while it reads or writes, Prosody hangs up without telling that client why.
        state = Path(f"/proc/{self.pid}/stat")
        deadline = time.monotonic() + _STOPS_WITHIN
        while time.monotonic() < deadline:
            try:
                if state.read_text().rpartition(")")[2].split()[0] == "S":
                    return
            except OSError:  # it has ended, or this system shows no states
                return
            time.sleep(0.005)

    def _end(self, with_signal: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(with_signal)
        try:
            process.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOPS_WITHIN)

    def _wait_for(self, port: int, deadline: float) -> None:
        while True:
            with contextlib.suppress(OSError), socket.create_connection((self.host, port), timeout=1):
                return
            process = self._process
            if process is None or process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ProsodyFailed(f"Prosody did not open port {port}:\n{self._last_lines()}")
            time.sleep(0.02)

    def _last_lines(self) -> str:
        texts = [p.read_text(errors="replace") for p in (self.log, self.folder / "console.log") if p.exists()]
        return "\n".join("\n".join(text.splitlines()[-15:]) for text in texts)


@contextlib.contextmanager
def prosody(
    folder: Path, *, plaintext: bool = False, direct_archive: bool = True, upload_url: str = ""
) -> Iterator[Prosody]:
    """Run a Prosody that keeps everything it has in `folder`, and stop it at the end.

    With `plaintext` it also takes logins without TLS; without `direct_archive` it keeps no direct chats. With
    `upload_url` it sends clients there with their files. Raises ProsodyMissing or ProsodyFailed.
    """
    find_prosody()
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    with kept_ports(4) as ports:
        server = Prosody(folder, *ports)
        if not server.ca_file.exists():
            _write_certificate(server.ca_file, folder / "server.key")
        server.config.write_text(
            _config(server, plaintext=plaintext, direct_archive=direct_archive, upload_url=upload_url)
        )
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _write_certificate(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, DOMAIN)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in (DOMAIN, MUC, UPLOAD, "localhost")]
    names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.touch(mode=0o600)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _config(server: Prosody, *, plaintext: bool, direct_archive: bool, upload_url: str) -> str:
    # run_as_root: as root Prosody would drop to a user who cannot reach a test's private folder. Everything it
    # listens on is loopback, and no other server is ever spoken to.
    mam = '"mam", ' if direct_archive else ""
    here, lax = server.folder, "true" if plaintext else "false"
    return f"""
run_as_root = true
data_path = "{here}/data"
pidfile = "{here}/prosody.pid"
log = {{ info = "{here}/prosody.log" }}
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {server.port} }}
c2s_direct_tls_ports = {{ {server.direct_tls_port} }}
c2s_direct_tls_interfaces = {{ "127.0.0.1" }}
s2s_ports = {{ }}
s2s_direct_tls_ports = {{ }}
http_ports = {{ }}
https_ports = {{ {server.http_port} }}
component_ports = {{ {server.component_port} }}
component_interfaces = {{ "127.0.0.1" }}
https_interfaces = {{ "127.0.0.1" }}
https_ssl = {{ certificate = "{here}/server.crt"; key = "{here}/server.key" }}
ssl = {{ certificate = "{here}/server.crt"; key = "{here}/server.key" }}
network_backend = "epoll"
network_settings = {{ nagle = false }}
authentication = "internal_plain"
storage = "internal"
allow_registration = false
c2s_require_encryption = {"false" if plaintext else "true"}
allow_unencrypted_plain_auth = {lax}
modules_disabled = {{ "s2s", "offline" }}
modules_enabled = {{
  "roster", "saslauth", "tls", "disco", "ping", "carbons", {mam}"smacks", "posix", "pep", "private", "blocklist",
  "user_account_management", "websocket", "bosh"
}}
archive_expires_after = "1w"
default_archive_policy = true
muc_log_expires_after = "1w"

VirtualHost "{server.domain}"
  http_host = "127.0.0.1"
  disco_items = {{ {{ "{MUC}", "Rooms" }}, {{ "{UPLOAD}", "Uploads" }} }}

Component "{MUC}" "muc"
  name = "Rooms"
  modules_enabled = {{ "muc_mam" }}
  restrict_room_creation = false

Component "{UPLOAD}" "http_file_share"
  http_host = "127.0.0.1"
  http_external_url = "{upload_url or f"https://127.0.0.1:{server.http_port}/"}"

Component "{STRANGERS}"
  component_secret = "{server.component_secret}"
"""
