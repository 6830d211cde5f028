from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.signature import (
    FUNDED,
    LEVELS,
    MANDATES,
    STANDINGS,
    Level,
    Mandate,
    Standing,
    counts,
    level_of,
    parse_mandate,
    progress_bar,
    standing_of,
)


def test_the_words() -> None:
    assert STANDINGS == ("silent", "deciding", "declared", "signed", "declined", "withdrawn")
    assert LEVELS == ("declared", "confirmed", "verified", "rejected", "withdrawn")
    assert FUNDED == ("direct", "indirect", "none")


@pytest.mark.parametrize(
    ("level", "confirmed", "declared"),
    [
        ("declared", False, True),
        ("confirmed", True, True),
        ("verified", True, True),
        ("rejected", False, False),
        ("withdrawn", False, False),
    ],
)
def test_what_counts(level: Level, *, confirmed: bool, declared: bool) -> None:
    assert counts(level, "confirmed") is confirmed
    assert counts(level, "declared") is declared


@pytest.mark.parametrize(
    ("word", "level", "standing"),
    [
        ("silent", None, "silent"),
        ("silent", "declared", "declared"),
        ("deciding", "declared", "deciding"),
        ("declined", "declared", "declined"),
        ("withdrawn", "declared", "withdrawn"),
        ("deciding", "verified", "signed"),
        ("declined", None, "declined"),
        ("signed", "confirmed", "signed"),
        ("signed", None, "silent"),
        ("declared", None, "silent"),
    ],
)
def test_what_is_declared_hides_no_own_word(word: Standing, level: Level | None, standing: Standing) -> None:
    assert standing_of(word, level) == standing


def test_only_a_representative_confirms() -> None:
    assert level_of(is_representative=True) == "confirmed"
    assert level_of(is_representative=False) == "declared"


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("AG", "assembly"),
        ("assemblée générale", "assembly"),
        ("en A.G.", "assembly"),
        ("general assembly", "assembly"),
        ("Vote de l'assemblée générale", "assembly"),
        ("CA", "board"),
        ("conseil d'administration", "board"),
        ("décision du bureau", "board"),
        ("consentement", "consent request"),
        ("Demande de consentement", "consent request"),
        ("consent request", "consent request"),
        ("délégation", "delegation"),
        ("par délégation", "delegation"),
        ("scrutin collectif", "collective poll"),
        *((kind, kind) for kind in MANDATES),
    ],
)
def test_mandates_as_people_type_them(typed: str, kind: str) -> None:
    assert parse_mandate(typed) == Mandate(kind)


@pytest.mark.parametrize(
    ("typed", "mandate"),
    [
        (
            "AG du 12/06/2024, https://example.org/minutes.",
            Mandate("assembly", date(2024, 6, 12), "https://example.org/minutes"),
        ),
        ("board (2024-06-12)", Mandate("board", date(2024, 6, 12))),
        ("board on 2024-06-12", Mandate("board", date(2024, 6, 12))),
        ("we agreed over soup", Mandate("we agreed over soup")),
        ("we agreed on 2024-06-12", Mandate("we agreed on", date(2024, 6, 12))),
        ("2024-02-30", Mandate("2024-02-30")),
        (
            "https://example.org/minutes/2024-06-12",
            Mandate("", None, "https://example.org/minutes/2024-06-12"),
        ),
        ("", Mandate("")),
    ],
)
def test_days_links_and_free_words(typed: str, mandate: Mandate) -> None:
    assert parse_mandate(typed) == mandate


@given(st.text())
def test_any_words_are_a_mandate(typed: str) -> None:
    mandate = parse_mandate(typed)
    assert mandate.kind in MANDATES or all(word in typed for word in mandate.kind.split())


def test_the_bar() -> None:
    assert progress_bar(37, 100) == "▓▓▓░░░░░░░"
    assert progress_bar(0, 100) == "░" * 10
    assert progress_bar(99, 100) == "▓" * 9 + "░"
    assert progress_bar(100, 100) == progress_bar(140, 100) == "▓" * 10
    assert progress_bar(3, 0) == ""


@given(st.integers(0, 500), st.integers(1, 300), st.integers(1, 40))
def test_the_bar_is_as_wide_as_asked_and_full_only_at_the_goal(done: int, goal: int, width: int) -> None:
    bar = progress_bar(done, goal, width)
    assert len(bar) == width
    assert ("░" not in bar) is (done >= goal)
