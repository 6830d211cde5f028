"""Forgetting whoever is remembered longer than the config says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.opening import house_of
from commands import oblivion, tell

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Config
    from storage.storage import Storage


def forget_due(storage: Storage, config: Config, now: datetime, *, only_say: bool = False) -> list[str]:
    """Forget them; return a line for each with what they were called until now. Campaigners hear what ends with them."""
    house = house_of(config)
    found = []
    for person in oblivion.due(storage, house, now):
        accounts = ", ".join(address.id for address in storage.people.addresses(person))
        found.append(f"{person}: {storage.people.name(person) or '-'} ({accounts})")
        if not only_say:
            lines = oblivion.told(oblivion.forget(storage, person, now))
            if lines:
                tell.put(storage, tell.admins(storage, house, *lines), now)
    if found and not only_say:
        storage.unsaying.settle(now)
    return found
