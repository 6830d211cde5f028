"""The steps between which a process may die: named here, so that the fault tests can end it at each of them."""

from __future__ import annotations

import os
import signal
from typing import Literal, get_args

Step = Literal[
    "migration",  # before each statement of a migration
    "before-begin",
    "after-begin",
    "inbox",  # after events were entered
    "cursor",  # after the cursors moved
    "mark",  # after a dispatch was marked as delivered or given up
    "before-commit",
    "after-commit",
    "before-send",
    "after-send",  # Matrix: the server took it. XMPP: it was put on the stream
    "response",  # it is known to be in the room, and not marked yet
    "before-keys-commit",  # of the keys of encrypted rooms, in a file of their own
    "after-keys-commit",
]
STEPS: tuple[Step, ...] = get_args(Step)


def _armed(wanted: str) -> tuple[str, int] | None:
    """Read `step` or `step:n`. Raises ValueError: a step that does not exist would never be reached."""
    step, _, count = wanted.partition(":")
    if not step:
        return None
    if step not in STEPS:
        raise ValueError(f"TOCSIN_KILL_AT: no such step as {step!r}")
    return step, int(count or 1)


_ARMED = _armed(os.environ.get("TOCSIN_KILL_AT", ""))
_left = _ARMED[1] if _ARMED else 0


def reached(step: Step) -> None:
    """Do nothing; unless `TOCSIN_KILL_AT=step:n` was set: then the n-th time a step is reached is the end (SIGKILL)."""
    if _ARMED is None or _ARMED[0] != step:
        return
    global _left  # noqa: PLW0603 - two threads at most, and the first to get there ends both
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
