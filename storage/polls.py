"""Polls, their electorate and their ballots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from storage.rows import Queries
from storage.tables import ballots, electors, organisations, polls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Poll:
    """A question put to the organisations; open while `closed_at` is None."""

    id: int
    campaign_id: int
    number: int
    question: str
    procedure: str
    opened_at: datetime
    closes_at: datetime
    zone: str
    closed_at: datetime | None
    outcome: str
    held_at: datetime | None
    """Since when it is over, and said to wait for a network that is away."""


@dataclass(frozen=True, slots=True)
class BallotRow:
    """An organisation's standing ballot."""

    organisation_id: int
    organisation: str
    person_id: int
    choice: str
    reason: str


_ROW = select(
    polls.c.id,
    polls.c.campaign_id,
    polls.c.number,
    polls.c.question,
    polls.c.procedure,
    polls.c.opened_at,
    polls.c.closes_at,
    polls.c.zone,
    polls.c.closed_at,
    polls.c.outcome,
    polls.c.held_at,
)


class Polls(Queries):
    """What is being decided together."""

    def open(self, campaign_id: int, electorate: Sequence[int], **values: Any) -> Poll:  # noqa: ANN401 - the columns
        """Open a poll under the campaign's next number; the electorate is fixed from now on."""
        last = self._connection.execute(
            select(func.max(polls.c.number)).where(polls.c.campaign_id == campaign_id)
        ).scalar()
        row = self._new_id(insert(polls), {"campaign_id": campaign_id, "number": (last or 0) + 1, **values})
        if electorate:
            self._connection.execute(
                insert(electors), [{"poll_id": row, "organisation_id": elector} for elector in electorate]
            )
        return self.get(row)

    def get(self, poll_id: int) -> Poll:
        """One poll. Raises LookupError."""
        found = self._one(Poll, _ROW.where(polls.c.id == poll_id))
        if found is None:
            msg = f"no poll {poll_id}"
            raise LookupError(msg)
        return found

    def by_number(self, campaign_id: int, number: int) -> Poll | None:
        """The poll with this number in its campaign."""
        return self._one(Poll, _ROW.where(polls.c.campaign_id == campaign_id, polls.c.number == number))

    def of_campaign(self, campaign_id: int, *, only_open: bool = False) -> Sequence[Poll]:
        """A campaign's polls, oldest first."""
        query = _ROW.where(polls.c.campaign_id == campaign_id).order_by(polls.c.number)
        return self._all(Poll, query.where(polls.c.closed_at.is_(None)) if only_open else query)

    def close(self, poll_id: int, outcome: str, now: datetime) -> None:
        """End a poll with its outcome."""
        self._connection.execute(
            update(polls).where(polls.c.id == poll_id).values(closed_at=now, outcome=outcome)
        )

    def hold(self, poll_id: int, now: datetime) -> None:
        """Note that it was said that a poll which is over waits for a network."""
        self._connection.execute(update(polls).where(polls.c.id == poll_id).values(held_at=now))

    def electorate(self, poll_id: int) -> Sequence[tuple[int, str]]:
        """The organisations that may vote: id and name, by name."""
        query = (
            select(organisations.c.id, organisations.c.name)
            .join(electors, electors.c.organisation_id == organisations.c.id)
            .where(electors.c.poll_id == poll_id)
            .order_by(func.lower(organisations.c.name))
        )
        return [(int(row[0]), str(row[1])) for row in self._connection.execute(query)]

    def cast(self, poll_id: int, organisation_id: int, *, standing: bool, **values: Any) -> None:  # noqa: ANN401 - the columns
        """Enter a ballot. A standing one replaces the organisation's earlier one; one that came too late is kept."""
        if standing:
            self._connection.execute(
                update(ballots)
                .where(
                    ballots.c.poll_id == poll_id,
                    ballots.c.organisation_id == organisation_id,
                    ballots.c.standing.is_(True),
                )
                .values(standing=False)
            )
        self._connection.execute(
            insert(ballots),
            {"poll_id": poll_id, "organisation_id": organisation_id, "standing": standing, **values},
        )

    def ballots(self, poll_id: int) -> Sequence[BallotRow]:
        """The standing ballots, by organisation."""
        query = (
            select(
                ballots.c.organisation_id,
                organisations.c.name,
                ballots.c.person_id,
                ballots.c.choice,
                ballots.c.reason,
            )
            .join(organisations, organisations.c.id == ballots.c.organisation_id)
            .where(ballots.c.poll_id == poll_id, ballots.c.standing)
            .order_by(func.lower(organisations.c.name))
        )
        return self._all(BallotRow, query)
