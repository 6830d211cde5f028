"""Clients in other languages, driven by lines of JSON, so that what they must see is asserted here."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER = Path(__file__).parent
_WAIT = 90.0
"""Seconds that only guard against hanging."""
_LIMIT = 1 << 24
"""Bytes of one line: a file comes in one."""


class ClientError(Exception):
    """The client could not do what it was asked; the message is its own."""


class Client:
    """A script of this folder in Node, for as long as `async with` lasts.

    What it tells by itself is kept in `seen`, in order, so that `wait_for` finds what has already come.
    """

    def __init__(self, script: str, *, environment: Mapping[str, str] | None = None) -> None:
        self._script, self._environment = script, environment or {}
        self.seen: list[dict[str, Any]] = []
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._news = asyncio.Condition()
        self._errors: list[str] = []

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            "node",
            str(FOLDER / self._script),
            cwd=FOLDER,
            env={**os.environ, **self._environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LIMIT,
        )
        self._reading = [asyncio.create_task(self._read()), asyncio.create_task(self._listen())]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()  # it ends by itself then
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await asyncio.gather(*self._reading)

    async def do(self, act: str, **given: Any) -> Any:
        """Have something done, and return what came of it. Raises ClientError or TimeoutError."""
        number = next(self._numbers)
        self._asked[number] = answer = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "act": act, **given}).encode() + b"\n")
        await self._process.stdin.drain()
        try:
            return await asyncio.wait_for(answer, _WAIT)
        except TimeoutError:
            reading = "reads" if not self._reading[0].done() else repr(self._reading[0].exception())
            raise TimeoutError(
                f"{act}: no answer ({reading}); last seen: {self.seen[-3:]}\n{self.errors}"
            ) from None

    async def wait_for(self, fits: Callable[[dict[str, Any]], bool], *, since: int = 0) -> dict[str, Any]:
        """Return the first thing it told that fits, waiting for it if need be; `since` is an index into `seen`."""

        def found() -> dict[str, Any] | None:
            return next((one for one in self.seen[since:] if fits(one)), None)

        try:
            async with asyncio.timeout(_WAIT), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            last = "\n".join(json.dumps(one, ensure_ascii=False)[:400] for one in self.seen[-12:])
            raise TimeoutError(f"nothing like that; last seen:\n{last}\n{self.errors}") from None
        fitting = found()
        assert fitting is not None
        return fitting

    @property
    def errors(self) -> str:
        """The end of what it logged."""
        return "\n".join(self._errors[-30:])

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "id" in told and ("answer" in told or "error" in told) and "stanza" not in told:
                answer = self._asked.pop(told["id"])
                if answer.done():
                    continue
                if "error" in told:
                    answer.set_exception(ClientError(told["error"]))
                else:
                    answer.set_result(told["answer"])
                continue
            async with self._news:
                self.seen.append(told)
                self._news.notify_all()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ClientError(f"it ended:\n{self.errors}"))

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._errors.append(line.decode("utf-8", "replace").rstrip())
