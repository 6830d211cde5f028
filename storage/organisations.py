"""Organisations, the names they go by, and who speaks for them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, literal, or_, select, tuple_, update

from campaign.account import fingerprint, is_fingerprint_of
from campaign.chat import Address
from storage.rows import Queries
from storage.tables import (
    Instant,
    addresses,
    campaign_organisations,
    organisation_names,
    organisations,
    representatives,
    revocations,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
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

    def names(self) -> Sequence[tuple[int, str]]:
        """Every name that may be suggested: not those of who was named in chat and is in no campaign any more."""
        query = (
            select(organisation_names.c.organisation_id, organisation_names.c.name)
            .join(organisations, organisations.c.id == organisation_names.c.organisation_id)
            .where(
                or_(
                    organisations.c.flagged.is_(False),
                    organisations.c.id.in_(select(campaign_organisations.c.organisation_id)),
                )
            )
        )
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

    def unname(self, organisation_id: int) -> None:
        """Take every name from an organisation that was nobody but a person: what remains is its number."""
        self._connection.execute(
            delete(organisation_names).where(organisation_names.c.organisation_id == organisation_id)
        )
        self.change(organisation_id, name=f"({organisation_id})", website="", domain="", testimony="")

    def change(self, organisation_id: int, **values: Any) -> None:  # noqa: ANN401 - the columns
        """Set some columns of an organisation."""
        self._connection.execute(
            update(organisations).where(organisations.c.id == organisation_id).values(**values)
        )

    def represent(self, organisation_id: int, person_id: int, how: str, now: datetime) -> None:
        """Let a person speak for an organisation: on the word of the `roster`, a `campaigner`, or once `verified`.

        Whoever does so because a signature was verified does so no longer for that reason alone.
        """
        known = self.speaks_by(organisation_id, person_id)
        if known is None:
            self._connection.execute(
                insert(representatives),
                {"organisation_id": organisation_id, "person_id": person_id, "how": how, "since": now},
            )
        elif known == "verified" != how:
            self._connection.execute(
                update(representatives).where(*_is(organisation_id, person_id)).values(how=how)
            )

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
        kept = fingerprint(account, secrets.token_bytes(16))
        self._connection.execute(insert(revocations), {**values, "address": kept})

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
        query = select(revocations.c.at).where(
            revocations.c.organisation_id == organisation_id,
            revocations.c.network == address.network,
            revocations.c.address == address.id,
        )
        return self._connection.execute(query).first() is not None or self._erased(organisation_id, address)

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

    def representatives(self, organisation_id: int) -> Sequence[int]:
        """The people who may speak for an organisation, longest standing first."""
        query = (
            select(representatives.c.person_id)
            .where(representatives.c.organisation_id == organisation_id)
            .order_by(representatives.c.since, representatives.c.person_id)
        )
        return list(self._connection.execute(query).scalars())
