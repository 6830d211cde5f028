"""Whatever a server says of rooms: no fault of ours comes of it, and what is told can be stored."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.transports.base import Start
from bot.transports.matrix.answer import parse
from bot.transports.matrix.encryption.machine import NoKeyError, session_of
from bot.transports.matrix.encryption.opening import Opening
from bot.transports.matrix.homeserver import Patience
from bot.transports.matrix.reading import MalformedError
from bot.transports.matrix.rooms import mapping
from bot.transports.matrix.sync import SyncLoop
from tests.bot.matrix.test_sync_order import ME, ROOM, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOU = "@lou:example.org"
ODD = [None, True, -1, 2**70, "", "\ud800", "$\ud800", "!\ud800:a", "x" * 300, ME, [[]], {"\ud800": "\ud800"}]  # fmt: skip


def event(
    kind: str, content: dict[str, Any], state_key: str | None = None, sender: str = LOU
) -> dict[str, Any]:
    """An event as an honest server tells it."""
    state = {} if state_key is None else {"state_key": state_key}
    said = {"type": kind, "sender": sender, "event_id": f"${kind}", "origin_server_ts": 1, "content": content}
    return {**said, **state, "unsigned": {"prev_content": {}, "transaction_id": "key"}}


MEMBER = event("m.room.member", {"membership": "join", "displayname": "Lou"}, LOU)
STATE = [
    MEMBER,
    event(
        "m.room.create",
        {"room_version": "12", "additional_creators": [LOU], "predecessor": {"room_id": ROOM}},
        "",
    ),
    event("m.room.power_levels", {"users": {LOU: 100}, "events": {"m.room.message": 0}, "invite": 0}, ""),
    event("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 100}, ""),
    event("m.room.tombstone", {"replacement_room": "!other:example.org"}, ""),
    event("m.room.name", {"name": "Room"}, ""),
    event("m.room.canonical_alias", {"alias": "#room:example.org"}, ""),
    event("m.room.join_rules", {"join_rule": "invite"}, ""),
    event("m.room.history_visibility", {"history_visibility": "shared"}, ""),
]
IN_THREAD = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$before"}}
EDITED = {"rel_type": "m.replace", "event_id": "$before"}
WORDS = {"msgtype": "m.text", "body": "!sign", "formatted_body": "!sign", "m.mentions": {"user_ids": [ME]}}
SAID = [
    event("m.room.message", {**WORDS, "m.relates_to": IN_THREAD}),
    event("m.room.message", {**WORDS, "m.relates_to": EDITED, "m.new_content": WORDS}),
    event("m.room.message", WORDS, sender=ME),
    event("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$before", "key": "+"}}),
    event(
        "m.poll.response",
        {"m.relates_to": {"rel_type": "m.reference", "event_id": "$poll"}, "m.selections": ["a"]},
    ),
    event("m.room.redaction", {"redacts": "$before"}),
    event(
        "m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "session", "ciphertext": "x"}
    ),
]
JOINED = [{"timeline": {"events": [one], "limited": True, "prev_batch": "before"}} for one in (*STATE, *SAID)]
LEFT = {"timeline": {"events": [SAID[0], event("m.room.member", {"membership": "ban"}, ME)]}}
ASKED = {
    "invite_state": {
        "events": [MEMBER, event("m.room.member", {"membership": "invite", "is_direct": True}, ME)]
    }
}


def twisted(honest: Any) -> Iterator[Any]:
    """Each value in turn made an odd one."""
    yield from ODD
    if isinstance(honest, dict | list):
        for key in honest if isinstance(honest, dict) else range(len(honest)):
            for one in twisted(honest[key]):
                made = copy.copy(honest)
                made[key] = one
                yield made


class Odd(Server):
    """A server that answers what is asked of a room with what `more` says."""

    def __init__(self, more: Any) -> None:
        super().__init__()
        self.more = more

    async def call(self, _method: str, *_path: str, **_: Any) -> dict[str, Any]:
        return {"joined": self.more, "chunk": self.more}


class Sealed:
    """Keys of which none ever comes."""

    async def receive(self, _answer: object) -> set[tuple[str, str]]:
        return set()

    async def open_all(self, sealed: Sequence[tuple[str, Any]]) -> list[Exception]:
        def why(raw: Any) -> Exception:
            try:
                session_of(raw)
            except MalformedError as error:
                return error
            return NoKeyError()

        return [why(raw) for _, raw in sealed]

    def ask_for(self, _sealed: object) -> None:
        pass


def texts(value: Any) -> Iterator[str]:
    """Every text in what is told."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from texts(getattr(value, each.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)


async def told(rooms: Any, more: Any = ()) -> list[Any]:
    """What is told of the rooms of a sync answer."""
    answer = parse(json.dumps({"rooms": rooms, "more": more}).encode())
    assert answer is not None
    sync = SyncLoop(
        Odd(answer["more"]),  # type: ignore[arg-type]
        start := Start(cursors={"sync": "before"}),
        timeline_limit=10,
        poll_seconds=1,
        batch_size=10,
        patience=Patience(),
        opening=Opening(Sealed(), ME, start),  # type: ignore[arg-type]
    )
    sync.wanted.addresses[ROOM] = "#room:example.org"
    return await sync._read(answer, live=True)


@pytest.mark.parametrize(
    ("section", "honest"), [*(("join", one) for one in JOINED), ("leave", LEFT), ("invite", ASKED)]
)
async def test_whatever_a_server_says_is_told_so_that_it_can_be_stored(section: str, honest: Any) -> None:
    assert await told({section: {ROOM: honest}})
    for one in twisted(honest):
        more = mapping(mapping(one).get("timeline")).get("events")
        for found in await told({section: {ROOM: one}}, more):
            assert all(map(_is_storable, texts(found))), type(found).__name__


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize("odd", [*ODD, {"join": ODD, "leave": {ROOM: None}, "invite": {"": []}}], ids=repr)
async def test_whatever_stands_in_the_place_of_rooms_is_no_fault_of_ours(odd: Any) -> None:
    for rooms in (odd, {"join": odd, "leave": odd, "invite": odd}):
        for found in await told(rooms):
            assert all(map(_is_storable, texts(found)))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"\ud83d\ude00", "\N{GRINNING FACE}"),
        (rb"\ud83d", "\x1a"),
        (rb"\uDE00\uD83D", "\x1a\x1a"),
        (rb"\\ud83d", "\\ud83d"),
        (rb"\\\ud83d\ud83d\ude00", "\\\x1a\N{GRINNING FACE}"),
        ("\N{GRINNING FACE}".encode(), "\N{GRINNING FACE}"),
        (b"\xed\xa0\x80", "\x1a"),
        (rb"\u00e9 \ud7ff", "\u00e9 \ud7ff"),
    ],
)
def test_half_a_character_is_none(raw: bytes, text: str) -> None:
    assert parse(b'{"body":"' + raw + b'"}') == {"body": text}
