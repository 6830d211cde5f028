"""Small Markdown with slots for values → plain text, XMPP message styling (XEP-0393) and Matrix's HTML.

Only the sentence goes through the Markdown parser, with one private-use character for each value; values are
put into the parsed tree. So nothing in a value can become markup or break ours, and a sentence is parsed
once, whatever is said with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from markdown_it import MarkdownIt

from bot.texts.data import is_web_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

_FIRST, _LAST = 0xF0000, 0xFFFFD
SLOT = re.compile(f"([{chr(_FIRST)}-{chr(_LAST)}])")
MOST_SLOTS = _LAST - _FIRST + 1
"""How many values fit in one document."""


@dataclass(frozen=True, slots=True)
class Data:
    """Text shown exactly as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Something to be typed, shown exactly as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Url:
    """A web address, shown and followed exactly as it is."""

    text: str


Piece: TypeAlias = Data | Code | Url


class Document(NamedTuple):
    """Markdown in which `slot(n)` stands for `pieces[n]`."""

    source: str
    pieces: Sequence[Piece]


def slot(index: int) -> str:
    """Return the character that stands for a value; `index` is below `MOST_SLOTS`."""
    return chr(_FIRST + index)


class Node(NamedTuple):
    """A part of a parsed document. `text` is what a leaf holds, a link's address, a list's first number."""

    kind: str
    text: str = ""
    children: tuple[Node, ...] = ()
    tight: bool = False


class _Parser(MarkdownIt):
    def normalizeLink(self, url: str) -> str:  # noqa: N802 - overrides; percent-encoding would hide the slots
        return url


_PARSER = _Parser("commonmark", {"html": False})


@lru_cache(maxsize=1024)
def parse(source: str) -> tuple[Node, ...]:
    """Parse Markdown; raw HTML in it is text."""
    return _tree(_PARSER.parse(source))


def _tree(tokens: Sequence[Token]) -> tuple[Node, ...]:
    opened: list[Token] = []
    levels: list[list[Node]] = [[]]
    for token in tokens:
        if token.nesting > 0:
            opened.append(token)
            levels.append([])
        elif token.nesting < 0:
            opener, children = opened.pop(), tuple(levels.pop())
            text = str(opener.attrGet("href") or opener.attrGet("start") or opener.tag)
            levels[-1].append(Node(opener.type.removesuffix("_open"), text, children, opener.hidden))
        elif token.type in {"inline", "image"}:  # an image is not ours to load: only its words are kept
            levels[-1].extend(_tree(token.children or []))
        else:
            levels[-1].append(Node(token.type, token.content))
    return tuple(levels[0])


def piece_of(character: str, pieces: Sequence[Piece]) -> Piece:
    """Return the value that a slot stands for."""
    return pieces[ord(character) - _FIRST]


def raw(text: str, pieces: Sequence[Piece]) -> str:
    """Put the values in the text just as they are."""
    return SLOT.sub(lambda found: piece_of(found[0], pieces).text, text)


def address_of(link: Node, pieces: Sequence[Piece]) -> str:
    """Where a link leads; empty if nobody should be led there."""
    if SLOT.search(link.text):
        # Only a value that was meant to be an address leads anywhere, never a person's text.
        piece = piece_of(link.text, pieces) if len(link.text) == 1 else None
        return piece.text if isinstance(piece, Url) else ""
    return link.text if is_web_address(link.text) else ""


# --- Markdown with the values in it -------------------------------------------------------------------------

_SPAN = re.compile(r"(?<![\\`])`([^`\n]+)`(?!`)")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def to_markdown(document: Document) -> str:
    """Write the document as Markdown, its values escaped."""
    # In a code span of ours nothing can be escaped: the whole span is written again, with its values.
    source = _SPAN.sub(lambda found: _escaped(Code(raw(found[1], document.pieces))), document.source)
    return SLOT.sub(lambda found: _escaped(piece_of(found[0], document.pieces)), source)


def _escaped(piece: Piece) -> str:
    if isinstance(piece, Url):
        return f"<{piece.text}>"
    if isinstance(piece, Code) and piece.text:
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", piece.text)), default=0))
        pad = " " if piece.text.startswith("`") or piece.text.endswith("`") else ""
        return f"{fence}{pad}{piece.text}{pad}{fence}"
    return _PUNCTUATION.sub(r"\\\1", piece.text)


# --- HTML ---------------------------------------------------------------------------------------------------

_LEAVES = {
    "softbreak": (" ", ""),
    "hardbreak": ("<br>", ""),
    "hr": ("<hr>", ""),
    "code_inline": ("<code>", "</code>"),
    "fence": ("<pre><code>", "</code></pre>"),
    "code_block": ("<pre><code>", "</code></pre>"),
}
_TAGS = {"ordered_list": "ol"}  # the parser names the others; for this one the node holds the first number


def to_html(document: Document) -> str:
    """Render with tags that Matrix permits; empty where nothing is formatted: plain text says it all."""
    nodes = parse(document.source)
    if len(nodes) == 1 and nodes[0].kind == "paragraph":
        nodes = nodes[0].children
    html = "".join([_html(node, document.pieces) for node in nodes])
    return html if "<" in re.sub("</?p>|<br>", "", html) else ""


def _html(node: Node, pieces: Sequence[Piece]) -> str:
    if node.kind == "text":
        return _html_text(node.text, pieces)
    if node.kind in _LEAVES:
        before, after = _LEAVES[node.kind]
        return f"{before}{escape(raw(node.text, pieces))}{after}"
    address = address_of(node, pieces) if node.kind == "link" else ""
    if address:
        pieces = [Data(piece.text) for piece in pieces]  # a link within a link is no HTML
    inner = "".join([_html(child, pieces) for child in node.children])
    if address:
        return f'<a href="{escape(address)}">{inner}</a>'
    if node.kind == "link" or node.tight:
        return inner
    start = f' start="{node.text}"' if node.kind == "ordered_list" and node.text.isdigit() else ""
    tag = _TAGS.get(node.kind, node.text)
    return f"<{tag}{start}>{inner}</{tag}>"


def _html_text(text: str, pieces: Sequence[Piece]) -> str:
    out = []
    for index, part in enumerate(SLOT.split(text)):
        if index % 2 == 0:
            out.append(escape(part))
            continue
        piece = piece_of(part, pieces)
        shown = escape(piece.text)
        if isinstance(piece, Url):
            shown = f'<a href="{shown}">{shown}</a>'
        elif isinstance(piece, Code):
            shown = f"<code>{shown}</code>"
        out.append(shown)
    return "".join(out)
