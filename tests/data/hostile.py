"""Made payloads that no honest client sends: events for Matrix and stanzas for XMPP, the same ones for the same seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = 20241126
EVENTS, STANZAS = 240, 160

ODD: tuple[object, ...] = (
    None, True, 0, -1, 2**53, 10**18, 0.5, "", " ", "\x00", "\u202e\u2066", "\ud800", "é" * 3000, "!" * 500, "*" * 500,
    "{name}", "%s%n", "'; DROP TABLE signatures; --", "=cmd()", "\u0301" * 300, "<b>&</b>", "`" * 99, "> " * 200,
    "https://" + "a" * 3000, "@x:example.org", "$x", "!x:example.org", [], {}, [[]], [None], {"": ""}, ["x"] * 200,
    {"user_ids": [{}]}, {"rel_type": "m.replace"}, {"rel_type": {}, "event_id": []}, {"m.in_reply_to": 5},
)  # fmt: skip
"""Values of the wrong type, length, direction or meaning."""
KINDS = (
    "m.room.message", "m.reaction", "m.room.redaction", "m.room.encrypted", "m.sticker", "m.room.member",
    "m.room.name", "m.room.tombstone", "m.room.create", "m.room.power_levels", "m.room.canonical_alias",
    "org.matrix.msc3381.poll.start", "org.matrix.msc3381.poll.response", "org.matrix.msc3381.poll.end",
    "m.poll.response", "m.call.invite", "", "x" * 300,
)  # fmt: skip
FIELDS = (
    "type", "sender", "content", "event_id", "origin_server_ts", "unsigned", "state_key", "redacts", "room_id",
)  # fmt: skip
PARTS = (
    "msgtype", "body", "format", "formatted_body", "m.relates_to", "m.mentions", "m.new_content", "url", "file",
    "info", "algorithm", "ciphertext", "session_id", "sender_key", "device_id", "membership", "displayname",
    "org.matrix.msc3381.poll.response", "answers", "replacement_room", "users", "key",
)  # fmt: skip


def events(seed: int = SEED, count: int = EVENTS) -> Iterator[Callable[[dict[str, Any]], object]]:
    """Give what each hostile event is made of an honest one, so that rooms and senders are real where they are kept."""
    chance = random.Random(seed)
    for number in range(count):
        yield _event(random.Random(chance.random()), number)


def _event(chance: random.Random, number: int) -> Callable[[dict[str, Any]], object]:
    if number % 40 == 0:
        whole = chance.choice(ODD)
        return lambda _: whole
    fields = {chance.choice(FIELDS): chance.choice(ODD) for _ in range(chance.choice((0, 0, 1, 1, 2)))}
    parts = {chance.choice(PARTS): chance.choice(ODD) for _ in range(chance.randint(1, 4))}
    kind = chance.choice(KINDS)
    state = {"state_key": chance.choice(("", "@x:example.org", 5))} if chance.random() < 0.3 else {}

    def twist(event: dict[str, Any]) -> object:
        content = {**event["content"], **parts}
        return {**event, "type": kind, "content": content, **state, **fields}

    return twist


_NS = (
    "urn:xmpp:mam:2", "urn:xmpp:sid:0", "urn:xmpp:delay", "urn:xmpp:reactions:0", "urn:xmpp:reply:0",
    "urn:xmpp:message-correct:0", "urn:xmpp:message-retract:1", "urn:xmpp:fasten:0", "urn:xmpp:fallback:0",
    "urn:xmpp:occupant-id:0", "urn:xmpp:carbons:2", "urn:xmpp:forward:0", "http://jabber.org/protocol/muc#user",
    "jabber:x:conference", "jabber:x:oob", "jabber:x:data", "urn:xmpp:eme:0", "eu.siacs.conversations.axolotl",
    "http://jabber.org/protocol/commands", "urn:xmpp:hints", "urn:example:nobody",
)  # fmt: skip
_NAMES = (
    "x", "result", "stanza-id", "origin-id", "delay", "reactions", "reaction", "reply", "replace", "retract",
    "fallback", "occupant-id", "received", "sent", "forwarded", "item", "status", "invite", "encrypted", "command",
)  # fmt: skip
_ATTRIBUTES = (
    "id",
    "by",
    "from",
    "to",
    "stamp",
    "jid",
    "code",
    "node",
    "for",
    "start",
    "end",
    "queryid",
    "xmlns:a",
)
_WORDS = tuple(one for one in ODD if isinstance(one, str) and one not in ("\x00", "\ud800"))
_BODIES = (*_WORDS, "!signer", "!", "tocsin: ", "!sign " + "x" * 5000, "\u2028".join("abc"))


def stanzas(to: str, seed: int = SEED, count: int = STANZAS) -> Iterator[str]:
    """Give message stanzas that are XML, and mean nothing honest."""
    chance = random.Random(seed)
    for number in range(count):
        body = f"<body>{escape(chance.choice(_BODIES))}</body>" * chance.choice((0, 1, 1, 2))
        children = "".join(
            _element(chance, depth=chance.choice((0, 1, 3, 30))) for _ in range(chance.randint(1, 4))
        )
        # Never an error to a room: it would take whoever sends one for gone, and show nobody what follows.
        kind = "groupchat" if number % 8 else chance.choice(("groupchat", "normal", "headline"))
        yield f"<message to={quoteattr(to)} type='{kind}' id='hostile-{number}'>{body}{children}</message>"


def _element(chance: random.Random, depth: int) -> str:
    name, space = chance.choice(_NAMES), chance.choice(_NS)
    chosen = chance.sample([one for one in _ATTRIBUTES if one != "xmlns:a"], chance.randint(0, 4))
    attributes = "".join(f" {one}={quoteattr(chance.choice(_WORDS)[:200])}" for one in chosen)
    inner = _element(chance, depth - 1) if depth else escape(chance.choice(_WORDS)[:200])
    return f"<{name} xmlns={quoteattr(space)}{attributes}>{inner}</{name}>"
