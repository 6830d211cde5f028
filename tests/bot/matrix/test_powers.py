"""Who may do what, as the specification reads power levels, whatever stands in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.transports.matrix.pins import PINNED
from bot.transports.matrix.powers import Powers
from bot.transports.matrix.rooms import JoinedRoom

ME, LOU, NOA = "@tocsin:example.org", "@lou:example.org", "@noa:example.org"


@pytest.mark.parametrize(
    ("levels", "version", "who", "may"),
    [
        (None, "10", ME, True),  # a room without levels lets everybody
        ({}, "10", ME, False),
        ({}, "10", LOU, False),  # who created it is nobody special where levels stand
        ({"users": {ME: 50}}, "10", ME, True),
        ({"users": {ME: 49}}, "10", ME, False),
        ({"users_default": 50}, "10", ME, True),
        ({"state_default": 0}, "10", ME, True),
        ({"state_default": 0, "events": {PINNED: 10}}, "10", ME, False),
        ({"events": {PINNED: 0}}, "10", ME, True),
        ({"events": {PINNED: "0"}}, "10", ME, False),
        ({"events": [PINNED], "users": [ME]}, "10", ME, False),
        ({"users": {ME: True}}, "10", ME, False),
        ({"events": {PINNED: 150}}, "12", LOU, True),  # a creator stands above every level
        ({"events": {PINNED: 150}}, "12", NOA, True),
        ({"events": {PINNED: 150}}, "12", ME, False),
    ],
)
def test_who_may_pin(levels: dict[str, Any] | None, version: str, who: str, *, may: bool) -> None:
    room = JoinedRoom(ME)
    content = {"room_version": version, "additional_creators": [NOA, 7]}
    room.apply({"type": "m.room.create", "state_key": "", "sender": LOU, "content": content})
    if levels is not None:
        room.apply({"type": "m.room.power_levels", "state_key": "", "sender": LOU, "content": levels})
    assert room.powers.may_set(who, PINNED) is may


def test_everybody_may_invite_and_speak_unless_it_says_otherwise() -> None:
    assert Powers({}).may_invite(LOU)
    assert Powers({}).may_send(LOU, "m.reaction")
    assert not Powers({"invite": 50}).may_invite(LOU)
    assert Powers({"invite": 50, "users": {LOU: 50}}).may_invite(LOU)
    assert not Powers({"events_default": 50}).may_send(LOU, "m.reaction")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
NAMES = ("users", "events", "users_default", "events_default", "state_default", "invite", ME, PINNED)


@given(
    st.dictionaries(st.sampled_from(NAMES), JSON | st.dictionaries(st.sampled_from(NAMES), JSON)),
    st.fixed_dictionaries({}, optional={"room_version": JSON, "additional_creators": JSON}),
    JSON,
)
def test_nothing_a_stranger_writes_into_a_rooms_state_is_an_error(
    levels: dict[str, Any], created: dict[str, Any], sender: object
) -> None:
    room = JoinedRoom(ME)
    room.apply({"type": "m.room.create", "state_key": "", "sender": sender, "content": created})
    room.apply({"type": "m.room.power_levels", "state_key": "", "content": levels})
    assert isinstance(room.powers.may_set(ME, PINNED), bool)
    assert isinstance(room.powers.may_send(ME, "m.reaction"), bool)
    assert isinstance(room.powers.may_invite(ME), bool)
