"""The audit: only ever added to, whoever opens the database; every act has words; nobody is named in it."""

from __future__ import annotations

import ast
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from commands.acts import ACTS
from storage.audit import Audit
from storage.opening import FILE, open_database
from storage.tables import audit
from tests.storage.made import HOUR, NOW, filled, make

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

ROOT = Path(__file__).parent.parent.parent
REFUSED = "the audit is only ever added to"
STATEMENTS = {
    "update": "UPDATE audit SET act = 'nothing' WHERE id = 1",
    "delete": "DELETE FROM audit WHERE id = 1",
    "delete all": "DELETE FROM audit",
    "replace": "INSERT OR REPLACE INTO audit (id, at, act, details) VALUES (1, '2027-09-01', 'nothing', '{}')",
    "upsert": "INSERT INTO audit (id, at, act, details) VALUES (1, '2027-09-01', 'nothing', '{}')"
    " ON CONFLICT (id) DO UPDATE SET act = 'nothing'",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_the_database_itself_refuses_to_change_the_audit(tmp_path: Path, statement: str) -> None:
    filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        before = connection.execute("SELECT * FROM audit").fetchall()
        assert before

        with pytest.raises(sqlite3.IntegrityError, match=REFUSED):
            connection.execute(statement)

        connection.rollback()
        assert connection.execute("SELECT * FROM audit").fetchall() == before


@pytest.mark.parametrize(
    "statement",
    [
        update(audit).values(act="nothing"),
        delete(audit),
        insert(audit).prefix_with("OR REPLACE").values(id=1, at=NOW, act="nothing", details={}),
        text(STATEMENTS["update"]),
    ],
    ids=["update", "delete", "replace", "raw"],
)
def test_it_refuses_the_same_of_our_own_code(tmp_path: Path, statement: object) -> None:
    filled(tmp_path)
    database = open_database(tmp_path)
    try:
        with pytest.raises(IntegrityError, match=REFUSED):
            database.transaction(lambda storage: storage._connection.execute(statement))  # type: ignore[call-overload]
    finally:
        database.close()


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_control_without_the_triggers_it_would_be_changed(tmp_path: Path, statement: str) -> None:
    filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        before = connection.execute("SELECT * FROM audit").fetchall()
        for what in ("update", "delete", "replace"):
            connection.execute(f"DROP TRIGGER audit_refuses_{what}")

        connection.execute(statement)

        assert connection.execute("SELECT * FROM audit").fetchall() != before


def test_a_line_more_is_taken(tmp_path: Path) -> None:
    filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("INSERT INTO audit (at, act, details) VALUES ('2027-09-01', 'signed', '{}')")
        connection.execute(
            "INSERT INTO audit (id, at, act, details) VALUES (77, '2027-09-01', 'signed', '{}')"
        )


def test_the_newest_come_first_and_people_by_their_present_name(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        storage.audit.note(
            "signed", NOW, person=made.person.id, room=made.room, campaign=made.campaign, number=1
        )
        storage.audit.note("poll closed", NOW + HOUR, poll=1)
        other = storage.campaigns.add(
            "other", "Another", NOW, timezone="UTC", language="fr", reminders=[], civil_hours=""
        )
        storage.audit.note("relayed", NOW + HOUR, campaign=other.id)
        storage.people.ensure(storage.people.addresses(made.person.id)[0], "Anaïs", NOW)

        newest = storage.audit.newest(2)
        assert [(act.act, act.name, act.campaign) for act in newest] == [
            ("relayed", None, "other"),
            ("poll closed", None, None),
        ]
        of_one = storage.audit.newest(10, made.campaign)
        assert [(act.act, act.name) for act in of_one] == [("poll closed", None), ("signed", "Anaïs")]
        assert of_one[1].room == "!coop:example.org"

    database.transaction(work)


def _words(arguments: list[ast.expr]) -> list[str]:
    """The texts among some arguments, the two of a choice between two included."""
    found = [node for one in arguments for node in ast.walk(one) if isinstance(node, ast.Constant)]
    return [node.value for node in found if isinstance(node.value, str)]


def test_every_act_in_the_code_has_words() -> None:
    """An act that is new needs a line in commands/acts.py, or campaigners read its English name."""
    found: dict[str, str] = {}
    for folder in ("bot", "commands", "storage"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_note":
                    # A command's own, which takes the act after the context.
                    found |= dict.fromkeys(_words(node.args[1:2]), file.name)
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "note":
                    value = getattr(node.func, "value", None)
                    if getattr(value, "attr", getattr(value, "id", "")) == "audit" and node.args:
                        first = node.args[0]
                        if isinstance(first, ast.Constant):
                            found[first.value] = file.name
    assert len(found) > 20
    assert {act: where for act, where in found.items() if act not in ACTS} == {}


def test_a_note_takes_no_column_for_what_was_typed() -> None:
    columns = {"id", "at", "person_id", "room_id", "act", "campaign_id", "organisation_id", "details"}
    assert {column.name for column in audit.columns} == columns
    assert Audit.note.__kwdefaults__ == dict.fromkeys(("person", "room", "campaign", "organisation"))
