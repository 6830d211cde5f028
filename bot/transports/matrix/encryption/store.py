"""Where the keys of one device are kept: a SQLite file of its own, beside the database and never in it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nio.crypto import (
    DeviceStore,
    InboundGroupSession,
    OlmAccount,
    OlmDevice,
    Session,
    SessionStore,
)

from storage.steps import reached

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (one INTEGER PRIMARY KEY CHECK (one = 1), pickle TEXT NOT NULL,
    shared INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS pairwise (sender_key TEXT NOT NULL, session TEXT NOT NULL, pickle TEXT NOT NULL,
    made_at TEXT NOT NULL, used_at TEXT NOT NULL, PRIMARY KEY (sender_key, session)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS met (sender_key TEXT PRIMARY KEY, person TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS room_keys (room TEXT NOT NULL, session TEXT NOT NULL, owner TEXT NOT NULL,
    sender_key TEXT NOT NULL, ed25519 TEXT NOT NULL, pickle TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (room, session, owner)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS read_indexes (room TEXT NOT NULL, session TEXT NOT NULL, owner TEXT NOT NULL,
    message INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (room, session, owner, message)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS devices (person TEXT NOT NULL, device TEXT NOT NULL, ed25519 TEXT NOT NULL,
    curve25519 TEXT NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (person, device)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS encrypted_rooms (room TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS received (number INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE);
"""
_REMEMBERED = 2000
"""To-device messages known again when a sync is answered once more. A server gives a hundred at a time."""

RoomKey = tuple[str, str, str]
"""Room, session id and the user who made the session: somebody else who hands it on does not become its owner."""


class Pairs(SessionStore):  # type: ignore[misc] # nio has no types
    """The sessions that are shared with one other device each. What is looked for and not there leaves no trace."""

    def __getitem__(self, sender_key: str) -> list[Session]:
        found: list[Session] = self._entries.get(sender_key, [])
        return found

    def get(self, sender_key: str) -> Session | None:
        """The one that was used last."""
        return next(iter(self[sender_key]), None)


class KeyStore:
    """The keys of one device, as nio's Olm machine wants them kept. For one thread.

    Raises:
        sqlite3.Error: the file is damaged, or the disk takes nothing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._depth = 0
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._check()
            self._connection.executescript(_SCHEMA)
        except BaseException:
            self._connection.close()
            raise

    def _check(self) -> None:
        verdict = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what is saved within it all or not at all; one within another is part of it."""
        if self._depth:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            reached("before-keys-commit")
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0
        reached("after-keys-commit")

    # --- our own device

    def load_account(self) -> OlmAccount | None:
        """Our identity and one-time keys; None if this is a new device."""
        row = self._connection.execute("SELECT pickle, shared FROM account").fetchone()
        return OlmAccount.from_pickle(row[0].encode(), "", bool(row[1])) if row else None

    def save_account(self, account: OlmAccount) -> None:
        """Keep our identity and one-time keys."""
        self._connection.execute(
            "INSERT OR REPLACE INTO account VALUES (1, ?, ?)",
            (account.pickle().decode(), account.shared),
        )

    # --- what is shared with one other device

    def load_sessions(self) -> Pairs:
        """Every pairwise session."""
        found = Pairs()
        for sender_key, pickle, made_at, used_at in self._connection.execute(
            "SELECT sender_key, pickle, made_at, used_at FROM pairwise"
        ):
            made, used = datetime.fromisoformat(made_at), datetime.fromisoformat(used_at)
            found.add(sender_key, Session.from_pickle(pickle.encode(), made, "", used))
        return found

    def save_session(self, sender_key: str, session: Session) -> None:
        """Keep a pairwise session as it stands now."""
        self._connection.execute(
            "INSERT OR REPLACE INTO pairwise VALUES (?, ?, ?, ?, ?)",
            (
                sender_key,
                session.id,
                session.pickle().decode(),
                session.creation_time.isoformat(),
                session.use_time.isoformat(),
            ),
        )

    def forget_session(self, sender_key: str, session: Session) -> None:
        """Drop a pairwise session that others have taken the place of."""
        self._connection.execute(
            "DELETE FROM pairwise WHERE sender_key = ? AND session = ?", (sender_key, session.id)
        )

    def met(self) -> dict[str, str]:
        """Whose device each key is with which a session was begun with us: who begins one has the key's secret."""
        return dict(self._connection.execute("SELECT sender_key, person FROM met"))

    def save_met(self, sender_key: str, person: str) -> None:
        """Keep whose device a key is."""
        self._connection.execute("INSERT OR IGNORE INTO met VALUES (?, ?)", (sender_key, person))

    def load_device_keys(self) -> DeviceStore:
        """Everybody's devices, as last heard of."""
        found = DeviceStore()
        for person, device, ed25519, curve25519, deleted in self._connection.execute("SELECT * FROM devices"):
            keys = {"ed25519": ed25519, "curve25519": curve25519}
            found.add(OlmDevice(person, device, keys, deleted=bool(deleted)))
        return found

    def save_device_keys(self, changed: Mapping[str, Mapping[str, OlmDevice]]) -> None:
        """Keep what changed about devices."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?)",
            [
                (person, name, device.ed25519, device.curve25519, device.deleted)
                for person, devices in changed.items()
                for name, device in devices.items()
            ],
        )

    # --- what opens the events of a room

    def room_keys(self) -> dict[RoomKey, InboundGroupSession]:
        """Every key that opens events."""
        found = {}
        for room, session, owner, sender_key, ed25519, pickle in self._connection.execute(
            "SELECT room, session, owner, sender_key, ed25519, pickle FROM room_keys"
        ):
            opened = InboundGroupSession.from_pickle(pickle.encode(), ed25519, sender_key, room)
            found[room, session, owner] = opened
        return found

    def save_room_key(self, key: RoomKey, session: InboundGroupSession) -> None:
        """Keep a key that opens events."""
        self._connection.execute(
            "INSERT OR REPLACE INTO room_keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *key,
                session.sender_key,
                session.ed25519,
                session.pickle().decode(),
                datetime.now(UTC).isoformat(),
            ),
        )

    def is_first(self, key: RoomKey, message: int, event: str) -> bool:
        """Whether a message of a session has been seen as no other event: one repeated by a server is a replay."""
        values = (*key, message, event)
        self._connection.execute("INSERT OR IGNORE INTO read_indexes VALUES (?, ?, ?, ?, ?)", values)
        seen = self._connection.execute(
            "SELECT event FROM read_indexes WHERE room = ? AND session = ? AND owner = ? AND message = ?",
            (*key, message),
        ).fetchone()
        return bool(seen[0] == event)

    def encrypted_rooms(self) -> set[str]:
        """The rooms that were ever seen to be encrypted: none of them ceases to be."""
        return {room for (room,) in self._connection.execute("SELECT room FROM encrypted_rooms")}

    def save_encrypted_room(self, room: str) -> None:
        """Keep that a room is encrypted, whatever a server says later."""
        self._connection.execute("INSERT OR IGNORE INTO encrypted_rooms VALUES (?)", (room,))

    def is_new(self, digest: bytes) -> bool:
        """Whether a to-device message is not one that was taken before, given once more after a kill."""
        new = self._connection.execute("INSERT OR IGNORE INTO received (digest) VALUES (?)", (digest,))
        if new.rowcount:
            self._connection.execute(
                "DELETE FROM received WHERE number <= (SELECT max(number) FROM received) - ?", (_REMEMBERED,)
            )
        return bool(new.rowcount)

    # --- what is not kept for ever

    def forget_person(self, person: str, sender_keys: Iterable[str]) -> None:
        """Drop somebody's devices, which have these curve25519 keys, and what was begun with them."""
        self._connection.execute("DELETE FROM devices WHERE person = ?", (person,))
        self._connection.executemany(
            "DELETE FROM pairwise WHERE sender_key = ?", [(key,) for key in sender_keys]
        )
        self._connection.execute(
            "DELETE FROM met WHERE person = ? AND sender_key NOT IN (SELECT sender_key FROM pairwise)",
            (person,),
        )

    def forget_old_keys(self, before: datetime) -> None:
        """Drop what was not used since then (UTC): keys of rooms, with the messages they opened, and pairwise sessions."""
        self._connection.execute("DELETE FROM pairwise WHERE used_at < ?", (before.isoformat(),))
        self._connection.execute("DELETE FROM met WHERE sender_key NOT IN (SELECT sender_key FROM pairwise)")
        self._connection.execute("DELETE FROM room_keys WHERE at < ?", (before.isoformat(),))
        self._connection.execute(
            "DELETE FROM read_indexes WHERE NOT EXISTS (SELECT 1 FROM room_keys k WHERE k.room = read_indexes.room"
            " AND k.session = read_indexes.session AND k.owner = read_indexes.owner)"
        )

    # --- what nio's machine would keep, and this one has no use for

    @staticmethod
    def load_inbound_group_sessions() -> None:
        """Kept as `room_keys`, which know whose they are."""

    @staticmethod
    def load_outgoing_key_requests() -> dict[str, object]:
        """Asked for anew after a start."""
        return {}
