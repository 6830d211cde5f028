"""The audit for whoever keeps the machine: as text, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from bot.texts.wordings import Wordings
from campaign.chat import Message
from campaign.publish.csv import guarded
from commands import acts
from commands.command import House
from commands.menu import MENU

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.config import Config
    from storage.audit import Act
    from storage.storage import Storage

COLUMNS = ("id", "at", "person", "name", "act", "campaign", "organisation", "room", "details")


def written(storage: Storage, config: Config, form: str, most: int, campaign: int | None) -> bytes:
    """Write the newest acts, the newest first; times are in UTC (ISO 8601) but in `text`, which people read."""
    found = storage.audit.newest(most, campaign)
    if form == "csv":
        return _csv(found)
    if form == "json":
        return (json.dumps([_row(act) for act in found], ensure_ascii=False, indent=1) + "\n").encode()
    bot = config.settings.bot
    names = storage.audit.names(acts.people_in(found))
    house = House(language=bot.language, timezone=bot.timezone, prefix=bot.prefix, name=bot.name)
    said = Message(acts.lines(found, names, bot.timezone))
    return (Wordings(house, MENU).plain(said, bot.language) + "\n").encode() if found else b""


def _row(act: Act) -> dict[str, object]:
    return {
        "id": act.id,
        "at": act.at.isoformat(),
        "person": act.person,
        "name": act.name or "",
        "act": act.act,
        "campaign": act.campaign or "",
        "organisation": act.organisation or "",
        "room": act.room,
        "details": act.details,
    }


def _csv(found: Sequence[Act]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for act in found:
        row = _row(act) | {"details": json.dumps(act.details, ensure_ascii=False)}
        writer.writerow([guarded("" if row[column] is None else str(row[column])) for column in COLUMNS])
    return out.getvalue().encode("utf-8-sig", "replace")
