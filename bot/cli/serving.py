"""`tocsin run`, and what is asked of the bot that runs: `tocsin reload` and `tocsin health`."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.exits import FAILED, fail, refuse, terminal
from bot.cli.folder import CONFIG, ConfigPath, locked, read
from bot.config import ConfigError, load
from bot.discretion import configure
from bot.health.health import disk_free, judge
from bot.health.health import read as read_health
from campaign.chat import NETWORKS
from storage.trouble import StorageError


def run(
    config: ConfigPath = CONFIG,
    *,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what the libraries say, too.")
    ] = False,
) -> None:
    """Serve the campaigns of the config until stopped.

    A mistake in a letter's or an organisations' file keeps nobody from starting again: the bot goes on with what it
    holds. It does keep a campaign from being opened.
    """
    from bot.files.opening import holds_all
    from bot.networks import transports
    from bot.serve import serve
    from storage.opening import FILE, keep_written_ahead, open_database

    configure(verbose=verbose)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # whoever asks for a reload too early must not end it
    try:
        known = load(config, files="if whole")
        served = transports(known)
    except ConfigError as error:
        refuse(str(error), error.problems)
    except ValueError as error:
        refuse(str(error))
    folder = known.settings.bot.data
    if known.amiss and not (folder / FILE).is_file():
        refuse(str(ConfigError(config, [*known.amiss])), known.amiss)
    with ExitStack() as opened:
        try:
            # The lock comes first: a second bot must not migrate the database under this one.
            opened.enter_context(locked(folder))
            keep_written_ahead(folder)
            database = open_database(folder)
            opened.callback(database.close)
            if known.amiss and not database.transaction(
                lambda storage: holds_all(storage, known), writes=False
            ):
                refuse(str(ConfigError(config, [*known.amiss])), known.amiss)
            stopped = asyncio.run(serve(known, database, served, terminal.print))
        except StorageError as error:
            fail(str(error))
    if stopped:
        fail("; ".join(f"{NETWORKS[network]}: {why}" for network, why in stopped.items()))


def reload(config: ConfigPath = CONFIG) -> None:
    """Have the running bot read the organisations and letters of the config again; say what changed."""
    from bot.files.reload import ask

    folder = read(config).settings.bot.data
    try:
        done = ask(folder)
    except StorageError as error:
        fail(str(error))
    if done.problems:
        refuse("the bot goes on as it was: its config has to be mended first", done.problems)
    if done.trouble:
        fail(f"nothing was changed: {done.trouble}")
    for line in [*done.changes, *done.letters] or ["nothing has changed"]:
        typer.echo(line)
    for key in done.restart:
        typer.echo(f"followed only after a restart: {key}")


def health(
    config: ConfigPath = CONFIG,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say how the running bot is. Exit code 0: well; 1: not well, with what is wrong; 2: wrong config."""
    folder = read(config).settings.bot.data
    said, free = read_health(folder), disk_free(folder)
    lines = judge(said, free, datetime.now(UTC))
    well = all(line.well for line in lines)
    if as_json:
        state = None if said is None else said.model_dump(mode="json")
        wrong = [line.text.strip() for line in lines if not line.well]
        typer.echo(json.dumps({"well": well, "wrong": wrong, "disk_free": free, "bot": state}, indent=1))
    else:
        for line in lines:
            typer.echo(f"{'ok' if line.well else '!!'} {line.text}")
    if not well:
        raise typer.Exit(FAILED)
