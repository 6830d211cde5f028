"""Making two organisations one, and two again: every row that pointed at the other is moved, and noted as it was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table, UniqueConstraint

from campaign.merging import Given, first_stands, later_answer, quieter, stronger_word, takes_word
from storage.tables import (
    addresses,
    audit,
    ballots,
    campaign_organisations,
    campaigns,
    electors,
    merges,
    metadata,
    organisations,
    polls,
    question_waits,
    representatives,
    revocations,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from storage.raw import Row, Rows

LEFT_ALONE = frozenset({audit.name, merges.name})
"""What was written down of an organisation stays written down of it."""
POINTERS: Mapping[str, Column[Any]] = {
    table.name: column
    for table in metadata.sorted_tables
    for column in table.columns
    for key in column.foreign_keys
    if key.column is organisations.c.id and table.name not in LEFT_ALONE
}
"""Every table with rows that hang on an organisation, and the column by which they do: taken from the schema, so that
none can be forgotten. A row that would be there twice is put away; where the two may contradict each other, the table
has a rule of its own in the `Planner`."""
BLANKS = ("website", "domain", "funded", "testimony")
"""What the one that stays takes over where it has nothing."""
GIVEN_BACK: Mapping[str, frozenset[str]] = {ballots.name: frozenset({"standing"})}
"""Columns that are given back as they were, whatever became of them: a ballot that a later one replaced counts again."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row before and after, each None where there is none. What has an id of its own is noted as far as it changed."""

    table: str
    before: Row | None
    after: Row | None


@dataclass(slots=True)
class Plan:
    """What making two organisations one comes to."""

    kept: int
    gone: int
    changes: list[Change] = field(default_factory=list)
    ended: list[tuple[int, int, int]] = field(default_factory=list)
    """Campaign, number of the signature that stands, and of the one that ends."""
    words: list[tuple[int, str, str]] = field(default_factory=list)
    """Campaign, the own word that stands, and the other one."""
    polls: list[int] = field(default_factory=list)
    """Open polls in which both had a voice."""
    silenced: list[int] = field(default_factory=list)
    """People who speak for one of them, and were told by a campaigner not to speak for the other."""
    left: list[int] = field(default_factory=list)
    """Campaigns that have ended, in which the one that goes had signed or given its word: there each stays itself."""

    def moved(self) -> Mapping[str, int]:
        """Table → how many rows of it go over."""
        return Counter(
            one.table
            for one in self.changes
            if one.before is not None
            and one.after is not None
            and one.before.get("organisation_id") == self.gone
        )


class Planner:
    """Works out what becomes of every row that hangs on one of two organisations."""

    def __init__(self, rows: Rows, kept: int, gone: int, now: datetime) -> None:
        self._rows, self._now = rows, now.strftime("%Y-%m-%d %H:%M:%S.%f")
        self.plan = Plan(kept, gone)
        self._over = {row["id"] for row in rows.find(campaigns) if row["closed_at"] is not None}

    def work_out(self) -> Plan:
        """Say everything that changes, in the order in which it can."""
        self._organisations()
        return self.go_on()

    def go_on(self) -> Plan:
        """Say what changes now, of all that hung on the other one and was left to it as the two became one."""
        rules = {
            signatures.name: self._signatures,
            campaign_organisations.name: self._words,
            representatives.name: self._people,
            electors.name: self._electors,
            ballots.name: self._ballots,
            question_waits.name: self._waits,
        }
        for name, column in POINTERS.items():
            table = metadata.tables[name]
            mine = self._rows.find(table, **{column.name: self.plan.kept})
            theirs = self._of_open(table, self._rows.find(table, **{column.name: self.plan.gone}))
            rules.get(name, self._move)(table, mine, theirs)
        return self.plan

    def _of_open(self, table: Table, rows: Sequence[Row]) -> list[Row]:
        """Leave out the rows of campaigns that have ended: their lists were handed over, and stay as they were."""
        own = "id" if table is campaigns else "campaign_id"
        left = [row for row in rows if row.get(own) in self._over]
        if table is signatures or table is campaign_organisations:
            known = {row[own] for row in left if row.get("standing") != "silent"}
            self.plan.left = sorted({*self.plan.left, *known})
        return [row for row in rows if row not in left]

    def _note(self, table: Table, before: Row | None, after: Row | None) -> None:
        if before == after:
            return
        if before is not None and after is not None and "id" in before:
            kept = {
                "id",
                *GIVEN_BACK.get(table.name, ()),
                *(name for name, value in after.items() if before[name] != value),
            }
            before, after = ({name: row[name] for name in kept} for row in (before, after))
        self.plan.changes.append(Change(table.name, before, after))

    def _moved(self, table: Table, row: Row, **values: Any) -> None:  # noqa: ANN401 - columns
        self._note(table, row, {**row, POINTERS[table.name].name: self.plan.kept, **values})

    def _move(self, table: Table, mine: Sequence[Row], theirs: Sequence[Row]) -> None:
        """Move every row; one that would be there twice is put away."""
        for row in theirs:
            if any(self._same(table, row, one) for one in mine):
                self._note(table, row, None)
            else:
                self._moved(table, row)

    def _same(self, table: Table, row: Row, other: Row) -> bool:
        """Whether two rows differ in nothing but whose they are, as far as the table allows only one of them."""
        own = POINTERS[table.name].name
        uniques = [
            table.primary_key,
            *(one for one in table.constraints if isinstance(one, UniqueConstraint)),
        ]
        return any(
            all(
                column.name == own
                or (row[column.name] is not None and row[column.name] == other[column.name])
                for column in unique.columns
            )
            for unique in uniques
            if own in unique.columns
        )

    def _organisations(self) -> None:
        (kept,) = self._rows.find(organisations, id=self.plan.kept)
        (gone,) = self._rows.find(organisations, id=self.plan.gone)
        after = {**kept, "flagged": min(kept["flagged"], gone["flagged"])}
        after |= {name: kept[name] or gone[name] for name in BLANKS}
        if kept["listed"] in (None, "null"):
            after["listed"] = gone["listed"]
        self._note(organisations, kept, after)
        self._note(organisations, gone, {**gone, "listed": None})

    def _signatures(self, table: Table, mine: Sequence[Row], theirs: Sequence[Row]) -> None:
        """Of two standing in one campaign, one ends."""
        standing = {row["campaign_id"]: row for row in mine if row["ended_at"] is None}
        later: list[Row] = []
        for row in theirs:
            other = standing.get(row["campaign_id"]) if row["ended_at"] is None else None
            if other is None:
                later.append(row)
            elif first_stands(_given(other), _given(row)):
                self._moved(table, row, **self._ends(other["number"]))
                self.plan.ended.append((row["campaign_id"], other["number"], row["number"]))
            else:
                self._note(table, other, {**other, **self._ends(row["number"])})
                self.plan.ended.append((row["campaign_id"], row["number"], other["number"]))
                later.append(row)
        for row in later:
            self._moved(table, row)

    def _ends(self, number: int) -> Row:
        return {
            "level": "withdrawn",
            "ended_at": self._now,
            "end_reason": f"the same organisation as no. {number}",
        }

    def _words(self, table: Table, mine: Sequence[Row], theirs: Sequence[Row]) -> None:
        """In a campaign that addresses both, the latest own word stands, and whatever lets less be rung."""
        known = {row["campaign_id"]: row for row in mine}
        for row in theirs:
            own = known.get(row["campaign_id"])
            if own is None:
                self._moved(table, row)
                continue
            self._note(table, row, None)
            takes = takes_word(own["standing"], own["since"], row["standing"], row["since"])
            word = {name: row[name] for name in _WORD} if takes else {}
            self._note(table, own, {**own, **word, **_wishes(own, row)})
            words = (row["standing"], own["standing"]) if takes else (own["standing"], row["standing"])
            if "silent" not in words and words[0] != words[1]:
                self.plan.words.append((row["campaign_id"], *words))

    def _people(self, table: Table, mine: Sequence[Row], theirs: Sequence[Row]) -> None:
        """Whom a campaigner silenced for one of them does not speak for both."""
        known = {row["person_id"]: row for row in mine}
        silenced = self._silenced()
        for row in (*mine, *theirs):
            if row["person_id"] in silenced:
                self._note(table, row, None)
                self.plan.silenced.append(row["person_id"])
        for row in theirs:
            own = known.get(row["person_id"])
            if row["person_id"] in silenced:
                continue
            if own is None:
                self._moved(table, row)
            else:
                self._note(table, row, None)
                both = {
                    "how": stronger_word(own["how"], row["how"]),
                    "deputy": min(own["deputy"], row["deputy"]),
                }
                if own | both != own:
                    self._note(table, own, own | both)

    def _silenced(self) -> set[int]:
        """The people of whom a campaigner has said that they do not speak for one of the two."""
        return {
            person["person_id"]
            for organisation in (self.plan.kept, self.plan.gone)
            for row in self._rows.find(revocations, organisation_id=organisation)
            for person in self._rows.find(addresses, network=row["network"], address=row["address"], room="")
        }

    def _electors(self, table: Table, mine: Sequence[Row], theirs: Sequence[Row]) -> None:
        """One voice in each poll that is open; a closed one stays as it was counted."""
        theirs = self._open(theirs)
        both = {row["poll_id"] for row in mine} & {row["poll_id"] for row in theirs}
        self.plan.polls += sorted(both)
        self._move(table, mine, theirs)

    def _ballots(self, table: Table, mine: Sequence[Row], theirs: Sequence[Row]) -> None:
        """Of two that stand in one poll, the later one stands, unless it says nothing."""
        standing = {row["poll_id"]: row for row in mine if row["standing"]}
        for row in sorted(self._open(theirs), key=lambda row: row["id"]):
            other = standing.get(row["poll_id"]) if row["standing"] else None
            if other is None:
                self._moved(table, row)
            elif later_answer(
                other["choice"],
                (other["cast_at"], other["id"]),
                row["choice"],
                (row["cast_at"], row["id"]),
            ):
                self._moved(table, row, standing=0)
            else:
                self._note(table, other, {**other, "standing": 0})
                self._moved(table, row)

    def _open(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if self._rows.find(polls, id=row["poll_id"])[0]["closed_at"] is None]

    def _waits(self, table: Table, mine: Sequence[Row], theirs: Sequence[Row]) -> None:
        """Once answered, a question is told to an organisation once."""
        waiting = {row["question_id"] for row in mine if row["told_at"] is None}
        for row in theirs:
            if row["told_at"] is None and row["question_id"] in waiting:
                self._note(table, row, None)
            else:
                self._moved(table, row)


def _given(row: Row) -> Given:
    return Given(row["level"], row["signed_at"], row["number"])


def _wishes(own: Row, other: Row) -> Row:
    snoozed = [row["snoozed_until"] for row in (own, other) if row["snoozed_until"] is not None]
    return {
        "reminders": quieter(own["reminders"], other["reminders"]),
        "snoozed_until": max(snoozed, default=None),
    }


_WORD = ("standing", "deciding_until", "leaning", "note", "since", "question_id")
"""What an own word consists of."""
WISHES = frozenset({"reminders", "snoozed_until"})
"""Where and from when on its people want to be reminded: beside its word, and each for itself."""
