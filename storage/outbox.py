"""What is to be said and what was: intents, and the frozen dispatches they end in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import Text, bindparam, delete, func, insert, not_, or_, select, type_coerce, update

from campaign.chat import File, Message
from storage.rooms import NOT_YET
from storage.rows import Queries
from storage.steps import reached
from storage.tables import dispatches, files, outbox, rooms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from campaign.chat import Intent

_MESSAGE = TypeAdapter(Message)


def freeze(message: Message) -> dict[str, Any]:
    """Turn a message into plain JSON values."""
    frozen: dict[str, Any] = _MESSAGE.dump_python(message, mode="json")
    return frozen


def thaw(frozen: Mapping[str, Any]) -> Message:
    """Turn what `freeze` made into the message again."""
    return _MESSAGE.validate_python(frozen)


@dataclass(frozen=True)
class Waiting:
    """An intent that waits to leave: into a room, or (without one yet) into a private chat with an address.

    Its message stays in `frozen` as it was written until it is asked for: of what waits, only the first leaves soon.
    """

    id: int
    room_id: int | None
    address_id: int | None
    intent: Intent
    frozen: str
    file_id: int | None
    reply_to: str
    thread: str
    purpose: str
    urgency: int
    repeats: str | None
    """The key of the dispatch that is to leave once more as it was rendered, if it is that."""
    expires_at: datetime | None
    """From when on it is not worth saying any more (UTC)."""
    asker: int | None
    """The person whom it answers, if it does."""
    target_id: int | None
    """The intent of the earlier message of ours that it edits, ends or pins."""

    @property
    def is_errand(self) -> bool:
        """Whether it is an act rather than something to show in a room."""
        return self.intent in ERRANDS

    @cached_property
    def message(self) -> Message:
        """The message itself, read when it is first asked for."""
        return thaw(json.loads(self.frozen))

    def saying(self, message: Message) -> Waiting:
        """The same, with other words."""
        return replace(self, frozen=json.dumps(freeze(message)))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Something to say: into a room, or in private to an address. See `Outbox.put`."""

    network: str
    message: Message
    room: int | None = None
    address: int | None = None
    intent: Intent = "message"
    target: int | None = None
    file: File | None = None
    urgency: int = 5
    reply_to: str = ""
    thread: str = ""
    expires_at: datetime | None = None
    not_before: datetime | None = None
    asker: int | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What became of an earlier intent: the dispatch in which it left, if it did, and the event it is in its room."""

    id: int
    settled: bool
    key: str | None
    state: str | None
    event: str | None


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """A dispatch that was begun and has no answer yet."""

    key: str
    room_id: int
    address: str
    archived: bool
    payload: dict[str, Any]
    private_with: str | None
    file_id: int | None
    made_at: datetime
    expires_at: datetime | None
    """From when on something in it is not worth saying any more (UTC)."""


ERRANDS = ("join", "leave")
"""Intents that are acts rather than something to show in a room."""
_IS_ERRAND = outbox.c.intent.in_(ERRANDS)
_WHERE = (outbox.c.room_id, outbox.c.address_id, _IS_ERRAND)
_ALWAYS = datetime.max.replace(tzinfo=UTC)
A_FEW = 3
"""How many answers of one person's may wait in one place without their letting others pass."""
_THEIRS = func.count().over(partition_by=(*_WHERE, outbox.c.urgency, outbox.c.asker))
"""How many answers wait there for the same person."""
_LETS_PASS = outbox.c.asker.is_not(None) & (_THEIRS > A_FEW)
_WAITS = (
    select(
        outbox.c.id,
        outbox.c.room_id,
        outbox.c.address_id,
        _IS_ERRAND.label("is_errand"),
        outbox.c.urgency,
        _LETS_PASS.label("lets_pass"),
    )
    .outerjoin(rooms, rooms.c.id == outbox.c.room_id)
    .where(
        outbox.c.network == bindparam("network"),
        outbox.c.dispatch_key.is_(None),
        outbox.c.settled.is_(False),
        or_(outbox.c.not_before.is_(None), outbox.c.not_before <= bindparam("now")),
        # Whatever waits where nothing can leave now must not fill the page.
        or_(
            outbox.c.room_id.is_(None) & outbox.c.address_id.not_in(bindparam("opening", expanding=True)),
            _IS_ERRAND,
            not_(NOT_YET) & rooms.c.id.not_in(bindparam("busy", expanding=True)),
        ),
    )
    .subquery()
)
_PLACE = func.row_number().over(
    partition_by=(_WAITS.c.room_id, _WAITS.c.address_id, _WAITS.c.is_errand),
    order_by=(_WAITS.c.urgency, _WAITS.c.lets_pass, _WAITS.c.id),
)
"""Where an intent stands among those that wait for the same place."""
_IN_TURN = select(_WAITS.c.id, _WAITS.c.lets_pass, _PLACE.label("place")).subquery()
_WAITING = (
    select(
        outbox.c.id,
        outbox.c.room_id,
        outbox.c.address_id,
        outbox.c.intent,
        type_coerce(outbox.c.message, Text),
        outbox.c.file_id,
        outbox.c.reply_to,
        outbox.c.thread,
        outbox.c.purpose,
        outbox.c.urgency,
        outbox.c.repeats_key,
        outbox.c.expires_at,
        outbox.c.asker,
        outbox.c.target_id,
    )
    .join(_IN_TURN, _IN_TURN.c.id == outbox.c.id)
    # Nor may what waits in one room: no message holds more of it.
    .where(_IN_TURN.c.place <= bindparam("of_one"))
    .order_by(outbox.c.urgency, _IN_TURN.c.lets_pass, outbox.c.id)
    .limit(bindparam("limit"))
)
_UNBEGUN = outbox.c.dispatch_key.is_(None) & outbox.c.settled.is_(False)
_EXPIRED = select(outbox.c.id).where(_UNBEGUN, outbox.c.expires_at <= bindparam("now")).order_by(outbox.c.id)
_PUT = insert(outbox)
_LAST = select(func.max(outbox.c.id))
_DISPATCH = insert(dispatches)
_FREEZE = (
    update(outbox)
    .where(outbox.c.id.in_(bindparam("rows", expanding=True)), outbox.c.dispatch_key.is_(None))
    .values(dispatch_key=bindparam("with_key"), settled=True)
)
_SETTLE = (
    update(dispatches)
    .where(dispatches.c.key == bindparam("which"), dispatches.c.state != "delivered")
    .values(
        state=bindparam("to"), event=bindparam("as_event"), error=bindparam("why"), settled_at=bindparam("at")
    )
)


def end(
    connection: Connection, key: str, state: str, now: datetime, *, event: str = "", why: str = ""
) -> bool:
    """Say what became of a dispatch, unless it is known to have arrived; the bytes of its file are no longer held."""
    settled = connection.execute(
        _SETTLE, {"which": key, "to": state, "as_event": event, "why": why, "at": now}
    )
    held = select(dispatches.c.file_id).where(dispatches.c.key == key, dispatches.c.file_id.is_not(None))
    connection.execute(update(files).where(files.c.id.in_(held)).values(data=None))
    reached("mark")
    return bool(settled.rowcount)


class Outbox(Queries):
    """The outbound side of exactly once."""

    def put(
        self,
        network: str,
        message: Message,
        now: datetime,
        *,
        room: int | None = None,
        address: int | None = None,
        intent: Intent = "message",
        target: int | None = None,
        file: File | None = None,
        urgency: int = 5,
        reply_to: str = "",
        thread: str = "",
        expires_at: datetime | None = None,
        asker: int | None = None,
    ) -> int:
        """Decide to say something, to a room or to an address in private. A lower urgency number leaves first.

        If it has not begun to leave by `expires_at`, it is not said any more. `asker` is the person whom it answers, if
        it does: see `waiting`. `target` is the earlier intent that this one edits, ends, pins or unpins.
        """
        (row,) = self.put_all(
            [
                Outgoing(
                    network,
                    message,
                    room=room,
                    address=address,
                    intent=intent,
                    target=target,
                    file=file,
                    urgency=urgency,
                    reply_to=reply_to,
                    thread=thread,
                    expires_at=expires_at,
                    asker=asker,
                )
            ],
            now,
        )
        return row

    def put_all(self, wanted: Sequence[Outgoing], now: datetime) -> Sequence[int]:
        """Decide to say several things, in this order; return their rows."""
        rows = [
            {
                "network": one.network,
                "room_id": one.room,
                "address_id": one.address,
                "intent": one.intent,
                "target_id": one.target,
                "message": freeze(one.message),
                "file_id": None if one.file is None else self._hold(one.file),
                "urgency": one.urgency,
                "reply_to": one.reply_to,
                "thread": one.thread,
                "purpose": one.message.purpose,
                "created_at": now,
                "expires_at": one.expires_at,
                "not_before": one.not_before,
                "asker": one.asker,
            }
            for one in wanted
        ]
        if len(rows) <= 1:
            return [self._new_id(_PUT, row) for row in rows]
        # One statement for all: SQLite gives no ids back in the order of what was given.
        last = int(self._connection.execute(_LAST).scalar() or 0)
        ids = range(last + 1, last + 1 + len(rows))
        self._connection.execute(_PUT, [{"id": id_, **row} for id_, row in zip(ids, rows, strict=True)])
        return ids

    def _hold(self, file: File) -> int:
        return self._new_id(
            insert(files), {"name": file.name, "media_type": file.media_type, "data": file.data}
        )

    def waiting(
        self,
        network: str,
        limit: int = 500,
        *,
        of_one: int = 60,
        busy: Collection[int] = (),
        opening: Collection[int] = (),
        now: datetime = _ALWAYS,
    ) -> Sequence[Waiting]:
        """What can leave on a network now: the most urgent first, then in the order it was decided.

        But somebody for whom more than a few wait in the same place lets everybody else pass: who says a hundred
        commands waits for a hundred answers, and nobody else does.
        Not what waits for a room the bot is not in yet (asked for, or in another one's place), nor for one that is `busy`, nor for a private chat with an
        address that is `opening`; nor what was put off to later than `now`; and of what waits for one place only the
        first few.
        """
        values = {
            "network": network,
            "limit": limit,
            "of_one": of_one,
            "busy": list(busy),
            "opening": list(opening),
            "now": now,
        }
        return self._all(Waiting, _WAITING, values)

    def expired(self, now: datetime) -> Sequence[int]:
        """The intents that wait, on any network, though by now they are not worth saying any more."""
        return self._all(int, _EXPIRED, {"now": now})

    def direct_to(self, row_ids: Sequence[int], room_id: int) -> None:
        """Say in which private chat these intents are to leave."""
        self._connection.execute(update(outbox).where(outbox.c.id.in_(row_ids)).values(room_id=room_id))

    def earlier(self, row_id: int) -> Earlier | None:
        """What became of an intent, or of that which sent it again; None if that is not known any more."""
        query = select(
            outbox.c.id, outbox.c.settled, dispatches.c.key, dispatches.c.state, dispatches.c.event
        ).outerjoin(dispatches, dispatches.c.key == outbox.c.dispatch_key)
        found = self._one(Earlier, query.where(outbox.c.id == row_id))
        while found is not None and found.state == "retried":
            again = self._one(Earlier, query.where(outbox.c.repeats_key == found.key))
            if again is None:
                break
            found = again
        return found

    def reword(self, row_id: int, message: Message) -> None:
        """Let an intent that has not begun to leave say something else."""
        self._connection.execute(
            update(outbox).where(outbox.c.id == row_id, _UNBEGUN).values(message=freeze(message))
        )

    def said(self, purpose: str) -> Mapping[int, Sequence[datetime]]:
        """When what is said for a purpose left in each room, or began to, the newest first (UTC); not what left again."""
        query = (
            select(outbox.c.room_id, dispatches.c.made_at)
            .join(dispatches, dispatches.c.key == outbox.c.dispatch_key)
            .where(outbox.c.purpose == purpose, outbox.c.repeats_key.is_(None), outbox.c.room_id.is_not(None))
            .order_by(outbox.c.id.desc())
        )
        found: dict[int, list[datetime]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.room_id, []).append(row.made_at)
        return found

    def unsay(self, purpose: str) -> None:
        """Let what waits for a purpose, or for one under it (`a:1` for `a`), and has not begun to leave, not be said any more.

        What a campaigner wants sent again still leaves: other people's answers may be in the same message.
        """
        meant = or_(outbox.c.purpose == purpose, outbox.c.purpose.startswith(f"{purpose}:", autoescape=True))
        self._connection.execute(
            update(outbox).where(meant, outbox.c.repeats_key.is_(None), _UNBEGUN).values(settled=True)
        )

    def settle(self, row_ids: Sequence[int]) -> None:
        """End intents that need no dispatch of their own."""
        self._connection.execute(update(outbox).where(outbox.c.id.in_(row_ids)).values(settled=True))

    def freeze(
        self,
        rows: Sequence[int],
        *,
        key: str,
        network: str,
        room_id: int,
        payload: Mapping[str, Any],
        private_with: str | None,
        file_id: int | None,
        now: datetime,
    ) -> None:
        """Make waiting intents one dispatch, in the state of one that may have been sent."""
        self._connection.execute(
            _DISPATCH,
            {
                "key": key,
                "network": network,
                "room_id": room_id,
                "payload": dict(payload),
                "private_with": private_with,
                "file_id": file_id,
                "state": "sending",
                "made_at": now,
            },
        )
        self._connection.execute(_FREEZE, {"rows": list(rows), "with_key": key})

    def thaw(self, key: str) -> None:
        """Let the intents of a dispatch that was certainly never sent wait again; the dispatch never was."""
        unsent = select(dispatches.c.key).where(dispatches.c.key == key, dispatches.c.state == "sending")
        self._connection.execute(
            update(outbox).where(outbox.c.dispatch_key.in_(unsent)).values(dispatch_key=None, settled=False)
        )
        self._connection.execute(delete(dispatches).where(dispatches.c.key.in_(unsent)))

    def sending(self, network: str) -> Sequence[DispatchRow]:
        """The dispatches of a network that were begun and have no answer, oldest first."""
        query = (
            select(
                dispatches.c.key,
                dispatches.c.room_id,
                rooms.c.address,
                rooms.c.archived,
                dispatches.c.payload,
                dispatches.c.private_with,
                dispatches.c.file_id,
                dispatches.c.made_at,
                select(func.min(outbox.c.expires_at))
                .where(outbox.c.dispatch_key == dispatches.c.key)
                .scalar_subquery(),
            )
            .join(rooms, rooms.c.id == dispatches.c.room_id)
            .where(dispatches.c.network == network, dispatches.c.state == "sending")
            .order_by(dispatches.c.made_at, dispatches.c.key)
        )
        return self._all(DispatchRow, query)

    def address_file(self, key: str, url: str, keys: str = "") -> None:
        """Keep where a dispatch's file was uploaded, and what opens it, before the dispatch is first sent."""
        payload = self._connection.execute(
            select(dispatches.c.payload).where(dispatches.c.key == key)
        ).scalar_one()
        self._connection.execute(
            update(dispatches)
            .where(dispatches.c.key == key)
            .values(payload={**payload, "file_url": url, "file_keys": keys})
        )

    def file(self, file_id: int) -> File | None:
        """A file on its way out, while its bytes are still held."""
        row = self._connection.execute(
            select(files.c.name, files.c.media_type, files.c.data).where(files.c.id == file_id)
        ).first()
        return None if row is None or row.data is None else File(row.name, row.media_type, row.data)

    def delivered(self, key: str, event: str, now: datetime) -> None:
        """Mark a dispatch as visible under this event id; the bytes of its file are no longer held."""
        end(self._connection, key, "delivered", now, event=event)

    def dropped(self, key: str, why: str, now: datetime) -> None:
        """Mark a dispatch that the network will never take, and that nobody has to decide about."""
        end(self._connection, key, "dropped", now, why=why)

    def purpose_of(self, network: str, event: str) -> str:
        """What a reaction or a reply to one of our messages means; empty if nothing."""
        query = (
            select(outbox.c.purpose)
            .join(dispatches, dispatches.c.key == outbox.c.dispatch_key)
            .where(
                dispatches.c.network == network,
                # In a private chat on XMPP a reaction names the message by the id we gave it: our key.
                or_(dispatches.c.event == event, dispatches.c.key == event),
                outbox.c.purpose != "",
            )
        )
        return str(self._connection.execute(query).scalar() or "")

    def with_purpose(self, purpose: str, intent: Intent) -> Sequence[tuple[int, int]]:
        """The intents of a kind that have this purpose, each with the room it is for; in the order they were decided."""
        query = (
            select(outbox.c.id, outbox.c.room_id)
            .where(outbox.c.purpose == purpose, outbox.c.intent == intent, outbox.c.room_id.is_not(None))
            .order_by(outbox.c.id)
        )
        return [(int(row[0]), int(row[1])) for row in self._connection.execute(query)]

    def counts(self) -> Mapping[str, int]:
        """How many intents wait, and how many dispatches are in each state."""
        query = select(dispatches.c.state, func.count()).group_by(dispatches.c.state)
        states: dict[str, int] = dict(self._connection.execute(query).all())
        waits = select(func.count()).select_from(outbox).where(outbox.c.settled.is_(False))
        return {"waiting": int(self._connection.execute(waits).scalar_one()), **states}
