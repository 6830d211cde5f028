"""Campaigns, and where each of their organisations stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from campaign.chat import Named
from campaign.signature import standing_of
from storage.rows import Queries
from storage.tables import (
    campaign_organisations,
    campaign_rooms,
    campaigns,
    organisations,
    representatives,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from campaign.chat import Value
    from campaign.signature import Level, Standing, Threshold


@dataclass(frozen=True, slots=True)
class Campaign:
    """A letter that is being signed. `reminders` are seconds before a deadline, `civil_hours` is `HH:MM-HH:MM`."""

    id: int
    key: str
    title: str
    link: str
    goal: int | None
    counts: Threshold
    timezone: str
    language: str
    reminders: list[int]
    civil_hours: str
    second_person: bool
    """Whether a signature counts only once two people of the organisation have given it."""
    collective_id: int | None
    """The organisation that all of them are together: no elector, never reminded; a poll can let it sign."""
    closed_at: datetime | None
    pauses: list[list[str]]
    """First and last days of holidays in which nobody is reminded, ISO 8601."""
    board: bool
    """Whether each of its rooms has a board, unless it was said otherwise there."""
    titles: dict[str, str]
    """Language → title, where there is more than one."""

    @property
    def named(self) -> Value:
        """The title as it is shown to readers of any language."""
        return Named(self.titles) if self.titles else self.title

    @property
    def threshold(self) -> Threshold:
        """The lowest level that counts."""
        return "verified" if self.second_person else self.counts


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation of a campaign, where it stands, and the room where its people last spoke."""

    organisation_id: int
    name: str
    flagged: bool
    word: Standing
    """What its own people said last."""
    level: Level | None
    """How sure its standing signature is; None if it has none."""
    deciding_until: date | None
    leaning: str
    note: str
    room_id: int | None
    letter_id: int | None
    """The text its standing signature is under; None if it has none."""
    reminders: str
    """Where its people want reminders: `room`, `private` or `off`; empty: nothing was said."""
    snoozed_until: date | None
    """The last day on which they want none."""

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return standing_of(self.word, self.level)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many organisations of a campaign stand alike: see `Member`."""

    word: Standing
    level: Level | None
    flagged: bool
    letter_id: int | None
    count: int


_ROW = select(
    campaigns.c.id,
    campaigns.c.key,
    campaigns.c.title,
    campaigns.c.link,
    campaigns.c.goal,
    campaigns.c.counts,
    campaigns.c.timezone,
    campaigns.c.language,
    campaigns.c.reminders,
    campaigns.c.civil_hours,
    campaigns.c.second_person,
    campaigns.c.collective_id,
    campaigns.c.closed_at,
    campaigns.c.pauses,
    campaigns.c.board,
    campaigns.c.titles,
)
_MEMBER = (
    select(
        organisations.c.id,
        organisations.c.name,
        organisations.c.flagged,
        campaign_organisations.c.standing,
        signatures.c.level,
        campaign_organisations.c.deciding_until,
        campaign_organisations.c.leaning,
        campaign_organisations.c.note,
        campaign_organisations.c.room_id,
        signatures.c.letter_id,
        campaign_organisations.c.reminders,
        campaign_organisations.c.snoozed_until,
    )
    .join(campaign_organisations, campaign_organisations.c.organisation_id == organisations.c.id)
    .outerjoin(
        signatures,
        and_(
            signatures.c.campaign_id == campaign_organisations.c.campaign_id,
            signatures.c.organisation_id == campaign_organisations.c.organisation_id,
            signatures.c.ended_at.is_(None),
        ),
    )
)
_MEMBERS = _MEMBER.where(campaign_organisations.c.campaign_id == bindparam("campaign")).order_by(
    func.lower(organisations.c.name)
)
_ALIKE = (
    campaign_organisations.c.standing,
    signatures.c.level,
    organisations.c.flagged,
    signatures.c.letter_id,
)
_TALLY = (
    _MEMBER.with_only_columns(*_ALIKE, func.count(), maintain_column_froms=True)
    .where(campaign_organisations.c.campaign_id == bindparam("campaign"))
    .group_by(*_ALIKE)
)
_GET = _ROW.where(campaigns.c.id == bindparam("id"))
_COLLECTIVES = select(campaigns.c.collective_id).where(
    campaigns.c.closed_at.is_(None), campaigns.c.collective_id.is_not(None)
)
_ONE_MEMBER = _MEMBER.where(
    campaign_organisations.c.campaign_id == bindparam("campaign"),
    campaign_organisations.c.organisation_id == bindparam("organisation"),
)
_SPOKE = (
    update(campaign_organisations)
    .where(
        campaign_organisations.c.campaign_id.in_(
            select(campaign_rooms.c.campaign_id).where(campaign_rooms.c.room_id == bindparam("room"))
        ),
        campaign_organisations.c.organisation_id.in_(
            select(representatives.c.organisation_id).where(
                representatives.c.person_id == bindparam("person")
            )
        ),
        campaign_organisations.c.room_id.is_distinct_from(bindparam("room")),
    )
    .values(room_id=bindparam("room"))
)
_STAND = update(campaign_organisations).where(
    campaign_organisations.c.campaign_id == bindparam("of_campaign"),
    campaign_organisations.c.organisation_id == bindparam("of_organisation"),
)


class Campaigns(Queries):
    """What is being signed, and by whom not yet."""

    def open(self) -> Sequence[Campaign]:
        """Every campaign that is not closed."""
        return self._all(Campaign, _ROW.where(campaigns.c.closed_at.is_(None)).order_by(campaigns.c.id))

    def all(self) -> Sequence[Campaign]:
        """Every campaign, those that have ended too."""
        return self._all(Campaign, _ROW.order_by(campaigns.c.id))

    def get(self, campaign_id: int) -> Campaign:
        """One campaign. Raises LookupError."""
        found = self._one(Campaign, _GET, {"id": campaign_id}, keep=True)
        if found is None:
            msg = f"no campaign {campaign_id}"
            raise LookupError(msg)
        return found

    def find(self, key: str) -> Campaign | None:
        """The campaign under this key of the config."""
        return self._one(Campaign, _ROW.where(func.lower(campaigns.c.key) == key.lower()))

    def collectives(self) -> Collection[int]:
        """The organisations that are all of an open campaign's together: nobody speaks for one."""
        return self._all(int, _COLLECTIVES, keep=True)

    def add(self, key: str, title: str, now: datetime, **values: Any) -> Campaign:  # noqa: ANN401 - the columns
        """Open a campaign."""
        return self.get(
            self._new_id(insert(campaigns), {"key": key, "title": title, "opened_at": now, **values})
        )

    def change(self, campaign_id: int, **values: Any) -> None:  # noqa: ANN401 - the columns
        """Set some columns of a campaign."""
        self._connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(**values))

    def name(self, campaign_id: int, titles: Mapping[str, str]) -> None:
        """Give a campaign its titles in several languages; the one it was opened under stays its first."""
        self._connection.execute(
            update(campaigns).where(campaigns.c.id == campaign_id).values(titles=dict(titles))
        )

    def close(self, campaign_id: int, now: datetime) -> None:
        """End a campaign: nobody signs, votes or is reminded in it any more."""
        self._connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(closed_at=now))

    def reopen(self, campaign_id: int) -> None:
        """Let a campaign that has ended go on."""
        self._connection.execute(
            update(campaigns).where(campaigns.c.id == campaign_id).values(closed_at=None)
        )

    def closed(self, before: datetime) -> Sequence[Campaign]:
        """The campaigns that ended until then."""
        return self._all(Campaign, _ROW.where(campaigns.c.closed_at <= before).order_by(campaigns.c.id))

    def enrol(self, campaign_id: int, organisation_id: int, now: datetime, **values: Any) -> None:  # noqa: ANN401 - the columns
        """Make an organisation one of those the campaign addresses; silent until it answers."""
        if self.member(campaign_id, organisation_id) is None:
            which = {"campaign_id": campaign_id, "organisation_id": organisation_id}
            self._connection.execute(insert(campaign_organisations), {**which, "since": now, **values})

    def member(self, campaign_id: int, organisation_id: int) -> Member | None:
        """Where one organisation stands."""
        return self._one(Member, _ONE_MEMBER, {"campaign": campaign_id, "organisation": organisation_id})

    def members(self, campaign_id: int) -> Sequence[Member]:
        """Every organisation of a campaign and where it stands, by name."""
        return self._all(Member, _MEMBERS, {"campaign": campaign_id}, keep=True)

    def members_among(self, campaign_id: int, organisation_ids: Collection[int]) -> Sequence[Member]:
        """Those of some organisations that are a campaign's, and where they stand, by name."""
        query = _MEMBER.where(
            campaign_organisations.c.campaign_id == campaign_id,
            campaign_organisations.c.organisation_id.in_(list(organisation_ids)),
        )
        return self._all(Member, query.order_by(func.lower(organisations.c.name)))

    def tally(self, campaign_id: int) -> Sequence[Tally]:
        """How many organisations stand alike, for every way in which some do."""
        return self._all(Tally, _TALLY, {"campaign": campaign_id})

    def prefer(self, campaign_id: int, organisation_id: int, **values: Any) -> bool:  # noqa: ANN401 - the columns
        """Keep how an organisation wants to be reminded (`reminders`, `snoozed_until`); return whether it is a member."""
        which = {"of_campaign": campaign_id, "of_organisation": organisation_id}
        return bool(self._connection.execute(_STAND, {**which, **values}).rowcount)

    def leave(self, campaign_id: int, organisation_id: int) -> None:
        """Make an organisation none of a campaign's: it is not counted, reminded or listed any more."""
        self._connection.execute(
            delete(campaign_organisations).where(
                campaign_organisations.c.campaign_id == campaign_id,
                campaign_organisations.c.organisation_id == organisation_id,
            )
        )

    def stand(
        self,
        campaign_id: int,
        organisation_id: int,
        standing: str,
        now: datetime,
        **values: Any,  # noqa: ANN401 - the columns
    ) -> None:
        """Enter an organisation's own word; what it said before (a date, a leaning, a question) no longer holds.

        It is one of the campaign's from then on: who answers is addressed.
        """
        values = {
            "deciding_until": None,
            "leaning": "",
            "note": "",
            "question_id": None,
            **values,
            "standing": standing,
            "since": now,
        }
        which = {"of_campaign": campaign_id, "of_organisation": organisation_id}
        if not self._connection.execute(_STAND, {**which, **values}).rowcount:
            self.enrol(campaign_id, organisation_id, now, **values)

    def spoke(self, person_id: int, room_id: int) -> None:
        """Remember where a representative spoke: in this room's campaigns their organisations are reminded there."""
        self._connection.execute(_SPOKE, {"person": person_id, "room": room_id})
