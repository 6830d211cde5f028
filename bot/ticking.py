"""What time brings, at each tick of the clock: what is due is said, and a little of the past is forgotten."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bot.intake import replying
from bot.upkeep.tidying import Tidying
from commands.clock import due
from commands.privacy import forgetting
from storage.trouble import is_fatal

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from commands.clock.due import Alone, Step
    from commands.command import House, Reply
    from commands.tick import Tick
    from storage.database import Database
    from storage.reminders import Cause
    from storage.storage import Storage

log = logging.getLogger(__name__)

MOST_FAULTS = 20
"""In how many ticks, one after the other, a step may fail before it is given up, or tried more rarely: five minutes."""
MOST_RESTED = 240
"""How many ticks later at most it is tried again: an hour."""

MACHINE = (OSError, MemoryError)
"""What a step fails with where the machine has too little of something: it says nothing about what was to be done."""


class StepFailed(Exception):
    """A step of the clock failed: it is in the log, and nothing of it stands.

    With `may_pass` it is the machine's fault (no memory, no more files): nothing is given up for that.
    """

    def __init__(self, *, may_pass: bool) -> None:
        super().__init__()
        self.may_pass = may_pass


class Ticking:
    """Lets time take effect."""

    def __init__(self, database: Database, house: House) -> None:
        self._database, self._house = database, house
        self._forgetting = forgetting.Forgetting()
        self._tidying = Tidying(database)
        self._faults: Counter[Hashable] = Counter()
        """In how many ticks, one after the other, each step has failed; a reminder that could be said to nobody."""
        self._ticks = 0
        self._resting: dict[Hashable, int] = {}
        """In which tick each is tried again that has failed too often."""
        self._told: set[Hashable] = set()
        """Of which of them the campaigners were told that it fails, and is tried again."""

    async def tick(self, tick: Tick) -> None:
        """Let happen what time brings, and a little of the past be forgotten. Raises StorageError."""
        self._ticks += 1
        await self._database.write(lambda storage: self._each(storage, tick))
        # A few at a time: whoever signs meanwhile waits for no more than these.
        done: set[Cause] = set()
        while await self._database.write(lambda storage: self._in_private(storage, tick, done)):
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

    def _in_private(self, storage: Storage, tick: Tick, done: set[Cause]) -> bool:
        """Say a few of the reminders for people alone; return whether there may be more.

        `done`: of what nobody can be reminded any more at this tick.
        """
        for alone in due.in_private(storage):
            if alone.cause in done or self._rests(alone):
                continue
            some: bool | None = None
            with suppress(StepFailed):
                some = self._step(storage, alone, tick) is not None
                self._is_well(alone)
            if some is None:
                some = self._one_by_one(storage, alone, tick)
            if some:
                return True
            done.add(alone.cause)
        return False

    def _one_by_one(self, storage: Storage, few: Alone, tick: Tick) -> bool:
        """Say the same to each by themselves; return whether anything came of it.

        Who cannot be told though others can is given up. If nobody can be told, that is nothing about any of them: it
        may pass, and they are told at a later tick; if it does not, all are given up.
        """
        failed: list[Alone] = []
        some = said = False
        for one in few.one_by_one(storage):
            try:
                reply = self._step(storage, one, tick)
            except StepFailed as error:
                if not error.may_pass:
                    failed.append(one)
            else:
                some = some or reply is not None
                said = said or (reply is not None and bool(reply.elsewhere))
        if failed and said:
            with suppress(StepFailed):
                self._step(storage, partial(due.give_up, which=failed), tick)
        self._count(storage, replace(few, only=None), tick, failed=bool(failed) and not said)
        return some

    def _each(self, storage: Storage, tick: Tick) -> None:
        for step in (*due.STEPS, *due.reminders(storage), *due.polls(storage), *due.AFTER_POLLS):
            if self._rests(step):
                continue
            failed = False
            try:
                self._step(storage, step, tick)
            except StepFailed as error:
                failed = not error.may_pass
            self._count(storage, step, tick, failed=failed)

    def _rests(self, step: Hashable) -> bool:
        return self._resting.get(step, 0) > self._ticks

    def _is_well(self, step: Hashable) -> None:
        self._faults.pop(step, None)
        self._resting.pop(step, None)
        self._told.discard(step)

    def _count(self, storage: Storage, step: Step, tick: Tick, *, failed: bool) -> None:
        """Count in how many ticks a step has failed, one after the other; after so many it is given up.

        What cannot be given up is tried ever more rarely, and the campaigners are told of it once.
        """
        if not failed:
            self._is_well(step)
            return
        self._faults[step] += 1
        beyond = self._faults[step] - MOST_FAULTS
        if beyond < 0:
            return
        self._resting[step] = self._ticks + min(2 ** min(beyond, MOST_RESTED.bit_length()), MOST_RESTED)
        if not isinstance(step, due.Lasting):
            return
        with suppress(StepFailed):
            if self._step(storage, step.give_up, tick) is not None:
                return
        if step not in self._told:
            with suppress(StepFailed):
                self._step(storage, step.complain, tick)
                self._told.add(step)
                storage.if_undone(lambda: self._told.discard(step))

    def _step(
        self, storage: Storage, step: Callable[[Storage, House, Tick], Reply | None], tick: Tick
    ) -> Reply | None:
        """Take one step, undone alone if it fails; return what is said, None if it had nothing to do.

        Raises:
            StepFailed: it failed.
        """
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
            raise StepFailed(may_pass=isinstance(error, MACHINE)) from error
        return reply
