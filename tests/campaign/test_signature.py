from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.errors import CampaignError
from campaign.signature import (
    FUNDED,
    LEVELS,
    MANDATES,
    STANDINGS,
    Level,
    Mandate,
    Standing,
    counts,
    impossible_day,
    level_of,
    parse_mandate,
    progress_bar,
    standing_of,
)

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=ZoneInfo("Europe/Paris"))


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
    assert parse_mandate(typed, NOW) == Mandate(kind)


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
        ("CA du 12 décembre 2026", Mandate("board", date(2026, 12, 12))),
        ("AG du samedi 12 décembre 2026", Mandate("assembly", date(2026, 12, 12))),
        ("AG le 1er juin", Mandate("assembly", date(2026, 6, 1))),
        ("general assembly, June 12th, 2026", Mandate("assembly", date(2026, 6, 12))),
        ("board on 12 June", Mandate("board", date(2026, 6, 12))),
        ("CA du 20 décembre", Mandate("board", date(2026, 12, 20))),
        ("CA du 20 mars", Mandate("board", date(2026, 3, 20))),
        ("board (29 February)", Mandate("board", date(2024, 2, 29))),
        ("CA d'hier", Mandate("board", date(2026, 11, 25))),
        ("AG du 12/06/24", Mandate("assembly", date(2024, 6, 12))),
        ("AG du 12.06.2024", Mandate("assembly", date(2024, 6, 12))),
        ("board 12/25/2024", Mandate("board", date(2024, 12, 25))),
        ("12 votes sur 15, puis 3 marches", Mandate("12 votes sur 15, puis 3 marches")),
        ("vote 12/15", Mandate("vote 12/15")),
        ("2024-02-30", Mandate("2024-02-30")),
        ("CA du 31 juin", Mandate("CA du 31 juin")),
        (
            "https://example.org/minutes/2024-06-12",
            Mandate("", None, "https://example.org/minutes/2024-06-12"),
        ),
        ("", Mandate("")),
    ],
)
def test_days_links_and_free_words(typed: str, mandate: Mandate) -> None:
    assert parse_mandate(typed, NOW) == mandate


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("CA du 30 février 2026", "30 février 2026"),
        ("CA du 31 juin", "31 juin"),
        ("board 2024-02-30", "2024-02-30"),
        ("AG du 31/06/2026", "31/06/2026"),
        ("CA du 12 décembre 2026", ""),
        ("CA, 3 marches", ""),
        ("https://example.org/2024-02-30", ""),
        ("", ""),
    ],
)
def test_a_day_that_no_calendar_has(typed: str, day: str) -> None:
    assert impossible_day(typed, NOW) == day


def test_a_day_under_the_wrong_name_is_refused() -> None:
    with pytest.raises(CampaignError):
        parse_mandate("CA du lundi 12 décembre 2026", NOW)
    assert parse_mandate("CA du vendredi 12 décembre", NOW).day == date(2025, 12, 12)


@given(st.text())
def test_any_words_are_a_mandate(typed: str) -> None:
    mandate = parse_mandate(typed, NOW)
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
