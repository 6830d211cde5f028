"""What a config may say: each section, each key, and the form its value must have."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from campaign.account import read_account
from campaign.authority import PUBLIC_PROVIDERS, ascii_domain
from campaign.chat import MATRIX, XMPP, Address
from campaign.dates import END_OF_DAY, read_span
from campaign.errors import CampaignError
from campaign.organisation import tidy_name

LANGUAGES = ("fr", "en")
_JID = re.compile(r"[^\s@/:]+@[^\s@/]+")
_MATRIX_ROOM = re.compile(r"[!#]\S+")
_GHOST = re.compile(r"@_[^\s:@/]*:[^\s/@]+")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _path(typed: object) -> object:
    if typed == "":
        raise ValueError("the path of a file, in quotes")
    return typed


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError('an IANA time zone such as "Europe/Paris"') from error
    return name


def account(typed: object) -> Address:
    """The account somebody typed. Raises ValueError, which says what was expected."""
    if isinstance(typed, Address):
        return typed
    if isinstance(typed, str) and typed.startswith(("@", "xmpp:")) and typed[-1].isalnum():
        with suppress(CampaignError):
            return read_account(typed)
    raise ValueError('a full Matrix ID "@name:server" or "xmpp:name@server"')


def room_address(typed: object) -> tuple[str, str]:
    """Network and address of the room somebody typed. Raises ValueError, which says what was expected."""
    if isinstance(typed, str):
        if _MATRIX_ROOM.fullmatch(typed):
            return MATRIX, typed
        if typed.startswith("xmpp:") and _JID.fullmatch(typed.removeprefix("xmpp:")):
            return XMPP, typed.removeprefix("xmpp:").casefold()
    raise ValueError('a Matrix room "#alias:server" or "!id", or "xmpp:room@server"')


def bridge(typed: object) -> Address:
    """The account of a bridge, or a server of XMPP where everybody comes through one (an address without a name).

    Raises ValueError, which says what was expected.
    """
    if isinstance(typed, Address):
        return typed
    if isinstance(typed, str):
        if (
            typed.startswith("xmpp:")
            and "@" not in typed
            and (server := ascii_domain(typed.removeprefix("xmpp:")))
        ):
            return Address(XMPP, server)
        if _GHOST.fullmatch(typed):
            return Address(MATRIX, typed.casefold())
        with suppress(ValueError):
            return account(typed)
    raise ValueError('a full Matrix ID "@name:server", "xmpp:name@server", or a whole server "xmpp:server"')


def _offset(typed: object) -> timedelta:
    if isinstance(typed, str):
        try:
            return read_span(typed)
        except CampaignError:
            pass
    raise ValueError('a duration such as "14d", "2h" or "30m"')


def _deadline(typed: object) -> datetime:
    """A date and time; a day alone is its end, as it is in chat. A number is none, whatever pydantic makes of it."""
    if isinstance(typed, datetime):
        return typed
    if isinstance(typed, date):
        return datetime.combine(typed, END_OF_DAY)
    if isinstance(typed, str):
        with suppress(ValueError):
            return datetime.combine(date.fromisoformat(typed), END_OF_DAY)
        with suppress(ValueError):
            return datetime.fromisoformat(typed)
    raise ValueError('a date and time such as "2027-09-30T18:00"')


def _pause(typed: object) -> tuple[date, date]:
    """The first and the last day of a pause; one day alone is both."""
    if isinstance(typed, date) and not isinstance(typed, datetime):
        return typed, typed
    if isinstance(typed, str):
        first, _, last = typed.partition("/")
        with suppress(ValueError):
            days = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
            if days[0] <= days[1]:
                return days
    raise ValueError('a first and a last day such as "2027-07-20/2027-08-20"')


def _domain(typed: str) -> str:
    form = ascii_domain(typed)
    if not form:
        raise ValueError('the name of a server such as "matrix.example.org"')
    return form


def _name(typed: str) -> str:
    try:
        return tidy_name(typed)
    except CampaignError as refused:
        raise ValueError('the name of an organisation such as "Les Hébergeurs Réunis"') from refused


def _civil(typed: str) -> str:
    opens, _, closes = typed.replace("24:00", "00:00").partition("-")
    if not (_TIME_OF_DAY.fullmatch(opens) and _TIME_OF_DAY.fullmatch(closes)):
        raise ValueError('two times of day such as "09:00-20:00"')
    return f"{opens}-{closes}"


Language = Literal["fr", "en"]
File = Annotated[Path, BeforeValidator(_path)]
Count = Annotated[int, Field(gt=0, strict=True)]
"""A number and nothing that could be read as one: pydantic would take "9", and true for 1."""
Zone = Annotated[str, AfterValidator(_zone)]
BridgeName = Annotated[Any, BeforeValidator(bridge)]
Account = Annotated[Any, BeforeValidator(account)]
RoomAddress = Annotated[Any, BeforeValidator(room_address)]
Offset = Annotated[timedelta, BeforeValidator(_offset)]
Deadline = Annotated[datetime, BeforeValidator(_deadline)]
Pause = Annotated[tuple[date, date], BeforeValidator(_pause)]
Domain = Annotated[str, AfterValidator(_domain)]
Name = Annotated[str, AfterValidator(_name)]
CivilHours = Annotated[str, AfterValidator(_civil)]


class Section(BaseModel):
    """A section of the config: what is not known is refused, what was read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bot(Section):
    """The bot itself."""

    name: Annotated[str, Field(min_length=1)] = "tocsin"
    language: Language = "fr"
    timezone: Zone = "Europe/Paris"
    prefix: Annotated[str, Field(min_length=1, max_length=3, pattern=r"^[^\w\s]+$")] = "!"
    data: File = Path("data")
    admins: tuple[Account, ...] = ()
    admin_rooms: tuple[RoomAddress, ...] = ()
    bridges: tuple[BridgeName, ...] = ()
    """Accounts that bridges use, and whole servers of XMPP (network, and "" before the domain)."""
    same_room: tuple[Annotated[tuple[RoomAddress, ...], Field(min_length=2)], ...] = ()


class Privacy(Section):
    """How long people are remembered."""

    keep_days: Count = 180
    """Days after the end of a campaign until whoever had a part in no other is due to be forgotten."""


class Matrix(Section):
    """The bot's account on Matrix."""

    homeserver: Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
    user: Annotated[str, Field(pattern=r"^@[^\s:@/]+:[^\s/@]+$")]
    password_file: File | None = None
    ca_file: File | None = None
    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The display name to take; None: the one the account has."""
    invites: frozenset[Domain] = frozenset()
    """Servers whose people may invite the bot, beside the administrators."""


class Xmpp(Section):
    """The bot's account on XMPP."""

    jid: Annotated[str, Field(pattern=r"^[^\s@/:]+@[^\s@/]+$")]
    nick: Annotated[str, Field(min_length=1)] = "tocsin"
    password_file: File | None = None
    host: Annotated[str, Field(min_length=1)] | None = None
    port: Annotated[Count, Field(lt=65536)] | None = None
    ca_file: File | None = None
    tls: Literal["on", "off"] = "on"


class Authority(Section):
    """Who is believed."""

    public_providers: frozenset[Domain] = frozenset()

    @property
    def providers(self) -> frozenset[str]:
        """Every server where an account proves nothing: the well-known ones and those named here."""
        return PUBLIC_PROVIDERS | self.public_providers


def _title(typed: object) -> object:
    """One title, or one for each of several languages."""
    texts = typed.values() if isinstance(typed, dict) and typed else [typed]
    if not all(isinstance(one, str) for one in texts):
        raise ValueError('text in quotes, or one for each language: { fr = "…", en = "…" }')
    if not all(texts):
        raise ValueError("text that is not empty")
    if isinstance(typed, dict) and not typed.keys() <= set(LANGUAGES):
        raise ValueError(f"titles for these languages alone: {', '.join(LANGUAGES)}")
    return typed


Title = Annotated[str | dict[str, str], BeforeValidator(_title)]


class Campaign(Section):
    """A letter to be signed, as it is first opened; what is said in chat afterwards wins."""

    title: Title
    letter: Annotated[dict[Language, File], Field(min_length=1)]
    link: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    goal: Count | None = None
    deadline: Deadline | None = None
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
    organisations: File | None = None
    counts: Literal["confirmed", "declared"] = "confirmed"
    civil_hours: CivilHours = "09:00-20:00"
    pauses: tuple[Pause, ...] = ()
    board: StrictBool = False
    second_person: StrictBool = False
    collective: Name | None = None

    @property
    def titles(self) -> dict[str, str]:
        """Language → title, if it has several."""
        return self.title if isinstance(self.title, dict) else {}

    @property
    def first_title(self) -> str:
        """The title, or the first of them."""
        return self.title if isinstance(self.title, str) else next(iter(self.title.values()))


class Settings(Section):
    """The whole config."""

    bot: Bot = Bot()
    matrix: Matrix | None = None
    xmpp: Xmpp | None = None
    authority: Authority = Authority()
    privacy: Privacy = Privacy()
    campaigns: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")], Campaign] = {}


def deadline_of(campaign: Campaign, zone: str) -> datetime | None:
    """A campaign's deadline as an instant (UTC); one without a zone is meant in `zone`."""
    at = campaign.deadline
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def local(at: datetime, zone: str) -> str:
    """An instant as it is meant in a zone, for whoever reads the config."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def lasting(length: timedelta) -> str:
    """A length of time as the config writes it: "14d", "2h", "1d 30m"."""
    seconds, parts = int(length.total_seconds()), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts)
