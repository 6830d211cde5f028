"""A message as a person's client on XMPP got it, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

_C = "{jabber:client}"
_SID = "{urn:xmpp:sid:0}"


@dataclass(frozen=True)
class Heard:
    """A message as this person's client got it: `room` is the sender's bare address, `nick` the resource."""

    xml: ET.Element

    @property
    def sender(self) -> str:
        return self.xml.get("from", "")

    @property
    def room(self) -> str:
        return self.sender.partition("/")[0]

    @property
    def nick(self) -> str:
        return self.sender.partition("/")[2]

    @property
    def type(self) -> str:
        return self.xml.get("type", "normal")

    @property
    def id(self) -> str:
        return self.xml.get("id", "")

    @property
    def body(self) -> str:
        return self.xml.findtext(f"{_C}body") or ""

    @property
    def text(self) -> str:
        """All of it, as it came."""
        return ET.tostring(self.xml, "unicode")

    @property
    def origin_id(self) -> str:
        found = self.xml.find(f"{_SID}origin-id")
        return "" if found is None else found.get("id", "")

    def stanza_id(self, by: str = "") -> str:
        """Return the archive id given by the room (or by `by`, for a direct chat this person's own address)."""
        for found in self.xml.findall(f"{_SID}stanza-id"):
            if found.get("by") == (by or self.room):
                return found.get("id", "")
        return ""

    @property
    def occupant_id(self) -> str:
        found = self.xml.find("{urn:xmpp:occupant-id:0}occupant-id")
        return "" if found is None else found.get("id", "")

    @property
    def replies_to(self) -> str:
        found = self.xml.find("{urn:xmpp:reply:0}reply")
        return "" if found is None else found.get("id", "")

    @property
    def corrects(self) -> str:
        found = self.xml.find("{urn:xmpp:message-correct:0}replace")
        return "" if found is None else found.get("id", "")

    @property
    def reactions(self) -> tuple[str, list[str]] | None:
        """What is reacted to, and with what; None if this is no reaction."""
        found = self.xml.find("{urn:xmpp:reactions:0}reactions")
        return None if found is None else (found.get("id", ""), [each.text or "" for each in found])

    @property
    def file_url(self) -> str:
        return self.xml.findtext("{jabber:x:oob}x/{jabber:x:oob}url") or ""


@dataclass(frozen=True)
class Archived:
    """A message as a room's archive keeps it, and the id it has there."""

    id: str
    heard: Heard
