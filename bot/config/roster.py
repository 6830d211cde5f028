"""The organisations' file: a line for each organisation, read and checked value by value."""

from __future__ import annotations

import csv
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.config.values import account
from campaign.chat import N_, Text, say
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
IN_WORDS = N_("name, aliases, website, domain, funded, testimony, representatives, deputies")
"""The same as whoever writes the file is told of them."""
SAVE_AS = N_(
    "Please save the file anew, as “CSV UTF-8” (Excel) or with the character set “Unicode (UTF-8)” (LibreOffice)."
)
"""What to do with a file of another character set: guessing it would get some accents wrong for good."""
_SIGNS = {",": N_("a comma"), ";": N_("a semicolon"), "\t": N_("a tab")}
"""What values may be parted by, in words."""
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
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


def read_roster(data: bytes) -> tuple[tuple[RosterLine, ...], list[Text]]:
    """Read organisations from CSV in UTF-8 with the columns of `COLUMNS` in any order; several values in one by `|`.

    Returns the lines, and what is wrong with those that cannot be taken: line, column, value, what was expected.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (), [_not_utf8(data, error.start)]
    try:
        dialect: Any = csv.Sniffer().sniff(text.partition("\n")[0], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    raw = text.splitlines(keepends=True)  # a value in quotes may have several lines
    rows = csv.DictReader(raw, dialect=dialect)
    lines: list[RosterLine] = []
    wrong: list[Text] = []
    names: dict[str, tuple[int, str]] = {}
    try:
        columns = _columns(rows.fieldnames or (), wrong)
        if wrong:
            return (), wrong
        before = rows.line_num
        for row in rows:
            typed, before = raw[before : rows.line_num], rows.line_num
            line = _Row(row, columns, rows.line_num, wrong, typed=typed, parted_by=dialect.delimiter).read()
            if line is not None and _is_alone(line, rows.line_num, names, wrong):
                lines.append(line)
    except csv.Error:
        wrong.append(
            _in_line(
                rows.line_num + 1, say(N_('this is not CSV: perhaps a quotation mark (") is not closed'))
            )
        )
    return tuple(lines), wrong


def _name(typed: str) -> str:
    """The name of an organisation. Raises CampaignError, also where its website stands in it: a sign between them is missing."""
    name = tidy_name(typed)
    if "://" in name:
        raise CampaignError(say(N_("a web address is part of it, which belongs into the column “website”")))
    return name


def _in_line(number: int, what: Text) -> Text:
    return say(N_("line {number}: {what}"), number=number, what=what)


def _not_utf8(data: bytes, at: int) -> Text:
    """Where a file is in another character set, and what to do."""
    before, rest = data[:at], data[at:]
    whole = before.rpartition(b"\n")[2] + rest.partition(b"\n")[0]
    shown = whole.decode("ascii", "replace")[:80].strip()
    text = N_("“{shown}” is not UTF-8. {save_as}")
    return _in_line(before.count(b"\n") + 1, say(text, shown=shown, save_as=say(SAVE_AS)))


def _is_garbled(value: str) -> bool:
    """Whether these are the bytes of UTF-8 that some program took for those of Windows: "NumÃ©riques"."""
    if "\N{REPLACEMENT CHARACTER}" in value:
        return True
    for taken_for in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return value.encode(taken_for).decode() != value
    return False


def _columns(header: Sequence[str], wrong: list[Text]) -> dict[str, str]:
    """Column → what this file calls it."""
    known = {one: column for column, others in COLUMNS.items() for one in (column, *others)}
    found: dict[str, str] = {}
    for typed in header:
        column = known.get(fold(typed or ""))
        if column is None and (typed or "").strip():
            unknown = N_("column “{typed}” is not one of these: {columns}")
            wrong.append(_in_line(1, say(unknown, typed=typed.strip()[:80], columns=say(IN_WORDS))))
        elif column in found:
            twice = N_("column “{typed}” is the same as “{first}”: one of them is enough")
            wrong.append(_in_line(1, say(twice, typed=typed.strip(), first=found[column].strip())))
        elif column is not None:
            found[column] = typed
    if "name" not in found:
        wrong[:] = [say(N_("the first line has to name the columns: {columns}"), columns=say(IN_WORDS))]
    return found


def _is_alone(line: RosterLine, number: int, names: dict[str, tuple[int, str]], wrong: list[Text]) -> bool:
    """Whether no other line has the name or an alias of this one: they would be taken for one organisation."""
    alone = True
    own = {normal_form(name): name for name in reversed(line.names)}
    for form, name in own.items():
        if form in names:
            there, known = names[form]
            taken = N_("“{name}” stands in line {there} already (“{known}”): each name is one organisation's")
            wrong.append(_in_line(number, say(taken, name=name, there=there, known=known)))
            alone = False
    names.update({form: (number, name) for form, name in own.items() if form not in names})
    return alone


class _Row:
    """One line, each value as the rest of the bot wants it."""

    def __init__(
        self,
        row: Mapping[str | None, Any],
        columns: Mapping[str, str],
        number: int,
        wrong: list[Text],
        *,
        typed: Sequence[str],
        parted_by: str,
    ) -> None:
        """`row` is what the lines as they were `typed` hold, their values `parted_by` a sign."""
        self._row, self._columns, self._number, self._wrong = row, columns, number, wrong
        self._typed, self._parted_by = typed, parted_by

    def read(self) -> RosterLine | None:
        """The organisation; None if there is none on this line."""
        if not any(self._row.values()):
            return None
        if self._row.get(None):
            many = N_('more values than columns: a value with {sign} in it has to stand in "quotes"')
            self._note(many, sign=say(_SIGNS[self._parted_by]))
            return None
        if other := self._parted_otherwise():
            mixed = N_(
                '{other} where this file parts its values by {sign}: mend it, or put the value in "quotes"'
            )
            self._note(mixed, other=say(_SIGNS[other]), sign=say(_SIGNS[self._parted_by]))
            return None
        garbled = [
            column for column, called in self._columns.items() if _is_garbled(str(self._row[called] or ""))
        ]
        for column in garbled:
            why = say(N_("its accents are garbled. {save_as}"), save_as=say(SAVE_AS))
            self._refuse(column, self._value(column), why)
        if garbled:
            return None
        name = self._tidy("name", self._value("name"), _name)
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
            self._refuse("deputies", one.id, say(N_("either a deputy or a representative, not both")))
        return line if name else None

    def _parted_otherwise(self) -> str:
        """The sign by which the values of a line are parted that is too short by the file's own; "" if by none.

        A name that has that sign in it stands in quotes there; a line that is long enough needs none.
        """
        given = sum(value is not None for value in self._row.values())
        if given > 1 and given == len(self._row):
            return ""
        bare = _QUOTED.sub("", "".join(self._typed))
        other = max((sign for sign in _SIGNS if sign != self._parted_by), key=bare.count)
        return other if bare.count(other) >= given else ""

    def _value(self, column: str) -> str:
        return " ".join(str(self._row.get(self._columns.get(column, column)) or "").split())

    def _several(self, column: str) -> list[str]:
        return [part.strip() for part in self._value(column).split("|") if part.strip()]

    def _note(self, text: str, **values: str | Text) -> None:
        self._wrong.append(_in_line(self._number, say(text, **values)))

    def _refuse(self, column: str, value: str, why: Text) -> None:
        called = self._columns.get(column, column).strip()
        self._note(N_("{column} “{value}”: {why}"), column=called, value=value[:80], why=why)

    def _tidied(self, column: str, tidied: Callable[[str], str]) -> str:
        value = self._value(column)
        return self._tidy(column, value, tidied) if value else ""

    def _tidy(self, column: str, typed: str, tidied: Callable[[str], str]) -> str:
        if not typed:
            self._note(N_("{column} is missing"), column=self._columns.get(column, column).strip())
            return ""
        try:
            return tidied(typed)
        except CampaignError as refusal:
            self._refuse(column, typed, refusal.text)
            return ""

    def _funded(self) -> str:
        value = self._value("funded")
        funded = read_choice(value, FUNDED) if value else ""
        if funded is None:
            self._refuse("funded", value, say(N_("please write direct, indirect or none")))
        return funded or ""

    def _testimony(self) -> str:
        value = self._value("testimony")
        if len(value) > LONGEST_TESTIMONY:
            most = N_("{count} characters at most, please")
            self._refuse("testimony", value, say(most, count=LONGEST_TESTIMONY))
        return value

    def _people(self, column: str) -> tuple[Address, ...]:
        people = []
        for typed in self._several(column):
            try:
                people.append(account(typed))
            except ValueError:
                expected = N_(
                    "please write a full Matrix ID (@name:server) or an XMPP address (xmpp:name@server)"
                )
                self._refuse(column, typed, say(expected))
        return tuple(dict.fromkeys(people))
