"""Polls as Matrix clients show them (MSC3381): begun and ended under the unstable names, answers read under both.

Source: https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/3381-polls.md, and what matrix-js-sdk
sends, which uses the unstable names still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.transports.matrix.answer import Json

START = "org.matrix.msc3381.poll.start"
END = "org.matrix.msc3381.poll.end"
RESPONSES = ("org.matrix.msc3381.poll.response", "m.poll.response")
"""The types under which clients answer a poll; the shape of one is found under the name of the other too."""
REFERENCE = "m.reference"

_TEXT = "org.matrix.msc1767.text"
_MOST_ANSWERS = 20
_LONGEST_KEY = 255


def start_content(question: str, answers: Sequence[tuple[str, str]], relation: Json) -> tuple[str, Json]:
    """Build the event that shows a poll of which one answer can be chosen, and the votes are seen while it is open."""
    shown = answers[:_MOST_ANSWERS]
    numbered = (f"{number}. {words}" for number, (_, words) in enumerate(shown, start=1))
    content: Json = {
        _TEXT: "\n".join((question, *numbered)),
        START: {
            "kind": "org.matrix.msc3381.poll.disclosed",
            "max_selections": 1,
            "question": {_TEXT: question},
            "answers": [{"id": key, _TEXT: words} for key, words in shown],
        },
        "m.mentions": {},
    }
    if relation:
        content["m.relates_to"] = relation
    return START, content


def end_content(poll: str, words: str) -> tuple[str, Json]:
    """Build the event that ends a poll, given the event that began it."""
    relation = {"rel_type": REFERENCE, "event_id": poll}
    return END, {"m.relates_to": relation, END: {}, _TEXT: words, "m.mentions": {}}


def answers_in(content: Json) -> tuple[str, ...] | None:
    """Return the keys that an answer chooses, twenty at most; None if it is of no shape that an answer can have.

    None chosen takes the answer back. Whether a poll has these keys is not known here.
    """
    chosen = next((content[name] for name in RESPONSES if name in content), None)
    if chosen is None:
        keys = content.get("m.selections")
    elif isinstance(chosen, dict):
        keys = chosen.get("answers")
    else:
        return None
    if not isinstance(keys, list):
        return None
    keys = keys[:_MOST_ANSWERS]
    if not all(isinstance(key, str) and len(key) <= _LONGEST_KEY for key in keys):
        return None
    return tuple(keys)
