"""The keys of encrypted rooms: nobody waits for them, none is lost, and what is kept of them stays whole."""

from __future__ import annotations

import asyncio
import gc
import json
import sqlite3
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import vodozemac

from bot.transports.base import DeviceForgotten, DeviceLost, Limited, Unreachable
from bot.transports.matrix.encryption import Encryption, asking

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = 200
ROOM = "!room:example.org"
ME, DEVICE = "@tocsin:example.org", "TOCSIN"
LONGEST_WAIT = 0.1
"""Seconds for which nothing else may be answered."""


class Somebody:
    """A member with one device."""

    def __init__(self, number: int) -> None:
        self.user, self.device = f"@member{number}:example.org", f"DEVICE{number}"
        self.account = vodozemac.Account()
        self.account.generate_one_time_keys(1)

    def sign(self, content: dict[str, Any]) -> dict[str, Any]:
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        signature = self.account.sign(canonical).to_base64()
        return {**content, "signatures": {self.user: {f"ed25519:{self.device}": signature}}}

    def keys(self) -> dict[str, Any]:
        keys = {
            f"curve25519:{self.device}": self.account.curve25519_key.to_base64(),
            f"ed25519:{self.device}": self.account.ed25519_key.to_base64(),
        }
        return self.sign({"algorithms": [], "device_id": self.device, "keys": keys, "user_id": self.user})

    def one_time_key(self) -> dict[str, Any]:
        ((name, key),) = self.account.one_time_keys.items()
        return {f"signed_curve25519:{name}": self.sign({"key": key.to_base64()})}


class Server:
    """A homeserver with these members, as far as keys are asked for."""

    user_id, device_id = ME, DEVICE

    def __init__(self, *members: Somebody) -> None:
        self.members = {one.user: one for one in members}
        self.keys = {one.user: {one.device: one.keys()} for one in members}
        self.one_time_keys = {one.user: {one.device: one.one_time_key()} for one in members}
        self.told: dict[str, Any] = {}
        self.uploaded: list[dict[str, Any]] = []
        self.own: dict[str, Any] = {}

    async def call(self, _method: str, *path: str, body: Any = None, **_: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        if path == ("keys", "query"):
            found = {one: self.keys[one] for one in body["device_keys"] if one in self.members}
            return {"device_keys": found | ({ME: {DEVICE: self.own}} if self.own else {})}
        if path == ("keys", "claim"):
            return {"one_time_keys": {one: self.one_time_keys[one] for one in body["one_time_keys"]}}
        if path == ("keys", "upload"):
            self.uploaded.append(body)
            self.own = body.get("device_keys", self.own)
        if path[0] == "sendToDevice":
            self.told |= body["messages"]
        return {}


async def longest_wait() -> float:
    """How long at most the keys were worked on before the loop had its turn again, until cancelled.

    In time of this process: what else runs on the machine is not its doing.
    """
    longest, before = 0.0, time.process_time()
    try:
        while True:
            await asyncio.sleep(0.002)
            now = time.process_time()
            longest, before = max(longest, now - before), now
    except asyncio.CancelledError:
        return longest


async def test_two_hundred_members_keys_hold_up_nobody(tmp_path: Path) -> None:
    server = Server(*map(Somebody, range(MEMBERS)))
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    gc.collect()
    gc.freeze()  # what the tests around hold is not walked through meanwhile
    waits = asyncio.create_task(longest_wait())
    await asyncio.sleep(0.01)
    await encryption.open()
    sealed = await encryption.seal(ROOM, "m.room.message", {"body": "x"}, server.members.keys(), 100)
    waits.cancel()
    gc.unfreeze()
    assert server.told.keys() == server.members.keys()
    assert sealed["algorithm"] == "m.megolm.v1.aes-sha2"

    assert await waits < LONGEST_WAIT
    server.told.clear()
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, server.members.keys(), 100)
    assert not server.told  # they have the key
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, list(server.members)[1:], 100)
    assert len(server.told) == MEMBERS - 1  # and who left has not
    await encryption.close()


async def test_a_key_is_saved_before_anybody_may_use_it(tmp_path: Path) -> None:
    server = Server()
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]

    async def lost(*_: Any, **__: Any) -> dict[str, Any]:
        raise Unreachable("cut")

    answering, server.call = server.call, lost  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        await encryption.open()
    server.call = answering  # type: ignore[method-assign]
    await encryption.close()
    for _ in range(2):  # the second time as after a kill
        encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
        await encryption.open()
        await encryption.close()
    first, *again = server.uploaded
    assert len(first["one_time_keys"]) == 50
    assert len(first["fallback_keys"]) == 1
    assert not again


async def test_damaged_keys_make_a_new_device_and_a_disk_that_takes_nothing_waits(tmp_path: Path) -> None:
    server = Server()
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    await encryption.open()
    await encryption.close()
    file = tmp_path / f"{DEVICE}.db"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"no database" * 1000)
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    with pytest.raises(DeviceLost):
        await encryption.open()
    await encryption.close()
    file.unlink()
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    with pytest.raises(DeviceLost):  # the server knows the device by other keys
        await encryption.open()
    await encryption.close()
    server.own = {}
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    await encryption.open()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON received BEGIN SELECT RAISE(FAIL, 'full'); END")
    with pytest.raises(Unreachable):
        await encryption.receive({"to_device": {"events": [{"type": "x", "sender": "@x:example.org"}]}})
    await encryption.close()


async def test_keys_that_may_not_be_opened_are_said_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.write_text("no folder")
    encryption = Encryption(Server(), folder, "")  # type: ignore[arg-type]
    with pytest.raises(Unreachable, match=f"cannot use {folder}.*: File exists.*nothing was changed"):
        await encryption.open()
    await encryption.close()
    assert folder.read_text() == "no folder"


async def test_a_device_that_the_server_has_forgotten_sends_on_nothing_that_it_began(tmp_path: Path) -> None:
    server = Server()
    for known in (False, True):
        encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
        await encryption.open(begun=known)
        await encryption.close()
    server.own = {}  # its session was ended
    for _ in range(2):  # the second time as after a kill, before anything was left in doubt
        encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
        with pytest.raises(DeviceForgotten):
            await encryption.open(begun=True)
        await encryption.close()
    assert not server.own
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    await encryption.open()
    await encryption.close()
    assert server.own


class Limiting(Server):
    """One that wants us to wait before it is asked about keys again."""

    def __init__(self, *members: Somebody) -> None:
        super().__init__(*members)
        self.limits: dict[str, float] = {}
        """The last word of a path → how many seconds it says are to be waited."""
        self.asked: list[str] = []
        self.may_answer, self.was_asked = asyncio.Event(), asyncio.Event()
        self.may_answer.set()

    async def call(self, _method: str, *path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        self.asked.append(path[1])
        if path == ("keys", "query"):
            self.was_asked.set()
            await self.may_answer.wait()
        if path[1] in self.limits:
            raise Limited(self.limits[path[1]])
        return await super().call(_method, *path, body=body, **more)


@pytest.mark.parametrize("kind", ["query", "claim", "m.room.encrypted"])
async def test_a_server_that_wants_us_to_wait_is_not_asked_for_keys_sooner_by_any_room(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(asking, "time", SimpleNamespace(monotonic=lambda: now))
    ana, ben = Somebody(1), Somebody(2)
    server = Limiting(ana, ben)
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    await encryption.open()
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, [ana.user], 100)
    server.limits[kind] = 30.0
    before = server.asked.count(kind)
    for room in ("!one:example.org", "!two:example.org", "!two:example.org"):
        with pytest.raises(Limited) as limited:
            await encryption.seal(room, "m.room.message", {"body": "x"}, [ana.user, ben.user], 100)
        assert limited.value.seconds == 30.0
    assert server.asked.count(kind) == before + 1, "asked again before its time"
    assert await encryption.seal(ROOM, "m.room.message", {"body": "y"}, [ana.user], 100), "it needs no keys"

    now += 30.0
    found = await asyncio.gather(
        *(
            encryption.seal(f"!{room}:example.org", "m.room.message", {"body": "x"}, [ben.user], 100)
            for room in range(5)
        ),
        return_exceptions=True,
    )
    assert [type(one) for one in found] == [Limited] * 5
    assert server.asked.count(kind) == before + 2, "one of them finds out for all"
    server.limits.clear()
    now += 30.0
    assert await encryption.seal("!two:example.org", "m.room.message", {"body": "x"}, [ben.user], 100)
    assert ben.user in server.told
    await encryption.close()


async def test_whose_devices_are_known_is_not_kept_waiting_for_those_of_others(tmp_path: Path) -> None:
    ana, ben = Somebody(1), Somebody(2)
    server = Limiting(ana, ben)
    encryption = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    await encryption.open()
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, [ana.user], 100)
    server.may_answer.clear()
    server.was_asked.clear()
    slow = asyncio.create_task(
        encryption.seal("!slow:example.org", "m.room.message", {"body": "x"}, [ana.user, ben.user], 100)
    )
    await server.was_asked.wait()
    async with asyncio.timeout(5):
        assert await encryption.seal(ROOM, "m.room.message", {"body": "y"}, [ana.user], 100)
    # What changes meanwhile is asked about once more, by whoever needs it next.
    await encryption.receive({"device_lists": {"changed": [ben.user]}})
    server.may_answer.set()
    await slow
    before = server.asked.count("query")
    await encryption.seal("!slow:example.org", "m.room.message", {"body": "z"}, [ana.user, ben.user], 100)
    assert server.asked.count("query") == before + 1
    await encryption.close()
