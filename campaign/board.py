"""When the one message that shows how a campaign stands is put in other words, and when it is posted anew."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from campaign.lately import is_lately

if TYPE_CHECKING:
    from datetime import datetime

GATHERS = timedelta(minutes=1)
"""How long what changes is gathered: a message is put in other words so often at most."""
ANEW = timedelta(days=1)
"""How often a board is posted anew at most."""
LATEST = 5
"""How many newer lines a message may have that is corrected; further up a correction shows as a line of its own, or not."""

Step: TypeAlias = Literal["", "post", "edit"]


def next_step(
    *,
    now: datetime,
    posted_at: datetime | None,
    changed_at: datetime | None,
    is_there: bool,
    asked_for: bool,
    changed: bool,
    changed_much: bool,
    edits_any: bool,
    newer: int,
    may_speak: bool,
) -> Step:
    """Say what to do with a board.

    `is_there`: it is in its room, or on its way. `asked_for`: somebody said just now that there is to be one: that is
    an answer to them, whatever the hour. `changed`: it would say something else; `changed_much`: more than how
    many days are left. `edits_any`: any message can be put in other words there, however old; else only one with few
    `newer` lines. `may_speak`: a line of its own may be said now.
    """
    is_due = posted_at is None or not is_lately(posted_at, ANEW, now)
    if not is_there:
        return "post" if is_due and (may_speak or asked_for) else ""
    if not changed or (changed_at is not None and is_lately(changed_at, GATHERS, now)):
        return ""
    if edits_any or newer <= LATEST:
        return "edit"
    return "post" if changed_much and is_due and may_speak else ""


def last_step(*, is_there: bool, edits_any: bool, newer: int, for_good: bool) -> Step:
    """Say what to do with a board that is kept up to date no longer; see `next_step`.

    `for_good`: what it showed last must not stand there as if it still held, so it is said anew where it cannot be put in
    other words: once, whatever the hour, for somebody has just ended the campaign and the room is told of it anyway.
    """
    if not is_there:
        return ""
    if edits_any or newer <= LATEST:
        return "edit"
    return "post" if for_good else ""
