"""Imports run downwards, each library stays in its corner, commands are strangers to each other; and the menu is whole."""

from __future__ import annotations

import pkgutil
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import grimp
import pytest

import commands
from bot.texts.catalogue import Catalogue
from bot.texts.wordings import Wordings
from campaign.chat import Message, say
from campaign.decision import PRESETS, Procedure
from commands.command import Command, House
from commands.line.calling import Line, call
from commands.line.finding import find
from commands.line.usage import usage
from commands.menu import MENU
from commands.vocabulary import CHOICES, LABELS, OPTIONS, fold, option_words, read_choice
from commands.vote import TAKE_BACK

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "commands", "storage", "campaign")
LINTER = Path(sys.executable).with_name("lint-imports")

BREACHES = {
    "bot talks, commands listen, storage remembers, campaign knows the rules": (
        "storage/rooms.py",
        "import commands.tell",
    ),
    "what commands share is in folders, and each folder looks only at those below it": (
        "commands/line/usage.py",
        "import commands.clock.due",
    ),
    "campaign does no I/O and knows no network, clock or database": (
        "campaign/dates/reading.py",
        "import asyncio",
    ),
    "nio only in the Matrix transport": ("bot/delivery/delivery.py", "import nio"),
    "slixmpp only in the XMPP transport": ("bot/delivery/delivery.py", "import slixmpp"),
    "apscheduler only in the clock": ("commands/clock/due.py", "import apscheduler"),
    "sqlalchemy stays in storage": ("commands/tell.py", "import sqlalchemy"),
}
"""For each contract, an import that breaks it."""
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
]
CORNERS = {
    "nio": "bot.transports.matrix",
    "slixmpp": "bot.transports.xmpp",
    "apscheduler": "bot.clock",
    "sqlalchemy": "storage",
    "alembic": "storage",
    "typer": "bot.cli",
    "rich": "bot",
}
"""Each library and the one corner that may know it."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


# --- layers


def test_the_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    for contract in CONTRACTS:
        assert f"{contract} KEPT" in done.stdout


def test_each_contract_would_be_broken(tmp_path: Path) -> None:
    """The control: a copy of the code with a forbidden import for each contract."""
    assert set(CONTRACTS) == set(BREACHES), "a new contract needs an import here that breaks it"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint(tmp_path).returncode == 0
    for contract, (file, forbidden) in BREACHES.items():
        with (tmp_path / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{forbidden}\n")
        done = lint(tmp_path)
        assert f"{contract} BROKEN" in done.stdout, contract
        assert done.returncode == 1


@pytest.mark.parametrize(("library", "corner"), CORNERS.items())
def test_a_library_stays_in_its_corner(graph: grimp.ImportGraph, library: str, corner: str) -> None:
    """Also those that no contract names."""
    importers = graph.find_modules_that_directly_import(library)
    assert importers, "a library nobody imports needs no corner"
    assert [one for one in sorted(importers) if not f"{one}.".startswith(f"{corner}.")] == []


# --- commands


def crossings(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    """Imports from one command's file to another's. Files that hold no command are there to be shared."""
    files = {one.run.__module__ for one in MENU}
    return sorted(
        (one, other)
        for one in files
        for other in graph.find_modules_directly_imported_by(one)
        if other in files
    )


def test_commands_do_not_import_each_other(graph: grimp.ImportGraph) -> None:
    assert crossings(graph) == []


def test_a_command_that_imports_another_is_noticed() -> None:
    control = grimp.build_graph(*PACKAGES, cache_dir=None)
    control.add_import(importer="commands.sign", imported="commands.withdraw")
    assert crossings(control) == [("commands.sign", "commands.withdraw")]


def test_only_the_menu_knows_the_commands(graph: grimp.ImportGraph) -> None:
    """What several commands share is below them: it stands in a folder, and looks at none of them."""
    files = {one.run.__module__ for one in MENU}
    within = {one for one in graph.modules if one.startswith("commands.")}
    knowing = {
        one for one in within for other in graph.find_modules_directly_imported_by(one) if other in files
    }
    assert knowing == {"commands.menu"}


def test_folders_hold_no_command() -> None:
    """Whoever looks for a command finds it without opening a folder."""
    assert {one.run.__module__.count(".") for one in MENU} == {1}


def test_every_command_is_in_the_menu() -> None:
    """A file may be written, and its line in the menu forgotten."""
    written = {
        value.run: name
        for module in pkgutil.walk_packages(commands.__path__, "commands.")
        for name, value in vars(import_module(module.name)).items()
        if isinstance(value, Command)
    }
    listed = {one.run for one in MENU}
    assert [name for which, name in written.items() if which not in listed] == []
    assert len(listed) == len(MENU)


# --- the menu


def test_no_two_commands_answer_to_one_name() -> None:
    names: dict[str, Command] = {}
    for one in MENU:
        for name in one.names:
            assert names.setdefault(fold(name), one) is one, (
                f"{name}: {one.name} and {names[fold(name)].name}"
            )


@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
def test_a_command_answers_to_both_its_names(one: Command) -> None:
    """A command of two words is found before one of its first word alone."""
    for name in (one.name, one.fr, one.name.upper(), one.fr.capitalize()):
        assert find(Line(name), MENU) == (one, "")
        assert find(Line(f"{name} what follows"), MENU) == (one, "what follows")


@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
def test_a_name_is_easy_to_type(one: Command) -> None:
    """Any phone has these letters (accents need not be typed), and no name looks like the beginning of an option."""
    for name in map(fold, one.names):
        assert all(word.isascii() and word.isalpha() and word.islower() for word in name.split(" ")), name
        assert len(name.split(" ")) <= 2


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
def test_a_command_explains_itself(one: Command, language: str) -> None:
    """Help, usage and an example, each in the language, the example under the command's name there."""
    house = House(language=language)
    wordings = Wordings(house, MENU)
    catalogue = Catalogue.of(language)
    helped = wordings.plain(Message((say(one.help),)), language)
    assert helped.rstrip().endswith((".", "!")), "one whole sentence"
    if language == "fr":
        assert catalogue.one(one.help) != Catalogue.english().one(one.help), "said in English"
    shown = wordings.plain(Message((usage(one, language),)), language)
    assert f"{house.prefix}{one.name_in(language)}" in shown
    (example,) = catalogue.one(one.example)
    line = call(example, prefix=house.prefix, names=(house.name,), mentioned=False)
    assert line is not None, example
    found = find(line, MENU)
    assert found is not None, example
    assert found[0] is one, example
    assert fold(line.text).startswith(fold(one.name_in(language))), example


@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
def test_no_two_options_answer_to_one_word(one: Command) -> None:
    options = [parameter.name for parameter in one.parameters if parameter.is_option]
    words = [word for option in {*options, "campaign"} for word in sorted(option_words(option))]
    assert len(words) == len(set(words)), words
    assert [word for word in words if fold(word) != word] == [], "they are compared folded"


@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
def test_no_two_choices_answer_to_one_word(one: Command) -> None:
    for parameter in one.parameters:
        for table in CHOICES.values():
            for choice in parameter.choices:
                for word in (choice, *table.get(choice, ())):
                    assert read_choice(word, parameter.choices) == choice, word


@pytest.mark.parametrize("procedure", PRESETS.values(), ids=lambda procedure: procedure.name)
def test_no_two_answers_of_a_poll_are_one_word(procedure: Procedure) -> None:
    for table in CHOICES.values():
        for choice in procedure.choices:
            for word in (choice, *table.get(choice, ())):
                assert read_choice(word, procedure.choices) == choice, word


def test_english_shows_the_words_it_is_written_in() -> None:
    for choice, words in CHOICES["en"].items():
        assert words[0] == choice


@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
def test_help_shows_a_command_in_one_language(one: Command) -> None:
    """What the code calls an argument is English; where no French stands in the vocabulary, help would show that."""
    for parameter in one.parameters:
        if parameter.is_option:
            assert parameter.name in OPTIONS["fr"], f"{parameter.name}= has no French in OPTIONS"
        elif not parameter.choices:
            assert parameter.name in LABELS["fr"], f"<{parameter.name}> has no French in LABELS"
        for choice in parameter.choices:
            assert choice in CHOICES["fr"], f"the choice {choice} has no French in CHOICES"


def test_every_command_has_a_topic() -> None:
    """Help shows commands by topic: one that the menu puts under none would stand under an empty heading."""
    assert [one.name for one in MENU if not one.topic] == []


def test_the_vocabulary_holds_nothing_that_no_command_takes() -> None:
    parameters = [parameter for one in MENU for parameter in one.parameters]
    options = {parameter.name for parameter in parameters if parameter.is_option}
    choices = {choice for parameter in parameters for choice in parameter.choices}
    shown = {each.name for each in parameters if not each.is_option and not each.choices}
    votes = {choice for procedure in PRESETS.values() for choice in procedure.choices}
    for table in OPTIONS.values():
        assert set(table) - options <= {"campaign"}
    for labels in LABELS.values():
        assert set(labels) - shown == set()
    for table in CHOICES.values():
        assert set(table) - choices - votes - {TAKE_BACK} == set()
