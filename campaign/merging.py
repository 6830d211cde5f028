"""Which of two answers stands once two organisations turn out to be one."""

from __future__ import annotations

from dataclasses import dataclass

from campaign.ballot import RETRACTED, SPOILT

_QUIETEST = ("off", "private", "room", "")
_LEVELS = ("verified", "confirmed", "declared")
_WORDS = ("campaigner", "roster", "domain", "second", "verified")


@dataclass(frozen=True, slots=True)
class Given:
    """A standing signature: how sure we are of it, when it was given (anything that sorts), its number."""

    level: str
    at: str
    number: int


def first_stands(one: Given, other: Given) -> bool:
    """Say whether the first of two standing signatures stands: the surer one, of two as sure the earlier one."""
    return (_LEVELS.index(one.level), one.at, one.number) <= (
        _LEVELS.index(other.level),
        other.at,
        other.number,
    )


def takes_word(kept: str, since: str, gone: str, gone_since: str) -> bool:
    """Say whether an organisation takes over the other's own word: the latest stands, and silence is none."""
    return gone != "silent" and (kept == "silent" or gone_since > since)


def later_answer(choice: str, at: tuple[str, int], other: str, other_at: tuple[str, int]) -> bool:
    """Say whether the first of two standing ballots stands: the later one, but before one that says nothing an answer.

    `at`: when it counts as given, and its number.
    """
    says, other_says = (one not in {RETRACTED, SPOILT} for one in (choice, other))
    return (says, at) >= (other_says, other_at)


def stronger_word(one: str, other: str) -> str:
    """Of two words on which a person speaks for an organisation, the one that nothing else takes back."""
    return min(one, other, key=_WORDS.index)


def quieter(one: str, other: str) -> str:
    """Of two wishes where to be reminded, the one that rings less: whoever said that nobody is to ring has said so."""
    return min(one, other, key=_QUIETEST.index)
