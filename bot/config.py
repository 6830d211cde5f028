"""From config.toml to frozen settings; an error names the key, the value and what was expected."""

from __future__ import annotations

import csv
import os
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    model_validator,
)

from campaign.chat import MATRIX, XMPP, Address
from campaign.dates import read_span
from campaign.errors import CampaignError

LANGUAGES = ("fr", "en")
_MATRIX_ID = re.compile(r"@[^\s:@/]+:[^\s/@]+")
_JID = re.compile(r"[^\s@/:]+@[^\s@/]+")
_MATRIX_ROOM = re.compile(r"[!#]\S+")


class ConfigError(Exception):
    """Everything that is wrong with a config, a line each."""

    def __init__(self, path: Path | str, problems: list[str]) -> None:
        super().__init__(f"{path}: {len(problems)} to mend")
        self.path = path
        self.problems = problems


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError('an IANA time zone such as "Europe/Paris"') from error
    return name


def _account(typed: object) -> Address:
    if isinstance(typed, Address):
        return typed
    if isinstance(typed, str):
        if _MATRIX_ID.fullmatch(typed):
            return Address(MATRIX, typed)
        if typed.startswith("xmpp:") and _JID.fullmatch(typed.removeprefix("xmpp:")):
            return Address(XMPP, typed.removeprefix("xmpp:").casefold())
    raise ValueError('a full Matrix ID "@name:server" or "xmpp:name@server"')


def _room(typed: object) -> tuple[str, str]:
    if isinstance(typed, str):
        if _MATRIX_ROOM.fullmatch(typed):
            return MATRIX, typed
        if typed.startswith("xmpp:") and _JID.fullmatch(typed.removeprefix("xmpp:")):
            return XMPP, typed.removeprefix("xmpp:").casefold()
    raise ValueError('a Matrix room "#alias:server" or "!id", or "xmpp:room@server"')


def _offset(typed: object) -> timedelta:
    if isinstance(typed, str):
        try:
            return read_span(typed)
        except CampaignError:
            pass
    raise ValueError('a duration such as "14d", "2h" or "30m"')


def _civil(typed: str) -> str:
    opens, _, closes = typed.replace("24:00", "00:00").partition("-")
    try:
        time.fromisoformat(opens)
        time.fromisoformat(closes)
    except ValueError:
        raise ValueError('two times of day such as "09:00-20:00"') from None
    return f"{opens}-{closes}"


Language = Literal["fr", "en"]
Zone = Annotated[str, AfterValidator(_zone)]
Account = Annotated[Any, BeforeValidator(_account)]
RoomAddress = Annotated[Any, BeforeValidator(_room)]
Offset = Annotated[timedelta, BeforeValidator(_offset)]
CivilHours = Annotated[str, AfterValidator(_civil)]


class _Section(BaseModel):
    """A section of the config: what is not known is refused, what was read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bot(_Section):
    """The bot itself."""

    name: str = "tocsin"
    language: Language = "fr"
    timezone: Zone = "Europe/Paris"
    prefix: Annotated[str, Field(min_length=1, max_length=3, pattern=r"^[^\w\s]+$")] = "!"
    data: Path = Path("data")
    admins: tuple[Account, ...] = ()
    admin_rooms: tuple[RoomAddress, ...] = ()


class Matrix(_Section):
    """The bot's account on Matrix."""

    homeserver: Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
    user: Annotated[str, Field(pattern=r"^@[^\s:@/]+:[^\s/@]+$")]
    password_file: Path | None = None


class Xmpp(_Section):
    """The bot's account on XMPP."""

    jid: Annotated[str, Field(pattern=r"^[^\s@/:]+@[^\s@/]+$")]
    nick: Annotated[str, Field(min_length=1)] = "tocsin"
    password_file: Path | None = None
    host: str | None = None
    port: Annotated[int, Field(gt=0, lt=65536)] | None = None
    ca_file: Path | None = None
    tls: Literal["on", "off"] = "on"


class Campaign(_Section):
    """A letter to be signed, as it is first opened; what is said in chat afterwards wins."""

    title: Annotated[str, Field(min_length=1)]
    letter: Annotated[dict[Language, Path], Field(min_length=1)]
    link: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    goal: PositiveInt | None = None
    deadline: datetime | None = None
    timezone: Zone | None = None
    language: Language | None = None
    reminders: tuple[Offset, ...] = (
        timedelta(days=14),
        timedelta(days=7),
        timedelta(days=3),
        timedelta(days=1),
        timedelta(hours=2),
    )
    rooms: tuple[RoomAddress, ...] = ()
    organisations: Path | None = None
    counts: Literal["confirmed", "declared"] = "confirmed"
    civil_hours: CivilHours = "09:00-20:00"


class Settings(_Section):
    """The whole config."""

    bot: Bot = Bot()
    matrix: Matrix | None = None
    xmpp: Xmpp | None = None
    campaigns: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], Campaign] = {}

    @model_validator(mode="after")
    def _somewhere(self) -> Settings:
        if self.matrix is None and self.xmpp is None:
            raise ValueError("a [matrix] or an [xmpp] section, or both")
        return self


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A line of the organisations' file."""

    name: str
    aliases: tuple[str, ...]
    website: str
    representatives: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class LetterText:
    """A letter as read from its Markdown file: the first heading is its title, the first paragraph its summary."""

    language: str
    title: str
    summary: str
    text: str


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything a campaign needs from files, read and checked."""

    letters: tuple[LetterText, ...]
    roster: tuple[RosterLine, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """Settings, and what the files they name hold. Paths are absolute."""

    settings: Settings
    openings: dict[str, Opening]
    passwords: dict[str, str]


def load(path: Path, *, environment: dict[str, str] | None = None) -> Config:
    """Read a config and everything it names.

    Paths in it are relative to its folder. Passwords come from TOCSIN_MATRIX_PASSWORD and TOCSIN_XMPP_PASSWORD, else
    from `password_file`.

    Raises:
        ConfigError: with every problem found, not only the first.
    """
    environment = dict(os.environ) if environment is None else environment
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(path, [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, ["is not UTF-8 text"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(path, [f"is not TOML: {error}"]) from error
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(path, [_problem(one) for one in error.errors()]) from error
    folder = path.resolve().parent
    settings = settings.model_copy(
        update={"bot": settings.bot.model_copy(update={"data": folder / settings.bot.data})}
    )
    if settings.xmpp and settings.xmpp.ca_file:
        ca_file = folder / settings.xmpp.ca_file
        settings = settings.model_copy(update={"xmpp": settings.xmpp.model_copy(update={"ca_file": ca_file})})
    problems: list[str] = []
    openings = {key: _opening(key, one, folder, problems) for key, one in settings.campaigns.items()}
    passwords = _passwords(settings, folder, environment, problems)
    problems += _checks(settings)
    if problems:
        raise ConfigError(path, problems)
    return Config(settings, openings, passwords)


def _problem(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    key = ".".join(str(part) for part in error["loc"] if part != "[key]")
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden":
        return f"{key}: is not a known key"
    if kind == "missing":
        return f"{key}: is missing"
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    pattern = error.get("ctx", {}).get("pattern")
    if pattern:
        expected = _PATTERNS.get(key.rpartition(".")[2], f"text of the form {pattern}")
    shown = repr(value)
    if isinstance(value, dict):
        return f"{key or 'the config'}: expected {expected}"
    return f"{key}: {shown[:80]} — expected {expected}"


_PATTERNS = {
    "homeserver": 'an address such as "https://matrix.example.org"',
    "user": 'a full Matrix ID such as "@tocsin:example.org"',
    "jid": 'a bare XMPP address such as "tocsin@example.org"',
    "link": 'a web address such as "https://example.org/letter"',
    "prefix": 'a sign such as "!"',
}


def _checks(settings: Settings) -> list[str]:
    problems = []
    xmpp = settings.xmpp
    if xmpp and xmpp.tls == "off" and (xmpp.host or "") not in ("127.0.0.1", "::1", "localhost"):
        problems.append('xmpp.tls: "off" — expected "on", unless host is this very machine ("127.0.0.1")')
    if xmpp and xmpp.ca_file and not xmpp.ca_file.is_file():
        problems.append(f"xmpp.ca_file: {str(xmpp.ca_file)!r} — expected a file that exists")
    for where, places in (
        ("bot.admin_rooms", settings.bot.admin_rooms),
        *((f"campaigns.{key}.rooms", one.rooms) for key, one in settings.campaigns.items()),
    ):
        for network, address in places:
            if (settings.matrix if network == MATRIX else settings.xmpp) is None:
                problems.append(f"{where}: {address!r} — expected a [{network}] section to go with it")
    return problems


def _passwords(
    settings: Settings, folder: Path, environment: dict[str, str], problems: list[str]
) -> dict[str, str]:
    found = {}
    for network, section in ((MATRIX, settings.matrix), (XMPP, settings.xmpp)):
        if section is None:
            continue
        variable = f"TOCSIN_{network.upper()}_PASSWORD"
        if environment.get(variable):
            found[network] = environment[variable]
        elif section.password_file is None:
            problems.append(
                f"{network}: no password — expected {variable} in the environment, or password_file"
            )
        else:
            try:
                found[network] = (folder / section.password_file).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "not UTF-8"
                problems.append(
                    f"{network}.password_file: {str(section.password_file)!r} — cannot be read: {why}"
                )
    return found


def _opening(key: str, campaign: Campaign, folder: Path, problems: list[str]) -> Opening:
    letters = []
    for language, path in campaign.letter.items():
        where = f"campaigns.{key}.letter.{language}"
        try:
            letters.append(read_letter(language, (folder / path).read_text("utf-8"), campaign.title))
        except OSError as error:
            problems.append(f"{where}: {str(path)!r} — cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            problems.append(f"{where}: {str(path)!r} — expected UTF-8 text")
    roster: tuple[RosterLine, ...] = ()
    if campaign.organisations is not None:
        where = f"campaigns.{key}.organisations"
        try:
            text = (folder / campaign.organisations).read_text("utf-8-sig")
        except OSError as error:
            problems.append(f"{where}: {str(campaign.organisations)!r} — cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            problems.append(f"{where}: {str(campaign.organisations)!r} — expected UTF-8 text")
        else:
            roster, wrong = read_roster(text)
            problems += [f"{where}: {one}" for one in wrong]
    return Opening(tuple(letters), roster)


def read_letter(language: str, text: str, title: str) -> LetterText:
    """Take a letter apart: its first heading is the title (else `title`), the first paragraph its summary."""
    heading = re.search(r"^#\s+(.+?)\s*#*$", text, re.MULTILINE)
    body = text[heading.end() :] if heading else text
    paragraphs = [
        one.strip() for one in re.split(r"\n\s*\n", body) if one.strip() and not one.strip().startswith("#")
    ]
    summary = " ".join(paragraphs[0].split()) if paragraphs else ""
    return LetterText(language, heading[1] if heading else title, summary, text)


def read_roster(text: str) -> tuple[tuple[RosterLine, ...], list[str]]:
    """Read organisations from CSV with the columns name, aliases, website, representatives; several values by `|`.

    Returns the lines, and what is wrong with those that cannot be taken.
    """
    try:
        dialect: Any = csv.Sniffer().sniff(text.partition("\n")[0], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(text.splitlines(), dialect=dialect)
    fields = {(name or "").strip().casefold() for name in rows.fieldnames or ()}
    if "name" not in fields:
        return (), ["expected a first line with the columns name,aliases,website,representatives"]
    unknown = fields - {"name", "aliases", "website", "representatives", ""}
    if unknown:
        return (), [
            f"unknown columns {', '.join(sorted(unknown))} — expected name,aliases,website,representatives"
        ]
    lines, wrong = [], []
    for row in rows:
        values = {(key or "").strip().casefold(): value for key, value in row.items()}
        name = str(values.get("name") or "").strip()
        if not name:
            if any(values.values()):
                wrong.append(f"line {rows.line_num}: the name is missing")
            continue
        people = []
        for typed in _several(values.get("representatives")):
            try:
                people.append(_account(typed))
            except ValueError as error:
                wrong.append(f"line {rows.line_num}: representative {typed!r} — expected {error}")
        website = str(values.get("website") or "").strip()
        lines.append(RosterLine(name, tuple(_several(values.get("aliases"))), website, tuple(people)))
    return tuple(lines), wrong


def _several(value: object) -> list[str]:
    return [part.strip() for part in str(value or "").split("|") if part.strip()]


def deadline_of(campaign: Campaign, zone: str) -> datetime | None:
    """A campaign's deadline as an instant (UTC); one without a zone is meant in `zone`."""
    at = campaign.deadline
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
