"""A log that names nobody: what people type, their names and their accounts stay out of it, whatever goes wrong.

Our own lines carry references, ids of events and of rooms, and what a server said of itself. An error's own words can
quote what was typed or named, so of a fault only its kind and where it happened are written; the words of what is no
fault (a server that does not answer) are, without accounts. Libraries write whole stanzas and requests: of their lines
only the pattern is kept, never what was to be filled in.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

LINE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
IN_JOURNAL = "%(name)s: %(message)s"
"""systemd's journal writes down when, and how grave by the number before each line (sd-daemon(3))."""
_GRAVE = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6}
OURS = ("bot", "commands", "storage", "campaign")
LIBRARIES = ("nio", "slixmpp", "apscheduler", "alembic")
_ACCOUNT = re.compile(r"@[^\s:@]+:[\w.-]+(?::\d+)?|[^\s@<>\"'()]+@[\w.-]+(?:/\S+)?")


def configure(*, verbose: bool) -> None:
    """Write a log to the standard error: what we say of ourselves; with `verbose`, what libraries do as well."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ForJournal(IN_JOURNAL) if in_journal(os.environ) else Discreet(LINE))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.CRITICAL)


def in_journal(environment: Mapping[str, str]) -> bool:
    """Whether the standard error goes to systemd's journal: it names the file that it gave us (systemd.exec(5))."""
    try:
        there = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"


def without_accounts(text: str) -> str:
    """The same without anything that looks like somebody's account."""
    return _ACCOUNT.sub("…", text)


class Discreet(logging.Formatter):
    """Writes lines that name nobody."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record: ours with its errors' words bare of accounts, a library's without what was filled in."""
        seen = logging.makeLogRecord(record.__dict__)
        if not _is_ours(record.name):
            seen.msg, seen.args = str(record.msg) if record.args else "(a library's line)", ()
        elif isinstance(record.args, tuple):
            seen.args = tuple(_bare(one) for one in record.args)
        seen.exc_text = None
        return super().format(seen)

    def formatException(  # noqa: N802 - logging's own name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """Write of a fault its kind and where it happened, not its words."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            kind = type(error).__name__
            lines += [*traceback.format_tb(error.__traceback__), f"{kind} (its words are left out)\n"]
            if isinstance(error, BaseExceptionGroup):
                lines += [f"  {type(one).__name__}\n" for one in error.exceptions]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip("\n")


class ForJournal(Discreet):
    """The same for systemd's journal, which takes line after line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, with how grave it is before each of its lines."""
        grave = next((number for level, number in _GRAVE.items() if record.levelno >= level), 7)
        return "\n".join(f"<{grave}>{line}" for line in super().format(record).split("\n"))


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def _bare(value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    return without_accounts(str(value)) if isinstance(value, BaseException) else value
