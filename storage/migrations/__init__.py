"""Bringing a database to the newest schema, whole or not at all (Alembic)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import NullPool

from storage.steps import reached

if TYPE_CHECKING:
    import sqlite3

HERE = Path(__file__).parent


def config() -> Config:
    """Alembic's settings for these migrations, without an ini file."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


def upgrade(path: Path, revision: str = "head") -> None:
    """Run the missing migrations in one transaction, on a connection of their own.

    Foreign keys are off while tables are rebuilt (with them on, altering a parent deletes its children) and every
    reference is checked before the commit.

    Raises:
        sqlalchemy.exc.DatabaseError: the schema is unchanged.
        BrokenReferences: rows would point at nothing; the schema is unchanged.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)), poolclass=NullPool, connect_args={"isolation_level": None}
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(engine, "before_cursor_execute", lambda *_: reached("migration"))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.rollback()
        with connection.begin():
            if _revision(connection) == (head() if revision == "head" else revision):
                return
            settings = config()
            settings.attributes["connection"] = connection
            command.upgrade(settings, revision)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise BrokenReferences(f"{len(broken)} rows point at nothing, first in {broken[0][0]}")
    engine.dispose()


class BrokenReferences(Exception):
    """A migration would leave rows that point at nothing: it was undone."""


def revision(connection: sqlite3.Connection) -> str | None:
    """Return the schema version of a database; None if it has none of Tocsin's."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])


def is_known(version: str) -> bool:
    """Whether this installation can bring a database of that schema version to the newest."""
    return any(one.revision == version for one in ScriptDirectory.from_config(config()).walk_revisions())


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Return the newest schema version there is."""
    return ScriptDirectory.from_config(config()).get_current_head()
