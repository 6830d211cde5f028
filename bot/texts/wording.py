"""What is said to a room, in its language: sentences, messages, and several messages as one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from bot.texts.catalogue import Catalogue
from bot.texts.data import clean, guarded
from bot.texts.markup import to_html, to_markdown
from bot.texts.plain import Quotes, to_plain, to_styled
from bot.texts.sentences import Sentences
from bot.transports.base import Payload
from campaign.chat import MATRIX, N_, Text, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.texts.markup import Document
    from bot.transports.base import Capabilities
    from campaign.chat import Message

MOST_CHARACTERS = 12_000
"""How many characters the text and HTML of a merged message may have together: whatever they are, that is below the
64 KiB of a Matrix event."""

_NO_NAMES: Mapping[str, Mapping[str, str]] = {}

_ADDRESSED = N_("{name}: {line}")
_QUOTED = N_("“{code}”")

_STARTS_BLOCK = re.compile(r"<(?:p|ul|ol|pre|blockquote|hr|h\d)\b")
_ENDS_BLOCK = re.compile(r"(?:</(?:p|ul|ol|pre|blockquote|h\d)>|<hr>)$")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to leave: `html` is empty where the text says it all."""

    text: str
    html: str = ""

    @property
    def lines(self) -> int:
        """How many lines the text has."""
        return self.text.count("\n") + 1


class Wording:
    """How things are said in one language. Light to make: what is costly is kept per language."""

    def __init__(
        self,
        language: str,
        *,
        prefix: str = "!",
        zone: str = "Europe/Paris",
        command_names: Mapping[str, Mapping[str, str]] = _NO_NAMES,
        catalogue: Catalogue | None = None,
    ) -> None:
        """Speak a language ("fr", "en"; one without a catalogue is English).

        Args:
            language: its code.
            prefix: what commands begin with.
            zone: the IANA zone for moments that name none.
            command_names: English name of a command → language code → its name there.
            catalogue: translations to use instead of the shipped ones.

        """
        catalogue = catalogue or Catalogue.of(language)
        self._sentences = Sentences(catalogue, prefix, zone, command_names)
        self._prefix = prefix
        self._language = catalogue.language
        before, _, *after = catalogue.one(_QUOTED)
        self._quotes = Quotes(before, "".join(after))

    @property
    def language(self) -> str:
        """The language really spoken."""
        return self._language

    # --- sentences ------------------------------------------------------------------------------------------

    def markdown(self, text: Text) -> str:
        """Write a sentence as Markdown, its values escaped. Never raises, whatever the values hold."""
        return to_markdown(self._sentences.document([text]))

    def plain(self, lines: Sequence[Text]) -> str:
        """Write text that is readable without any formatting."""
        return self._plain(self._sentences.document(lines))

    def styled(self, lines: Sequence[Text]) -> str:
        """Write text in XMPP message styling (XEP-0393)."""
        return self._styled(self._sentences.document(lines))

    def html(self, lines: Sequence[Text]) -> str:
        """Write HTML with the tags that Matrix permits; empty if nothing is formatted."""
        return to_html(self._sentences.document(lines))

    # --- messages -------------------------------------------------------------------------------------------

    def render(self, message: Message, *, html: bool, address: bool = False) -> Rendered:
        """Render a message: plain text with HTML, or styled text without.

        With `address`, the one who is answered is named first: where it is not sent as a reply, or is merged.
        """
        lines = message.lines
        if address and clean(message.to_name):
            lines = self._addressed(message.to_name, lines)
        document = self._sentences.document(lines)
        if html:
            return Rendered(self._plain(document), to_html(document))
        return Rendered(self._styled(document))

    def payload_of(
        self,
        message: Message,
        capabilities: Capabilities,
        *,
        address: bool = False,
        reply_to: str = "",
        thread: str = "",
    ) -> Payload:
        """Freeze a message for a room that can show this much."""
        rendered = self.render(message, html=capabilities.html, address=address)
        return Payload(
            text=rendered.text,
            html=rendered.html,
            mentions=capabilities.mentions(_mentioned([message])),
            rings=message.rings,
            reply_to=reply_to,
            thread=thread,
        )

    def merge(
        self, messages: Sequence[Message], capabilities: Capabilities, most_lines: int
    ) -> tuple[Payload, int]:
        """Freeze as many of the first messages as may leave as one of so many lines; return how many they are too.

        Each addressee is named and mentioned, and it rings if one of them does. The first always fits.
        """
        parts: list[Rendered] = []
        lines = characters = 0
        for message in messages:
            part = self.render(message, html=capabilities.html, address=True)
            lines += part.lines
            characters += len(part.text) + len(part.html) + 1
            if parts and (lines > most_lines or characters > MOST_CHARACTERS):
                break
            parts.append(part)
        taken = messages[: len(parts)]
        formatted = any(part.html for part in parts)
        merged = Payload(
            text="\n".join(part.text for part in parts),
            html=_joined_html([part.html or _as_html(part.text) for part in parts]) if formatted else "",
            mentions=capabilities.mentions(_mentioned(taken)),
            rings=any(message.rings for message in taken),
        )
        return merged, len(taken)

    # --- the way there --------------------------------------------------------------------------------------

    def _addressed(self, name: str, lines: Sequence[Text]) -> tuple[Text, ...]:
        if not lines:
            return ()
        first, *others = lines
        if self._sentences.is_block(first):
            # What is a block of its own cannot follow a name: the name stands above it.
            return (say(_ADDRESSED, name=name, line=Text("")), *lines)
        return (say(_ADDRESSED, name=name, line=first), *others)

    def _plain(self, document: Document) -> str:
        return guarded(to_plain(document, self._quotes), self._prefix)

    def _styled(self, document: Document) -> str:
        return guarded(to_styled(document, self._quotes), self._prefix)


def _as_html(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _joined_html(parts: Sequence[str]) -> str:
    html = parts[0]
    for part in parts[1:]:
        html += part if _ENDS_BLOCK.search(html) or _STARTS_BLOCK.match(part) else f"<br>{part}"
    return html


def _mentioned(messages: Sequence[Message]) -> tuple[str, ...]:
    """Matrix accounts to notify, each once: whom we mention, never whom a value names."""
    addresses = [address for message in messages for address in (message.to, *message.mentions) if address]
    return tuple(dict.fromkeys(a.id for a in addresses if a.network == MATRIX and a.is_account))
