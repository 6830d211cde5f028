"""What the bot says can be read on a phone, aloud by a screen reader, and without HTML: every text and every transcript.

A program cannot hear, so this is what it can tell: no table, nothing that columns or runs of spaces arrange, no line
whose meaning is a sign alone, no word of ours wider than a phone, and plain text with the words of the HTML in their
order.
"""

from __future__ import annotations

import html
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from bot.texts.catalogue import DOMAIN, FOLDER
from bot.texts.wording import Wording
from campaign.chat import Text
from tests.bot.test_catalogue import said

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
PHONE = 40
"""Columns that a narrow phone shows."""
TRANSCRIPTS = sorted((ROOT / "tests" / "conversations").glob("*.txt"))

_PLACE = re.compile(r"\{(\w+)\}")
_DIGEST = re.compile("[0-9a-f]{64}")
_TAG = re.compile(r"<(/?)(\w+)[^>]*>")
_TABLE = re.compile(r"^\s*\|.*\|\s*$|^\s*:?-{3,}:?\s*\|", re.MULTILINE)
_ARRANGED = re.compile(r"\S(?: {2,}|\t)\S")
PERMITTED = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p",
    "pre", "s", "strong", "ul",
}  # fmt: skip
"""Tags of a message: none that arranges words in columns, hides or colours them."""


def catalogue() -> Iterator[tuple[str, str]]:
    """Language and text of everything that can be said."""
    for forms in said():
        yield from (("en", form) for form in forms if form)
    with (FOLDER / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        for entry in read_po(file, locale="fr"):
            forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
            yield from (("fr", form) for form in forms if entry.id and form)


def is_sign(character: str) -> bool:
    """Whether it shows something and says nothing: a picture, a block of a bar, an arrow."""
    return unicodedata.category(character) in ("So", "Sk", "Sm", "Cf", "Mn")


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_text_is_arranged_in_columns(language: str) -> None:
    texts = [text for of, text in catalogue() if of == language]
    assert len(texts) > 300
    assert [text for text in texts if _TABLE.search(text) or _ARRANGED.search(text) or "<table" in text] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_line_says_in_words_what_its_signs_show(language: str) -> None:
    bare = []
    for of, text in catalogue():
        for line in text.split("\n") if of == language else ():
            if any(is_sign(one) for one in line) and not words(
                "".join(one for one in line if not is_sign(one))
            ):
                bare.append(text)  # noqa: PERF401 - read as it is thought
    # A bar is said by the numbers beside it: whoever says it puts them in the same line.
    assert [text for text in bare if _PLACE.sub("", text).strip(" ·…—–-") and "{" not in text] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_word_of_ours_is_wider_than_a_phone(language: str) -> None:
    wide = [
        (word, text)
        for of, text in catalogue()
        if of == language
        for word in re.split(r"[\s/]+", _PLACE.sub("", text))
        if len(word) > PHONE
    ]
    assert wide == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_plain_text_has_the_words_of_the_html_in_their_order(language: str) -> None:
    wording = Wording(language)
    differing = []
    for text in said():
        values = {place: f"v{number}v" for number, place in enumerate(_PLACE.findall(text[0] + text[1]))}
        plural = text[1]
        line = Text(text[0], {**values, "count": 3} if plural else values, plural=plural, count=3)
        page = wording.html([line])
        if not page:
            continue
        tags = {tag for _, tag in _TAG.findall(page)}
        assert tags <= PERMITTED, (tags - PERMITTED, text)
        assert "style=" not in page
        assert "color" not in page
        if words(html.unescape(_TAG.sub(" ", page))) != words(wording.plain([line])):
            differing.append(text)
    assert differing == []


def spoken(transcript: str) -> Iterator[str]:
    """Each line the bot says in a transcript."""
    speaks = False
    for line in transcript.split("\n"):
        name = line[6:16].strip() if line.startswith("      ") else ""
        if line.startswith("      ") and line[6:7].strip():
            speaks = name == "tocsin"
        elif not line.startswith(" " * 16):
            speaks = False
        shown = (
            line[16:].startswith("📎") or "(/vote " in line
        )  # files and polls: the console's own way to show them
        if speaks and not shown:
            yield line[16:]


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_what_is_said_in_a_conversation_reads_aloud(file: Path) -> None:
    for line in spoken(file.read_text("utf-8")):
        assert not _TABLE.search(line), line
        assert not _ARRANGED.search(line), line
        without = "".join(one for one in line if not is_sign(one))
        assert not line.strip() or words(without), f"a sign alone: {line}"
        for word in re.split(r"[\s|]+", line):  # choices in a usage line may break between two of them
            # What is followed or compared rather than read may break anywhere: an address, a command, a digest.
            is_read = not (
                "://" in word or "@" in word or word.startswith(("!", "`!")) or _DIGEST.search(word)
            )
            assert len(word) <= PHONE or not is_read, word


def test_transcripts_are_read_at_all() -> None:
    lines = [line for file in TRANSCRIPTS for line in spoken(file.read_text("utf-8"))]
    assert len(lines) > 1000
    assert any(line.startswith("📜") for line in lines)
