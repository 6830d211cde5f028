"""When a board is put in other words, and when it is posted anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaign.board import ANEW, GATHERS, LATEST, last_step, next_step

NOW = datetime(2027, 9, 1, 12, tzinfo=UTC)
SHOWN: dict[str, Any] = {
    "now": NOW,
    "posted_at": NOW - timedelta(hours=3),
    "changed_at": NOW - GATHERS,
    "is_there": True,
    "asked_for": False,
    "changed": True,
    "changed_much": True,
    "edits_any": False,
    "newer": 0,
    "may_speak": True,
}


@pytest.mark.parametrize(
    ("what", "step"),
    [
        ({}, "edit"),
        ({"changed": False}, ""),
        ({"changed_at": NOW - GATHERS / 2}, ""),
        ({"newer": LATEST}, "edit"),
        ({"newer": LATEST + 1}, ""),
        ({"newer": LATEST + 1, "edits_any": True}, "edit"),
        ({"newer": 99, "posted_at": NOW - ANEW}, "post"),
        ({"newer": 99, "posted_at": NOW - ANEW, "changed_much": False}, ""),
        ({"newer": 99, "posted_at": NOW - ANEW, "may_speak": False}, ""),
        ({"is_there": False, "posted_at": None, "changed_at": None}, "post"),
        ({"is_there": False}, ""),
        ({"is_there": False, "posted_at": NOW - ANEW}, "post"),
        ({"is_there": False, "posted_at": None, "changed_at": None, "may_speak": False}, ""),
        ({"is_there": False, "posted_at": NOW - ANEW, "may_speak": False}, ""),
        ({"is_there": False, "posted_at": None, "may_speak": False, "asked_for": True}, "post"),
        # What was noted in the future was noted by a clock that ran ahead.
        ({"changed_at": NOW + timedelta(days=365)}, "edit"),
        ({"changed_at": NOW + timedelta(seconds=2)}, ""),
        ({"newer": 99, "posted_at": NOW + timedelta(days=365)}, "post"),
    ],
)
def test_each_case(what: dict[str, Any], step: str) -> None:
    assert next_step(**SHOWN | what) == step


@pytest.mark.parametrize(
    ("what", "step"),
    [
        ({}, "edit"),
        ({"newer": LATEST}, "edit"),
        ({"newer": LATEST + 1}, ""),
        ({"newer": LATEST + 1, "edits_any": True}, "edit"),
        ({"newer": LATEST + 1, "for_good": True}, "post"),
        ({"for_good": True}, "edit"),
        ({"is_there": False, "for_good": True}, ""),
    ],
)
def test_its_last_words(what: dict[str, Any], step: str) -> None:
    assert last_step(**{"is_there": True, "edits_any": False, "newer": 0, "for_good": False} | what) == step
