"""Which of what waits in a room may leave as one message, and what of it is said once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.ballots import polling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.turns import Waiting

MOST_FROZEN = 40_000
"""Characters of what is put into words together: more hardly ever fits into one message (`wording.MOST_CHARACTERS`)."""


def once(rows: Sequence[Waiting]) -> tuple[list[Waiting], dict[int, list[int]]]:
    """Leave out what would only tell somebody once more what they are told just before; and whose words say it.

    Only just before: "signed", "withdrawn", "signed" is three answers.
    """
    kept: list[Waiting] = []
    repeats: dict[int, list[int]] = {}
    latest: dict[int | None, Waiting] = {}
    for row in rows:
        before = latest.get(row.asker)
        if row.asker and before and _is_plain(row) and _words(row) == _words(before):
            repeats.setdefault(before.id, []).append(row.id)
        else:
            latest[row.asker] = row
            kept.append(row)
    return kept, repeats


def together(rows: Sequence[Waiting], most: int) -> Sequence[Waiting]:
    """What may leave as one message: what waits for the same thread, as long as it is plain; `most` of it.

    A file, a question (its answer is a reply to it) and a card that can be reacted to keep their own message; and so
    does a long list, with which nothing fits into one: what is behind it is not even looked at.
    """
    first = rows[0]
    gathered = [first]
    if not _is_plain(first):
        return gathered
    size = len(first.frozen)
    for row in rows[1:]:
        if row.thread != first.thread:
            continue
        size += len(row.frozen)
        if size > MOST_FROZEN:
            break
        alike = _is_plain(row) and (row.message.private, row.message.rings, row.address_id) == (
            first.message.private,
            first.message.rings,
            first.address_id,
        )
        if not alike:
            break
        gathered.append(row)
        if len(gathered) == most:
            break
    return gathered


def _words(row: Waiting) -> tuple[object, ...]:
    return row.frozen, row.thread, row.address_id, _is_plain(row)


def _is_plain(row: Waiting) -> bool:
    means_nothing = not row.purpose or row.purpose.startswith(f"{polling.OBJECTION}:")
    return row.intent == "message" and row.file_id is None and means_nothing and not row.repeats
