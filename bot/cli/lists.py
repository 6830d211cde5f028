"""`tocsin export`, `tocsin audit` and `tocsin purge`: what the database holds, and whom it forgets."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads it from the signature
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.exits import fail, refuse, tell
from bot.cli.folder import CONFIG, ConfigPath, look, opened, read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.campaigns import Campaign
    from storage.storage import Storage


def export(
    campaign: Annotated[
        str, typer.Option(help="The campaign's key in the config; not needed where there is one alone.")
    ] = "",
    form: Annotated[Literal["csv", "json", "markdown"], typer.Option("--format")] = "csv",
    language: Annotated[
        Literal["en", "fr"] | None,
        typer.Option(
            "--language",
            "-l",
            help="Of a csv; without, the campaign's. In French its cells are parted by semicolons.",
        ),
    ] = None,
    config: ConfigPath = CONFIG,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A file, which is replaced; without, standard output."),
    ] = None,
) -> None:
    """Write the list of a campaign. May be called while the bot runs.

    csv and json are for campaigners: they name people and their accounts. markdown is the list to publish: it names
    only who agreed to it. A csv is in the campaign's language unless --language says another: in French a spreadsheet
    expects semicolons, and gets them.
    """
    from commands.export import make

    folder = read(config).settings.bot.data

    def work(storage: Storage) -> bytes:
        known = _campaign(storage, campaign) if campaign else _only(storage)
        return make(storage, known, form, datetime.now(UTC), language=language or known.language)[0].data

    data = look(folder, work)
    if output is None:
        sys.stdout.buffer.write(data)
        return
    mode = 0o666 if form == "markdown" else 0o600  # what is to be published, and what names people
    try:
        with os.fdopen(os.open(output, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, mode), "wb") as file:
            file.write(data)
    except OSError as error:
        fail(f"cannot write {output}: {error.strerror}")
    tell(f"{output}: {len(data)} bytes")


def audit(
    config: ConfigPath = CONFIG,
    campaign: Annotated[str, typer.Option(help="Only the acts that concern this campaign, by its key.")] = "",
    form: Annotated[Literal["text", "csv", "json"], typer.Option("--format")] = "text",
    most: Annotated[
        int, typer.Option("--last", "-n", min=1, help="How many acts, from the newest on.")
    ] = 100,
) -> None:
    """Write who changed what, when and where, the newest first. May be called while the bot runs."""
    from bot.upkeep import book

    known = read(config)

    def work(storage: Storage) -> bytes:
        only = _campaign(storage, campaign).id if campaign else None
        return book.written(storage, known, form, most, only)

    sys.stdout.buffer.write(look(known.settings.bot.data, work))


def purge(
    config: ConfigPath = CONFIG,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would be forgotten.")] = False,
) -> None:
    """Forget the people who have had no part in an open campaign for as long as the config says (keep_days).

    What organisations signed stays, without them. May be called while the bot runs.
    """
    from bot.upkeep import keeping

    known = read(config)
    now = datetime.now(UTC)
    count = 0
    with opened(known.settings.bot.data) as database:
        if dry_run:
            looked = database.transaction(lambda storage: keeping.due(storage, known, now), writes=False)
            gone: Iterable[str] = (line for _, line in looked)
        else:
            gone = keeping.purge(database, known, now)
        for line in gone:
            count += 1
            tell(f"  {line}")
    done = "would be forgotten" if dry_run else "forgotten; older backups still know them"
    tell(f"{count} {'person' if count == 1 else 'people'} {done}")


def _campaign(storage: Storage, key: str) -> Campaign:
    """The campaign of this key; end with the exit code for wrong usage if there is none."""
    found = storage.campaigns.find(key)
    if found is None:
        refuse(f"--campaign {key}: there is no such campaign")
    return found


def _only(storage: Storage) -> Campaign:
    """The campaign there is; end with the exit code for wrong usage if there are several, or none."""
    every = storage.campaigns.all()
    if len(every) != 1:
        keys = ", ".join(each.key for each in every)
        refuse(f"--campaign is needed, one of: {keys}" if every else "there is no campaign yet")
    return every[0]
