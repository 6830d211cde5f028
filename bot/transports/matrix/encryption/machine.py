"""The keys of our device at work: nio's Olm machine, with what it lacks. Every method is for the keys' own thread."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import vodozemac
from nio.crypto import InboundGroupSession, Olm
from nio.events import ToDeviceEvent

from bot.transports.matrix.answer import parse
from bot.transports.matrix.encryption.sealing import Sealing
from bot.transports.matrix.encryption.uploads import Uploads
from bot.transports.matrix.reading import MalformedError, identifier, json_object
from bot.transports.matrix.rooms import MEGOLM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nio.crypto import Session

    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.encryption.store import KeyStore, RoomKey

log = logging.getLogger(__name__)
logging.getLogger("nio").setLevel(logging.CRITICAL)  # it names people, and shows whole events

KEPT = timedelta(days=90)
"""How long a room's key is kept: clients take another one every week or hundred messages."""
MOST_KEYS = 10_000
"""Room keys taken from one account: whoever sends more only fills the disk."""
MOST_REQUESTED = 1000
"""Keys that are waited for after we have asked for them: whoever names others all the time makes the oldest go."""
MOST_MET = 200
"""Devices of one account that may begin sessions with us: whoever makes up more only fills the disk."""
MOST_PAIRS = 10
"""Sessions kept with one device: each message of it is tried with all of them."""
_LONGEST_SESSION = 100
_NEVER_SEALED = frozenset({"m.room.redaction"})
"""What servers judge before they pass it on: from inside a sealed event it would be anybody's word."""


class NoKeyError(Exception):
    """The key that opens an event has not come (yet)."""


@dataclass(slots=True)
class Received:
    """What the to-device part of a sync answer came to."""

    keys: set[tuple[str, str]] = field(default_factory=set)
    """Room and session of each key that came."""
    refused: int = 0
    """Messages that no honest client sends."""


class Machine(Olm):  # type: ignore[misc] # nio has no types
    """Our device. A stranger's message, however it is made, costs at most itself."""

    def __init__(self, user_id: str, device_id: str, store: KeyStore) -> None:
        self.keys = store
        self.room_keys: dict[RoomKey, InboundGroupSession] = {}
        self.requested: dict[RoomKey, str] = {}
        """Keys we asked their owners for, and the id of each request."""
        self.met: dict[str, str] = {}
        """Whose device each key is with which a session was begun with us."""
        self._met: Counter[str] = Counter()
        self._owned: Counter[str] = Counter()
        self._came: set[tuple[str, str]] = set()
        with store.transaction():
            super().__init__(user_id, device_id, store)
        self.uploads = Uploads(self)
        self.sealing = Sealing(self)

    def load(self) -> None:
        """Take everything from the store, but what is of no use any more."""
        self.keys.forget_old_keys(datetime.now(UTC) - KEPT)
        self.session_store = self.keys.load_sessions()
        self.device_store = self.keys.load_device_keys()
        self.room_keys = self.keys.room_keys()
        self._owned = Counter(owner for _, _, owner in self.room_keys)
        self.met = self.keys.met()
        self._met = Counter(self.met.values())

    # --- what others sent to our device

    def receive(self, events: Iterable[object]) -> Received:
        """Take the to-device messages of a sync answer, and commit what they gave. Raises sqlite3.Error."""
        received = Received()
        self._came = received.keys
        with self.keys.transaction():
            for raw in events:
                received.refused += not self._receive(raw)
            self.save_account()  # without the one-time keys that were used
        if received.refused:
            log.warning(
                "%d messages to our device were refused: no honest client sends such", received.refused
            )
        return received

    def _receive(self, raw: object) -> bool:
        try:
            digest = hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).digest()
            event = json_object(raw, "event")
            sender = identifier(event.get("sender"), "sender", "@")
            if self.keys.is_new(digest) and event.get("type") == "m.room.encrypted":
                content = json_object(event.get("content"), "content")
                parsed = {"type": "m.room.encrypted", "sender": sender, "content": content}
                self.handle_to_device_event(ToDeviceEvent.parse_event(parsed))
        except sqlite3.Error:
            raise
        except BaseException as error:  # noqa: BLE001 - a panic in Rust is no Exception; no cancellation comes here
            log.debug("a to-device message was refused (%s)", type(error).__name__)
            return False
        return True

    def _create_inbound_session(self, sender: str, sender_key: str, message: object) -> Session:
        """Begin a session as its other side did, and note whose key that is: without its secret none comes about."""
        if sender_key not in self.met and self._met[sender] >= MOST_MET:
            raise MalformedError("too many devices")
        begun = super()._create_inbound_session(sender, sender_key, message)
        self._met[sender] += sender_key not in self.met
        self.keys.save_met(sender_key, self.met.setdefault(sender_key, sender))
        return begun

    def _handle_room_key_event(self, sender: str, sender_key: str, payload: Json) -> None:
        """Take the key of a room from who made it."""
        content = json_object(payload.get("content"), "content")
        room, session_id, secret = (content.get(one) for one in ("room_id", "session_id", "session_key"))
        ed25519 = json_object(payload.get("keys"), "keys").get("ed25519")
        if content.get("algorithm") != MEGOLM or not all(
            isinstance(one, str) for one in (room, session_id, secret, ed25519)
        ):
            raise MalformedError("m.room_key")
        session = InboundGroupSession(secret, ed25519, sender_key, identifier(room, "room_id", "!"))
        self._keep(sender, str(session_id), session, signed=True)

    def _handle_forwarded_room_key_event(self, sender: str, sender_key: str, payload: Json) -> None:
        """Take a key we asked for, from the device that made it and from no other."""
        content = json_object(payload.get("content"), "content")
        room, session_id = content.get("room_id"), content.get("session_id")
        secret, ed25519 = content.get("session_key"), content.get("sender_claimed_ed25519_key")
        if not all(isinstance(one, str) for one in (room, session_id, secret, ed25519)):
            raise MalformedError("m.forwarded_room_key")
        asked = self.requested.get((str(room), str(session_id), sender))
        if asked is None or content.get("sender_key") != sender_key:
            raise MalformedError("a key nobody asked for")
        session = InboundGroupSession.import_session(secret, ed25519, sender_key, str(room))
        self._keep(sender, str(session_id), session, signed=False)

    def _keep(self, owner: str, session_id: str, session: InboundGroupSession, *, signed: bool) -> None:
        """Keep a key, unless the one we have opens more. One that is handed on is not `signed` by who made it."""
        if session.id != session_id:
            raise MalformedError("session_id")
        key = (session.room_id, session_id, owner)
        known = self.room_keys.get(key)
        if known is None and self._owned[owner] >= MOST_KEYS:
            raise MalformedError("too many keys")
        if known is not None and _agree(known, session):
            if known.first_known_index <= session.first_known_index:
                return
        elif known is not None and not signed:
            raise MalformedError("another key of that name")
        self._owned[owner] += known is None
        self.room_keys[key] = session
        self.keys.save_room_key(key, session)
        self.requested.pop(key, None)
        self._came.add((session.room_id, session_id))

    def create_group_session(self, *_: object) -> None:
        """Nio keeps what it needs to open our own events with; we know them by their transaction ids."""

    def save_session(self, curve_key: str, session: Session) -> None:
        """Keep a pairwise session as it stands now, and of those with the same device only the latest."""
        super().save_session(curve_key, session)
        pairs = self.session_store[curve_key]
        for old in pairs[MOST_PAIRS:]:
            self.keys.forget_session(curve_key, old)
        del pairs[MOST_PAIRS:]

    def request_for(self, key: RoomKey) -> Json | None:
        """What asks a key's owner for it once more; None if that was done."""
        if key in self.requested:
            return None
        room, session_id, _ = key
        if len(self.requested) >= MOST_REQUESTED:
            del self.requested[next(iter(self.requested))]
        self.requested[key] = request = secrets.token_hex(8)
        wanted = {"algorithm": MEGOLM, "room_id": room, "session_id": session_id}
        return {
            "action": "request",
            "body": wanted,
            "request_id": request,
            "requesting_device_id": self.device_id,
        }

    # --- opening the events of rooms

    def open_all(self, sealed: Sequence[tuple[str, object]]) -> list[Json | Exception]:
        """Open events, each given with its room; or say why one cannot be opened.

        An event opened is as if it had been sent in plain. Those that cannot be are NoKeyError (it may come) or
        MalformedError (it never will). Raises sqlite3.Error.
        """
        with self.keys.transaction():
            return [self._open_or_why(room, raw) for room, raw in sealed]

    def _open_or_why(self, room: str, raw: object) -> Json | Exception:
        try:
            return self._open(room, json_object(raw, "event"))
        except (NoKeyError, MalformedError) as error:
            return error
        except sqlite3.Error:
            raise
        except BaseException as error:  # noqa: BLE001 - as in `_receive`
            return MalformedError(type(error).__name__)

    def _open(self, room: str, raw: Json) -> Json:
        content = json_object(raw.get("content"), "content")
        sender, event_id = (
            identifier(raw.get("sender"), "sender", "@"),
            identifier(raw.get("event_id"), "event_id", "$"),
        )
        session_id, ciphertext = session_of(raw), content.get("ciphertext")
        if not isinstance(ciphertext, str):
            raise MalformedError("ciphertext")
        key = (room, session_id, sender)
        session = self.room_keys.get(key)
        if session is None:
            raise NoKeyError
        try:
            plaintext, index = session.decrypt(ciphertext)
        except vodozemac.MegolmDecryptionException:
            if vodozemac.MegolmMessage.from_base64(ciphertext).message_index() < session.first_known_index:
                raise NoKeyError from None
            raise
        if not self.keys.is_first(key, index, event_id):
            raise MalformedError("replayed")
        inside = parse(plaintext.encode("utf-8", "surrogatepass"))
        if inside is None or inside.get("room_id") != room:
            raise MalformedError("room_id")
        if inside.get("type") in _NEVER_SEALED:
            raise MalformedError("type")
        opened = inside.get("content")
        if isinstance(opened, dict) and "m.relates_to" in content:
            # A relation stands outside, where servers see it.
            opened.setdefault("m.relates_to", content["m.relates_to"])
        read: Json = {one: raw[one] for one in ("origin_server_ts", "unsigned") if one in raw}
        read |= {"event_id": event_id, "sender": sender, "type": inside.get("type"), "content": opened}
        return read


def _agree(one: InboundGroupSession, other: InboundGroupSession) -> bool:
    """Whether two keys of one session are the same from where both begin on."""
    begins = max(one.first_known_index, other.first_known_index)
    return bool(one.export_session(begins) == other.export_session(begins))


def session_of(raw: Json) -> str:
    """The session a sealed event names. Raises MalformedError if it is not sealed the way rooms are."""
    content = json_object(raw.get("content"), "content")
    session_id = content.get("session_id")
    if content.get("algorithm") != MEGOLM:
        raise MalformedError("algorithm")
    if not isinstance(session_id, str) or not 0 < len(session_id) <= _LONGEST_SESSION:
        raise MalformedError("session_id")
    return session_id
