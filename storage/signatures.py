"""Signatures: who put which organisation's name to which text, how sure we are, and what ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from storage.letters import Letters
from storage.memory import tables_of
from storage.rows import Queries
from storage.tables import (
    campaign_organisations,
    letters,
    organisations,
    people,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature, with the organisation's name and the version and language of the text that was signed."""

    id: int
    number: int
    organisation_id: int
    organisation: str
    person_id: int
    address_id: int
    letter_id: int
    version: int
    language: str
    room_id: int
    level: str
    person_name: str
    role: str
    url: str
    funded: str
    mandate_kind: str
    mandate_day: date | None
    mandate_link: str
    note: str
    network: str
    signed_at: datetime
    verified_by: int | None
    ended_at: datetime | None
    end_reason: str
    reconfirmed_at: datetime | None


_ROW = (
    select(
        signatures.c.id,
        signatures.c.number,
        signatures.c.organisation_id,
        organisations.c.name,
        signatures.c.person_id,
        signatures.c.address_id,
        signatures.c.letter_id,
        letters.c.version,
        letters.c.language,
        signatures.c.room_id,
        signatures.c.level,
        signatures.c.person_name,
        signatures.c.role,
        signatures.c.url,
        signatures.c.funded,
        signatures.c.mandate_kind,
        signatures.c.mandate_day,
        signatures.c.mandate_link,
        signatures.c.note,
        signatures.c.network,
        signatures.c.signed_at,
        signatures.c.verified_by,
        signatures.c.ended_at,
        signatures.c.end_reason,
        signatures.c.reconfirmed_at,
    )
    .join(organisations, organisations.c.id == signatures.c.organisation_id)
    .join(letters, letters.c.id == signatures.c.letter_id)
)
_ALL_STANDING = _ROW.where(
    signatures.c.campaign_id == bindparam("campaign"), signatures.c.ended_at.is_(None)
).order_by(signatures.c.number)
_STANDING = _ROW.where(
    signatures.c.campaign_id == bindparam("campaign"),
    signatures.c.organisation_id == bindparam("organisation"),
    signatures.c.ended_at.is_(None),
)
_earlier = signatures.alias()
_ADD = (
    insert(signatures)
    .values(
        number=select(func.coalesce(func.max(_earlier.c.number), 0) + 1)
        .where(_earlier.c.campaign_id == bindparam("of_campaign"))
        .scalar_subquery()
    )
    .returning(signatures.c.number)
)
_COUNT = (
    select(func.count())
    .select_from(signatures)
    .where(
        signatures.c.campaign_id == bindparam("campaign"),
        signatures.c.ended_at.is_(None),
        signatures.c.level.in_(bindparam("levels", expanding=True)),
        signatures.c.letter_id.not_in(bindparam("overtaken", expanding=True)),
    )
)
_COUNTED_FROM = tables_of(_COUNT) | {letters}
_DECLARED = (
    select(func.count())
    .select_from(signatures)
    .outerjoin(
        campaign_organisations,
        (campaign_organisations.c.campaign_id == signatures.c.campaign_id)
        & (campaign_organisations.c.organisation_id == signatures.c.organisation_id),
    )
    .where(
        signatures.c.campaign_id == bindparam("campaign"),
        signatures.c.ended_at.is_(None),
        signatures.c.level == "declared",
        # What was declared counts for nobody who has said otherwise.
        func.coalesce(campaign_organisations.c.standing, "silent").not_in(
            ("deciding", "declined", "withdrawn")
        ),
        signatures.c.letter_id.not_in(bindparam("overtaken", expanding=True)),
    )
)


class Signatures(Queries):
    """The one list."""

    def standing(self, campaign_id: int, organisation_id: int) -> Signature | None:
        """An organisation's signature, if it has one that was not ended."""
        return self._one(Signature, _STANDING, {"campaign": campaign_id, "organisation": organisation_id})

    def by_number(self, campaign_id: int, number: int) -> Signature | None:
        """The signature with this number in its campaign."""
        return self._one(
            Signature, _ROW.where(signatures.c.campaign_id == campaign_id, signatures.c.number == number)
        )

    def given_by(self, room_id: int, event: str) -> Signature | None:
        """The signature that was given in a room by this event, if it was not ended."""
        query = _ROW.where(
            signatures.c.room_id == room_id, signatures.c.event == event, signatures.c.ended_at.is_(None)
        )
        return self._one(Signature, query.limit(1))

    def stands_by(self, person_id: int) -> bool:
        """Whether a person gave a signature that was not ended, in any campaign."""
        query = select(signatures.c.id).where(
            signatures.c.person_id == person_id, signatures.c.ended_at.is_(None)
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def vouched_by_themselves(self, person_id: int) -> Sequence[Signature]:
        """The standing signatures, in any campaign, that a person gave and also verified: two accounts turned out one's."""
        return self._all(
            Signature,
            _ROW.where(
                signatures.c.person_id == person_id,
                signatures.c.verified_by == person_id,
                signatures.c.level == "verified",
                signatures.c.ended_at.is_(None),
            ),
        )

    def names_of(self, person_id: int) -> frozenset[str]:
        """What a person is called, and was as they signed."""
        query = select(signatures.c.person_name).where(signatures.c.person_id == person_id)
        now = select(people.c.name).where(people.c.id == person_id)
        return frozenset(self._connection.execute(query.union(now)).scalars())

    def of_person(self, person_id: int) -> Sequence[tuple[int, Signature]]:
        """The signatures a person gave that were not ended, each after its campaign."""
        ids = select(signatures.c.campaign_id, signatures.c.number).where(
            signatures.c.person_id == person_id, signatures.c.ended_at.is_(None)
        )
        found = [
            (campaign, self.by_number(campaign, number))
            for campaign, number in self._connection.execute(ids.order_by(signatures.c.id)).all()
        ]
        return [(campaign, one) for campaign, one in found if one is not None]

    def declared_by(self, campaign_id: int, person_id: int) -> int:
        """How many signatures of a person stand in a campaign as no more than declared."""
        query = select(func.count()).where(
            signatures.c.campaign_id == campaign_id,
            signatures.c.person_id == person_id,
            signatures.c.level == "declared",
            signatures.c.ended_at.is_(None),
        )
        return int(self._connection.execute(query).scalar_one())

    def all_standing(self, campaign_id: int) -> Sequence[Signature]:
        """Every signature that was not ended, in the order they were given."""
        return self._all(Signature, _ALL_STANDING, {"campaign": campaign_id}, keep=True)

    def add(self, campaign_id: int, **values: Any) -> int:  # noqa: ANN401 - the table's columns
        """Enter a signature and return its number in the campaign."""
        key = (_COUNT, campaign_id)
        counted: dict[tuple[str, ...], int] = self._memory.get(key) or {}
        number = self._connection.execute(
            _ADD, {"campaign_id": campaign_id, "of_campaign": campaign_id, **values}
        ).scalar_one()
        # One more of its level, under the text as it is now: nothing has to be counted again for that.
        more = {levels: count + (values["level"] in levels) for levels, count in counted.items()}
        self._memory.keep(key, more, _COUNTED_FROM)
        return int(number)

    def change(self, signature_id: int, **values: Any) -> None:  # noqa: ANN401 - the table's columns
        """Set some columns of a signature."""
        self._connection.execute(update(signatures).where(signatures.c.id == signature_id).values(**values))

    def end(self, signature_id: int, level: str, reason: str, now: datetime) -> None:
        """End a signature (`withdrawn` or `rejected`); it stays in the book."""
        self.change(signature_id, level=level, end_reason=reason, ended_at=now)

    def count(self, campaign_id: int, levels: Sequence[str]) -> int:
        """How many standing signatures are at one of these levels; declared ones only where nobody said otherwise.

        Those of a text that a change of substance has overtaken are not among them.
        """
        key, which = (_COUNT, campaign_id), tuple(level for level in levels if level != "declared")
        counted: dict[tuple[str, ...], int] = self._memory.get(key) or {}
        if which not in counted:
            values = {"campaign": campaign_id, "levels": which, "overtaken": self._overtaken(campaign_id)}
            counted = {**counted, which: int(self._connection.execute(_COUNT, values).scalar_one())}
            self._memory.keep(key, counted, _COUNTED_FROM)
        if len(which) == len(levels):
            return counted[which]
        values = {"campaign": campaign_id, "overtaken": self._overtaken(campaign_id)}
        return counted[which] + int(self._connection.execute(_DECLARED, values).scalar_one())

    def reconfirm(self, signature_id: int, letter_id: int, now: datetime, **values: Any) -> None:  # noqa: ANN401 - as above
        """Let a signature stand under another text, whose people have said so; and set some of its columns."""
        self.change(signature_id, letter_id=letter_id, reconfirmed_at=now, **values)

    def _overtaken(self, campaign_id: int) -> tuple[int, ...]:
        return tuple(Letters(self._connection).overtaken(campaign_id))
