"""Erasing what was said to a person and about them: at once what is over, and what is under way once it has arrived."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Text, and_, cast, delete, func, insert, or_, select, update

from campaign.chat import Message
from storage.messages import freeze
from storage.rows import Queries
from storage.tables import HAS_PURPOSE, addresses, dispatches, files, outbox, people, rooms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from campaign.chat import Address
    from storage.naming import Naming

GONE = "forgotten"
"""What marks a row whose rest goes as soon as what is under way there has arrived."""
SOON = timedelta(hours=1)
"""How long after somebody was forgotten it is looked at every tick whether all has arrived."""
_NOTHING: dict[str, Any] = {"text": "", "mentions": []}
"""The payload of a message that is not kept."""
_NO_TEXT = frozenset({"event", "leaning", "funded", "zone"})
"""Columns of text in which only words of ours or of a network's stand."""


class Unsaying(Queries):
    """Of a message remain that it was, when and where."""

    def private_chats(self, accounts: Sequence[Address]) -> list[tuple[int, str]]:
        """The private chats with them: id and address."""
        found: list[tuple[int, str]] = []
        for account in accounts:
            if not account.is_account:
                continue
            query = select(rooms.c.id, rooms.c.address).where(
                rooms.c.network == account.network,
                rooms.c.direct,
                or_(rooms.c.partner == account.id, rooms.c.address == account.id),
            )
            found += [(int(row.id), str(row.address)) for row in self._connection.execute(query)]
        return found

    def erase(self, person_id: int, naming: Naming, private: Sequence[tuple[int, str]]) -> None:
        """Erase what was said to them alone and what names them elsewhere; what waits to be said names nobody."""
        own = select(addresses.c.id).where(addresses.c.person_id == person_id)
        here = or_(outbox.c.room_id.in_([room for room, _ in private]), outbox.c.address_id.in_(own))
        named = or_(*(holds(outbox.c.message, word) for word in naming.words)) if naming.words else here
        rows = self._connection.execute(
            select(
                outbox.c.id,
                outbox.c.message,
                outbox.c.dispatch_key,
                outbox.c.settled,
                outbox.c.file_id,
                here.label("here"),
                dispatches.c.state,
            )
            .outerjoin(dispatches, dispatches.c.key == outbox.c.dispatch_key)
            .where(or_(here, named))
        ).all()
        keys: set[str] = set()
        for row in rows:
            if not (row.here or naming.is_in(row.message)):
                continue
            waits = row.dispatch_key is None and not row.settled
            # What is under way may come to wait again, if the network does not take it now.
            is_to_come = not row.here and (waits or row.state == "sending")
            values: dict[str, Any] = {
                "message": naming.out_of_message(row.message) if is_to_come else freeze(Message(()))
            }
            if row.here or row.state == "sending":
                values["purpose"] = GONE
            if waits and row.here:
                values["settled"] = True
            self._connection.execute(update(outbox).where(outbox.c.id == row.id).values(**values))
            if row.dispatch_key:
                keys.add(row.dispatch_key)
            if row.file_id and not is_to_come:
                self._connection.execute(update(files).where(files.c.id == row.file_id).values(data=None))
        while more := self._repeating(keys):
            keys |= more
        self._empty(dispatches.c.key.in_(keys))
        rooms_of_theirs = [room for room, _ in private]
        self._empty(dispatches.c.room_id.in_(rooms_of_theirs))
        self._connection.execute(
            update(rooms).where(rooms.c.id.in_(rooms_of_theirs)).values(why=GONE, name="")
        )
        self._files(naming)
        self._connection.execute(
            update(outbox).where(outbox.c.address_id.in_(own), outbox.c.settled).values(address_id=None)
        )

    def _repeating(self, keys: set[str]) -> set[str]:
        """The dispatches that say again what one of these said."""
        query = select(outbox.c.id, outbox.c.dispatch_key).where(outbox.c.repeats_key.in_(keys))
        found = self._connection.execute(query).all()
        self._connection.execute(
            update(outbox).where(outbox.c.id.in_([row.id for row in found])).values(purpose=GONE)
        )
        return {row.dispatch_key for row in found if row.dispatch_key} - keys

    def _empty(self, which: ColumnElement[bool]) -> None:
        """Keep of some dispatches that they were; what nobody has decided about yet is left. Not what is under way.

        What was never said has no words of its own, and may be several people's.
        """
        ended = and_(which, dispatches.c.state.not_in(("sending", "unsaid")))
        undecided = and_(ended, dispatches.c.state.in_(("uncertain", "failed")))
        self._connection.execute(update(dispatches).where(undecided).values(state="dropped"))
        self._connection.execute(
            update(dispatches).where(ended).values(payload=_NOTHING, private_with=None, error="")
        )

    def _files(self, naming: Naming) -> None:
        """Take them out of the lists that are on their way to campaigners just now."""
        for row in self._connection.execute(select(files).where(files.c.data.is_not(None))).all():
            data = naming.out_of(row.data)
            if data != row.data:
                self._connection.execute(update(files).where(files.c.id == row.id).values(data=data))

    def settle(self, now: datetime) -> bool:
        """Finish what waited for something to arrive; return whether anything was."""
        since = self._last()
        if since is None:
            return False
        # What is under way has mostly arrived within a moment; what has not is looked at now and then.
        finished = self._settle_messages() if now - since < SOON or now.minute == 0 else False
        for room in self._connection.execute(select(rooms).where(rooms.c.why == GONE)).all():
            if not self._is_busy(room.id):
                self._leave(room, now)
                finished = True
        left = select(people.c.id).where(people.c.forgotten_at.is_not(None))
        waiting = select(outbox.c.address_id).where(outbox.c.address_id.is_not(None))
        gone = self._connection.execute(
            delete(addresses).where(
                addresses.c.network != "", addresses.c.person_id.in_(left), addresses.c.id.not_in(waiting)
            )
        ).rowcount
        return finished or bool(gone)

    def was_anybody_forgotten(self, since: datetime) -> bool:
        """Whether somebody was forgotten since then (UTC)."""
        last = self._last()
        return last is not None and last >= since

    def _last(self) -> datetime | None:
        last: datetime | None = self._connection.execute(select(func.max(people.c.forgotten_at))).scalar()
        return last

    def _settle_messages(self) -> bool:
        """Empty the dispatches that were under way when somebody was forgotten."""
        ended = select(outbox.c.dispatch_key).join(dispatches, dispatches.c.key == outbox.c.dispatch_key)
        ended = ended.where(outbox.c.purpose == GONE, HAS_PURPOSE, dispatches.c.state != "sending")
        keys = list(self._connection.execute(ended).scalars())
        self._empty(dispatches.c.key.in_(keys))
        done = or_(outbox.c.dispatch_key.in_(keys), and_(outbox.c.dispatch_key.is_(None), outbox.c.settled))
        return bool(
            self._connection.execute(
                update(outbox)
                .where(outbox.c.purpose == GONE, HAS_PURPOSE, done)
                .values(purpose="", message=freeze(Message(())), address_id=None)
            ).rowcount
        )

    def _is_busy(self, room_id: int) -> bool:
        waits = select(outbox.c.id).where(
            outbox.c.room_id == room_id, outbox.c.dispatch_key.is_(None), outbox.c.settled.is_(False)
        )
        under_way = select(dispatches.c.key).where(
            dispatches.c.room_id == room_id, dispatches.c.state == "sending"
        )
        return any(self._connection.execute(one.limit(1)).first() for one in (waits, under_way))

    def _leave(self, room: Any, now: datetime) -> None:  # noqa: ANN401 - a row of rooms
        """End a private chat with somebody who was forgotten; one who has come back meanwhile keeps theirs."""
        back = (
            select(addresses.c.id)
            .join(people, people.c.id == addresses.c.person_id)
            .where(
                addresses.c.network == room.network,
                addresses.c.address == room.partner,
                people.c.forgotten_at.is_(None),
            )
        )
        if self._connection.execute(back).first() is not None:
            values: dict[str, Any] = {"why": ""}
        elif room.partner in room.address:
            # On XMPP the chat *is* their account, and there is nothing to leave.
            values = {"address": f"({room.id})", "partner": "", "alias": "", "state": "parked", "why": "left"}
        else:
            values = {"partner": "", "why": "left"}
            leaving = {
                "network": room.network,
                "room_id": room.id,
                "intent": "leave",
                "message": freeze(Message(())),
            }
            self._connection.execute(insert(outbox), {**leaving, "created_at": now})
        self._connection.execute(update(rooms).where(rooms.c.id == room.id).values(**values))


def is_text(column: Any) -> bool:  # noqa: ANN401 - a column of any type
    """Whether people's words may stand in a column; the words of our own are of a fixed length, `String(16)`."""
    return isinstance(column.type, Text | JSON) and column.name not in _NO_TEXT


def holds(column: Any, word: str) -> ColumnElement[bool]:  # noqa: ANN401 - a column of any type
    """Whether a text may hold a word, as it is or as JSON writes it."""
    text = cast(column, Text)
    escaped = json.dumps(word)[1:-1]
    return or_(text.contains(word, autoescape=True), text.contains(escaped, autoescape=True))
