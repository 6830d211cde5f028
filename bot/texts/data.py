"""What people typed, made fit to be shown: one line, nothing invisible."""

from __future__ import annotations

import re
from unicodedata import category, normalize

_SPACES = re.compile(r"\s+")
# Letters and marks that are drawn as nothing, beside the format characters (bidi, zero-width) of category Cf.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffe\uffff")
_UNSHOWN = frozenset({"Cc", "Cf", "Co", "Cs"})
_ADDRESS = re.compile(r"https?://[^\s<>\"]+|mailto:[^\s<>\"@]+@[^\s<>\"]+", re.IGNORECASE)


def clean(text: str) -> str:
    """Collapse white space to single spaces and drop control, bidi, zero-width and private-use characters."""
    if not (text.isascii() and text.isprintable()):
        # White space first: a tab or a line break is a control character, but it separates words.
        text = "".join(c for c in _SPACES.sub(" ", text) if category(c) not in _UNSHOWN and c not in _BLANK)
    return _SPACES.sub(" ", text).strip()


def begins_with_vowel(name: str) -> bool:
    """Whether a name begins with a vowel that is heard as one: "y" before a consonant too, "h" never for sure."""
    first = normalize("NFKD", name[:1].casefold())[:1]
    return first in tuple("aeiouœæ") or (first == "y" and name[1:2].casefold() not in tuple("aeiouy"))


def clean_source(source: str) -> str:
    """Drop what Markdown of our own or the operator's may not hold: controls but line breaks, private use."""
    if source.isascii() and source.isprintable():
        return source
    source = source.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(c for c in source if c == "\n" or category(c) not in {"Cc", "Co", "Cs"})


def is_web_address(url: str) -> bool:
    """Whether this may be made a link: http, https or mailto, and nothing in it that cannot be seen."""
    return _ADDRESS.fullmatch(url) is not None and clean(url) == url


def guarded(text: str, prefix: str) -> str:
    """Put a mark before each line that another bot could take for a command, or a client for `/me`.

    This looks at finished lines and not at values, so that no combination of values gets around it.
    """
    starts = (normalize("NFKC", prefix).casefold() or "!", "!", "/me")
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if normalize("NFKC", line.lstrip()[: len(prefix) + 3]).casefold().startswith(starts):
            lines[index] = f"› {line.lstrip()}"  # noqa: RUF001 - a mark nobody's command begins with
    return "\n".join(lines)
