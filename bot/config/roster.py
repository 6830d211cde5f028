"""The organisations' file: a line for each organisation, read and checked value by value."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.config.schema import account
from campaign.errors import CampaignError
from campaign.organisation import domain_of, normal_form, tidy_name, tidy_url
from campaign.signature import FUNDED
from commands.vocabulary import fold, read_choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign.chat import Address

COLUMNS = {
    "name": ("nom",),
    "aliases": ("alias",),
    "website": ("site", "site web"),
    "domain": ("domaine",),
    "funded": ("financement", "benefit"),
    "testimony": ("temoignage",),
    "representatives": ("representants", "representantes"),
    "deputies": ("suppleants", "suppleantes"),
}
"""The columns of an organisations' file, and what else each may be called, folded. Only the name is needed."""
LONGEST_TESTIMONY = 300
"""Characters of a testimony: as many as are taken in chat."""


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A line of the organisations' file. What does not stand there is empty."""

    name: str
    aliases: tuple[str, ...] = ()
    website: str = ""
    domain: str = ""
    """The website's, unless the file says another."""
    funded: str = ""
    testimony: str = ""
    representatives: tuple[Address, ...] = ()
    deputies: tuple[Address, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name it goes by, the canonical one first."""
        return (self.name, *self.aliases)


def read_roster(text: str) -> tuple[tuple[RosterLine, ...], list[str]]:
    """Read organisations from CSV with the columns of `COLUMNS` in any order; several values in one by `|`.

    Returns the lines, and what is wrong with those that cannot be taken: line, column, value, what was expected.
    """
    try:
        dialect: Any = csv.Sniffer().sniff(text.partition("\n")[0], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(text.splitlines(), dialect=dialect)
    lines: list[RosterLine] = []
    wrong: list[str] = []
    names: dict[str, tuple[str, str]] = {}
    try:
        columns = _columns(rows.fieldnames or (), wrong)
        if wrong:
            return (), wrong
        for row in rows:
            line = _Row(row, columns, f"line {rows.line_num}", wrong).read()
            if line is not None and _is_alone(line, f"line {rows.line_num}", names, wrong):
                lines.append(line)
    except csv.Error as error:
        wrong.append(f"line {rows.line_num}: is not CSV: {error}")
    return tuple(lines), wrong


def _columns(header: Sequence[str], wrong: list[str]) -> dict[str, str]:
    """Column → what this file calls it."""
    known = {one: column for column, others in COLUMNS.items() for one in (column, *others)}
    found: dict[str, str] = {}
    for typed in header:
        column = known.get(fold(typed or ""))
        if column is None and (typed or "").strip():
            wrong.append(f"line 1: column {typed.strip()[:80]!r} — expected one of {', '.join(COLUMNS)}")
        elif column in found:
            wrong.append(f"line 1: column {typed.strip()!r} — expected once: {found[column]!r} is the same")
        elif column is not None:
            found[column] = typed
    if "name" not in found:
        wrong[:] = [f"expected a first line with the columns {','.join(COLUMNS)}"]
    return found


def _is_alone(line: RosterLine, where: str, names: dict[str, tuple[str, str]], wrong: list[str]) -> bool:
    """Whether no other line has the name or an alias of this one: they would be taken for one organisation."""
    alone = True
    own = {normal_form(name): name for name in reversed(line.names)}
    for form, name in own.items():
        if form in names:
            there, known = names[form]
            wrong.append(f"{where}: {name!r} — expected a name of its own: {known!r} stands in {there}")
            alone = False
    names.update({form: (where, name) for form, name in own.items() if form not in names})
    return alone


class _Row:
    """One line, each value as the rest of the bot wants it."""

    def __init__(
        self, row: Mapping[str | None, Any], columns: Mapping[str, str], where: str, wrong: list[str]
    ) -> None:
        self._row, self._columns, self._where, self._wrong = row, columns, where, wrong

    def read(self) -> RosterLine | None:
        """The organisation; None if there is none on this line."""
        if not any(self._row.values()):
            return None
        if self._row.get(None):
            self._wrong.append(
                f'{self._where}: more values than columns — expected a value with a comma to stand in "quotes"'
            )
            return None
        name = self._tidy("name", self._value("name"), tidy_name)
        website = self._tidied("website", tidy_url)
        line = RosterLine(
            name=name,
            aliases=tuple(
                filter(None, (self._tidy("aliases", one, tidy_name) for one in self._several("aliases")))
            ),
            website=website,
            domain=self._tidied("domain", lambda typed: domain_of(tidy_url(typed))) or domain_of(website),
            funded=self._funded(),
            testimony=self._testimony(),
            representatives=self._people("representatives"),
            deputies=self._people("deputies"),
        )
        for one in set(line.representatives) & set(line.deputies):
            self._say("deputies", one.id, "a deputy, or a representative, not both")
        return line if name else None

    def _value(self, column: str) -> str:
        return " ".join(str(self._row.get(self._columns.get(column, column)) or "").split())

    def _several(self, column: str) -> list[str]:
        return [part.strip() for part in self._value(column).split("|") if part.strip()]

    def _say(self, column: str, value: str, expected: str) -> None:
        called = self._columns.get(column, column).strip()
        self._wrong.append(f"{self._where}: {called} {value[:80]!r} — expected {expected}")

    def _tidied(self, column: str, tidied: Callable[[str], str]) -> str:
        value = self._value(column)
        return self._tidy(column, value, tidied) if value else ""

    def _tidy(self, column: str, typed: str, tidied: Callable[[str], str]) -> str:
        called = self._columns.get(column, column).strip()
        if not typed:
            self._wrong.append(f"{self._where}: {called} is missing")
            return ""
        try:
            return tidied(typed)
        except CampaignError as refusal:
            self._wrong.append(f"{self._where}: {called} {typed[:80]!r} — {in_english(refusal)}")
            return ""

    def _funded(self) -> str:
        value = self._value("funded")
        funded = read_choice(value, FUNDED) if value else ""
        if funded is None:
            self._say("funded", value, "direct, indirect or none")
        return funded or ""

    def _testimony(self) -> str:
        value = self._value("testimony")
        if len(value) > LONGEST_TESTIMONY:
            self._say("testimony", value, f"{LONGEST_TESTIMONY} characters at most")
        return value

    def _people(self, column: str) -> tuple[Address, ...]:
        people = []
        for typed in self._several(column):
            try:
                people.append(account(typed))
            except ValueError as error:
                self._say(column, typed, str(error))
        return tuple(dict.fromkeys(people))


def in_english(refusal: CampaignError) -> str:
    """A refusal for whoever runs the bot."""
    return refusal.text.id.format(**{key: str(value) for key, value in refusal.text.values.items()})
