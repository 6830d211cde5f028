"""Versions of a letter, generated: what is signed is never overtaken, and nothing is carried over silently."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.letter import (
    EXCERPT,
    MOST_PARTS,
    Version,
    accepted,
    code_of,
    edits,
    is_stale,
    marked,
    overtaken,
    root_of,
    to_sign,
    translated,
    untitled,
    would_overtake,
)

NOW = datetime(2024, 9, 2, 7, 0, tzinfo=UTC)
LANGUAGES = ("fr", "en", "de")


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """A letter as it comes about: the root, then changes of it and of its translations, each of the root as it was."""
    found = [Version(1, "fr", 1, "first", None, "0", NOW)]
    for number in range(2, draw(st.integers(1, 12)) + 1):
        language = draw(st.sampled_from(LANGUAGES))
        there = [one for one in found if one.language == language]
        change = draw(st.sampled_from(("minor", "material"))) if there else "first"
        root = root_of(found)
        assert root is not None
        found.append(
            Version(
                number,
                language,
                len(there) + 1,
                change,
                None if language == "fr" else root.id,
                str(number),
                NOW,
            )
        )
    for language in draw(st.sets(st.sampled_from(LANGUAGES))):
        there = [one for one in found if one.language == language]
        root = root_of(found)
        assert root is not None
        found.append(
            Version(
                100 + LANGUAGES.index(language),
                language,
                len(there) + 1,
                draw(st.sampled_from(("pending", "dropped"))),
                None if language == "fr" else root.id,
                f"draft {language}",
                NOW,
            )
        )
    return found


@given(histories(), st.sampled_from((*LANGUAGES, "it", None)))
def test_what_is_signed_is_accepted_and_not_overtaken(versions: list[Version], language: str | None) -> None:
    chosen = to_sign(versions, language)
    assert chosen is not None
    assert chosen in accepted(versions)
    assert chosen.id not in overtaken(versions)
    assert chosen.language in (language, "fr")


@given(histories())
def test_a_draft_changes_nothing(versions: list[Version]) -> None:
    without = accepted(versions)
    assert overtaken(versions) == overtaken(without)
    for language in LANGUAGES:
        assert to_sign(versions, language) == to_sign(without, language)


@given(histories())
def test_a_material_change_of_the_root_overtakes_all_that_was_signed(versions: list[Version]) -> None:
    taken = accepted(versions)
    root = root_of(taken)
    assert root is not None
    after = [*taken, Version(200, "fr", root.version + 1, "material", None, "200", NOW)]
    assert overtaken(after) == {one.id for one in taken}
    assert {to_sign(after, language) for language in LANGUAGES} == {after[-1]}
    # A second one asks for nothing more, and the one before it is overtaken as well.
    again = [*after, Version(201, "fr", root.version + 2, "material", None, "201", NOW)]
    assert overtaken(again) == {one.id for one in after}


@given(histories(), st.sampled_from(LANGUAGES))
def test_a_minor_change_overtakes_nothing(versions: list[Version], language: str) -> None:
    taken = accepted(versions)
    root, there = root_of(taken), [one for one in taken if one.language == language]
    assert root is not None
    new = Version(200, language, len(there) + 1, "minor", None if language == "fr" else root.id, "200", NOW)
    assert overtaken([*taken, new]) == overtaken(taken)


@given(histories())
def test_a_material_change_of_a_translation_overtakes_its_language_alone(versions: list[Version]) -> None:
    taken = accepted(versions)
    root, there = root_of(taken), [one for one in taken if one.language == "en"]
    assert root is not None
    new = Version(200, "en", len(there) + 1, "material", root.id, "200", NOW)
    assert overtaken([*taken, new]) - overtaken(taken) <= {one.id for one in there}
    assert {one.id for one in there} <= overtaken([*taken, new])


@given(histories())
def test_what_would_be_overtaken_is_what_then_is(versions: list[Version]) -> None:
    waiting = {one.id for one in versions if one.change == "pending"}
    then = [replace(one, change="material") if one.id in waiting else one for one in versions]
    assert would_overtake(versions, waiting) == overtaken(then)


@given(histories())
def test_a_translation_is_stale_when_the_root_has_moved(versions: list[Version]) -> None:
    root = root_of(versions)
    assert root is not None
    for one in accepted(versions):
        assert is_stale(one, versions) == (one.root_id is not None and one.root_id != root.id)
        assert translated(one, versions) <= root.version


@given(st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1, unique=True))
def test_a_code_stands_for_just_these_texts_in_any_order(hashes: list[str]) -> None:
    assert len(code_of(hashes)) == 8
    assert code_of(hashes) == code_of(reversed(hashes))


def test_a_code_of_other_texts_is_another() -> None:
    assert code_of(["a" * 64]) == "a" * 8
    assert len({code_of(one) for one in (["a" * 64], ["b" * 64], ["a" * 64, "b" * 64])}) == 3


# --- what has changed ---

TEXTS = st.text("ab \n.é", max_size=60) | st.text(max_size=60)


@given(TEXTS, TEXTS)
def test_there_are_edits_if_and_only_if_words_differ(before: str, after: str) -> None:
    assert bool(edits(before, after)) == (before.split() != after.split())
    assert edits(before, before) == ()


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_the_marked_one(before: str, after: str) -> None:
    lines = marked(before, after).removesuffix("\n").split("\n") if before or after else []
    # What splits a line other than a line break ends up as one.
    old = [line[2:] for line in lines if line[:1] != "+"]
    new = [line[2:] for line in lines if line[:1] != "-"]
    assert [line.rstrip() for line in before.splitlines()] == [line.rstrip() for line in old] or not before
    assert [line.rstrip() for line in after.splitlines()] == [line.rstrip() for line in new] or not after


def test_a_passage_is_shown_with_the_words_around_it() -> None:
    (one,) = edits("a b c d five more years e f g h", "a b c d ten more years e f g h")
    assert one.before == "… b c d five more years e …"
    assert one.after == "… b c d ten more years e …"


def test_changes_near_each_other_are_one_and_those_apart_are_several() -> None:
    assert len(edits("a b c d e f g h i j", "a X c d Y f g h i j")) == 1
    assert len(edits("a b c d e f g h i j", "a X c d e f g h Y j")) == 2


def test_a_long_passage_is_cut_in_its_middle() -> None:
    (one,) = edits("begin end", f"begin {'word ' * 200}end")
    assert len(one.after) <= EXCERPT + len("begin  end")
    assert "…" in one.after


def test_texts_of_any_length_are_compared_in_little_time() -> None:
    """A letter of a megabyte, of words that are all alike, on a machine that does much else meanwhile."""
    words = random.Random(1)
    before, after = (
        " ".join(words.choice(("de", "la", "le", "une")) for _ in range(300_000)) for _ in range(2)
    )
    began = time.process_time()
    assert len(edits(before, after)) == 1  # too much to be compared word by word
    assert edits(before, f"x {before} y")[0].after.startswith("x")
    few = " ".join(before.split()[:MOST_PARTS]), " ".join(after.split()[:MOST_PARTS])
    assert len(edits(*few)) > 1
    assert marked(*(one.replace(" ", "\n") for one in (before, after)))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("# For the commons #\n\nWe ask.", "We ask."),
        ("\n**For  the Commons**\nWe ask.\n", "We ask."),
        ("For the commons\n===============\n\nWe ask.", "We ask."),
        ("We ask.\n\n# For the commons\n", "We ask.\n\n# For the commons\n"),
        ("# For the commons of all\n\nWe ask.", "# For the commons of all\n\nWe ask."),
        ("For the commons", ""),
        ("# For the commons\n- We ask.", "- We ask."),
    ],
)
def test_a_letter_that_begins_with_its_title_is_shown_without(text: str, left: str) -> None:
    assert untitled(text, "For the commons") == left
