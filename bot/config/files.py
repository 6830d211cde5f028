"""What the files of a campaign hold: its letters, and the organisations it addresses."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.config.schema import account
from campaign.errors import CampaignError
from campaign.organisation import normal_form, tidy_name, tidy_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign.chat import Address


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A line of the organisations' file."""

    name: str
    aliases: tuple[str, ...]
    website: str
    representatives: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class LetterText:
    """A letter as read from its Markdown file: the first heading is its title, the first paragraph its summary."""

    language: str
    title: str
    summary: str
    text: str


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything a campaign needs from files, read and checked."""

    letters: tuple[LetterText, ...]
    roster: tuple[RosterLine, ...]


def read_letter(language: str, text: str, title: str) -> LetterText:
    """Take a letter apart: its first heading is the title (else `title`), the first paragraph its summary."""
    heading = re.search(r"^#\s+(.+?)\s*#*$", text, re.MULTILINE)
    body = text[heading.end() :] if heading else text
    paragraphs = [
        one.strip() for one in re.split(r"\n\s*\n", body) if one.strip() and not one.strip().startswith("#")
    ]
    summary = " ".join(paragraphs[0].split()) if paragraphs else ""
    return LetterText(language, heading[1] if heading else title, summary, text)


def read_roster(text: str) -> tuple[tuple[RosterLine, ...], list[str]]:
    """Read organisations from CSV with the columns name, aliases, website, representatives; several values by `|`.

    Returns the lines, and what is wrong with those that cannot be taken.
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
        fields = {(name or "").strip().casefold() for name in rows.fieldnames or ()}
        if "name" not in fields:
            return (), [f"expected a first line with the columns {','.join(COLUMNS)}"]
        unknown = fields - {*COLUMNS, ""}
        if unknown:
            return (), [f"unknown columns {', '.join(sorted(unknown))} — expected {','.join(COLUMNS)}"]
        for row in rows:
            where = f"line {rows.line_num}"
            line = _roster_line(row, where, wrong)
            if line is not None and _is_alone(line, where, names, wrong):
                lines.append(line)
    except csv.Error as error:
        wrong.append(f"line {rows.line_num}: is not CSV: {error}")
    return tuple(lines), wrong


COLUMNS = ("name", "aliases", "website", "representatives")
"""The columns of an organisations' file."""


def _is_alone(line: RosterLine, where: str, names: dict[str, tuple[str, str]], wrong: list[str]) -> bool:
    """Whether no other line has the name or an alias of this one: they would be taken for one organisation."""
    alone = True
    own = {normal_form(name): name for name in reversed((line.name, *line.aliases))}
    for form, name in own.items():
        if form in names:
            there, known = names[form]
            wrong.append(f"{where}: {name!r} — expected a name of its own: {known!r} stands in {there}")
            alone = False
    names.update({form: (where, name) for form, name in own.items() if form not in names})
    return alone


def _roster_line(row: Mapping[str | None, Any], where: str, wrong: list[str]) -> RosterLine | None:
    """One organisation, each value as the rest of the bot wants it; None if there is none on this line."""
    values = {(key or "").strip().casefold(): value for key, value in row.items()}
    if not any(values.values()):
        return None
    if row.get(None):
        wrong.append(
            f'{where}: more values than columns — expected a value with a comma to stand in "quotes"'
        )
        return None
    name = _tidy(tidy_name, str(values.get("name") or "").strip(), f"{where}: name", wrong)
    aliases = [_tidy(tidy_name, alias, f"{where}: alias", wrong) for alias in _several(values.get("aliases"))]
    website = str(values.get("website") or "").strip()
    if website:
        website = _tidy(tidy_url, website, f"{where}: website", wrong)
    people = []
    for typed in _several(values.get("representatives")):
        try:
            people.append(account(typed))
        except ValueError as error:
            wrong.append(f"{where}: representative {typed!r} — expected {error}")
    return RosterLine(name, tuple(filter(None, aliases)), website, tuple(people)) if name else None


def _tidy(tidied: Callable[[str], str], typed: str, where: str, wrong: list[str]) -> str:
    if not typed:
        wrong.append(f"{where} is missing")
        return ""
    try:
        return tidied(typed)
    except CampaignError as refusal:
        values = {key: str(value) for key, value in refusal.text.values.items()}
        wrong.append(f"{where} {typed[:80]!r} — {refusal.text.id.format(**values)}")
        return ""


def _several(value: object) -> list[str]:
    return [part.strip() for part in str(value or "").split("|") if part.strip()]
