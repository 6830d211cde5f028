"""What is asked about a name goes on with what was said with it, and only the name is replaced."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from campaign.chat import Day, Moment, say
from commands.command import Unclear
from commands.menu import MENU
from commands.organisations import asking

REP = next(one for one in MENU if one.name == "org rep")


def unclear(typed: str, *near: str) -> Unclear:
    return Unclear(say("?"), typed, near)


def test_only_the_name_is_replaced() -> None:
    said = {"who": "@ruche:example.org", "organisation": "ruche"}
    reply = asking.which(REP, said, unclear("ruche", "Les Ruches", "Ruche & Cie"))
    assert reply
    assert [choice.arguments for choice in reply.choices] == [
        {"who": "@ruche:example.org", "organisation": "Les Ruches"},
        {"who": "@ruche:example.org", "organisation": "Ruche & Cie"},
    ]
    assert not any(choice.confirmed for choice in reply.choices)


def test_a_name_among_other_words_is_replaced_where_it_ends_them() -> None:
    reply = asking.which(REP, {"choice": "for for"}, unclear("for", "Forêts"))
    assert reply
    assert [choice.arguments for choice in reply.choices] == [{"choice": "for Forêts"}]


@pytest.mark.parametrize(
    "said",
    [{"choice": "for"}, {"choice": "forum"}, {"organisation": "ruche", "note": "ruche"}, {"row": 3}, {}],
)
def test_what_is_not_clear_is_not_guessed(said: dict[str, object]) -> None:
    assert asking.which(REP, said, unclear("ruche", "Les Ruches")) is None


@pytest.mark.parametrize(
    "value",
    [
        Day(date(2099, 9, 1)),
        Moment(datetime(2099, 9, 1, 18, 30, tzinfo=UTC), "Europe/Paris"),
        timedelta(days=3, hours=1),
        "Les Ruches",
        3,
        None,
    ],
)
def test_what_was_said_waits_as_it_was_said(value: object) -> None:
    kept = json.loads(json.dumps(asking.kept({"one": value})))
    assert asking.restored(kept) == {"one": value}
