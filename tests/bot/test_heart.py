"""The beat comes from the event loop and from nowhere else: whatever hangs the bot stops it, and nothing else does."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.app import App
from bot.health.health import FILE, read
from bot.health.heart import Heart, Systemd
from bot.transports.base import LoginRefused, Vitals
from campaign.chat import MATRIX, XMPP
from storage.opening import open_database
from tests.bot.scripted import COOP, FORGE, NOW, TEAM, Network, config, cut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from storage.database import Database


class Manager:
    """systemd, as far as a service sees it: a datagram socket."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(0)
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        """Everything that was said so far."""
        while True:
            try:
                self.heard += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard

    async def until(self, condition: Callable[[list[str]], bool]) -> None:
        """Wait until what was said fulfils this."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while not condition(self.listen()):
                self.heard += (await loop.sock_recv(self.socket, 4096)).decode().splitlines()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(made.path))
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    with closing(made.socket):
        yield made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def networks() -> tuple[Network, Network]:
    return Network(MATRIX, rooms=(COOP, TEAM)), Network(XMPP, echoes=True, rooms=(FORGE,))


@asynccontextmanager
async def beating(
    tmp_path: Path, database: Database, networks: tuple[Network, Network], every: float = 0.05
) -> AsyncIterator[App]:
    matrix, xmpp = networks
    app = App(config(tmp_path), database, {MATRIX: matrix, XMPP: xmpp}, lambda: NOW)
    with closing(Systemd()) as systemd:
        serving = asyncio.create_task(app.serve())
        try:
            async with Heart(app, database, systemd, every=every).beating():
                yield app
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def test_it_says_how_it_stands_with_each_network(
    tmp_path: Path, database: Database, networks: tuple[Network, Network], manager: Manager
) -> None:
    matrix, xmpp = networks
    heard = datetime(2027, 9, 1, 9, 59, tzinfo=UTC)
    xmpp.signs = Vitals(heard, {FORGE.id: heard})
    matrix.doors.append(LoginRefused("wrong password"))
    async with beating(tmp_path, database, networks) as app:
        await asyncio.wait_for(app.ready(), 10)
        await manager.until(lambda said: "STATUS=Matrix: given up (wrong password); XMPP: caught up" in said)
        said = read(database.path.parent)
    assert said is not None
    assert said.process == os.getpid()
    assert said.stopped is None
    assert said.networks["matrix"].why == "wrong password"
    assert said.networks["xmpp"].rooms == {FORGE.id: heard}
    after = read(database.path.parent)
    assert after is not None
    assert after.stopped is not None


async def test_what_a_server_says_is_no_word_to_systemd(
    tmp_path: Path, database: Database, networks: tuple[Network, Network], manager: Manager
) -> None:
    matrix, _ = networks
    matrix.doors.append(LoginRefused("no\nWATCHDOG=trigger\x1b[2J"))
    async with beating(tmp_path, database, networks):
        await manager.until(lambda said: any("given up" in line for line in said))
    assert "WATCHDOG=trigger" not in manager.listen()
    assert "STATUS=Matrix: given up (no WATCHDOG=trigger [2J); XMPP" in "\n".join(manager.listen())


async def test_the_watchdog_hears_it_twice_as_often_as_it_asks(
    tmp_path: Path, database: Database, networks: tuple[Network, Network], manager: Manager
) -> None:
    began = time.monotonic()
    async with beating(tmp_path, database, networks, every=10.0):
        await manager.until(
            lambda said: said.count("WATCHDOG=1") == 4
        )  # at its own pace that would take 30 s
    assert time.monotonic() - began > 0.6, "and no oftener"


async def test_trouble_that_no_restart_mends_does_not_stop_it(
    tmp_path: Path, database: Database, networks: tuple[Network, Network], manager: Manager
) -> None:
    matrix, _ = networks
    matrix.doors.extend(cut() for _ in range(1000))
    (database.path.parent / f"{FILE}.part").mkdir()  # nor that the file cannot be written
    async with beating(tmp_path, database, networks):
        await manager.until(lambda said: said.count("WATCHDOG=1") >= 3)


async def test_a_blocked_loop_stops_it(
    tmp_path: Path, database: Database, networks: tuple[Network, Network], manager: Manager
) -> None:
    async with beating(tmp_path, database, networks):
        await manager.until(lambda said: said.count("WATCHDOG=1") >= 2)
        before = manager.listen().count("WATCHDOG=1")
        time.sleep(0.5)  # noqa: ASYNC251 - this is the fault
        assert manager.listen().count("WATCHDOG=1") == before
        said = read(database.path.parent)
        assert said is not None
        assert (datetime.now(UTC) - said.said).total_seconds() > 0.45
        await manager.until(lambda said: said.count("WATCHDOG=1") > before)


@pytest.mark.parametrize("thread", [True, False], ids=["writing", "reading"])
async def test_a_hanging_database_stops_it(
    tmp_path: Path, database: Database, networks: tuple[Network, Network], manager: Manager, *, thread: bool
) -> None:
    go_on = threading.Event()
    async with beating(tmp_path, database, networks) as app:
        await asyncio.wait_for(app.ready(), 10)
        await manager.until(lambda said: said.count("WATCHDOG=1") >= 2)
        hanging = threading.Event()

        def hang() -> None:
            hanging.set()
            go_on.wait(10)

        database._threads[thread].submit(hang)
        try:
            await asyncio.to_thread(hanging.wait, 10)
            await asyncio.sleep(0.1)
            before = manager.listen().count("WATCHDOG=1")
            await asyncio.sleep(0.4)
            assert manager.listen().count("WATCHDOG=1") == before
        finally:
            go_on.set()
        await manager.until(lambda said: said.count("WATCHDOG=1") > before)


async def test_rewriting_the_file_does_not_stop_it_but_for_ever(
    tmp_path: Path,
    database: Database,
    networks: tuple[Network, Network],
    manager: Manager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rewriting, go_on = threading.Event(), threading.Event()

    def on_a_slow_disk() -> None:
        rewriting.set()
        go_on.wait(30)

    monkeypatch.setattr(database, "tidy", on_a_slow_disk)
    async with beating(tmp_path, database, networks) as app:
        await asyncio.wait_for(app.ready(), 10)
        tidied = asyncio.create_task(database.tidied())
        try:
            await asyncio.to_thread(rewriting.wait, 10)
            before = manager.listen().count("WATCHDOG=1")
            await manager.until(lambda said: said.count("WATCHDOG=1") > before + 2)
            tidied.cancel()  # whoever asked for it is gone, and it goes on all the same
            await asyncio.gather(tidied, return_exceptions=True)
            before = manager.listen().count("WATCHDOG=1")
            await manager.until(lambda said: said.count("WATCHDOG=1") > before + 2)
            # Nor is a disk that does not answer any more taken for a slow one.
            monkeypatch.setattr("storage.database.REWRITTEN_WITHIN", 0.0)
            await asyncio.sleep(0.1)
            before = manager.listen().count("WATCHDOG=1")
            await asyncio.sleep(0.4)
            assert manager.listen().count("WATCHDOG=1") == before
        finally:
            go_on.set()
        await manager.until(lambda said: said.count("WATCHDOG=1") > before)


async def test_a_manager_that_does_not_listen_stops_nothing(
    tmp_path: Path, database: Database, networks: tuple[Network, Network], manager: Manager
) -> None:
    manager.path.unlink()
    async with beating(tmp_path, database, networks) as app:
        await asyncio.wait_for(app.ready(), 10)


def test_what_is_said_once_is_not_lost_to_a_full_queue(manager: Manager) -> None:
    with closing(Systemd()) as systemd:
        for _ in range(10_000):
            systemd.notify()  # until the manager's queue is full
        systemd.ready()
        assert "READY=1" not in manager.listen()
        systemd.notify()
        assert manager.listen()[-2:] == ["READY=1", "WATCHDOG=1"]


@pytest.mark.parametrize("why", ["no manager", "another process is watched"])
async def test_without_a_watchdog_it_beats_at_its_own_pace(
    monkeypatch: pytest.MonkeyPatch, manager: Manager, why: str
) -> None:
    if why == "no manager":
        monkeypatch.delenv("NOTIFY_SOCKET")
    else:
        monkeypatch.setenv("WATCHDOG_PID", "1")
    with closing(Systemd()) as systemd:
        assert systemd.watches == float("inf")
        systemd.ready()
    assert manager.listen() == ([] if why == "no manager" else ["READY=1"])
