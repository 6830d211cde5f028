"""Which command a line begins with, or nearly does; which choice a word nearly is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from campaign.chat import N_, Text, Typed, say
from commands.vocabulary import AKIN, LONGEST_AKIN, SECOND_WORDS, choice_words, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from commands.command import Command
    from commands.line.calling import Line


LONGEST = 3
"""Words that the name of a command may be typed as: "en réflexion", "oubliez - moi"."""


def find(line: Line, menu: tuple[Command, ...]) -> tuple[Command, str] | None:
    """The command a line begins with (of two words before one), and what follows it.

    Only where that is none, a name may be parted otherwise than it is written: "!mes données", "!en-réflexion".
    """
    words = line.words
    for spelt, counts in ((_folded, (2, 1)), (squeezed, (3, 2, 1))):
        known = _known(menu, spelt)
        for count in counts:
            found = known.get(spelt(" ".join(words[:count]))) if len(words) >= count else None
            if found is not None:
                return found, " ".join(words[count:])
    return None


@lru_cache(maxsize=16)  # whatever is typed is looked up, in one of few menus
def _known(menu: tuple[Command, ...], spelt: Callable[[str], str]) -> Mapping[str, Command]:
    return {spelt(name): one for one in menu for name in one.names}


def _folded(name: str) -> str:
    return " ".join(map(fold, name.split(" ")))


def squeezed(name: str) -> str:
    """A name without what parts its words: what is left when they are parted otherwise."""
    return "".join(one for one in fold(name) if one.isalnum())


def family(word: str, menu: Iterable[Command]) -> tuple[Command, ...]:
    """The commands of two words one of which this is; those that begin with it, if any do."""
    word = fold(word)
    parted = [(one, [fold(name).split(" ") for name in one.names if " " in name]) for one in menu]
    for place in (0, 1):
        found = tuple(one for one, names in parted if any(name[place] == word for name in names))
        if found:
            return found
    return ()


def summary(one: Command) -> Text:
    """A command in one line, as lists show it."""
    return say(N_("{command} — {help}"), command=Typed(one.name), help=say(one.help))


def akin(line: Line, menu: Iterable[Command]) -> list[tuple[Command, tuple[str, ...], str]]:
    """The commands that may be meant by a word that is none, each with its own words behind it, and what was typed there."""
    known = {one.name: one for one in menu}
    for count in range(min(len(line.words), LONGEST_AKIN), 0, -1):
        typed, rest = " ".join(map(fold, line.words[:count])), " ".join(line.words[count:])
        meant = [each for each, words in AKIN.items() if typed in words]
        found: list[tuple[Command, tuple[str, ...], str]] = []
        for each in meant:
            name, *own = [each] if each in known else each.split(" ")
            if name in known:
                found.append((known[name], tuple(own), rest))
        if found:
            return found
    return []


def member(line: Line, menu: Iterable[Command]) -> tuple[Command, str] | None:
    """The command of two words whose first was typed and whose second nearly was, or in other words; and what follows."""
    if len(line.words) < 2:  # noqa: PLR2004 - there is no second
        return None
    first, second = map(fold, line.words[:2])
    akin = [each for each, words in SECOND_WORDS.items() if second in words]
    best: tuple[int, Command] | None = None
    for one in menu:
        for name in one.names:
            begins, _, ends = _folded(name).partition(" ")
            if not ends or begins != first:
                continue
            distance = 0 if one.name.partition(" ")[2] in akin else OSA.distance(second, ends)
            if distance <= _allowed(ends) and (best is None or distance < best[0]):
                best = (distance, one)
    return (best[1], " ".join(line.words[2:])) if best else None


def nearest(line: Line, menu: Iterable[Command], *, campaigner: bool = False) -> tuple[Command, str] | None:
    """The command one or two letters away from what was typed, and what follows it: a typo is a lost signature.

    Commands of campaigners are suggested to campaigners alone.
    """
    best: tuple[int, int, Command] | None = None
    typed = [squeezed(" ".join(line.words[:count])) for count in range(1, min(len(line.words), LONGEST) + 1)]
    for one in menu:
        if one.admin and not campaigner:
            continue
        for name in map(squeezed, one.names):
            allowed = _allowed(name)
            for count, words in enumerate(typed, 1):
                if len(words) <= 2:  # noqa: PLR2004 - two letters are no word
                    continue
                distance = OSA.distance(words, name, score_cutoff=allowed)
                if distance <= allowed and (best is None or distance < best[0]):
                    best = (distance, count, one)
    return (best[2], " ".join(line.words[best[1] :])) if best else None


def nearest_choice(word: str, choices: Iterable[str]) -> str | None:
    """The choice one or two letters away from a word, in any language; None if there is none, or it may be several."""
    typed = squeezed(word)
    if len(typed) <= 2:  # noqa: PLR2004 - two letters are no word
        return None
    near: dict[str, int] = {}
    for choice in choices:
        distances = [
            distance
            for name in map(squeezed, choice_words(choice))
            if (distance := OSA.distance(typed, name, score_cutoff=_allowed(name))) <= _allowed(name)
        ]
        if distances:
            near[choice] = min(distances)
    nearest = [choice for choice, distance in near.items() if distance == min(near.values())]
    return nearest[0] if len(nearest) == 1 else None


def _allowed(name: str) -> int:
    return 1 if len(name) < 5 else 2  # noqa: PLR2004 - in a short word two letters make another word
