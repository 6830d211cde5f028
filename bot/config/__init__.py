"""From config.toml to frozen settings; an error names the key, the value and what was expected."""

from __future__ import annotations

import os
import ssl
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from bot.config.files import LetterText, Opening, read_letter
from bot.config.roster import RosterLine, read_roster
from bot.config.schema import (
    LANGUAGES,
    Authority,
    Bot,
    Campaign,
    Matrix,
    Privacy,
    Section,
    Settings,
    Xmpp,
    account,
    deadline_of,
    room_address,
)
from bot.credentials import Wanted, find
from bot.transports.tls import is_exposed, is_loopback
from campaign.chat import MATRIX, XMPP

if TYPE_CHECKING:
    from pathlib import Path

    from bot.credentials import Login

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
    "load",
    "read_letter",
    "read_roster",
    "wanted",
]


class ConfigError(Exception):
    """Everything that is wrong with a config, a line each."""

    def __init__(self, path: Path | str, problems: list[str]) -> None:
        super().__init__(f"{path}: {len(problems)} to mend")
        self.path = path
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Config:
    """Settings, and what the files they name hold. Paths are absolute."""

    settings: Settings
    openings: dict[str, Opening]
    logins: dict[str, Login]
    """Network → what to log in with."""
    path: Path
    """The file it was read from."""


def load(path: Path, *, environment: dict[str, str] | None = None, logs_in: bool = True) -> Config:
    """Read a config and everything it names.

    Paths in it are relative to its folder. What to log in with is looked for as `bot.credentials` says; without
    `logs_in` it is not.

    Raises:
        ConfigError: with every problem found, not only the first. No password is ever part of it.
    """
    environment = dict(os.environ) if environment is None else environment
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
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
        raise ConfigError(path, [f"is not TOML: {error}"]) from error
    folder = path.resolve().parent
    problems: list[str] = []
    settings = None
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        problems += [_problem(one) for one in error.errors()]
    # What the files say is wrong with them whatever else is wrong with the config: it is read from the raw table.
    openings = {
        key: _opening(key, one, folder, problems)
        for key, one in _table(raw, "campaigns").items()
        if _is_table(one)
    }
    logins = _logins(raw, folder, environment, problems) if logs_in else {}
    problems += _checks(raw, folder)
    if settings is None or problems:
        raise ConfigError(path, problems)
    settings = settings.model_copy(
        update={"bot": settings.bot.model_copy(update={"data": folder / settings.bot.data})}
    )
    for network, section in ((MATRIX, settings.matrix), (XMPP, settings.xmpp)):
        if section is not None and section.ca_file is not None:
            absolute = section.model_copy(update={"ca_file": folder / section.ca_file})
            settings = settings.model_copy(update={network: absolute})
    return Config(settings, openings, logins, path.resolve())


def wanted(config: Config, network: str) -> Wanted | None:
    """Which login a network needs; None if the config does not have that network."""
    section = config.settings.matrix if network == MATRIX else config.settings.xmpp
    if section is None:
        return None
    return _sought({network: section.model_dump(mode="json")}, network, config.path.parent)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _table(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A section of the config, empty if it is missing or something else: the schema says so."""
    found = raw.get(key)
    return found if isinstance(found, Mapping) else {}


def _title(campaign: Mapping[str, Any], language: str) -> str:
    """The title of a letter that has no heading: the campaign's in its language, else the first."""
    titles = _table(campaign, "title")
    found = titles.get(language, next(iter(titles.values()), "")) if titles else campaign.get("title")
    return found if isinstance(found, str) else ""


def _word(raw: Mapping[str, Any], key: str) -> str:
    """A text of a section, empty if it is missing or something else: the schema says so."""
    found = raw.get(key)
    return found if isinstance(found, str) else ""


# --- what the schema says ------------------------------------------------------------------------------------------


def _problem(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    loc = [str(part) for part in error["loc"] if part != "[key]"]
    key, last = ".".join(loc), loc[-1] if loc else ""
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden":
        near = get_close_matches(last, _known(loc[:-1]), n=1)
        return f"{key}: is not a known key" + (f" — did you mean {near[0]}?" if near else "")
    if kind == "missing":
        return f"{key}: is missing"
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if kind == "string_pattern_mismatch":
        expected = _PATTERNS["campaigns"] if loc[:-1] == ["campaigns"] else _PATTERNS.get(last, expected)
    elif kind in _KINDS:
        expected = _KINDS[kind]
    elif kind.startswith(("datetime", "date_")):
        expected = 'a date and time such as "2027-09-30T18:00"'
    if isinstance(value, Mapping) or "password" in last:
        return f"{key}: expected {expected}"
    return f"{key}: {repr(value)[:80]} — expected {expected}"


def _known(loc: list[str]) -> list[str]:
    """The keys of the section that stands there."""
    sections: dict[str, type[Section]] = {
        "bot": Bot,
        "matrix": Matrix,
        "xmpp": Xmpp,
        "authority": Authority,
        "campaigns": Campaign,
    }
    return list((sections[loc[0]] if loc else Settings).model_fields)


_KINDS = {
    "model_type": "a section",
    "dict_type": "a section",
    "tuple_type": "a list in square brackets",
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "path_type": "the path of a file, in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "too_short": "at least one",
    "frozen_set_type": "a list in square brackets",
    "bool_type": "true or false",
}
"""What was expected, in an operator's words, by pydantic's name of the mistake."""

_PATTERNS = {
    "homeserver": 'an address such as "https://matrix.example.org"',
    "user": 'a full Matrix ID such as "@tocsin:example.org"',
    "jid": 'a bare XMPP address such as "tocsin@example.org"',
    "link": 'a web address such as "https://example.org/letter"',
    "prefix": 'a sign such as "!"',
    "campaigns": "a name of lower-case letters, digits, - and _",
}


# --- what goes together, and what the files say --------------------------------------------------------------------


def _checks(raw: Mapping[str, Any], folder: Path) -> list[str]:
    problems: list[str] = []
    if not {"matrix", "xmpp"} & raw.keys():
        problems.append("the config: expected a [matrix] or an [xmpp] section, or both")
    xmpp, homeserver = _table(raw, "xmpp"), _word(_table(raw, "matrix"), "homeserver")
    if xmpp.get("tls") == "off" and not is_loopback(_word(xmpp, "host")):
        problems.append('xmpp.tls: "off" — expected "on", unless host is this very machine ("127.0.0.1")')
    if is_exposed(homeserver):
        problems.append(
            f"matrix.homeserver: {homeserver!r} — expected https, unless it is this very machine "
            '("http://127.0.0.1:8008"): the login could be read on the way'
        )
    for network in (MATRIX, XMPP):
        ca_file = _word(_table(raw, network), "ca_file")
        if ca_file:
            try:
                ssl.create_default_context(cafile=folder / ca_file)
            except ssl.SSLError:
                problems.append(f"{network}.ca_file: {ca_file!r} — expected certificates in PEM form")
            except (OSError, ValueError) as error:
                problems.append(f"{network}.ca_file: {ca_file!r} — cannot be read: {_why(error)}")
    problems += [
        f'campaigns.{key}.counts: "declared" — expected "confirmed", or no second_person: '
        "it asks for two people where this asks for none"
        for key, one in _table(raw, "campaigns").items()
        if _is_table(one) and one.get("counts") == "declared" and one.get("second_person") is True
    ]
    return problems + _rooms(raw) + _sides(raw)


def _sides(raw: Mapping[str, Any]) -> list[str]:
    """A room that is a side of two others: nobody could say which of them hears what."""
    listed = _table(raw, "bot").get("same_room")
    typed = (
        [one for sides in listed if isinstance(sides, list) for one in sides]
        if isinstance(listed, list)
        else []
    )
    known = {one for one in typed if isinstance(one, str)}
    return [
        f"bot.same_room: {one!r} stands there twice — expected each room in one pair"
        for one in sorted(known)
        if typed.count(one) > 1
    ]


def _rooms(raw: Mapping[str, Any]) -> list[str]:
    """Rooms without their network, or listed where they do harm."""
    problems: list[str] = []
    rooms: dict[tuple[str, str], str] = {}
    for where, section, key in (
        ("bot.admin_rooms", _table(raw, "bot"), "admin_rooms"),
        *(
            (f"campaigns.{key}.rooms", one, "rooms")
            for key, one in _table(raw, "campaigns").items()
            if _is_table(one)
        ),
    ):
        listed = section.get(key)
        for typed in listed if isinstance(listed, list) else ():
            try:
                network, address = room_address(typed)
            except ValueError:
                continue  # the schema says so
            first = rooms.setdefault((network, address), where)
            if (first == "bot.admin_rooms") != (where == "bot.admin_rooms"):
                problems.append(
                    f"{where}: {typed!r} — expected another room than in {first}: "
                    "what campaigners are told would be read by the campaign"
                )
            if network not in raw:
                problems.append(f"{where}: {address!r} — expected a [{network}] section to go with it")
    return problems + _people(raw, rooms)


def _people(raw: Mapping[str, Any], rooms: Mapping[tuple[str, str], str]) -> list[str]:
    """Campaigners that are rooms: nobody would ever be one."""
    listed = _table(raw, "bot").get("admins")
    problems: list[str] = []
    for typed in listed if isinstance(listed, list) else ():
        with suppress(ValueError):
            one = account(typed)
            where = rooms.get((one.network, one.id))
            if where:
                problems.append(
                    f"bot.admins: {typed!r} — expected the account of a person: it is a room in {where}"
                )
    return problems


def _logins(
    raw: Mapping[str, Any], folder: Path, environment: dict[str, str], problems: list[str]
) -> dict[str, Login]:
    """What to log in to each network with."""
    found = {}
    for network in (MATRIX, XMPP):
        if network in raw:
            data = folder / (_word(_table(raw, "bot"), "data") or Bot().data)
            login = find(_sought(raw, network, folder), data, environment, problems)
            if login is not None:
                found[network] = login
    return found


def _sought(raw: Mapping[str, Any], network: str, folder: Path) -> Wanted:
    section = _table(raw, network)
    account, server = ("user", "homeserver") if network == MATRIX else ("jid", "jid")
    path = section.get("password_file")
    return Wanted(
        network,
        _word(section, account),
        _word(section, server).rstrip("/").rpartition("@")[2],
        folder / path if isinstance(path, str) and path else None,
    )


def _read(folder: Path, path: str, where: str, problems: list[str], encoding: str = "utf-8") -> str | None:
    """The text of a file the config names; None, and a problem, if it cannot be had."""
    try:
        return (folder / path).read_text(encoding)
    except UnicodeDecodeError:
        problems.append(f"{where} — expected UTF-8 text")
    except (OSError, ValueError) as error:
        problems.append(f"{where} — cannot be read: {_why(error)}")
    return None


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "not the path of a file"


def _opening(key: str, campaign: Mapping[str, Any], folder: Path, problems: list[str]) -> Opening:
    letters = []
    for language, path in _table(campaign, "letter").items():
        if isinstance(path, str):
            text = _read(folder, path, f"campaigns.{key}.letter.{language}: {path!r}", problems)
            if text is not None:
                letters.append(read_letter(language, text, _title(campaign, language)))
                if not text.strip():
                    problems.append(
                        f"campaigns.{key}.letter.{language}: {path!r} — expected a letter: it is empty"
                    )
    roster: tuple[RosterLine, ...] = ()
    path = _word(campaign, "organisations")
    if path:
        where = f"campaigns.{key}.organisations"
        text = _read(folder, path, f"{where}: {path!r}", problems, "utf-8-sig")
        if text is not None:
            roster, wrong = read_roster(text)
            problems += [f"{where}: {one}" for one in wrong]
    return Opening(tuple(letters), roster)
