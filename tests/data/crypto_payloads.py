"""Malformed crypto: what a stranger, or a stranger's server, may put where keys and sealed events are expected.

`payloads(...)` yields (where, event type, content), always the same for the same seed. `where` is:

- "to_device": sent to the bot's device as it stands;
- "inside to_device": the payload of a well-formed Olm message for the bot's device, from somebody it has met;
- "room": sent into the room as it stands;
- "inside room": the plaintext (a string) of a well-formed Megolm event of a session the bot was told;
- "answer": put in the place of a section of a sync answer, which `event type` names, as only a server can.
"""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"
Payload = tuple[str, str, Any]


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53 - 1,
    "",
    "x",
    "é" * 400,
    "AAAA",
    "=/+-_",
    "A" * 20_000,
    "\x00\u202e",
    [],
    ["x"],
    {},
    {"": {}},
    _nested(80),
)
"""Values that are not what is expected, whatever is."""
_GENUINE = (
    "AwogFEOnbTHpaIUFCZKt3UxPSOgyoZgrvzPBAZBZ5p0h2ikSIFXzYzvhw1dL9rXg1mTtFQjNpZc7jlzvZ1kDC6CUu10JGiDNTwnHcY"
)
"""The beginning of a message that begins a session."""


def payloads(seed: int, *, identity_key: str, room: str, me: str, each: int = 3) -> Iterator[Payload]:
    """Yield them for a bot `me` with this curve25519 identity key, `each` wrong values in each place."""
    rng = random.Random(f"crypto {seed}")
    olm = {
        "algorithm": OLM,
        "sender_key": identity_key,
        "ciphertext": {identity_key: {"type": 0, "body": _GENUINE}},
    }
    yield from _to_device(rng, olm, identity_key, each)
    yield from _inside_to_device(rng, room, each)
    yield from _room(rng, room, identity_key, each)
    yield from _answers(olm, me)


def _to_device(rng: random.Random, olm: dict[str, Any], identity_key: str, each: int) -> Iterator[Payload]:
    where = "to_device"
    for wrong in _broken(rng, olm, each):
        yield where, "m.room.encrypted", wrong
    for number in (0, 1, 2, 7):
        for body in ("", "AAAA", _GENUINE, _GENUINE[: rng.randint(4, 60)], "A" * 30_000):
            sealed = {identity_key: {"type": number, "body": body}}
            yield where, "m.room.encrypted", olm | {"ciphertext": sealed}
    for kind in (
        "m.room_key_request",
        "m.key.verification.start",
        "m.key.verification.mac",
        "m.room_key",
        "m.dummy",
    ):
        yield where, kind, {}
        yield where, kind, {"transaction_id": [], "action": {}, "body": rng.choice(WRONG), "method": 5}


def _inside_to_device(rng: random.Random, room: str, each: int) -> Iterator[Payload]:
    where = "inside to_device"
    key = {
        "type": "m.room_key",
        "content": {"algorithm": MEGOLM, "room_id": room, "session_id": "x", "session_key": "AgAAAAA"},
    }
    for wrong in _broken(rng, key, each):
        yield where, "m.room.encrypted", wrong
    for kind in ("m.forwarded_room_key", "m.dummy", "m.secret.send", "\u202e"):
        yield where, "m.room.encrypted", {"type": kind, "content": {"room_id": room, "sender_key": []}}
    for lie in (
        {"sender": "@x:example.org"},
        {"recipient": "@x:example.org"},
        {"recipient_keys": {"ed25519": "x"}},
        {"keys": []},
    ):
        yield where, "m.room.encrypted", {**key, **lie}


def _room(rng: random.Random, room: str, identity_key: str, each: int) -> Iterator[Payload]:
    megolm = {
        "algorithm": MEGOLM,
        "ciphertext": "AwgAEhAg9/uJaHT+2yG6IQRJ8s91",
        "device_id": "STRANGE",
        "sender_key": identity_key,
        "session_id": "z/QL3YAf6NG3PZXoV7HcWbMvW9oBB4VqSa3oEGlqXOk",
    }
    for wrong in _broken(rng, megolm, each):
        yield "room", "m.room.encrypted", wrong
    yield "room", "m.room.encrypted", {}
    text = {"type": "m.room.message", "room_id": room, "content": {"msgtype": "m.text", "body": "x"}}
    for wrong in _broken(rng, text, each):
        yield "inside room", "m.room.encrypted", json.dumps(wrong)
    for plain in (
        "",
        "null",
        "5",
        "[]",
        "{",
        '"x"',
        "[" * 3000 + "]" * 3000,
        '{"room_id":' + "9" * 6000 + "}",
    ):
        yield "inside room", "m.room.encrypted", plain


def _answers(olm: dict[str, Any], me: str) -> Iterator[Payload]:
    where = "answer"
    for section in (
        "to_device",
        "device_lists",
        "device_one_time_keys_count",
        "device_unused_fallback_key_types",
    ):
        for value in (None, 5, "x", [], [None], {"events": 5}, {"events": [None, 5, [], {"type": {}}]}):
            yield where, section, value
    yield where, "to_device", {"events": [{"type": "m.room.encrypted", "sender": 5, "content": olm}]}
    yield where, "to_device", {"events": [{"type": "m.room.encrypted", "sender": me, "content": "x"}]}
    yield where, "to_device", {"events": [_nested(600)]}
    yield where, "device_lists", {"changed": [5, None, {}, me], "left": "x"}
    yield where, "device_one_time_keys_count", {"signed_curve25519": -5}
    yield where, "device_one_time_keys_count", {"signed_curve25519": [1]}


def _broken(rng: random.Random, whole: dict[str, Any], each: int) -> Iterator[dict[str, Any]]:
    """Yield an object with one of its parts missing, or wrong, however deep it stands."""
    for path in _paths(whole):
        for value in ("missing", *rng.sample(WRONG, each)):
            made: Any = copy.deepcopy(whole)
            inner = made
            for step in path[:-1]:
                inner = inner[step]
            if value == "missing":
                del inner[path[-1]]
            else:
                inner[path[-1]] = value
            yield made


def _paths(whole: dict[str, Any], *before: str) -> Iterator[tuple[str, ...]]:
    for name, value in whole.items():
        yield (*before, name)
        if isinstance(value, dict):
            yield from _paths(value, *before, name)
