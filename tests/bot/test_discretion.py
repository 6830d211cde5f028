"""Nobody is named in the log: not by a whole conversation, not by a fault, not by a library."""

from __future__ import annotations

import io
import logging
import os
from typing import TYPE_CHECKING

import pytest

from bot import discretion
from bot.transports.base import Refused
from commands.line import grammar
from tests.conversations.play import PEOPLE, play
from tests.conversations.test_forgetting import FORGETS, LIVES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PERSONAL = (
    "Camille",
    "Sacha",
    PEOPLE["Camille"].id,
    PEOPLE["Sacha"].id,
    "la voix de",
    "!signer",
    "!voter",
    "voir avec",
)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What everything that is logged at all, down to DEBUG, would look like in our log."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(discretion.Discreet(discretion.LINE))
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


async def test_a_whole_conversation_leaves_nobody_in_the_log(tmp_path: Path, log: io.StringIO) -> None:
    transcript = await play(
        (LIVES + FORGETS).format(name="Camille", enter="/room collectif", address=PEOPLE["Camille"].id),
        tmp_path,
    )

    assert "la voix de" in LIVES
    assert "a signé la lettre" in transcript
    assert [word for word in PERSONAL if word in log.getvalue()] == []


async def test_a_fault_says_where_and_not_what_was_typed(
    tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(one: object, rest: str, ctx: object) -> None:
        raise ValueError(f"cannot take {rest} of {one!r} from {ctx!r}")

    monkeypatch.setattr(grammar, "arguments", fail)
    transcript = await play("/as Camille\n!signer Secret de Camille role=amie\n", tmp_path)

    assert "!signer Secret de Camille role=amie\n    #collectif" in transcript
    written = log.getvalue()
    assert "an event could not be taken" in written
    assert "ValueError (its words are left out)" in written
    assert "answer.py" in written
    assert [word for word in (*PERSONAL, "Secret", "amie") if word in written] == []


def fails(words: str, cause: str) -> None:
    """Log a fault with its cause, as the error boundary does."""
    try:
        try:
            raise KeyError(cause)  # noqa: TRY301 - what is caught is what is tested
        except KeyError as error:
            raise RuntimeError(words) from error
    except RuntimeError:
        logging.getLogger("bot.intake").exception("a fault")


def test_a_fault_is_silent_about_its_words_and_its_causes(log: io.StringIO) -> None:
    usual = io.StringIO()
    handler = logging.StreamHandler(usual)
    logging.getLogger().addHandler(handler)
    words, cause = "of " + PERSONAL[0], PERSONAL[2]

    fails(words, cause)

    logging.getLogger().removeHandler(handler)
    assert words in usual.getvalue(), "control: the usual formatter names them"
    assert cause in usual.getvalue()
    written = log.getvalue()
    assert "KeyError (its words are left out)" in written
    assert "RuntimeError (its words are left out)" in written
    assert words not in written
    assert cause not in written


def test_what_a_server_says_is_written_without_accounts(log: io.StringIO) -> None:
    ours = logging.getLogger("bot.delivery.errands")
    ours.warning(
        "refused: %s", Refused("@camille:nuagelibre.example is banned; ask robin@filcommun.example/phone")
    )
    ours.warning("%s is parked: %s", "forge@rooms.example.org", Refused("closed"))

    written = log.getvalue()
    assert "refused: … is banned; ask …" in written
    assert "forge@rooms.example.org is parked: closed" in written


@pytest.mark.parametrize(
    "library", ["slixmpp.xmlstream.xmlstream", "nio.client", "asyncio", "sqlalchemy.engine"]
)
def test_a_library_shows_its_pattern_alone(log: io.StringIO, library: str) -> None:
    one = logging.getLogger(library)
    one.setLevel(logging.DEBUG)
    try:
        one.debug("RECV: %s", "<message from='robin@filcommun.example'><body>Secret</body></message>")
        one.error("Secret of Robin, all in one")
    finally:
        one.setLevel(logging.NOTSET)

    written = log.getvalue()
    assert "RECV: %s" in written
    assert "Secret" not in written
    assert "obin" not in written


def test_in_the_journal_each_line_says_how_grave_it_is_and_not_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "journal").open("w+") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        there = os.fstat(stream.fileno())
        assert not discretion.in_journal({})
        assert not discretion.in_journal({"JOURNAL_STREAM": "8:4711"}), "given to somebody else"
        assert discretion.in_journal({"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"})
        handler = logging.StreamHandler(stream)
        handler.setFormatter(discretion.ForJournal(discretion.IN_JOURNAL))
        log = logging.getLogger("bot.intake")
        log.addHandler(handler)
        try:
            log.warning("ready")
            fails("Camille", "Camille")
        finally:
            log.removeHandler(handler)
        stream.seek(0)
        lines = stream.read().splitlines()
    assert lines[0] == "<4>bot.intake: ready"
    assert lines[1] == "<3>bot.intake: a fault"
    assert len(lines) > 3
    assert all(line.startswith("<3>") for line in lines[1:])
    assert "Camille" not in "".join(lines)
