"""Which of two answers stands once two organisations are one, and what of a file is followed: decided once, either way."""

from __future__ import annotations

from itertools import product

import pytest

from campaign.merging import Given, first_stands, stronger_word, takes_word
from campaign.roster import names_to_change, verdict

GIVEN = [
    Given(level, at, number)
    for number, (level, at) in enumerate(
        product(("declared", "verified", "confirmed"), ("2027-01", "2027-02"))
    )
]


def test_of_two_signatures_exactly_one_stands_whichever_is_named_first() -> None:
    for one, other in product(GIVEN, GIVEN):
        if one is not other:
            assert first_stands(one, other) != first_stands(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Given("verified", "2027-02", 2), Given("confirmed", "2027-01", 1)),
        (Given("confirmed", "2027-02", 2), Given("declared", "2027-01", 1)),
        (Given("declared", "2027-01", 2), Given("declared", "2027-02", 1)),
        (Given("declared", "2027-01", 1), Given("declared", "2027-01", 2)),
    ],
)
def test_the_surer_signature_stands_then_the_earlier_then_the_lower_number(one: Given, other: Given) -> None:
    assert first_stands(one, other)
    assert not first_stands(other, one)


@pytest.mark.parametrize(
    ("kept", "since", "gone", "gone_since", "takes"),
    [
        ("silent", "2", "deciding", "1", True),
        ("deciding", "1", "silent", "2", False),
        ("deciding", "1", "declined", "2", True),
        ("declined", "2", "deciding", "1", False),
        ("declined", "1", "deciding", "1", False),
        ("silent", "1", "silent", "2", False),
    ],
)
def test_the_later_word_stands_and_silence_is_none(
    kept: str, since: str, gone: str, gone_since: str, *, takes: bool
) -> None:
    assert takes_word(kept, since, gone, gone_since) == takes


def test_a_campaigners_word_is_stronger_than_any_other() -> None:
    for other in ("roster", "domain", "second", "verified"):
        assert stronger_word("campaigner", other) == stronger_word(other, "campaigner") == "campaigner"
        assert stronger_word("verified", other) == other


@pytest.mark.parametrize(
    ("before", "now", "held", "judged"),
    [
        ("", "", "", "same"),
        ("", "a", "", "follow"),
        ("a", "a", "b", "same"),
        ("a", "b", "b", "same"),
        ("a", "b", "a", "follow"),
        ("a", "", "a", "follow"),
        ("a", "b", "c", "keep"),
        ("a", "", "c", "keep"),
        ("", "a", "c", "keep"),
        ("a", "b", "", "keep"),
    ],
)
def test_what_a_file_alone_had_is_followed(before: str, now: str, held: str, judged: str) -> None:
    assert verdict(before, now, held) == judged


def test_a_name_comes_and_goes_with_the_file_that_alone_had_it() -> None:
    assert names_to_change({"a", "b"}, {"a", "c"}, {"a", "b"}) == ({"c"}, {"b"})
    assert names_to_change({"a"}, {"a"}, set()) == (set(), set()), "taken away in chat"
    assert names_to_change(set(), {"a"}, {"a"}) == (set(), set()), "said in chat before"
    assert names_to_change(set(), set(), {"a"}) == (set(), set()), "said in chat alone"
