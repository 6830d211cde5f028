"""Telling the administrators, wherever they can be told, of what an operator may have to mend."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.intake import replying
from campaign.chat import N_, NETWORKS, Moment, say
from commands import tell
from storage.trouble import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign.chat import Text
    from commands.command import House
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

TELL_AFTER = 300.0
"""Seconds without a network after which they are told through the others."""


class Alarm:
    """Decides that something is said to them; `wake` has it leave at once.

    If the database cannot take it, that is logged: whatever went wrong goes on being dealt with.
    """

    def __init__(
        self, database: Database, house: House, wake: Callable[[], None], now: Callable[[], datetime]
    ) -> None:
        self._database, self._house, self._wake, self._now = database, house, wake, now
        self._full_since: datetime | None = None
        """Since when the disk takes nothing."""

    async def sound(self, text: Text) -> None:
        """Tell them."""

        def work(storage: Storage) -> None:
            told = tell.admins(storage, self._house, text)
            replying.elsewhere(storage, self._house, told, self._now())

        try:
            await self._database.write(work)
        except StorageError as error:
            log.warning("cannot tell the administrators: %s", error, extra={"action": "alarm"})
        self._wake()

    async def cannot_reach(self, network: str) -> None:
        """Tell them, through the other networks, that one does not answer."""
        text = N_("I cannot reach {network}; I keep trying, and nothing is lost meanwhile.")
        await self.sound(say(text, network=NETWORKS.get(network, network)))

    async def login_refused(self, network: str, mended_by: str) -> None:
        """Tell them that a network was given up, and with which command an operator mends that, if there is one."""
        name = NETWORKS.get(network, network)
        if mended_by:
            text = N_(
                "I stopped on {network}: my login is refused. An operator mends it with {command}, and a restart."
            )
            await self.sound(say(text, network=name, command=mended_by))
            return
        text = N_("I stopped on {network}: my login is refused. An operator has to mend it.")
        await self.sound(say(text, network=name))

    def disk_is_full(self) -> None:
        """Note since when the disk takes nothing: now is no time to write down that they be told."""
        self._full_since = self._full_since or self._now()

    async def disk_is_well(self) -> None:
        """Tell them, once the disk takes something again, that it did not."""
        since, self._full_since = self._full_since, None
        if since is not None:
            zone = self._house.timezone
            text = N_(
                "My disk took nothing from {since} until {until}. Nothing is lost: what was said meanwhile has been read now. An operator should look at the disk."
            )
            await self.sound(say(text, since=Moment(since, zone), until=Moment(self._now(), zone)))
