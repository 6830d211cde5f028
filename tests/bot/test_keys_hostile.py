"""Keys in the hands of people who mean no good: what they send costs them, and nobody else."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
import vodozemac

from bot.transports.matrix.encryption import Encryption
from bot.transports.matrix.encryption.machine import NoKeyError
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


# --- the keys of rooms, from whom they should not come or as they should not be


def texts(opened: list[dict[str, Any] | Exception]) -> list[str]:
    """What was said in events that were opened, or the name of the error."""
    return [type(one).__name__ if isinstance(one, Exception) else one["content"]["body"] for one in opened]


def exported(session: vodozemac.InboundGroupSession, index: int = 0) -> str:
    found = session.export_at(index)
    assert found is not None
    return found.to_base64()


def inbound(writer: Writer) -> vodozemac.InboundGroupSession:
    return vodozemac.InboundGroupSession(writer.session.session_key)


def forwarded(writer: Writer, key: str, *, sender_key: str = "") -> dict[str, Any]:
    """The content of a key that is handed on by a device, as if it had made it itself."""
    return {
        **writer.room_key(),
        "session_key": key,
        "sender_key": sender_key or writer.account.curve25519_key.to_base64(),
        "sender_claimed_ed25519_key": writer.account.ed25519_key.to_base64(),
        "forwarding_curve25519_key_chain": [],
    }


async def asked_for(encryption: Encryption, event: dict[str, Any]) -> None:
    """Let the bot have asked for the key of an event."""
    (why,) = await encryption.open_all([(ROOM, event)])
    assert isinstance(why, NoKeyError)
    session = event["content"]["session_id"]
    assert await encryption._run(encryption._machine.request_for, (ROOM, session, event["sender"]))


async def test_a_key_that_nobody_asked_for_is_not_taken_from_anybody(
    server: Server, encryption: Encryption
) -> None:
    writer, stranger = Writer(7, server), Writer(8, server)
    key = exported(inbound(writer))
    event = writer.event(1, "m.room.message", {"body": "x"})
    for who in (writer, stranger):
        handed = who.for_device(who.begin(), "m.forwarded_room_key", forwarded(who, key) | {
            "session_id": writer.session.session_id
        })  # fmt: skip
        assert await encryption.receive(to_device(handed)) == set()
    assert texts(await encryption.open_all([(ROOM, event)])) == ["NoKeyError"]


async def test_a_key_that_was_asked_for_is_taken_from_whom_it_was_asked_alone(
    server: Server, encryption: Encryption
) -> None:
    writer, stranger = Writer(7, server), Writer(8, server)
    stranger.session, key = writer.session, exported(inbound(writer))
    event = writer.event(1, "m.room.message", {"body": "x"})
    await asked_for(encryption, event)
    as_theirs = forwarded(stranger, key)
    in_their_name = forwarded(stranger, key, sender_key=writer.account.curve25519_key.to_base64())
    for content in (as_theirs, in_their_name):
        handed = stranger.for_device(stranger.begin(), "m.forwarded_room_key", content)
        assert await encryption.receive(to_device(handed)) == set()
    assert texts(await encryption.open_all([(ROOM, event)])) == ["NoKeyError"]
    theirs = writer.for_device(writer.begin(), "m.forwarded_room_key", forwarded(writer, key))
    assert await encryption.receive(to_device(theirs)) == {(ROOM, writer.session.session_id)}
    assert texts(await encryption.open_all([(ROOM, event)])) == ["x"]


async def test_a_key_is_the_sessions_it_names(server: Server, encryption: Encryption) -> None:
    writer, stranger = Writer(7, server), Writer(8, server)
    event = writer.event(1, "m.room.message", {"body": "x"})
    named = stranger.room_key() | {"session_id": writer.session.session_id}
    tampered = base64.b64decode(writer.session.session_key.to_base64() + "==")
    tampered = tampered[:1] + (5).to_bytes(4, "big") + tampered[5:]
    changed = writer.room_key() | {"session_key": base64.b64encode(tampered).decode().rstrip("=")}
    for who, content in ((stranger, named), (writer, named), (writer, changed)):
        key = who.for_device(who.begin(), "m.room_key", content)
        assert await encryption.receive(to_device(key)) == set()
    assert texts(await encryption.open_all([(ROOM, event)])) == ["NoKeyError"]


async def test_who_hands_on_somebody_elses_key_opens_nothing_of_theirs_with_it(
    server: Server, encryption: Encryption
) -> None:
    writer, stranger = Writer(7, server), Writer(8, server)
    genuine = writer.room_key()
    event = writer.event(1, "m.room.message", {"body": "x"})
    await encryption.receive(to_device(stranger.for_device(stranger.begin(), "m.room_key", genuine)))
    assert texts(await encryption.open_all([(ROOM, event)])) == ["NoKeyError"]
    await encryption.receive(to_device(writer.for_device(writer.begin(), "m.room_key", genuine)))
    assert texts(await encryption.open_all([(ROOM, event)])) == ["x"]
    repeated = event | {"event_id": "$repeated"}
    assert texts(await encryption.open_all([(ROOM, repeated)])) == ["MalformedError"]


async def test_a_key_told_again_makes_no_message_new(server: Server, encryption: Encryption) -> None:
    writer = Writer(7, server)
    pair, key = writer.begin(), writer.room_key()
    told = writer.for_device(pair, "m.room_key", key)
    event = writer.event(1, "m.room.message", {"body": "x"})
    again = writer.for_device(pair, "m.room_key", key)
    anew = writer.for_device(writer.begin(), "m.room_key", key)
    came = [await encryption.receive(to_device(one)) for one in (told, told, again, anew)]
    assert [len(one) for one in came] == [1, 0, 0, 0]
    assert texts(await encryption.open_all([(ROOM, event)])) == ["x"]
    assert await encryption.receive(to_device(writer.for_device(writer.begin(), "m.room_key", key))) == set()
    assert texts(await encryption.open_all([(ROOM, event | {"event_id": "$other"})])) == ["MalformedError"]
    assert texts(await encryption.open_all([(ROOM, event)])) == ["x"]


async def test_a_key_that_begins_later_opens_what_is_later_and_takes_no_other_ones_place(
    server: Server, encryption: Encryption
) -> None:
    writer = Writer(7, server)
    whole, pair = writer.room_key(), writer.begin()
    first = writer.event(1, "m.room.message", {"body": "first"})
    await asked_for(encryption, first)
    later = writer.room_key()
    second = writer.event(2, "m.room.message", {"body": "second"})
    await encryption.receive(to_device(writer.for_device(pair, "m.room_key", later)))
    assert texts(await encryption.open_all([(ROOM, first), (ROOM, second)])) == ["NoKeyError", "second"]
    assert len(await encryption.receive(to_device(writer.for_device(pair, "m.room_key", whole)))) == 1
    assert texts(await encryption.open_all([(ROOM, first), (ROOM, second)])) == ["first", "second"]
    beyond = vodozemac.InboundGroupSession.import_session(
        vodozemac.ExportedSessionKey(
            exported(vodozemac.InboundGroupSession(vodozemac.SessionKey(whole["session_key"])), 2**32 - 1)
        )
    )
    encryption._machine.requested[ROOM, writer.session.session_id, writer.user] = "asked"
    for content in (later, forwarded(writer, exported(beyond, 2**32 - 1))):
        kind = "m.forwarded_room_key" if "sender_key" in content else "m.room_key"
        assert await encryption.receive(to_device(writer.for_device(pair, kind, content))) == set()
    third = writer.event(3, "m.room.message", {"body": "third"})
    assert texts(await encryption.open_all([(ROOM, first), (ROOM, third)])) == ["first", "third"]


async def test_a_ratchet_that_is_turned_back_to_another_beginning_is_not_taken(
    server: Server, encryption: Encryption
) -> None:
    writer = Writer(7, server)
    writer.event(0, "m.room.message", {"body": "before the bot was there"})
    pair = writer.begin()
    await encryption.receive(to_device(writer.for_device(pair, "m.room_key", writer.room_key())))
    event = writer.event(1, "m.room.message", {"body": "x"})
    await handed_on(encryption, writer, pair, poisoned(writer))
    assert texts(await encryption.open_all([(ROOM, event)])) == ["x"]


async def test_what_was_handed_on_gives_way_to_what_its_maker_signed(
    server: Server, encryption: Encryption
) -> None:
    writer = Writer(7, server)
    pair, key, bad = writer.begin(), writer.room_key(), poisoned(writer)
    event = writer.event(1, "m.room.message", {"body": "x"})
    await handed_on(encryption, writer, pair, bad)
    assert texts(await encryption.open_all([(ROOM, event)])) == ["MalformedError"]
    assert len(await encryption.receive(to_device(writer.for_device(pair, "m.room_key", key)))) == 1
    assert texts(await encryption.open_all([(ROOM, event)])) == ["x"]


def poisoned(writer: Writer) -> str:
    """A key in the form in which keys are handed on, which is not signed: its ratchet may be any."""
    session = inbound(writer)
    raw = base64.b64decode(exported(session, session.first_known_index) + "==")
    bad = raw[:1] + (0).to_bytes(4, "big") + bytes(128) + raw[133:]
    return base64.b64encode(bad).decode().rstrip("=")


async def handed_on(encryption: Encryption, writer: Writer, pair: vodozemac.Session, key: str) -> None:
    """Let a key come that the bot has asked its owner for."""
    encryption._machine.requested[ROOM, writer.session.session_id, writer.user] = "asked"
    told = writer.for_device(pair, "m.forwarded_room_key", forwarded(writer, key))
    await encryption.receive(to_device(told))


async def test_devices_that_one_account_makes_up_are_not_kept_without_end(
    server: Server, encryption: Encryption
) -> None:
    machine = encryption._machine
    for _ in range(4):
        made_up = [Writer(7, server) for _ in range(MOST_DEVICES // 3)]
        await encryption.receive(to_device(*(one.for_device(one.begin(), "m.dummy", {}) for one in made_up)))
    rows = machine.keys._connection.execute("SELECT count(*) FROM pairwise").fetchone
    assert (await encryption._run(rows))[0] <= MOST_DEVICES
    assert len(list(machine.session_store)) <= MOST_DEVICES

    of_nobody = Writer(7, server).to_device(of_another_conversation())
    for key in ("x" * 50_000, "A" * 43):
        await encryption.receive(
            to_device(of_nobody | {"content": of_nobody["content"] | {"sender_key": key}})
        )
        assert key not in machine.session_store._entries

    writer = Writer(8, server)
    await encryption.receive(to_device(writer.for_device(writer.begin(), "m.room_key", writer.room_key())))
    assert texts(await encryption.open_all([(ROOM, writer.event(1, "m.room.message", {"body": "x"}))])) == [
        "x"
    ]


async def test_who_says_they_have_somebody_elses_key_is_not_written_to_in_their_place(
    server: Server, encryption: Encryption
) -> None:
    victim, imitator = Writer(1, server), Writer(7, server)
    for one in (victim, imitator):  # both are asked for a key to begin with, the imitator last
        server.members[one.user] = one
        server.keys[one.user] = {one.device: one.keys()}
        server.one_time_keys[one.user] = {one.device: one.one_time_key()}
    keys = imitator.keys()
    keys["keys"][f"curve25519:{imitator.device}"] = victim.account.curve25519_key.to_base64()
    del keys["signatures"]
    server.keys[imitator.user] = {imitator.device: imitator.sign(keys)}
    people = [victim.user, imitator.user]
    await encryption.seal(ROOM, "m.room.message", {"body": "x"}, people, 100)

    pair = victim.begin()
    await encryption.receive(to_device(victim.for_device(pair, "m.room_key", victim.room_key())))
    server.told.clear()
    sealed = await encryption.seal(ROOM, "m.room.message", {"body": "for both"}, people, 100)
    (told,) = server.told[victim.user][victim.device]["ciphertext"].values()
    message = vodozemac.AnyOlmMessage.normal(base64.b64decode(told["body"] + "=="))
    key = json.loads(pair.decrypt(message))["content"]
    read = vodozemac.InboundGroupSession(vodozemac.SessionKey(key["session_key"]))
    opened = read.decrypt(vodozemac.MegolmMessage.from_base64(sealed["ciphertext"])).plaintext
    assert json.loads(opened)["content"] == {"body": "for both"}


async def test_a_device_that_was_gone_and_is_there_again_is_told_keys_again(
    server: Server, encryption: Encryption
) -> None:
    one = server.members["@member1:example.org"]
    device = server.keys[one.user]
    there: list[bool] = []
    for listed in (device, {}, device, {}, {one.device: (again := Somebody(1)).keys()}):
        server.keys[one.user] = listed
        server.one_time_keys[one.user] = (
            {one.device: again.one_time_key()}
            if listed not in (device, {})
            else {one.device: one.one_time_key()}
        )
        server.told.clear()
        await encryption.receive({"device_lists": {"changed": [one.user]}})
        await encryption.seal(ROOM, "m.room.message", {"body": "x"}, [one.user], 100)
        there.append(one.user in server.told)
    assert there == [True, False, True, False, True]
