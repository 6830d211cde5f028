"""The same documents as text: readable without any formatting, or in XMPP message styling (XEP-0393).

XEP-0393 has no way to escape. What we do instead:

- Text never styles: where a `*`, `_`, `~` or backtick of it could open a span (at its start or after white
  space, and not before white space), a character that looks the same takes its place. Within a word, as in
  `foo_bar` or an address, it is left alone: it opens nothing there.
- Our own span is marked only where its text does not hold the mark that would end it, and lies on one line;
  else it is left unmarked.
- A line of text never begins with `>`, in plain text neither.

Commands stand in the quotes of the language where they have no formatting: bare, nobody sees in "type
!sign Picasoft to sign" where the command ends; and a line that begins with a quoted command is no command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.texts.markup import SLOT, Code, Document, Node, Url, address_of, parse, piece_of, raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.texts.markup import Piece

_OPENS = re.compile(r"(?:^|(?<=\s))(?:[*_~`]{2,}+|[*_~`](?!\s))")
_QUOTES = re.compile(r"^ *>", re.MULTILINE)
_LOOKS_LIKE = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"})
_RULE = "———"


@dataclass(frozen=True, slots=True)
class Quotes:
    """What stands around a command that cannot be formatted."""

    before: str
    after: str


def to_plain(document: Document, quotes: Quotes) -> str:
    """Write what needs no formatting: addresses in brackets, commands in quotes, items after dots."""
    return _Writer(document.pieces, quotes, styled=False).blocks(parse(document.source))


def to_styled(document: Document, quotes: Quotes) -> str:
    """Write XMPP message styling: `*strong*`, `_emphasis_`, code in backticks, `> ` before a quotation."""
    return _Writer(document.pieces, quotes, styled=True).blocks(parse(document.source))


class _Writer:
    def __init__(self, pieces: Sequence[Piece], quotes: Quotes, *, styled: bool) -> None:
        self.pieces = pieces
        self.quotes = quotes
        self.styled = styled
        self.bullet = "- " if styled else "• "

    def blocks(self, nodes: Sequence[Node]) -> str:
        out: list[str] = []
        before = ""
        for node in nodes:
            if out:
                # A list belongs to the sentence above it, and a phone has few lines.
                close = "list" in node.kind or "list" in before or before == "heading" or node.tight
                out.append("\n" if close else "\n\n")
            out.append(self.block(node))
            before = node.kind
        return "".join(out)

    def block(self, node: Node) -> str:
        if node.kind == "paragraph":
            return _QUOTES.sub("›", self.inline(node.children))  # noqa: RUF001 - looks alike, quotes nothing
        if node.kind == "heading":
            return _QUOTES.sub("›", self.span("*", node.children, opens=True))  # noqa: RUF001 - as above
        if node.kind == "blockquote":
            return "> " + self.blocks(node.children).replace("\n", "\n> ")
        if node.kind == "hr":
            return _RULE
        if node.kind in {"fence", "code_block"}:
            return self.preformatted(raw(node.text, self.pieces).strip("\n"))
        number = int(node.text) if node.text.isdigit() else 1
        items = []
        for index, item in enumerate(node.children):
            mark = self.bullet if node.kind == "bullet_list" else f"{number + index}. "
            items.append(mark + self.blocks(item.children).replace("\n", "\n" + " " * len(mark)))
        return "\n".join(items)

    def preformatted(self, text: str) -> str:
        if not self.styled:
            return text
        if "```" not in text:
            return f"```\n{text}\n```"
        return _QUOTES.sub("›", "\n".join(map(self.literal, text.split("\n"))))  # noqa: RUF001 - as above

    def inline(self, nodes: Sequence[Node], *, opens: bool = True, marks: bool = True) -> str:
        """Write (a part of) a paragraph. `opens`: a span may open at its start. `marks`: spans are marked."""
        out = ""
        for node in nodes:
            here = out[-1].isspace() if out else opens
            if node.kind == "text":
                out = self.text(node.text, out, opens=opens, marks=marks)
            elif node.kind == "code_inline":
                out += self.code(raw(node.text, self.pieces), opens=here and marks)
            elif node.kind in {"strong", "em"}:
                mark = "*" if node.kind == "strong" else "_"
                out += self.span(mark, node.children, opens=here and marks)
            elif node.kind == "link":
                out += self.link(node, opens=here, marks=marks)
            else:
                out += " " if node.kind == "softbreak" else "\n"
        return out

    def text(self, text: str, out: str, *, opens: bool, marks: bool) -> str:
        """Return `out` with a leaf's text after it."""
        words = ""
        for index, part in enumerate(SLOT.split(text)):
            piece = piece_of(part, self.pieces) if index % 2 else None
            if isinstance(piece, Code | Url):
                out += self.literal(words)
                words = ""
                here = out[-1].isspace() if out else opens
                out += piece.text if isinstance(piece, Url) else self.code(piece.text, opens=here and marks)
            else:
                words += piece.text if piece else part
        return out + self.literal(words)

    def literal(self, text: str) -> str:
        if not self.styled:
            return text
        return _OPENS.sub(lambda found: found[0].translate(_LOOKS_LIKE), text)

    def code(self, text: str, *, opens: bool) -> str:
        if self.styled and opens and text and "`" not in text and text == text.strip():
            return f"`{text}`"
        return f"{self.quotes.before}{self.literal(text)}{self.quotes.after}"

    def span(self, mark: str, nodes: Sequence[Node], *, opens: bool) -> str:
        if self.styled and opens:
            inner = self.inline(nodes)
            if inner and mark not in inner and "\n" not in inner and inner == inner.strip():
                return f"{mark}{inner}{mark}"
        return self.inline(nodes, opens=opens, marks=False)

    def link(self, node: Node, *, opens: bool, marks: bool) -> str:
        words = self.inline(node.children, opens=opens, marks=marks)
        address = address_of(node, self.pieces)
        if not address or words in {address, address.removeprefix("mailto:")}:
            return words
        return f"{words} ({address})" if words else address
