"""Organisations, the names they go by, and who speaks for them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, literal, or_, select, tuple_, update

from campaign.account import fingerprint, is_fingerprint_of
from campaign.chat import Address
from storage.people import HOLDS
from storage.rows import Queries
from storage.tables import (
    Instant,
    addresses,
    campaign_organisations,
    organisation_names,
    organisations,
    people,
    representatives,
    revocations,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement


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


@dataclass(frozen=True, slots=True)
class Representative:
    """Somebody who speaks for an organisation, on whose word (see `Organisations.represent`), and since when (UTC)."""

    person_id: int
    how: str
    since: datetime
    deputy: bool
    """Speaks for it like the others, but is bothered only where none of them can be reached."""


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

_ACCOUNTS = select(addresses.c.network, addresses.c.address, addresses.c.room).where(
    addresses.c.person_id == bindparam("person"), addresses.c.room == ""
)


def _is(organisation_id: int, person_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        representatives.c.organisation_id == organisation_id,
        representatives.c.person_id == person_id,
    )


def _accounts_of(person_id: int) -> tuple[ColumnElement[bool], ...]:
    return (addresses.c.person_id == person_id, addresses.c.room == "")


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

    def represent(
        self, organisation_id: int, person_id: int, how: str, now: datetime, *, deputy: bool = False
    ) -> bool:
        """Let a person speak for an organisation; return whether they do.

        `how`: on the word of the `roster` or of a `campaigner`; because a campaigner has `verified` their signature or
        a `second` person of the organisation has; or because the `domain` of their account is the organisation's.
        Where there are several reasons, the one that holds longest is kept; what a campaigner says stands before all:
        whom they revoked, and who was forgotten, comes back on no other word.
        """
        known = self.speaks_by(organisation_id, person_id)
        if known is None and how != "campaigner" and self.is_silenced(organisation_id, person_id):
            return False
        if known is None:
            self._connection.execute(
                insert(representatives),
                {
                    "organisation_id": organisation_id,
                    "person_id": person_id,
                    "how": how,
                    "since": now,
                    "deputy": deputy,
                },
            )
        elif how == known or HOLDS[how] > HOLDS[known]:
            values = {"how": how, "deputy": deputy}
            self._connection.execute(
                update(representatives).where(*_is(organisation_id, person_id)).values(**values)
            )
        return True

    def dismiss(self, organisation_id: int, person_id: int) -> None:
        """Let a person speak for an organisation no longer; without anybody who does, nobody stands by its testimony."""
        self._connection.execute(delete(representatives).where(*_is(organisation_id, person_id)))
        if not self.representatives(organisation_id):
            self.change(organisation_id, testimony="")

    def revoke(self, organisation_id: int, person_id: int, now: datetime) -> None:
        """Let a person speak for an organisation no longer, under any of their accounts, whatever a list says."""
        self.dismiss(organisation_id, person_id)
        self.restore(organisation_id, person_id)
        accounts = select(
            literal(organisation_id), addresses.c.network, addresses.c.address, literal(now, Instant)
        ).where(*_accounts_of(person_id))
        columns = ("organisation_id", "network", "address", "at")
        self._connection.execute(insert(revocations).from_select(columns, accounts))

    def restore(self, organisation_id: int, person_id: int) -> None:
        """Forget that a person was revoked: a list may let them speak for the organisation again."""
        theirs = select(addresses.c.network, addresses.c.address).where(*_accounts_of(person_id))
        self._connection.execute(
            delete(revocations).where(
                revocations.c.organisation_id == organisation_id,
                tuple_(revocations.c.network, revocations.c.address).in_(theirs),
            )
        )
        for account in self._all(Address, _ACCOUNTS, {"person": person_id}):
            self._erased(organisation_id, account, forget=True)

    def bar(self, organisation_id: int, account: Address, now: datetime) -> None:
        """Let no list and no domain give this right to an account that is being erased, without keeping the account."""
        self._connection.execute(
            delete(revocations).where(
                revocations.c.organisation_id == organisation_id,
                revocations.c.network == account.network,
                revocations.c.address == account.id,
            )
        )
        values = {"organisation_id": organisation_id, "network": account.network, "at": now}
        self._connection.execute(insert(revocations), {**values, "address": self.barring(account)})

    @staticmethod
    def barring(account: Address) -> str:
        """What a revocation holds instead of an account that is erased."""
        return fingerprint(account, secrets.token_bytes(16))

    def barred(self, account: Address) -> Sequence[int]:
        """The organisations for which a campaigner let this account speak no longer."""
        query = select(revocations.c.organisation_id).where(
            revocations.c.network == account.network, revocations.c.address == account.id
        )
        return list(self._connection.execute(query).scalars())

    def _erased(self, organisation_id: int, account: Address, *, forget: bool = False) -> bool:
        """Whether this account is one of those that were erased and may not come back here by themselves."""
        query = select(revocations.c.address).where(
            revocations.c.organisation_id == organisation_id,
            revocations.c.network == account.network,
            revocations.c.address.startswith("scrypt$"),
        )
        for kept in list(self._connection.execute(query).scalars()):
            if is_fingerprint_of(kept, account):
                if forget:
                    self._connection.execute(delete(revocations).where(revocations.c.address == kept))
                return True
        return False

    def is_revoked(self, organisation_id: int, address: Address) -> bool:
        """Whether the last word on this account was that it no longer speaks for an organisation: no list gives it back.

        It was a campaigner's, or their own who wanted to be forgotten.
        """
        return self._revoked_at(organisation_id, address) is not None or self._erased(
            organisation_id, address
        )

    def _revoked_at(self, organisation_id: int, account: Address) -> datetime | None:
        query = select(revocations.c.at).where(
            revocations.c.organisation_id == organisation_id,
            revocations.c.network == account.network,
            revocations.c.address == account.id,
        )
        return self._connection.execute(query).scalar()

    def is_silenced(self, organisation_id: int, person_id: int) -> bool:
        """Whether one of a person's accounts was revoked for an organisation, or they were forgotten."""
        forgotten = select(people.c.id).where(people.c.id == person_id, people.c.forgotten_at.is_not(None))
        return self._connection.execute(forgotten).first() is not None or any(
            self.is_revoked(organisation_id, account)
            for account in self._all(Address, _ACCOUNTS, {"person": person_id})
        )

    def silence(self, person_id: int) -> Sequence[int]:
        """Let somebody who turned out to have other accounts speak for no organisation for which one of them was revoked.

        A campaigner's later word stands. Returns the organisations for which they spoke.
        """
        accounts = self._all(Address, _ACCOUNTS, {"person": person_id})
        query = select(representatives.c.organisation_id, representatives.c.how, representatives.c.since)
        silenced = []
        for organisation_id, how, since in self._connection.execute(
            query.where(representatives.c.person_id == person_id)
        ).all():
            words = [at for one in accounts if (at := self._revoked_at(organisation_id, one)) is not None]
            if words and not (how == "campaigner" and since >= max(words)):
                self.dismiss(organisation_id, person_id)
                silenced.append(int(organisation_id))
        return silenced

    def is_representative(self, organisation_id: int, person_id: int) -> bool:
        """Whether a person may speak for an organisation."""
        return self.speaks_by(organisation_id, person_id) is not None

    def speaks_by(self, organisation_id: int, person_id: int) -> str | None:
        """On whose word a person speaks for an organisation (see `represent`); None if they do not."""
        values = {"organisation": organisation_id, "person": person_id}
        found = self._connection.execute(_SPEAKS, values).first()
        return None if found is None else str(found[0])

    def of_person(self, person_id: int) -> Sequence[Organisation]:
        """The organisations a person may speak for, by name."""
        return self._all(Organisation, _OF, {"person": person_id}, keep=True)

    def by_domain(self) -> Sequence[tuple[int, int]]:
        """Every organisation and person who speaks for it only because of the domain of their account."""
        query = select(representatives.c.organisation_id, representatives.c.person_id)
        query = query.where(representatives.c.how == "domain")
        return [(int(row[0]), int(row[1])) for row in self._connection.execute(query)]

    def representatives(self, organisation_id: int) -> Sequence[int]:
        """The people who may speak for an organisation: deputies last, longest standing first."""
        return [one.person_id for one in self.people(organisation_id)]

    def people(self, organisation_id: int) -> Sequence[Representative]:
        """Everybody who may speak for an organisation: deputies last, longest standing first."""
        query = (
            select(
                representatives.c.person_id,
                representatives.c.how,
                representatives.c.since,
                representatives.c.deputy,
            )
            .where(representatives.c.organisation_id == organisation_id)
            .order_by(representatives.c.deputy, representatives.c.since, representatives.c.person_id)
        )
        return self._all(Representative, query)

    def people_of(self, organisation_ids: Collection[int]) -> Mapping[int, list[int]]:
        """Organisation → the people who may speak for it, as `representatives`, for several at once."""
        query = (
            select(representatives.c.organisation_id, representatives.c.person_id)
            .where(representatives.c.organisation_id.in_(list(organisation_ids)))
            .order_by(representatives.c.deputy, representatives.c.since, representatives.c.person_id)
        )
        found: dict[int, list[int]] = {}
        for organisation, person in self._connection.execute(query):
            found.setdefault(organisation, []).append(person)
        return found
