"""Whatever stands for something in French is understood with its accents, without them, and as any keyboard sends them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from campaign.dates import read_day
from campaign.decision import PRESETS, edited, present, reading
from campaign.signature import MANDATE_WORDS, parse_mandate
from commands.line.calling import Line, clean
from commands.line.finding import find
from commands.line.grammar import left_empty
from commands.menu import MENU
from commands.vocabulary import CHOICES, OPTIONS, read_choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign.decision import Procedure
    from commands.command import Command

MARKS = {"a": "\u0300\u0302", "c": "\u0327", "e": "\u0301\u0300\u0302\u0308", "i": "\u0302\u0308", "o": "\u0302", "u": "\u0300\u0302\u0308"}  # fmt: skip
"""What French may put on a letter."""


def spellings(word: str) -> Iterator[str]:
    """A word as it is, with each accent it can have, and with one on every letter: as one character, and as two."""
    yield word
    marked = [
        word[:place] + letter + mark + word[place + 1 :]
        for place, letter in enumerate(word)
        for mark in MARKS.get(letter, "")
    ]
    everywhere = "".join(letter + MARKS.get(letter, "")[:1] for letter in word)
    for one in (*marked, everywhere):
        yield one
        yield unicodedata.normalize("NFC", one)


@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
def test_the_name_of_a_command(one: Command) -> None:
    for typed in spellings(one.fr):
        assert find(Line(clean(typed)), MENU) == (one, ""), typed


@pytest.mark.parametrize("one", [one for one in MENU if one.parameters], ids=lambda one: one.name)
def test_the_options_of_a_command(one: Command) -> None:
    for parameter in one.parameters:
        if not parameter.is_option:
            continue
        for word in OPTIONS["fr"][parameter.name]:
            for typed in spellings(word):
                assert left_empty(one, clean(f"{typed}=")) == (parameter.name,), typed


@pytest.mark.parametrize("one", [one for one in MENU if one.parameters], ids=lambda one: one.name)
def test_the_choices_of_a_command(one: Command) -> None:
    for parameter in one.parameters:
        for choice in parameter.choices:
            for word in CHOICES["fr"][choice]:
                for typed in spellings(word):
                    assert read_choice(clean(typed), parameter.choices) == choice, typed


@pytest.mark.parametrize("procedure", PRESETS.values(), ids=lambda one: one.name)
def test_the_answers_of_a_poll(procedure: Procedure) -> None:
    for choice in procedure.choices:
        for word in CHOICES["fr"][choice]:
            for typed in spellings(word):
                assert read_choice(clean(typed), procedure.choices) == choice, typed


@pytest.mark.parametrize("procedure", PRESETS.values(), ids=lambda one: one.name)
def test_what_is_changed_of_the_rules_of_a_poll(procedure: Procedure) -> None:
    for name, value in present(procedure).items():
        wanted = edited(procedure, {name: value.names["fr"]})
        for typed in spellings(value.names["fr"]) if name != "text" else ():
            assert edited(procedure, {name: clean(typed)}) == wanted, typed


@pytest.mark.parametrize(
    ("name", "words"), [("base", reading.BASES), ("threshold", reading.PARTS)], ids=["base", "threshold"]
)
def test_the_parts_and_bases_of_a_majority(name: str, words: Iterable[str]) -> None:
    for word in words:
        wanted = edited(PRESETS["majority"], {name: word})
        for typed in spellings(word):
            assert edited(PRESETS["majority"], {name: clean(typed)}) == wanted, typed


@pytest.mark.parametrize("words", MANDATE_WORDS.items(), ids=lambda words: words[0])
def test_what_entitles_somebody_to_sign(words: tuple[str, tuple[str, ...]]) -> None:
    kind, known = words
    for word in known:
        for typed in spellings(word):
            assert parse_mandate(clean(typed)).kind == kind, typed


@pytest.mark.parametrize(
    "said",
    ["5 fevrier 2099", "15 aout 2099", "1 decembre 2099", "apres demain", "fin fevrier", "mi-aout"],
)
def test_a_date(said: str) -> None:
    def read(typed: str) -> object:
        return read_day(
            typed, now=datetime(2099, 1, 4, tzinfo=UTC), zone="Europe/Paris", languages=("fr", "en")
        )

    for typed in spellings(said):
        assert read(clean(typed)) == read(said), typed
