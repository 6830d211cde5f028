"""Raw room events, as strangers' servers made them, read into plain events: a bad one becomes Unreadable."""

from __future__ import annotations

import html
import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from bot.transports.matrix.polls import REFERENCE, RESPONSES, answers_in
from campaign.chat import (
    MATRIX,
    Address,
    Balloted,
    Echo,
    Event,
    Reacted,
    Redacted,
    Room,
    Said,
    Sealed,
    Unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.rooms import JoinedRoom

log = logging.getLogger(__name__)

_LONGEST_ID = 255  # bytes, by the specification, for event, room and user ids
_LONGEST_NAME = 100
_LONGEST_KEY = 255
_LATEST_MS = 253_402_300_799_000  # the last second of the year 9999, where datetime ends

# Control characters but tab and newline, lone surrogates, and what turns the direction of text around.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINE_BREAK = re.compile("\r\n?|[\u2028\u2029]")
_LONGEST_HTML = 65_536
_LINK = r"(?:https://matrix\.to/#/|matrix:u/)(?P<whom>[^\s\"'<>()]{1,255}?)"
_PILL = re.compile(
    rf"<a\s[^>]{{0,99}}?href=[\"']{_LINK}[\"'][^>]{{0,99}}>(?P<name>[^<]{{1,{_LONGEST_NAME}}})</a>"
)
_PLAIN_PILL = re.compile(rf"\[(?P<name>[^\[\]\n]{{1,{_LONGEST_NAME}}})\]\({_LINK}\)")
"""A person as some clients mention them in the plain text."""
_QUOTED_REPLY = re.compile(r"> (\* )?<@[^>\n]+>")


class MalformedError(Exception):
    """An event that breaks its own specification; the text names the field, never what stood in it."""


@dataclass(frozen=True, slots=True)
class Unopened:
    """An encrypted event that could not be opened: `why`, or "" if its key may still come."""

    raw: Json
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one joined room for the bot `me`."""

    me: str
    room_id: str
    room: JoinedRoom
    live: bool

    def read(self, raw: object) -> Event | None:
        """Return what an event means to the bot, or None. Never raises: a bad event becomes Unreadable."""
        event_id = ""
        at = datetime.now(UTC)
        sealed, raw = (raw, raw.raw) if isinstance(raw, Unopened) else (None, raw)
        try:
            event = json_object(raw, "event")
            event_id = identifier(event.get("event_id"), "event_id", "$")
            at = instant(event.get("origin_server_ts"), at)
            if sealed is not None:
                return self._sealed(event, event_id, at, sealed.why)
            return self._read(event, event_id, at)
        except MalformedError as error:
            why = f"malformed: {error}"
        except Exception as error:  # a stranger's event must never stop the bot, whatever it does to us
            log.exception("an event could not be read", extra={"room": self.room_id, "event": event_id})
            why = f"malformed: {type(error).__name__}"
        return Unreadable(Room(MATRIX, self.room_id), event_id, why, at)

    def _read(self, raw: Json, event_id: str, at: datetime) -> Event | None:
        if "state_key" in raw:
            return None  # state is followed by the room itself
        kind = raw.get("type")
        sender = identifier(raw.get("sender"), "sender", "@")
        content = json_object(raw.get("content"), "content")
        unsigned = raw.get("unsigned")
        if not isinstance(unsigned, dict):
            unsigned = {}
        room = Room(MATRIX, self.room_id)
        event: Event | None = None
        if kind == "m.room.redaction":
            event = Redacted(room, event_id, identifier(deleted(raw), "redacts", "$"), at, live=self.live)
        elif sender == self.me:
            key = unsigned.get("transaction_id")
            if isinstance(key, str):
                event = Echo(room, event_id, key, at)
        elif "redacted_because" in unsigned:
            pass  # nothing is left of it
        elif kind == "m.room.encrypted":
            event = Unreadable(room, event_id, "encrypted", at)
        elif (read := self._readers().get(str(kind))) is not None:
            event = read(room, event_id, Address(MATRIX, sender), content, at)
        return event

    def _sealed(self, raw: Json, event_id: str, at: datetime, why: str) -> Event:
        if why:
            return Unreadable(Room(MATRIX, self.room_id), event_id, f"malformed: {why}", at)
        return Sealed(
            Room(MATRIX, self.room_id),
            event_id,
            Address(MATRIX, identifier(raw.get("sender"), "sender", "@")),
            str(json_object(raw.get("content"), "content").get("session_id")),
            json.dumps(raw),
            at,
        )

    def _readers(self) -> dict[str, Callable[[Room, str, Address, Json, datetime], Event | None]]:
        """What reads which type of event that people send."""
        return {
            "m.room.message": self._message,
            "m.reaction": self._reaction,
            **dict.fromkeys(RESPONSES, self._ballot),
        }

    def _reaction(
        self, room: Room, event_id: str, who: Address, content: Json, at: datetime
    ) -> Reacted | None:
        relation = json_object(content.get("m.relates_to"), "m.relates_to")
        if relation.get("rel_type") != "m.annotation":
            return None
        key = relation.get("key")
        if not isinstance(key, str) or not key or len(key) > _LONGEST_KEY:
            raise MalformedError("key")
        target = identifier(relation.get("event_id"), "m.relates_to", "$")
        return Reacted(room, event_id, who, self._name(who), target, (clean(key),), at, live=self.live)

    def _ballot(
        self, room: Room, event_id: str, who: Address, content: Json, at: datetime
    ) -> Balloted | None:
        relation = json_object(content.get("m.relates_to"), "m.relates_to")
        if relation.get("rel_type") != REFERENCE:
            return None
        target = identifier(relation.get("event_id"), "m.relates_to", "$")
        answers = answers_in(content)
        if answers is None:
            raise MalformedError("answers")
        # A key that only looks like one of the poll's is none of them, and is not to become one.
        keys = tuple(key if clean(key) == key else "" for key in answers)
        return Balloted(room, event_id, who, self._name(who), target, keys, at, live=self.live)

    def _message(self, room: Room, event_id: str, who: Address, content: Json, at: datetime) -> Said | None:
        msgtype = content.get("msgtype")
        if not isinstance(msgtype, str):
            raise MalformedError("msgtype")
        relation = content.get("m.relates_to")
        if not isinstance(relation, dict):
            relation = {}
        edits = ""
        if relation.get("rel_type") == "m.replace":
            edits, new = event_reference(relation), content.get("m.new_content")
            if not (edits and isinstance(new, dict)):
                return None
            content, msgtype, relation = new, new.get("msgtype"), {}
        if msgtype != "m.text":
            return None
        body = content.get("body")
        if not isinstance(body, str):
            raise MalformedError("body")
        thread = event_reference(relation) if relation.get("rel_type") == "m.thread" else ""
        reply_to = event_reference(relation.get("m.in_reply_to"))
        text = _PLAIN_PILL.sub(lambda pill: pill["name"] if self._is_me(pill) else pill[0], clean(body))
        if reply_to:
            text = without_quote(text)
        if thread and relation.get("is_falling_back") is True:
            reply_to = ""
        names = self._my_names(content, body)
        return Said(
            room,
            event_id,
            who,
            self._name(who),
            text,
            at,
            private=self.room.is_private,
            live=self.live,
            reply_to=reply_to,
            thread=thread,
            mentions_me=self._mentions_me(content, text, names),
            my_names=names,
            edits=edits,
        )

    def _name(self, who: Address) -> str:
        return display_name(self.room.members.get(who.id), who.id)

    def _my_names(self, content: Json, body: str) -> tuple[str, ...]:
        """What the bot is called here: its id and display name, and what a client showed for it in this message."""
        page = content.get("formatted_body")
        page = page[:_LONGEST_HTML] if isinstance(page, str) else ""
        names = [self.me, self.room.members.get(self.me) or "", self.me.partition(":")[0]]
        names += [html.unescape(pill["name"]) for pill in _PILL.finditer(page) if self._is_me(pill)]
        names += [pill["name"] for pill in _PLAIN_PILL.finditer(body) if self._is_me(pill)]
        tidy = (" ".join(clean(name).split()).removeprefix("@") for name in names)
        return tuple(dict.fromkeys(name for name in tidy if name))

    def _is_me(self, pill: re.Match[str]) -> bool:
        whom = unquote(pill["whom"])
        return whom in (self.me, self.me.removeprefix("@"))

    def _mentions_me(self, content: Json, text: str, names: tuple[str, ...]) -> bool:
        mentions = content.get("m.mentions")
        user_ids = mentions.get("user_ids") if isinstance(mentions, dict) else None
        if isinstance(user_ids, list) and self.me in user_ids:
            return True
        start = text.lstrip().removeprefix("@").casefold()
        return any(
            start.startswith(name) and not start[len(name) : len(name) + 1].isalnum()
            for name in map(str.casefold, names)
        )


def deleted(redaction: Json) -> object:
    """Return what a redaction says it deletes; None where it says two different things.

    Room version 11 moved it into the content. Before, whoever sent it could put anything there, and not every server
    puts the same in both places, as it should: https://spec.matrix.org/latest/rooms/v11/#moving-the-redacts-property.
    """
    content = redaction.get("content")
    inside = content.get("redacts") if isinstance(content, dict) else None
    outside = redaction.get("redacts")
    if inside is None or outside is None or inside == outside:
        return inside if outside is None else outside
    return None


def json_object(value: object, field: str) -> Json:
    """Return a JSON object as it stands. Raises MalformedError for anything else."""
    if not isinstance(value, dict):
        raise MalformedError(field)
    return value


def identifier(value: object, field: str, sigil: str) -> str:
    """Return a Matrix identifier as it stands. Raises MalformedError if it cannot be one."""
    if (
        not isinstance(value, str)
        or not value.startswith(sigil)
        or len(value.encode("utf-8", "replace")) > _LONGEST_ID
        or _UNSAFE.search(value)
    ):
        raise MalformedError(field)
    return value


def instant(milliseconds: object, otherwise: datetime) -> datetime:
    """Read a server's timestamp (ms since 1970), or give `otherwise` where it is no possible time."""
    if (
        not isinstance(milliseconds, int)
        or isinstance(milliseconds, bool)
        or not 0 <= milliseconds <= _LATEST_MS
    ):
        return otherwise
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def clean(text: str) -> str:
    """Drop control characters, lone surrogates and direction marks: they do harm, or deceive."""
    return _UNSAFE.sub("", _LINE_BREAK.sub("\n", text))


def display_name(name: str | None, user_id: str) -> str:
    """Return what to call somebody, on one line: their display name, else the local part of their id."""
    said = " ".join(clean(name or "").split())[:_LONGEST_NAME]
    return said or user_id.removeprefix("@").partition(":")[0]


def event_reference(relation: object) -> str:
    """Return the event a relation points to, or "" where it points to nothing that could be one."""
    try:
        return identifier(relation.get("event_id"), "event_id", "$") if isinstance(relation, dict) else ""
    except MalformedError:
        return ""


def without_quote(text: str) -> str:
    """Drop the quotation put before an answer (the rich reply fallback, until specification 1.12)."""
    if not _QUOTED_REPLY.match(text):
        return text
    lines = text.split("\n")
    while lines and (lines[0].startswith("> ") or lines[0] == ">"):
        lines.pop(0)
    if lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)
