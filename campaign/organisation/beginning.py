"""Which of some names a line nearly begins with, where nothing parts the name from what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from campaign.organisation.form import normal_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ALIKE = 80
"""From which likeness (0 to 100) on a name may be meant: a letter or two of a short one."""


def begun_with(words: Sequence[str], names: Iterable[str], most: int = 3) -> tuple[int, list[str]]:
    """Return the names (in their normal form) that these words nearly begin with, best first, and how many words that is.

    A name may be typed with a word more or less than it has. Of several, how many words the best one takes is meant.
    """
    begun = {count: normal_form(" ".join(words[:count])) for count in range(1, min(len(words), 16) + 1)}
    found: list[tuple[float, int, str]] = []
    for name in names:
        length = name.count(" ") + 1
        scored = [
            (fuzz.ratio(begun[count], name, score_cutoff=ALIKE), count)
            for count in (length - 1, length, length + 1)
            if count in begun
        ]
        score, count = max(scored, default=(0.0, 0))
        if score:
            found.append((score, count, name))
    found.sort(key=lambda one: -one[0])
    count = found[0][1] if found else 0
    return count, [name for _, taken, name in found if taken == count][:most]
