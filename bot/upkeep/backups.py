"""Beginning again from a backup: what is not repeated, and what campaigners and operators are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Moment, say
from commands import tell
from commands.clock import due
from commands.command import House
from storage.backup import restore

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from bot.config import Config
    from storage.backup import InDoubt
    from storage.storage import Storage


def begin_again(file: Path, folder: Path, config: Config, now: datetime) -> InDoubt:
    """Make the data folder from a backup, and leave word for the campaigners. Raises StorageError.

    Reminders that were due by now are not given: the bot that the backup was taken from most likely gave them.
    """
    bot = config.settings.bot
    house = House(language=bot.language, timezone=bot.timezone, admins=frozenset(bot.admins))

    def then(storage: Storage, doubt: InDoubt) -> None:
        due.hush(storage, now)
        lines = [
            say(
                N_(
                    "I begin again from a backup, restored on {at}. What was said since it was made is read again, as far as the servers keep it: it counts, and may be answered a second time. Reminders that were due until now do not ring again. Please look through the list and the polls."
                ),
                at=Moment(now, bot.timezone),
            )
        ]
        if doubt.total:
            lines.append(
                say(
                    N_(
                        "Of my messages {count} were about to leave when the backup was made. They may have arrived since: I do not send them again."
                    ),
                    count=doubt.total,
                )
            )
        tell.put(storage, tell.admins(storage, house, *lines), now)

    return restore(file, folder, now, then)


def what_follows(doubt: InDoubt) -> list[str]:
    """Say to the operator what happens at the next start."""
    return [
        "at the next start it logs in as a new device: see that no other Tocsin runs on this account",
        "if it logged in with what `tocsin login` kept: log in again before",
        "for encrypted rooms: bring back keys/cross-signing.json alone from the old folder, before it starts",
        "what was said since the backup is read again, as far as the servers keep it, and may be answered twice",
        "reminders that were due until now do not ring again",
        f"not sent, for it may have been since the backup: {doubt.total} messages",
        "the campaigners are told all this in their rooms",
    ]
