"""The beat of the running bot, from its event loop: what it says of itself, and its sign of life to systemd."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from systemd_watchdog.systemd_watchdog import WatchDog

from bot.clock import utc_now
from bot.health.health import Health, NetworkHealth, summary, write
from storage.trouble import StorageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from bot.app import App
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two beats, at most."""


class Systemd(WatchDog):
    """The service manager that started us, if one did (sd_notify(3)). Nothing it does not hear may stop the bot."""

    def __init__(self) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        sock.settimeout(0)  # this is the event loop
        super().__init__(sock)
        self._own = sock
        self._owed: list[str] = []
        self._deaf = False

    @property
    def watches(self) -> float:
        """Seconds after which it takes silence for a hang; infinite if it does not watch."""
        return self.timeout_td.total_seconds() if self.timeout_td < self._default_timeout else float("inf")

    def starting(self) -> None:
        """Say that the start goes on, however long: before the end of it systemd does not watch, it only counts."""
        self._send(f"EXTEND_TIMEOUT_USEC={self.timeout}\n")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1\n")

    def close(self) -> None:
        """Say no more."""
        self._own.close()

    def _send(self, msg: str) -> None:
        said = [*self._owed, msg]
        try:
            while said:
                super()._send(said[0])
                del said[0]
        except OSError as error:
            if not self._deaf:
                log.warning("the service manager does not listen: %s", error, extra={"action": "systemd"})
        self._deaf = bool(said)
        # What is said once must not be lost to a queue that is full just now; what is said again and again may.
        self._owed = [one for one in said if one in ("READY=1\n", "STOPPING=1\n")]


class Heart:
    """Beats while the bot runs.

    A beat comes from the event loop, after both threads of the database have taken a turn: if any of them hangs there is
    none. (Writing the file anew is no hang, however slow the disk, for a while.) What restarting does not mend (a network that is away, a full disk) is said, and does not stop it.
    """

    def __init__(
        self,
        bot: App,
        database: Database,
        systemd: Systemd,
        now: Callable[[], datetime] = utc_now,
        every: float = EVERY,
    ) -> None:
        self._bot = bot
        self._database = database
        self._folder = database.path.parent
        self._systemd = systemd
        self._now = now
        self._every = min(every, systemd.watches / 2)
        self._health = Health(process=os.getpid(), started=now(), said=now(), networks={})
        self._saying = asyncio.Lock()
        self._ready = False
        self._muted = False
        """Whether it was said already that the state file cannot be written."""

    async def ready(self) -> None:
        """Say that everything has been read. Whoever waited for that looks next: it also says how it stands now."""
        self._ready = True
        await self._say(ready=True)

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Beat inside the block; at its end say so."""
        beats = asyncio.create_task(self._beats())
        try:
            yield
        except StorageError as error:
            self._health.trouble = str(error)
            raise
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)
            async with self._saying:
                self._health.stopped = self._health.said = self._now()
                await self._write()

    async def _beats(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._beat()
            except Exception:
                log.exception("a beat failed", extra={"action": "beat"})
            await asyncio.sleep(max(0.0, began + self._every - loop.time()))

    async def _beat(self) -> None:
        try:
            async with asyncio.timeout(self._every):
                await self._database.pulse()
                await self._count()
        except TimeoutError:
            log.warning("the database does not answer", extra={"action": "beat"})
            return
        self._systemd.notify()
        if not self._ready:
            self._systemd.starting()
        await self._say()

    async def _say(self, *, ready: bool = False) -> None:
        async with self._saying:
            self._look()
            await self._write()  # first: whoever hears of it may look
            if ready:
                self._systemd.ready()
            self._systemd.status(summary(self._health))

    def _look(self) -> None:
        vitals = self._bot.vitals()
        self._health.networks = {
            network: NetworkHealth(
                state=standing.state,
                since=standing.since,
                why=standing.why,
                heard=vitals[network].heard,
                rooms=dict(vitals[network].rooms),
            )
            for network, standing in self._bot.standings.items()
        }
        self._health.said = self._now()

    async def _count(self) -> None:
        health = self._health

        def count(storage: Storage) -> None:
            backlog = storage.backlog
            waiting, uncertain, quarantined = backlog.waiting(), backlog.uncertain(), backlog.quarantined()
            health.waiting, health.oldest_waiting = waiting.number, waiting.at
            health.uncertain, health.last_uncertain = uncertain.number, uncertain.at
            health.quarantined, health.last_quarantined = quarantined.number, quarantined.at
            letters = backlog.letters()
            health.letters, health.oldest_letter = letters.number, letters.at

        try:
            await self._database.read(count)
        except StorageError as error:
            health.trouble = str(error)
        else:
            health.trouble = ""

    async def _write(self) -> None:
        try:
            await asyncio.to_thread(write, self._folder, self._health.model_copy())
        except OSError as error:
            if not self._muted:
                log.warning(
                    "`tocsin health` cannot be told: %s", error.strerror or error, extra={"action": "beat"}
                )
            self._muted = True
        else:
            self._muted = False
