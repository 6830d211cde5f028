"""Organisations, and the names they go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from storage.rows import Queries
from storage.tables import (
    campaign_organisations,
    organisation_names,
    organisations,
    representatives,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
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

    def names(self) -> Sequence[tuple[int, str, str]]:
        """Every name: whose it is, the name, and the organisation's website."""
        query = select(
            organisation_names.c.organisation_id, organisation_names.c.name, organisations.c.website
        ).join(organisations, organisations.c.id == organisation_names.c.organisation_id)
        return [(int(row[0]), str(row[1]), str(row[2])) for row in self._connection.execute(query)]

    def names_stamp(self) -> Hashable:
        """What stays equal as long as `names` would answer the same. Only where one may write."""
        return self._memory.stamp((organisation_names, organisations))

    def suggestable(self, ids: Sequence[int]) -> Sequence[Organisation]:
        """Those of these that may be suggested, in their order: not who was named in chat and is in no campaign any more."""
        query = _ROW.where(
            organisations.c.id.in_(ids),
            or_(
                organisations.c.flagged.is_(False),
                organisations.c.id.in_(select(campaign_organisations.c.organisation_id)),
            ),
        )
        return sorted(self._all(Organisation, query), key=lambda one: ids.index(one.id))

    def renormalise(self, normal_form: Callable[[str], str]) -> Sequence[tuple[str, str]]:
        """Bring the stored forms up to date with the rule; return names that two organisations go by now: (older's, other's).

        The older one keeps such a name. The other's stays under a form that nobody can type, and is tried again
        the next time: nothing is lost, and a campaigner can rename or merge it.
        """
        query = select(
            organisation_names.c.normal, organisation_names.c.organisation_id, organisation_names.c.name
        ).order_by(organisation_names.c.organisation_id, organisation_names.c.normal)
        rows = [(str(row[0]), int(row[1]), str(row[2])) for row in self._connection.execute(query)]
        owners: dict[str, tuple[int, str]] = {}
        changed: dict[str, dict[str, Any] | None] = {}
        shared: list[tuple[str, str]] = []
        for old, owner, name in rows:
            new = normal_form(name)
            first = owners.setdefault(new, (owner, name))
            if first[0] != owner:
                shared.append((first[1], name))
                new = f"{new} #{owner}"
                if new in owners:
                    continue
                owners[new] = (owner, name)
            elif first[1] != name:
                changed[old] = None  # two spellings of its own that are one now
                continue
            if new != old:
                changed[old] = {"normal": new, "organisation_id": owner, "name": name}
        if changed:
            self._connection.execute(
                delete(organisation_names).where(organisation_names.c.normal == bindparam("old")),
                [{"old": old} for old in changed],
            )
            kept = [row for row in changed.values() if row is not None]
            if kept:
                self._connection.execute(insert(organisation_names), kept)
        return shared

    def owners(self) -> Sequence[tuple[str, int]]:
        """Every name in its normal form, and whose it is."""
        query = select(organisation_names.c.normal, organisation_names.c.organisation_id)
        return [(str(row[0]), int(row[1])) for row in self._connection.execute(query)]

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

    def unalias(self, normal: str) -> None:
        """Let nobody go by a name any more, given in its normal form."""
        self._connection.execute(delete(organisation_names).where(organisation_names.c.normal == normal))

    def rename(self, organisation_id: int, name: str, normal: str) -> None:
        """Give an organisation another canonical name; the one before stays one of its names.

        The caller made sure that nobody else goes by the new one.
        """
        self.change(organisation_id, name=name)
        written = self._connection.execute(
            update(organisation_names).where(organisation_names.c.normal == normal).values(name=name)
        )
        if not written.rowcount:
            self.alias(organisation_id, name, normal)

    def listed(self) -> Mapping[int, dict[str, Any]]:
        """Organisation → what the organisations' files said of it when they were last read, for those they named."""
        query = select(organisations.c.id, organisations.c.listed).where(organisations.c.listed.is_not(None))
        return {int(row[0]): row[1] for row in self._connection.execute(query) if row[1]}

    def of_domains(self, domains: Collection[str]) -> Sequence[Organisation]:
        """The organisations whose domain is one of these, as it is kept, by name; none that a stranger named."""
        if not domains:
            return ()
        query = _ROW.where(organisations.c.domain.in_(sorted(domains)), organisations.c.flagged.is_(False))
        return self._all(Organisation, query.order_by(func.lower(organisations.c.name)))

    def named_by(self, person_id: int) -> Sequence[Organisation]:
        """The organisations that a stranger named, for which this person signed and nobody else stands."""
        others = select(signatures.c.organisation_id).where(
            signatures.c.person_id != person_id, signatures.c.ended_at.is_(None)
        )
        theirs = select(signatures.c.organisation_id).where(signatures.c.person_id == person_id)
        return self._all(
            Organisation,
            _ROW.where(
                organisations.c.flagged, organisations.c.id.in_(theirs), organisations.c.id.not_in(others)
            ),
        )

    def unname(self, organisation_id: int) -> None:
        """Take every name from an organisation that was nobody but a person: what remains is its number."""
        self._connection.execute(
            delete(organisation_names).where(organisation_names.c.organisation_id == organisation_id)
        )
        self.change(organisation_id, name=f"({organisation_id})", website="", domain="", testimony="")

    def change(self, organisation_id: int, **values: Any) -> None:  # noqa: ANN401 - the columns
        """Set some columns of an organisation. Who changes its site or domain proves again who speaks by it."""
        self._connection.execute(
            update(organisations).where(organisations.c.id == organisation_id).values(**values)
        )

    def of_person(self, person_id: int) -> Sequence[Organisation]:
        """The organisations a person may speak for, by name."""
        return self._all(Organisation, _OF, {"person": person_id}, keep=True)
