"""Reading the files of the config again while the bot runs: asked for by SIGHUP, answered in the data folder."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ValidationError

from bot.clock import utc_now
from bot.config import ConfigError, load
from bot.files import drafts
from bot.files.opening import read_files
from bot.health.health import is_running, save
from bot.health.health import read as read_health
from campaign.chat import N_, Text, say
from campaign.reminder import public_names
from commands import tell
from storage.trouble import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bot.app import App
    from bot.config import Config, Settings
    from campaign.roster import Changes
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)

FILE = "reload.json"
STARTED_WITH = ("bot", "matrix", "xmpp", "authority", "privacy")
"""The sections that the running bot goes by as they were when it was started."""
WITHIN = 60.0
"""Seconds within which the bot answers, or something is wrong with it."""


class Reloaded(BaseModel):
    """What reading the config again came to."""

    began: AwareDatetime
    """When the bot turned to it (UTC): a later answer is to a later question."""
    problems: list[str] = []
    """What is wrong in the config or its files. Nothing was changed then."""
    trouble: str = ""
    """What keeps the database from being written. Nothing was changed then."""
    changes: list[str] = []
    letters: list[str] = []
    """Texts of letters that were taken, that wait for a campaigner's answer, or that were not to be taken."""
    restart: list[str] = []
    """What the config says otherwise than the running bot goes by, until it is started again."""


class Reload:
    """Reads again whenever it is asked to; who asks meanwhile has it read once more."""

    def __init__(
        self, bot: App, config: Config, database: Database, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._bot, self._config, self._database, self._now = bot, config, database, now
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Have it read again."""
        self._asked.set()

    async def serve(self) -> None:
        """Read again each time somebody asks, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                done = await self.read()
                await asyncio.to_thread(save, self._database.path.parent / FILE, done)
            except OSError as error:
                log.warning("cannot say what was read: %s", error.strerror, extra={"action": "reload"})
            except Exception:
                log.exception("the config could not be read again", extra={"action": "reload"})

    async def read(self) -> Reloaded:
        """Read the config and its files, follow what they say, and tell the campaigners in a few lines."""
        done = Reloaded(began=self._now())
        try:
            config = await asyncio.to_thread(load, self._config.path, logs_in=False)
            changes, letters = await self._database.write(lambda storage: self._follow(storage, config))
        except ConfigError as error:
            done.problems = error.problems
            log.warning("not read again: %s; `tocsin check` says what", error, extra={"action": "reload"})
        except StorageError as error:
            done.trouble = str(error)
            log.warning("not read again: %s", error, extra={"action": "reload"})
        else:
            done.changes, done.letters = changes.lines(), letters
            done.restart = needs_restart(self._config.settings, config.settings)
            self._bot.wake()
            log.info(
                "read again: %d changes; of letters: %s",
                len(done.changes),
                "; ".join(letters) or "nothing",
                extra={"action": "reload"},
            )
        return done

    def _follow(self, storage: Storage, config: Config) -> tuple[Changes, list[str]]:
        now, running = self._now(), self._config.settings
        # Else a right that a new setting takes would be back at the next word, by the one that still holds.
        held = {section: getattr(running, section) for section in STARTED_WITH}
        config = replace(config, settings=config.settings.model_copy(update=held))
        before = _languages(storage)
        changes = read_files(storage, config, now)
        if changes:
            tell.put(storage, tell.admins(storage, self._bot.house, *summary(changes)), now)
        new = sorted(_languages(storage) - before)
        letters = [f"campaigns.{key}.letter.{language}: taken, for there was none" for key, language in new]
        for campaign in storage.campaigns.open():
            if opening := config.openings.get(campaign.key):
                letters += drafts.differences(storage, campaign, opening.letters)
        return changes, letters


def _languages(storage: Storage) -> set[tuple[str, str]]:
    """Campaign and language of each letter there is."""
    return {
        (campaign.key, letter.language)
        for campaign in storage.campaigns.open()
        for letter in storage.letters.current(campaign.id)
    }


def summary(changes: Changes) -> tuple[Text, ...]:
    """A few lines for the campaigners' room; the details are for whoever keeps the file."""
    some = (
        (N_("- added ({count}): {names}"), changes.added),
        (N_("- changed ({count}): {names}"), changes.changed),
        (N_("- kept as said in chat ({count}): {names}"), changes.kept),
        (N_("- no longer in the file, but they stay ({count}): {names}"), changes.unlisted),
    )
    lines = [say(N_("📋 I have read the organisations' file again:"))]
    lines += [say(text, count=len(names), names=_few([*names])) for text, names in some if names]
    if changes.refused:
        lines.append(say(N_("- not taken: {count}. Whoever runs me sees why."), count=len(changes.refused)))
    return tuple(lines)


def _few(names: Sequence[str]) -> str:
    named, more = public_names(names)
    return ", ".join((*named, "…")) if more else ", ".join(named)


def needs_restart(running: Settings, read: Settings) -> list[str]:
    """The keys of a config that the running bot does not follow."""
    before, now = running.model_dump(), read.model_dump()
    found = []
    for section in STARTED_WITH:
        old, new = before[section] or {}, now[section] or {}
        found += [f"{section}.{key}" for key in {**old, **new} if old.get(key) != new.get(key)]
    for key, campaign in now["campaigns"].items():
        if key not in before["campaigns"]:
            found.append(f"campaigns.{key}")
        elif campaign["rooms"] != before["campaigns"][key]["rooms"]:
            found.append(f"campaigns.{key}.rooms")
    return found


def ask(folder: Path) -> Reloaded:
    """Have the bot that runs on a data folder read its config again, and wait for what comes of it.

    Raises:
        StorageError: none runs there, or it does not answer; the message says what to do.
    """
    health, asked = read_health(folder), datetime.now(UTC)
    if health is None or not is_running(health, asked):
        raise StorageError(f"no bot is running on {folder}: `tocsin run` reads everything when it starts")
    try:
        os.kill(health.process, signal.SIGHUP)
    except ProcessLookupError:
        raise StorageError(f"the bot on {folder} has just ended: `tocsin run` starts it again") from None
    except PermissionError:
        raise StorageError(
            f"the bot (process {health.process}) is another user's: ask as that user"
        ) from None
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        time.sleep(0.05)
        try:
            said = Reloaded.model_validate_json((folder / FILE).read_bytes())
        except (OSError, ValidationError):
            continue
        if said.began >= asked:
            return said
    raise StorageError(
        f"the bot (process {health.process}) was asked and has not answered within {WITHIN:.0f} s: "
        "look into its log, and at `tocsin health`"
    )
