"""Versions of a letter: which text is signed now, whose signature a change of substance asks for again, what changed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - kept beside the other fields' types
from typing import TYPE_CHECKING, Literal, TypeAlias

from rapidfuzz.distance import LCSseq

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

Change: TypeAlias = Literal["first", "minor", "material", "pending", "dropped"]
"""What a version is beside the one before it. pending: nobody has said yet; dropped: it never becomes the letter."""

MOST_PARTS = 4000
"""Words or lines of each text that are compared one by one; of what is longer, all between its ends counts as changed."""
EXCERPT = 160
"""Characters of a changed passage that are shown."""
_UNDERLINE = re.compile(r"\A *(?:=+|-+) *(?:\n|\Z)")
_AROUND = 3
"""Words shown before and after a changed passage; passages no further apart are one."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a letter in one language; `hash` is the SHA-256 of its text, `added_at` (UTC) since when it is that."""

    id: int
    language: str
    version: int
    change: Change
    root_id: int | None
    """The version of the root this is a translation of; None for the root itself."""
    hash: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """A passage as it was and as it is, each with the few words around it."""

    before: str
    after: str


# --- which text is signed ------------------------------------------------------------------------------------------


def accepted(versions: Iterable[Version]) -> list[Version]:
    """Those that are or were the letter, oldest first in each language."""
    return sorted(
        (one for one in versions if one.change not in ("pending", "dropped")), key=lambda one: one.version
    )


def root_of(versions: Iterable[Version]) -> Version | None:
    """The root as it is now; None while there is no letter."""
    return next((one for one in reversed(accepted(versions)) if one.root_id is None), None)


def translated(one: Version, versions: Iterable[Version]) -> int:
    """The number of the root's version that a text says: its own, or of the one it translates."""
    if one.root_id is None:
        return one.version
    return next((root.version for root in versions if root.id == one.root_id), 0)


def is_stale(one: Version, versions: Sequence[Version]) -> bool:
    """Whether a translation is of an earlier version than the letter is at."""
    root = root_of(versions)
    return one.root_id is not None and root is not None and translated(one, versions) < root.version


def overtaken(versions: Sequence[Version]) -> frozenset[int]:
    """The texts (their ids) after which a change of substance came: who signed one of them is asked again.

    A change of the root overtakes every translation of what was before it, one of a translation that language alone.
    """
    taken = accepted(versions)
    material = [one for one in taken if one.change == "material"]
    last_root = max((one.version for one in material if one.root_id is None), default=0)
    last = {one.language: one.version for one in material}  # the newest comes last
    return frozenset(
        one.id
        for one in taken
        if translated(one, versions) < last_root or one.version < last.get(one.language, 0)
    )


def to_sign(versions: Sequence[Version], language: str | None) -> Version | None:
    """The text that whoever speaks a language signs: the newest in it, or the root where that one says something else.

    None while there is no letter. What is signed is never overtaken.
    """
    gone = overtaken(versions)
    own = [one for one in accepted(versions) if one.language == language]
    return own[-1] if own and own[-1].id not in gone else root_of(versions)


def is_overtaken_since(versions: Sequence[Version], language: str | None, at: datetime) -> bool:
    """Whether what a language's speakers signed at an instant (aware) was overtaken by a change of substance since."""
    then = to_sign([one for one in versions if one.added_at <= at], language)
    return then is not None and then.id in overtaken(versions)


def would_overtake(versions: Sequence[Version], ids: Collection[int]) -> frozenset[int]:
    """The texts that would be overtaken if these changes were ones of substance."""
    return overtaken([replace(one, change="material") if one.id in ids else one for one in versions])


def code_of(hashes: Iterable[str]) -> str:
    """Eight characters that stand for just these texts: an answer given for others is none for them."""
    known = sorted(hashes)
    return known[0][:8] if len(known) == 1 else hashlib.sha256("".join(known).encode()).hexdigest()[:8]


def untitled(text: str, title: str) -> str:
    """A text (Markdown) without its title, if it begins with it: for where the title stands above it already."""
    first, _, rest = text.strip().partition("\n")
    if " ".join(first.strip("#*_ ").split()).casefold() != " ".join(title.strip("*_ ").split()).casefold():
        return text
    return _UNDERLINE.sub("", rest).strip("\n")


# --- what has changed ----------------------------------------------------------------------------------------------


def edits(before: str, after: str) -> tuple[Edit, ...]:
    """The passages in which two texts differ, in their order; none where only spaces and line breaks do.

    A passage longer than `EXCERPT` is cut in its middle. What it costs is bounded: see `MOST_PARTS`.
    """
    old, new = before.split(), after.split()
    found = []
    for (i, j), (k, m) in _passages(old, new, _AROUND):
        lead, tail = old[max(0, i - _AROUND) : i], old[j : j + _AROUND]
        lead = ["…", *lead] if i > _AROUND else lead
        tail = [*tail, "…"] if j + _AROUND < len(old) else tail
        found.append(Edit(*(" ".join((*lead, *_excerpt(words), *tail)) for words in (old[i:j], new[k:m]))))
    return tuple(found)


def marked(before: str, after: str) -> str:
    """The whole of two texts, line by line: `- ` what is gone, `+ ` what is new, two spaces before what has stayed."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[str] = []
    done = 0
    for (i, j), (k, m) in _passages(old, new, 0):
        lines += [f"  {line}" for line in old[done:i]]
        lines += [f"- {line}" for line in old[i:j]]
        lines += [f"+ {line}" for line in new[k:m]]
        done = j
    lines += [f"  {line}" for line in old[done:]]
    return "\n".join(line.rstrip() for line in lines) + "\n"


_Span: TypeAlias = tuple[int, int]


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[_Span, _Span]]:
    """Where two sequences differ: what to take out of the one, and what of the other stands there instead."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle, other = old[start : len(old) - end], new[start : len(new) - end]
    if len(middle) > MOST_PARTS or len(other) > MOST_PARTS:
        yield (start, len(old) - end), (start, len(new) - end)
        return
    for one in LCSseq.opcodes(middle, other):
        if one.tag != "equal":
            yield (
                (one.src_start + start, one.src_end + start),
                (one.dest_start + start, one.dest_end + start),
            )


def _passages(old: Sequence[str], new: Sequence[str], apart: int) -> list[tuple[_Span, _Span]]:
    """The changes; those with no more than so many words or lines between them are one."""
    found: list[tuple[_Span, _Span]] = []
    for (i, j), (k, m) in _changes(old, new):
        if found and i - found[-1][0][1] <= apart and k - found[-1][1][1] <= apart:
            (first, _), (other, _) = found[-1]
            found[-1] = ((first, j), (other, m))
        else:
            found.append(((i, j), (k, m)))
    return found


def _excerpt(words: Sequence[str]) -> Sequence[str]:
    text = " ".join(words)
    if len(text) <= EXCERPT:
        return words
    half = EXCERPT // 2 - 2
    return text[:half].rstrip(), "…", text[-half:].lstrip()
