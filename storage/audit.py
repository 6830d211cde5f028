"""Who changed a signature, an organisation, a poll or a right: only ever added to, people by their number alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from storage.rows import Queries
from storage.tables import audit

if TYPE_CHECKING:
    from datetime import datetime

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

    def right(
        self, organisation_id: int, person_id: int, now: datetime, *, by: int | None, granted: bool
    ) -> None:
        """Write down that a person may speak for an organisation, or no longer: by a campaigner's word, else a file's."""
        act = "representative" if granted else "representative revoked"
        self.note(act, now, person=by, organisation=organisation_id, represented_by=person_id)
