"""What a frozen payload becomes as the content of a Matrix message: the same bytes every time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.transports.base import Payload
    from bot.transports.matrix.homeserver import Json


def message_content(payload: Payload) -> Json:
    """Build the content of an `m.room.message`.

    `m.mentions` always stands there: since version 1.17 of the specification nobody is notified without it.
    """
    content: Json = {
        "msgtype": "m.text" if payload.rings else "m.notice",
        "body": payload.text,
        "m.mentions": {"user_ids": list(payload.mentions)} if payload.mentions else {},
    }
    if payload.file_url:
        content["msgtype"] = "m.file"
        content["body"] = payload.text or payload.file_name
        content["filename"] = payload.file_name
        if payload.file_keys:
            content["file"] = {**json.loads(payload.file_keys), "url": payload.file_url}
        else:
            content["url"] = payload.file_url
        content["info"] = {"mimetype": payload.media_type, "size": payload.file_size}
    if payload.html:
        content["format"] = "org.matrix.custom.html"
        content["formatted_body"] = payload.html
    relation = _relation(payload)
    if relation:
        content["m.relates_to"] = relation
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
