"""From what a phone made of a message to a line of plain words, and whether it calls the bot."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from itertools import dropwhile
from typing import TYPE_CHECKING

from commands.vocabulary import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 4000
"""Characters of a line that are read; what a person types by hand is never longer."""

GO_ON = frozenset({"vote", "voter", "ask", "question", "answer", "repondre"})
"""Commands (folded) whose last words are somebody's reason, question or answer, which may take several lines."""

_QUOTES = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u02bc", "'"),
        "\uff01": "!",
        "\uff1f": "?",
        "\uff1d": "=",
    }
)
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_NAME_ENDS = re.compile(r"[ :,]")
_AROUND_NAME = 20
"""Characters by which a name as typed may be longer than as it is compared: accents, signs around it."""
_NUMBERED = re.compile(
    r"(?:(?:le|la|the) )?(?:(?:question|signature|scrutin|poll) )?"
    r"(?:(?:#|n[o°º]|№|nr|num[eé]ro|number)\.? ?)?(\d{1,6})[.):]?(?: |$)",
    re.IGNORECASE,
)
"""A number as people write it, and as the bot does ("n° 3", "question 3"); nothing here is ever numbered higher."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that calls the bot: its words after the prefix, cleaned of what phones put there."""

    text: str
    prefixed: bool = field(default=False, compare=False)
    """Whether it was said with the prefix: then it is meant as a command, however it is worded."""

    @property
    def words(self) -> list[str]:
        """The words of it."""
        return self.text.split(" ") if self.text else []


def clean(text: str) -> str:
    """One line of plain words: spaces made equal, invisible characters dropped, quotes and dashes made straight.

    A letter and its accent are one character (NFC): some keyboards send two, and no word is made of an accent.
    """
    text = " ".join(text[:LONGEST].translate(_QUOTES).split())
    # Split again: what stood alone between two spaces may be gone.
    text = " ".join(_INVISIBLE.sub("", text).replace("—", "--").split())
    return unicodedata.normalize("NFC", text)


def asks(text: str) -> bool:
    """Whether a text ends as a question does."""
    return text.rstrip(" !\"'»”)").endswith("?")


def without_quotation(text: str) -> str:
    """What a person wrote themselves: without the lines (`> …`) that clients quote before an answer."""
    lines = text.strip().split("\n")
    if lines[0].startswith(">"):
        own = dropwhile(lambda line: line.startswith(">") or not line.strip(), lines)
        return "\n".join(own)
    return "\n".join(lines)


def call(text: str, *, prefix: str, names: Iterable[str], mentioned: bool) -> Line | None:
    """What is asked of the bot in a line, or None: `!sign …`, `!tocsin sign …`, or the bot's name and then the rest.

    A command is a single line, with a quotation before it or not: what is quoted or a letter never is. Only where its last
    words are somebody's own (`GO_ON`) do the lines that follow belong to it, unless one of them is a command too.
    """
    first, *others = without_quotation(text).strip().split("\n")
    line = _line(clean(first), prefix, names, mentioned=mentioned)
    return None if line is None else _with(line, others, prefix)


def alone(text: str, prefix: str) -> Line | None:
    """What is asked of the bot in private, where nothing has to call it; None if it is several lines, as in `call`."""
    first, *others = without_quotation(text).strip().split("\n")
    return _with(Line(clean(first)), others, prefix)


def _with(line: Line, others: list[str], prefix: str) -> Line | None:
    if not others:
        return line
    if fold(line.text.partition(" ")[0]) not in GO_ON or any(clean(one).startswith(prefix) for one in others):
        return None
    return replace(line, text=clean("\n".join((line.text, *others))))


def _line(line: str, prefix: str, names: Iterable[str], *, mentioned: bool) -> Line | None:
    if line.startswith(prefix):
        line = line[len(prefix) :].strip()
        _, rest = _after_name(line, names)
        line = rest.removeprefix(prefix).strip() or line
        return Line(line, prefixed=True) if line[:1].isalpha() else None
    pointed, rest = _after_name(line, names)
    if rest and (mentioned or pointed):
        return Line(rest.removeprefix(prefix).strip(), prefixed=rest.startswith(prefix))
    return None


def _after_name(line: str, names: Iterable[str]) -> tuple[bool, str]:
    """What follows one of these names at the beginning of a line ("" if none does), and whether `:` or `,` parts them.

    The longest name counts, so that `@tocsin:example.org: status` is not addressed to "tocsin".
    """
    known = {folded for name in names if (folded := fold(name.lstrip("@")))}
    longest = max(map(len, known), default=0) + _AROUND_NAME
    for cut in [one.start() for one in _NAME_ENDS.finditer(line[:longest])][::-1]:
        if fold(line[:cut].lstrip("@")) in known:
            rest = line[cut:].lstrip(" :,")
            between = line[cut - 1 : len(line) - len(rest)]
            return ":" in between or "," in between, rest
    return False, ""


_GREETING = re.compile(
    r"(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|cher|chere|dear|dis|please|merci|svp|s'il (?:te|vous) plait)[ ,!]+",
    re.IGNORECASE,
)
"""What may stand before the name of whom one speaks to."""


def put_to(text: str, names: Iterable[str], *, mentioned: bool) -> str:
    """What is put to the bot by its name in another place than at the beginning: after a greeting, or behind it all.

    Behind, with a comma, an end of the sentence or an @ before it: else it is spoken of. Empty if it is not, or there are several lines.
    """
    lines = without_quotation(text).strip().split("\n")
    line = clean(lines[0])
    if len(lines) > 1:
        return ""
    greeting = _GREETING.match(line)
    if greeting is not None:
        pointed, rest = _after_name(line[greeting.end() :].replace("!", ","), names)
        return rest if pointed or mentioned else ""
    known = sorted({clean(name).lstrip("@") for name in names if name}, key=len, reverse=True)
    for name in known:
        behind = re.search(
            rf"(?P<before>[,?!.]| @) ?@?{re.escape(name)}(?P<end>[ ?!.]*)$", line, re.IGNORECASE
        )
        if behind is not None:
            return f"{line[: behind.start()]}{behind['before'].strip(' @,')}{behind['end']}".strip()
    return ""


def unnamed(text: str, names: Iterable[str]) -> str:
    """A line without the bot's name at its end: "merci tocsin"."""
    known = {folded for name in names if (folded := fold(name.lstrip("@")))}
    before, _, last = text.rstrip(" .!").rpartition(" ")
    return before if before and fold(last.lstrip("@")) in known else text


def begun(text: str, names: Iterable[str]) -> str:
    """What follows the bot's name at the beginning of a single line where nothing parts them: put to it, or said of it."""
    lines = without_quotation(text).strip().split("\n")
    pointed, rest = _after_name(clean(lines[0]), names)
    return "" if pointed or len(lines) > 1 else rest


def take_number(words: list[str]) -> tuple[int | None, list[str]]:
    """The number some words begin with (None if with none), and the words that follow it."""
    text = " ".join(words)
    found = _NUMBERED.match(text)
    return (int(found[1]), text[found.end() :].split()) if found else (None, words)
