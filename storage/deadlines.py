"""Deadlines, and what became of each reminder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from storage.rows import Queries
from storage.tables import deadlines, reminders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Deadline:
    """When answers are wanted. Moving it makes a new `version`, with reminders of its own."""

    id: int
    campaign_id: int
    label: str
    at: datetime
    zone: str
    version: int
    set_at: datetime


_ROW = select(
    deadlines.c.id,
    deadlines.c.campaign_id,
    deadlines.c.label,
    deadlines.c.at,
    deadlines.c.zone,
    deadlines.c.version,
    deadlines.c.set_at,
)


class Deadlines(Queries):
    """What time brings."""

    def of_campaign(self, campaign_id: int) -> Sequence[Deadline]:
        """A campaign's deadlines that were not cancelled, soonest first."""
        return self._all(
            Deadline,
            _ROW.where(deadlines.c.campaign_id == campaign_id, deadlines.c.cancelled_at.is_(None)).order_by(
                deadlines.c.at
            ),
        )

    def put(self, campaign_id: int, label: str, at: datetime, zone: str, now: datetime) -> Deadline:
        """Set the deadline of this label, or move it."""
        where = (deadlines.c.campaign_id == campaign_id, deadlines.c.label == label)
        known = self._connection.execute(select(deadlines.c.id, deadlines.c.version).where(*where)).first()
        if known is None:
            values = {"campaign_id": campaign_id, "label": label, "at": at, "zone": zone, "set_at": now}
            row = self._new_id(insert(deadlines), values)
        else:
            row = int(known[0])
            self._connection.execute(
                update(deadlines)
                .where(deadlines.c.id == row)
                .values(at=at, zone=zone, set_at=now, version=known[1] + 1, cancelled_at=None)
            )
        found = self._one(Deadline, _ROW.where(deadlines.c.id == row))
        if found is None:
            msg = f"no deadline {row}"
            raise LookupError(msg)
        return found

    def cancel(self, deadline_id: int, now: datetime) -> None:
        """Cancel a deadline; its reminders no longer exist."""
        self._connection.execute(
            update(deadlines).where(deadlines.c.id == deadline_id).values(cancelled_at=now)
        )

    # --- reminders

    def handled(self, deadline: Deadline) -> Mapping[int, set[int]]:
        """Seconds before the deadline → organisations whose reminder was sent or skipped."""
        found: dict[int, set[int]] = {}
        query = select(reminders.c.seconds_before, reminders.c.organisation_id).where(
            reminders.c.deadline_id == deadline.id, reminders.c.deadline_version == deadline.version
        )
        for before, organisation in self._connection.execute(query):
            found.setdefault(before, set()).add(organisation)
        return found

    def handled_of_poll(self, poll_id: int, seconds_before: int) -> set[int]:
        """The organisations whose reminder of a poll, so long before it closes, was sent or skipped."""
        query = select(reminders.c.organisation_id).where(
            reminders.c.poll_id == poll_id, reminders.c.seconds_before == seconds_before
        )
        return set(self._connection.execute(query).scalars())

    def put_off_poll(self, poll_id: int, by: timedelta) -> None:
        """A poll closes later: what was reminded of it came by so much longer before its closing."""
        later = reminders.c.seconds_before + int(by.total_seconds())
        self._connection.execute(
            update(reminders).where(reminders.c.poll_id == poll_id).values(seconds_before=later)
        )

    def handle(
        self, deadline: Deadline, seconds_before: int, states: Mapping[int, str], now: datetime
    ) -> Mapping[int, int]:
        """Write down what became of one reminder, per organisation (`sent`, `late` or `skipped`).

        Return organisation → the id of what was written down.
        """
        return self._write(
            [
                {
                    "deadline_id": deadline.id,
                    "deadline_version": deadline.version,
                    "organisation_id": organisation,
                    "seconds_before": seconds_before,
                    "state": state,
                    "at": now,
                }
                for organisation, state in states.items()
            ]
        )

    def handle_poll(
        self, poll_id: int, seconds_before: int, states: Mapping[int, str], now: datetime
    ) -> Mapping[int, int]:
        """Write down what became of a poll's reminder, per organisation. Return as `handle`."""
        return self._write(
            [
                {
                    "poll_id": poll_id,
                    "organisation_id": organisation,
                    "seconds_before": seconds_before,
                    "state": state,
                    "at": now,
                }
                for organisation, state in states.items()
            ]
        )

    def leave_with(self, reminder_ids: Sequence[int], outbox_id: int) -> None:
        """Say with which intent reminders leave: if that is given up, they were not given."""
        self._connection.execute(
            update(reminders).where(reminders.c.id.in_(reminder_ids)).values(outbox_id=outbox_id)
        )

    def _write(self, rows: list[dict[str, object]]) -> Mapping[int, int]:
        if not rows:
            return {}
        written = insert(reminders).returning(reminders.c.organisation_id, reminders.c.id)
        return {int(organisation): int(row) for organisation, row in self._connection.execute(written, rows)}
