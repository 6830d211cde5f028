"""Events as strangers' clients and servers make them, read into what they mean to the bot."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.transports.matrix.reading import Reader, clean
from bot.transports.matrix.rooms import JoinedRoom
from bot.transports.matrix.telling import tell_invited
from campaign.chat import MATRIX, Address, Balloted, Echo, Invited, Redacted, Room, Said, Unreadable

ME, LOU = "@tocsin:example.org", "@lou:example.org"
ROOM = Room(MATRIX, "!coop:example.org")
AT = datetime(2027, 9, 1, 10, 0, tzinfo=UTC)
UNSTABLE, STABLE = "org.matrix.msc3381.poll.response", "m.poll.response"


def read(raw: object, *, live: bool = True) -> object:
    return Reader(ME, ROOM.id, JoinedRoom(ME, {ME: "Tocsin", LOU: "Lou"}), live).read(raw)


def event(kind: str, content: object, *, sender: str = LOU, **more: object) -> dict[str, Any]:
    return {
        "type": kind,
        "event_id": "$event",
        "sender": sender,
        "origin_server_ts": int(AT.timestamp() * 1000),
        "content": content,
        **more,
    }


def answer(*keys: str, kind: str = UNSTABLE) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": "m.reference", "event_id": "$start"}, kind: {"answers": list(keys)}}


@pytest.mark.parametrize("kind", [UNSTABLE, STABLE])
@pytest.mark.parametrize("shape", [UNSTABLE, STABLE])
@pytest.mark.parametrize("live", [True, False])
def test_an_answer_to_a_poll_is_a_ballot_under_either_name(kind: str, shape: str, *, live: bool) -> None:
    ballot = read(event(kind, answer("for", kind=shape)), live=live)
    lou = Address(MATRIX, LOU)
    assert ballot == Balloted(ROOM, "$event", lou, "Lou", "$start", ("for",), AT, live=live)


def test_an_empty_answer_takes_the_one_before_back() -> None:
    ballot = read(event(UNSTABLE, answer()))
    assert isinstance(ballot, Balloted)
    assert ballot.answers == ()


def test_a_key_that_only_looks_like_one_of_the_polls_does_not_become_one() -> None:
    ballot = read(event(UNSTABLE, answer("fo\u202er", "for\ud800")))
    assert isinstance(ballot, Balloted)
    assert ballot.answers == ("", "")


@pytest.mark.parametrize(
    "content",
    [
        {UNSTABLE: {"answers": ["for"]}},
        {"m.relates_to": "$start", UNSTABLE: {"answers": ["for"]}},
        {"m.relates_to": {"rel_type": "m.reference"}, UNSTABLE: {"answers": ["for"]}},
        {"m.relates_to": {"rel_type": "m.reference", "event_id": "start"}, UNSTABLE: {"answers": ["for"]}},
        {"m.relates_to": {"rel_type": "m.reference", "event_id": "$start"}},
        {"m.relates_to": {"rel_type": "m.reference", "event_id": "$start"}, UNSTABLE: {"answers": "for"}},
    ],
)
def test_what_cannot_be_an_answer_is_unreadable(content: object) -> None:
    assert isinstance(read(event(UNSTABLE, content)), Unreadable)


def test_what_points_elsewhere_or_comes_from_the_bot_is_no_answer() -> None:
    other = {**answer("for"), "m.relates_to": {"rel_type": "m.thread", "event_id": "$start"}}
    assert read(event(UNSTABLE, other)) is None
    assert read(event(UNSTABLE, answer("for"), sender=ME)) is None
    taken_back = {"redacted_because": {}}
    assert read(event(UNSTABLE, {}, unsigned=taken_back)) is None


def test_a_redaction_deletes_what_it_says_and_nothing_if_it_says_two_things() -> None:
    for content, more in (
        ({"redacts": "$a"}, {}),
        ({}, {"redacts": "$a"}),
        ({"redacts": "$a"}, {"redacts": "$a"}),
    ):
        found = read(event("m.room.redaction", content, **more))
        assert isinstance(found, Redacted)
        assert found.target == "$a"
    # In rooms of before version 11 servers look outside alone: what stands inside is whatever its sender likes.
    assert isinstance(read(event("m.room.redaction", {"redacts": "$theirs"}, redacts="$mine")), Unreadable)


@pytest.mark.parametrize(
    "kind",
    [
        "m.room.message",
        "m.reaction",
        "m.room.encrypted",
        "org.matrix.msc3381.poll.start",
        "org.matrix.msc3381.poll.end",
    ],
)
def test_whatever_the_bot_sends_is_known_again_by_its_key(kind: str) -> None:
    ours = event(kind, {}, sender=ME, unsigned={"transaction_id": "key-1"})
    assert read(ours) == Echo(ROOM, "$event", "key-1", AT)
    assert read(event(kind, {}, sender=ME)) is None  # another session of the account


@pytest.mark.parametrize("event_id", ["$\ud800", "\ud800", "$" + "x" * 300, 7, None])
def test_an_invitation_whose_event_is_called_what_no_event_is_has_none(event_id: object) -> None:
    # What stands in it is another server's word, and what cannot be kept would be met again at every sync.
    ours = {"type": "m.room.member", "state_key": ME, "sender": LOU, "event_id": event_id}
    told = tell_invited(ME, ROOM.id, {"invite_state": {"events": [ours]}}, "", {})
    assert isinstance(told, Invited)
    assert (told.by, told.event) == (Address(MATRIX, LOU), "")


def edit(new: object) -> dict[str, Any]:
    relation = {"rel_type": "m.replace", "event_id": "$first"}
    return {"msgtype": "m.text", "body": "* !sign", "m.new_content": new, "m.relates_to": relation}


def test_other_words_for_an_earlier_message_say_which() -> None:
    found = read(event("m.room.message", edit({"msgtype": "m.text", "body": "!sign Picasoft"})))
    assert isinstance(found, Said)
    assert (found.text, found.edits, found.event) == ("!sign Picasoft", "$first", "$event")


@pytest.mark.parametrize(
    "new", [None, "!sign", {}, {"msgtype": "m.notice", "body": "!sign"}, {"body": "!sign"}, {"msgtype": 1}]
)
def test_other_words_that_are_none_are_passed_over(new: object) -> None:
    assert read(event("m.room.message", edit(new))) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
RELATION = st.fixed_dictionaries(
    {},
    optional={
        "rel_type": st.sampled_from(["m.reference", "m.annotation", "m.replace"]) | JSON,
        "event_id": JSON,
    },
)
CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "m.relates_to": RELATION | JSON,
        UNSTABLE: st.fixed_dictionaries({}, optional={"answers": JSON}) | JSON,
        STABLE: st.fixed_dictionaries({}, optional={"answers": JSON}) | JSON,
        "m.selections": st.lists(st.text(), max_size=30) | JSON,
        "msgtype": st.just("m.text") | JSON,
        "body": JSON,
        "m.new_content": st.fixed_dictionaries({}, optional={"body": JSON, "msgtype": JSON}) | JSON,
    },
)


@given(
    st.sampled_from([UNSTABLE, STABLE, "m.room.message", "m.reaction", "m.room.redaction"]) | JSON,
    CONTENT | JSON,
    st.fixed_dictionaries(
        {}, optional={"unsigned": JSON, "event_id": JSON, "sender": JSON, "origin_server_ts": JSON}
    ),
)
def test_no_event_whatever_its_shape_stops_the_reading(
    kind: object, content: object, more: dict[str, Any]
) -> None:
    found = read({**event("", content), "type": kind, **more})
    if isinstance(found, Balloted):
        assert len(found.answers) <= 20
        assert all(clean(key) == key for key in found.answers)


@pytest.mark.parametrize("body", ["[" * 60_000, ("[" * 99 + "](matrix:u/" + "a" * 255) * 160])
def test_a_message_full_of_brackets_holds_up_nobody(body: str) -> None:
    began = time.process_time()
    said = read(event("m.room.message", {"msgtype": "m.text", "body": body}))
    assert time.process_time() - began < 0.05
    assert isinstance(said, Said)
    assert said.text == body
