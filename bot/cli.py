"""The command line: demo, login, run, reload, check, export, audit, purge, health, backup, restore."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Literal, NoReturn, TypeVar

import typer
from rich.console import Console

from bot import book, keeping
from bot import demo as demo_
from bot.backups import begin_again, what_follows
from bot.config import Config, ConfigError, load
from bot.discretion import configure
from bot.health import disk_free, judge
from bot.health import read as read_health
from bot.login import NotLoggedIn, Terminal, comes_before, log_in
from bot.opening import differences
from bot.reload import ask
from bot.serve import serve
from bot.transports.base import LoginRefused, Start, Transport, TransportError
from bot.transports.matrix import MatrixTransport
from bot.transports.xmpp import XmppTransport
from campaign.chat import MATRIX, NETWORKS, XMPP
from commands.export import make
from storage.backup import backup as copy
from storage.database import ELSEWHERE, FILE, StorageError, is_older, lock, open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.credentials import Login
    from bot.login import How
    from storage.campaigns import Campaign
    from storage.database import Database
    from storage.storage import Storage

T = TypeVar("T")
DONE, FAILED, WRONG = 0, 1, 2
"""Exit codes: done, failed, wrong usage or config."""
KEYS = "keys"
"""Where in the data folder the keys of encrypted rooms are kept: they are in no backup, and none brings them back."""
CHECKING = "TOCSIN-CHECK"
"""The device of `check`: always the same, so that checking often leaves one; never that of the bot, which may run."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="The config file.")]


@app.callback()
def tocsin() -> None:
    """Get an open letter signed by a collective of organisations, on Matrix and XMPP at once."""


@app.command()
def demo() -> None:
    """Play a whole campaign in the terminal, on a throw-away database."""
    try:
        asyncio.run(demo_.main(sys.stdin, sys.stdout))
    except KeyboardInterrupt:
        typer.echo()


@app.command()
def login(
    network: Annotated[Literal["matrix", "xmpp"], typer.Argument(help="Where to log in.")],
    config: ConfigPath = Path("config.toml"),
    *,
    token: Annotated[bool, typer.Option("--token", help="Ask for an access token (Matrix).")] = False,
    sso: Annotated[bool, typer.Option("--sso", help="By single sign-on, in a browser (Matrix).")] = False,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from the standard input.")] = False,
) -> None:
    """Log in once, and keep what `run` needs for it in the data folder. Asks for the password.

    On Matrix an access token is kept, and never the password. What was asked for is never part of a command.
    """
    if token and sso:
        errors.print("--token or --sso, not both", style="red")
        raise typer.Exit(WRONG)
    read = _read(config, logs_in=False)
    folder = read.settings.bot.data
    how: How = "token" if token else "sso" if sso else "password"
    terminal = Terminal(lambda line: errors.print(line, markup=False), piped=stdin)
    try:
        with _locked(folder), closing(open_database(folder)) as database:
            done = log_in(read, database, network, how, terminal=terminal, now=datetime.now(UTC))
    except (StorageError, NotLoggedIn) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"cannot keep it in {folder}: {error.strerror}")
    errors.print(done, markup=False)
    if before := comes_before(read, network, dict(os.environ)):
        errors.print(f"but {before}", style="yellow", markup=False)


@app.command()
def run(
    config: ConfigPath = Path("config.toml"),
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v")] = False,
) -> None:
    """Serve the campaigns of the config until stopped."""
    configure(verbose=verbose)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # whoever asks for a reload too early must not end it
    read = _read(config)
    served = _networks(read)
    folder = read.settings.bot.data
    with ExitStack() as opened:
        try:
            # The lock comes first: a second bot must not migrate the database under this one.
            opened.enter_context(_locked(folder))
            database = open_database(folder)
            opened.callback(database.close)
            stopped = asyncio.run(serve(read, database, served, errors.print))
        except StorageError as error:
            _fail(str(error))
    if stopped:
        _fail("; ".join(f"{NETWORKS[network]}: {why}" for network, why in stopped.items()))


@app.command()
def reload(config: ConfigPath = Path("config.toml")) -> None:
    """Have the running bot read the organisations and letters of the config again; say what changed."""
    folder = _read(config, logs_in=False).settings.bot.data
    try:
        done = ask(folder)
    except StorageError as error:
        _fail(str(error))
    if done.problems:
        errors.print(
            "the bot goes on as it was: its config has to be mended first", style="red", markup=False
        )
        for problem in done.problems:
            errors.print(f"  {problem}", markup=False)
        raise typer.Exit(WRONG)
    if done.trouble:
        _fail(f"nothing was changed: {done.trouble}")
    for line in done.changes or ["nothing has changed"]:
        typer.echo(line)
    for key in done.restart:
        typer.echo(f"followed only after a restart: {key}")


@app.command()
def check(config: ConfigPath = Path("config.toml")) -> None:
    """Say everything that is wrong with a config, then try each login."""
    read = _read(config)
    served = _networks(read, keys=False)
    logging.getLogger().addHandler(logging.NullHandler())  # what is wrong is said below, once
    errors.print(f"{config}: well-formed", markup=False)
    for line in _differences(read):
        errors.print(f"  {line}", markup=False)
    refused = asyncio.run(_try_logins(served, read.logins, read.settings.bot.data / KEYS))
    if refused:
        raise typer.Exit(FAILED)


@app.command()
def export(
    campaign: Annotated[str, typer.Option(help="The campaign's key in the config.")],
    form: Annotated[Literal["csv", "json", "markdown"], typer.Option("--format")] = "csv",
    config: ConfigPath = Path("config.toml"),
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; without, standard output.")
    ] = None,
) -> None:
    """Write the list of a campaign. May be called while the bot runs.

    csv and json are for campaigners: they name people and their accounts. markdown is the list to publish: it names
    only who agreed to it.
    """
    folder = _read(config, logs_in=False).settings.bot.data
    data = _look(folder, lambda storage: _of(storage, campaign, lambda one: _export(storage, one, form)))
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        try:
            output.write_bytes(data)
        except OSError as error:
            _fail(f"cannot write {output}: {error.strerror}")
        errors.print(f"{output}: {len(data)} bytes", markup=False)


@app.command()
def audit(
    config: ConfigPath = Path("config.toml"),
    campaign: Annotated[str, typer.Option(help="Only the acts that concern this campaign, by its key.")] = "",
    form: Annotated[Literal["text", "csv", "json"], typer.Option("--format")] = "text",
    most: Annotated[
        int, typer.Option("--last", "-n", min=1, help="How many acts, from the newest on.")
    ] = 100,
) -> None:
    """Write who changed what, when and where, the newest first. May be called while the bot runs."""
    read = _read(config, logs_in=False)

    def work(storage: Storage) -> bytes:
        if not campaign:
            return book.written(storage, read, form, most, None)
        return _of(storage, campaign, lambda one: book.written(storage, read, form, most, one.id))

    sys.stdout.buffer.write(_look(read.settings.bot.data, work))


@app.command()
def purge(
    config: ConfigPath = Path("config.toml"),
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would be forgotten.")] = False,
) -> None:
    """Forget the people who have had no part in an open campaign for as long as the config says (keep_days).

    What organisations signed stays, without them. May be called while the bot runs.
    """
    read = _read(config, logs_in=False)
    now = datetime.now(UTC)

    count = 0
    with _opened(read.settings.bot.data) as database:
        if dry_run:
            looked = database.transaction(lambda storage: keeping.due(storage, read, now), writes=False)
            gone: Iterable[str] = (line for _, line in looked)
        else:
            gone = keeping.purge(database, read, now)
        for count, line in enumerate(gone, 1):  # noqa: B007 - how many they were is said below
            errors.print(f"  {line}", markup=False)
    done = "would be forgotten" if dry_run else "forgotten; older backups still know them"
    errors.print(f"{count} {'person' if count == 1 else 'people'} {done}", markup=False)


@app.command()
def health(
    config: ConfigPath = Path("config.toml"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say how the running bot is. Exit code 0: well; 1: not well, with what is wrong; 2: wrong config."""
    folder = _read(config, logs_in=False).settings.bot.data
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


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to make. One that is there is never overwritten.")],
    config: ConfigPath = Path("config.toml"),
) -> None:
    """Copy the database into a new file, checked. May be called while the bot runs."""
    folder = _read(config, logs_in=False).settings.bot.data
    try:
        size = copy(folder, file)
    except StorageError as error:
        _fail(str(error))
    errors.print(f"{file}: {size} bytes, read whole and sound", markup=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup that `tocsin backup` made.")],
    config: ConfigPath = Path("config.toml"),
) -> None:
    """Begin again from a backup, in an empty data folder, as a new device."""
    read = _read(config, logs_in=False)
    folder = read.settings.bot.data
    try:
        with _locked(folder):
            doubt = begin_again(file, folder, read, datetime.now(UTC))
    except StorageError as error:
        _fail(str(error))
    errors.print(f"{folder / FILE}: restored from {file}", markup=False)
    for line in what_follows(doubt):
        errors.print(f"  {line}", markup=False)


def _export(storage: Storage, campaign: Campaign, form: str) -> bytes:
    return make(storage, campaign, form, datetime.now(UTC))[0].data


def _of(storage: Storage, key: str, then: Callable[[Campaign], T]) -> T:
    """Do something with the campaign of this key; end with the exit code for wrong usage if there is none."""
    found = storage.campaigns.find(key)
    if found is None:
        errors.print(f"--campaign {key}: there is no such campaign", style="red", markup=False)
        raise typer.Exit(WRONG)
    return then(found)


def _look(folder: Path, work: Callable[[Storage], T]) -> T:
    """Look at the database of a data folder, as `_opened`."""
    with _opened(folder) as database:
        return database.transaction(work, writes=False)


@contextmanager
def _opened(folder: Path) -> Iterator[Database]:
    """Open the database of a data folder, on which a bot may be running; end with a message if it cannot be used."""
    if not (folder / FILE).is_file():
        _fail(f"there is no {folder / FILE} yet: `tocsin run` makes it")
    try:
        with ExitStack() as opened:
            if is_older(
                folder
            ):  # a bot that runs was not started anew since the program was: it goes by the old one
                opened.enter_context(_locked(folder))
            database = open_database(folder)
            opened.callback(database.close)
            yield database
    except StorageError as error:
        _fail(str(error))


def _differences(config: Config) -> list[str]:
    """What the database says otherwise than the config; nothing before the first run."""
    folder = config.settings.bot.data
    if not (folder / FILE).is_file():
        return []
    return _look(folder, lambda storage: differences(storage, config))


def _read(path: Path, *, logs_in: bool = True) -> Config:
    try:
        return load(path, logs_in=logs_in)
    except ConfigError as error:
        errors.print(str(error), style="red", markup=False)
        for problem in error.problems:
            errors.print(f"  {problem}", markup=False)
        raise typer.Exit(WRONG) from None


def _locked(folder: Path) -> IO[str]:
    """Take the data folder, making it if there is none. Raises StorageError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return lock(folder)
    except OSError as error:
        raise StorageError(f"cannot use {folder}: {error.strerror}. {ELSEWHERE}") from error


def _fail(message: str) -> NoReturn:
    errors.print(message, style="red", markup=False)
    raise typer.Exit(FAILED)


def _networks(config: Config, *, keys: bool = True) -> dict[str, Transport]:
    try:
        return transports(config, keys=keys)
    except ValueError as error:
        errors.print(f"{error}", style="red", markup=False)
        raise typer.Exit(WRONG) from None


def transports(config: Config, *, keys: bool = True) -> dict[str, Transport]:
    """The networks of a config; without the `keys` of encrypted rooms, which the bot alone may touch, to try them."""
    found: dict[str, Transport] = {}
    matrix, xmpp = config.settings.matrix, config.settings.xmpp
    if matrix:
        login = config.logins[MATRIX]
        found[MATRIX] = MatrixTransport(
            matrix.homeserver,
            matrix.user,
            login.password,
            token=login.token,
            ca_file=matrix.ca_file,
            keys=config.settings.bot.data / KEYS if keys else None,
            name=matrix.name or "",
        )
    if xmpp:
        found[XMPP] = XmppTransport(
            xmpp.jid,
            config.logins[XMPP].password,
            xmpp.nick,
            host=xmpp.host,
            port=xmpp.port,
            ca_file=xmpp.ca_file,
            tls=xmpp.tls == "on",
        )
    return found


async def _try_logins(served: dict[str, Transport], logins: Mapping[str, Login], keys: Path) -> list[str]:
    refused = []
    with errors.status("trying to log in …"):
        for network, transport in served.items():
            login = logins[network]
            mend = f"; `{login.mended_by}` mends it" if login.mended_by else ""
            try:
                async with (
                    asyncio.timeout(60),
                    transport.connected(Start(device=login.device or CHECKING)),
                ):
                    errors.print(f"{NETWORKS[network]}: logged in, with {login.source}", markup=False)
                    if isinstance(transport, MatrixTransport):
                        errors.print(f"  {await transport.remark_on(keys)}", markup=False)
            except LoginRefused as error:
                refused.append(network)
                errors.print(
                    f"{NETWORKS[network]}: login refused, with {login.source}: {error}{mend}",
                    style="red",
                    markup=False,
                )
            except (TransportError, TimeoutError) as error:
                refused.append(network)
                errors.print(
                    f"{NETWORKS[network]}: cannot be reached: {error or 'no answer'}",
                    style="red",
                    markup=False,
                )
    return refused


def main() -> None:
    """Run the command line."""
    app()
