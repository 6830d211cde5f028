"""What the bot logs in with, where that is kept, and in which order it is looked for.

Kept by `tocsin login` in the data folder, a file for each network, for its own user alone: a password (XMPP), or the
access token and the device it is of (Matrix). It belongs to the place where it was made: see decision 0021.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.health.health import save

_MACHINE = Path("/etc/machine-id")
_ANYBODY, _BUT_ITS_OWNER = 0o007, 0o077


@dataclass(frozen=True, slots=True)
class Login:
    """What to log in to one network with: a password, or the access token of a session begun before."""

    source: str
    """Where it comes from, in an operator's words."""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    device: str = ""
    """The device the token is of."""
    mended_by: str = ""
    """The command that gives another one once this one is refused; empty if it is not ours to give."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which login is looked for: the account, on which server, and the file its password may be in."""

    network: str
    account: str
    server: str
    password_file: Path | None

    @property
    def variable(self) -> str:
        """The variable of the environment that comes first."""
        return f"TOCSIN_{self.network.upper()}_PASSWORD"

    @property
    def command(self) -> str:
        """What an operator types to log in."""
        return f"tocsin login {self.network}"


class Kept(BaseModel):
    """A login as it is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    account: str
    server: str
    place: str
    """The machine and folder it was made in, as a digest."""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    device: str = ""


def path_of(folder: Path, network: str) -> Path:
    """Return where in the data folder a network's login is kept."""
    return folder / f"login-{network}.json"


def keep(folder: Path, wanted: Wanted, *, password: str = "", token: str = "", device: str = "") -> Path:
    """Keep a login, in the place of one kept before; a power cut leaves the one or the other. Raises OSError."""
    path = path_of(folder, wanted.network)
    save(
        path,
        Kept(
            account=wanted.account,
            server=wanted.server,
            place=place_of(folder),
            password=password,
            token=token,
            device=device,
        ),
        lasting=True,
    )
    return path


def find(wanted: Wanted, folder: Path, environment: dict[str, str], problems: list[str]) -> Login | None:
    """Find what to log in with: the environment, then `password_file`, then what `tocsin login` kept in the folder.

    None, and a problem, if there is nothing that can be used. No problem ever repeats a secret: what `password_file`
    says may be the password itself.
    """
    network = wanted.network
    if environment.get(wanted.variable):
        return Login(f"{wanted.variable} in the environment", environment[wanted.variable])
    if wanted.password_file is not None:
        return _from_file(wanted.password_file, f"{network}.password_file", problems)
    path = path_of(folder, network)
    if not os.path.lexists(path):
        problems.append(
            f"{network}: no login — use `{wanted.command}`, or set {wanted.variable} or password_file"
        )
        return None
    return _kept(path, wanted, problems)


def _from_file(path: Path, where: str, problems: list[str]) -> Login | None:
    try:
        if path.stat().st_mode & _ANYBODY:
            problems.append(
                f"{where}: everybody on this machine can read the file — "
                f"expected `chmod o= {shlex.quote(os.path.normpath(path))}`"
            )
            return None
        text = path.read_text("utf-8").strip()
    except UnicodeDecodeError:
        problems.append(f"{where}: expected the path of a file that holds the password — expected UTF-8 text")
        return None
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "not the path of a file"
        problems.append(
            f"{where}: expected the path of a file that holds the password — cannot be read: {why}{_looked(path)}"
        )
        return None
    if not text:
        problems.append(f"{where}: the file is empty — expected the password")
        return None
    return Login("password_file", text)


def _looked(path: Path) -> str:
    """Where a file was looked for, as far as that is there: what is not may be no path, but the password itself."""
    there = next((one for one in (path, *path.parents) if os.path.lexists(one)), None)
    return f" ({'' if there == path else 'looked for in '}{os.path.normpath(there)})" if there else ""


def _kept(path: Path, wanted: Wanted, problems: list[str]) -> Login | None:
    network, again = wanted.network, f"log in again: `{wanted.command}`"
    try:
        if path.stat().st_mode & _BUT_ITS_OWNER:
            problems.append(f"{network}: {path} can be read by others — expected `chmod 600 {path}`")
            return None
        kept = Kept.model_validate_json(path.read_bytes())
    except OSError as error:
        problems.append(f"{network}: {path} cannot be read: {error.strerror}")
        return None
    except ValidationError:
        problems.append(f"{network}: {path} is not what was kept there — {again}")
        return None
    if (kept.account, kept.server) != (wanted.account, wanted.server):
        problems.append(f"{network}: the login in {path} is of {kept.account} on {kept.server} — {again}")
        return None
    if kept.token and kept.place != place_of(path.parent):
        problems.append(
            f"{network}: the login in {path} was made on another machine or in another folder, and two must never "
            f"use one — make sure that no bot runs there any more, then {again}"
        )
        return None
    return Login(
        f"what `{wanted.command}` kept" + (f" (device {kept.device})" if kept.device else ""),
        kept.password,
        kept.token,
        kept.device,
        mended_by=wanted.command,
    )


def place_of(folder: Path) -> str:
    """Return what tells this machine and folder from every other, and says nothing about them."""
    try:
        machine = _MACHINE.read_text("ascii").strip()
    except (OSError, ValueError):
        machine = ""
    return hashlib.sha256(f"tocsin\0{machine}\0{os.path.realpath(folder)}".encode()).hexdigest()[:32]
