"""People on Matrix whose client encrypts: vodozemac and plain HTTP, sharing no code with the bot."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
from typing import TYPE_CHECKING, Any

import vodozemac
from Crypto.Cipher import AES
from Crypto.Util import Counter

from tests.live.matrix_person import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"


def canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class SealedPerson(Person):
    """Somebody whose client encrypts in encrypted rooms. What it can open stands open in the timeline.

    Opened events have their own type and content, and "sealed": True; the others stay `m.room.encrypted`.
    """

    def __init__(self, base_url: str, user_id: str, password: str) -> None:
        super().__init__(base_url, user_id, password)
        self.account = vodozemac.Account()
        self.device = ""
        self.keys: dict[tuple[str, str], vodozemac.InboundGroupSession] = {}
        """Room and session of what this device can open."""
        self.outbound: dict[str, vodozemac.GroupSession] = {}
        self.told: dict[str, set[str]] = {}
        """Session → identity keys of the devices that were told it."""
        self.pairs: dict[str, vodozemac.Session] = {}
        self.older: dict[str, list[vodozemac.Session]] = {}
        """Those that both sides began at once: the other one may speak in either."""
        self.asked: list[dict[str, Any]] = []
        """Requests for keys, and whatever else came in plain for this device."""
        self.secrets: dict[str, str] = {}
        """Session → the key that opens it from its first message on."""
        self.known: dict[tuple[str, str], str] = {}
        """Device → the identity it was first seen with. Another one is not believed."""
        self.misunderstood: list[dict[str, Any]] = []
        """What was sealed for this device with keys that were used before."""
        self.refuses: set[str] = set()
        """Devices that are told no key: what a client does that excludes them."""

    async def login(self) -> None:
        who = {"type": "m.id.user", "user": self.user_id}
        body = {"type": "m.login.password", "identifier": who, "password": self.password}
        answer = await self.call("POST", "login", body=body)
        self.token, self.device = answer["access_token"], answer["device_id"]
        await self.upload_keys()

    def sign(self, content: dict[str, Any]) -> dict[str, Any]:
        signature = self.account.sign(canonical(content)).to_base64()
        return {**content, "signatures": {self.user_id: {f"ed25519:{self.device}": signature}}}

    async def upload_keys(self) -> None:
        self.account.generate_one_time_keys(20)
        keys = {
            f"curve25519:{self.device}": self.account.curve25519_key.to_base64(),
            f"ed25519:{self.device}": self.account.ed25519_key.to_base64(),
        }
        device = {
            "algorithms": [OLM, MEGOLM],
            "device_id": self.device,
            "keys": keys,
            "user_id": self.user_id,
        }
        one_time = {
            f"signed_curve25519:{name}": self.sign({"key": key.to_base64()})
            for name, key in self.account.one_time_keys.items()
        }
        body = {"device_keys": self.sign(device), "one_time_keys": one_time}
        await self.call("POST", "keys", "upload", body=body)
        self.account.mark_keys_as_published()

    # --- receiving

    async def sync(self, *, wait: float = 0) -> list[dict[str, Any]]:
        before = len(self.timeline)
        fresh = await super().sync(wait=wait)
        for event in self.to_device:
            try:
                self.receive(event)
            except vodozemac.OlmDecryptionException:
                self.misunderstood.append(event)
        self.timeline[before:] = fresh = [self.opened(event) for event in fresh]
        return fresh

    def receive(self, event: dict[str, Any]) -> None:
        if event["type"] != "m.room.encrypted":
            self.asked.append(event)
            return
        content = event["content"]
        mine = content["ciphertext"][self.account.curve25519_key.to_base64()]
        sender = content["sender_key"]
        if mine["type"] == 0:
            message = vodozemac.PreKeyMessage.from_base64(mine["body"])
            known = self.pairs.get(sender)
            if known is not None and known.session_matches(message):
                plain = known.decrypt(message.to_any())
            else:
                key = vodozemac.Curve25519PublicKey.from_base64(sender)
                if known is not None:
                    self.older.setdefault(sender, []).append(known)
                self.pairs[sender], plain = self.account.create_inbound_session(key, message)
        else:
            body = base64.b64decode(mine["body"] + "==")
            plain = self._in_some_session(sender, vodozemac.AnyOlmMessage.normal(body))
        inside = json.loads(plain)
        if inside["type"] == "m.room_key":
            told = inside["content"]
            session = vodozemac.InboundGroupSession(vodozemac.SessionKey(told["session_key"]))
            self.keys[told["room_id"], told["session_id"]] = session

    def _in_some_session(self, sender: str, message: vodozemac.AnyOlmMessage) -> bytes:
        """Open what was sealed in any of the sessions with a device. Raises OlmDecryptionException."""
        for session in self.older.get(sender, []):
            with contextlib.suppress(vodozemac.OlmDecryptionException):
                return session.decrypt(message)
        return self.pairs[sender].decrypt(message)

    def opened(self, event: dict[str, Any]) -> dict[str, Any]:
        content = event["content"]
        session = self.keys.get((event["room_id"], str(content.get("session_id"))))
        if event["type"] != "m.room.encrypted" or session is None:
            return event
        message = vodozemac.MegolmMessage.from_base64(content["ciphertext"])
        try:
            inside = json.loads(session.decrypt(message).plaintext)
            assert inside["room_id"] == event["room_id"]
            kind, opened = str(inside["type"]), dict(inside["content"])
        except (
            vodozemac.MegolmDecryptionException,
            AssertionError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ):
            return event  # from before this device was told the key, or nothing that can be shown
        return {
            **event,
            "type": kind,
            "content": opened,
            "sealed": True,
            "session_id": content["session_id"],
        }

    async def history(self, room: str) -> list[dict[str, Any]]:
        await self.sync()
        while self.to_device:  # a hundred at a time
            await self.sync()
        return [self.opened({**event, "room_id": room}) for event in await super().history(room)]

    # --- sending

    async def send(self, room: str, content: object, *, kind: str = "m.room.message") -> str:
        """Send any event, sealed; the room has to be encrypted."""
        assert isinstance(content, dict)
        return await super().send(room, await self.seal(room, content, kind), kind="m.room.encrypted")

    async def send_plain(self, room: str, content: object, *, kind: str = "m.room.message") -> str:
        """Send an event as it stands."""
        return await super().send(room, content, kind=kind)

    async def seal(self, room: str, content: dict[str, Any], kind: str = "m.room.message") -> dict[str, Any]:
        """Tell whoever is in the room the key, and seal an event with it."""
        session = self.outbound.get(room)
        if session is None:
            session = self.outbound[room] = vodozemac.GroupSession()
            self.secrets[session.session_id] = session.session_key.to_base64()
        await self.tell_key(room)
        inside = json.dumps({"type": kind, "content": content, "room_id": room}).encode()
        sealed = {
            "algorithm": MEGOLM,
            "ciphertext": session.encrypt(inside).to_base64(),
            "device_id": self.device,
            "sender_key": self.account.curve25519_key.to_base64(),
            "session_id": session.session_id,
        }
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed

    async def tell_key(self, room: str, secret: str = "") -> None:
        """Tell every device of whoever is in the room the key of what is said there, unless it was told or refused."""
        session = self.outbound[room]
        self.keys.setdefault((room, session.session_id), vodozemac.InboundGroupSession(session.session_key))
        told = self.told.setdefault(session.session_id, set())
        body = {"device_keys": {user: [] for user in await self.members(room)}}
        answer = await self.call("POST", "keys", "query", body=body)
        devices = [
            (user, name, device["keys"][f"curve25519:{name}"], device["keys"][f"ed25519:{name}"])
            for user, each in answer["device_keys"].items()
            for name, device in each.items()
            if name not in self.refuses and name != self.device
        ]
        devices = [
            device
            for device in devices
            if device[2] not in told and self.known.setdefault(device[:2], device[2]) == device[2]
        ]
        await self.begin(device for device in devices if device[2] not in self.pairs)
        content = {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": session.session_id,
            "session_key": secret or session.session_key.to_base64(),
        }
        messages: dict[str, dict[str, Any]] = {}
        for user, name, curve25519, ed25519 in devices:
            if curve25519 in self.pairs:
                sealed = self.olm(user, curve25519, ed25519, "m.room_key", content)
                messages.setdefault(user, {})[name] = sealed
                told.add(curve25519)
        if messages:
            await self.to_devices("m.room.encrypted", messages)

    async def forward_key(
        self, room: str, request: dict[str, Any], secret: vodozemac.ExportedSessionKey
    ) -> None:
        """Give a device the key it asked for."""
        user, name = request["sender"], request["content"]["requesting_device_id"]
        answer = await self.call("POST", "keys", "query", body={"device_keys": {user: [name]}})
        keys = answer["device_keys"][user][name]["keys"]
        content = {
            "algorithm": MEGOLM,
            "forwarding_curve25519_key_chain": [],
            "room_id": room,
            "sender_claimed_ed25519_key": self.account.ed25519_key.to_base64(),
            "sender_key": self.account.curve25519_key.to_base64(),
            "session_id": request["content"]["body"]["session_id"],
            "session_key": secret.to_base64(),
        }
        sealed = self.olm(
            user, keys[f"curve25519:{name}"], keys[f"ed25519:{name}"], "m.forwarded_room_key", content
        )
        await self.to_devices("m.room.encrypted", {user: {name: sealed}})

    async def begin(self, devices: Iterable[tuple[str, str, str, str]]) -> None:
        wanted: dict[str, dict[str, str]] = {}
        curves = {}
        for user, name, curve25519, _ in devices:
            wanted.setdefault(user, {})[name] = "signed_curve25519"
            curves[user, name] = curve25519
        if not wanted:
            return
        answer = await self.call("POST", "keys", "claim", body={"one_time_keys": wanted})
        for user, each in answer["one_time_keys"].items():
            for name, keys in each.items():
                (key,) = keys.values()
                self.pairs[curves[user, name]] = self.account.create_outbound_session(
                    vodozemac.Curve25519PublicKey.from_base64(curves[user, name]),
                    vodozemac.Curve25519PublicKey.from_base64(key["key"]),
                )

    def olm(
        self, user: str, curve25519: str, ed25519: str, kind: str, content: dict[str, Any]
    ) -> dict[str, Any]:
        """A message for one device alone."""
        payload = {
            "type": kind,
            "content": content,
            "sender": self.user_id,
            "recipient": user,
            "recipient_keys": {"ed25519": ed25519},
            "keys": {"ed25519": self.account.ed25519_key.to_base64()},
        }
        return self.for_device(curve25519, json.dumps(payload))

    def ciphertext(self, room: str, plain: str) -> str:
        """Any text, sealed with the key of a room."""
        return self.outbound[room].encrypt(plain.encode()).to_base64()

    def for_device(self, curve25519: str, plain: str) -> dict[str, Any]:
        """Any text, sealed for one device."""
        number, body = self.pairs[curve25519].encrypt(plain.encode()).to_parts()
        sealed = {"type": number, "body": base64.b64encode(body).decode().rstrip("=")}
        return {
            "algorithm": OLM,
            "sender_key": self.account.curve25519_key.to_base64(),
            "ciphertext": {curve25519: sealed},
        }

    async def to_devices(self, kind: str, messages: dict[str, dict[str, Any]]) -> None:
        path = ("sendToDevice", kind, secrets.token_hex(8))
        await self.call("PUT", *path, body={"messages": messages})

    async def open_file(self, file: dict[str, Any]) -> bytes:
        """Fetch an encrypted file and open it. Raises AssertionError if it is not the one that was meant."""
        sealed = await self.download(file["url"])
        digest = base64.b64encode(hashlib.sha256(sealed).digest()).decode().rstrip("=")
        assert digest == file["hashes"]["sha256"]
        counter = base64.b64decode(file["iv"] + "==")
        ctr = Counter.new(64, prefix=counter[:8], initial_value=int.from_bytes(counter[8:], "big"))
        key = base64.urlsafe_b64decode(file["key"]["k"] + "==")
        return AES.new(key, AES.MODE_CTR, counter=ctr).decrypt(sealed)
