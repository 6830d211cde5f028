"""Every reader of what others send on XMPP, given any XML at all: it answers or passes over it, and never raises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.transports.forms import Holder, Page, TurnedAway
from bot.transports.xmpp import adhoc, reading, stanzas
from bot.transports.xmpp.heard import Heard
from bot.transports.xmpp.identity import INFO, ITEMS, Identity, items
from bot.transports.xmpp.rooms import MucRoom
from campaign.chat import XMPP, Address, Redacted, Room, Said

if TYPE_CHECKING:
    from collections.abc import Coroutine

AT = datetime(2030, 1, 1, tzinfo=UTC)
ROOM = "room@conference.example"
_NAMESPACES = (
    "jabber:client",
    stanzas.CORRECT,
    stanzas.RETRACT,
    stanzas.FASTEN,
    stanzas.REACTIONS,
    stanzas.REPLY,
    stanzas.FALLBACK,
    stanzas.RECEIPTS,
    stanzas.MARKERS,
    stanzas.COMMANDS,
    stanzas.DATA,
    stanzas.MUC_USER,
    stanzas.STANZAS,
    stanzas.SID,
    stanzas.OCCUPANT_ID,
    stanzas.DELAY,
    INFO,
    ITEMS,
    "urn:example:other",
)
_NAMES = (
    *(
        "message",
        "body",
        "replace",
        "retract",
        "apply-to",
        "moderated",
        "reactions",
        "reaction",
        "reply",
        "fallback",
    ),
    *(
        "request",
        "received",
        "markable",
        "displayed",
        "command",
        "x",
        "field",
        "value",
        "query",
        "destroy",
        "item",
    ),
    *("error", "gone", "stanza-id", "origin-id", "occupant-id", "delay", "thread", "status"),
)
_KEYS = (
    "id",
    "for",
    "start",
    "end",
    "from",
    "to",
    "type",
    "node",
    "action",
    "sessionid",
    "var",
    "jid",
    "by",
    "stamp",
    "role",
    "code",
)
_VALUES = st.one_of(
    st.sampled_from(
        (
            "",
            "submit",
            "groupchat",
            "chat",
            "error",
            "set",
            "get",
            "execute",
            "complete",
            "cancel",
            "-1",
            "9" * 30,
            "sign",
        )
    ),
    st.sampled_from(
        (ROOM, f"{ROOM}/Mallory", "robin@filcommun.example", "robin@filcommun.example/x", "@", "/", "@/")
    ),
    st.text(max_size=40),
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 2) -> Element:
    tag = f"{{{draw(st.sampled_from(_NAMESPACES))}}}{draw(st.sampled_from(_NAMES))}"
    made = Element(tag, draw(st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=5)))
    made.text = draw(st.one_of(st.none(), _VALUES))
    if depth:
        made.extend(draw(st.lists(elements(depth - 1), max_size=3)))
    return made


QUIETLY = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


@QUIETLY
@given(elements())
def test_whatever_a_message_holds_it_is_read_or_passed_over(message: Element) -> None:
    heard = Heard()
    heard.note(ROOM, "event", Address(XMPP, "robin@filcommun.example"), "sign", "")
    room = MucRoom(ROOM, archived=True, occupant_ids=True, non_anonymous=True, joined=True, nick="tocsin")
    stanzas.alternative(message)
    stanzas.asked_for(message)
    stanzas.form_values(message)
    for live in (True, False):
        for kind in ("groupchat", "chat"):
            message.set("type", kind)
            message.set("from", f"{ROOM}/Mallory")
            for event in (
                reading.groupchat(
                    room, message, event="", at=AT, live=live, own_jid="t@x.example", heard=heard
                ),
                reading.chat(message, event="", at=AT, live=live, own_name="tocsin", heard=heard),
            ):
                # Nobody takes back, or puts in other words, what Robin said.
                assert not isinstance(event, Redacted) or event.target != "event"
                assert not isinstance(event, Said) or event.edits != "event"


@QUIETLY
@given(elements(), st.text(max_size=50), st.text(max_size=50))
def test_what_we_answer_is_xml_whatever_was_asked(command: Element, node: str, title: str) -> None:
    step, values = adhoc._handed_in(command)
    assert step is None or 0 <= step < 10**5
    assert all(isinstance(value, str) for value in values.values())
    identity = Identity(title)
    shown = items(stanzas.COMMANDS, "t@x.example/r", [(stanzas.clean(node), title)])
    for made in (shown, identity.caps(), identity.info("", ()), identity.info(node, [(node, title)])):
        if made is not None:
            made.set("node", stanzas.clean(made.get("node", "")))
            fromstring(tostring(made))  # noqa: S314 - our own XML


class Stream:
    """What a session is for those who answer queries."""

    jid = "tocsin@x.example"

    def __init__(self) -> None:
        self.written: list[Element] = []
        self.client = self

    class boundjid:  # noqa: N801 - the library's own name
        full = "tocsin@x.example/r"

    def make_iq_result(self, id: str, ito: str) -> Any:  # noqa: A002 - the library's own name
        return self._made("result", id, ito)

    def make_iq(self, id: str, ito: str, itype: str) -> Any:  # noqa: A002 - the library's own name
        return self._made(itype, id, ito)

    def _made(self, kind: str, name: str, to: str) -> Any:
        made = type("Iq", (), {})()
        made.xml = Element(
            "iq", {"type": kind, "id": stanzas.clean(name or ""), "to": stanzas.clean(to or "")}
        )
        return made

    def write(self, stanza: Any) -> None:
        fromstring(tostring(stanza.xml))  # noqa: S314 - our own XML
        self.written.append(stanza.xml)


class Rooms:
    """What membership is for them: one room, on a service that is known to be one."""

    rooms = {ROOM: MucRoom(ROOM)}  # noqa: RUF012 - never changed

    def serves(self, domain: str) -> bool:
        return domain == "conference.example"

    def shared_with(self, _: str) -> tuple[str, ...]:
        return ()


class NoDesk:
    """A desk that notes who came."""

    def __init__(self) -> None:
        self.holders: list[Holder] = []

    async def listed(self, holder: Holder) -> list[tuple[str, str]]:
        self.holders.append(holder)
        return [("sign", "Sign")]

    async def open(self, holder: Holder, _: str) -> Page:
        self.holders.append(holder)
        return Page("s", 1, "Sign", "words", ())

    async def hand_in(self, holder: Holder, *_: object) -> Page:
        self.holders.append(holder)
        raise TurnedAway("no such session", "no\x00")

    def put_away(self, holder: Holder, _: str) -> None:
        self.holders.append(holder)

    async def admits(self, _: Holder) -> bool:
        return False

    async def who_are_you(self, _: Room, me: str) -> str:
        return f"write to {me}"


@QUIETLY
@given(elements(), _VALUES, st.sampled_from(("get", "set")))
def test_every_query_is_answered_once_and_nobody_behind_a_nick_reaches_the_desk(
    asked: Element, sender: str, kind: str
) -> None:
    stream, desk = Stream(), NoDesk()
    iq = Element("{jabber:client}iq", {"type": kind, "id": "q", "from": sender})
    iq.append(asked)

    def at_once(work: Coroutine[Any, Any, None]) -> None:
        with pytest.raises(StopIteration):
            work.send(None)

    answering = adhoc.AdHoc(stream, Rooms(), desk, Identity("tocsin"), at_once)  # type: ignore[arg-type]
    answering.on_query(iq)
    assert len(stream.written) == 1
    bare, resource = stanzas.split(sender)
    for holder in desk.holders:
        assert (holder.address, holder.exactly) == (Address(XMPP, bare), f"{bare}/{resource}")
        assert "@" in bare
        assert resource
        assert not bare.endswith("@conference.example")


def test_a_preview_that_a_room_fastens_to_a_message_takes_nothing_back() -> None:
    heard = Heard()
    robin = Address(XMPP, "robin@filcommun.example")
    heard.note(ROOM, "event", robin, "m1")
    room = MucRoom(ROOM, archived=True, joined=True, nick="tocsin")

    def read(inside: str, sender: str = ROOM) -> object:
        message = fromstring(  # noqa: S314 - our own XML
            f"<message xmlns='jabber:client' type='groupchat' from='{sender}'>"
            f"<apply-to xmlns='urn:xmpp:fasten:0' id='m1'>{inside}</apply-to></message>"
        )
        return reading.groupchat(room, message, event="e2", at=AT, live=True, own_jid="t@x", heard=heard)

    assert read("<meta xmlns='http://www.w3.org/1999/xhtml' property='og:title' content='x'/>") is None
    retract = "<retract xmlns='urn:xmpp:message-retract:0'/>"
    moderated = f"<moderated xmlns='urn:xmpp:message-moderate:0' by='{ROOM}/admin'>{retract}</moderated>"
    assert read(moderated) == Redacted(Room(XMPP, ROOM), "e2", "event", AT)
    assert read(moderated, f"{ROOM}/Mallory") is None
