"""What left or leaves: dispatches, frozen as they are sent, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from campaign.chat import File
from storage.rows import Queries
from storage.steps import reached
from storage.tables import dispatches, files, outbox, rooms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection


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


class Dispatches(Queries):
    """What intents end in."""

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

    def is_ours(self, network: str, event: str) -> bool:
        """Whether this is a message of ours, by its event or, as private chats on XMPP name it, by its key."""
        here = dispatches.c.network == network
        either = or_(here & (dispatches.c.event == event), here & (dispatches.c.key == event))
        return self._connection.execute(select(dispatches.c.key).where(either).limit(1)).first() is not None

    def dropped(self, key: str, why: str, now: datetime) -> None:
        """Mark a dispatch that the network will never take, and that nobody has to decide about."""
        end(self._connection, key, "dropped", now, why=why)
