"""What the running bot says of itself in its data folder, and what whoever looks after it makes of that."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ValidationError

from campaign.chat import NETWORKS
from storage.opening import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

FILE = "health.json"
STALE = timedelta(seconds=30)
"""How old what the bot says may be: three of its beats."""
AWAY = timedelta(minutes=5)
"""How long a network or a room may be away before somebody should look."""
SILENT = timedelta(minutes=3)
"""How long a server may be silent: each is asked for a sign at least every minute."""
WAITING = timedelta(minutes=10)
"""How long a message may wait that could leave."""
LATELY = timedelta(hours=24)
"""How long what could not be taken, or is in doubt, counts as something new to look at."""
LEAST_DISK = 200_000_000
"""Bytes that should be free."""

State: TypeAlias = Literal["connecting", "catching up", "caught up", "given up"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the bot stands with a network, since when (UTC), and why it is not better."""

    state: State
    since: datetime
    why: str = ""


class NetworkHealth(BaseModel):
    """One network. All instants are in UTC."""

    state: State
    since: AwareDatetime
    why: str
    heard: AwareDatetime | None
    """When its server last answered."""
    rooms: dict[str, AwareDatetime | None]
    """Room → when it last showed that the bot is in it; None if it is not. XMPP alone has to ask."""


class Health(BaseModel):
    """What the bot says of itself."""

    process: int
    started: AwareDatetime
    said: AwareDatetime
    """When it said all this."""
    stopped: AwareDatetime | None = None
    """When it ended by itself, or was told to."""
    networks: dict[str, NetworkHealth]
    trouble: str = ""
    """What keeps it from saying more: the database."""
    waiting: int = 0
    """Messages that could leave, or are on their way."""
    oldest_waiting: AwareDatetime | None = None
    uncertain: int = 0
    """Messages of which nothing tells whether they arrived."""
    last_uncertain: AwareDatetime | None = None
    quarantined: int = 0
    """Events that could not be taken."""
    last_quarantined: AwareDatetime | None = None
    letters: int = 0
    """Changed texts of letters that wait for a campaigner's word."""
    oldest_letter: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    text: str
    well: bool = True


def one_line(text: str) -> str:
    """What a server said as one printable line: no line of its own to systemd, nothing that drives a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def save(path: Path, said: BaseModel, *, lasting: bool = False) -> None:
    """Replace what a file says, at once and for its own user alone; if `lasting`, past a power cut. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)  # what a killed process left may be open to others: its mode would stay
    try:
        with os.fdopen(
            os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(said.model_dump_json(indent=1))
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    if lasting:
        sync_folder(path.parent)


def write(folder: Path, health: Health) -> None:
    """Replace what the bot says of itself. Raises OSError."""
    save(folder / FILE, health)


def read(folder: Path) -> Health | None:
    """What the bot said last; None if it never ran here, or nothing of it can be read."""
    try:
        return Health.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def disk_free(folder: Path) -> int:
    """Bytes free for the bot on the disk of a folder, or of the nearest that exists above it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def is_running(health: Health, now: datetime) -> bool:
    """Whether the bot that said this runs and takes signals."""
    return health.stopped is None and now - health.said <= STALE and _is_alive(health.process)


def judge(health: Health | None, free: int, now: datetime) -> list[Line]:
    """Look at what the bot says of itself, and at the disk; lines short enough for a phone, the worst first to see."""
    disk = Line(f"disk: {_size(free)} free", well=free >= LEAST_DISK)
    if health is None:
        return [Line("not running: it has not said anything here yet", well=False), disk]
    if health.stopped is not None:
        trouble = [Line(f"database: {one_line(health.trouble)}", well=False)] if health.trouble else []
        given_up = [
            _network(NETWORKS.get(name, name), network, now)
            for name, network in health.networks.items()
            if network.state == "given up"
        ]
        ended = Line(f"not running: ended {_ago(now - health.stopped)}", well=False)
        return [ended, *trouble, *given_up, disk]
    alive, silent = _is_alive(health.process), now - health.said
    if not alive:
        return [
            Line(f"not running: process {health.process} ended, last heard {_ago(silent)}", well=False),
            disk,
        ]
    if silent > STALE:
        what = f"process {health.process} hangs or cannot write; last heard {_ago(silent)}"
        return [Line(f"not running: {what}", well=False), disk]
    lines = [Line(f"running {_span(now - health.started)} (process {health.process})")]
    if health.trouble:
        lines.append(Line(f"database: {one_line(health.trouble)}", well=False))
    for name, network in health.networks.items():
        lines.append(_network(NETWORKS.get(name, name), network, now))
        lines += [_room(room, heard, network, now) for room, heard in network.rooms.items()]
    waits = now - health.oldest_waiting if health.oldest_waiting else timedelta()
    oldest = f", the oldest {_span(waits)}" if health.waiting else ""
    lines.append(Line(f"waiting to leave: {health.waiting}{oldest}", well=waits <= WAITING))
    lines.append(_count("in doubt whether it arrived", health.uncertain, health.last_uncertain, now))
    lines.append(_count("quarantined", health.quarantined, health.last_quarantined, now))
    if health.letters and health.oldest_letter:
        since = _span(now - health.oldest_letter)
        lines.append(Line(f"letter texts for campaigners: {health.letters}, for {since}"))
    return [*lines, disk]


def summary(health: Health) -> str:
    """One line for `systemctl status`."""
    return "; ".join(
        f"{NETWORKS.get(name, name)}: {one.state}{f' ({one.why})' if one.why else ''}"
        for name, one in health.networks.items()
    )


def _network(name: str, network: NetworkHealth, now: datetime) -> Line:
    lasts, why = now - network.since, f": {network.why}" if network.why else ""
    if network.state != "caught up":
        well = network.state != "given up" and lasts <= AWAY
        return Line(f"{name}: {network.state} for {_span(lasts)}{why}", well=well)
    silent = now - (network.heard or network.since)
    return Line(f"{name}: caught up, last heard {_ago(silent)}", well=silent <= SILENT)


def _room(room: str, heard: datetime | None, network: NetworkHealth, now: datetime) -> Line:
    if heard is None:
        return Line(f"  {room}: not in it", well=now - network.since <= AWAY)
    return Line(f"  {room}: answered {_ago(now - heard)}", well=now - heard <= AWAY)


def _count(what: str, count: int, last: datetime | None, now: datetime) -> Line:
    if not count or last is None:
        return Line(f"{what}: {count}")
    return Line(f"{what}: {count}, the last {_ago(now - last)}", well=now - last > LATELY)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another user's
    return True


def _ago(span: timedelta) -> str:
    return f"{_span(span)} ago"


def _span(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004 - what makes the next unit
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
