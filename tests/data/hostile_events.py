"""Made Matrix events that no honest client sends, and parts of sync answers that no honest server gives: the same for the same seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.data.wrong import ODD, broken, nested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Json = dict[str, Any]
    Twist = Callable[[Json], object]

SEED = 20241126
AT_RANDOM = 160
KINDS = (
    "m.room.message", "m.reaction", "m.room.redaction", "m.room.encrypted", "m.sticker", "m.room.member",
    "m.room.name", "m.room.tombstone", "m.room.create", "m.room.power_levels", "m.room.canonical_alias",
    "m.room.pinned_events", "m.space.child", "org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.response",
    "org.matrix.msc3381.poll.end", "m.poll.response", "m.call.invite", "", "x" * 300,
)  # fmt: skip
FIELDS = (
    "type", "sender", "content", "event_id", "origin_server_ts", "unsigned", "state_key", "redacts", "room_id",
)  # fmt: skip
PARTS = (
    "msgtype", "body", "format", "formatted_body", "m.relates_to", "m.mentions", "m.new_content", "url", "file",
    "info", "algorithm", "ciphertext", "session_id", "sender_key", "device_id", "membership", "displayname",
    "org.matrix.msc3381.poll.response", "answers", "replacement_room", "users", "key",
)  # fmt: skip

NOTHING = "$nothing-that-anybody-said"
_TEXT = {"msgtype": "m.text", "body": "words"}
_REPLY = {"m.in_reply_to": {"event_id": NOTHING}}
_THREAD = {"rel_type": "m.thread", "event_id": NOTHING, "is_falling_back": True, **_REPLY}
_REFERENCE = {"rel_type": "m.reference", "event_id": NOTHING}
_POLL = "org.matrix.msc3381.poll"
_READ: tuple[tuple[str, Json], ...] = (
    (
        "m.room.message",
        {
            **_TEXT,
            "format": "org.matrix.custom.html",
            "formatted_body": "<a href='https://matrix.to/#/@x:example.org'>x</a>",
            "m.mentions": {"user_ids": ["@x:example.org"]},
            "m.relates_to": _THREAD,
        },
    ),
    (
        "m.room.message",
        {**_TEXT, "m.new_content": _TEXT, "m.relates_to": {"rel_type": "m.replace", "event_id": NOTHING}},
    ),
    ("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": NOTHING, "key": "👍"}}),
    ("m.room.redaction", {"redacts": NOTHING, "reason": "x"}),
    (f"{_POLL}.response", {"m.relates_to": _REFERENCE, f"{_POLL}.response": {"answers": ["yes"]}}),
    ("m.poll.response", {"m.relates_to": _REFERENCE, "m.selections": ["yes"]}),
    (f"{_POLL}.end", {"m.relates_to": _REFERENCE, f"{_POLL}.end": {}}),
)
"""What the bot reads of what people say, in full."""
_STATE: tuple[tuple[str, Json], ...] = (
    ("m.room.member", {"membership": "join", "displayname": "x", "avatar_url": "mxc://x/x"}),
    ("m.room.name", {"name": "x"}),
    ("m.room.tombstone", {"body": "x", "replacement_room": "!trap:example.org"}),
    ("m.room.create", {"room_version": "10", "predecessor": {"room_id": "!trap:example.org", "event_id": "$x"}}),
    ("m.room.power_levels", {"users": {"@x:example.org": 100}, "events": {"m.room.message": 50}, "invite": 50}),
    ("m.room.canonical_alias", {"alias": "#x:example.org", "alt_aliases": ["#y:example.org"]}),
    ("m.room.join_rules", {"join_rule": "restricted", "allow": [{"room_id": "!x:example.org"}]}),
    ("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 1}),
    ("m.room.history_visibility", {"history_visibility": "shared"}),
)  # fmt: skip
"""The state that the bot follows."""
_MEANT: tuple[Json, ...] = (
    {"body": "!si\u200bgner Fil\u2060 Commun"},
    {"body": "\u202e!signer\u2066 Fil Commun"},
    {"body": "!signer \ud800\udc00\ud800"},
    {"body": "!signer " + "\u0301" * 2000},
    {"body": "!signer " + "[" * 2000 + "](" * 2000},
    {"body": "!signer " + "(a" * 3000 + "+" * 3000},
    {"body": "!signer Fil Commun\x00\nrole=\u2028mandat=oui"},
    {"body": "!lier " + "0" * 6000},
    {"body": "!sondage " + "? " * 3000},
    {"body": "!rappel 99999-99-99 99:99 " + "9" * 3000},
    {"body": "!rappel dans " + "9" * 400 + " jours"},
    {"body": "x\n" * 20_000},
    {"body": "deep", "n": nested(99)},
    {"body": "wide", **{f"k{number}": number for number in range(2000)}},
    {"body": "poll", f"{_POLL}.start": {"answers": [{"id": "x" * 300}] * 100, "question": 5}},
    {"body": "to itself", "m.relates_to": {"rel_type": "m.thread", "event_id": "@@itself@@"}},
    {"body": "to itself", "m.relates_to": {"m.in_reply_to": {"event_id": "@@itself@@"}}},
    {"body": "!oui", "m.relates_to": {"m.in_reply_to": {"event_id": "@@itself@@"}}},
    {"body": "* x", "m.new_content": _TEXT, "m.relates_to": {"rel_type": "m.replace", "event_id": "@@itself@@"}},
)  # fmt: skip
"""What a message can say to mislead who reads it."""


def events(seed: int = SEED, at_random: int = AT_RANDOM) -> Iterator[Twist]:
    """Give what each hostile event is made of an honest one, so that rooms and senders are real where they are kept.

    Those with a "state_key" are a room's state, and not for a room in which anybody has something to say.
    """
    chance = random.Random(seed)
    for number in range(at_random):
        yield _at_random(random.Random(chance.random()), number)
    for kind, content in _READ:
        for wrong in broken(chance, content, 3):
            yield _becomes(kind, wrong)
        yield _becomes(kind, _to_itself(content))
    for content in _MEANT:
        yield _becomes("m.room.message", {"msgtype": "m.text", **content})
    for kind, content in _STATE:
        for wrong in broken(chance, content, 3):
            key = (
                chance.choice(("", "", "", *ODD))
                if kind != "m.room.member"
                else chance.choice(("@x:example.org", *ODD))
            )
            yield _becomes(kind, wrong, state_key=key)


def answers(seed: int = SEED) -> Iterator[tuple[str, object]]:
    """Give sections of a sync answer by name, as only a broken server puts them there."""
    chance = random.Random(seed)
    trap = "!trap:example.org"
    for value in (
        None,
        5,
        "x",
        [],
        [None],
        {"join": 5},
        {"join": {trap: 5}},
        {"invite": {trap: []}},
        {"leave": [trap]},
    ):
        yield "rooms", value
    share = {
        "timeline": {"events": [], "limited": True, "prev_batch": "x"},
        "state": {"events": []},
        "summary": {"m.joined_member_count": 2, "m.heroes": ["@x:example.org"]},
        "unread_notifications": {},
        "ephemeral": {"events": []},
    }
    for wrong in broken(chance, share, 1):
        section = chance.choice(("join", "join", "leave", "invite"))
        yield (
            "rooms",
            {section: {chance.choice((trap, "!x:tocsin.test", "", "!", "x" * 300, "\u202e")): wrong}},
        )
    for here, there in (
        ("!a:example.org", "!b:example.org"),
        ("!b:example.org", "!a:example.org"),
        (trap, trap),
    ):
        yield "rooms", {"join": {here: {"state": {"events": _replaced_by(here, there)}}}}
    for value in (None, 5, [], {"events": [None, {"type": "m.direct", "content": 5}]}):
        yield "account_data", value
        yield "presence", value


def _replaced_by(here: str, there: str) -> list[Json]:
    """The state of a room that is in the place of another one, and that one in its."""
    common = {"sender": "@x:example.org", "origin_server_ts": 1, "state_key": ""}
    create = {
        **common,
        "type": "m.room.create",
        "event_id": f"$create{here[1]}",
        "content": {"predecessor": {"room_id": there}},
    }
    end = {
        **common,
        "type": "m.room.tombstone",
        "event_id": f"$end{here[1]}",
        "content": {"replacement_room": there},
    }
    return [create, end]


def _at_random(chance: random.Random, number: int) -> Twist:
    if number % 40 == 0:
        whole = chance.choice(ODD)
        return lambda _: whole
    fields = {chance.choice(FIELDS): chance.choice(ODD) for _ in range(chance.choice((0, 0, 1, 1, 2)))}
    parts = {chance.choice(PARTS): chance.choice(ODD) for _ in range(chance.randint(1, 4))}
    kind = chance.choice(KINDS)
    state = {"state_key": chance.choice(("", "@x:example.org", 5))} if chance.random() < 0.3 else {}

    def twist(event: Json) -> object:
        content = {**event["content"], **parts}
        return {**event, "type": kind, "content": content, **state, **fields}

    return twist


def _becomes(kind: str, content: Json, **fields: object) -> Twist:
    return lambda event: {**event, "type": kind, "content": _put_in(content, event["event_id"]), **fields}


def _to_itself(content: Any) -> Any:
    """The same, about the very event that says it."""
    return _swapped(content, NOTHING, "@@itself@@")


def _put_in(content: Any, event_id: str) -> Any:
    return _swapped(content, "@@itself@@", event_id)


def _swapped(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _swapped(inner, old, new) for key, inner in value.items()}
    return new if value == old else value
