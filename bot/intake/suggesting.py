"""Which organisations have a name like one that was typed: found out beside the event loop and the transactions."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from campaign.organisation import Names
from commands.command import Wanted
from storage.trouble import StorageError, is_fatal

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from storage.database import Database

log = logging.getLogger(__name__)

Sought = tuple[str, str]
"""A name and a website as they were typed."""
MOST = 6
"""How many are found for each, of which some may not be suggested."""
ROUNDS = 3
"""How often a batch is begun again for what is near; then it goes without."""


class Near:
    """What is known to be near, for one batch; what it is asked for beyond that has to be found out first."""

    def __init__(self) -> None:
        self._known: dict[Sought, Sequence[int]] = {}
        self.wanted: set[Sought] = set()
        self.rounds = 0

    def __call__(self, name: str, site: str) -> Sequence[int]:
        """Return the numbers of organisations, the likest first. Raises Wanted."""
        found = self._known.get((name, site))
        if found is None:
            if self.rounds >= ROUNDS:
                return ()
            raise Wanted(name, site)
        return found

    def learn(self, found: dict[Sought, Sequence[int]]) -> None:
        """Take in what was found out."""
        self._known |= found
        self.wanted.clear()
        self.rounds += 1


class Unanswered(Exception):
    """A batch cannot be answered before something is found out: it is undone whole, and taken again."""

    def __init__(self, stamp: Hashable) -> None:
        super().__init__("suggestions are wanted")
        self.stamp = stamp


class Suggesting:
    """Every name in memory, read again when names have changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._names: Names[int] = Names()
        self._stamp: Hashable = None
        self._busy = asyncio.Lock()

    async def warm(self) -> None:
        """Read all names before anybody asks: of many, that takes seconds."""
        try:
            stamp = await self._database.write(lambda storage: storage.organisations.names_stamp())
            async with self._busy:
                await self._refresh(stamp)
        except StorageError as error:
            log.warning("the names could not be read yet: %s", error, extra={"action": "suggest"})

    async def find(self, wanted: set[Sought], stamp: Hashable) -> dict[Sought, Sequence[int]]:
        """Find out what is near each. `stamp` tells whether names have changed. Raises StorageError.

        Where that cannot be done nothing is near: a line that is answered without a suggestion stops nobody behind it.
        """
        try:
            async with self._busy:
                await self._refresh(stamp)
                return await asyncio.to_thread(self._search, frozenset(wanted))
        except Exception as error:
            if is_fatal(error):
                raise
            log.exception("nothing could be suggested", extra={"action": "suggest"})
            return dict.fromkeys(wanted, ())

    async def _refresh(self, stamp: Hashable) -> None:
        if stamp != self._stamp:
            rows = await self._database.read(lambda storage: storage.organisations.names())
            await asyncio.to_thread(self._names.refresh, rows)
            self._stamp = stamp

    def _search(self, wanted: frozenset[Sought]) -> dict[Sought, Sequence[int]]:
        return {
            (name, site): [one.id for one in self._names.closest(name, site, limit=MOST)]
            for name, site in wanted
        }
