"""The list as it is exported: every organisation of a campaign once, with its signature if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from campaign.signature import standing_of
from storage.rows import Queries
from storage.tables import (
    addresses,
    campaign_organisations,
    consents,
    disputes,
    letters,
    organisations,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from campaign.signature import Funded, Level, Standing

_other = addresses.alias()
_ACCOUNT = (
    select(_other.c.address)
    .where(
        _other.c.person_id == signatures.c.person_id,
        _other.c.network == signatures.c.network,
        _other.c.room == "",
    )
    .order_by(_other.c.id)
    .limit(1)
    .scalar_subquery()
)
"""The signer's account on the network they signed on, where it is known: an occupant's id tells a campaigner nothing."""

_NAMED = (
    select(consents.c.given)
    .where(consents.c.person_id == signatures.c.person_id, consents.c.kind == "publish", consents.c.given)
    .exists()
)
"""Whether the signer agreed to be named in what is published."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: an organisation of the campaign, and its standing signature if there is one."""

    organisation_id: int
    organisation: str
    website: str
    funded: Funded
    testimony: str
    word: Standing
    deciding_until: date | None
    note: str
    number: int | None
    level: Level | None
    network: str | None
    address: str | None
    person: str | None
    role: str | None
    url: str | None
    signature_funded: Funded | None
    mandate_kind: str | None
    mandate_day: date | None
    mandate_link: str | None
    signature_note: str | None
    version: int | None
    language: str | None
    signed_at: datetime | None
    disputed: bool
    reconfirmed_at: datetime | None
    letter_id: int | None
    may_be_named: bool

    @property
    def standing(self) -> Standing:
        """Where the organisation stands."""
        return standing_of(self.word, self.level)


class Lines(Queries):
    """The one list, line by line."""

    def of_campaign(self, campaign_id: int) -> Sequence[Line]:
        """The whole list: every organisation of the campaign once, by name."""
        standing = (
            (signatures.c.campaign_id == campaign_id)
            & (signatures.c.organisation_id == organisations.c.id)
            & signatures.c.ended_at.is_(None)
        )
        query = (
            select(
                organisations.c.id,
                organisations.c.name,
                organisations.c.website,
                organisations.c.funded,
                organisations.c.testimony,
                campaign_organisations.c.standing,
                campaign_organisations.c.deciding_until,
                campaign_organisations.c.note,
                signatures.c.number,
                signatures.c.level,
                signatures.c.network,
                func.coalesce(_ACCOUNT, addresses.c.address),
                signatures.c.person_name,
                signatures.c.role,
                signatures.c.url,
                signatures.c.funded,
                signatures.c.mandate_kind,
                signatures.c.mandate_day,
                signatures.c.mandate_link,
                signatures.c.note,
                letters.c.version,
                letters.c.language,
                signatures.c.signed_at,
                exists(
                    select(disputes.c.id).where(
                        disputes.c.signature_id == signatures.c.id, disputes.c.settled_at.is_(None)
                    )
                ),
                signatures.c.reconfirmed_at,
                signatures.c.letter_id,
                _NAMED,
            )
            .select_from(campaign_organisations)
            .join(organisations, organisations.c.id == campaign_organisations.c.organisation_id)
            .outerjoin(signatures, standing)
            .outerjoin(addresses, addresses.c.id == signatures.c.address_id)
            .outerjoin(letters, letters.c.id == signatures.c.letter_id)
            .where(campaign_organisations.c.campaign_id == campaign_id)
            .order_by(func.lower(organisations.c.name))
        )
        return self._all(Line, query)
