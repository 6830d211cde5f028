"""What a config may say: each section, each key, and the form its value must have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from bot.config.values import (
    Account,
    BridgeName,
    CivilHours,
    Count,
    Deadline,
    Domain,
    File,
    Homeserver,
    Host,
    Jid,
    Language,
    MatrixUser,
    Name,
    Offset,
    Pause,
    RoomAddress,
    ShortName,
    Title,
    Visible,
    Zone,
)
from campaign.authority import PUBLIC_PROVIDERS


class Section(BaseModel):
    """A section of the config: what is not known is refused, what was read does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bot(Section):
    """The bot itself."""

    name: Visible = "tocsin"
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

    homeserver: Homeserver
    user: MatrixUser
    password_file: File | None = None
    ca_file: File | None = None
    name: ShortName | None = None
    """The display name to take; None: the one the account has."""
    invites: frozenset[Domain] = frozenset()
    """Servers whose people may invite the bot, beside the administrators."""


class Xmpp(Section):
    """The bot's account on XMPP."""

    jid: Jid
    nick: Visible = "tocsin"
    password_file: File | None = None
    host: Host | None = None
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
    return None if campaign.deadline is None else instant(campaign.deadline, zone)


def instant(at: datetime, zone: str) -> datetime:
    """A time as it is written, as an instant (UTC): without an offset of its own it is meant in `zone`."""
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
