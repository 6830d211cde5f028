"""`python -m tests.faults.without SAFEGUARD[,…] run …`: Tocsin without one or some of its safeguards, as a process of its own."""

from __future__ import annotations

import sys

from bot import cli
from tests.faults.controls import SAFEGUARDS

if __name__ == "__main__":
    for safeguard in sys.argv.pop(1).split(","):
        SAFEGUARDS[safeguard]()
    cli.main()
