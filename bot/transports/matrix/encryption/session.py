"""Encryption on one connection: what the keys' own thread is given to do, and what is asked of the server for it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from bot.transports.base import DeviceForgotten, DeviceLost, Limited, Refused, TransportError, Unreachable
from bot.transports.matrix.encryption.asking import Asking
from bot.transports.matrix.encryption.crosssigning import SIGNING_KEYS, CrossSigning
from bot.transports.matrix.encryption.machine import Machine, session_of
from bot.transports.matrix.encryption.store import KeyStore
from bot.transports.matrix.reading import MalformedError
from bot.transports.matrix.rooms import listing, mapping
from storage.opening import cannot_use

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.encryption.machine import Received
    from bot.transports.matrix.homeserver import Homeserver

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

_OTHERS_WITHIN = 3000
"""Milliseconds that our server may take to ask others about their people's devices."""
_ASK_AGAIN = 60.0
"""Seconds until it is asked again about somebody whose server did not answer."""
_MOST_REQUESTS = 20
"""Keys asked for after one sync."""


class Encryption:
    """Opens what is encrypted for our device, and seals what we say for those who are in a room now."""

    def __init__(self, server: Homeserver, folder: Path, password: str) -> None:
        """The keys are in this folder. The password is for vouching for our device, where the server asks for it."""
        self._server, self._requests = server, Asking(server)
        self._path = folder / f"{server.device_id}.db"
        self._signing = CrossSigning(server, folder / SIGNING_KEYS, password)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tocsin-keys")
        self._machine: Machine
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._learning = asyncio.Lock()
        self._keeping_house = asyncio.Lock()
        self._current: set[str] = set()
        """Whose devices are known as they are now."""
        self._asked: set[str] = set()
        """Of whom the server was asked which they are, unless they have changed since."""
        self._ask_again: dict[str, float] = {}
        self._beside: set[asyncio.Task[None]] = set()
        self.rooms: set[str] = set()
        """Rooms that were ever seen to be encrypted, by us or by the device before this start."""

    async def open(self, *, begun: bool = False) -> None:
        """Load our device's keys, making them for a new device; `begun` says whether something is being sent as it.

        Raises:
            DeviceForgotten: something is, and the server does not know the device (any more).
            DeviceLost: the server knows this device by other keys than ours, which are lost.
            Unreachable: as `Homeserver.call`, and if the keys' file cannot be used.
            LoginRefused: as `Homeserver.call`.
        """
        try:
            self._machine, self.rooms = await self._run(self._load)
        except OSError as error:
            raise Unreachable(str(cannot_use(self._path, error))) from error
        except (sqlite3.Error, ValueError) as error:  # no database, or no keys in it
            if isinstance(error, sqlite3.OperationalError):
                raise Unreachable(f"the keys cannot be read ({error})") from error
            raise DeviceLost(f"the keys are damaged ({type(error).__name__})") from error
        try:
            await self._introduce(self._machine, begun=begun)
            await self._vouch(self._machine)
        except Limited as error:
            raise Unreachable(f"the server limits us for {error.seconds:g} s") from error
        except Refused as error:
            raise Unreachable(f"the server takes no keys: {error}") from error

    async def _introduce(self, machine: Machine, *, begun: bool) -> None:
        """Give the server our device's keys, if it does not have them (any more), or knows the device by others."""
        me, device = machine.user_id, machine.device_id
        answer = await self._requests.ask("POST", "keys", "query", body={"device_keys": {me: [device]}})
        known = mapping(mapping(mapping(answer.get("device_keys")).get(me)).get(device))
        theirs = mapping(known.get("keys")).get(f"ed25519:{device}")
        if theirs and theirs != machine.account.identity_keys["ed25519"]:
            raise DeviceLost("the server knows this device by keys that are not here any more")
        if not theirs and begun:
            raise DeviceForgotten("the server has ended this device's session, and begun it anew")
        if not theirs:
            machine.account.shared = False  # a new device, or one whose session was ended
        await self._upload(None, None)

    async def _vouch(self, machine: Machine) -> None:
        device = await self._run(machine.uploads.device_keys)
        try:
            await self._signing.vouch(device, lambda content: self._run(machine.sign_json, content))
        except Refused as error:
            log.warning(
                "our device stays unsigned, and some clients will not let it read what they send: %s", error
            )
        except OSError as error:
            log.warning("our device stays unsigned: its keys cannot be written (%s)", error.strerror)

    def _load(self) -> tuple[Machine, set[str]]:
        store = KeyStore(self._path)
        try:
            return Machine(self._server.user_id, self._server.device_id, store), store.encrypted_rooms()
        except BaseException:
            store.close()
            raise

    async def close(self) -> None:
        """Stop what is done beside, and close the keys."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        if hasattr(self, "_machine"):
            with suppress(sqlite3.Error):
                await self._run(self._machine.keys.close)
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Do something in the keys' own thread: there it holds up nobody who is being answered."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **options))

    async def _kept(self, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """The same, for what is saved. Raises Unreachable if the disk takes nothing: from the keys as saved, again."""
        try:
            return await self._run(work, *args, **options)
        except sqlite3.Error as error:
            raise Unreachable(f"the keys cannot be saved ({error})") from error

    # --- receiving

    async def receive(self, answer: Json) -> set[tuple[str, str]]:
        """Take what a sync answer holds for our device, and commit it before anything else of the answer is taken.

        Returns room and session of each key that came. The server forgets these messages at the next sync. Raises
        Unreachable if they cannot be saved.
        """
        changed = mapping(answer.get("device_lists"))
        left = {one for one in listing(changed.get("left")) if isinstance(one, str)}
        people = left | {one for one in listing(changed.get("changed")) if isinstance(one, str)}
        # Before anything is waited for: what is sealed meanwhile is for the devices there are now.
        self._current -= people
        self._asked -= people
        self._ask_again = {one: at for one, at in self._ask_again.items() if one not in people}
        events = listing(mapping(answer.get("to_device")).get("events"))
        received: Received | None = None
        if events:
            received = await self._kept(self._machine.receive, events)
        if left:
            await self._kept(self._machine.sealing.forget, left - {self._server.user_id})
        counts, fallback = (
            answer.get("device_one_time_keys_count"),
            answer.get("device_unused_fallback_key_types"),
        )
        if not self._keeping_house.locked():  # else the next sync says it again
            self._begin(self._keep_house(counts, fallback))
        return received.keys if received else set()

    async def open_all(self, sealed: Sequence[tuple[str, object]]) -> list[Json | Exception]:
        """Open events, each given with its room: see `Machine.open_all`. Raises Unreachable."""
        return await self._kept(self._machine.open_all, sealed) if sealed else []

    def ask_for(self, sealed: Sequence[tuple[str, Json]]) -> None:
        """Ask their senders for the keys of these events, in the background, each key once."""
        if sealed:
            self._begin(self._ask_for(sealed[:_MOST_REQUESTS]))

    async def _ask_for(self, sealed: Sequence[tuple[str, Json]]) -> None:
        for room, raw in sealed:
            with suppress(MalformedError):
                owner = str(raw.get("sender"))
                request = await self._run(self._machine.request_for, (room, session_of(raw), owner))
                if request:
                    await self._requests.to_devices("m.room_key_request", {owner: {"*": request}})

    # --- sealing

    async def is_known_encrypted(self, room: str) -> None:
        """Remember for good that a room is encrypted."""
        if room not in self.rooms:
            self.rooms.add(room)
            await self._kept(self._machine.keys.save_encrypted_room, room)

    async def seal(self, room: str, kind: str, content: Json, people: Collection[str], most: int) -> Json:
        """Seal an event for these people's devices, having told those the key that have not got it.

        May be cancelled at any point: who was told is told once more. Raises as `Homeserver.call`.
        """
        async with self._locks[room]:
            await self._share(room, people, most)
            return await self._run(self._machine.sealing.seal, room, kind, content)

    async def _share(self, room: str, people: Collection[str], most: int) -> None:
        await self._learn_devices(people)
        await self._claim(people)
        session, parts = await self._kept(self._machine.sealing.shares, room, people, most)
        for devices, messages in parts:
            await self._requests.to_devices("m.room.encrypted", messages)
            await self._run(self._machine.sealing.were_shared, room, session, devices)

    async def _learn_devices(self, people: Collection[str]) -> None:
        if not self._unknown(people):
            return  # whoever else is asked about meanwhile
        async with self._learning:
            unknown = self._unknown(people)
            if not unknown:
                return
            # What changes while the server answers leaves them unknown.
            self._asked = set(unknown)
            now = time.monotonic()
            body: Json = {"timeout": _OTHERS_WITHIN, "device_keys": {one: [] for one in unknown}}
            answer = await self._requests.ask("POST", "keys", "query", body=body)
            taken = await self._kept(self._machine.sealing.take_devices, answer)
            self._current |= self._asked & taken
            self._ask_again |= dict.fromkeys(set(unknown) - taken, now + _ASK_AGAIN)

    def _unknown(self, people: Collection[str]) -> list[str]:
        """Of whom the devices are not known as they are now, nor was asked in vain just now."""
        now = time.monotonic()
        return [one for one in people if one not in self._current and self._ask_again.get(one, 0.0) <= now]

    async def _claim(self, people: Collection[str]) -> None:
        wanted = await self._run(self._machine.sealing.unmet, people)
        if wanted:
            body: Json = {"timeout": _OTHERS_WITHIN, "one_time_keys": wanted}
            answer = await self._requests.ask("POST", "keys", "claim", body=body)
            await self._kept(self._machine.sealing.take_claimed, wanted, answer)

    # --- our own device

    async def _keep_house(self, counts: object, fallback: object) -> None:
        """Give the server what it lacks of our keys, and begin anew with devices that cannot be understood."""
        async with self._keeping_house:
            await self._upload(counts, fallback)
            if self._machine.wedged_devices:
                await self._claim(())
            for message in await self._run(self._machine.sealing.take_outgoing):
                content = {message.recipient: {message.recipient_device: message.content}}
                await self._requests.to_devices(message.type, content)

    async def _upload(self, counts: object, fallback: object) -> None:
        due = await self._kept(self._machine.uploads.due, counts, fallback)
        if due:
            await self._requests.ask("POST", "keys", "upload", body=due)
            await self._kept(self._machine.uploads.were_taken)

    def _begin(self, work: object) -> None:
        async def bounded() -> None:
            try:
                await work  # type: ignore[misc]
            except TransportError as error:
                log.info("put off until the next sync (%s)", error)
            except Exception:
                log.exception("a fault with keys")

        task = asyncio.create_task(bounded())
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
