"""The migrations build exactly the tables, keep every row, and end whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    UniqueConstraint,
    create_engine,
)
from sqlalchemy import inspect as inspector_of
from sqlalchemy import text as sql
from sqlalchemy.pool import NullPool

from storage import migrations
from storage.opening import FILE, open_database
from storage.tables import metadata
from storage.trouble import StorageError
from tests.storage.made import dump, filled

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine


def engine_of(path: Path) -> Engine:
    return create_engine(f"sqlite:///{path}", poolclass=NullPool)


def _same_default(*said: Any) -> bool | None:
    """Say of empty texts alone that they do not differ: Alembic takes two of them for different; it judges the rest."""
    _context, _found, _wanted, in_database, in_tables, _rendered = said
    return False if in_database in ("''", "('')") and in_tables is not None and in_tables.arg == "" else None


def differences(path: Path, wanted: MetaData) -> list[Any]:
    """What Alembic finds between a database and tables: tables, columns, types, nullability, defaults, keys, indexes."""
    with engine_of(path).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": _same_default}
        )
        return compare_metadata(context, wanted)


def described(path: Path) -> dict[str, Any]:
    """What Alembic does not compare as well: checks, the conditions of indexes, lengths, exact defaults, names."""
    with engine_of(path).connect() as connection:
        found = inspector_of(connection)
        return {
            table: {
                "columns": {
                    column["name"]: (str(column["type"]), column["nullable"], str(column["default"]))
                    for column in found.get_columns(table)
                },
                "primary key": found.get_pk_constraint(table),
                "foreign keys": sorted(map(str, found.get_foreign_keys(table))),
                "unique": sorted(map(str, found.get_unique_constraints(table))),
                "checks": sorted(
                    (str(one["name"]), str(one["sqltext"])) for one in found.get_check_constraints(table)
                ),
                "indexes": sorted(
                    (
                        str(one["name"]),
                        one["unique"],
                        str(one["column_names"]),
                        str(one.get("dialect_options", {}).get("sqlite_where", "")),
                    )
                    for one in found.get_indexes(table)
                ),
            }
            for table in found.get_table_names()
            if table != "alembic_version"
        }


def built(path: Path, from_tables: MetaData) -> dict[str, Any]:
    with engine_of(path).begin() as connection:
        from_tables.create_all(connection)
    return described(path)


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    path = tmp_path / "migrated.db"
    migrations.upgrade(path)
    return path


def altered(change: Callable[[MetaData], object]) -> MetaData:
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(copy)
    change(copy)
    return copy


def test_the_migrations_build_exactly_the_tables(migrated: Path, tmp_path: Path) -> None:
    assert differences(migrated, metadata) == []
    assert described(migrated) == built(tmp_path / "built.db", metadata)
    assert len(described(migrated)) == len(metadata.tables) > 20


def _drop(copy: MetaData, table: str, kind: type) -> None:
    found = copy.tables[table]
    found.constraints.discard(next(one for one in found.constraints if type(one) is kind))


def _retype(copy: MetaData, table: str, column: str, kind: Any) -> None:
    copy.tables[table].c[column].type = kind


def _null(copy: MetaData, table: str, column: str) -> None:
    copy.tables[table].c[column].nullable = True


def _default(copy: MetaData) -> None:
    copy.tables["rooms"].c.state.server_default.arg = "joined"  # type: ignore[union-attr]


def _unindex(copy: MetaData) -> None:
    copy.tables["ballots"].indexes.clear()


ALTERATIONS: dict[str, Callable[[MetaData], object]] = {
    "a table more": lambda copy: copy.remove(copy.tables["audit"]),
    "a column": lambda copy: copy.tables["rooms"].append_column(Column("colour", Integer)),
    "a type": lambda copy: _retype(copy, "campaigns", "goal", Boolean()),
    "nullability": lambda copy: _null(copy, "campaigns", "title"),
    "a default": _default,
    "a default gone": lambda copy: setattr(copy.tables["people"].c.name, "server_default", None),
    "a unique constraint gone": lambda copy: _drop(copy, "polls", UniqueConstraint),
    "an index more": lambda copy: Index("ix_new", copy.tables["people"].c.name),
    "an index gone": _unindex,
}
SEEN_BY_US_ALONE: dict[str, Callable[[MetaData], object]] = {
    "a check gone": lambda copy: _drop(copy, "signatures", CheckConstraint),
    "a check": lambda copy: copy.tables["people"].append_constraint(
        CheckConstraint("id > 0", name="positive")
    ),
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_control_a_difference_is_reported(migrated: Path, tmp_path: Path, what: str) -> None:
    other = altered(ALTERATIONS[what])

    assert differences(migrated, other) != []
    assert described(migrated) != built(tmp_path / "built.db", other)


@pytest.mark.parametrize("what", SEEN_BY_US_ALONE)
def test_control_a_check_is_compared_too(migrated: Path, tmp_path: Path, what: str) -> None:
    assert described(migrated) != built(tmp_path / "built.db", altered(SEEN_BY_US_ALONE[what]))


def test_control_the_condition_of_an_index_is_compared(migrated: Path, tmp_path: Path) -> None:
    def change(copy: MetaData) -> None:
        index = next(one for one in copy.tables["signatures"].indexes if one.name == "uq_signatures_standing")
        index.dialect_options["sqlite"]["where"] = sql("ended_at IS NOT NULL")

    assert described(migrated) != built(tmp_path / "built.db", altered(change))


def test_control_a_copy_without_alterations_is_no_difference(migrated: Path, tmp_path: Path) -> None:
    same = altered(lambda _: None)

    assert differences(migrated, same) == []
    assert described(migrated) == built(tmp_path / "built.db", same)


# --- filled databases


def counted(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - our own tables
            for name in metadata.tables
        }


def test_opening_a_filled_database_again_keeps_every_row(folder: Path) -> None:
    filled(folder)
    before = dump(folder)
    assert [name for name, count in counted(folder).items() if not count] == []

    open_database(folder).close()

    assert dump(folder) == before


FILLED_0001 = Path(__file__).parent / "filled-0001.sql"
"""A database of the first schema with something in every table, as that version of the code wrote it."""


def test_a_filled_database_of_the_first_schema_keeps_every_row(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript(FILLED_0001.read_text("utf-8"))
        connection.execute(
            "INSERT INTO dispatches VALUES ('k3', 'xmpp', 2, '{}', NULL, NULL, 'failed', '', 'gone', '2027-09-03', NULL)"
        )
        connection.execute(
            "INSERT INTO dispatches VALUES ('k2', 'xmpp', 2, '{}', NULL, NULL, 'uncertain', '', '', '2027-09-02', NULL)"
        )
        connection.commit()
        before = {
            name: connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - our own tables
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall()
            if name != "alembic_version"
        }

    open_database(folder).close()

    assert version(folder) == "0007"
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for name, rows in before.items():
            assert rows, f"{name} was empty: nothing is proven for it"
            columns = ", ".join(
                f'"{column}"'
                for _, column, *_ in connection.execute(f'PRAGMA table_info("{name}")').fetchall()
                if column not in NEW.get(name, ())
            )
            kept = connection.execute(f'SELECT {columns} FROM "{name}"').fetchall()  # noqa: S608 - our own tables
            assert sorted(kept, key=repr) == sorted(rows, key=repr), name
        assert connection.execute("SELECT key, number FROM dispatches ORDER BY key").fetchall() == [
            ("k1", None),
            ("k2", 1),
            ("k3", 2),
        ]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


NEW = {
    "cursors": ("moved_at",),
    "inbox": ("id",),
    "quarantine": ("told", "seen_at"),
    "dispatches": ("number",),
    "outbox": ("repeats_key", "expires_at", "not_before", "asker", "target_id"),
    "people": ("forgotten_at",),
    "organisations": ("listed",),
    "signatures": ("reconfirmed_at",),
    "campaigns": ("second_person", "collective_id", "titles", "pauses", "board"),
    "representatives": ("deputy",),
    "campaign_organisations": ("question_id", "reminders", "snoozed_until"),
    "reminders": ("outbox_id", "campaign_id", "deciding_until", "closes_at", "public", "why"),
    "polls": (
        "held_at",
        "rules",
        "signs",
        "starts_at",
        "begun",
        "extended_at",
        "concluded_at",
        "concluded_by",
        "conclusion",
        "signature_id",
    ),
    "ballots": ("server_at", "resolution", "resolved_at", "resolved_by", "way", "target"),
}
"""The columns that later schemas added."""

NEXT = '''
"""A made revision."""
from alembic import op
import sqlalchemy as sa
revision = "made"
down_revision = "0007"
def upgrade():
'''


@pytest.fixture
def next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give this installation one revision more than it has."""

    def install(body: str) -> None:
        here = tmp_path / "migrations"
        shutil.copytree(migrations.HERE, here, ignore=shutil.ignore_patterns("__pycache__"))
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        (here / "versions" / "made.py").write_text(NEXT + lines, "utf-8")
        monkeypatch.setattr(migrations, "HERE", here)

    return install


def version(folder: Path) -> str:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_rebuilding_a_parent_table_keeps_its_children(
    folder: Path, next_revision: Callable[[str], None]
) -> None:
    filled(folder)
    before = counted(folder)
    head = version(folder)
    next_revision(
        """
for name in ("people", "rooms", "organisations", "campaigns"):
    with op.batch_alter_table(name, recreate="always") as table:
        table.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="red"))
"""
    )

    open_database(folder).close()

    assert (head, version(folder)) == ("0007", "made")
    assert counted(folder) == before
    with closing(sqlite3.connect(folder / FILE)) as connection:
        assert set(connection.execute("SELECT colour FROM people")) == {("red",)}
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ('op.execute("INSERT INTO nowhere VALUES (1)")', "no such table"),
        ('op.execute("DELETE FROM people")', "rows point at nothing"),
    ],
)
def test_a_migration_that_fails_half_way_changes_nothing(
    folder: Path, next_revision: Callable[[str], None], last: str, why: str
) -> None:
    filled(folder)
    before = dump(folder)
    next_revision(
        f"""
op.add_column("people", sa.Column("colour", sa.Text()))
op.drop_table("sympathies")
{last}
"""
    )

    with pytest.raises(StorageError, match=why) as refused:
        open_database(folder)

    assert "\n" not in str(refused.value)
    assert str(folder / FILE) in str(refused.value)
    assert dump(folder) == before


def test_control_the_same_migration_without_its_failure_does_change_it(
    folder: Path, next_revision: Callable[[str], None]
) -> None:
    filled(folder)
    before = dump(folder)
    next_revision('op.add_column("people", sa.Column("colour", sa.Text()))\nop.drop_table("sympathies")')

    open_database(folder).close()

    assert dump(folder) != before


def test_a_database_of_a_newer_version_is_refused_and_not_touched(folder: Path) -> None:
    filled(folder)
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'f00dfeed'")
    before = (folder / FILE).read_bytes()

    with pytest.raises(
        StorageError, match=r"made by another version of Tocsin .*f00dfeed.*run the newest"
    ) as refused:
        open_database(folder)

    assert "\n" not in str(refused.value)
    assert (folder / FILE).read_bytes() == before
    assert [one.name for one in folder.iterdir()] == [FILE]
