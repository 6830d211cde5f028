"""Everything people can say, from outside: scripts in, transcripts out (`play.py` says how they are written)."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conversations.play import play

SCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))
ACCEPT = bool(os.environ.get("TOCSIN_ACCEPT"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_conversation(script: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    expected = script.read_text("utf-8")
    transcript = asyncio.run(play(expected, tmp_path))
    if ACCEPT:
        script.write_text(transcript, "utf-8")
    else:
        assert transcript == expected
    assert unchecked(tmp_path / "data") == 0
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


def unchecked(data: Path) -> int:
    """How much was said in private chats without it being known to whom: nothing would stop it there in a room."""
    (file,) = data.glob("*.db")
    with closing(sqlite3.connect(file)) as database:
        (found,) = database.execute(
            """
            SELECT count(*) FROM outbox JOIN rooms ON rooms.id = outbox.room_id
            WHERE rooms.direct AND outbox.intent = 'message' AND json_array_length(outbox.message, '$.lines') > 0
            AND (outbox.address_id IS NULL OR NOT json_extract(outbox.message, '$.private'))
            """
        ).fetchone()
        return int(found)


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) > 20


async def test_a_bot_that_says_something_else_is_noticed(tmp_path: Path) -> None:
    script = "/as Camille\n!signer\n    ✅ nothing of the kind\n"
    transcript = await play(script, tmp_path)
    assert transcript != script
    assert transcript.startswith("/as Camille\n!signer\n    #collectif")
