"""Everything the bot says has its French, with the same places."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.texts.catalogue import DOMAIN, FOLDER, same_places

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).parent.parent.parent
KEYWORDS = {"N_": None, "NN_": (1, 2)}

BREAKS = re.compile(r"«(?!\N{NO-BREAK SPACE})|(?<!\N{NO-BREAK SPACE})»| [:;?!](?=[\s.,)»\"*…]|$)")
"""A space in French at which a line may end, though a sign would begin the next one."""


def said() -> dict[tuple[str, str], str]:
    """(message, its plural or nothing) → where it stands first."""
    found: dict[tuple[str, str], str] = {}
    for package in ("bot", "commands", "storage", "campaign"):
        for file, line, message, *_ in extract_from_dir(ROOT / package, keywords=KEYWORDS):
            key = message if isinstance(message, tuple) else (message, "")
            found.setdefault(key, f"{package}/{file}:{line}")
    return found


@pytest.fixture(scope="module")
def french() -> Catalog:
    with (FOLDER / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def test_messages_are_found():
    assert ("{name}: {line}", "") in said()


def test_every_message_has_its_french_with_the_same_places(french):
    wrong = []
    for (one, many), where in said().items():
        entry = french.get(one)
        if entry is None:
            wrong.append(f"{where}: missing: {one}")
            continue
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        key = (one, many) if many else one
        if entry.fuzzy or not all(forms):
            wrong.append(f"{where}: not translated: {one}")
        elif entry.id != key or len(forms) != (french.num_plurals if many else 1):
            wrong.append(f"{where}: one has a plural and the other has not: {one}")
        elif not all(same_places(one, many, form) for form in forms):
            wrong.append(f"{where}: other places than: {one}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_catalogue_holds_nothing_that_is_not_said(french):
    ids = {
        message.id if isinstance(message.id, tuple) else (message.id, "") for message in french if message.id
    }
    assert ids <= set(said())


def test_no_line_ends_before_a_french_sign(french):
    """The space within quotation marks and before a sign is a no-break one; not in what people type, as keyboards have none."""
    wrong = []
    for entry in french:
        forms = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        wrong += [form for form in forms if entry.id and form[:1] != "!" and BREAKS.search(form)]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("one", "many", "translated", "same"),
    [
        ("{a} and {b}", "", "{b} et {a}", True),
        ("{a} and {b}", "", "{b} et a", False),
        ("{a}", "", "{a} {c}", False),
        ("One for {a}", "{count} for {a}", "Un pour {a}", True),
        ("One for {a}", "{count} for {a}", "{count} pour {a}", True),
        ("One for {a}", "{count} for {a}", "{count} pour", False),
    ],
)
def test_what_the_same_places_are(one, many, translated, same):
    assert same_places(one, many, translated) is same
