"""Malformed crypto: what a stranger, or a stranger's server, may put where keys and sealed events are expected.

`payloads(...)` yields (where, event type, content), always the same for the same seed. `where` is:

- "to_device": sent to the bot's device as it stands;
- "inside to_device": the payload of a well-formed Olm message for the bot's device, from somebody it has met;
- "room": sent into the room as it stands;
- "inside room": the plaintext (a string) of a well-formed Megolm event of a session the bot was told;
- "answer": put in the place of a section of a sync answer, which `event type` names, as only a server can.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from tests.data.wrong import ODD, broken, nested

if TYPE_CHECKING:
    from collections.abc import Iterator

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"
Payload = tuple[str, str, Any]
_FLOOD = 300
"""Messages to the bot's device in one answer of its server."""


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
    for wrong in broken(rng, olm, each):
        yield where, "m.room.encrypted", wrong
    for number in (0, 1, 2, 7):
        for body in ("", "AAAA", _GENUINE, _GENUINE[: rng.randint(4, 60)], "A" * 30_000):
            sealed = {identity_key: {"type": number, "body": body}}
            yield where, "m.room.encrypted", olm | {"ciphertext": sealed}
    for kind in (
        "m.room_key_request",
        "m.room_key.withheld",
        "m.forwarded_room_key",
        "m.secret.request",
        "m.key.verification.request",
        "m.key.verification.start",
        "m.key.verification.mac",
        "m.room_key",
        "m.dummy",
    ):
        yield where, kind, {}
        yield where, kind, {"transaction_id": [], "action": {}, "body": rng.choice(ODD), "method": 5}


def _inside_to_device(rng: random.Random, room: str, each: int) -> Iterator[Payload]:
    where = "inside to_device"
    key = {
        "type": "m.room_key",
        "content": {"algorithm": MEGOLM, "room_id": room, "session_id": "x", "session_key": "AgAAAAA"},
    }
    for wrong in broken(rng, key, each):
        yield where, "m.room.encrypted", wrong
    forwarded = {
        "algorithm": MEGOLM,
        "room_id": room,
        "session_id": "nobody asked for it",
        "session_key": "AQAAAAC2XHVzsMBKs4QCRElJ92CJKyGtknCSC8HY7cQ7UYwndMKLQAejXLh5UA0l6s736mgctcUMNvELScUWrObdflrHo",
        "sender_key": "x",
        "sender_claimed_ed25519_key": "x",
        "forwarding_curve25519_key_chain": [],
    }
    for content in (forwarded, *broken(rng, forwarded, 1)):
        yield where, "m.room.encrypted", {"type": "m.forwarded_room_key", "content": content}
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
    for wrong in broken(rng, megolm, each):
        yield "room", "m.room.encrypted", wrong
    yield "room", "m.room.encrypted", {}
    text = {"type": "m.room.message", "room_id": room, "content": {"msgtype": "m.text", "body": "x"}}
    for wrong in broken(rng, text, each):
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
    yield where, "to_device", {"events": [nested(600)]}
    yield where, "to_device", {"events": [_key_request(number) for number in range(_FLOOD)]}
    sealed = {"type": "m.room.encrypted", "content": olm}
    yield where, "to_device", {"events": [{**sealed, "sender": f"@x{n}:example.org"} for n in range(_FLOOD)]}
    yield where, "device_lists", {"changed": [5, None, {}, me], "left": "x"}
    yield where, "device_one_time_keys_count", {"signed_curve25519": -5}
    yield where, "device_one_time_keys_count", {"signed_curve25519": [1]}


def _key_request(number: int) -> dict[str, Any]:
    """What asks for a key, as if the bot gave any."""
    body = {"algorithm": MEGOLM, "room_id": f"!{number}:example.org", "session_id": "x", "sender_key": "x"}
    content = {"action": "request", "body": body, "request_id": str(number), "requesting_device_id": "X"}
    return {"type": "m.room_key_request", "sender": "@x:example.org", "content": content}
