"""The days by which organisations said they would decide, and who was reminded or asked since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from storage.reminders import GIVEN
from storage.rows import Queries
from storage.tables import campaign_organisations, deadlines, reminders

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime


class OwnDates(Queries):
    """Organisations' own dates in a campaign (`deciding_until`)."""

    def next_one(self, campaign_id: int, today: date) -> date | None:
        """The next day by which an organisation said that it would decide, from today on."""
        query = select(func.min(campaign_organisations.c.deciding_until)).where(
            campaign_organisations.c.campaign_id == campaign_id,
            campaign_organisations.c.standing == "deciding",
            campaign_organisations.c.deciding_until >= today,
        )
        return self._connection.execute(query).scalar()

    def past(self, campaign_id: int, today: date) -> Sequence[int]:
        """The organisations whose own date is past, and of whom it was not decided yet whether they are asked."""
        member = campaign_organisations
        decided = exists().where(
            reminders.c.campaign_id == member.c.campaign_id,
            reminders.c.organisation_id == member.c.organisation_id,
            reminders.c.deciding_until == member.c.deciding_until,
        )
        query = select(member.c.organisation_id).where(
            member.c.campaign_id == campaign_id,
            member.c.standing == "deciding",
            member.c.deciding_until < today,
            ~decided,
        )
        return self._all(int, query)

    def reminded_since(self, campaign_id: int, organisation_ids: Collection[int], at: datetime) -> set[int]:
        """Which of these organisations were reminded of a deadline of the campaign from then on."""
        query = (
            select(reminders.c.organisation_id)
            .join(deadlines, deadlines.c.id == reminders.c.deadline_id)
            .where(
                deadlines.c.campaign_id == campaign_id,
                reminders.c.organisation_id.in_(list(organisation_ids)),
                reminders.c.state.in_(GIVEN),
                reminders.c.at >= at,
            )
        )
        return set(self._connection.execute(query).scalars())

    def asked_since(self, campaign_id: int, at: datetime) -> set[int]:
        """Which organisations were asked what came of their own date from then on."""
        query = select(reminders.c.organisation_id).where(
            reminders.c.campaign_id == campaign_id,
            reminders.c.deciding_until.is_not(None),
            reminders.c.state.in_(GIVEN),
            reminders.c.at >= at,
        )
        return set(self._connection.execute(query).scalars())
