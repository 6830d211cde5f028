"""What a room's server says when it gives a message back: what lasts, and what a crowd in the room has made."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from bot.transports.base import OVERACTIVE
from bot.transports.xmpp.direct import DirectChats
from bot.transports.xmpp.heard import Heard
from bot.transports.xmpp.sending import Sent
from campaign.chat import Bounced

ROOM = "room@conference.example"
ERROR = (
    "<message xmlns='jabber:client' from='{room}' id='our-key' type='error'><error type='{kind}'>"
    "<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
    "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>The room is currently overactive, please try again later</text>"
    "</error><body>hello</body></message>"
)


@pytest.mark.parametrize(
    ("kind", "condition", "reason"),
    [
        ("wait", "policy-violation", OVERACTIVE),
        ("wait", "resource-constraint", OVERACTIVE),
        ("modify", "policy-violation", "policy-violation"),
        ("cancel", "policy-violation", "policy-violation"),
        ("wait", "remote-server-timeout", "remote-server-timeout"),
        ("auth", "forbidden", "forbidden"),
    ],
)
def test_why_a_message_is_given_back(kind: str, condition: str, reason: str) -> None:
    membership: Any = SimpleNamespace(rooms={})
    chats = DirectChats(
        "tocsin@example",
        membership,
        Sent({"our-key": ROOM}),
        nick="tocsin",
        heard=Heard(),
        contacts=membership,
    )
    error = fromstring(ERROR.format(room=ROOM, kind=kind, condition=condition))  # noqa: S314 - written above
    (event,) = chats.read(error, event="", at=datetime.now(UTC), live=True)
    assert isinstance(event, Bounced)
    assert (event.key, event.reason) == ("our-key", reason)
