"""Who comes through a bridge, and when an answer goes round in a circle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign.bridge import Bridges
from campaign.chat import MATRIX, XMPP, Address
from campaign.circle import FEW, MOST, SAME, Given, is_circle

NOW = datetime(2027, 9, 1, 10, 0, tzinfo=UTC)
RELAY, HALL = Address(MATRIX, "@matterbridge:example.org"), Address(XMPP, "relay@example.org")
BRIDGES = Bridges(frozenset({RELAY, HALL}), frozenset({"biboumi.example.org"}))


@pytest.mark.parametrize(
    ("who", "brought"),
    [
        (RELAY, True),
        (HALL, True),
        (Address(MATRIX, "@_irc_bob:example.org"), True),
        (Address(XMPP, "bob%irc.example.org@gateway.example.org"), True),
        (Address(XMPP, "anything@biboumi.example.org"), True),
        (Address(XMPP, "biboumi.example.org"), True),
        (Address(XMPP, "bob@notbiboumi.example.org"), False),
        (Address(XMPP, "bob@biboumi.example.org.evil.example"), False),
        (Address(XMPP, "biboumi.example.org", "room@conference.example.org"), False),  # an occupant's id
        (Address(MATRIX, "@matterbridge:other.example.org"), False),
        (Address(MATRIX, "@bob:biboumi.example.org"), False),
        (Address(XMPP, "matterbridge@example.org"), False),
    ],
)
def test_who_is_brought_by_a_bridge(who: Address, *, brought: bool) -> None:
    assert BRIDGES.brings(who) == brought


def given(*answers: tuple[float, str], takes: float = 0.1) -> list[Given]:
    """What was said so many seconds ago, newest first, and had left soon after."""
    times = ((NOW - timedelta(seconds=ago), said) for ago, said in answers)
    return sorted((Given(at, at + timedelta(seconds=takes), said) for at, said in times), reverse=True)


def test_the_same_answer_three_times_in_half_a_minute_is_a_circle() -> None:
    quick = [(2.0 * number, "the help") for number in range(SAME)]
    assert not is_circle(given(*quick[1:]), "the help", NOW)
    assert is_circle(given(*quick), "the help", NOW)
    assert not is_circle(given(*quick), "another answer", NOW), "one can always ask for something else"


def test_it_is_one_whatever_is_said_between_and_for_a_while_after() -> None:
    quick = [(600 + 9.0 * number, text) for number in range(SAME) for text in ("one", "two")]
    assert is_circle(given(*quick), "one", NOW)
    assert is_circle(given(*quick), "two", NOW)


def test_who_asks_the_same_again_now_and_then_is_answered() -> None:
    assert not is_circle(given(*((16.0 * number, "the list") for number in range(20))), "the list", NOW)
    assert not is_circle(given((0, "x"), (1, "x"), (31, "x")), "x", NOW)


def test_different_answers_are_a_circle_only_by_their_number() -> None:
    many = [(number, f"answer {number}") for number in range(MOST)]
    assert is_circle(given(*many), "one more", NOW)
    assert not is_circle(given(*many[1:]), "one more", NOW)
    assert not is_circle(given(*((number * 3.0, text) for number, text in many)), "one more", NOW)


def test_who_does_not_wait_for_answers_is_no_circle_however_many_they_are() -> None:
    pasted = [(number / 100, f"answer {number}") for number in range(20 * MOST)]
    assert not is_circle(given(*pasted, takes=10.0), "one more", NOW), (
        "all of it was said before the first was answered"
    )
    goes_on = [(float(second), f"{second} {number}") for second in range(50) for number in range(FEW + 1)]
    assert not is_circle(given(*goes_on), "one more", NOW), "each of ours found several more lines of theirs"
    by_turns = [(float(second), f"{second} {number}") for second in range(50) for number in range(FEW)]
    assert is_circle(given(*by_turns), "one more", NOW)


def test_who_was_quick_is_answered_again_once_they_stopped_for_a_while() -> None:
    for ago, silent in ((0, True), (29, True), (32, False), (600, False)):
        queue = [(float(ago + number), f"answer {number}") for number in range(2 * MOST)]
        assert is_circle(given(*queue), "one more", NOW) == silent, ago
    queue = given(*((float(number), f"answer {number}") for number in range(MOST)))
    assert not is_circle(queue, "one more", NOW - timedelta(hours=2)), "a clock that was set back"
