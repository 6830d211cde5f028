"""Keys in the hands of people who mean no good: what they send costs them, and nobody else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
import vodozemac

from bot.transports.matrix.encryption import Encryption
from bot.transports.matrix.encryption.sealing import MOST_DEVICES
from bot.transports.matrix.reading import MalformedError
from tests.bot.test_keys import DEVICE, ME, ROOM, Server, Somebody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MEGOLM = "m.megolm.v1.aes-sha2"


class Writer(Somebody):
    """A member who writes to the bot's device, and seals events."""

    def __init__(self, number: int, server: Server) -> None:
        super().__init__(number)
        self.server = server
        self.session = vodozemac.GroupSession()

    def begin(self) -> vodozemac.Session:
        """Begin anew with the bot's device, by a key that may be used again and again."""
        curve = vodozemac.Curve25519PublicKey.from_base64(self.server.own["keys"][f"curve25519:{DEVICE}"])
        (key,) = next(one["fallback_keys"] for one in self.server.uploaded if "fallback_keys" in one).values()
        return self.account.create_outbound_session(
            curve, vodozemac.Curve25519PublicKey.from_base64(key["key"])
        )

    def for_device(self, pair: vodozemac.Session, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        payload = {
            "type": kind,
            "content": content,
            "sender": self.user,
            "recipient": ME,
            "recipient_keys": {"ed25519": self.server.own["keys"][f"ed25519:{DEVICE}"]},
            "keys": {"ed25519": self.account.ed25519_key.to_base64()},
        }
        number, body = pair.encrypt(json.dumps(payload).encode()).to_parts()
        return self.to_device({"type": number, "body": base64.b64encode(body).decode().rstrip("=")})

    def to_device(self, sealed: dict[str, Any]) -> dict[str, Any]:
        curve = self.server.own["keys"][f"curve25519:{DEVICE}"]
        content = {
            "algorithm": "m.olm.v1.curve25519-aes-sha2",
            "sender_key": self.account.curve25519_key.to_base64(),
            "ciphertext": {curve: sealed},
        }
        return {"type": "m.room.encrypted", "sender": self.user, "content": content}

    def room_key(self) -> dict[str, Any]:
        return {
            "algorithm": MEGOLM,
            "room_id": ROOM,
            "session_id": self.session.session_id,
            "session_key": self.session.session_key.to_base64(),
        }

    def event(self, number: int, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        inside = json.dumps({"type": kind, "content": content, "room_id": ROOM}).encode()
        return {
            "type": "m.room.encrypted",
            "event_id": f"$event{number}",
            "sender": self.user,
            "origin_server_ts": 1,
            "content": {
                "algorithm": MEGOLM,
                "session_id": self.session.session_id,
                "ciphertext": self.session.encrypt(inside).to_base64(),
            },
        }


@pytest.fixture
async def server() -> Server:
    return Server(Somebody(1))


@pytest.fixture
async def encryption(server: Server, tmp_path: Path) -> AsyncIterator[Encryption]:
    opened = Encryption(server, tmp_path, "")  # type: ignore[arg-type]
    await opened.open()
    yield opened
    await opened.close()


def of_another_conversation() -> dict[str, Any]:
    """A message of a session that the bot never had."""
    one, other = vodozemac.Account(), vodozemac.Account()
    other.generate_one_time_keys(1)
    (key,) = other.one_time_keys.values()
    _, begins = one.create_outbound_session(other.curve25519_key, key).encrypt(b"x").to_parts()
    message = vodozemac.PreKeyMessage.from_base64(base64.b64encode(begins).decode().rstrip("="))
    pair, _ = other.create_inbound_session(one.curve25519_key, message)
    number, body = pair.encrypt(b"x").to_parts()
    return {"type": number, "body": base64.b64encode(body).decode().rstrip("=")}


def to_device(*events: dict[str, Any]) -> dict[str, Any]:
    return {"to_device": {"events": list(events)}}


async def test_what_servers_judge_by_is_never_taken_from_inside(
    server: Server, encryption: Encryption
) -> None:
    writer = Writer(7, server)
    await encryption.receive(to_device(writer.for_device(writer.begin(), "m.room_key", writer.room_key())))
    said = writer.event(1, "m.room.message", {"msgtype": "m.text", "body": "x"})
    deleting = writer.event(2, "m.room.redaction", {"redacts": "$ballot_of_somebody_else"})
    opened, refused = await encryption.open_all([(ROOM, said), (ROOM, deleting)])
    assert isinstance(opened, dict)
    assert isinstance(refused, MalformedError)  # no server has looked at who may delete what


async def test_a_device_that_nobody_understands_and_that_is_gone_holds_up_nobody(
    server: Server, encryption: Encryption
) -> None:
    writer = Writer(7, server)
    server.members[writer.user] = writer
    server.keys[writer.user] = {writer.device: writer.keys()}
    server.one_time_keys[writer.user] = {writer.device: writer.one_time_key()}
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, [writer.user], 100)
    machine = encryption._machine
    for session in machine.session_store[writer.account.curve25519_key.to_base64()]:
        session.creation_time = session.creation_time.replace(year=2020)
    await encryption.receive(to_device(writer.to_device(of_another_conversation())))
    assert machine.wedged_devices
    await encryption.receive({"device_lists": {"left": [writer.user]}})

    sealed = await encryption.seal(ROOM, "m.room.message", {"body": "x"}, ["@member1:example.org"], 100)
    assert sealed["algorithm"] == MEGOLM
    assert "@member1:example.org" in server.told


async def test_beginning_anew_again_and_again_costs_no_more_each_time(
    server: Server, encryption: Encryption
) -> None:
    writer = Writer(7, server)
    for _ in range(10):
        await encryption.receive(
            to_device(*(writer.for_device(writer.begin(), "m.dummy", {}) for _ in range(50)))
        )
    machine = encryption._machine
    assert len(machine.session_store[writer.account.curve25519_key.to_base64()]) <= 20
    rows = machine.keys._connection.execute("SELECT count(*) FROM pairwise").fetchone
    assert (await encryption._run(rows))[0] <= 20

    pair = writer.begin()
    await encryption.receive(to_device(writer.for_device(pair, "m.room_key", writer.room_key())))
    (opened,) = await encryption.open_all([(ROOM, writer.event(1, "m.room.message", {"body": "x"}))])
    assert isinstance(opened, dict)


async def test_a_person_with_devices_without_end_is_one_among_others(
    server: Server, encryption: Encryption
) -> None:
    writer = Writer(7, server)
    server.members[writer.user] = writer
    devices, server.keys[writer.user], server.one_time_keys[writer.user] = [], {}, {}
    for number in range(MOST_DEVICES + 20):
        one = Somebody(7)
        one.device = f"D{number}"
        devices.append(one)
        server.keys[writer.user][one.device] = one.keys()
        server.one_time_keys[writer.user][one.device] = one.one_time_key()
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, server.members.keys(), 100)
    assert len(encryption._machine.device_store[writer.user]) == MOST_DEVICES
    assert "@member1:example.org" in server.told


async def test_who_leaves_with_somebody_elses_key_ends_nothing_of_theirs(
    server: Server, encryption: Encryption
) -> None:
    victim, writer = server.members["@member1:example.org"], Writer(7, server)
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, [victim.user], 100)
    keys = writer.keys()
    keys["keys"][f"curve25519:{writer.device}"] = victim.account.curve25519_key.to_base64()
    del keys["signatures"]
    server.members[writer.user] = writer
    server.keys[writer.user] = {writer.device: writer.sign(keys)}
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, server.members.keys(), 100)
    assert encryption._machine.device_store[writer.user]
    await encryption.receive({"device_lists": {"left": [writer.user]}})
    assert encryption._machine.session_store.get(victim.account.curve25519_key.to_base64()) is not None
