"""What we say of ourselves when asked (XEP-0030), and the few letters that stand for it in presences (XEP-0115)."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from bot.transports.xmpp import stanzas

if TYPE_CHECKING:
    from collections.abc import Sequence

INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"
_CAPS = "http://jabber.org/protocol/caps"
_NODE = "urn:tocsin"
_FEATURES = (
    INFO,
    ITEMS,
    _CAPS,
    stanzas.COMMANDS,
    stanzas.DATA,
    stanzas.CORRECT,
    stanzas.MARKERS,
    stanzas.MUC,
    stanzas.REACTIONS,
    stanzas.RECEIPTS,
    stanzas.REPLY,
    "urn:xmpp:ping",
)


class Identity:
    """A bot, under its name, and what it understands."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def version(self) -> str:
        """The hash of all we say of ourselves (XEP-0115, section 5.1)."""
        said = f"client/bot//{self._name}<" + "".join(f"{feature}<" for feature in sorted(_FEATURES))
        return base64.b64encode(hashlib.sha1(said.encode(), usedforsecurity=False).digest()).decode()

    def caps(self) -> Element:
        """What stands in each of our presences, so that clients need not ask."""
        return Element(f"{{{_CAPS}}}c", {"hash": "sha-1", "node": _NODE, "ver": self.version})

    def info(self, node: str, titles: Sequence[tuple[str, str]]) -> Element | None:
        """Answer what we are, or a node of ours is; None if there is none such. `titles` are the forms: name → title."""
        query = Element(f"{{{INFO}}}query", {"node": node} if node else {})
        if node in ("", f"{_NODE}#{self.version}"):
            _is(query, "client", "bot", self._name)
            for feature in sorted(_FEATURES):
                SubElement(query, f"{{{INFO}}}feature", {"var": feature})
            return query
        if node == stanzas.COMMANDS:
            _is(query, "automation", "command-list", self._name)
            return query
        for name, title in titles:
            if node == name:
                _is(query, "automation", "command-node", title)
                for feature in (stanzas.COMMANDS, stanzas.DATA):
                    SubElement(query, f"{{{INFO}}}feature", {"var": feature})
                return query
        return None


def items(node: str, jid: str, titles: Sequence[tuple[str, str]]) -> Element:
    """Answer what we have: the forms, if those are asked for."""
    query = Element(f"{{{ITEMS}}}query", {"node": node} if node else {})
    if node == stanzas.COMMANDS:
        for name, title in titles:
            SubElement(query, f"{{{ITEMS}}}item", {"jid": jid, "node": name, "name": stanzas.clean(title)})
    return query


def _is(query: Element, category: str, kind: str, name: str) -> None:
    SubElement(
        query, f"{{{INFO}}}identity", {"category": category, "type": kind, "name": stanzas.clean(name)}
    )
