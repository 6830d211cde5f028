"""More than words: polls, reactions, and what is done to an earlier message of ours, as payloads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.transports.base import Payload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.texts.wordings import Wordings
    from bot.transports.base import Capabilities
    from storage.outbox import Earlier
    from storage.rooms import RoomRow
    from storage.storage import Storage
    from storage.turns import Waiting


class NotYet(Exception):
    """The earlier message is not in its room yet: this follows it."""


def payload(
    storage: Storage, wordings: Wordings, room: RoomRow, capabilities: Capabilities, rows: Sequence[Waiting]
) -> Payload | None:
    """Put the first of these intents, which is no mere message, into a payload; None if nothing is to be shown.

    Nothing is where the room cannot show it, where the earlier message never came there, and where a newer edit of the
    same message waits. An edit of what still waits itself changes that instead.

    Raises:
        NotYet: the earlier message has not left, or is on its way.
    """
    row = rows[0]
    match row.intent:
        case "poll":
            return _poll(wordings, room, row) if capabilities.polls else None
        case "react":
            return _reaction(wordings, room, row) if capabilities.reactions else None
        case "edit" if any(_edits_the_same(row, one) for one in rows[1:]):
            return None
    earlier = storage.outbox.earlier(row.target_id) if row.target_id is not None else None
    if earlier is None or not _can_show(capabilities, row.intent):
        return None
    if row.intent == "edit" and not earlier.settled:
        storage.outbox.reword(earlier.id, row.message)
        return None
    return _of(wordings, room, capabilities, row, earlier)


def _of(
    wordings: Wordings, room: RoomRow, capabilities: Capabilities, row: Waiting, earlier: Earlier
) -> Payload | None:
    if not earlier.settled or earlier.state == "sending":
        raise NotYet
    if earlier.state != "delivered" or not earlier.event:
        return None
    said = wordings.of(room.language).payload_of(row.message, capabilities)
    return replace(said, kind=row.intent, target=earlier.event, target_key=earlier.key or "")


def _edits_the_same(row: Waiting, other: Waiting) -> bool:
    return other.intent == "edit" and other.target_id == row.target_id


def _can_show(capabilities: Capabilities, intent: str) -> bool:
    return {
        "edit": capabilities.edits,
        "end": capabilities.polls,
        "pin": capabilities.pins,
        "unpin": capabilities.pins,
    }[intent]


def _poll(wordings: Wordings, room: RoomRow, row: Waiting) -> Payload | None:
    card = row.message.card
    if card is None:
        return None
    wording = wordings.of(room.language)
    answers = tuple((key, wording.plain((words,))) for key, words in card.answers)
    return Payload(text=wording.plain((card.question,)), kind="poll", answers=answers, thread=row.thread)


def _reaction(wordings: Wordings, room: RoomRow, row: Waiting) -> Payload | None:
    key = wordings.plain(row.message, room.language)
    return Payload(text=key, kind="react", target=row.reply_to) if key and row.reply_to else None
