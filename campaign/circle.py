"""When two bots answer each other: how that is told from people, of whom two hundred may sign at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

SAME, AT_ONCE = 3, timedelta(seconds=30)
"""So many times the same answer to one person, in so short a time, is what a machine makes of it."""
MOST, WITHIN = 30, timedelta(minutes=1)
"""So many turns of one person within that time until now are, whatever is said in them; it ends when they stop for a while."""
FEW = 3
"""How many answers a turn of a machine holds at most: who sends more at a time does not wait for ours."""
LASTS = timedelta(hours=1)
"""How long the same answer is not given to them again."""


class Given(NamedTuple):
    """An answer given to a person: when it was decided, when it had left, what it says."""

    at: datetime
    left: datetime
    said: str


def is_circle(earlier: Sequence[Given], answer: str, now: datetime) -> bool:
    """Whether one more answer to a person would go round in a circle.

    `earlier` are the answers given to them in one place within `LASTS`, newest first, only those that have left.
    Everything is counted by person: however many sign at once, none of them has anything to do with another. A clock
    that was set back in between makes no circle of them.
    """
    same = [one.at for one in earlier if one.said == answer]
    if any(abs(last - first) <= AT_ONCE for last, first in zip(same, same[SAME - 1 :], strict=False)):
        return True
    turns = [turn[0].at for turn in _turns(earlier) if len(turn) <= FEW]
    return len(turns) >= MOST and abs(now - turns[MOST - 1]) <= WITHIN


def _turns(earlier: Sequence[Given]) -> Iterator[Sequence[Given]]:
    """Split answers, newest first, where one was asked for after all before it had left: what waits for nothing is one."""
    turn: list[Given] = []
    for one in earlier:
        if turn and turn[-1].at >= one.left:
            yield turn
            turn = []
        turn.append(one)
    if turn:
        yield turn
