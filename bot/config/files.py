"""What the files of a campaign hold: its letters here, the organisations it addresses in `roster`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bot.config.roster import read_roster
from bot.config.tables import table, word
from bot.texts import Wording
from campaign.organisation import normal_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bot.config.roster import RosterLine

T = TypeVar("T")
ENGLISH = "en"


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


def _title(campaign: Mapping[str, Any], language: str) -> str:
    """The title of a letter that has no heading: the campaign's in its language, else the first."""
    titles = table(campaign, "title")
    found = titles.get(language, next(iter(titles.values()), "")) if titles else campaign.get("title")
    return found if isinstance(found, str) else ""


def _read(read: Callable[[], T], where: str, problems: list[str]) -> T | None:
    """What is read of a file the config names; None, and a problem, if it cannot be had."""
    try:
        return read()
    except UnicodeDecodeError:
        problems.append(f"{where} — expected UTF-8 text")
    except (OSError, ValueError) as error:
        problems.append(f"{where} — cannot be read: {why(error)}")
    return None


def why(error: OSError | ValueError) -> str:
    """Why a file cannot be read."""
    return (error.strerror if isinstance(error, OSError) else None) or "not the path of a file"


def opening_of(key: str, campaign: Mapping[str, Any], folder: Path, problems: list[str]) -> Opening:
    """Read what a campaign's section names, whatever else is wrong with it; what is wrong there becomes a problem.

    All of it in English, as everything on the command line: what the bot's language is for is said in chat.
    """
    letters = []
    for language, path in table(campaign, "letter").items():
        if isinstance(path, str):
            file = folder / path
            where = f"campaigns.{key}.letter.{language}: {path!r}"
            text = _read(partial(file.read_text, "utf-8"), where, problems)
            if text is not None:
                letters.append(read_letter(language, text, _title(campaign, language)))
                if not text.strip():
                    problems.append(f"{where} — expected a letter: it is empty")
                elif not letters[-1].summary:
                    problems.append(f"{where} — expected a letter: nothing stands below its heading")
    roster: tuple[RosterLine, ...] = ()
    path = word(campaign, "organisations")
    if path:
        where = f"campaigns.{key}.organisations"
        data = _read((folder / path).read_bytes, f"{where}: {path!r}", problems)
        if data is not None:
            roster, wrong = read_roster(data)
            problems += [f"{where}: {Wording(ENGLISH).plain([one])}" for one in wrong]
    collective = normal_form(word(campaign, "collective"))
    if collective and any(collective in map(normal_form, one.names) for one in roster):
        problems.append(
            f"campaigns.{key}.collective: {campaign['collective']!r} — expected what all of them are called together: "
            "this is one of the organisations in its file"
        )
    return Opening(tuple(letters), roster)
