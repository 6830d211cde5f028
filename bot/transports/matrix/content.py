"""What a frozen payload becomes as a Matrix event: its type and its content, the same bytes every time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.transports.matrix.polls import end_content, start_content

if TYPE_CHECKING:
    from bot.transports.base import Payload
    from bot.transports.matrix.answer import Json


def event_of(payload: Payload) -> tuple[str, Json]:
    """Build the type and the content of the event that shows a payload in a room.

    `m.mentions` always stands there: since version 1.17 of the specification nobody is notified without it.

    Raises:
        ValueError: it is shown by no event, but by what the room is (a pin).
    """
    match payload.kind:
        case "message":
            return "m.room.message", _message(payload)
        case "edit":
            return "m.room.message", _edit(payload)
        case "react":
            relation = {"rel_type": "m.annotation", "event_id": payload.target, "key": payload.text}
            return "m.reaction", {"m.relates_to": relation}
        case "poll":
            return start_content(payload.text, payload.answers, _relation(payload))
        case "end":
            return end_content(payload.target, payload.text)
        case _:
            msg = f"no event is a {payload.kind}"
            raise ValueError(msg)


def _message(payload: Payload) -> Json:
    content = _words(payload)
    if payload.file_url:
        content["msgtype"] = "m.file"
        content["body"] = payload.text or payload.file_name
        content["filename"] = payload.file_name
        if payload.file_keys:
            content["file"] = {**json.loads(payload.file_keys), "url": payload.file_url}
        else:
            content["url"] = payload.file_url
        content["info"] = {"mimetype": payload.media_type, "size": payload.file_size}
    relation = _relation(payload)
    if relation:
        content["m.relates_to"] = relation
    return content


def _words(payload: Payload) -> Json:
    content: Json = {
        "msgtype": "m.text" if payload.rings else "m.notice",
        "body": payload.text,
        "m.mentions": {"user_ids": list(payload.mentions)} if payload.mentions else {},
    }
    if payload.html:
        content["format"] = "org.matrix.custom.html"
        content["formatted_body"] = payload.html
    return content


def _edit(payload: Payload) -> Json:
    """Put an earlier message in other words. Clients that show no edits show a new message that begins with an asterisk.

    Source: https://spec.matrix.org/latest/client-server-api/#event-replacements
    """
    new = _words(payload)
    content = {**new, "body": f"* {payload.text}"}
    if payload.html:
        content["formatted_body"] = f"* {payload.html}"
    # Only who was not named before would be notified here: other words are no reason for a phone to ring.
    content["m.mentions"] = {}
    content["m.new_content"] = new
    content["m.relates_to"] = {"rel_type": "m.replace", "event_id": payload.target}
    return content


def _relation(payload: Payload) -> Json:
    if payload.thread:
        return {
            "rel_type": "m.thread",
            "event_id": payload.thread,
            # For clients without threads: what answers nothing in particular answers the thread's root.
            "is_falling_back": not payload.reply_to,
            "m.in_reply_to": {"event_id": payload.reply_to or payload.thread},
        }
    if payload.reply_to:
        return {"m.in_reply_to": {"event_id": payload.reply_to}}
    return {}
