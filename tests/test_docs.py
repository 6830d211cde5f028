"""What the documents say is so: examples can be typed, configs load, links lead somewhere."""

from __future__ import annotations

import io
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import typer.main

from bot import cli, demo
from bot.config import Authority, Bot, Campaign, Matrix, Privacy, Settings, Xmpp, load
from campaign.chat import MATRIX, Address
from campaign.decision import PARAMETERS, PRESETS, edited
from campaign.errors import CampaignError
from commands.command import Context, House
from commands.line import calling, finding, grammar
from commands.menu import MENU
from commands.poll import length_of
from commands.vocabulary import CHOICES, OPTIONS, fold, option_words, read_choice
from commands.vote import TAKE_BACK
from storage.opening import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from commands.command import Command
    from storage.database import Database
    from storage.storage import Storage

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "config.example.toml"
GUIDES = {"fr": ROOT / "docs" / "guide.fr.md", "en": ROOT / "docs" / "guide.en.md"}
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
LATER: set[str] = set()
"""Commands that a document may name because it says that they are missing."""
MADE_UP = {"thanks", "merci"}
"""The command that CONTRIBUTING shows how to write."""
NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_OPTION = re.compile(r"(?:^|\s)([^\W\d_]+)=")
_DATE = re.compile(r"(?:(?:lun|mar|mercre|jeu|vendre|same)di|dimanche) \w+ \w+(?: \d{4})?")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


class Typed(NamedTuple):
    """A line that a document tells people to type."""

    where: str
    language: str
    text: str


def _language(document: Path) -> str:
    return "fr" if document.suffixes[:1] == [".fr"] else "en"


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def _blocks(document: Path, *kinds: str) -> Iterator[str]:
    for found in _FENCE.finditer(document.read_text("utf-8")):
        if found[2] in kinds:
            yield re.sub(rf"^{found[1]}", "", found[3], flags=re.MULTILINE)


def _is_made_up(document: Path, line: str) -> bool:
    return document.name == "CONTRIBUTING.md" and line.removeprefix("!").split(" ")[0] in MADE_UP


def _lines() -> Iterator[Typed]:
    """Every `!…` line of a code block."""
    for document in DOCUMENTS:
        for block in _blocks(document, ""):
            for line in block.splitlines():
                if line.startswith("!") and not _is_made_up(document, line):
                    yield Typed(_name(document), _language(document), line)


def _spans() -> Iterator[Typed]:
    """Every `!…` in running text; several in one are taken apart."""
    for document in DOCUMENTS:
        text = _FENCE.sub("", document.read_text("utf-8"))
        for found in _SPAN.finditer(text):
            if re.match(r"!\w", found[1]) and not _is_made_up(document, found[1]):
                for one in re.split(r"\s+(?=!\w)", found[1]):
                    yield Typed(_name(document), _language(document), one)


LINES, SPANS = tuple(_lines()), tuple(_spans())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = open_database(tmp_path_factory.mktemp("docs") / "data")
    yield opened
    opened.close()


def _read(storage: Storage, one: Command, rest: str) -> dict[str, Any]:
    """The arguments of a line, said by somebody in a room of no campaign: all that the grammar asks for."""
    address = Address(MATRIX, "@camille:example.org")
    room = storage.rooms.ensure(MATRIX, "!room:example.org", language="fr")
    person = storage.people.ensure(address, "Camille", NOW)
    context = Context(storage, House(), NOW, room, "other", address, "Camille", person, MENU)
    values, _ = grammar.arguments(one, rest, context)
    if closes := values.get("closes"):
        length_of(context, closes, NOW)
    if one.name == "poll open":
        edits = {name: value for name, value in values.items() if name in PARAMETERS}
        edited(PRESETS[values["procedure"]], edits)
    return values


def _found(typed: Typed) -> tuple[Command, str]:
    line = calling.call(typed.text, prefix="!", names=("tocsin",), mentioned=False)
    assert line is not None, f"{typed.where}: {typed.text!r} does not call the bot"
    found = finding.find(line, MENU)
    assert found is not None, f"{typed.where}: there is no command {typed.text!r}"
    one, rest = found
    name = one.name_in(typed.language)
    said = fold(" ".join(line.words[: len(name.split())]))
    assert said == fold(name), f"{typed.where}: {typed.text!r} is not in the document's language"
    return one, rest


def _check_options(typed: Typed, one: Command, rest: str) -> None:
    known = {
        word: parameter.name
        for parameter in one.parameters
        if parameter.is_option
        for word in option_words(parameter.name)
    }
    known |= dict.fromkeys(option_words("campaign"), "campaign")
    for option in _OPTION.findall(rest):
        name = known.get(fold(option))
        assert name, f"{typed.where}: {one.name} takes no {option}= in {typed.text!r}"
        own = OPTIONS.get(typed.language, {}).get(name, (name,))
        assert fold(option) in map(fold, own), f"{typed.where}: {option}= is not in the document's language"


def _check_choice(typed: Typed, word: str) -> None:
    """A choice is said in the document's language, where the languages have different words."""
    other = {fold(known) for known in CHOICES["fr"]} - {
        fold(k) for words in CHOICES["fr"].values() for k in words
    }
    if typed.language == "fr":
        assert fold(word) not in other, f"{typed.where}: {word!r} is English in {typed.text!r}"


# --- what people type


@pytest.mark.parametrize("typed", LINES, ids=lambda typed: f"{typed.where}: {typed.text}")
def test_a_line_to_type_is_read(typed: Typed, database: Database) -> None:
    one, rest = _found(typed)
    _check_options(typed, one, rest)
    try:
        values = database.transaction(lambda storage: _read(storage, one, rest))
    except CampaignError as refusal:
        pytest.fail(f"{typed.where}: {typed.text!r} is refused: {refusal}")
    for parameter in one.parameters:
        if parameter.kind == "choice" and parameter.name in values and not parameter.is_option:
            _check_choice(typed, rest.split()[0])
    if one.name == "vote":
        words = [word for word in values["choice"].split() if not word.isdecimal()] or ["for"]
        known = (*(choice for procedure in PRESETS.values() for choice in procedure.choices), TAKE_BACK)
        assert read_choice(words[0], known), typed
        if values["choice"] != "1 2":  # an answer by its number
            _check_choice(typed, words[0])


@pytest.mark.parametrize("typed", SPANS, ids=lambda typed: f"{typed.where}: {typed.text}")
def test_a_command_named_in_the_text_exists(typed: Typed) -> None:
    if typed.where == "README.md" and typed.text.removeprefix("!") in LATER:
        assert finding.find(calling.Line(typed.text.removeprefix("!")), MENU) is None, (
            f"{typed.text} is there now"
        )
        return
    if "|" in typed.text:  # `!poll open|close`
        first, _, choices = typed.text.rpartition(" ")
        for choice in choices.split("|"):
            _found(typed._replace(text=f"{first} {choice}"))
        return
    _check_options(typed, *_found(typed))


def test_there_are_lines() -> None:
    for guide in GUIDES.values():
        assert sum(typed.where == _name(guide) for typed in LINES) > 30


@pytest.mark.parametrize(
    "text",
    [
        "!brouette",
        "!signer Nuage Libre couleur=rouge",
        "!sign Nuage Libre",
        "!scrutin ouvrir dictature On y va ?",
    ],
)
def test_a_wrong_line_is_noticed(text: str, database: Database) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_a_line_to_type_is_read(Typed("guide", "fr", text), database)


# --- the config


def test_the_example_config_loads() -> None:
    config = load(EXAMPLE, environment={f"TOCSIN_{one}_PASSWORD": "-" for one in ("MATRIX", "XMPP")})
    (opening,) = config.openings.values()
    assert {letter.language for letter in opening.letters} == {"fr", "en"}
    assert all(letter.title and letter.summary for letter in opening.letters)
    assert len(opening.roster) > 2


def _sections(text: str) -> dict[str, dict[str, object]]:
    """The sections of the example, with what is commented out in it as if it were not."""
    bare = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    raw = tomllib.loads(bare)
    Settings.model_validate(raw)
    (campaign,) = raw.pop("campaigns").values()
    return {**raw, "campaigns": campaign}


SECTIONS: dict[str, type[BaseModel]] = {
    "bot": Bot,
    "authority": Authority,
    "matrix": Matrix,
    "xmpp": Xmpp,
    "privacy": Privacy,
    "campaigns": Campaign,
}


def test_there_is_no_other_section() -> None:
    assert set(Settings.model_fields) == set(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_example_explains_every_key(section: str) -> None:
    assert set(_sections(EXAMPLE.read_text("utf-8"))[section]) == set(SECTIONS[section].model_fields)


def test_what_is_commented_out_is_the_default() -> None:
    text = EXAMPLE.read_text("utf-8")
    optional = set(re.findall(r"^# (\w+) = ", text, re.MULTILINE))
    elsewhere = {
        "host",
        "port",
        "ca_file",
        "password_file",
        "timezone",
        "language",
        "collective",
    }  # the comment there says what holds
    named = {"matrix.name"}  # as above
    for section, keys in _sections(text).items():
        model = SECTIONS[section].model_validate(keys)
        for key in optional & set(keys) - elsewhere:
            if f"{section}.{key}" in named:
                continue
            assert getattr(model, key) == SECTIONS[section].model_fields[key].default, f"{section}.{key}"


# --- the documents themselves


def _bare(text: str) -> str:
    """What is said, whatever the width it is said in and the day it is said on."""
    return _DATE.sub("DATE", " ".join(text.split()))


async def test_the_readme_shows_what_the_demo_says() -> None:
    (excerpt,) = (block for block in _blocks(ROOT / "README.md", "") if "tocsin" in block)
    out = io.StringIO()
    await demo.main(io.StringIO(), out)
    said = _bare(out.getvalue())
    for line in excerpt.splitlines():
        assert _bare(line) in said, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", document.read_text("utf-8"))):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        there = document.parent / path if path else document
        assert there.exists(), f"{_name(document)} → {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{_name(document)} → {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_toml_is_config(document: Path) -> None:
    for block in _blocks(document, "toml"):
        for section, keys in tomllib.loads(block).items():
            shown = keys.values() if section == "campaigns" else [keys]
            for one in shown:
                assert set(one) <= set(SECTIONS[section].model_fields), f"{_name(document)}: [{section}]"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_what_is_run_in_a_shell_exists(document: Path) -> None:
    known = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for block in _blocks(document, "sh"):
        for line in block.splitlines():
            for name, rest in re.findall(r"\btocsin (?!-)(\w+)([^|>;&#]*)", line):
                if "bin/tocsin " not in line:
                    continue
                assert name in known, f"{_name(document)}: {line}"
                options = {spelling for parameter in known[name].params for spelling in parameter.opts}
                assert set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest)) <= options, (
                    f"{_name(document)}: {line}"
                )
            for target in re.findall(r"^make ([a-z]+)", line):
                assert target in targets, f"{_name(document)}: {line}"


@pytest.mark.parametrize("guide", ["docs/guide.fr.md", "docs/guide.en.md"])
def test_the_guides_know_every_command(guide: str) -> None:
    shown = {_found(typed)[0].name for typed in (*LINES, *SPANS) if typed.where == guide}
    assert {one.name for one in MENU} - shown == set()
