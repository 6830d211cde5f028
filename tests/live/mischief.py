"""What strangers and their servers do to a Tocsin on both networks at once: every hostile payload there is, counted."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.data import hostile_crypto, hostile_stanzas
from tests.live.synapse import MatrixError, Person

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Sequence
    from typing import TypeAlias

    from aiohttp import web

    from tests.data.hostile_events import Json, Twist
    from tests.live.gateway import Gateway
    from tests.live.sealed_person import SealedPerson
    from tests.live.stranger import Stranger
    from tests.live.xmpp_person import XmppPerson
    from tests.live.yard import Yard

    Given: TypeAlias = tuple[list[object], list[object], dict[str, object]]
    """Events of the room, of a trap, and sections of an answer."""

_AT_ONCE = 8
_IN_ONE_ANSWER = 25
_TRAP = "!trap:example.org"
_ITEM = "{http://jabber.org/protocol/muc#user}x/{http://jabber.org/protocol/muc#user}item"


@dataclass
class Played:
    """How many payloads there were on one network."""

    through: int = 0
    """Its real server took them as they stood."""
    refused: int = 0
    """It refused them. On Matrix the bot was given them all the same, as a stranger's server would send them."""
    forged: int = 0
    """What no client could even ask of it: given to the bot by a gateway in front of the server."""

    def __str__(self) -> str:
        return f"{self.through} let through by the server, {self.refused} refused by it, {self.forged} forged behind it"


class Mischief:
    """Plays payloads to the first Tocsin of a yard, which stands behind a gateway to its Matrix server."""

    def __init__(self, made: Yard, between: Gateway) -> None:
        self.matrix, self.sealed, self.xmpp = Played(), Played(), Played()
        self.malformed_crypto = 0
        """How many of those in the encrypted room are so."""
        self._made, self._between = made, between
        self._events: list[object] = []
        self._state: list[object] = []
        self._answers: list[tuple[str, object]] = []
        self._since = self._given_since = ""
        self._given: Given = ([], [], {})
        between.mangle, between.instead = self._mangled, self._asked

    # --- Matrix

    async def events(self, eve: Person, twists: Iterable[Twist], *, taken: bool = True) -> None:
        """Send each event as somebody in the room; what cannot be sent so is given as a stranger's server would.

        Waits until the bot has taken all of it, unless it is not to be `taken`.
        """
        honest = {
            "type": "m.room.message",
            "sender": eve.user_id,
            "origin_server_ts": 1_700_000_000_000,
            "content": {"msgtype": "m.text", "body": "honest"},
            "unsigned": {},
        }

        async def one(number: int, twist: Twist) -> None:
            event = {**honest, "event_id": f"$hostile{number}-{self._made.mark}"}
            made = twist(event)
            if _is_for_a_client(made, event):
                self._count(self.matrix, refused := not await _accepted(self._send(eve, made)))
                if not refused:
                    return
            else:
                self.matrix.forged += 1
            (self._state if isinstance(made, dict) and "state_key" in made else self._events).append(made)

        await _a_few_at_once(one(number, twist) for number, twist in enumerate(twists))
        if taken:
            await self._all_given(eve)

    async def answers(self, eve: Person, sections: Iterable[tuple[str, object]]) -> None:
        """Give the bot wrong sections of answers to its syncs."""
        self._answers += sections
        self.matrix.forged += len(self._answers)
        await self._all_given(eve)

    async def _send(self, eve: Person, made: Any) -> str:
        return await eve.send(self._made.room, made["content"], kind=made["type"])

    @staticmethod
    def _count(played: Played, refused: bool) -> None:  # noqa: FBT001 - what is counted
        played.refused += refused
        played.through += not refused

    async def _all_given(self, eve: Person) -> None:
        """Wake the bot's sync until it has been given, and has taken, all that lies ready."""
        while self._events or self._state or self._answers:
            await self._next_sync(eve)
        await self._next_sync(eve)

    async def _next_sync(self, eve: Person) -> None:
        syncs = len(self._between.syncs)
        await Person.send(eve, self._made.room, {"msgtype": "m.notice", "body": "…"})
        await self._between.until_syncs(syncs + 1)

    async def _asked(self, request: web.Request) -> None:
        if request.path.endswith("/sync"):
            self._since = request.query.get("since", "")

    def _mangled(self, body: bytes) -> bytes:
        if self._since != self._given_since:
            self._given_since, self._given = self._since, self._next()
        events, state, sections = self._given  # the same once more for who asks once more
        answer = json.loads(body)
        for room, taken in ((self._made.room, events), (_TRAP, state)):
            if taken:
                share = answer.setdefault("rooms", {}).setdefault("join", {}).setdefault(room, {})
                share.setdefault("timeline", {}).setdefault("events", []).extend(taken)
                if room == _TRAP:
                    share["state"] = {"events": taken}
        return json.dumps(answer | sections).encode()

    def _next(self) -> Given:
        """What lies ready and fits into one answer."""
        sections: dict[str, object] = {}
        while self._answers and self._answers[0][0] not in sections:
            name, value = self._answers.pop(0)
            sections[name] = value
        taken = self._events[:_IN_ONE_ANSWER], self._state[:_IN_ONE_ANSWER], sections
        del self._events[:_IN_ONE_ANSWER], self._state[:_IN_ONE_ANSWER]
        return taken

    # --- Matrix, encrypted

    async def crypto(
        self, carla: SealedPerson, room: str, twists: Iterable[Twist], *, taken: bool = True
    ) -> None:
        """Play what is malformed where keys and sealed events are expected, and hostile events that are well sealed."""
        me = self._made.ids[0]
        found = await carla.call("POST", "keys", "query", body={"device_keys": {me: []}})
        ((device, known),) = found["device_keys"][me].items()
        identity, signing = known["keys"][f"curve25519:{device}"], known["keys"][f"ed25519:{device}"]
        wrong: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        for where, kind, content in hostile_crypto.payloads(1, identity_key=identity, room=room, me=me):
            wrong[where].append((kind, content))
            self.malformed_crypto += 1
        if taken:
            self._answers += wrong["answer"]
            self.sealed.forged += len(self._answers)
            await self._all_given(carla)
        base = await carla.seal(room, {"msgtype": "m.text", "body": "honest"})
        whole = {
            "sender": carla.user_id,
            "recipient": me,
            "recipient_keys": {"ed25519": signing},
            "keys": {"ed25519": carla.account.ed25519_key.to_base64()},
        }
        to_device = wrong["to_device"] + [
            (kind, carla.for_device(identity, json.dumps({**whole, **content})))
            for kind, content in wrong["inside to_device"]
        ]
        inside = [plain for _, plain in wrong["inside room"]] + list(_plain(room, twists))
        events = wrong["room"] + [
            ("m.room.encrypted", {**base, "ciphertext": carla.ciphertext(room, plain)}) for plain in inside
        ]

        async def tell(kind: str, content: Any) -> None:
            told = _accepted(carla.to_devices(kind, {me: {device: content}}))
            self._count(self.sealed, not await told)

        async def say(kind: str, content: Any) -> None:
            self._count(self.sealed, not await _accepted(carla.send_plain(room, content, kind=kind)))

        await _a_few_at_once(tell(*each) for each in to_device)
        await _a_few_at_once(say(*each) for each in events)

    # --- XMPP

    async def stanzas(self, eve: XmppPerson, inside: Sequence[str]) -> None:
        """Say each thing in the room, and to the bot alone, as somebody with an account."""
        made = self._made
        bot = next(
            str(item.get("jid"))
            for each in eve.presences
            if each.get("from") == f"{made.muc}/{made.nicks[0]}" and (item := each.find(_ITEM)) is not None
        )
        since = len(eve.heard)
        said = 0
        for number, xml in enumerate(inside):
            # Never an error to a room: it would take whoever sends one for gone, and show nobody what follows.
            alone = ("chat", "normal", "headline", "groupchat", "error")[number % 5]
            for to, kind in ((made.muc, "groupchat"), (bot, alone))[: 1 + (number % 4 == 0)]:
                eve.raw(f"<message to='{to}' type='{kind}' id='hostile-{number}'>{xml}</message>")
                said += 1
        await eve.settled(made.muc)
        bounced = [
            each for each in eve.heard[since:] if each.type == "error" and each.id.startswith("hostile-")
        ]
        self.xmpp.refused += len(bounced)
        self.xmpp.through += said - len(bounced)

    async def strangers(self, stranger: Stranger, inside: Sequence[str]) -> None:
        """Say and ask all of it from another server, and in its room, which says what it likes of who is there."""
        await stranger.has_guest()
        bot, room = stranger.guest, stranger.room
        sender = room.replace("trap", "somebody")
        since, count = len(stranger.heard), 0
        for number, xml in enumerate(inside[::3]):
            kind = ("chat", "normal", "headline", "error")[number // 2 % 4]
            whom = f"{room}/Mallory" if number % 2 else f"{sender}/\U0001fae0"
            kind = "groupchat" if number % 2 else kind
            stranger.say(
                f"<message to='{bot}' from='{whom}' type='{kind}' id='hostile-{number}'>{xml}</message>"
            )
            count += 1
        for number, xml in enumerate(hostile_stanzas.queries()):
            whom = (sender + "/x", sender, room, room + "/Mallory")[number % 4]
            for kind in ("set", ("get", "result", "error")[number % 3]):
                stranger.say(
                    f"<iq to='{bot}' from='{whom}' type='{kind}' id='hostile-{kind}-{number}'>{xml}</iq>"
                )
                count += 1
        for xml in hostile_stanzas.presences(room):
            stranger.say(xml.replace("<presence ", f"<presence to='{bot}' ", 1))
            count += 1
        await stranger.asks("the last")
        bounced = [
            each
            for each in stranger.heard[since:]
            if each.get("type") == "error"
            and each.get("id", "").startswith("hostile")
            and each.tag.endswith("message")
        ]
        self.xmpp.refused += len(bounced)
        self.xmpp.through += count - len(bounced)


def _plain(room: str, twists: Iterable[Twist]) -> Iterable[str]:
    """What stands in a sealed event, of each hostile one that is not a room's state."""
    for number, twist in enumerate(twists):
        made = twist({"content": {"msgtype": "m.text", "body": "honest"}, "event_id": f"$hostile{number}"})
        if not isinstance(made, dict):
            yield json.dumps(made)
        elif "state_key" not in made:
            yield json.dumps({"room_id": room, **made})


def _is_for_a_client(made: object, honest: Json) -> bool:
    """Whether a client can ask for this event: it chooses no more than the type and the content."""
    if not isinstance(made, dict) or not isinstance(made.get("type"), str):
        return False
    return {**made, "type": "", "content": ""} == {**honest, "type": "", "content": ""}


async def _accepted(sending: Awaitable[object]) -> bool:
    try:
        await sending
    except MatrixError:
        return False
    return True


async def _a_few_at_once(work: Iterable[Awaitable[None]]) -> None:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(each: Awaitable[None]) -> None:
        async with slots:
            await each

    await asyncio.gather(*map(one, work))
