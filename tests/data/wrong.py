"""Values of the wrong type, length, direction or meaning, and honest objects made wrong with them: the same for the same seed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator


def nested(depth: int, inside: object = "x") -> object:
    """A list in a list in a list."""
    for _ in range(depth):
        inside = [inside]
    return inside


ODD: tuple[object, ...] = (
    None, True, 0, -1, 2**53 - 1, 2**53, 10**18, 0.5, "", " ", "x", "AAAA", "=/+-_", "A" * 20_000, "\x00\u202e",
    "\u202e\u2066", "\u200b\u2060\ufeff", "\ud800", "\ufffe", "é" * 3000, "!" * 500, "*" * 500, "{name}", "%s%n",
    "'; DROP TABLE signatures; --", "=cmd()", "\u0301" * 300, "<b>&</b>", "`" * 99, "> " * 200,
    "https://" + "a" * 3000, "@x:example.org", "@:", "$x", "$", "!x:example.org", [], {}, [[]], [None], {"": {}},
    ["x"] * 200, {"user_ids": [{}]}, {"rel_type": "m.replace"}, {"rel_type": {}, "event_id": []},
    {"m.in_reply_to": 5}, nested(80), {str(number): number for number in range(500)},
)  # fmt: skip
"""Values that are not what is expected, whatever is."""


def broken(rng: random.Random, whole: dict[str, Any], each: int) -> Iterator[dict[str, Any]]:
    """Yield an object with one of its parts missing, or wrong in `each` ways, however deep it stands."""
    for path in _paths(whole):
        for value in ("missing", *rng.sample(ODD, each)):
            made: Any = copy.deepcopy(whole)
            inner = made
            for step in path[:-1]:
                inner = inner[step]
            if value == "missing":
                del inner[path[-1]]
            else:
                inner[path[-1]] = value
            yield made


def _paths(whole: dict[str, Any], *before: str) -> Iterator[tuple[str, ...]]:
    for name, value in whole.items():
        yield (*before, name)
        if isinstance(value, dict):
            yield from _paths(value, *before, name)
