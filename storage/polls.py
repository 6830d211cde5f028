"""Polls and their electorate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from storage.rows import Queries
from storage.tables import electors, organisations, polls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Poll:
    """A question put to the organisations; open from when it has `begun` until it is closed. All instants are in UTC."""

    id: int
    campaign_id: int
    number: int
    question: str
    procedure: str
    """The name of the preset."""
    rules: dict[str, Any] | None
    """The procedure as it was frozen (`campaign.decision.from_data`); None: the preset as it is."""
    signs: bool
    """Whether the collective signs if this is adopted."""
    opened_by: int
    opened_at: datetime
    """When voting began, or while it has not, when the poll was planned."""
    starts_at: datetime | None
    """When voting begins, if that is not at once."""
    begun: bool
    closes_at: datetime
    zone: str
    extended_at: datetime | None
    closed_at: datetime | None
    outcome: str
    held_at: datetime | None
    """Since when it is over, and said to wait for a network that is away."""
    conclusion: str
    """What a campaigner stated as its outcome; empty until then."""
    signature_id: int | None
    """The collective's signature that came of it."""

    @property
    def set_at(self) -> datetime:
        """Since when it closes when it does: since it was opened, or put off."""
        return self.extended_at or self.opened_at

    @property
    def is_open(self) -> bool:
        """Whether it takes answers, as long as its time is not over."""
        return self.begun and self.closed_at is None

    def is_being_counted(self, now: datetime) -> bool:
        """Whether its time is over (`now` in UTC), and its result still to come: from every network, or a day later."""
        return self.is_open and self.closes_at <= now


_ROW = select(
    polls.c.id,
    polls.c.campaign_id,
    polls.c.number,
    polls.c.question,
    polls.c.procedure,
    polls.c.rules,
    polls.c.signs,
    polls.c.opened_by,
    polls.c.opened_at,
    polls.c.starts_at,
    polls.c.begun,
    polls.c.closes_at,
    polls.c.zone,
    polls.c.extended_at,
    polls.c.closed_at,
    polls.c.outcome,
    polls.c.held_at,
    polls.c.conclusion,
    polls.c.signature_id,
)


class Polls(Queries):
    """What is being decided together."""

    def open(self, campaign_id: int, electorate: Sequence[int], **values: Any) -> Poll:  # noqa: ANN401 - the columns
        """Open a poll under the campaign's next number; the electorate is fixed from now on."""
        last = self._connection.execute(
            select(func.max(polls.c.number)).where(polls.c.campaign_id == campaign_id)
        ).scalar()
        row = self._new_id(insert(polls), {"campaign_id": campaign_id, "number": (last or 0) + 1, **values})
        self._electors(row, electorate)
        return self.get(row)

    def begin(self, poll_id: int, electorate: Sequence[int], now: datetime, closes_at: datetime) -> Poll:
        """Let the voting begin in a poll that was planned; its electorate is fixed from now on."""
        self._change(poll_id, begun=True, opened_at=now, closes_at=closes_at)
        self._electors(poll_id, electorate)
        return self.get(poll_id)

    def _electors(self, poll_id: int, electorate: Sequence[int]) -> None:
        if electorate:
            self._connection.execute(
                insert(electors), [{"poll_id": poll_id, "organisation_id": one} for one in electorate]
            )

    def get(self, poll_id: int) -> Poll:
        """One poll. Raises LookupError."""
        found = self.find(poll_id)
        if found is None:
            msg = f"no poll {poll_id}"
            raise LookupError(msg)
        return found

    def find(self, poll_id: int) -> Poll | None:
        """One poll, if there is one."""
        return self._one(Poll, _ROW.where(polls.c.id == poll_id))

    def by_number(self, campaign_id: int, number: int) -> Poll | None:
        """The poll with this number in its campaign."""
        return self._one(Poll, _ROW.where(polls.c.campaign_id == campaign_id, polls.c.number == number))

    def of_campaign(self, campaign_id: int, *, only_open: bool = False) -> Sequence[Poll]:
        """A campaign's polls, oldest first; those that are planned among them, unless only open ones are wanted."""
        query = _ROW.where(polls.c.campaign_id == campaign_id).order_by(polls.c.number)
        return self._all(
            Poll, query.where(polls.c.closed_at.is_(None), polls.c.begun) if only_open else query
        )

    def of_signature(self, signature_id: int) -> Poll | None:
        """The poll by which a signature was given, if it is the collective's own."""
        return self._one(
            Poll, _ROW.where(polls.c.signature_id == signature_id).order_by(polls.c.id.desc()).limit(1)
        )

    def _change(self, poll_id: int, **values: Any) -> None:  # noqa: ANN401 - the columns
        self._connection.execute(update(polls).where(polls.c.id == poll_id).values(**values))

    def shut(self, poll_id: int, closes_at: datetime) -> None:
        """Let a poll take no answers from an instant on that is nearer than its own."""
        self._change(poll_id, closes_at=closes_at)

    def extend(self, poll_id: int, closes_at: datetime, now: datetime) -> None:
        """Put off, once, until when a poll takes answers; that it waits for a network has to be said anew."""
        self._change(poll_id, closes_at=closes_at, extended_at=now, held_at=None)

    def close(self, poll_id: int, outcome: str, now: datetime) -> None:
        """End a poll with its outcome."""
        self._change(poll_id, closed_at=now, outcome=outcome)

    def signed(self, poll_id: int, signature_id: int) -> None:
        """Note which signature of the collective came of a poll."""
        self._change(poll_id, signature_id=signature_id)

    def conclude(self, poll_id: int, text: str, person_id: int, now: datetime) -> None:
        """Keep what a campaigner states as the outcome."""
        self._change(poll_id, conclusion=text, concluded_by=person_id, concluded_at=now)

    def hold(self, poll_id: int, now: datetime) -> None:
        """Note that it was said that a poll which is over waits for a network."""
        self._change(poll_id, held_at=now)

    def electorate(self, poll_id: int) -> Sequence[tuple[int, str]]:
        """The organisations that may vote: id and name, by name."""
        query = (
            select(organisations.c.id, organisations.c.name)
            .join(electors, electors.c.organisation_id == organisations.c.id)
            .where(electors.c.poll_id == poll_id)
            .order_by(func.lower(organisations.c.name))
        )
        return [(int(row[0]), str(row[1])) for row in self._connection.execute(query)]
