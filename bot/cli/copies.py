"""`tocsin backup` and `tocsin restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads it from the signature
from typing import Annotated

import typer

from bot.cli.exits import fail, tell
from bot.cli.folder import CONFIG, ConfigPath, read, taken
from storage.backup import backup as copy
from storage.opening import FILE
from storage.trouble import StorageError


def backup(
    file: Annotated[
        Path,
        typer.Argument(metavar="NEW_FILE", help="The file to make. One that is there is never overwritten."),
    ],
    config: ConfigPath = CONFIG,
) -> None:
    """Copy the database into a new file, checked. May be called while the bot runs."""
    folder = read(config).settings.bot.data
    try:
        size = copy(folder, file)
    except StorageError as error:
        fail(str(error))
    tell(f"{file}: {size} bytes, read whole and sound")


def restore(
    file: Annotated[Path, typer.Argument(metavar="BACKUP", help="A backup that `tocsin backup` made.")],
    config: ConfigPath = CONFIG,
) -> None:
    """Begin again from a backup, in an empty data folder, as a new device."""
    from bot.upkeep.backups import begin_again, what_follows

    known = read(config)
    folder = known.settings.bot.data
    try:
        with taken(folder):
            doubt = begin_again(file, folder, known, datetime.now(UTC))
    except StorageError as error:
        fail(str(error))
    tell(f"{folder / FILE}: restored from {file}")
    tell(*(f"  {line}" for line in what_follows(doubt)))
