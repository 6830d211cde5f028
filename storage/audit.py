"""Who changed a signature, an organisation, a poll or a right: only ever added to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from storage.rows import Queries
from storage.tables import addresses, audit

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.chat import Address

_GRANTED, _REVOKED = "representative", "representative revoked"
_NOTE = insert(audit)


class Audit(Queries):
    """The book of acts."""

    def note(
        self,
        act: str,
        now: datetime,
        *,
        person: int | None = None,
        room: int | None = None,
        campaign: int | None = None,
        organisation: int | None = None,
        **details: Any,  # noqa: ANN401 - plain values, as JSON keeps them
    ) -> None:
        """Write down one act."""
        self._connection.execute(
            _NOTE,
            {
                "at": now,
                "person_id": person,
                "room_id": room,
                "act": act,
                "campaign_id": campaign,
                "organisation_id": organisation,
                "details": details,
            },
        )

    def right(self, organisation_id: int, person_id: int, now: datetime, *, by: int, granted: bool) -> None:
        """Write down that a campaigner let a person speak for an organisation, or no longer, under all their accounts."""
        accounts = self._connection.execute(
            select(addresses.c.network, addresses.c.address).where(
                addresses.c.person_id == person_id, addresses.c.room == ""
            )
        )
        self.note(
            _GRANTED if granted else _REVOKED,
            now,
            person=by,
            organisation=organisation_id,
            represented_by=person_id,
            accounts=[f"{account.network}:{account.address}" for account in accounts],
        )

    def revoked(self, organisation_id: int, address: Address) -> bool:
        """Whether a campaigner's last word on this account was that it no longer speaks for an organisation."""
        acts = self._connection.execute(
            select(audit.c.act, audit.c.details)
            .where(audit.c.organisation_id == organisation_id, audit.c.act.in_((_GRANTED, _REVOKED)))
            .order_by(audit.c.id.desc())
        )
        key = f"{address.network}:{address.id}"
        return next((act == _REVOKED for act, details in acts if key in details.get("accounts", ())), False)
