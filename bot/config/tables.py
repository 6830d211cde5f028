"""A config as TOML gave it, looked at even where the schema refuses it: everything that is wrong is said at once.

What is missing or of another type is empty here, for the schema says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def table(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A section."""
    found = raw.get(key)
    return found if isinstance(found, Mapping) else {}


def campaigns(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Key and section of each campaign."""
    for key, one in table(raw, "campaigns").items():
        if isinstance(one, Mapping):
            yield key, one


def word(section: Mapping[str, Any], key: str) -> str:
    """A text of a section."""
    found = section.get(key)
    return found if isinstance(found, str) else ""


def items(section: Mapping[str, Any], key: str) -> list[Any]:
    """The values of a list of a section."""
    found = section.get(key)
    return found if isinstance(found, list) else []
