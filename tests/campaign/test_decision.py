from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.chat import Listing, Text
from campaign.decision import (
    CHOICE_NAMES,
    COLLECTIVE,
    CONSENSUS,
    CONSENT,
    LAZY,
    MAJORITY,
    PRESETS,
    TWO_THIRDS,
    VETO,
    Ballot,
    Outcome,
    Procedure,
    check_opening,
    decide,
    described,
    edited,
    is_settled,
    validate_ballot,
)
from campaign.errors import CampaignError

RESULTS = {"adopted", "rejected", "blocked", "no quorum"}

OWN = edited(
    COLLECTIVE,
    {
        "durée": "10 jours",
        "seuil": "60%",
        "base": "réponses",
        "bloque": "2",
        "texte": "https://example.org/texte",
    },
)
"""A collective's own rule: 60 % of the answers, and two objections block."""

DECIDING = [*(each for each in PRESETS.values() if each is not COLLECTIVE), OWN]
PROCEDURES = st.sampled_from(DECIDING)


def ballots_of(procedure: Procedure, *, least: int = 0) -> st.SearchStrategy[list[Ballot]]:
    answers = st.lists(
        st.tuples(st.sampled_from(procedure.choices), st.sampled_from(["", " ", "too soon"]), st.booleans()),
        min_size=least,
        max_size=12,
    )
    return answers.map(lambda given_: [Ballot(n, *values) for n, values in enumerate(given_)])


def cast(**votes: int) -> list[Ballot]:
    choices = [choice.rstrip("_") for choice, number in votes.items() for _ in range(number)]
    return [Ballot(number, choice, "because of the roadmap") for number, choice in enumerate(choices)]


def numbers(text: Text) -> set[int]:
    found: set[int] = set()
    values = list(text.values.values())
    while values:
        value = values.pop()
        if isinstance(value, int):
            found.add(value)
        elif isinstance(value, Text):
            values.extend(value.values.values())
        elif isinstance(value, Listing):
            values.extend(value.items)
    return found


@pytest.mark.parametrize(
    ("procedure", "electorate", "votes", "expected"),
    [
        (MAJORITY, 20, {"for_": 4, "against": 3}, "adopted"),
        (MAJORITY, 20, {"for_": 3, "against": 4, "abstain": 9}, "rejected"),
        (MAJORITY, 20, {"for_": 3, "against": 3, "abstain": 2}, "rejected"),
        (MAJORITY, 20, {"for_": 1}, "adopted"),
        (MAJORITY, 20, {"against": 1}, "rejected"),
        (MAJORITY, 20, {}, "no quorum"),
        (MAJORITY, 20, {"abstain": 5}, "no quorum"),
        (MAJORITY, 0, {}, "no quorum"),
        (CONSENT, 20, {"consent": 1}, "adopted"),
        (CONSENT, 20, {"consent": 1, "concern": 7}, "adopted"),
        (CONSENT, 20, {"consent": 19, "objection": 1}, "blocked"),
        (CONSENT, 20, {"objection": 1}, "blocked"),
        (CONSENT, 20, {}, "no quorum"),
        (CONSENT, 20, {"concern": 2, "abstain": 3}, "no quorum"),
        (LAZY, 20, {}, "adopted"),
        (LAZY, 20, {"objection": 1}, "blocked"),
        (LAZY, 0, {}, "no quorum"),
        (TWO_THIRDS, 12, {"for_": 4, "against": 2}, "adopted"),
        (TWO_THIRDS, 12, {"for_": 5, "against": 3}, "rejected"),
        (TWO_THIRDS, 12, {"for_": 5}, "no quorum"),
        (TWO_THIRDS, 12, {"for_": 5, "abstain": 1}, "adopted"),
        (VETO, 12, {"for_": 3}, "adopted"),
        (VETO, 12, {"for_": 2}, "no quorum"),
        (VETO, 12, {"for_": 9, "against": 1}, "blocked"),
    ],
)
def test_worked_examples(procedure: Procedure, electorate: int, votes: dict[str, int], expected: str) -> None:
    outcome = decide(procedure, electorate, cast(**votes))
    assert outcome.result == expected
    assert outcome.answered == sum(votes.values())
    assert outcome.eligible == electorate


def test_the_presets_say_where_they_come_from() -> None:
    assert set(PRESETS) == {"consent", "consensus", "lazy", "majority", "veto", "two-thirds", "collective"}
    assert {each.duration.total_seconds() for each in (MAJORITY, VETO, LAZY)} == {72 * 3600}
    assert [each.duration.days for each in (CONSENT, CONSENSUS, TWO_THIRDS)] == [7, 7, 14]
    assert all(each.source.startswith("https://") for each in DECIDING)
    assert all(choice in CHOICE_NAMES for each in PRESETS.values() for choice in each.choices)


def test_an_objection_without_a_reason_counts_as_a_concern() -> None:
    outcome = decide(CONSENT, 5, [Ballot("a", "consent"), Ballot("b", "objection", " … ")])
    assert (outcome.result, outcome.answered, outcome.demoted, outcome.void) == ("adopted", 2, 1, 0)
    assert (outcome.counts["objection"], outcome.counts["concern"]) == (0, 1)


def test_a_veto_without_a_reason_is_void_and_said() -> None:
    outcome = decide(VETO, 5, [*cast(for_=3), Ballot("b", "against", " … ")])
    assert (outcome.result, outcome.answered, outcome.demoted, outcome.void) == ("adopted", 3, 0, 1)
    assert outcome.counts["against"] == 0


def test_an_objection_that_was_integrated_is_an_answer_that_blocks_nothing() -> None:
    outcome = decide(
        CONSENT, 5, [Ballot("a", "consent"), Ballot("b", "objection", "too soon", resolved=True)]
    )
    assert (outcome.result, outcome.answered, outcome.resolved) == ("adopted", 2, 1)
    assert outcome.counts["objection"] == 0
    assert 1 in numbers(outcome.rule)


def test_the_rule_carries_its_numbers() -> None:
    rule = decide(TWO_THIRDS, 30, cast(for_=11, against=4, abstain=5)).rule
    assert {11, 4, 5, 20, 30, 15, 10} <= numbers(rule)


def test_a_rule_that_is_not_complete_decides_nothing_and_does_not_open() -> None:
    with pytest.raises(ValueError, match="duration, threshold, blocks, text"):
        decide(COLLECTIVE, 5, cast(for_=3))
    with pytest.raises(CampaignError) as refused:
        check_opening(COLLECTIVE, 5)
    missing = refused.value.text.values["missing"]
    assert isinstance(missing, Listing)
    assert [each.id for each in missing.items if isinstance(each, Text)] == [
        "duration",
        "threshold",
        "block rule",
        "link to the text",
    ]
    half = edited(COLLECTIVE, {"seuil": "2/3", "durée": "7 jours", "bloque": "personne"})
    with pytest.raises(CampaignError) as refused:
        check_opening(half, 5)
    missing = refused.value.text.values["missing"]
    assert isinstance(missing, Listing)
    assert len(missing.items) == 1
    check_opening(edited(half, {"texte": "https://example.org/texte"}), 5)


@pytest.mark.parametrize("edits", [{"minimum": "6"}, {"quorum": "6"}])
def test_what_this_electorate_could_never_adopt_does_not_open(edits: dict[str, str]) -> None:
    check_opening(edited(MAJORITY, edits), 6)
    with pytest.raises(CampaignError):
        check_opening(edited(MAJORITY, edits), 5)


def test_it_is_settled_when_everybody_has_answered_and_nothing_blocks() -> None:
    early = edited(CONSENT, {"anticipé": "oui"})
    everybody = [*cast(consent=2, concern=1)]
    assert is_settled(early, 3, everybody)
    assert not is_settled(CONSENT, 3, everybody)
    assert not is_settled(early, 4, everybody)
    assert not is_settled(early, 4, [*everybody, Ballot("last", "objection", "too soon")])
    assert not is_settled(early, 4, [*everybody, Ballot("last", "objection")])
    assert is_settled(early, 4, [*everybody, Ballot("last", "objection", "too soon", resolved=True)])
    assert not is_settled(edited(VETO, {"early": "yes"}), 1, [Ballot("only", "against")])
    assert not is_settled(early, 0, [])


@pytest.mark.parametrize("procedure", DECIDING, ids=lambda each: each.name)
def test_it_is_described_in_a_few_lines(procedure: Procedure) -> None:
    lines = described(procedure, 12)
    assert len(lines) == 3
    assert "{link}" in lines[-1].id


@pytest.mark.parametrize(
    ("electorate", "ballots"),
    [
        (5, [Ballot(1, "for"), Ballot(1, "against")]),
        (1, [Ballot(1, "for"), Ballot(2, "against")]),
        (5, [Ballot(1, "consent")]),
    ],
)
def test_ballots_that_cannot_be_are_an_error(electorate: int, ballots: list[Ballot]) -> None:
    with pytest.raises(ValueError, match=r"ballot|choice"):
        decide(MAJORITY, electorate, ballots)


def test_an_unknown_choice_is_refused_with_the_choices() -> None:
    with pytest.raises(CampaignError) as refused:
        validate_ballot(MAJORITY, "perhaps", "")
    listing = refused.value.text.values["choices"]
    assert isinstance(listing, Listing)
    assert [each.id for each in listing.items if isinstance(each, Text)] == ["for", "against", "abstain"]


@pytest.mark.parametrize("reason", ["", "  ", "...", "\u200b"])
def test_an_objection_needs_a_reason(reason: str) -> None:
    with pytest.raises(CampaignError):
        validate_ballot(CONSENT, "objection", reason)


def test_good_ballots_pass() -> None:
    validate_ballot(CONSENT, "objection", "the roadmap is not public")
    validate_ballot(CONSENT, "concern", "")
    validate_ballot(MAJORITY, "against", "")


@given(st.data())
def test_an_outcome_is_always_valid(data: st.DataObject) -> None:
    procedure = data.draw(PROCEDURES)
    ballots = data.draw(ballots_of(procedure))
    electorate = len(ballots) + data.draw(st.integers(0, 5))
    outcome = decide(procedure, electorate, ballots)
    assert outcome.result in RESULTS
    assert tuple(outcome.counts) == procedure.choices
    assert sum(outcome.counts.values()) + outcome.resolved == outcome.answered
    assert outcome.answered + outcome.void == len(ballots) <= outcome.eligible == electorate
    if outcome.result == "adopted":
        assert sum(outcome.counts[choice] for choice in procedure.blocks) < procedure.blocks_at


@given(ballots_of(MAJORITY), st.integers(1, 5))
def test_abstention_never_changes_a_majority(ballots: list[Ballot], abstaining: int) -> None:
    more = [*ballots, *(Ballot(f"a{n}", "abstain") for n in range(abstaining))]
    assert decide(MAJORITY, 20, ballots).result == decide(MAJORITY, 20, more).result


@given(ballots_of(CONSENT), st.integers(1, 5))
def test_a_concern_never_changes_a_consent(ballots: list[Ballot], concerned: int) -> None:
    more = [*ballots, *(Ballot(f"c{n}", "concern", "mind the camp") for n in range(concerned))]
    before: Outcome = decide(CONSENT, 20, ballots)
    assert before.result == decide(CONSENT, 20, more).result
