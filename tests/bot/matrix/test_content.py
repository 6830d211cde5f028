"""What each kind of payload becomes on the wire."""

from __future__ import annotations

import json

import pytest

from bot.transports.base import Payload
from bot.transports.matrix.content import event_of
from bot.transports.matrix.polls import answers_in


def test_a_poll_is_begun_as_clients_begin_theirs() -> None:
    answers = (("for", "Pour"), ("against", "Contre"))
    kind, content = event_of(Payload("On signe ?", kind="poll", answers=answers, thread="$root"))
    assert kind == "org.matrix.msc3381.poll.start"
    assert content["org.matrix.msc3381.poll.start"] == {
        "kind": "org.matrix.msc3381.poll.disclosed",
        "max_selections": 1,
        "question": {"org.matrix.msc1767.text": "On signe ?"},
        "answers": [
            {"id": "for", "org.matrix.msc1767.text": "Pour"},
            {"id": "against", "org.matrix.msc1767.text": "Contre"},
        ],
    }
    assert content["org.matrix.msc1767.text"] == "On signe ?\n1. Pour\n2. Contre"
    assert content["m.mentions"] == {}
    assert content["m.relates_to"]["rel_type"] == "m.thread"


def test_a_poll_is_ended_with_words_for_clients_that_show_none() -> None:
    kind, content = event_of(Payload("Adopté.", kind="end", target="$start"))
    assert kind == "org.matrix.msc3381.poll.end"
    assert content == {
        "m.relates_to": {"rel_type": "m.reference", "event_id": "$start"},
        "org.matrix.msc3381.poll.end": {},
        "org.matrix.msc1767.text": "Adopté.",
        "m.mentions": {},
    }


def test_other_words_replace_the_earlier_ones_and_ring_at_nobody() -> None:
    payload = Payload(
        "12 signatures", "<b>12</b> signatures", ("@ana:example.org",), kind="edit", target="$board"
    )
    kind, content = event_of(payload)
    assert kind == "m.room.message"
    assert (content["body"], content["formatted_body"]) == ("* 12 signatures", "* <b>12</b> signatures")
    assert content["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$board"}
    assert content["m.mentions"] == {}
    new = content["m.new_content"]
    assert (new["body"], new["msgtype"]) == ("12 signatures", "m.notice")
    assert new["m.mentions"] == {"user_ids": ["@ana:example.org"]}
    assert "m.relates_to" not in new


def test_a_reaction_is_an_annotation() -> None:
    assert event_of(Payload("✅", kind="react", target="$said")) == (
        "m.reaction",
        {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$said", "key": "✅"}},
    )


def test_a_pin_is_no_event_of_its_own() -> None:
    with pytest.raises(ValueError, match="pin"):
        event_of(Payload("", kind="pin", target="$board"))


@pytest.mark.parametrize("kind", ["message", "edit", "react", "poll", "end"])
def test_the_same_payload_is_the_same_bytes_every_time(kind: str) -> None:
    payload = Payload("x", "<b>x</b>", kind=kind, target="$t", answers=(("a", "A"),))  # type: ignore[arg-type]
    first, again = (json.dumps(event_of(payload)) for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ({"org.matrix.msc3381.poll.response": {"answers": ["for"]}}, ("for",)),
        ({"m.poll.response": {"answers": ["for"]}}, ("for",)),
        ({"m.selections": ["for"]}, ("for",)),
        ({"org.matrix.msc3381.poll.response": {"answers": []}}, ()),
        ({"m.selections": []}, ()),
        ({"m.selections": ["for", "never heard of"]}, ("for", "never heard of")),
        ({"m.selections": [str(number) for number in range(30)]}, tuple(map(str, range(20)))),
        ({"m.selections": [*map(str, range(20)), 21]}, tuple(map(str, range(20)))),
        ({}, None),
        ({"m.selections": "for"}, None),
        ({"m.selections": ["for", 1]}, None),
        ({"m.selections": ["x" * 256]}, None),
        ({"m.poll.response": ["for"]}, None),
        ({"m.poll.response": {"answers": {"for": True}}}, None),
        ({"m.poll.response": "for", "m.selections": ["for"]}, None),
    ],
)
def test_an_answer_has_one_of_few_shapes(content: dict[str, object], keys: tuple[str, ...] | None) -> None:
    assert answers_in(content) == keys
