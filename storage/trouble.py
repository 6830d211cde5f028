"""What can be wrong with the database, and what whoever runs the bot can do about it."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DatabaseError


class StorageError(Exception):
    """The database cannot be used; the message says what happened and what to do."""


class StorageBusy(StorageError):
    """Another process writes here."""


class StorageFull(StorageError):
    """The disk is full, read-only or failing: nothing was changed, and nothing can be until that ends."""


class StorageDamaged(StorageError):
    """The file is not sound any more: to go on writing could only make it worse."""


HELD = "; nothing is lost: what was taken is safe, and what is said meanwhile is read and answered afterwards"
_HELD_BY = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space"),
    sqlite3.SQLITE_READONLY: (
        "the database is read-only",
        "make its folder and its files writable for the user of the bot, or look why the disk became read-only",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk does not do what it is asked",
        "look into the system's log, and at how full and how sound the disk is",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the database cannot be opened",
        "look whether its folder is still there, and writable for the user of the bot",
    ),
}


def named(error: DatabaseError | sqlite3.Error) -> Exception:
    """Give an error that ends a transaction its name; one that is a programming mistake stays what it is."""
    return meaning(error.orig if isinstance(error, DatabaseError) else error) or error


def meaning(error: BaseException | None) -> StorageError | None:
    """What an error of SQLite's means for whoever runs the bot; None if it is not about the file or its disk."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _HELD_BY:
        what, remedy = _HELD_BY[code]
        return StorageFull(f"{what} ({error}){HELD}: {remedy}")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageDamaged(
            f"the database is damaged ({error}): nothing more is written to it. Move its folder away and restore "
            "the last backup (`tocsin restore`); what was said since is read again, as far as the servers keep it"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageBusy(f"another program is using the database ({error}): close it")
    return None


def is_fatal(error: BaseException) -> bool:
    """Whether an error concerns the database itself rather than what was asked of it."""
    return isinstance(error, StorageError) or (
        isinstance(error, DatabaseError | sqlite3.Error) and isinstance(named(error), StorageError)
    )
