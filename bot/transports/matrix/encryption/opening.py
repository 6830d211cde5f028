"""Encrypted events of the rooms: opened in their place, or kept until their keys come and read then, once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.transports.matrix.encryption.machine import NoKeyError
from bot.transports.matrix.reading import Reader, Unopened, deleted
from bot.transports.matrix.rooms import mapping
from bot.transports.matrix.telling import tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.transports.base import Start
    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.encryption.session import Encryption
    from bot.transports.matrix.rooms import JoinedRoom
    from bot.transports.matrix.shares import Share
    from campaign.chat import Event


class Opening:
    """Follows one account's encrypted events. What waits for its key is the bot's to keep: here it is in no memory."""

    def __init__(self, encryption: Encryption, me: str, start: Start) -> None:
        self._encryption = encryption
        self._me = me
        self._kept = start.kept
        # A key may have been saved, and the process killed before it was used.
        self._came: set[tuple[str, str]] = set(start.sealed)
        """Room and session of keys that came for what is kept."""
        self._deleted: set[tuple[str, str]] = set()
        """Room and id of what was deleted by the answer that is being read."""

    async def receive(self, answer: Json) -> None:
        """Take what a sync answer holds for our device: first of all, for it is not given again.

        Raises Unreachable, or StorageError if what is kept cannot be had.
        """
        if came := await self._encryption.receive(answer):
            self._came |= {(one.room.id, one.session) for one in await self._kept(came)}

    async def open(self, shares: Sequence[Share]) -> None:
        """Put what can be opened in the place of what is sealed, in these windows. Raises Unreachable."""
        found = []
        for one in shares:
            inside = {id(raw) for raw in one.window.inside()}  # what was said before we came is not for us
            found += [
                (one.room_id, events, index)
                for events in (one.window.older, one.window.events)
                for index, raw in enumerate(events)
                if id(raw) in inside and is_sealed(raw) and raw.get("sender") != self._me
            ]
        opened = await self._encryption.open_all([(room, events[index]) for room, events, index in found])
        missing: list[tuple[str, Json]] = []
        for (room, events, index), what in zip(found, opened, strict=True):
            raw = events[index]
            if isinstance(what, NoKeyError):
                events[index] = Unopened(raw)
                missing.append((room, raw))
            elif isinstance(what, Exception):
                events[index] = Unopened(raw, str(what) or type(what).__name__)
            else:
                events[index] = what
        self._encryption.ask_for(missing)
        self._deleted = {
            (one.room_id, target)
            for one in shares
            for raw in one.window.inside()
            if (target := _deletes(mapping(raw)))
        }

    async def again(self, room: str, raws: Sequence[object]) -> list[object]:
        """Put what can be opened in the place of what is sealed, among events of a room that the server tells once more.

        The rest stays as it is: it was told before, and waits for its key already. Raises Unreachable.
        """
        sealed = [raw for raw in raws if is_sealed(raw)]
        opened = iter(await self._encryption.open_all([(room, raw) for raw in sealed]))
        found = [(raw, next(opened)) if is_sealed(raw) else (raw, raw) for raw in raws]
        return [raw if isinstance(what, Exception) else what for raw, what in found]

    async def late(self, rooms: Mapping[str, JoinedRoom]) -> tuple[list[Event], list[tuple[str, str]]]:
        """Read what waited for the keys that came: what it says, and room and id of all that need not be kept any more.

        Not what is deleted in the same breath. Raises Unreachable or StorageError.
        """
        here = {(room, session) for room, session in self._came if room in rooms}
        self._came -= here
        events: list[Event] = []
        done: list[tuple[str, str]] = []
        missing: list[tuple[str, Json]] = []
        for room in sorted({room for room, _ in here}):  # one after the other: a room may keep some megabytes
            ready = [
                (one.event, mapping(json.loads(one.payload)))
                for one in await self._kept({one for one in here if one[0] == room})
                if (room, one.event) not in self._deleted
            ]
            opened = await self._encryption.open_all([(room, raw) for _, raw in ready])
            for (event_id, raw), what in zip(ready, opened, strict=True):
                if isinstance(what, NoKeyError):
                    # The key that came opens only later ones; or none came before a restart.
                    missing.append((room, raw))
                    continue
                done.append((room, event_id))
                reader = Reader(self._me, room, rooms[room], live=False)
                event = tell(reader, Unopened(raw, str(what)) if isinstance(what, Exception) else what, rooms)
                if event is not None:
                    events.append(event)
        self._encryption.ask_for(missing)
        events.sort(key=lambda event: event.at)
        return events, done


def _deletes(raw: Json) -> str:
    """The event that this one deletes; empty if it is no deletion."""
    if raw.get("type") != "m.room.redaction":
        return ""
    target = deleted(raw)
    return target if isinstance(target, str) else ""


def is_sealed(raw: object) -> bool:
    """Whether this is an encrypted event of which something is left."""
    event = mapping(raw)
    return (
        event.get("type") == "m.room.encrypted"
        and "state_key" not in event
        and "redacted_because" not in mapping(event.get("unsigned"))
    )
