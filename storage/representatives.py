"""Who speaks for organisations, on whose word, and who may not any more."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, literal, select, tuple_, update

from campaign.account import fingerprint, is_fingerprint_of
from campaign.chat import Address
from storage.organisations import Organisations
from storage.people import HOLDS
from storage.rows import Queries
from storage.tables import Instant, addresses, people, representatives, revocations

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Representative:
    """Somebody who speaks for an organisation, on whose word (see `Representatives.represent`), and since when (UTC)."""

    person_id: int
    how: str
    since: datetime
    deputy: bool
    """Speaks for it like the others, but is bothered only where none of them can be reached."""


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


class Representatives(Queries):
    """Who speaks for whom."""

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
        if not self.of(organisation_id):
            Organisations(self._connection).change(organisation_id, testimony="")

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

    def by_domain(self) -> Sequence[tuple[int, int]]:
        """Every organisation and person who speaks for it only because of the domain of their account."""
        query = select(representatives.c.organisation_id, representatives.c.person_id)
        query = query.where(representatives.c.how == "domain")
        return [(int(row[0]), int(row[1])) for row in self._connection.execute(query)]

    def of(self, organisation_id: int) -> Sequence[int]:
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
        """Organisation → the people who may speak for it, as `of`, for several at once."""
        query = (
            select(representatives.c.organisation_id, representatives.c.person_id)
            .where(representatives.c.organisation_id.in_(list(organisation_ids)))
            .order_by(representatives.c.deputy, representatives.c.since, representatives.c.person_id)
        )
        found: dict[int, list[int]] = {}
        for organisation, person in self._connection.execute(query):
            found.setdefault(organisation, []).append(person)
        return found
