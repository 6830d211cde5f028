"""Running the bot until it has to end: signals, readiness, its beat, reading its config again."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import closing
from typing import TYPE_CHECKING

from bot.app import App
from bot.files.reload import Reload
from bot.health.heart import Heart, Systemd
from campaign.chat import NETWORKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.config import Config
    from bot.transports.base import Transport
    from storage.database import Database

SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def serve(
    config: Config,
    database: Database,
    served: Mapping[str, Transport],
    announce: Callable[[str], None],
) -> dict[str, str]:
    """Run until stopped by a signal, or until every network is given up; return the latter's reasons.

    The first signal ends it in order, within seconds; a second one at once, which harms nothing: what was under way then
    is looked for at the next start, as after a power cut. SIGHUP has the files of the config read again. Raises
    StorageError.
    """
    bot = App(config, database, served)
    reload = Reload(bot, config, database)
    with closing(Systemd()) as systemd:
        serving = asyncio.create_task(bot.run())
        begun: list[asyncio.Task[None]] = []

        async def stop() -> None:
            await bot.stop()
            serving.cancel()

        def told_to_stop() -> None:
            for number in SIGNALS:
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_DFL)
            systemd.stopping()
            begun.append(asyncio.create_task(stop()))

        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, told_to_stop)
        loop.add_signal_handler(signal.SIGHUP, reload.ask)
        heart = Heart(bot, database, systemd)
        beside = [
            asyncio.create_task(_announce(bot, heart, announce)),
            asyncio.create_task(reload.serve()),
        ]
        try:
            async with heart.beating():
                await serving
        except asyncio.CancelledError:
            return {}
        finally:
            for task in beside:
                task.cancel()
        return {} if begun else bot.stopped


async def _announce(bot: App, heart: Heart, announce: Callable[[str], None]) -> None:
    await bot.ready()
    served = ", ".join(NETWORKS[network] for network in bot.networks if network not in bot.stopped)
    if served:
        await heart.ready()
        announce(f"Tocsin is ready on {served} (process {os.getpid()}).")
