"""What organisations answered in polls: the ballots that stand, and those that they replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, insert, select, update

from storage.rows import Queries
from storage.tables import ballots, electors, organisations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.ballot import Way


@dataclass(frozen=True, slots=True)
class BallotRow:
    """A ballot of an organisation. Without a choice it takes back the one before; instants are in UTC."""

    id: int
    poll_id: int
    organisation_id: int
    organisation: str
    person_id: int
    choice: str
    reason: str
    network: str
    """The network on which it was given."""
    event: str
    """By which event there; whoever takes that away takes the answer back."""
    cast_at: datetime
    """When it counts as given."""
    server_at: datetime | None
    """When it was given by its network's own clock, if that said so."""
    standing: bool
    resolution: str
    """What became of an objection: "", "integrated" or "withdrawn"."""
    way: Way
    """By what it was given: "native", "reaction", "form", or "" for a line of text."""
    target: str = ""
    """The message of ours to which it is a reaction, by its network's id; "" if it is none, or is from an older version."""


_ROW = select(
    ballots.c.id,
    ballots.c.poll_id,
    ballots.c.organisation_id,
    organisations.c.name,
    ballots.c.person_id,
    ballots.c.choice,
    ballots.c.reason,
    ballots.c.network,
    ballots.c.event,
    ballots.c.cast_at,
    ballots.c.server_at,
    ballots.c.standing,
    ballots.c.resolution,
    ballots.c.way,
    ballots.c.target,
).join(organisations, organisations.c.id == ballots.c.organisation_id)
_STANDS = ballots.c.standing.is_(True)
"""Just as the index of those says it: SQLite takes it for no other words."""


class Ballots(Queries):
    """One standing ballot per organisation and poll, whatever way it came."""

    def standing(self, poll_id: int) -> Sequence[BallotRow]:
        """The ballots of electors that stand, by organisation; not those of whom took theirs back.

        Of electors: a voice that was had by a merge goes back with its undoing, and what was said with it stays.
        """
        query = _ROW.join(
            electors,
            (electors.c.poll_id == ballots.c.poll_id)
            & (electors.c.organisation_id == ballots.c.organisation_id),
        ).where(ballots.c.poll_id == poll_id, _STANDS, ballots.c.choice != "")
        return self._all(BallotRow, query.order_by(func.lower(organisations.c.name)))

    def somebody_is_missing(self, poll_id: int) -> bool:
        """Whether an elector of a poll has no answer that stands; looked for no further than the first one."""
        answered = exists().where(
            ballots.c.poll_id == electors.c.poll_id,
            ballots.c.organisation_id == electors.c.organisation_id,
            _STANDS,
            ballots.c.choice != "",
        )
        query = select(electors.c.organisation_id).where(electors.c.poll_id == poll_id, ~answered).limit(1)
        return self._connection.execute(query).first() is not None

    def latest(self, poll_id: int, organisation_id: int) -> BallotRow | None:
        """The ballot of an organisation that stands, also one that took another back."""
        query = _ROW.where(
            ballots.c.poll_id == poll_id, ballots.c.organisation_id == organisation_id, _STANDS
        )
        return self._one(BallotRow, query)

    def ended_by(self, back: BallotRow) -> BallotRow | None:
        """The ballot of its person that a ballot without a choice took back; None if there was none."""
        query = _ROW.where(
            ballots.c.poll_id == back.poll_id,
            ballots.c.organisation_id == back.organisation_id,
            ballots.c.person_id == back.person_id,
            ballots.c.choice != "",
            ballots.c.id < back.id,
            ballots.c.cast_at <= back.cast_at,
        )
        return self._one(BallotRow, query.order_by(ballots.c.cast_at.desc(), ballots.c.id.desc()).limit(1))

    def find(self, ballot_id: int) -> BallotRow | None:
        """One ballot, whether it stands or not."""
        return self._one(BallotRow, _ROW.where(ballots.c.id == ballot_id))

    def of_event(self, network: str, event: str) -> Sequence[BallotRow]:
        """The ballots that stand and were given by this event."""
        return self._all(
            BallotRow,
            _ROW.where(ballots.c.network == network, ballots.c.event == event, _STANDS),
        )

    def cast(self, poll_id: int, organisation_id: int, *, standing: bool, **values: Any) -> int:  # noqa: ANN401 - the columns
        """Enter a ballot, and return its id. A standing one replaces the one before; what came too late is kept."""
        if standing:
            self._connection.execute(
                update(ballots)
                .where(
                    ballots.c.poll_id == poll_id,
                    ballots.c.organisation_id == organisation_id,
                    _STANDS,
                )
                .values(standing=False)
            )
        return self._new_id(
            insert(ballots),
            {"poll_id": poll_id, "organisation_id": organisation_id, "standing": standing, **values},
        )

    def resolve(self, ballot_id: int, resolution: str, person_id: int, now: datetime) -> None:
        """Note what became of an objection."""
        self._connection.execute(
            update(ballots)
            .where(ballots.c.id == ballot_id)
            .values(resolution=resolution, resolved_by=person_id, resolved_at=now)
        )
