"""What somebody answers in a poll without a word of text: keys of a poll as a network shows it, or reactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

Way: TypeAlias = Literal["", "native", "reaction", "form"]
"""By what a ballot is given: a line of text, a poll as a network shows it, a reaction, a form."""

RETRACTED = ""
"""Stands for the answer of a ballot that takes the one before back."""
SPOILT = "spoilt"
"""Stands for an answer that is none, or several: kept, not counted."""

_KEYCAP = "\u20e3"
_PRESENTATION = str.maketrans("", "", "\ufe0e\ufe0f")
_TEN = "\U0001f51f"
_SUPPORT = ("\u2705", "\u2714", "\u2611", "\U0001f44d")
"""A check mark in three drawings, and a thumb up of any skin tone."""


def keycap(number: int) -> str:
    """The emoji of a number from 1 to 10: `1️⃣`. Raises ValueError for another one."""
    if not 1 <= number <= 10:  # noqa: PLR2004 - there is no emoji for eleven
        raise ValueError(f"no keycap for {number}")
    return _TEN if number == 10 else f"{number}\ufe0f{_KEYCAP}"  # noqa: PLR2004 - as above


def of_keys(answers: Sequence[str], choices: Sequence[str]) -> str:
    """The choice that an answer to a native poll gives; `RETRACTED` for none, `SPOILT` for several or an unknown one.

    One key that is given twice is one answer. Source: MSC3381, "responses" (an unknown answer spoils a response).
    """
    chosen = set(answers)
    if not chosen:
        return RETRACTED
    if len(chosen) > 1 or not chosen <= set(choices):
        return SPOILT
    return chosen.pop()


def of_reactions(keys: Iterable[str], choices: Sequence[str], supports: str) -> str | None:
    """The choice that reactions to a poll's text give; `SPOILT` for several, None if none of them is an answer."""
    meant = {choice for key in keys if (choice := _meant(key, choices, supports))}
    if not meant:
        return None
    return meant.pop() if len(meant) == 1 else SPOILT


def is_numbered(keys: Iterable[str]) -> bool:
    """Whether one of these reactions is a number: a thumb up may be no more than applause."""
    return any(key.translate(_PRESENTATION).endswith((_KEYCAP, _TEN)) for key in keys)


def _meant(key: str, choices: Sequence[str], supports: str) -> str:
    bare = key.translate(_PRESENTATION)
    if bare.startswith(_SUPPORT):
        return supports
    if bare == _TEN:
        number = 10
    elif len(bare) == 2 and bare[0] in "123456789" and bare[1] == _KEYCAP:  # noqa: PLR2004 - a figure and its cap
        number = int(bare[0])
    else:
        return ""
    return choices[number - 1] if number <= len(choices) else ""


def replaces(cast_at: datetime, latest: datetime | None) -> bool:
    """Whether a ballot stands though another one was there before: not if that one counts as given later.

    Both are aware instants, and None is no ballot. Of two that count as given at the same instant, the one that was
    taken later stands.
    """
    return latest is None or latest <= cast_at


def ends(back: Way, given: Way, *, own: bool) -> bool:
    """Whether who takes an answer back this way ends one that was given before that: their `own`, or a colleague's.

    Said in words it is the organisation that has none any more. A poll shows its own choice to each person, so nothing
    is left of theirs, however they gave it; who undoes a reaction undoes only what they answered by reacting.
    """
    if back in ("", "form"):
        return True
    return own and back in ("native", given)
