"""nheko on a virtual screen of a phone's size: what somebody on Matrix sees in a room."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.synapse import Person

_SCALE = 1.5
_NEEDS = ("nheko", "Xvfb", "xdotool", "import", "dbus-run-session")


def missing() -> str:
    """What is not there of what it needs, or nothing."""
    return ", ".join(one for one in _NEEDS if not shutil.which(one))


class Nheko:
    """nheko with everything it keeps in `folder`, logged in as a new device, for as long as `async with` lasts.

    The picture is taken at half as many pixels again as the phone has points, to be read on any screen.
    """

    def __init__(self, folder: Path, homeserver: str, person: Person, width: int, height: int) -> None:
        self._folder, self._homeserver, self._person = folder, homeserver, person
        self._size = (int(width * _SCALE), int(height * _SCALE))
        self._processes: list[asyncio.subprocess.Process] = []
        self._environment: dict[str, str] = {}
        self.version = ""

    async def __aenter__(self) -> Self:
        homes = {name: self._folder / name for name in ("config", "data", "cache", "run")}
        for home in homes.values():
            home.mkdir(parents=True, mode=0o700)
        (homes["config"] / "nheko").mkdir()
        (homes["config"] / "nheko" / "nheko.conf").write_text(await self._settings())
        width, height = self._size
        reading, writing = os.pipe()
        screen = f"{width}x{height}x24"
        await self._start("Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp", keep=(writing,))
        os.close(writing)
        with os.fdopen(reading) as display:
            number = (await asyncio.to_thread(display.readline)).strip()
        self._environment = {
            "DISPLAY": f":{number}",
            "LANG": "C.UTF-8",
            "LANGUAGE": "fr",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "QT_QPA_PLATFORM": "xcb",
            "QT_QUICK_BACKEND": "software",
            "QT_SCALE_FACTOR": str(_SCALE),
            "HOME": str(self._folder),
            **{f"XDG_{name.upper()}_HOME": str(home) for name, home in homes.items() if name != "run"},
            "XDG_RUNTIME_DIR": str(homes["run"]),
        }
        self.version = (await self._output("nheko", "--version")).strip().splitlines()[-1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            if process.returncode is None:
                process.terminate()
                await process.wait()

    async def _settings(self) -> str:
        """What nheko keeps of somebody who has logged in."""
        person = self._person
        who = {"type": "m.id.user", "user": person.user_id}
        body = {"type": "m.login.password", "identifier": who, "password": person.password}
        login = await person.call("POST", "login", body=body)
        return f"""
[General]
run_without_secure_secrets_service=true

[auth]
access_token={login["access_token"]}
device_id={login["device_id"]}
home_server={self._homeserver}
user_id={login["user_id"]}

[user]
theme=light
decrypt_sidebar=true
"""

    async def _start(self, *command: str, keep: tuple[int, ...] = ()) -> None:
        with (self._folder / "log").open("ab") as log:
            self._processes.append(
                await asyncio.create_subprocess_exec(
                    *command,
                    env={**os.environ, **self._environment},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=keep,
                )
            )

    async def _output(self, *command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **self._environment}, stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0].decode()

    async def opens(self, address: str) -> None:
        """Start it with a room open, known by its address."""
        uri = f"matrix:r/{address.removeprefix('#')}?action=join"
        await self._start("dbus-run-session", "--", "nheko", "--log-level", "info", uri)

    async def picture(self, into: Path) -> None:
        """Take a picture of the whole screen."""
        await self._output("import", "-window", "root", str(into))
