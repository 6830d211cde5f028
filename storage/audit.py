"""Who changed a signature, an organisation, a poll or a right: only ever added to, people by their number alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from storage.rows import Queries
from storage.tables import audit, campaigns, organisations, people, rooms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select

_NOTE = insert(audit)


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the book, with what those it concerns are called today. `at` is in UTC.

    `person` is None where nobody did it but the clock or the config; `name` is empty for one who was forgotten.
    """

    id: int
    at: datetime
    act: str
    person: int | None
    name: str | None
    forgotten_at: datetime | None
    room_name: str | None
    room_alias: str | None
    room_address: str | None
    direct: bool | None
    campaign: str | None
    organisation: str | None
    other: str | None
    """The organisation that became one with it, or two again."""
    details: dict[str, Any]

    @property
    def room(self) -> str:
        """What the room is called; a private chat has no name, for it would be somebody's."""
        return "" if self.direct else self.room_name or self.room_alias or self.room_address or ""


_OTHER = organisations.alias()
_ACTS = (
    select(
        audit.c.id,
        audit.c.at,
        audit.c.act,
        audit.c.person_id,
        people.c.name,
        people.c.forgotten_at,
        rooms.c.name,
        rooms.c.alias,
        rooms.c.address,
        rooms.c.direct,
        campaigns.c.key,
        organisations.c.name,
        _OTHER.c.name,
        audit.c.details,
    )
    .outerjoin(people, people.c.id == audit.c.person_id)
    .outerjoin(rooms, rooms.c.id == audit.c.room_id)
    .outerjoin(campaigns, campaigns.c.id == audit.c.campaign_id)
    .outerjoin(organisations, organisations.c.id == audit.c.organisation_id)
    .outerjoin(_OTHER, _OTHER.c.id == audit.c.details["other"].as_integer())
    .order_by(audit.c.id.desc())
)


class Audit(Queries):
    """The book of acts. Nothing in it is ever pruned: a line is some hundred bytes, a signature a handful of lines."""

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
        """Write down one act: `before` and `after` say what changed, a mapping where it was several things.

        What people typed freely (a note, a reason) does not belong here, for it could name somebody and can never be
        erased: say that it changed. The same goes for accounts.
        """
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
        self,
        organisation_id: int,
        person_id: int,
        now: datetime,
        *,
        by: int | None,
        granted: bool,
        room: int | None = None,
    ) -> None:
        """Write down that a person may speak for an organisation, or no longer: by a campaigner's word, else a file's."""
        act = "representative" if granted else "representative revoked"
        self.note(act, now, person=by, room=room, organisation=organisation_id, represented_by=person_id)

    def newest(self, most: int, campaign_id: int | None = None) -> Sequence[Act]:
        """The latest acts, the newest first; of one campaign, those that concern no campaign in particular included."""
        query = _ACTS.limit(most)
        if campaign_id is not None:
            query = query.where(audit.c.campaign_id.is_(None) | (audit.c.campaign_id == campaign_id))
        return self._all(Act, query)

    def last(self, act: str) -> datetime | None:
        """When this was done last (UTC)."""
        query = select(audit.c.at).where(audit.c.act == act).order_by(audit.c.id.desc()).limit(1)
        return self._connection.execute(query).scalar()

    def has(self, act: str, person_id: int | None, campaign_id: int, **details: Any) -> bool:  # noqa: ANN401 - plain values, as JSON keeps them
        """Whether a person did this in a campaign (None: it happened of itself), with these details among others."""
        by = audit.c.person_id.is_not_distinct_from(person_id)
        return self._holds(self._of(act, campaign_id).where(by), details)

    def has_by_anybody(self, act: str, campaign_id: int, **details: Any) -> bool:  # noqa: ANN401 - plain values, as JSON keeps them
        """Whether this was done in a campaign, by whomever, with these details among others."""
        return self._holds(self._of(act, campaign_id), details)

    @staticmethod
    def _of(act: str, campaign_id: int) -> Select[tuple[dict[str, Any]]]:
        return select(audit.c.details).where(audit.c.act == act, audit.c.campaign_id == campaign_id)

    def _holds(self, query: Select[tuple[dict[str, Any]]], details: dict[str, Any]) -> bool:
        return any(details.items() <= held.items() for held in self._connection.execute(query).scalars())

    def count_between(
        self, act: str, room_id: int, since: datetime, until: datetime, newest: int = 200
    ) -> int:
        """How often something was done in a room in that time (UTC), among the newest acts of all."""
        latest = select(audit).order_by(audit.c.id.desc()).limit(newest).subquery()
        query = select(func.count()).where(
            latest.c.act == act, latest.c.room_id == room_id, latest.c.at > since, latest.c.at <= until
        )
        return int(self._connection.execute(query).scalar_one())

    def names(self, people_ids: set[int]) -> dict[int, str]:
        """What people are called today, by their number; empty for those who were forgotten."""
        query = select(people.c.id, people.c.name).where(people.c.id.in_(people_ids))
        return {int(number): str(name) for number, name in self._connection.execute(query)}
