"""Reading stanzas that anybody may have written: every function here takes any XML and never raises."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CLIENT = "{jabber:client}"
MUC = "http://jabber.org/protocol/muc"
MUC_USER = "http://jabber.org/protocol/muc#user"
MUC_USER_X = "{http://jabber.org/protocol/muc#user}x"
MAM = "urn:xmpp:mam:2"
SID = "urn:xmpp:sid:0"
OCCUPANT_ID = "urn:xmpp:occupant-id:0"
REACTIONS = "urn:xmpp:reactions:0"
REPLY = "urn:xmpp:reply:0"
FALLBACK = "urn:xmpp:fallback:0"
OOB = "jabber:x:oob"
CONFERENCE = "jabber:x:conference"
DELAY = "urn:xmpp:delay"
HINTS = "urn:xmpp:hints"
COMMANDS = "http://jabber.org/protocol/commands"
DATA = "jabber:x:data"
RECEIPTS = "urn:xmpp:receipts"
MARKERS = "urn:xmpp:chat-markers:0"
CORRECT = "urn:xmpp:message-correct:0"
CARBONS = "{urn:xmpp:carbons:2}"
RETRACT = "urn:xmpp:message-retract:1"
RETRACT_BEFORE = "urn:xmpp:message-retract:0"
FASTEN = "urn:xmpp:fasten:0"
ENCRYPTED = (
    "{urn:xmpp:eme:0}encryption",
    "{eu.siacs.conversations.axolotl}encrypted",
    "{urn:xmpp:omemo:2}encrypted",
)
NOT_KNOWN_THERE = ("service-unavailable", "feature-not-implemented")
"""Errors that say that what we asked for does not exist there; any other says nothing about it."""
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"

_MOST_REACTIONS = 20
_MOST_FIELDS = 50
_LONGEST_ADDRESS = 1000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def split(address: str | None) -> tuple[str, str]:
    """Split an address into the bare one and the resource, which may be empty."""
    bare, _, resource = (address or "").partition("/")
    return bare, resource


def domain(address: str) -> str:
    """Return the domain of an address."""
    return split(address)[0].rpartition("@")[2]


def clean(text: str) -> str:
    """Take out what XML 1.0 cannot carry: a single such character would make the server close the stream."""
    return _NOT_XML.sub("\ufffd", text)


def stanza_id(message: Element, by: str) -> str:
    """Return the id that `by` gave this message (XEP-0359), or an empty string. What others claim is ignored."""
    for found in message.findall(f"{{{SID}}}stanza-id"):
        if found.get("by") == by:
            return found.get("id", "")
    return ""


def origin_id(message: Element) -> str:
    """Return the id the sending client chose: its origin-id, else the id of the message."""
    found = message.find(f"{{{SID}}}origin-id")
    return (found.get("id", "") if found is not None else "") or message.get("id", "")


def occupant_id(stanza: Element) -> str:
    """Return the occupant-id (XEP-0421) in a stanza of a room; only to be trusted where the room supports them."""
    found = stanza.find(f"{{{OCCUPANT_ID}}}occupant-id")
    return found.get("id", "") if found is not None else ""


def status_codes(stanza: Element) -> frozenset[str]:
    """Return the codes by which a room explains a presence or a notice (XEP-0045)."""
    return frozenset(each.get("code", "") for each in stanza.findall(f"{{{MUC_USER}}}x/{{{MUC_USER}}}status"))


def real_addresses(stanza: Element) -> list[str]:
    """Return the real bare addresses that `muc#user` items name, in order. In a message anybody may name any."""
    items = stanza.findall(f"{MUC_USER_X}/{{{MUC_USER}}}item")
    return [split(each.get("jid"))[0] for each in items if each.get("jid")]


def archived_address(message: Element) -> str:
    """Return the real bare address that the archive added to a message, or an empty string.

    Prosody passes on items that the sender put there. But the room appends its occupant-id to what the sender wrote
    (and strips any other), and the archive appends its item after that: only there it is not the sender's.
    """
    by_the_archive = ""
    after_occupant_id = False
    for child in message:
        if child.tag == f"{{{OCCUPANT_ID}}}occupant-id":
            after_occupant_id, by_the_archive = True, ""
        elif child.tag == MUC_USER_X and after_occupant_id:
            for item in child.findall(f"{{{MUC_USER}}}item"):
                by_the_archive = split(item.get("jid"))[0] or by_the_archive
    return by_the_archive


def error_condition(stanza: Element) -> str:
    """Return the condition of an error stanza, e.g. "forbidden"."""
    error = stanza.find(f"{CLIENT}error")
    if error is not None:
        for child in error:
            name = child.tag.removeprefix(f"{{{STANZAS}}}")
            if name not in (child.tag, "text"):
                return name
    return "undefined-condition"


def asks_for_patience(stanza: Element) -> bool:
    """Whether an error only says that too much was sent for now (RFC 6120, 8.3.2), by whomever.

    Prosody's mod_muc_limits says so to whoever speaks in a room where a crowd does, by a condition that else lasts.
    """
    error = stanza.find(f"{CLIENT}error")
    waits = error is not None and error.get("type") == "wait"
    return waits and error_condition(stanza) in ("policy-violation", "resource-constraint")


def body(message: Element) -> str:
    """Return the text of a message without the quotation that some clients put before a reply (XEP-0461)."""
    text = message.findtext(f"{CLIENT}body") or ""
    for fallback in message.findall(f"{{{FALLBACK}}}fallback"):
        quoted = fallback.find(f"{{{FALLBACK}}}body")
        if fallback.get("for") == REPLY and quoted is not None:
            try:
                start, end = int(quoted.get("start", "")), int(quoted.get("end", ""))
            except ValueError:
                continue
            if 0 <= start <= end <= len(text):
                return text[:start] + text[end:]
    return text


def reply_to(message: Element) -> str:
    """Return the id of the message that this one answers (XEP-0461)."""
    found = message.find(f"{{{REPLY}}}reply")
    return found.get("id", "") if found is not None else ""


def thread(message: Element) -> str:
    """Return the name of the conversation thread."""
    return (message.findtext(f"{CLIENT}thread") or "").strip()


def corrected(message: Element) -> str | None:
    """Return the id of the earlier message that this puts in other words (XEP-0308), or None if it is none such."""
    found = message.find(f"{{{CORRECT}}}replace")
    return found.get("id", "") if found is not None else None


def retracted(message: Element) -> str | None:
    """Return the id of the message that this takes back (XEP-0424 and 0425, now and before 2022), or None as above."""
    found = message.find(f"{{{RETRACT}}}retract")
    if found is None:
        # Before 2022 it was fastened to the message, as previews of links and the like still are.
        fastened = message.find(f"{{{FASTEN}}}apply-to")
        if fastened is not None and next(fastened.iter(f"{{{RETRACT_BEFORE}}}retract"), None) is not None:
            found = fastened
    return found.get("id", "") if found is not None else None


def asked_for(message: Element) -> tuple[str, ...]:
    """Return what the sender wants to be told (XEP-0184, XEP-0333): that it was "received", that it was "displayed"."""
    asked = ((f"{{{RECEIPTS}}}request", "received"), (f"{{{MARKERS}}}markable", "displayed"))
    return tuple(told for tag, told in asked if message.find(tag) is not None)


def alternative(stanza: Element) -> str:
    """Return the bare address of the room that a destroyed one names in its place (XEP-0045), or an empty string."""
    destroyed = stanza.find(f"{MUC_USER_X}/{{{MUC_USER}}}destroy")
    gone = stanza.find(f"{CLIENT}error/{{{STANZAS}}}gone")
    named = (
        destroyed.get("jid", "") if destroyed is not None else (gone.text or "") if gone is not None else ""
    )
    room = split(named.strip().removeprefix("xmpp:").partition("?")[0])[0].casefold()
    return room if "@" in room and len(room) < _LONGEST_ADDRESS and room.isprintable() else ""


def reactions(message: Element) -> tuple[str, tuple[str, ...]] | None:
    """Return what is reacted to and the whole set of reactions (XEP-0444), or None if this is none."""
    found = message.find(f"{{{REACTIONS}}}reactions")
    if found is None or not found.get("id"):
        return None
    keys = dict.fromkeys((each.text or "").strip() for each in found.findall(f"{{{REACTIONS}}}reaction"))
    return found.get("id", ""), tuple(key for key in keys if key)[:_MOST_REACTIONS]


def form_values(element: Element) -> dict[str, str]:
    """Return what was filled in of the data form (XEP-0004) in an element: the first value of each named field."""
    form = element.find(f"{{{DATA}}}x")
    if form is None or form.get("type") != "submit":
        return {}
    values: dict[str, str] = {}
    for field in form.findall(f"{{{DATA}}}field")[:_MOST_FIELDS]:
        name = field.get("var", "")
        if name and name not in values:
            values[name] = field.findtext(f"{{{DATA}}}value") or ""
    return values


def is_encrypted(message: Element) -> bool:
    """Whether its body only says that it is encrypted."""
    return any(message.find(tag) is not None for tag in ENCRYPTED)


def delay(element: Element | None) -> datetime | None:
    """Return the instant (UTC) of a delay (XEP-0203), or None if there is none that can be read."""
    found = element.find(f"{{{DELAY}}}delay") if element is not None else None
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found.get("stamp", ""))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def is_history(message: Element, room: str) -> bool:
    """Whether the room itself says that this was said earlier: its archive tells us, not this."""
    return any(split(each.get("from"))[0] == room for each in message.findall(f"{{{DELAY}}}delay"))
