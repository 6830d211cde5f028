"""A command that is said as a question ("!retirer ?"): whoever wonders what it does has not said that it be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.command import Reply
from commands.dialogue import offering
from commands.line import calling
from commands.line.usage import explained

if TYPE_CHECKING:
    from commands.command import Command, Context

AT_ONCE = frozenset(
    {
        *("sign", "confirm", "vote", "decline", "withdraw", "deciding", "snooze", "reminders"),
        *(
            "relay",
            "remind now",
            "deadline",
            "deadline cancel",
            "letter minor",
            "letter material",
            "letter drop",
        ),
    }
)
"""Commands that are done at once, and whose last words are nobody's prose: of a question mark there nothing is taken."""


def asked(context: Context, line: calling.Line, one: Command, rest: str) -> Reply | None:
    """Say what a command does, or ask whether it is meant, where it ends as a question does; None where it does not.

    Nor where its last words may be somebody's own, and ask something themselves: a reason, a note.
    """
    if one.name not in AT_ONCE or not calling.asks(line.text) or "=" in rest:
        return None
    words = [word for word in rest.split() if any(map(str.isalnum, word))]
    if not words:
        return Reply(explained(context, one))
    if one.name == "vote" and len(calling.take_number(words)[1]) != 1:
        return None
    return offering.offer_whole(context, one, rest.rstrip(" ?!"))
