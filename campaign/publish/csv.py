"""The list of signatories for a spreadsheet: for campaigners, with the people and their accounts."""

from __future__ import annotations

import csv
import io
import re
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from campaign.signature import Signatory, SignatoryList

COLUMNS = (
    *("number", "organisation", "website", "standing", "level", "network", "address", "person", "role"),
    *("funded", "mandate", "mandate_day", "mandate_link", "letter_version", "letter_language"),
    *("signed_at", "note", "deciding_until", "testimony", "disputed"),
    *("letter_current", "reconfirmed_at", "may_be_named", "collective"),
)
"""The header, in this order. New columns are added at the end, so that those who read by position go on."""
TIMES = ("signed_at", "reconfirmed_at")
"""Columns whose heading names the zone, for the times below it do not."""

_INVISIBLE = r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]*"
_SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_STARTS = re.compile(rf"[\t\r]|{_INVISIBLE}{_SIGN}")
_STARTS_INSIDE = re.compile(rf"([;\t\r\n]{_INVISIBLE})(?={_SIGN})")


FRENCH: Mapping[str, str] = MappingProxyType(
    {
        "number": "numéro",
        "organisation": "organisation",
        "website": "site",
        "standing": "réponse",
        "level": "niveau",
        "network": "réseau",
        "address": "compte",
        "person": "personne",
        "role": "fonction",
        "funded": "financement",
        "mandate": "mandat",
        "mandate_day": "mandat du",
        "mandate_link": "lien du mandat",
        "letter_version": "version de la lettre",
        "letter_language": "langue de la lettre",
        "signed_at": "signée le",
        "note": "note",
        "deciding_until": "en réflexion jusqu'au",
        "testimony": "témoignage",
        "disputed": "contestée",
        "letter_current": "vaut pour la lettre actuelle",
        "reconfirmed_at": "signée de nouveau le",
        "may_be_named": "nom publiable",
        "collective": "est le collectif",
        "silent": "sans réponse",
        "deciding": "en réflexion",
        "declared": "déclarée",
        "signed": "signée",
        "declined": "refusée",
        "withdrawn": "retirée",
        "rejected": "rejetée",
        "confirmed": "confirmée",
        "verified": "vérifiée",
        "direct": "direct",
        "indirect": "indirect",
        "none": "aucun",
        "yes": "oui",
        "no": "non",
        "assembly": "assemblée",
        "board": "conseil d'administration",
        "delegation": "délégation",
        "consent request": "demande de consentement",
        "collective poll": "scrutin du collectif",
    }
)
"""The words of our own in a list that people read in French: the header, and what the columns can hold."""

SEPARATORS: Mapping[str, str] = MappingProxyType({"en": ",", "fr": ";"})
"""Language → what parts the cells: where numbers have a comma in them, Excel splits at semicolons alone."""


def write(listed: SignatoryList, language: str = "en") -> bytes:
    """Write RFC 4180 (CRLF, a header, commas; in French semicolons) in UTF-8, every cell quoted.

    Columns and what they can hold are in the language; a language we have no words for is English. Times are to the
    second in the list's zone, which their column's heading names: `2024-09-02 09:00:00`, which a spreadsheet takes for a
    time, as it does not with an offset.
    It begins with a byte order mark, without which Excel breaks accents. No cell can become a formula.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, delimiter=SEPARATORS.get(language, ","))
    words, zone = FRENCH if language == "fr" else {}, ZoneInfo(listed.timezone)
    named = dict.fromkeys(TIMES, f" ({listed.timezone})")
    writer.writerow([guarded(words.get(column, column) + named.get(column, "")) for column in COLUMNS])
    writer.writerows([guarded(cell) for cell in _cells(one, words, zone)] for one in listed.signatories)
    return out.getvalue().encode("utf-8-sig", "replace")


def guarded(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run: `=`, `+`, `-`, `@`, a tab or a carriage return.

    So it is at the beginning of a cell, spaces and invisible characters aside. After a line break, a tab or a
    semicolon inside it, a sign is guarded too: a spreadsheet that splits there (Excel does at semicolons in
    French) makes a cell of what follows. Source: OWASP, https://owasp.org/www-community/attacks/CSV_Injection.
    """
    cell = _STARTS_INSIDE.sub(r"\1'", cell)
    return f"'{cell}" if _STARTS.match(cell) else cell


def _cells(row: Signatory, words: Mapping[str, str], zone: ZoneInfo) -> tuple[str, ...]:
    mandate = row.mandate

    def said(word: str) -> str:
        return words.get(word, word)

    return (
        "" if row.number is None else str(row.number),
        row.organisation,
        row.website,
        said(row.standing),
        said(row.level or ""),
        row.network,
        row.address,
        row.person,
        row.role,
        said(row.funded or ""),
        said(mandate.kind) if mandate else "",
        _iso(mandate.day if mandate else None),
        mandate.link if mandate else "",
        row.letter_version,
        row.letter_language,
        _at(row.signed_at, zone),
        row.note,
        _iso(row.deciding_until),
        row.testimony,
        said("yes") if row.disputed else "",
        "" if row.letter_current is None else said("yes" if row.letter_current else "no"),
        _at(row.reconfirmed_at, zone),
        said("yes") if row.may_be_named else "",
        said("yes") if row.collective else "",
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _at(when: datetime | None, zone: ZoneInfo) -> str:
    return when.astimezone(zone).replace(tzinfo=None).isoformat(" ", "seconds") if when else ""
