"""What time brings, at each tick of the clock: what is due is said, and a little of the past is forgotten."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot import replying
from bot.tidying import Tidying
from commands import due, forgetting
from storage.database import is_fatal

if TYPE_CHECKING:
    from collections.abc import Callable

    from commands.command import House, Reply
    from commands.due import Tick
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)


class Ticking:
    """Lets time take effect."""

    def __init__(self, database: Database, house: House) -> None:
        self._database, self._house = database, house
        self._forgetting = forgetting.Forgetting()
        self._tidying = Tidying(database)

    async def tick(self, tick: Tick) -> None:
        """Let happen what time brings, and a little of the past be forgotten. Raises StorageError."""
        await self._database.write(lambda storage: self._each(storage, tick))
        # A few at a time: whoever signs meanwhile waits for no more than these.
        while await self._database.write(lambda storage: self._in_private(storage, tick)):
            pass
        await self._tidying.step(tick.now)
        if self._forgetting.is_due(tick.now):
            try:
                # By itself, and short: nobody who signs waits for it.
                await self._database.write(lambda storage: self._forgetting.step(storage, tick.now))
            except Exception as error:
                if is_fatal(error):
                    raise
                log.exception("forgetting failed", extra={"action": "forget"})

    def _in_private(self, storage: Storage, tick: Tick) -> bool:
        """Say a few of the reminders for people alone; return whether there may be more.

        If one of the few cannot be said, they are taken one by one, and it is skipped.
        """
        for alone in due.in_private(storage):
            done = self._step(storage, alone, tick)
            if done is None:
                for one in alone.one_by_one():
                    done = self._step(storage, one, tick)
                    if done is None:
                        alone.give_up(storage, tick)
                    elif not done:
                        break
                return True
            if done:
                return True
        return False

    def _each(self, storage: Storage, tick: Tick) -> None:
        for step in (*due.STEPS, *due.polls(storage), *due.AFTER_POLLS):
            self._step(storage, step, tick)

    def _step(
        self, storage: Storage, step: Callable[[Storage, House, Tick], Reply | None], tick: Tick
    ) -> bool | None:
        """Take one step, undone alone if it fails; return whether it had anything to do, None if it failed."""
        try:
            with storage.savepoint():
                reply = step(storage, self._house, tick)
                if reply is not None:
                    replying.elsewhere(storage, self._house, reply.elsewhere, tick.now)
        except Exception as error:
            if is_fatal(error):
                raise
            log.exception(
                "a step of the clock failed",
                extra={"action": "tick", "step": getattr(step, "__name__", str(step))},
            )
            return None
        return reply is not None
