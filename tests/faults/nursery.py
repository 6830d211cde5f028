"""Where the bots of the fault tests are born: a process that has imported all of it, and forks one bot after another.

A bot so started is what `python -m bot run` is, but for the two seconds in which Python reads its modules: a full run
starts it more than a thousand times. `python -m tests.faults.nursery` is the process; `Nursery` is how to ask it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import select
import signal
import sys
import traceback
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHECKOUT = Path(__file__).parents[2]
_LOOK = 0.03
"""Seconds between two looks at what a bot said."""


@dataclass
class Process:
    """One bot. `returncode` is None while it lives, negative if a signal ended it."""

    pid: int
    log: Path = Path(os.devnull)
    said_before: int = 0
    """How long its log was before it was born."""
    returncode: int | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it says that it is ready on its networks, or has ended."""
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def said(self) -> str:
        """What it wrote, its log included."""
        return self.log.read_bytes()[self.said_before :].decode(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still lives."""
        if self.returncode is None:
            os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait for its end."""
        await self._over.wait()
        return self.returncode or 0

    def ended(self, code: int) -> None:
        """Note its end."""
        self.returncode = code
        self._over.set()
        self.ready.set()

    async def watch(self) -> None:
        """Look for the line that says it is ready."""
        while not self.ready.is_set():
            if "is ready on" in self.said():
                self.ready.set()
            await asyncio.sleep(_LOOK)


class Nursery:
    """Starts bots; see `nursery`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._born: asyncio.Queue[Process] = asyncio.Queue()
        self._living: dict[int, Process] = {}
        self._asking = asyncio.Lock()
        self._watching: set[asyncio.Task[None]] = set()

    async def start(
        self, config: Path, log: Path, environment: dict[str, str], *, safeguard: str = ""
    ) -> Process:
        """Start `tocsin run --config …` with what it says appended to `log`; without a safeguard, if one is named."""
        with log.open("ab") as file:
            before = file.tell()
        wanted = {"config": str(config), "log": str(log), "environment": environment, "without": safeguard}
        stdin = self._process.stdin
        if stdin is None:
            raise RuntimeError("the nursery has no ear")
        async with self._asking:
            stdin.write(json.dumps(wanted).encode() + b"\n")
            process = await self._born.get()
            process.log, process.said_before = log, before
        watching = asyncio.ensure_future(process.watch())
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)
        return process

    async def listen(self) -> None:
        """Take in births and deaths until the process ends."""
        stdout = self._process.stdout
        if stdout is None:
            raise RuntimeError("the nursery has no mouth")
        async for line in stdout:
            what, pid, code = json.loads(line)
            if what == "born":
                self._living[pid] = Process(pid)
                self._born.put_nowait(self._living[pid])
            else:
                self._living.pop(pid).ended(code)


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Run a nursery; at its end every bot has ended."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.nursery"),
        cwd=CHECKOUT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    made = Nursery(process)
    listening = asyncio.ensure_future(made.listen())
    try:
        yield made
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
        await listening


# --- the process itself


def _tell(*what: object) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _become(wanted: dict[str, Any]) -> None:
    """Be a bot, in the child: never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(wanted["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, source in ((0, nothing), (1, log), (2, log)):
            os.dup2(source, number)
        os.closerange(3, 64)
        os.environ.update(wanted["environment"])
        from bot import cli
        from storage import steps
        from tests.faults.controls import SAFEGUARDS
        from tests.faults.controls.timing import shift_the_clock

        importlib.reload(steps)  # it read its environment before this bot had one
        shift_the_clock()
        if wanted["without"]:
            SAFEGUARDS[wanted["without"]]()
        sys.argv = ["tocsin", "run", "--config", wanted["config"]]
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - it is the end of this process, said in its log
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _serve() -> None:
    import bot.cli
    import bot.networks
    import bot.serve  # noqa: F401 - this is what takes long
    import tests.faults.controls  # noqa: F401

    ear, mouth = os.pipe()
    os.set_blocking(mouth, False)
    signal.set_wakeup_fd(mouth)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    living: set[int] = set()
    heard, open_ = b"", True
    while open_ or living:
        readable, _, _ = select.select([0, ear] if open_ else [ear], [], [])
        if 0 in readable:
            said = os.read(0, 1 << 16)
            open_ = bool(said)
            *lines, heard = (heard + said).split(b"\n")
            for line in lines:
                pid = os.fork()
                if pid == 0:
                    _become(json.loads(line))
                living.add(pid)
                _tell("born", pid, 0)
            if not open_:
                for pid in living:
                    os.kill(pid, signal.SIGKILL)
        if ear in readable:
            os.read(ear, 1 << 12)
        while living:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            living.discard(pid)
            _tell("ended", pid, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _serve()
