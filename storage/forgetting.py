"""Deleting what nothing can need any more, a little at a time, so that the database does not grow for ever."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from storage.boards import Boards
from storage.people import pointing_at
from storage.rooms import UNINVITED
from storage.rows import Queries
from storage.tables import (
    campaigns,
    cursors,
    dispatches,
    files,
    forgotten,
    inbox,
    link_codes,
    outbox,
    polls,
    prompts,
    quarantine,
    rooms,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Row

_ENDED = ("delivered", "failed", "retried", "dropped", "unsaid")
"""States of a dispatch in which nothing is to come of it any more. An uncertain one waits for a person's decision."""
_LATER = (
    update(forgotten)
    .where(forgotten.c.network == bindparam("of"), forgotten.c.scope == bindparam("which"))
    .values(upto=bindparam("to"))
)


class Forgetting(Queries):
    """Walks the oldest rows of a table in the order they came; what must stay is stepped over.

    Each step looks at `most` rows after the id `after`, deletes those whose end lies before `before`, and returns the
    id to go on after: None when no row that old is left. Rows of the future (our clock was wrong once) are stepped over.
    """

    def events(
        self, after: int, before: datetime, now: datetime, *, margin: timedelta, most: int
    ) -> int | None:
        """Forget events that were received before `before` and at least `margin` before their cursor last moved."""
        found = self._connection.execute(
            select(inbox.c.id, inbox.c.network, inbox.c.scope, inbox.c.at)
            .where(inbox.c.id > after)
            .order_by(inbox.c.id)
            .limit(most)
        ).all()
        walked = list(takewhile(lambda row: not before <= row.at <= now, found))
        own, whole = self._edges()
        gone: list[int] = []
        newest: dict[tuple[str, str], datetime] = {}
        for row in walked:
            where = (row.network, row.scope)
            edges = own.get(where, whole.get(row.network, []))
            # Without a cursor nothing can be read again; with one that has not moved yet, anything can.
            if row.at < before and all(edge is not None and row.at < edge - margin for edge in edges):
                gone.append(row.id)
                newest[where] = max(row.at, newest.get(where, row.at))
        if gone:
            self._connection.execute(delete(inbox).where(inbox.c.id.in_(gone)))
            self._note(newest)
        return _next(walked, most)

    def _edges(
        self,
    ) -> tuple[dict[tuple[str, str], list[datetime | None]], dict[str, list[datetime | None]]]:
        """When the cursors last moved: those of one room, and those of a whole account, which cover all else.

        What no archive keeps is never told again, so no cursor covers it.
        """
        own: dict[tuple[str, str], list[datetime | None]] = {}
        whole: dict[str, list[datetime | None]] = {}
        query = select(cursors.c.network, cursors.c.scope, cursors.c.moved_at, rooms.c.id).outerjoin(
            rooms, and_(rooms.c.network == cursors.c.network, rooms.c.address == cursors.c.scope)
        )
        for network, scope, moved_at, room in self._connection.execute(query):
            if room is None:
                whole.setdefault(network, []).append(moved_at)
            own[network, scope] = [moved_at]
        passing = select(rooms.c.network, rooms.c.address).where(rooms.c.archived.is_(False))
        own |= {(network, address): [] for network, address in self._connection.execute(passing)}
        return own, whole

    def _note(self, newest: Mapping[tuple[str, str], datetime]) -> None:
        """Keep when the newest event of each room was received of those that are gone."""
        known: dict[tuple[str, str], datetime] = {}
        for network in {network for network, _ in newest}:
            scopes = [scope for one, scope in newest if one == network]
            here = (forgotten.c.network == network, forgotten.c.scope.in_(scopes))
            rows = self._connection.execute(select(forgotten.c.scope, forgotten.c.upto).where(*here))
            known |= {(network, scope): upto for scope, upto in rows}
        new = [
            {"network": network, "scope": scope, "upto": at}
            for (network, scope), at in newest.items()
            if (network, scope) not in known
        ]
        later = [
            {"of": network, "which": scope, "to": at}
            for (network, scope), at in newest.items()
            if (network, scope) in known and known[network, scope] < at
        ]
        if new:
            self._connection.execute(insert(forgotten), new)
        if later:
            self._connection.execute(_LATER, later)

    def messages(self, after: int, before: datetime, now: datetime, *, most: int) -> int | None:
        """Forget what was said or given up before `before`, with its dispatch and its file.

        The letter of an open campaign stays: a thumb up on it counts, however late it comes. So does what was said of a
        poll that is open: it is answered there; and what is a board.
        """
        found = self._connection.execute(
            select(
                outbox.c.id,
                outbox.c.created_at,
                outbox.c.settled,
                outbox.c.purpose,
                outbox.c.dispatch_key,
                outbox.c.file_id,
                dispatches.c.state,
                dispatches.c.settled_at,
                dispatches.c.number,
            )
            .outerjoin(dispatches, dispatches.c.key == outbox.c.dispatch_key)
            .where(outbox.c.id > after)
            .order_by(outbox.c.id)
            .limit(most)
        ).all()
        walked = list(takewhile(lambda row: not before <= row.created_at <= now, found))
        ended = [row for row in walked if _has_ended(row, before)]
        if ended:
            staying = self._staying({row.dispatch_key for row in ended if row.dispatch_key})
            boards = Boards(self._connection).kept()
            standing = self._letters() | self._open_polls()
            last = self._connection.execute(
                select(func.max(dispatches.c.number)).where(dispatches.c.number.is_not(None))
            ).scalar()
            ended = [
                row
                for row in ended
                if row.purpose not in standing
                and row.id not in boards
                and row.dispatch_key not in staying
                and (row.number is None or row.number != last)  # a number is never given twice
            ]
            self._remove(ended)
        return _next(walked, most)

    def _letters(self) -> set[str]:
        open_ones = self._connection.execute(select(campaigns.c.id).where(campaigns.c.closed_at.is_(None)))
        return {f"letter:{campaign}" for campaign in open_ones.scalars()}

    def _open_polls(self) -> set[str]:
        open_ones = self._connection.execute(select(polls.c.id).where(polls.c.closed_at.is_(None)))
        return {f"poll:{poll}" for poll in open_ones.scalars()}

    def _staying(self, keys: set[str]) -> set[str]:
        """Of these dispatches, those that a later one repeats: they stay until it goes."""
        repeated = select(outbox.c.repeats_key).where(outbox.c.repeats_key.in_(keys))
        return {str(key) for key in self._connection.execute(repeated).scalars()}

    def _remove(self, ended: Sequence[Row[*tuple[Any, ...]]]) -> None:
        keys = {row.dispatch_key for row in ended if row.dispatch_key}
        held = {row.file_id for row in ended if row.file_id}
        self._connection.execute(delete(outbox).where(outbox.c.id.in_([row.id for row in ended])))
        # One that carried several messages goes with the last of them.
        carrying = select(outbox.c.dispatch_key).where(outbox.c.dispatch_key.in_(keys))
        keys -= set(self._connection.execute(carrying).scalars())
        self._connection.execute(delete(dispatches).where(dispatches.c.key.in_(keys)))
        if held:
            for table in (outbox, dispatches):
                used = select(table.c.file_id).where(table.c.file_id.in_(held))
                held -= set(self._connection.execute(used).scalars())
            self._connection.execute(delete(files).where(files.c.id.in_(held)))

    def questions(self, before: datetime, most: int) -> bool:
        """Forget the oldest questions and codes whose time was over before `before`; return whether more may be left.

        Not the newest question: its id would be given again, and what was said of it would mean another.
        """
        last = self._connection.execute(select(func.max(prompts.c.id))).scalar()
        oldest = self._connection.execute(
            select(prompts.c.id, prompts.c.expires_at).order_by(prompts.c.id).limit(most)
        ).all()
        over = [row.id for row in oldest if row.expires_at < before and row.id != last]
        self._connection.execute(delete(prompts).where(prompts.c.id.in_(over)))
        self._connection.execute(delete(link_codes).where(link_codes.c.expires_at < before))
        return len(over) == most

    def quarantined(self, before: datetime, *, unseen: int, most: int) -> bool:
        """Forget events that could not be taken: once looked at, or when `unseen` newer ones wait to be.

        Return whether more may be left.
        """
        last = self._connection.execute(select(func.max(quarantine.c.id))).scalar() or 0
        over = (
            select(quarantine.c.id)
            .where(
                quarantine.c.at < before,
                or_(quarantine.c.seen_at.is_not(None), quarantine.c.id <= last - unseen),
            )
            .order_by(quarantine.c.id)
            .limit(most)
        )
        ids = list(self._connection.execute(over).scalars())
        self._connection.execute(delete(quarantine).where(quarantine.c.id.in_(ids)))
        return len(ids) == most

    def declined(self, after: int, most: int) -> int | None:
        """Forget rooms that the bot declined to enter, once nothing is known of them but that: as with a new one, then."""
        walked = list(
            self._connection.execute(
                select(rooms.c.id)
                .where(rooms.c.id > after, rooms.c.state == "parked", rooms.c.why == UNINVITED)
                .order_by(rooms.c.id)
                .limit(most)
            ).scalars()
        )
        if not walked:
            return None
        pointed_at = [
            rooms.c.id.in_(select(column).where(column.in_(walked))) for column in pointing_at(rooms)
        ]
        self._connection.execute(
            delete(rooms).where(rooms.c.id.in_(walked), rooms.c.admin.is_(False), ~or_(*pointed_at))
        )
        return walked[-1] if len(walked) == most else None


def _has_ended(row: Row[*tuple[Any, ...]], before: datetime) -> bool:
    if row.dispatch_key is None:
        return bool(row.settled) and row.created_at < before
    return row.state in _ENDED and row.settled_at is not None and row.settled_at < before


def _next(walked: Sequence[Row[*tuple[Any, ...]]], most: int) -> int | None:
    return int(walked[-1].id) if len(walked) == most else None
