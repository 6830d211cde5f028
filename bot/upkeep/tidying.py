"""Forgetting somebody to the end: what waited until they had been told goes, and nothing of it stays in the file."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from storage.trouble import StorageBusy, StorageFull, is_fatal

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

LATELY = timedelta(days=1)
"""Whoever was forgotten so shortly before the start may be in the file still: the process before may have been killed."""
AGAIN = timedelta(minutes=10)
"""After how long it is tried again to tidy the file: each time costs as much as the file is large."""


class Tidying:
    """Looks at every tick whether there is anything to do."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due_at: datetime | None = None
        """From when on the file is to be tidied, which may hold something of somebody who was forgotten (UTC)."""
        self._has_begun = False
        """Whether it was looked for what an earlier process may have left."""

    async def step(self, now: datetime) -> None:
        """Erase what may go now, and tidy the file where that is due. Raises StorageError if the database is damaged."""

        def work(storage: Storage) -> bool:
            finished = storage.unsaying.settle(now)
            return finished or (not self._has_begun and storage.unsaying.was_anybody_forgotten(now - LATELY))

        try:
            if await self._database.write(work):
                self._due_at = now
            self._has_begun = True
            if self._due_at is not None and self._due_at <= now:
                self._due_at = now + AGAIN
                await self._database.tidied()
                self._due_at = None
        except (StorageBusy, StorageFull) as error:
            # To write the file anew takes as much room again: that there is none keeps nobody from signing.
            log.warning("not tidied yet: %s", error, extra={"action": "forget"})
        except Exception as error:
            if is_fatal(error):
                raise
            log.exception("somebody could not be forgotten whole", extra={"action": "forget"})
