"""The watch over the audit sees what it is there for: a change of which not a word is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.audit import Audit
from tests.audited import refuse_what_is_not_written_down
from tests.commands.stage import opened, voice

if TYPE_CHECKING:
    from pathlib import Path

SILENT = {
    "!sign": "signatures",
    "!decline": "campaign_organisations",
    "!consent publish yes": "consents",
}


@pytest.mark.parametrize("line", SILENT)
async def test_a_change_that_is_not_written_down_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    missing = refuse_what_is_not_written_down(monkeypatch)
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), line)
        assert missing == []
        monkeypatch.setattr(Audit, "note", lambda *_, **__: None)
        await stage.say(voice("Robin"), line)
    assert len(missing) == 1
    assert missing[0].startswith(f"{line}: ")
    assert SILENT[line] in missing[0]
