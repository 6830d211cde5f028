"""The values of a config: what each kind of them is written like, and what is expected instead of one that is not."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from campaign.account import is_jid, is_server, read_account
from campaign.authority import ascii_domain
from campaign.chat import MATRIX, XMPP, Address
from campaign.dates import END_OF_DAY, read_span
from campaign.errors import CampaignError
from campaign.organisation import tidy_name

LANGUAGES = ("fr", "en")
_MATRIX_ROOM = re.compile(r"[!#]\S+")
_GHOST = re.compile(r"@_[^\s:@/]*:[^\s/@]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


_API = ("_matrix", "_synapse", ".well-known")
"""First parts of the paths that the bot puts behind the address of a homeserver by itself."""


def _homeserver(typed: str) -> str:
    """The address of a client API, without the slash that may end it; a server may have it below a path of its own."""
    example = 'an address such as "https://matrix.example.org"'
    try:
        parts = urlsplit(typed)
        at = parts.netloc
    except ValueError as error:
        raise ValueError(example) from error
    if parts.scheme not in ("http", "https") or not is_server(at) or re.search(r"\s", typed):
        raise ValueError(example)
    own = next((one for one in parts.path.split("/") if one in _API), "")
    if own or parts.query or parts.fragment or typed.endswith(("?", "#")):
        behind = f'what begins with "/{own}"' if own else "what follows the address"
        raise ValueError(
            f'"{parts.scheme}://{at}{parts.path.partition("/" + own)[0] if own else ""}", without {behind}'
        )
    return typed.rstrip("/")


def _user(typed: str) -> str:
    name, _, server = typed.removeprefix("@").partition(":")
    if not (typed.startswith("@") and re.fullmatch(r"[^\s:@/]+", name) and is_server(server)):
        raise ValueError('a full Matrix ID such as "@tocsin:example.org"')
    return typed


def _jid(typed: str) -> str:
    if not is_jid(typed):
        raise ValueError('a bare XMPP address such as "tocsin@example.org"')
    return typed


def _host(typed: str) -> str:
    with suppress(ValueError):
        return str(ip_address(typed))
    if not is_server(typed, port=False):
        raise ValueError('the name of a machine such as "xmpp.example.org", without its port')
    return typed


def _visible(typed: str) -> str:
    if not typed.strip():
        raise ValueError("text that is not empty")
    return typed


def _path(typed: object) -> object:
    if typed == "":
        raise ValueError("the path of a file, in quotes")
    return typed


def known_zone(name: str) -> str:
    """The name of a time zone. Raises ValueError, which says what was expected."""
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
        if typed.startswith("xmpp:") and is_jid(typed.removeprefix("xmpp:")):
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


def deadline(typed: object) -> datetime:
    """A date and time; a day alone is its end, as it is in chat. A number is none, whatever pydantic makes of it.

    Raises ValueError, which says what was expected.
    """
    if isinstance(typed, datetime):
        return typed
    if isinstance(typed, date):
        return datetime.combine(typed, END_OF_DAY)
    if isinstance(typed, str):
        with suppress(ValueError):
            return datetime.combine(date.fromisoformat(typed), END_OF_DAY)
        with suppress(ValueError):
            return datetime.fromisoformat(typed)
        day = _DAY.match(typed)
        if day and not _exists(day[0]):
            raise ValueError(f"a day that there is: no calendar has {day[0]}")
    raise ValueError('a date and time such as "2027-09-30T18:00"')


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


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


Language = Literal["fr", "en"]
Visible = Annotated[str, AfterValidator(_visible)]
Title = Annotated[str | dict[str, str], BeforeValidator(_title)]
File = Annotated[Path, BeforeValidator(_path)]
Count = Annotated[int, Field(gt=0, strict=True)]
"""A number and nothing that could be read as one: pydantic would take "9", and true for 1."""
Zone = Annotated[str, AfterValidator(known_zone)]
BridgeName = Annotated[Any, BeforeValidator(bridge)]
Account = Annotated[Any, BeforeValidator(account)]
RoomAddress = Annotated[Any, BeforeValidator(room_address)]
Offset = Annotated[timedelta, BeforeValidator(_offset)]
Deadline = Annotated[datetime, BeforeValidator(deadline)]
Pause = Annotated[tuple[date, date], BeforeValidator(_pause)]
Domain = Annotated[str, AfterValidator(_domain)]
Name = Annotated[str, AfterValidator(_name)]
CivilHours = Annotated[str, AfterValidator(_civil)]
ShortName = Annotated[str, Field(max_length=100), AfterValidator(_visible)]
Homeserver = Annotated[str, AfterValidator(_homeserver)]
MatrixUser = Annotated[str, AfterValidator(_user)]
Jid = Annotated[str, AfterValidator(_jid)]
Host = Annotated[str, AfterValidator(_host)]
