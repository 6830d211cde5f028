"""The list of signatories as a file: each format takes the list and gives bytes."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from campaign.publish import csv, json, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign.signature import SignatoryList


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file an export can be."""

    extension: str
    """Without the dot."""
    media_type: str
    write: Callable[[SignatoryList, str], bytes]
    """Takes the language that people read it in, too: a language code."""
    public: bool = False
    """Whether it is made to be published: it holds only signatures that count."""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "csv": Format("csv", "text/csv", csv.write),
        "json": Format("json", "application/json", json.write),
        "markdown": Format("md", "text/markdown", markdown.write, public=True),
    }
)
"""The formats by the name under which they are asked for. All are UTF-8; markdown alone is made to be published."""
