from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campaign.decision import (
    PRESETS,
    Ballot,
    Procedure,
    at_opening,
    check_opening,
    closes_at,
    decide,
    edited,
    extended_to,
    from_data,
    to_data,
)
from campaign.errors import CampaignError

TABLE = Path(__file__).parent.parent / "data" / "decisions.csv"
with TABLE.open(encoding="utf-8", newline="") as _file:
    CASES = list(csv.DictReader(_file))
DECIDED = [case for case in CASES if case["expected"]]
TIMED = [case for case in CASES if case["closes"]]
REASON = "the roadmap is not public"


def procedure_of(case: dict[str, str]) -> Procedure:
    edits = dict(one.strip().split("=", 1) for one in case["edits"].split(";") if one)
    return edited(PRESETS[case["preset"]], edits)


def ballots_of(case: dict[str, str]) -> list[Ballot]:
    """`3 for; 1 against bare; 1 objection resolved`: bare is without a reason, every other has one."""
    ballots: list[Ballot] = []
    for group in filter(None, case["ballots"].split(";")):
        number, choice, *how = group.split()
        reason = "" if how == ["bare"] else REASON
        ballots += [
            Ballot(f"{len(ballots)}.{n}", choice, reason, resolved=how == ["resolved"])
            for n in range(int(number))
        ]
    return ballots


def name(case: dict[str, str]) -> str:
    return f"{case['preset']} {case['edits']} {case['ballots']}{case['late_answer']}".replace("/", "-")


def test_the_table_has_cases_of_every_preset_each_with_its_reason() -> None:
    assert len(CASES) >= 60
    assert {case["preset"] for case in CASES} == set(PRESETS)
    assert {case["expected"] for case in DECIDED} == {
        "adopted",
        "rejected",
        "blocked",
        "no quorum",
        "refused",
    }
    assert all(len(case["source_or_reasoning"].split()) >= 2 for case in CASES)
    assert all(case["expected"] or case["closes"] for case in CASES)
    assert len({tuple(case.values())[:-1] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", DECIDED, ids=name)
def test_a_worked_case_comes_out_as_it_should(case: dict[str, str]) -> None:
    procedure, electorate = procedure_of(case), int(case["electorate"])
    if case["expected"] == "refused":
        with pytest.raises(CampaignError):
            check_opening(procedure, electorate)
        return
    frozen = from_data(to_data(procedure))
    outcome = decide(frozen, electorate, ballots_of(case))
    assert (outcome.result, outcome.answered, outcome.eligible) == (
        case["expected"],
        int(case["answered"]),
        electorate,
    ), case["source_or_reasoning"]


@pytest.mark.parametrize("case", TIMED, ids=name)
def test_a_worked_case_closes_when_it_should(case: dict[str, str]) -> None:
    zone = ZoneInfo(case["zone"])

    def at(local: str) -> datetime:
        return datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC)

    procedure = from_data(to_data(at_opening(procedure_of(case), at(case["opened"]), case["zone"])))
    closing = closes_at(procedure, at(case["opened"]), case["zone"])
    if case["late_answer"]:
        choice, *how, local = case["late_answer"].split()
        ballot = Ballot(1, choice, "" if "bare" in how else REASON)
        later = extended_to(procedure, closing, case["zone"], ballot, at(local), extended="again" in how)
        closing = later or closing
    assert closing == at(case["closes"]), case["source_or_reasoning"]
