"""Encrypted events of the rooms: opened in their place, or kept until their keys come and read then, once."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from bot.transports.matrix.encryption.machine import NoKeyError, session_of
from bot.transports.matrix.reading import Reader, Unopened
from bot.transports.matrix.rooms import mapping
from bot.transports.matrix.telling import tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.transports.matrix.encryption.session import Encryption
    from bot.transports.matrix.homeserver import Json
    from bot.transports.matrix.rooms import JoinedRoom
    from bot.transports.matrix.shares import Share
    from campaign.chat import Event, Sealed

log = logging.getLogger(__name__)

MOST = 1000
"""Events of one room that wait for their keys at most: a stranger's flood of them must not fill the memory."""


class Opening:
    """Follows one account's encrypted events. `sealed` are those kept by the bot before this start."""

    def __init__(self, encryption: Encryption, me: str, sealed: Iterable[Sealed]) -> None:
        self._encryption = encryption
        self._me = me
        self._waiting: dict[tuple[str, str], dict[str, Json]] = {}
        """Room and session → event id → the event."""
        self._came: set[tuple[str, str]] = set()
        self._deleted: list[tuple[str, str]] = []
        """Room and id of what is not waited for any more."""
        for one in sealed:
            self._wait(one.room.id, one.session, mapping(json.loads(one.payload)))
        self._came.update(
            self._waiting
        )  # a key may have been saved, and the process killed before it was used

    async def receive(self, answer: Json) -> None:
        """Take what a sync answer holds for our device: first of all, for it is not given again. Raises Unreachable."""
        came = await self._encryption.receive(answer)
        self._came |= came & self._waiting.keys()

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
                self._wait(room, session_of(raw), raw)
                missing.append((room, raw))
            elif isinstance(what, Exception):
                events[index] = Unopened(raw, str(what) or type(what).__name__)
            else:
                events[index] = what
        self._encryption.ask_for(missing)
        for one in shares:
            for raw in one.window.inside():
                self._delete(one.room_id, mapping(raw))

    async def again(self, room: str, raws: Sequence[object]) -> list[object]:
        """Put what can be opened in the place of what is sealed, among events of a room that the server tells once more.

        The rest stays as it is: it was told before, and waits for its key already. Raises Unreachable.
        """
        sealed = [raw for raw in raws if is_sealed(raw)]
        opened = iter(await self._encryption.open_all([(room, raw) for raw in sealed]))
        found = [(raw, next(opened)) if is_sealed(raw) else (raw, raw) for raw in raws]
        return [raw if isinstance(what, Exception) else what for raw, what in found]

    async def late(self, rooms: Mapping[str, JoinedRoom]) -> tuple[list[Event], list[tuple[str, str]]]:
        """Read what waited for the keys that came: what it says, and room and id of all that need not be kept any more."""
        ready = [
            (room, session, raw)
            for room, session in sorted(self._came)
            if room in rooms
            for raw in self._waiting.get((room, session), {}).values()
        ]
        self._came = {(room, session) for room, session in self._came if room not in rooms}
        opened = await self._encryption.open_all([(room, raw) for room, _, raw in ready])
        events: list[Event] = []
        missing: list[tuple[str, Json]] = []
        done, self._deleted = self._deleted, []
        for (room, session, raw), what in zip(ready, opened, strict=True):
            if isinstance(what, NoKeyError):
                missing.append(
                    (room, raw)
                )  # the key that came opens only later ones; or none came before a restart
                continue
            event_id = str(raw.get("event_id"))
            self._waiting[room, session].pop(event_id, None)
            done.append((room, event_id))
            reader = Reader(self._me, room, rooms[room], live=False)
            event = tell(reader, Unopened(raw, str(what)) if isinstance(what, Exception) else what, rooms)
            if event is not None:
                events.append(event)
        self._encryption.ask_for(missing)
        events.sort(key=lambda event: event.at)
        return events, done

    def _delete(self, room: str, raw: Json) -> None:
        """Do not read later what is deleted now: whoever wrote it has taken it back before anybody could answer."""
        if raw.get("type") != "m.room.redaction":
            return
        target = mapping(raw.get("content")).get("redacts", raw.get("redacts"))
        for (where, _), events in self._waiting.items():
            if where == room and isinstance(target, str) and events.pop(target, None) is not None:
                self._deleted.append((room, target))

    def _wait(self, room: str, session: str, raw: Json) -> None:
        if sum(len(events) for (where, _), events in self._waiting.items() if where == room) < MOST:
            self._waiting.setdefault((room, session), {})[str(raw.get("event_id"))] = raw


def is_sealed(raw: object) -> bool:
    """Whether this is an encrypted event of which something is left."""
    event = mapping(raw)
    return (
        event.get("type") == "m.room.encrypted"
        and "state_key" not in event
        and "redacted_because" not in mapping(event.get("unsigned"))
    )
