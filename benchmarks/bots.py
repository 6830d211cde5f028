"""The bots that are compared, each a process of its own: how long it takes to be ready, how much memory it needs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.live.town import CHECKOUT, Bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.live.synapse import Person

STARTS_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that is ready: after so many seconds, as this process."""

    seconds: float
    process_id: int

    @property
    def memory(self) -> float:
        """How much memory it has in use now, in MiB."""
        status = Path(f"/proc/{self.process_id}/status").read_text("ascii")
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(kilobytes) / 1024


@asynccontextmanager
async def _ready(
    *command: str, says: bytes, folder: Path = CHECKOUT, environment: Mapping[str, str]
) -> AsyncIterator[Running]:
    """Run a bot until the end of the block; it is ready once it has written a line that holds `says`."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=1 << 20,
    )
    if process.stdout is None:
        raise RuntimeError("it has no output")
    said: list[bytes] = []
    reading = None
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            async for line in process.stdout:
                said.append(line)
                if says in line:
                    break
            else:
                raise RuntimeError(f"{command[:3]} did not start:\n{b''.join(said[-20:]).decode()}")
        seconds = time.perf_counter() - began
        reading = asyncio.create_task(process.stdout.read())  # a pipe that nobody reads would stop it
        yield Running(seconds, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if reading is not None:
            await reading


@asynccontextmanager
async def echo(module: str, password: str, *arguments: str) -> AsyncIterator[Running]:
    """Run one of the bare echo bots of this folder."""
    command = (sys.executable, "-m", module, *arguments)
    async with _ready(*command, says=b"ready", environment={"ECHO_PASSWORD": password}) as running:
        yield running


def python_of_maubot() -> Path:
    """Return the interpreter of maubot's own venv: TOCSIN_BENCH_MAUBOT_PYTHON, else the checkout's own."""
    named = os.environ.get("TOCSIN_BENCH_MAUBOT_PYTHON")
    return Path(named) if named else CHECKOUT / ".venv-maubot" / "bin" / "python"


@asynccontextmanager
async def maubot(account: Person, folder: Path) -> AsyncIterator[Running]:
    """Run maubot by itself with the echo plugin of this folder, as somebody who is logged in and in their rooms."""
    plugin = Path(__file__).parent / "maubot_echo" / "maubot.yaml"
    config = folder / "maubot.yaml"
    config.write_text(
        json.dumps(
            {
                "user": {
                    "credentials": {
                        "id": account.user_id,
                        "homeserver": account.base_url,
                        "access_token": account.token,
                        "device_id": None,
                    },
                    "sync": True,
                    "displayname": "disable",
                    "avatar_url": "disable",
                },
                "database": f"sqlite:{folder / 'maubot.db'}",
                "logging": {
                    "version": 1,
                    "handlers": {"console": {"class": "logging.StreamHandler"}},
                    "root": {"level": "WARNING", "handlers": ["console"]},
                    "loggers": {"maubot.init": {"level": "INFO"}},
                },
            }
        )
    )
    command = (str(python_of_maubot()), "-m", "maubot.standalone", "-c", str(config), "-m", str(plugin))
    async with _ready(*command, says=b"Startup completed", folder=folder, environment={}) as running:
        yield running


@asynccontextmanager
async def tocsin(
    config: Path, passwords: dict[str, str], log: Path, *, without: str = ""
) -> AsyncIterator[Running]:
    """Run Tocsin as an operator starts it; or `without` one of the safeguards of the fault tests."""
    module = ("tests.faults.without", without) if without else ("bot",)
    bot = Bot(config, passwords, log, module)
    began = time.perf_counter()
    try:
        await bot.start(STARTS_WITHIN)
        if bot.process is None or bot.process.returncode is not None:
            raise RuntimeError(f"Tocsin did not start:\n{bot.said()}")
        yield Running(time.perf_counter() - began, bot.process.pid)
    finally:
        await bot.stop()
