"""Questions about a letter, their answers, and who is to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from storage.rows import Queries
from storage.tables import campaign_organisations, question_waits, questions, representatives, rooms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A question under its number in the campaign; open until it is answered or closed."""

    id: int
    campaign_id: int
    number: int
    text: str
    person_id: int
    room_id: int | None
    asked_at: datetime
    answer: str
    """What was answered; of one that was closed without an answer, why."""
    sources: list[str]
    answered_at: datetime | None
    closed_at: datetime | None
    same_id: int | None
    """The question it turned out to be the same as, if it was closed for that."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answered_at is None and self.closed_at is None


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody to be told: who asked, as they called themselves there, and in reply to what; or an organisation."""

    id: int
    question_id: int
    person_id: int
    address_id: int
    name: str
    organisation_id: int | None
    room_id: int
    reply_to: str
    thread: str
    told_at: datetime | None


_ROW = select(
    questions.c.id,
    questions.c.campaign_id,
    questions.c.number,
    questions.c.text,
    questions.c.person_id,
    questions.c.room_id,
    questions.c.asked_at,
    questions.c.answer,
    questions.c.sources,
    questions.c.answered_at,
    questions.c.closed_at,
    questions.c.same_id,
)
_OPEN = and_(questions.c.answered_at.is_(None), questions.c.closed_at.is_(None))
_WAIT = select(
    question_waits.c.id,
    question_waits.c.question_id,
    question_waits.c.person_id,
    question_waits.c.address_id,
    question_waits.c.name,
    question_waits.c.organisation_id,
    question_waits.c.room_id,
    question_waits.c.reply_to,
    question_waits.c.thread,
    question_waits.c.told_at,
)
_STILL = or_(
    question_waits.c.organisation_id.is_(None),
    select(campaign_organisations.c.campaign_id)
    .where(
        campaign_organisations.c.organisation_id == question_waits.c.organisation_id,
        campaign_organisations.c.question_id == question_waits.c.question_id,
    )
    .exists(),
)
"""A person waits until told; an organisation only as long as that is its own last word."""
_TO_TELL = (
    select(question_waits.c.question_id)
    .join(questions, questions.c.id == question_waits.c.question_id)
    .join(rooms, rooms.c.id == question_waits.c.room_id)
    .where(
        question_waits.c.told_at.is_(None),
        questions.c.campaign_id == bindparam("campaign"),
        or_(questions.c.answered_at.is_not(None), questions.c.closed_at.is_not(None)),
        rooms.c.state != "parked",
        _STILL,
    )
    .distinct()
    .order_by(question_waits.c.question_id)
)
_WAITING = (
    select(campaign_organisations.c.organisation_id, questions.c.number)
    .join(questions, questions.c.id == campaign_organisations.c.question_id)
    .where(campaign_organisations.c.campaign_id == bindparam("campaign"), _OPEN)
)


class Questions(Queries):
    """What is asked about a letter."""

    def ask(self, campaign_id: int, **values: Any) -> Question:  # noqa: ANN401 - the table's columns
        """Register a question under the campaign's next number."""
        highest = select(func.coalesce(func.max(questions.c.number), 0)).where(
            questions.c.campaign_id == campaign_id
        )
        number = int(self._connection.execute(highest).scalar_one()) + 1
        return self.get(
            self._new_id(insert(questions), {"campaign_id": campaign_id, "number": number, **values})
        )

    def get(self, question_id: int) -> Question:
        """One question. Raises LookupError."""
        found = self._one(Question, _ROW.where(questions.c.id == question_id))
        if found is None:
            msg = f"no question {question_id}"
            raise LookupError(msg)
        return found

    def by_number(self, campaign_id: int, number: int) -> Question | None:
        """The question with this number in its campaign; where it was found to be the same as another, that one."""
        found = self._one(
            Question, _ROW.where(questions.c.campaign_id == campaign_id, questions.c.number == number)
        )
        return self._meant(found)

    def exactly(self, campaign_id: int, normal: str) -> Question | None:
        """The newest question of these very words that was not put away."""
        found = self._one(
            Question,
            _ROW.where(
                questions.c.campaign_id == campaign_id,
                questions.c.normal == normal,
                or_(questions.c.closed_at.is_(None), questions.c.same_id.is_not(None)),
            )
            .order_by(questions.c.id.desc())
            .limit(1),
        )
        return self._meant(found)

    def _meant(self, found: Question | None) -> Question | None:
        while found is not None and found.same_id is not None:
            found = self.get(found.same_id)
        return found

    def words(self, campaign_id: int, most: int) -> Sequence[tuple[int, str]]:
        """The newest questions that were not put away: id and normal form."""
        query = (
            select(questions.c.id, questions.c.normal)
            .where(
                questions.c.campaign_id == campaign_id,
                or_(questions.c.closed_at.is_(None), questions.c.same_id.is_not(None)),
            )
            .order_by(questions.c.id.desc())
            .limit(most)
        )
        return [(int(row[0]), str(row[1])) for row in self._connection.execute(query)]

    def same(self, question_id: int) -> Question:
        """A question, or the one it was found to be the same as."""
        return self._meant(self.get(question_id)) or self.get(question_id)

    def open(self, campaign_id: int) -> Sequence[Question]:
        """Those that wait for an answer, the oldest first."""
        return self._all(
            Question, _ROW.where(questions.c.campaign_id == campaign_id, _OPEN).order_by(questions.c.number)
        )

    def answered(self, campaign_id: int) -> Sequence[Question]:
        """Those that have an answer, the one answered last first."""
        return self._all(
            Question,
            _ROW.where(
                questions.c.campaign_id == campaign_id,
                questions.c.answered_at.is_not(None),
                questions.c.closed_at.is_(None),
            ).order_by(questions.c.answered_at.desc(), questions.c.id.desc()),
        )

    def open_count(self, campaign_id: int, person_id: int | None = None) -> int:
        """How many questions of a person are open; without one, of those who speak for no organisation at all."""
        whose = (
            questions.c.person_id.not_in(select(representatives.c.person_id))
            if person_id is None
            else questions.c.person_id == person_id
        )
        query = (
            select(func.count())
            .select_from(questions)
            .where(questions.c.campaign_id == campaign_id, _OPEN, whose)
        )
        return int(self._connection.execute(query).scalar_one())

    def change(self, question_id: int, **values: Any) -> None:  # noqa: ANN401 - the table's columns
        """Set some columns of a question."""
        self._connection.execute(update(questions).where(questions.c.id == question_id).values(**values))

    # --- who waits

    def wait(self, question_id: int, **values: Any) -> None:  # noqa: ANN401 - the table's columns
        """Note somebody to be told; once for a person in a room, once for an organisation."""
        organisation = values.get("organisation_id")
        one = (
            question_waits.c.organisation_id == organisation
            if organisation is not None
            else and_(
                question_waits.c.organisation_id.is_(None),
                question_waits.c.person_id == values["person_id"],
                question_waits.c.room_id == values["room_id"],
            )
        )
        untold = and_(question_waits.c.question_id == question_id, one, question_waits.c.told_at.is_(None))
        row = {"question_id": question_id, **values}
        if not self._connection.execute(update(question_waits).where(untold).values(**row)).rowcount:
            self._connection.execute(insert(question_waits), row)

    def waits(self, question_id: int, *, told: bool = False) -> Sequence[Wait]:
        """Who is still to be told, in the order they asked; with `told`, who was."""
        query = _WAIT.where(question_waits.c.question_id == question_id).order_by(question_waits.c.id)
        if told:
            return self._all(Wait, query.where(question_waits.c.told_at.is_not(None)))
        return self._all(Wait, query.where(question_waits.c.told_at.is_(None), _STILL))

    def waiting(self, campaign_id: int) -> Mapping[int, int]:
        """Organisation → number of the open question for whose answer it waits."""
        rows = self._connection.execute(_WAITING, {"campaign": campaign_id})
        return {int(row[0]): int(row[1]) for row in rows}

    def told(self, waits: Sequence[Wait], now: datetime) -> None:
        """Mark these as told; the organisations among them no longer wait."""
        ids = [wait.id for wait in waits]
        self._connection.execute(
            update(question_waits).where(question_waits.c.id.in_(ids)).values(told_at=now)
        )
        for wait in waits:
            if wait.organisation_id is not None:
                self._connection.execute(
                    update(campaign_organisations)
                    .where(
                        campaign_organisations.c.organisation_id == wait.organisation_id,
                        campaign_organisations.c.question_id == wait.question_id,
                    )
                    .values(question_id=None)
                )

    def move(self, question_id: int, to: int) -> None:
        """Let whoever waits for one question wait for another."""
        self._connection.execute(
            update(question_waits)
            .where(question_waits.c.question_id == question_id, question_waits.c.told_at.is_(None))
            .values(question_id=to)
        )
        self._connection.execute(
            update(campaign_organisations)
            .where(campaign_organisations.c.question_id == question_id)
            .values(question_id=to)
        )
        self._connection.execute(
            update(questions).where(questions.c.same_id == question_id).values(same_id=to)
        )

    def to_tell(self, campaign_id: int) -> Sequence[int]:
        """Questions that are settled, and of which somebody is still to be told where the bot can be heard again."""
        return list(self._connection.execute(_TO_TELL, {"campaign": campaign_id}).scalars())

    # --- reminding the campaigners

    def reminded_at(self, campaign_id: int) -> datetime | None:
        """When the campaigners were last reminded of what is open."""
        query = select(func.max(questions.c.reminded_at)).where(questions.c.campaign_id == campaign_id)
        found: datetime | None = self._connection.execute(query).scalar_one()
        return found

    def reminded(self, campaign_id: int, now: datetime) -> None:
        """Note that the campaigners were reminded of what is open."""
        self._connection.execute(
            update(questions).where(questions.c.campaign_id == campaign_id, _OPEN).values(reminded_at=now)
        )
