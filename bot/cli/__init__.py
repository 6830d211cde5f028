"""The command line, `tocsin`: which commands there are; each is a function in the file of its kind.

A command imports what it alone needs when it runs: `tocsin health`, asked every minute on a small machine, should not
load the libraries of two networks.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import metadata
from typing import Annotated, Literal

import typer

from bot.cli.accounts import check, login
from bot.cli.copies import backup, restore
from bot.cli.lists import audit, export, purge
from bot.cli.serving import health, reload, run


def demo(
    language: Annotated[
        Literal["fr", "en"], typer.Option("--language", "-l", help="What is spoken in it.")
    ] = "fr",
) -> None:
    """Play the opening of a campaign in the terminal, on a throw-away database; then type yourself. No account."""
    from bot.demo import main as play

    try:
        asyncio.run(play(sys.stdin, sys.stdout, language))
    except KeyboardInterrupt:
        typer.echo()


COMMANDS = (demo, login, check, run, reload, health, export, audit, purge, backup, restore)
"""In the order in which somebody meets them."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for one in COMMANDS:
    app.command()(one)


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"tocsin {metadata.version('tocsin')}")
        raise typer.Exit


@app.callback()
def tocsin(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Get an open letter signed by a collective of organisations, on Matrix and XMPP at once.

    Exit codes: 0 done; 1 failed, with the reason; 2 wrong usage or config, and nothing was begun.
    """


def main() -> None:
    """Run the command line."""
    app()
