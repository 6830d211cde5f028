"""From config.toml to frozen settings; an error names the key, the value and what was expected."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from bot.accounts.credentials import Wanted, find
from bot.config.files import LetterText, Opening, opening_of, read_letter
from bot.config.roster import RosterLine, read_roster
from bot.config.schema import (
    Authority,
    Bot,
    Campaign,
    Matrix,
    Privacy,
    Settings,
    Xmpp,
    deadline_of,
    lasting,
    local,
)
from bot.config.tables import campaigns, table, word
from bot.config.together import certificates, checks, hardly_meant, thorough
from bot.config.values import LANGUAGES
from bot.config.wording import problems_of
from campaign.chat import MATRIX, XMPP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.accounts.credentials import Login

__all__ = [
    "LANGUAGES",
    "Authority",
    "Bot",
    "Campaign",
    "Config",
    "ConfigError",
    "LetterText",
    "Matrix",
    "Opening",
    "Privacy",
    "RosterLine",
    "Settings",
    "Xmpp",
    "deadline_of",
    "lasting",
    "load",
    "local",
    "read_letter",
    "read_roster",
    "remarks",
    "wanted",
]


_NEXT = re.compile(r"[\w.-]+\s*=|\[\[?[\w. -]+\]|#|$")
"""How the next key or section begins, or nothing follows."""


class ConfigError(Exception):
    """Everything that is wrong with a config, a line each."""

    def __init__(
        self,
        path: Path | str,
        problems: list[str],
        logins: Sequence[str] = (),
        well_formed: Config | None = None,
    ) -> None:
        # Whoever has mistyped a key has one thing to mend, however many logins are still to be made.
        counted = [f"{len(problems)} to mend"] if problems else []
        if logins:
            counted.append(f"{len(logins)} login{'s' * (len(logins) > 1)} to see to")
        super().__init__(f"{path}: {', and '.join(counted)}")
        self.path = path
        self.problems = [*problems, *logins]
        self.well_formed = well_formed
        """The config, if nothing is wrong but that there is no login for it, or none that can be used."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings, and what the files they name hold. Paths are absolute."""

    settings: Settings
    openings: dict[str, Opening]
    logins: dict[str, Login]
    """Network → what to log in with."""
    path: Path
    """The file it was read from."""
    amiss: tuple[str, ...] = ()
    """What is wrong with the letters and the organisations' files, a line each: then nothing of any of them is here."""


def load(
    path: Path,
    *,
    environment: dict[str, str] | None = None,
    logs_in: bool = True,
    files: Literal["whole", "if whole", "none"] = "whole",
    thoroughly: bool = False,
) -> Config:
    """Read a config and everything it names.

    Paths in it are relative to its folder. What to log in with is looked for as `bot.accounts.credentials` says; without
    `logs_in` it is not. Of the `files` beside it (letters, organisations, certificates) "none" reads none: whoever needs
    the data folder alone is kept from nothing by a slip in one of them. With "if whole" a mistake in a letter or among the
    organisations is no error, but `amiss`. What is looked at `thoroughly` stands in `bot.config.together.thorough`.

    Raises:
        ConfigError: with every problem found, not only the first. No password is ever part of it.
    """
    environment = dict(os.environ) if environment is None else environment
    raw = _toml(path)
    folder = path.resolve().parent
    problems: list[str] = []
    settings = None
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        problems += problems_of(error.errors())
    openings: dict[str, Opening] = {}
    amiss: list[str] = []
    if files != "none":
        # What is wrong with them is said whatever else is wrong with the config: it is read from the raw table.
        openings = {key: opening_of(key, one, folder, amiss) for key, one in campaigns(raw)}
        problems += certificates(raw, folder)
    missing: list[str] = []
    logins = _logins(raw, folder, environment, missing) if logs_in else {}
    problems += checks(raw, folder)
    if thoroughly:
        problems += thorough(raw, folder)
    if settings is None or problems or (amiss and files == "whole"):
        raise ConfigError(path, [*problems, *amiss], missing)
    settings = settings.model_copy(
        update={"bot": settings.bot.model_copy(update={"data": folder / settings.bot.data})}
    )
    for network, section in ((MATRIX, settings.matrix), (XMPP, settings.xmpp)):
        if section is not None and section.ca_file is not None:
            absolute = section.model_copy(update={"ca_file": folder / section.ca_file})
            settings = settings.model_copy(update={network: absolute})
    config = Config(settings, {} if amiss else openings, logins, path.resolve(), tuple(amiss))
    if missing:
        raise ConfigError(path, amiss, missing, config)
    return config


def remarks(path: Path, now: datetime) -> list[str]:
    """What a config allows, but was hardly meant, a line each, whatever is wrong with it; none if it cannot be read."""
    try:
        return hardly_meant(_toml(path), now)
    except ConfigError:
        return []


def _toml(path: Path) -> dict[str, Any]:
    """What stands in the file. Raises ConfigError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        missing = (
            "there is no such file: begin with a copy of config.example.toml, or name yours with --config"
        )
        raise ConfigError(path, [missing]) from error
    except OSError as error:
        raise ConfigError(path, [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, ["is not UTF-8 text"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [f"is not TOML: {error}{_line_of(error, path)}"]) from error


def _line_of(error: tomllib.TOMLDecodeError, path: Path) -> str:
    """What is said in the line that is meant, where the message tells its number: never a value, it may be a secret."""
    at = re.search(r"at line (\d+), column (\d+)", str(error))
    lines = path.read_text(encoding="utf-8").splitlines()
    if at is None or not 0 < int(at[1]) <= len(lines):
        return _unclosed(str(error), "")
    line = lines[int(at[1]) - 1]
    more = _unclosed(str(error), line[int(at[2]) - 1 :])
    key, is_value, value = (part.strip() for part in line.partition("="))
    if not is_value or key.startswith(("{", '"', "'")):
        return (f": {key}" if key.startswith("[") else "") + more
    first = value.lstrip("[ ")[:1]
    bare = first.isalpha() or first in {"@", "#", "!"}
    return f": {key} = …" + (" (a text stands in quotes)" if bare else more)


def _unclosed(error: str, rest: str) -> str:
    """What is missing before the rest of a line, where a list was not closed."""
    if error.startswith("Unclosed array"):
        return " (a ] is missing?)" if _NEXT.match(rest) else " (a comma is missing?)"
    if error.startswith("Unclosed inline table"):
        return " (a comma is missing?)" if rest else " (a } is missing?)"
    return ""


def wanted(config: Config, network: str) -> Wanted | None:
    """Which login a network needs; None if the config does not have that network."""
    section = config.settings.matrix if network == MATRIX else config.settings.xmpp
    if section is None:
        return None
    return _sought({network: section.model_dump(mode="json")}, network, config.path.parent)


def _logins(
    raw: Mapping[str, Any], folder: Path, environment: dict[str, str], problems: list[str]
) -> dict[str, Login]:
    """What to log in to each network with."""
    found = {}
    for network in (MATRIX, XMPP):
        if network in raw:
            data = folder / (word(table(raw, "bot"), "data") or Bot().data)
            login = find(_sought(raw, network, folder), data, environment, problems)
            if login is not None:
                found[network] = login
    return found


def _sought(raw: Mapping[str, Any], network: str, folder: Path) -> Wanted:
    section = table(raw, network)
    account, server = ("user", "homeserver") if network == MATRIX else ("jid", "jid")
    path = section.get("password_file")
    return Wanted(
        network,
        word(section, account),
        word(section, server).rstrip("/").rpartition("@")[2],
        folder / path if isinstance(path, str) and path else None,
    )
