"""Turning a message stanza into an event."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.transports.xmpp import stanzas
from campaign.chat import XMPP, Address, Echo, Event, Invited, Reacted, Redacted, Room, Said, Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from bot.transports.xmpp.archive import Page
    from bot.transports.xmpp.heard import Heard
    from bot.transports.xmpp.rooms import MucRoom


def passing_id() -> str:
    """Return an id for what no archive keeps: it comes once, and is never told again."""
    return f"live:{uuid.uuid4()}"


def groupchat(
    room: MucRoom,
    message: Element,
    *,
    event: str,
    at: datetime,
    live: bool,
    own_jid: str,
    heard: Heard,
    key_is_ours: bool = False,
) -> Event | None:
    """Read what was said in a room; None if there is nothing in it for us.

    `event` is its archive id, if it has one; `key_is_ours` says that it carries a key of ours which nobody can have
    seen before our own message with it was in the room.
    """
    nick = stanzas.split(message.get("from"))[1]
    where = Room(XMPP, room.jid)
    if message.get("type") != "groupchat":
        return None
    if not nick:
        # Only the room itself speaks without one: a moderator has taken a message away (XEP-0425).
        taken = heard.of(room.jid, stanzas.retracted(message) or "")
        return Redacted(where, event or passing_id(), taken[0], at, live=live) if taken else None
    ours = (
        room.is_ours_live(nick, message)
        if live
        else room.is_ours_archived(message, own_jid, key_is_ours=key_is_ours)
    )
    if ours:
        key = stanzas.origin_id(message)
        return Echo(where, event or passing_id(), key, at) if key else None
    sender = room.live_sender(nick, message) if live else room.archived_sender(message)
    return _said_or_reacted(
        where, message, heard, event=event, at=at, live=live, sender=sender, name=nick, own_name=room.nick
    )


def chat(
    message: Element, *, event: str, at: datetime, live: bool, own_name: str, heard: Heard
) -> Event | None:
    """Read what an account said to us alone; None if there is nothing in it for us."""
    sender = stanzas.split(message.get("from"))[0]
    if "@" not in sender or message.get("type", "normal") not in ("chat", "normal"):
        return None
    return _said_or_reacted(
        Room(XMPP, sender),
        message,
        heard,
        event=event,
        at=at,
        live=live,
        sender=Address(XMPP, sender),
        name=sender.partition("@")[0],
        own_name=own_name,
        private=True,
    )


def _said_or_reacted(
    where: Room,
    message: Element,
    heard: Heard,
    *,
    event: str,
    at: datetime,
    live: bool,
    sender: Address | None,
    name: str,
    own_name: str,
    private: bool = False,
) -> Event | None:
    if (taken_back := stanzas.retracted(message)) is not None:
        target = heard.own(where.id, taken_back, sender) if sender else ""
        return Redacted(where, event or passing_id(), target, at, live=live) if target else None
    reacted = stanzas.reactions(message)
    text = stanzas.body(message)
    if reacted is None and not text.strip():
        return None
    if sender is None or (reacted is None and stanzas.is_encrypted(message)):
        why = "no occupant id" if sender is None else "encrypted"
        return Unreadable(where, event or passing_id(), why, at)
    if reacted is not None:
        target, keys = reacted
        return Reacted(where, event, sender, name, target, keys, at, live=live, whole=True)
    event = event or passing_id()
    edits = _edited(heard, where.id, message, sender)
    if edits is None:
        return None  # somebody else's: nobody but its author puts a message in other words
    if not edits:
        heard.note(where.id, event, sender, message.get("id", ""), stanzas.origin_id(message))
    return Said(
        where,
        event,
        sender,
        name,
        text,
        at,
        private=private,
        live=live,
        reply_to=stanzas.reply_to(message),
        thread=stanzas.thread(message),
        my_names=(own_name,),
        edits=edits,
        mentions_me=bool(re.search(rf"(?<!\w){re.escape(own_name)}(?!\w)", text, re.IGNORECASE)),
    )


def _edited(heard: Heard, room: str, message: Element, sender: Address) -> str | None:
    """The event that this puts in other words ("": it is a message of its own); None if that is somebody else's.

    Where nobody remembers whose it is, it is called by its bare id: nothing is changed by that, and its sender is told.
    """
    corrected = stanzas.corrected(message)
    if corrected is None:
        return ""
    if heard.of(room, corrected) is None:
        return corrected[:200] or "unknown"
    return heard.own(room, corrected, sender) or None


def invitation(
    message: Element, *, event: str, at: datetime, trusted_service: bool
) -> tuple[Invited, str] | None:
    """Read an invitation, and the address to which it would be declined; None if this is none.

    An invitation through a room says who invites; that is only believed of a service we have reason to trust,
    otherwise it comes from the room itself, which is nobody's account.
    """
    sender, resource = stanzas.split(message.get("from"))
    if message.get("type", "normal") == "error" or "@" not in sender:
        return None
    through = message.find(f"{{{stanzas.MUC_USER}}}x/{{{stanzas.MUC_USER}}}invite")
    if through is not None and not resource:
        inviter = stanzas.split(through.get("from"))[0]
        known = bool(trusted_service and inviter and inviter != sender)
        by = Address(XMPP, inviter) if known else Address(XMPP, sender)
        return Invited(Room(XMPP, sender), event or passing_id(), by, at), through.get("from", "")
    direct = message.find(f"{{{stanzas.CONFERENCE}}}x")
    if direct is not None and "@" in direct.get("jid", "") and resource:
        room = stanzas.split(direct.get("jid"))[0].casefold()
        return Invited(Room(XMPP, room), event or passing_id(), Address(XMPP, sender), at), ""
    return None


def gap(where: str, page: Page) -> list[Event]:
    """Tell of a gap after what follows it: our own messages that are there still are found first."""
    if not page.gap:
        return []
    at = page.items[0].at if page.items else datetime.now(UTC)
    return [Unreadable(Room(XMPP, where), "", "gap", at)]
