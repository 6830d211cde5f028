"""Sentences of one language with their values: Markdown with a slot for each value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.texts.data import begins_with_vowel, clean, clean_source, is_web_address
from bot.texts.formats import Formats
from bot.texts.markup import MOST_SLOTS, Code, Data, Document, Url, slot
from campaign.chat import Day, Link, Listing, Markdown, Moment, Named, Text, Typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.texts.catalogue import Catalogue, Template
    from bot.texts.markup import Piece
    from campaign.chat import Value

_DEEPEST = 20
_TOO_MUCH = "…"

_ITEM = re.compile(r" *(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_ELIDED = re.compile(r"\b([dD]|[qQ]u)e (\**)$")
_BLOCK = re.compile(r" {0,3}(?:#|>|```|~~~|---)")


class Sentences:
    """How one language says things, with commands named as its readers type them."""

    def __init__(
        self, catalogue: Catalogue, prefix: str, zone: str, names: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.formats = Formats(catalogue, zone)
        self._catalogue = catalogue
        self._prefix = prefix
        self._names = names

    def document(self, lines: Sequence[Text]) -> Document:
        """Write lines as one document, each on a line of its own."""
        filling = _Filling(self)
        return Document(_joined([filling.sentence(line) for line in lines]), filling.pieces)

    def is_block(self, text: Text) -> bool:
        """Whether this is a list item, a heading or the like, which cannot follow words on the same line."""
        source = _Filling(self).sentence(text)
        return bool(_ITEM.match(source) or _BLOCK.match(source) or source.startswith("\n"))

    def template(self, text: Text) -> Template:
        """Return a sentence in this language, before its values."""
        if text.plural:
            return self._catalogue.many(text.id, text.plural, text.count)
        return self._catalogue.one(text.id)

    def typed(self, typed: Typed) -> str:
        """Write a command as the reader types it."""
        name, rest = typed.command, typed.rest
        if name not in self._names:
            # "poll open" is the command "poll" and what follows it.
            name, _, more = name.partition(" ")
            rest = f"{more} {rest}"
        name = self._names.get(name, {}).get(self._catalogue.language, name)
        return clean(f"{self._prefix}{name} {rest}")

    def before(self, words: str, name: str) -> str:
        """What stands before a name, as the language puts it there: "de" is "d'" before a vowel in French."""
        elides = self._catalogue.language == "fr" and _ELIDED.search(words) and begins_with_vowel(clean(name))
        return _ELIDED.sub(r"\1'\2", words) if elides else words

    def named(self, value: Named) -> str:
        """A name in this language, or the first it has."""
        first = next(iter(value.names.values()), "")
        return value.names.get(self._catalogue.language, first)


class _Filling:
    """Sentences being filled: Markdown with a slot for each value, and the values."""

    def __init__(self, sentences: Sentences) -> None:
        self.pieces: list[Piece] = []
        self._sentences = sentences

    def sentence(self, text: Text, depth: int = 0) -> str:
        if depth > _DEEPEST:
            return _TOO_MUCH
        template = self._sentences.template(text)
        if len(template) == 1:
            return template[0].replace("\n", "  \n")
        parts = []
        for index, part in enumerate(template):
            if index % 2 == 0:
                parts.append(part.replace("\n", "  \n"))  # a line break is meant to be one
            elif part in text.values:
                value = text.values[part]
                if isinstance(value, str):
                    parts[-1] = self._sentences.before(parts[-1], value)
                parts.append(self.value(value, depth + 1))
            else:
                parts.append(f"{{{part}}}")
        return "".join(parts)

    def value(self, value: Value, depth: int) -> str:
        if isinstance(value, Text):
            return self.sentence(value, depth)
        if isinstance(value, Markdown):
            source = clean_source(value.source).strip("\n")
            return f"\n\n{source}\n\n" if "\n" in source else source
        if isinstance(value, Listing):
            return self.listing(value, depth)
        return self.put(self.piece(value))

    def listing(self, listing: Listing, depth: int) -> str:
        if depth > _DEEPEST:
            return _TOO_MUCH
        formats = self._sentences.formats
        names = [clean(item) for item in listing.items if isinstance(item, str)]
        if len(names) == len(listing.items):
            return self.put(Data(formats.listing(names, either=listing.either)))
        items = [self.value(item, depth + 1) for item in listing.items]
        return formats.listing(items, either=listing.either)

    def piece(self, value: str | int | Moment | Day | Typed | Link | Named) -> Piece:
        if isinstance(value, Named):
            value = self._sentences.named(value)
        formats = self._sentences.formats
        if isinstance(value, str):
            return Data(clean(value))
        if isinstance(value, int):
            return Data(formats.number(value))
        if isinstance(value, Moment):
            return Data(formats.moment(value))
        if isinstance(value, Day):
            return Data(formats.day(value.day))
        if isinstance(value, Typed):
            return Code(self._sentences.typed(value))
        return Url(value.url) if is_web_address(value.url) else Data(clean(value.url))

    def put(self, piece: Piece) -> str:
        if len(self.pieces) >= MOST_SLOTS:
            return _TOO_MUCH
        self.pieces.append(piece)
        return slot(len(self.pieces) - 1)


def _joined(lines: Sequence[str]) -> str:
    """Lines as one Markdown document in which each still stands on a line of its own."""
    document = before = ""
    for line in lines:
        item, block = _ITEM.match(line), "\n\n" in line or _BLOCK.match(line) or not line
        kind = "item" if item else "block" if block else "text"
        if document or before:
            document += "\n\n" if "block" in {kind, before} or kind != before else "\n" if item else "  \n"
        document += line
        before = kind
    return document.strip("\n")
