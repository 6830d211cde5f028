"""`tocsin login` and `tocsin check`: from a config to accounts that let the bot in."""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.exits import FAILED, fail, refuse, tell, terminal
from bot.cli.folder import CONFIG, ConfigPath, look, read, taken
from bot.config import Config, ConfigError, load, remarks
from campaign.chat import NETWORKS
from storage.opening import FILE
from storage.trouble import StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.accounts.credentials import Login
    from bot.accounts.login import How
    from bot.transports.base import Transport


def login(
    network: Annotated[Literal["matrix", "xmpp"], typer.Argument(help="Where to log in.")],
    config: ConfigPath = CONFIG,
    *,
    token: Annotated[bool, typer.Option("--token", help="Ask for an access token (Matrix).")] = False,
    sso: Annotated[bool, typer.Option("--sso", help="By single sign-on, in a browser (Matrix).")] = False,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from the standard input.")] = False,
) -> None:
    """Log in once, and keep what `run` needs for it in the data folder. Asks for the password.

    On Matrix an access token is kept, and never the password. What was asked for is never part of a command.
    """
    from bot.accounts.login import NotLoggedIn, Terminal, comes_before, log_in

    if token and sso:
        refuse("--token or --sso, not both")
    known = read(config)
    folder = known.settings.bot.data
    how: How = "token" if token else "sso" if sso else "password"
    asked = Terminal(tell, piped=stdin)
    try:
        with taken(folder):
            done = log_in(known, network, how, terminal=asked, now=datetime.now(UTC))
    except (StorageError, NotLoggedIn) as error:
        fail(str(error))
    except OSError as error:
        fail(f"cannot keep it in {folder}: {error.strerror}")
    tell(done)
    if before := comes_before(known, network, dict(os.environ)):
        tell(f"but {before}", style="yellow")


def check(config: ConfigPath = CONFIG) -> None:
    """Say everything that is wrong with a config, then try each login.

    Exit code 0: all is well; 1: a login is missing or did not succeed; 2: the config is wrong.
    """
    from bot.networks import transports

    try:
        known, missing = load(config, thoroughly=True), []
    except ConfigError as error:
        if error.well_formed is None:
            refuse(str(error), [*error.problems, *remarks(config, datetime.now(UTC))])
        known, missing = error.well_formed, error.problems
    try:
        served = transports(known, keys=False)
    except ValueError as error:
        refuse(str(error))
    logging.getLogger().addHandler(logging.NullHandler())  # what is wrong is said below, once
    tell(f"{config}: well-formed")
    remarked = [*remarks(config, datetime.now(UTC)), *_differences(known, known.settings.bot.data)]
    tell(*(f"  {line}" for line in remarked))
    tell(*missing, style="red")
    if not asyncio.run(_try_all(known, served)) or missing:
        raise typer.Exit(FAILED)


def _differences(config: Config, folder: Path) -> list[str]:
    """What the database says otherwise than the config; nothing before the first run."""
    from bot.files.opening import differences

    if not (folder / FILE).is_file():
        return []
    return look(folder, lambda storage: differences(storage, config))


async def _try_all(config: Config, served: dict[str, Transport]) -> bool:
    """Try each login, and say what came of it; whether all was well."""
    from bot.networks import KEYS

    keys = config.settings.bot.data / KEYS
    with terminal.status("trying to log in …"):
        return all(
            [await _try(network, one, config.logins[network], keys) for network, one in served.items()]
        )


async def _try(network: str, transport: Transport, login: Login, keys: Path) -> bool:
    from bot.networks import CHECKING
    from bot.transports.base import LoginRefused, Start, TransportError
    from bot.transports.matrix import MatrixTransport

    name = NETWORKS[network]
    try:
        async with asyncio.timeout(60), transport.connected(Start(device=login.device or CHECKING)):
            tell(f"{name}: logged in, with {login.source}")
            if isinstance(transport, MatrixTransport):
                tell(f"  {await transport.remark_on(keys)}")
    except LoginRefused as error:
        mend = f"; `{login.mended_by}` mends it" if login.mended_by else ""
        tell(f"{name}: login refused, with {login.source}: {error}{mend}", style="red")
    except (TransportError, TimeoutError) as error:
        tell(f"{name}: cannot be reached: {error or 'no answer'}", style="red")
    else:
        return True
    return False
