"""Organisations, the names they go by, and who speaks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from storage.rows import Queries
from storage.tables import organisation_names, organisations, representatives

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation under its canonical name. flagged: named in chat, not yet looked at by a campaigner."""

    id: int
    name: str
    website: str
    domain: str
    funded: str
    testimony: str
    flagged: bool


_ROW = select(
    organisations.c.id,
    organisations.c.name,
    organisations.c.website,
    organisations.c.domain,
    organisations.c.funded,
    organisations.c.testimony,
    organisations.c.flagged,
)
_FIND = _ROW.join(organisation_names, organisation_names.c.organisation_id == organisations.c.id).where(
    organisation_names.c.normal == bindparam("normal")
)
_OF = (
    _ROW.join(representatives, representatives.c.organisation_id == organisations.c.id)
    .where(representatives.c.person_id == bindparam("person"))
    .order_by(func.lower(organisations.c.name))
)
_SPEAKS = select(representatives.c.how).where(
    representatives.c.organisation_id == bindparam("organisation"),
    representatives.c.person_id == bindparam("person"),
)


class Organisations(Queries):
    """Who can sign. Names are looked up by their normal form (`campaign.organisation.normal_form`)."""

    def get(self, organisation_id: int) -> Organisation:
        """One organisation. Raises LookupError."""
        found = self._one(Organisation, _ROW.where(organisations.c.id == organisation_id))
        if found is None:
            msg = f"no organisation {organisation_id}"
            raise LookupError(msg)
        return found

    def find(self, normal: str) -> Organisation | None:
        """The organisation that goes by this name, given in its normal form."""
        return self._one(Organisation, _FIND, {"normal": normal})

    def names(self) -> Sequence[tuple[int, str]]:
        """Every name of every organisation, for suggestions."""
        query = select(organisation_names.c.organisation_id, organisation_names.c.name)
        return [(int(row[0]), str(row[1])) for row in self._connection.execute(query)]

    def names_of(self, organisation_id: int) -> Sequence[str]:
        """Every name of one organisation."""
        query = select(organisation_names.c.name).where(
            organisation_names.c.organisation_id == organisation_id
        )
        return list(self._connection.execute(query).scalars())

    def add(self, name: str, normal: str, now: datetime, **values: Any) -> Organisation:  # noqa: ANN401 - the columns
        """Enter an organisation. The caller made sure that nobody else goes by this name."""
        row = self._new_id(insert(organisations), {"name": name, "added_at": now, **values})
        self.alias(row, name, normal)
        return self.get(row)

    def alias(self, organisation_id: int, name: str, normal: str) -> None:
        """Let an organisation go by one more name."""
        self._connection.execute(
            insert(organisation_names), {"organisation_id": organisation_id, "name": name, "normal": normal}
        )

    def change(self, organisation_id: int, **values: Any) -> None:  # noqa: ANN401 - the columns
        """Set some columns of an organisation."""
        self._connection.execute(
            update(organisations).where(organisations.c.id == organisation_id).values(**values)
        )

    def represent(self, organisation_id: int, person_id: int, how: str, now: datetime) -> None:
        """Let a person speak for an organisation: on the word of the `roster`, a `campaigner`, or once `verified`."""
        if not self.is_representative(organisation_id, person_id):
            self._connection.execute(
                insert(representatives),
                {"organisation_id": organisation_id, "person_id": person_id, "how": how, "since": now},
            )

    def is_representative(self, organisation_id: int, person_id: int) -> bool:
        """Whether a person may speak for an organisation."""
        values = {"organisation": organisation_id, "person": person_id}
        return self._connection.execute(_SPEAKS, values).first() is not None

    def of_person(self, person_id: int) -> Sequence[Organisation]:
        """The organisations a person may speak for, by name."""
        return self._all(Organisation, _OF, {"person": person_id}, keep=True)

    def representatives(self, organisation_id: int) -> Sequence[int]:
        """The people who may speak for an organisation, longest standing first."""
        query = (
            select(representatives.c.person_id)
            .where(representatives.c.organisation_id == organisation_id)
            .order_by(representatives.c.since, representatives.c.person_id)
        )
        return list(self._connection.execute(query).scalars())
