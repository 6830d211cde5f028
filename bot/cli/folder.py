"""What most commands begin with: the config, and the data folder it names, whether a bot runs there or not."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.cli.exits import fail, refuse
from bot.config import Config, ConfigError, load
from storage.opening import FILE, LOCK, cannot_use, is_older, lock, open_database
from storage.trouble import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.database import Database
    from storage.storage import Storage

T = TypeVar("T")
ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="The config file.")]
CONFIG = Path("config.toml")
"""The config, unless another is named."""


def read(path: Path) -> Config:
    """Read a config alone, for its data folder and its settings; end with everything that is wrong with it.

    Neither a login nor the letters and organisations beside it are looked at: nobody's slip in one of those may keep an
    operator from a backup. It ends, too, where this user may not look into the data folder.
    """
    try:
        known = load(path, logs_in=False, files="none")
    except ConfigError as error:
        refuse(str(error), error.problems)
    try:
        (known.settings.bot.data / FILE).stat()
    except PermissionError as error:
        fail(str(cannot_use(known.settings.bot.data, error)))
    except OSError:
        pass  # most often there is none yet: each command says what that means to it
    return known


def locked(folder: Path) -> IO[str]:
    """Take the data folder, making it if there is none. Raises StorageError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return lock(folder)
    except OSError as error:
        raise cannot_use(folder, error) from error


@contextmanager
def taken(folder: Path) -> Iterator[None]:
    """Take the data folder, as `locked`. If what is done there fails, nothing is left of one that was made for it."""
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    with ExitStack() as gone:
        for one in reversed(made):
            gone.callback(_take_away, one)
        file = locked(folder)
        gone.callback(file.close)
        if made:
            gone.callback((folder / LOCK).unlink, missing_ok=True)
        yield
        gone.pop_all()
        file.close()


def _take_away(folder: Path) -> None:
    """Remove a folder, unless it is not there or somebody has put something into it."""
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    """Open the database of a data folder, on which a bot may be running; end with a message if it cannot be used."""
    if not (folder / FILE).is_file():
        fail(f"there is no {folder / FILE} yet: `tocsin run` makes it")
    try:
        with ExitStack() as stack:
            if is_older(folder):
                # A bot that runs was not started anew since the program was changed: it goes by the old schema.
                stack.enter_context(locked(folder))
            database = open_database(folder)
            stack.callback(database.close)
            yield database
    except StorageError as error:
        fail(str(error))


def look(folder: Path, work: Callable[[Storage], T]) -> T:
    """Look at the database of a data folder, as `opened`."""
    with opened(folder) as database:
        return database.transaction(work, writes=False)
