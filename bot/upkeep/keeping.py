"""Forgetting whoever is remembered longer than the config says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.files.opening import house_of
from commands import tell
from commands.privacy import oblivion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.config import Config
    from storage.database import Database
    from storage.storage import Storage

GIVES_WAY = 0.15
"""Seconds at least between two people. Whoever waits for the database asks again ten times a second."""


def due(storage: Storage, config: Config, now: datetime) -> list[tuple[int, str]]:
    """Whoever is to be forgotten: their number, and a line that says what they are called until then."""
    found = []
    for person in oblivion.due(storage, house_of(config), now):
        accounts = ", ".join(address.id for address in storage.people.addresses(person))
        found.append((person, f"{person}: {storage.people.name(person) or '-'} ({accounts})"))
    return found


def purge(database: Database, config: Config, now: datetime) -> Iterator[str]:
    """Forget them, one after the other; say who it was. Campaigners hear what ends with them.

    Each in a transaction of their own, with as long a pause after it: a bot that runs takes what is said meanwhile. With
    all in one it would be kept from writing for so long that it broke off every connection.

    Raises:
        StorageError: whoever was named is forgotten; the others are not, or something is left in the file.
    """
    for person, line in database.transaction(lambda storage: due(storage, config, now), writes=False):
        began = time.monotonic()
        if _forget(database, config, person, now):
            yield line
        time.sleep(max(GIVES_WAY, time.monotonic() - began))
    database.transaction(lambda storage: storage.unsaying.settle(now))
    database.tidy()


def _forget(database: Database, config: Config, person: int, now: datetime) -> bool:
    """Forget one, unless they have done something since they were found."""
    house = house_of(config)

    def work(storage: Storage) -> bool:
        if person not in oblivion.due(storage, house, now):
            return False
        if lines := oblivion.told(oblivion.forget(storage, person, now)):
            tell.put(storage, tell.admins(storage, house, *lines), now)
        return True

    return database.transaction(work)
