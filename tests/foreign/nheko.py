"""nheko on a virtual screen of a phone's size: what somebody on Matrix sees in a room."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.synapse import Person

_PROFILE = "tocsin-pictures"
"""By it nheko knows itself from one that its user has open."""
_SCALE = 2.0
_WAIT = 60.0
_LOOK = 2.0
"""Seconds between two looks at the screen."""
_NEEDS = ("nheko", "Xvfb", "xdotool", "import", "dbus-run-session")


def missing() -> str:
    """What is not there of what it needs, or nothing."""
    return ", ".join(one for one in _NEEDS if not shutil.which(one))


class Nheko:
    """nheko with everything it keeps in `folder`, logged in as a new device, for as long as `async with` lasts.

    The picture is taken at twice as many pixels as the phone has points: to be read on any screen.
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
        await self._start(
            "Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp", keep=(writing,)
        )
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
        told = {
            "auth\\access_token": login["access_token"],
            "auth\\device_id": login["device_id"],
            "auth\\home_server": self._homeserver,
            "auth\\user_id": login["user_id"],
        }
        lines = [f"{_PROFILE}\\{key}={value}" for key, value in told.items()]
        return "\n".join(
            (
                "[General]",
                "run_without_secure_secrets_service=true",
                "[profile]",
                *lines,
                "[user]",
                "theme=light",
                "",
            )
        )

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

    async def _run(self, *command: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, **self._environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return (await process.communicate())[0]

    async def _output(self, *command: str) -> str:
        return (await self._run(*command)).decode()

    async def opens_its_room(self) -> None:
        """Start it, say no to what it asks of somebody new, and open the room at the top of the list."""
        await self._start("dbus-run-session", "--", "nheko", "--profile", _PROFILE)
        search = ("xdotool", "search", "--sync", "--onlyvisible", "--name", "nheko")
        windows = (await asyncio.wait_for(self._output(*search), _WAIT)).split()
        width, height = self._size
        await self._output("xdotool", "windowsize", "--sync", windows[-1], str(width), str(height))
        await self._settled()
        await self._click(
            width - 65 * _SCALE, height - 39 * _SCALE
        )  # "Cancel": no encryption is to be set up
        await self._click(200 * _SCALE, 107 * _SCALE)
        await self._output(
            "xdotool", "mousemove", str(width - 1), str(height - 1)
        )  # it shows buttons where it is
        await self._settled()

    async def _click(self, x: float, y: float) -> None:
        await self._output("xdotool", "mousemove", str(int(x)), str(int(y)), "click", "1")
        await self._settled()

    async def _settled(self) -> None:
        """Wait until what is on the screen does not change any more."""
        before = b""
        async with asyncio.timeout(_WAIT):
            while (now := await self._run("import", "-window", "root", "rgb:-")) != before:
                before = now
                await asyncio.sleep(_LOOK)

    async def picture(self, into: Path) -> None:
        """Take a picture of the whole screen."""
        await self._run("import", "-window", "root", "-define", "png:compression-level=9", str(into))
