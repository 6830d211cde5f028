"""How a command ends: what is said on the terminal, and with which exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterable

FAILED, WRONG = 1, 2
"""Exit codes beside 0, done: it failed; or the usage or the config is wrong, and nothing was begun."""

terminal = Console(stderr=True, highlight=False, soft_wrap=True)
"""Where people are told things; what a command is asked for goes to the standard output."""


def tell(*lines: str, style: str = "") -> None:
    """Say something as it is: what somebody else wrote is no markup."""
    for line in lines:
        terminal.print(line, style=style, markup=False)


def fail(message: str) -> NoReturn:
    """End: it cannot be done."""
    tell(message, style="red")
    raise typer.Exit(FAILED)


def refuse(message: str, problems: Iterable[str] = ()) -> NoReturn:
    """End: the usage or the config is wrong."""
    tell(message, style="red")
    tell(*(f"  {one}" for one in problems))
    raise typer.Exit(WRONG)
