"""Every safeguard is taken out where it stands: a control that replaces what nobody looks at would prove nothing."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "controls"
CONTROLS = sorted(file.stem for file in HERE.glob("[a-z]*.py"))
ONE_CLOCK_APART = {("bot.clock", "utc_now")}
"""What is replaced where it stands and besides where the app holds it: no other clock is to be shifted."""


def replaced(control: str) -> Iterator[tuple[object, str]]:
    """Whose parts a file of controls replaces, and their names there."""
    known = vars(importlib.import_module(f"tests.faults.controls.{control}"))
    for node in ast.walk(ast.parse((HERE / f"{control}.py").read_text())):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if not isinstance(target, ast.Attribute):
                continue
            first, *path = ast.unparse(target.value).split(".")
            if first not in known:  # something of the function's own
                continue
            whose = known[first]
            for name in path:
                whose = getattr(whose, name)
            yield whose, target.attr


@cache
def product() -> dict[str, str]:
    """Module → its text."""
    found = {}
    for room in ("bot", "commands", "campaign", "storage"):
        for file in (ROOT / room).rglob("*.py"):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file.read_text()
    return found


def nodes(name: str) -> Iterator[tuple[str, ast.AST]]:
    """What the modules that know a word consist of."""
    for module, text in product().items():
        if name in text:
            for node in ast.walk(ast.parse(text)):
                yield module, node


def held_by(module: str, name: str) -> set[str]:
    """The modules that have something by a name of their own: to replace it where it was made changes nothing there."""
    return {
        other
        for other, node in nodes(name)
        if isinstance(node, ast.ImportFrom) and node.module == module
        if any(one.name == name for one in node.names)
    }


def is_read(module: str, name: str) -> bool:
    """Whether the module itself, or one that goes through it, looks at a name of its own."""
    last = module.rpartition(".")[2]
    return any(
        other == module and isinstance(node, ast.Name) and node.id == name
        if not isinstance(node, ast.Attribute)
        else node.attr == name and isinstance(node.value, ast.Name) and node.value.id == last
        for other, node in nodes(name)
        if isinstance(getattr(node, "ctx", None), ast.Load)
    )


@pytest.mark.parametrize("control", CONTROLS)
def test_what_is_replaced_is_there_and_is_what_the_product_looks_at(control: str) -> None:
    found = list(replaced(control))
    assert found
    for whose, name in found:
        assert hasattr(whose, name), f"{whose} has no {name}: this switches nothing off"
    modules = {(whose.__name__, name) for whose, name in found if isinstance(whose, ModuleType)}
    for module, name in modules - ONE_CLOCK_APART:
        assert is_read(module, name) or held_by(module, name), f"nothing looks at {module}.{name}"
        missed = {other for other in held_by(module, name) if (other, name) not in modules}
        assert not missed, f"{missed} have {name} by a name of their own: there nothing is switched off"
