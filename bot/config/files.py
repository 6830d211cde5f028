"""What the files of a campaign hold: its letters here, the organisations it addresses in `roster`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config.roster import RosterLine


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
