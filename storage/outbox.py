"""What is to be said and what was: intents, which end in frozen dispatches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, or_, select, update

from storage.messages import freeze
from storage.rows import Queries
from storage.tables import HAS_PURPOSE, dispatches, files, outbox
from storage.turns import WAITING, Waiting

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from campaign.chat import File, Intent, Message


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


_ALWAYS = datetime.max.replace(tzinfo=UTC)
_UNBEGUN = outbox.c.dispatch_key.is_(None) & outbox.c.settled.is_(False)
_EXPIRED = select(outbox.c.id).where(_UNBEGUN, outbox.c.expires_at <= bindparam("now")).order_by(outbox.c.id)
_PUT = insert(outbox)
_LAST = select(func.max(outbox.c.id))


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
        return self._all(Waiting, WAITING, values)

    def expired(self, now: datetime) -> Sequence[int]:
        """The intents that wait, on any network, though by now they are not worth saying any more."""
        return self._all(int, _EXPIRED, {"now": now})

    def look_at_again(self, put_off_beyond: datetime) -> None:
        """Put off no more what waits until later than this."""
        self._connection.execute(
            update(outbox).where(_UNBEGUN, outbox.c.not_before > put_off_beyond).values(not_before=None)
        )

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
            .where(
                outbox.c.purpose == purpose,
                HAS_PURPOSE,
                outbox.c.repeats_key.is_(None),
                outbox.c.room_id.is_not(None),
            )
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

    def purpose_of(self, network: str, event: str) -> str:
        """What a reaction or a reply to one of our messages means; empty if nothing."""
        here = dispatches.c.network == network
        query = (
            select(outbox.c.purpose)
            .join(dispatches, dispatches.c.key == outbox.c.dispatch_key)
            .where(
                # In a private chat on XMPP a reaction names the message by the id we gave it: our key. The network stands
                # with each: said once for both, SQLite looks through all that ever left there.
                or_(here & (dispatches.c.event == event), here & (dispatches.c.key == event)),
                outbox.c.purpose != "",
            )
        )
        return str(self._connection.execute(query).scalar() or "")

    def with_purpose(self, purpose: str, intent: Intent) -> Sequence[tuple[int, int]]:
        """The intents of a kind that have this purpose, each with the room it is for; in the order they were decided."""
        query = (
            select(outbox.c.id, outbox.c.room_id)
            .where(
                outbox.c.purpose == purpose,
                HAS_PURPOSE,
                outbox.c.intent == intent,
                outbox.c.room_id.is_not(None),
            )
            .order_by(outbox.c.id)
        )
        return [(int(row[0]), int(row[1])) for row in self._connection.execute(query)]

    def counts(self) -> Mapping[str, int]:
        """How many intents wait, and how many dispatches are in each state."""
        query = select(dispatches.c.state, func.count()).group_by(dispatches.c.state)
        states: dict[str, int] = dict(self._connection.execute(query).all())
        waits = select(func.count()).select_from(outbox).where(outbox.c.settled.is_(False))
        return {"waiting": int(self._connection.execute(waits).scalar_one()), **states}
