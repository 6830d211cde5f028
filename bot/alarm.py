"""Telling the administrators of what they did not ask for, wherever they can be told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot import replying
from commands import tell
from storage.database import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign.chat import Text
    from commands.command import House
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)


class Alarm:
    """Decides that something is said to them; `wake` has it leave at once."""

    def __init__(
        self, database: Database, house: House, wake: Callable[[], None], now: Callable[[], datetime]
    ) -> None:
        self._database, self._house, self._wake, self._now = database, house, wake, now

    async def sound(self, text: Text) -> None:
        """Tell them. If the database cannot take it, that is logged: whatever went wrong goes on being dealt with."""

        def work(storage: Storage) -> None:
            told = tell.admins(storage, self._house, text)
            replying.elsewhere(storage, self._house, told, self._now())

        try:
            await self._database.write(work)
        except StorageError as error:
            log.warning("cannot tell the administrators: %s", error, extra={"action": "alarm"})
        self._wake()
