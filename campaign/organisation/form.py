"""The form under which a name is found again."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from campaign.organisation.legal import LEGAL, LEGAL_FIRST, LEGAL_PHRASES, LONGEST_SPELLED

_LETTERS = str.maketrans(
    {
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",  # noqa: RUF001 - the Turkish letter
        **dict.fromkeys("\u02bc\u02bb\u02b9\u02c8\ua78c", "'"),
    }
)
"""Letters that Unicode does not take apart and that people type either way; and apostrophes that it calls letters."""
_ACCENT = 200
"""Combining classes from here on are accents; the marks below spell (vowels, viramas)."""
_SCHEME = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?")
_INITIALS = re.compile(r"\b[^\W\d_](?:\.[^\W\d_])+\b\.?")

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing."""


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Bring text to a form for comparing: no case, accents, punctuation, invisible characters. Idempotent."""
    while (form := _folded_once(text)) != text:
        text = form
    return text


@lru_cache(maxsize=8192)
def normal_form(name: str) -> str:
    """Bring an organisation's name to the form under which it is found again. Idempotent.

    Case, accents, punctuation, `https://`, `www.` and legal forms at either end do not count: "Association
    Picasoft", "picasoft (asso)" and "www.Picasoft" are one. A name that is nothing but a legal form keeps it.
    Empty for a name without any letter or digit. Names that only may be the same keep forms of their own: it is the
    identity of an organisation, and is stored.
    """
    words = folded(name).split()
    while len(shorter := _without_legal_form(words)) < len(words):
        words = shorter
    return " ".join(words)


def without_invisible(text: str) -> str:
    """Return text without what does not show, or turns around what does."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        for character in text
        if unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"}
        and character not in _BLANK
        and not _is_selector(character)
    )


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _folded_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    text = _SCHEME.sub("", without_invisible(text))
    text = _INITIALS.sub(lambda found: found.group().replace(".", ""), text)
    apart = unicodedata.normalize("NFD", text)
    text = "".join(character for character in apart if unicodedata.combining(character) < _ACCENT)
    # Marks that spell are no word characters to `re`, and yet belong to their word.
    text = "".join(
        character if unicodedata.category(character)[0] in "LNM" else " "
        for character in unicodedata.normalize("NFKC", text)
    )
    return " ".join(text.split())


def _without_legal_form(words: list[str]) -> list[str]:
    # What is longer first: of "s a r l" more than "a r l" goes, and of "eingetragener Verein" more than "Verein".
    for length in range(min(LONGEST_SPELLED, len(words) - 1), 1, -1):
        letters = words[-length:]
        if all(len(letter) == 1 for letter in letters) and "".join(letters) in LEGAL:
            return words[:-length]
    for phrase in LEGAL_PHRASES:
        if len(words) > len(phrase) and tuple(words[-len(phrase) :]) == phrase:
            return words[: -len(phrase)]
    if len(words) > 1 and words[-1] in LEGAL:
        return words[:-1]
    if len(words) > 1 and words[0] in LEGAL_FIRST:
        return words[1:]
    return words
