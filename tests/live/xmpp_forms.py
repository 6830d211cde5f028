"""A person's client for ad-hoc commands (XEP-0050) and data forms (XEP-0004), by hand, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from slixmpp.exceptions import IqError

if TYPE_CHECKING:
    from tests.live.xmpp_person import XmppPerson

COMMANDS = "http://jabber.org/protocol/commands"
_DATA = "{jabber:x:data}"
_TEXT = "{urn:ietf:params:xml:ns:xmpp-stanzas}text"


@dataclass(frozen=True)
class Shown:
    """What the bot answered to one step of a form."""

    command: ET.Element
    error: str = ""
    """The condition, if it refused to answer at all."""
    words: str = ""
    """What the note, or the error, says."""

    @property
    def session(self) -> str:
        return self.command.get("sessionid", "")

    @property
    def status(self) -> str:
        return self.command.get("status", "")

    @property
    def wrong(self) -> bool:
        """Whether the bot says that what was handed in was not taken."""
        note = self.command.find(f"{{{COMMANDS}}}note")
        return bool(self.error) or (note is not None and note.get("type") == "error")

    @property
    def instructions(self) -> str:
        return "\n".join(each.text or "" for each in self.command.iter(f"{_DATA}instructions"))

    @property
    def fields(self) -> dict[str, list[str]]:
        """Field → values it can have; those one writes have none. Hidden ones are left out."""
        return {
            field.get("var", ""): [
                option.findtext(f"{_DATA}value", "") for option in field.iter(f"{_DATA}option")
            ]
            for field in self.command.iter(f"{_DATA}field")
            if field.get("type") != "hidden"
        }

    @property
    def hidden(self) -> dict[str, str]:
        return {
            field.get("var", ""): field.findtext(f"{_DATA}value", "")
            for field in self.command.iter(f"{_DATA}field")
            if field.get("type") == "hidden"
        }


async def step(
    person: XmppPerson,
    to: str,
    node: str,
    after: Shown | None = None,
    *,
    action: str = "",
    **values: str,
) -> Shown:
    """Ask for a form, or with `after` (what was shown last) hand in its fields."""
    attributes = f"node={quoteattr(node)}"
    form = ""
    if after is not None:
        attributes += f" sessionid={quoteattr(after.session)}"
        fields = "".join(
            f"<field var={quoteattr(name)}><value>{escape(value)}</value></field>"
            for name, value in {**after.hidden, **values}.items()
        )
        form = f"<x xmlns='jabber:x:data' type='submit'>{fields}</x>"
    action = action or ("complete" if after is not None else "execute")
    query = f"<command xmlns='{COMMANDS}' action='{action}' {attributes}>{form}</command>"
    try:
        answer = await person.ask("set", to, query)
    except IqError as error:
        return Shown(ET.Element("none"), error.condition, error.text)
    command = answer.find(f"{{{COMMANDS}}}command")
    assert command is not None
    return Shown(command, "", command.findtext(f"{{{COMMANDS}}}note") or "")
