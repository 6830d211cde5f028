"""Merges: what was done to make two organisations one, and undoing it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import insert, select, update

from campaign.organisation import normal_form
from storage.merging import GIVEN_BACK, POINTERS, WISHES, Change, Plan, Planner
from storage.raw import Row, Rows, key_of
from storage.rows import Queries
from storage.tables import (
    addresses,
    ballots,
    campaign_organisations,
    electors,
    merges,
    metadata,
    organisation_names,
    organisations,
    polls,
    questions,
    representatives,
    revocations,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import CTE, Table


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that stands: the organisation that stayed, and the one that is gone, by the name it had."""

    id: int
    kept_id: int
    gone_id: int
    gone: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that could not be given back.

    A name, a person (by their id) who speaks for the organisation no longer, an own word (by its campaign), a signature
    (by its number), a poll that was counted (by its number).
    """

    what: Literal["name", "person", "word", "signature", "poll"]
    which: str | int


_ROW = (
    select(merges.c.id, merges.c.kept_id, merges.c.gone_id, organisations.c.name)
    .join(organisations, organisations.c.id == merges.c.gone_id)
    .where(merges.c.undone_at.is_(None))
    .order_by(merges.c.id)
)
_PASSING = {campaign_organisations.name: {"room_id", "question_id"}}
"""Columns that change by themselves, and are nobody's word: where one spoke last, a question that was answered."""
_EACH_ALONE = {
    organisations.name: frozenset(organisations.c.keys()),
    campaign_organisations.name: WISHES,
}
"""Columns of a row that stays the kept one's, each of which is given back if it is as the merge left it."""


class Merges(Queries):
    """Organisations that turned out to be one."""

    def plan(self, kept: int, gone: int, now: datetime) -> Plan:
        """Work out what making two organisations one comes to, without doing it."""
        return Planner(Rows(self._connection), kept, gone, now).work_out()

    def merge(self, kept: int, gone: int, person_id: int, now: datetime) -> Plan:
        """Make two organisations one: whatever hung on `gone` hangs on `kept`; what was there twice is put away."""
        plan = self.plan(kept, gone, now)
        self._write(plan)
        self._connection.execute(
            insert(merges),
            {
                "kept_id": kept,
                "gone_id": gone,
                "person_id": person_id,
                "at": now,
                "moved": [asdict(change) for change in plan.changes],
            },
        )
        return plan

    def go_on(self, now: datetime) -> Sequence[Plan]:
        """Let every merge that stands hold also in a campaign that had ended as it was done, and is open again.

        Undoing it gives that back with the rest. Returns what came of it, merge by merge, where something did.
        """
        plans = []
        for merge in self.standing():
            plan = Planner(Rows(self._connection), merge.kept_id, merge.gone_id, now).go_on()
            if not plan.changes:
                continue
            self._write(plan)
            own = merges.c.id == merge.id
            moved = self._connection.execute(select(merges.c.moved).where(own)).scalar_one()
            moved = [*moved, *(asdict(change) for change in plan.changes)]
            self._connection.execute(update(merges).where(own).values(moved=moved))
            plans.append(plan)
        return plans

    def _write(self, plan: Plan) -> None:
        rows = Rows(self._connection)
        for change in plan.changes:
            rows.write(metadata.tables[change.table], change.before, change.after)

    def standing(self) -> Sequence[Merge]:
        """Every merge that was not undone, oldest first."""
        return self._all(Merge, _ROW)

    def whole(self, organisation_id: int) -> frozenset[int]:
        """An organisation, with all that turned out to be the same: what hangs on those is its own, in an ended campaign."""
        became = self.became()
        gone = self._connection.execute(select(became.c.gone_id).where(became.c.kept_id == organisation_id))
        return frozenset({organisation_id, *gone.scalars()})

    @staticmethod
    def became() -> CTE:
        """Each organisation that is gone (`gone_id`), with what it turned out to be, and what that did (`kept_id`)."""
        stands = merges.c.undone_at.is_(None)
        found = select(merges.c.gone_id, merges.c.kept_id).where(stands).cte("became", recursive=True)
        further = select(found.c.gone_id, merges.c.kept_id).where(stands, merges.c.gone_id == found.c.kept_id)
        return found.union(further)

    def undo(self, merge: Merge, now: datetime) -> Sequence[Lost]:
        """Give back to an organisation whatever hung on it; what came after stays with the one that was kept.

        Returns what could not be given back because of what came in between.

        The caller made sure that this is the last merge of the one that was kept, and that the name of the other is
        free, or still moved.
        """
        moved = self._connection.execute(select(merges.c.moved).where(merges.c.id == merge.id)).scalar_one()
        undoing = _Undoing(Rows(self._connection), merge)
        for change in reversed([Change(**one) for one in moved]):
            undoing.undo(change)
        undoing.name()
        self._connection.execute(update(merges).where(merges.c.id == merge.id).values(undone_at=now))
        return undoing.told()


class _Undoing:
    """Undoes one change after the other."""

    def __init__(self, rows: Rows, merge: Merge) -> None:
        self._rows, self._merge = rows, merge
        self._signed = {
            row["campaign_id"]
            for row in rows.find(signatures, organisation_id=merge.kept_id)
            if row["ended_at"] is None
        }
        """The campaigns in which the two, as one, have signed until now."""
        (done,) = rows.find(merges, id=merge.id)
        self._silenced = {
            person["person_id"]
            for row in rows.find(revocations, organisation_id=merge.kept_id)
            for person in rows.find(addresses, network=row["network"], address=row["address"], room="")
            if row["at"] > done["at"]
        }
        """The people of whom a campaigner has said since that they speak for neither."""
        self.lost: list[Change] = []

    def undo(self, change: Change) -> None:
        """Make a row what it was before, as far as nothing came in between."""
        table = metadata.tables[change.table]
        if change.before is None or self._is_past(table, change.before):
            self.lost.append(change)
        elif change.after is None:
            self._write(table, None, self._asked_now(change.before), change)
        else:
            found = self._rows.find(table, **key_of(table, change.after))
            if found:
                self._give_back(table, found[0], change)
            elif table is revocations:  # to let somebody speak for the one is no word about the other
                self._write(table, None, change.before, change)
            else:
                self.lost.append(change)

    def _asked_now(self, row: Row) -> Row:
        """A row as it would be by now: whoever waited for a question waits for the one that it turned out to be."""
        waited = row.get("question_id")
        same = self._rows.find(questions, id=waited)[0]["same_id"] if waited else None
        return {**row, "question_id": same} if same else row

    def told(self) -> Sequence[Lost]:
        """What of all that was lost is worth a word."""
        found: dict[Lost, None] = {}
        for change in self.lost:
            row = change.before or {}
            if change.table == organisation_names.name:
                found[Lost("name", row["name"])] = None
            elif change.table == representatives.name:
                found[Lost("person", row["person_id"])] = None
            elif change.table == campaign_organisations.name:
                found[Lost("word", row["campaign_id"])] = None
            elif change.table == signatures.name:
                found[Lost("signature", self._rows.find(signatures, id=row["id"])[0]["number"])] = None
            elif change.table == electors.name:
                found[Lost("poll", self._rows.find(polls, id=row["poll_id"])[0]["number"])] = None
        return list(found)

    def name(self) -> None:
        """Let the organisation have at least its name, whatever became of it since."""
        form = normal_form(self._merge.gone)
        if not self._rows.find(organisation_names, normal=form):
            name = {"normal": form, "organisation_id": self._merge.gone_id, "name": self._merge.gone}
            self._rows.write(organisation_names, None, name)

    def _give_back(self, table: Table, current: Row, change: Change) -> None:
        before, after = change.before or {}, change.after or {}
        same = {
            name
            for name, value in after.items()
            if current[name] == value or name in _PASSING.get(table.name, ())
        }
        changed = {name for name, value in after.items() if before[name] != value}
        stays = table is organisations or POINTERS[table.name].name not in changed
        alone = _EACH_ALONE.get(table.name, frozenset[str]()) if stays else frozenset[str]()
        if same >= after.keys() - alone and not self._is_over(table, current, before):
            back = changed - (alone - same)
        elif stays:
            back = changed & alone & same
            if changed - alone:
                self.lost.append(change)
            if not back:
                return
        elif "id" in after:  # it goes back with whatever became of it
            back = {POINTERS[table.name].name}
        else:  # it is the kept one's by now: what it was before is put beside it
            self.lost.append(change)
            self._write(table, None, before, change)
            return
        back |= GIVEN_BACK.get(table.name, frozenset()) & before.keys()
        self._write(table, current, {**current, **{name: before[name] for name in back}}, change)

    def _is_over(self, table: Table, current: Row, before: Row) -> bool:
        """Whether it is about a signature that ended for another, which has been taken back since."""
        ended = "ended_at" in before and table is signatures
        return ended and current["campaign_id"] not in self._signed

    def _is_past(self, table: Table, before: Row) -> bool:
        """Whether it holds no more: a name the kept one bears now, a word revoked, a voice in a poll that was counted."""
        if table is organisation_names:
            (kept,) = self._rows.find(organisations, id=self._merge.kept_id)
            return bool(before["normal"] == normal_form(kept["name"]))
        if table is representatives:
            return before["person_id"] in self._silenced
        if table not in (electors, ballots):
            return False
        (ballot,) = [before] if table is electors else self._rows.find(ballots, id=before["id"])
        (poll,) = self._rows.find(polls, id=ballot["poll_id"])
        return poll["closed_at"] is not None

    def _write(self, table: Table, current: Row | None, back: Row, change: Change) -> None:
        """Write a row, unless what came in between has taken its place; under another id, if that was given away."""
        attempts = [back]
        if current is None and "id" in back:
            attempts.append({name: value for name, value in back.items() if name != "id"})
        if not any(self._rows.attempt(table, current, one) for one in attempts):
            self.lost.append(change)
