"""Sealing what we say in a room: other people's devices, what is begun with each, and the key they are told."""

from __future__ import annotations

import logging
import sqlite3
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import vodozemac
from nio.responses import KeysClaimResponse, KeysQueryResponse

from bot.transports.matrix.rooms import MEGOLM, mapping

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from nio.crypto import OlmDevice

    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.encryption.machine import Machine

log = logging.getLogger(__name__)

_NO_CLAIM_AGAIN = 300.0
"""Seconds until a device is asked again for a key to begin with, after it had none."""
MOST_DEVICES = 200
"""Devices of one person that are told keys: a server may list as many as it likes, and each costs a session."""
_AT_ONCE = 40
"""Devices told a room's key in one request: about 60 kB."""

Device = tuple[str, str]
"""A person's full id and one of their devices."""


class Sealing:
    """The sending side of one device. Every method is for the keys' own thread."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._no_claim: dict[Device, float] = {}

    def take_devices(self, answer: Json) -> set[str]:
        """Take the server's lists of people's devices; return whose were in it. Raises sqlite3.Error."""
        taken = set()
        with self._machine.keys.transaction():
            for person, devices in mapping(answer.get("device_keys")).items():
                listed = islice(mapping(devices).items(), MOST_DEVICES)
                sound = {name: one for name, one in listed if self._is_sound(person, name, one)}
                stored = self._machine.device_store[person]
                for name in [one for one in sound if one in stored and stored[one].deleted]:
                    del stored[name]  # it is there again, perhaps with other keys: nio would leave it deleted
                self._machine.handle_response(KeysQueryResponse({person: sound}, {}))
                taken.add(person)
        return taken

    def _is_sound(self, person: str, name: str, device: object) -> bool:
        """Whether a device's keys are keys, and signed by it."""
        keys = mapping(mapping(device).get("keys"))
        ed25519, curve25519 = keys.get(f"ed25519:{name}"), keys.get(f"curve25519:{name}")
        if not (isinstance(ed25519, str) and isinstance(curve25519, str) and isinstance(device, dict)):
            return False
        device.pop("unsigned", None)  # a name it gives itself
        if device.get("user_id") != person or device.get("device_id") != name:
            return False
        try:
            vodozemac.Curve25519PublicKey.from_base64(curve25519)
            return bool(self._machine.verify_json(device, ed25519, person, name))
        except BaseException:  # noqa: BLE001 - as in `_receive`
            return False

    def devices_of(self, people: Iterable[str]) -> dict[Device, OlmDevice]:
        """Every device that these people have now, but ours, and those that claim to have somebody else's key."""
        met = self._machine.met
        return {
            (person, device.id): device
            for person in people
            for device in self._machine.device_store.active_user_devices(person)
            if (person, device.id) != (self._machine.user_id, self._machine.device_id)
            and met.get(device.curve25519, person) == person
        }

    def unmet(self, people: Iterable[str]) -> dict[str, dict[str, str]]:
        """Whom to ask for a key to begin with, in the form of `/keys/claim`: devices we have no session with."""
        now, wanted = time.monotonic(), dict[str, dict[str, str]]()
        for (person, name), device in self.devices_of(people).items():
            if (
                not self._machine.session_store.get(device.curve25519)
                and self._no_claim.get((person, name), 0) <= now
            ):
                wanted.setdefault(person, {})[name] = "signed_curve25519"
        for device in self._machine.wedged_devices:
            wanted.setdefault(device.user_id, {})[device.id] = "signed_curve25519"
        return wanted

    def take_claimed(self, asked: dict[str, dict[str, str]], answer: Json) -> None:
        """Begin sessions with the keys the server gave. Raises sqlite3.Error."""
        given = mapping(answer.get("one_time_keys"))
        with self._machine.keys.transaction():
            for person, names in asked.items():
                for name in names:
                    key = mapping(mapping(given.get(person)).get(name))
                    if not (key and self._begin(person, name, key)):
                        self._no_claim[person, name] = time.monotonic() + _NO_CLAIM_AGAIN
                        self._leave_wedged({(person, name)})

    def _leave_wedged(self, gone: Collection[Device]) -> None:
        """Do not try to begin anew with these devices any more."""
        machine = self._machine
        machine.wedged_devices = [one for one in machine.wedged_devices if (one.user_id, one.id) not in gone]

    def _begin(self, person: str, name: str, key: Json) -> bool:
        device = self._machine.device_store[person].get(name)
        if device is None:
            return False  # its person has gone while the server was asked
        before = self._machine.session_store.get(device.curve25519)
        try:
            self._machine.handle_response(KeysClaimResponse({person: {name: key}}, {}))
        except sqlite3.Error:
            raise
        except BaseException as error:  # noqa: BLE001 - as in `_receive`
            log.warning("a device gave no sound key (%s)", type(error).__name__)
        return self._machine.session_store.get(device.curve25519) is not before

    def shares(
        self, room: str, people: Collection[str], most: int
    ) -> tuple[str, list[tuple[set[Device], Json]]]:
        """The session to seal a room's events with, and what to send to whose devices so that they can open them.

        It is a new one once somebody it was shared with is not there any more, a device of theirs is not, or it has
        served for `most` events or a week. Saved before it is sent. Raises sqlite3.Error.
        """
        devices = self.devices_of(people)
        session = self._machine.outbound_group_sessions.get(room)
        if session is None or session.expired or session.users_shared_with - devices.keys():
            self._machine.create_outbound_group_session(room)
            session = self._machine.outbound_group_sessions[room]
            session.max_messages = most
        content = {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": session.id,
            "session_key": session.session_key,
        }
        told: list[tuple[Device, Json]] = []
        with self._machine.keys.transaction():
            for who, device in devices.items():
                pair = self._machine.session_store.get(device.curve25519)
                if pair is not None and who not in session.users_shared_with:
                    sealed = self._machine._olm_encrypt(pair, device, "m.room_key", content)  # noqa: SLF001 - as nio's own
                    told.append((who, sealed))
        parts = []
        for start in range(0, len(told), _AT_ONCE):
            messages: Json = {}
            for (person, name), sealed in told[start : start + _AT_ONCE]:
                messages.setdefault(person, {})[name] = sealed
            parts.append(({who for who, _ in told[start : start + _AT_ONCE]}, messages))
        return session.id, parts

    def were_shared(self, room: str, session_id: str, with_: set[Device]) -> None:
        """The server took what `shares` gave for these devices."""
        session = self._machine.outbound_group_sessions[room]
        if session.id == session_id:
            session.users_shared_with |= with_

    def seal(self, room: str, kind: str, content: Json) -> Json:
        """Seal an event of any type for whom the room's session was shared with."""
        self._machine.outbound_group_sessions[room].mark_as_shared()
        sealed: Json = self._machine.group_encrypt(room, {"type": kind, "content": content})
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed

    def forget(self, people: Iterable[str]) -> None:
        """Drop the devices of people who are in no encrypted room with us any more. Raises sqlite3.Error."""
        people = set(people)
        # A device may say of itself that it has somebody else's key: what was begun with that one stays.
        others = {one.curve25519 for one in self._machine.device_store if one.user_id not in people}
        with self._machine.keys.transaction():
            for person in people:
                devices = self._machine.device_store[person]
                self._leave_wedged({(person, name) for name in devices})
                keys = {device.curve25519 for device in devices.values()} - others
                for key in keys:
                    self._machine.session_store[key].clear()
                devices.clear()
                self._machine.keys.forget_person(person, keys)

    def take_outgoing(self) -> list[Any]:
        """What nio wants sent to devices: that a session was begun anew."""
        waiting = list(self._machine.outgoing_to_device_messages)
        self._machine.outgoing_to_device_messages.clear()
        return waiting
