"""Disputes: who says that a signature is not its organisation's, and how each was settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from storage.rows import Queries
from storage.tables import disputes, organisations, people, representatives, signatures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """An open dispute, with the signature it is about. speaks: whoever opened it speaks for the organisation now."""

    id: int
    signature_id: int
    number: int
    organisation_id: int
    organisation: str
    level: str
    signer: str
    person_id: int
    name: str
    address_id: int
    room_id: int | None
    reason: str
    opened_at: datetime
    speaks: bool


_ROW = (
    select(
        disputes.c.id,
        disputes.c.signature_id,
        signatures.c.number,
        signatures.c.organisation_id,
        organisations.c.name,
        signatures.c.level,
        signatures.c.person_name,
        disputes.c.person_id,
        people.c.name,
        disputes.c.address_id,
        disputes.c.room_id,
        disputes.c.reason,
        disputes.c.opened_at,
        representatives.c.person_id.is_not(None),
    )
    .join(signatures, signatures.c.id == disputes.c.signature_id)
    .join(organisations, organisations.c.id == signatures.c.organisation_id)
    .join(people, people.c.id == disputes.c.person_id)
    .outerjoin(
        representatives,
        (representatives.c.organisation_id == signatures.c.organisation_id)
        & (representatives.c.person_id == disputes.c.person_id),
    )
    .where(disputes.c.settled_at.is_(None))
    .order_by(disputes.c.id)
)

_WHO_TOOK_BACK = select(disputes.c.settled_by).where(disputes.c.outcome == "withdrawn").distinct()
_again, _before, _between = signatures.alias(), signatures.alias(), signatures.alias()
_TAKEN_BACK = (
    select(
        _again.c.id.label("again"),
        _before.c.id.label("before"),
        _again.c.organisation_id,
        _again.c.person_id.label("signer"),
        disputes.c.id,
        disputes.c.person_id,
        disputes.c.reason,
    )
    .select_from(_again)
    .join(
        _before,
        (_before.c.campaign_id == _again.c.campaign_id)
        & (_before.c.organisation_id == _again.c.organisation_id)
        & (_before.c.person_id == _again.c.person_id)
        & (_before.c.id < _again.c.id),
    )
    .join(disputes, disputes.c.signature_id == _before.c.id)
    .where(
        _again.c.campaign_id == bindparam("campaign"),
        _again.c.number == bindparam("number"),
        disputes.c.outcome == "withdrawn",
        disputes.c.settled_by == _again.c.person_id,
        disputes.c.person_id != _again.c.person_id,
    )
    .order_by(_before.c.id.desc(), disputes.c.id)
)


class Disputes(Queries):
    """What is said against signatures."""

    def open(
        self,
        signature_id: int,
        now: datetime,
        *,
        person_id: int,
        address_id: int,
        room_id: int,
        reason: str,
    ) -> None:
        """Enter a dispute. The caller made sure that this person has none open about this signature."""
        self._connection.execute(
            insert(disputes),
            {
                "signature_id": signature_id,
                "person_id": person_id,
                "address_id": address_id,
                "room_id": room_id,
                "reason": reason,
                "opened_at": now,
            },
        )

    def explain(self, dispute_id: int, reason: str) -> None:
        """Give an open dispute the reason that it was opened without."""
        self._connection.execute(update(disputes).where(disputes.c.id == dispute_id).values(reason=reason))

    def of_campaign(self, campaign_id: int) -> Sequence[Dispute]:
        """Every open dispute about a standing signature of a campaign, the oldest first.

        One that ended by a merge is disputed no more, until that is undone.
        """
        return self._all(
            Dispute, _ROW.where(signatures.c.campaign_id == campaign_id, signatures.c.ended_at.is_(None))
        )

    def of_signature(self, signature_id: int) -> Sequence[Dispute]:
        """The open disputes about one signature, the oldest first."""
        return self._all(Dispute, _ROW.where(disputes.c.signature_id == signature_id))

    def disputed(self, campaign_id: int) -> frozenset[int]:
        """The organisations of a campaign whose standing signature is disputed."""
        query = (
            select(signatures.c.organisation_id)
            .join(disputes, disputes.c.signature_id == signatures.c.id)
            .where(
                signatures.c.campaign_id == campaign_id,
                signatures.c.ended_at.is_(None),
                disputes.c.settled_at.is_(None),
            )
        )
        return frozenset(self._connection.execute(query).scalars())

    def was_settled(self, signature_id: int, person_id: int) -> bool:
        """Whether a dispute of this person about this signature has been settled before."""
        query = select(disputes.c.id).where(
            disputes.c.signature_id == signature_id,
            disputes.c.person_id == person_id,
            disputes.c.settled_at.is_not(None),
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def settle(
        self, signature_id: int, outcome: str, now: datetime, *, by: int, whose: int | None = None
    ) -> Sequence[Dispute]:
        """Settle every open dispute about a signature, or that of one person; return them as they were."""
        found = tuple(one for one in self.of_signature(signature_id) if whose in (None, one.person_id))
        if found:
            self._connection.execute(
                update(disputes)
                .where(disputes.c.id.in_([one.id for one in found]))
                .values(settled_at=now, settled_by=by, outcome=outcome)
            )
        return found

    def reopen(self, campaign_id: int, number: int, *, signer: int) -> Sequence[Dispute]:
        """Let what was disputed about an organisation's last signature be disputed about this one, if it is given again.

        That is, if the same person, this one's `signer`, had taken that one back. What anybody else has settled
        meanwhile, or has signed, is theirs. The disputes go with the signature: whoever gives it many times makes no
        more of them.
        """
        # Nearly nobody has ever done so: this is asked with every signature, and known without a look.
        if signer not in self._all(int, _WHO_TOOK_BACK, keep=True):
            return ()
        found: Sequence[Any] = self._connection.execute(
            _TAKEN_BACK, {"campaign": campaign_id, "number": number}
        ).all()
        if not found or self._signed_by_others(campaign_id, found[0]):
            return ()
        last = [row for row in found if row.before == found[0].before]
        # Two disputers may be one person since: the first word of theirs stands that says why.
        first = {row.person_id: row.id for row in sorted(last, key=lambda row: not row.reason)[::-1]}
        self._connection.execute(
            update(disputes)
            .where(disputes.c.id.in_(first.values()))
            .values(signature_id=found[0].again, settled_at=None, settled_by=None, outcome="")
        )
        return self.of_signature(found[0].again)

    def _signed_by_others(self, campaign_id: int, row: Any) -> bool:  # noqa: ANN401 - of `_TAKEN_BACK`
        query = select(_between.c.id).where(
            _between.c.campaign_id == campaign_id,
            _between.c.organisation_id == row.organisation_id,
            _between.c.person_id != row.signer,
            _between.c.id > row.before,
            _between.c.id < row.again,
        )
        return self._connection.execute(query.limit(1)).first() is not None
