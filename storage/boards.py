"""The one message in each room that is kept up to date with how a campaign stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from storage.rows import Queries
from storage.tables import boards, campaigns, dispatches, inbox, outbox, rooms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select

    from campaign.chat import Room


@dataclass(frozen=True, slots=True)
class Board:
    """A board as it was last shown: by which intent, with which digest, and since when."""

    campaign_id: int
    room_id: int
    wanted: bool
    outbox_id: int | None
    shown: str
    posted_at: datetime | None
    changed_at: datetime | None


_ROW = select(
    boards.c.campaign_id,
    boards.c.room_id,
    boards.c.wanted,
    boards.c.outbox_id,
    boards.c.shown,
    boards.c.posted_at,
    boards.c.changed_at,
)

_REPEATED = outbox.alias()
"""What an intent sends again."""


class Boards(Queries):
    """Where a campaign is shown, and as what."""

    def of_campaign(self, campaign_id: int) -> Mapping[int, Board]:
        """Room → its board, wherever something was said or shown of one."""
        found = self._all(Board, _ROW.where(boards.c.campaign_id == campaign_id))
        return {one.room_id: one for one in found}

    def of_ended(self) -> Sequence[Board]:
        """The boards that still show a campaign which has ended."""
        query = _ROW.join(campaigns, campaigns.c.id == boards.c.campaign_id)
        return self._all(
            Board, query.where(campaigns.c.closed_at.is_not(None), boards.c.outbox_id.is_not(None))
        )

    def put(self, campaign_id: int, room_id: int, **values: Any) -> None:  # noqa: ANN401 - the columns
        """Keep something of a board."""
        which = (boards.c.campaign_id == campaign_id, boards.c.room_id == room_id)
        if not self._connection.execute(update(boards).where(*which).values(**values)).rowcount:
            self._connection.execute(
                insert(boards), {"campaign_id": campaign_id, "room_id": room_id, **values}
            )

    def redacted(self, room: Room, event: str) -> None:
        """Want no board any more in a room where it, or its newest wording, was taken away."""
        ours = (
            select(func.coalesce(outbox.c.target_id, outbox.c.id))
            .join(dispatches, dispatches.c.key == outbox.c.dispatch_key)
            .join(rooms, rooms.c.id == dispatches.c.room_id)
            .where(
                dispatches.c.network == room.network,
                rooms.c.address == room.id,
                dispatches.c.event == event,
                outbox.c.intent.in_(("message", "edit")),
            )
        )
        found = set(self._connection.execute(ours).scalars())
        # What was sent again under another key, however often, is the board that was sent first.
        found = self._followed(found, select(_REPEATED.c.id), outbox.c.id)
        self._connection.execute(
            update(boards).where(boards.c.outbox_id.in_(found)).values(wanted=False, outbox_id=None)
        )

    def waiting_edit(self, outbox_id: int) -> int | None:
        """The edit of a board that has not begun to leave, if there is one."""
        query = select(outbox.c.id).where(
            outbox.c.target_id == outbox_id,
            outbox.c.intent == "edit",
            outbox.c.dispatch_key.is_(None),
            outbox.c.settled.is_(False),
        )
        return self._connection.execute(query.order_by(outbox.c.id.desc()).limit(1)).scalar()

    def lines_since(self, network: str, scope: str, room_id: int, at: datetime, newest: int = 300) -> int:
        """How much was said in a room since then, by others and by us, among the newest events and messages."""
        events = select(inbox.c.network, inbox.c.scope, inbox.c.at).order_by(inbox.c.id.desc())
        said = select(outbox.c.room_id, outbox.c.intent, outbox.c.created_at).order_by(outbox.c.id.desc())
        theirs, ours = events.limit(newest).subquery(), said.limit(newest).subquery()
        count = 0
        for query in (
            select(func.count()).where(
                theirs.c.network == network, theirs.c.scope == scope, theirs.c.at > at
            ),
            select(func.count()).where(
                ours.c.room_id == room_id, ours.c.intent == "message", ours.c.created_at > at
            ),
        ):
            count += int(self._connection.execute(query).scalar_one())
        return count

    def kept(self) -> set[int]:
        """The intents that are boards: what they became has to be known as long as they are."""
        found = set(
            self._connection.execute(
                select(boards.c.outbox_id).where(boards.c.outbox_id.is_not(None))
            ).scalars()
        )
        # And what was sent again in their place.
        return self._followed(found, select(outbox.c.id), _REPEATED.c.id)

    def _followed(self, ids: set[int], these: Select[int], those: ColumnElement[int]) -> set[int]:
        """Intents with all that came of them by being sent again, or before: `these` are one step from `those`."""
        step = these.join_from(outbox, _REPEATED, _REPEATED.c.dispatch_key == outbox.c.repeats_key)
        found, more = set(ids), ids
        while more:
            more = set(self._connection.execute(step.where(those.in_(more))).scalars()) - found
            found |= more
        return found
