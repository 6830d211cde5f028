"""What became of each reminder: decided once, written down with its message, and looked at again as that leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, func, insert, literal_column, select, update

from storage.rows import Queries
from storage.tables import deadlines, outbox, polls, reminders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, FromClause, Select


@dataclass(frozen=True, slots=True)
class Cause:
    """What organisations are reminded of: a version of a deadline, a closing of a poll, or of a campaign alone.

    Of a campaign: what came of an organisation's own date (`deciding_until`), or its answer, by hand (None).
    """

    campaign_id: int
    """The campaign that all of these belong to."""
    seconds_before: int = 0
    deadline_id: int | None = None
    deadline_version: int | None = None
    poll_id: int | None = None
    closes_at: datetime | None = None
    deciding_until: date | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of the rows that have this cause."""
        alone = self.deadline_id is None and self.poll_id is None
        return {
            "deadline_id": self.deadline_id,
            "deadline_version": self.deadline_version,
            "poll_id": self.poll_id,
            "closes_at": self.closes_at,
            "campaign_id": self.campaign_id if alone else None,
            "deciding_until": self.deciding_until,
            "seconds_before": self.seconds_before,
        }


@dataclass(frozen=True, slots=True)
class Reminder:
    """What was written down of one organisation."""

    id: int
    organisation_id: int
    state: str
    at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an organisation's reminder: `due`, `sent`, `late`, or `skipped` and why."""

    state: str
    why: str = ""
    public: bool = False


_IS_DUE = reminders.c.state == literal_column("'due'")
"""Written out: for a value that is only bound, SQLite does not take the index of those rows alone."""
_CAUSE = (
    "campaign_id",
    "seconds_before",
    "deadline_id",
    "deadline_version",
    "poll_id",
    "closes_at",
    "deciding_until",
)
_DUE = select(*(reminders.c[name] for name in _CAUSE)).where(_IS_DUE).distinct().subquery()


def _with_campaign(of: FromClause, *columns: ColumnElement[Any]) -> Select[Any]:
    """Select some columns, and those of a `Cause`, of reminders together with the campaign they belong to."""
    return select(
        *columns,
        func.coalesce(deadlines.c.campaign_id, polls.c.campaign_id, of.c.campaign_id),
        of.c.seconds_before,
        of.c.deadline_id,
        of.c.deadline_version,
        of.c.poll_id,
        of.c.closes_at,
        of.c.deciding_until,
    ).select_from(
        of.outerjoin(deadlines, deadlines.c.id == of.c.deadline_id).outerjoin(
            polls, polls.c.id == of.c.poll_id
        )
    )


_HANDLED = select(
    exists().where(
        reminders.c.deadline_id == bindparam("deadline"),
        reminders.c.deadline_version == bindparam("version"),
        reminders.c.seconds_before == bindparam("before"),
    )
)
_POLL_HANDLED = select(
    exists().where(reminders.c.poll_id == bindparam("poll"), reminders.c.closes_at == bindparam("closes"))
)
_INSERT = insert(reminders)
_LEAVES = update(reminders).where(reminders.c.id == bindparam("which")).values(outbox_id=bindparam("row"))
GIVEN = ("sent", "late", "due")
"""States of a reminder that was given, or will be."""
_WAITS = and_(outbox.c.dispatch_key.is_(None), outbox.c.settled.is_(False))


class Reminders(Queries):
    """Who was reminded of what."""

    # --- what is decided

    def handled(self, cause: Cause) -> bool:
        """Whether it was decided what becomes of this reminder."""
        if cause.deadline_id is not None:
            which = {"deadline": cause.deadline_id, "version": cause.deadline_version}
            found = self._connection.execute(_HANDLED, {**which, "before": cause.seconds_before})
        else:
            found = self._connection.execute(
                _POLL_HANDLED, {"poll": cause.poll_id, "closes": cause.closes_at}
            )
        return bool(found.scalar())

    def said_in_public(self, deadline_id: int, version: int) -> int:
        """How often a deadline was said in rooms."""
        query = (
            select(reminders.c.seconds_before)
            .where(
                reminders.c.deadline_id == deadline_id,
                reminders.c.deadline_version == version,
                reminders.c.public,
                reminders.c.state.in_(GIVEN),
            )
            .distinct()
        )
        return len(self._connection.execute(query).all())

    def write(self, cause: Cause, fates: Mapping[int, Fate], now: datetime) -> Mapping[int, int]:
        """Write down what becomes of a reminder, per organisation. Return organisation → row of those that are said now."""
        columns = cause.columns
        rows = [
            {
                **columns,
                "organisation_id": organisation,
                "state": fate.state,
                "why": fate.why,
                "public": fate.public,
                "at": now,
            }
            for organisation, fate in fates.items()
        ]
        if not rows:
            return {}
        before = self._connection.execute(select(reminders.c.id).order_by(reminders.c.id.desc()).limit(1))
        last = before.scalar() or 0
        self._connection.execute(_INSERT, rows)
        said = select(reminders.c.organisation_id, reminders.c.id).where(
            reminders.c.id > last, reminders.c.state.in_(("sent", "late"))
        )
        return {int(organisation): int(row) for organisation, row in self._connection.execute(said)}

    def leave_with(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Say with which intent (the second) each reminder leaves: if that is given up, it was not given."""
        rows = [{"which": reminder, "row": row} for reminder, row in pairs]
        if rows:
            self._connection.execute(_LEAVES, rows)

    # --- what is said in private, a few at a time

    def due_causes(self) -> Sequence[Cause]:
        """Of what somebody is still to be reminded in private."""
        return self._all(Cause, _with_campaign(_DUE))

    def due(self, cause: Cause, most: int, only: int | None = None) -> Mapping[int, int]:
        """Organisation → row of those who are still to be reminded of it, at most so many; or of that row `only`."""
        query = (
            select(reminders.c.organisation_id, reminders.c.id)
            .where(_IS_DUE, *_is(cause))
            .order_by(reminders.c.id)
            .limit(most)
        )
        if only is not None:
            query = query.where(reminders.c.id == only)
        return {int(organisation): int(row) for organisation, row in self._connection.execute(query)}

    def settle(self, fates: Mapping[int, Fate], now: datetime) -> None:
        """Write down what has become of reminders, by row."""
        for fate in set(fates.values()):
            ids = [row for row, one in fates.items() if one == fate]
            self._connection.execute(
                update(reminders)
                .where(reminders.c.id.in_(ids))
                .values(state=fate.state, why=fate.why, at=now)
            )

    # --- what waits to leave

    def waiting(self, now: datetime) -> Sequence[Cause]:
        """Of what somebody is reminded in what waits to leave, but for what was put off to later than now."""
        ours = (
            select(*(reminders.c[name] for name in _CAUSE))
            .join(outbox, outbox.c.id == reminders.c.outbox_id)
            .where(_WAITS, outbox.c.not_before.is_(None) | (outbox.c.not_before <= now))
            .distinct()
            .subquery()
        )
        return self._all(Cause, _with_campaign(ours))

    def put_off(self, cause: Cause, until: datetime) -> None:
        """Let all that waits of it wait until then."""
        rows = select(reminders.c.outbox_id).where(reminders.c.outbox_id.is_not(None), *_is(cause))
        self._connection.execute(update(outbox).where(outbox.c.id.in_(rows), _WAITS).values(not_before=until))

    def leaving(self, outbox_id: int) -> Sequence[Reminder]:
        """What leaves with an intent, by organisation."""
        columns = (
            reminders.c.id,
            reminders.c.organisation_id,
            reminders.c.state,
            reminders.c.at,
        )
        query = (
            _with_campaign(reminders, *columns)
            .where(reminders.c.outbox_id == outbox_id, reminders.c.state.in_(("sent", "late")))
            .order_by(reminders.c.id)
        )
        return [
            Reminder(row.id, row.organisation_id, row.state, row.at, Cause(*row[len(columns) :]))
            for row in self._connection.execute(query)
        ]

    def overtaken(self, cause: Cause) -> bool:
        """Whether it was decided already what becomes of a nearer reminder of the same deadline."""
        query = select(
            exists().where(
                reminders.c.deadline_id == cause.deadline_id,
                reminders.c.deadline_version == cause.deadline_version,
                reminders.c.seconds_before < cause.seconds_before,
                reminders.c.state != "skipped",
            )
        )
        return cause.deadline_id is not None and bool(self._connection.execute(query).scalar())

    def withdraw(self, deadline_id: int, why: str, now: datetime) -> None:
        """Let what waits of a deadline's reminders not be said any more: it was moved or cancelled."""
        of_it = (reminders.c.deadline_id == deadline_id, reminders.c.state != "skipped")
        waiting = select(reminders.c.outbox_id).join(outbox, outbox.c.id == reminders.c.outbox_id)
        rows = self._connection.execute(waiting.where(*of_it, _WAITS).distinct()).scalars().all()
        self._connection.execute(
            update(reminders)
            .where(*of_it, (reminders.c.state == "due") | reminders.c.outbox_id.in_(rows))
            .values(state="skipped", why=why, at=now)
        )
        self._connection.execute(update(outbox).where(outbox.c.id.in_(rows)).values(settled=True))


_LEADING = ("deadline_id", "poll_id", "campaign_id")


def _is(cause: Cause) -> list[ColumnElement[bool]]:
    """Compare with a cause so that no index of all reminders is taken: those that are due are few, or become fewer."""
    return [
        (reminders.c[name] + 0 if name in _LEADING else reminders.c[name]).is_not_distinct_from(value)
        for name, value in cause.columns.items()
    ]
