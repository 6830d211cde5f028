from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.decision import (
    ANSWERS,
    PARAMETER_WORDS,
    PRESETS,
    Ballot,
    Procedure,
    at_opening,
    check_opening,
    closes_at,
    decide,
    described,
    edited,
    from_data,
    public_holidays,
    to_data,
)
from campaign.errors import CampaignError

GIVEN = {
    "seuil": ["2/3", "60%", "majorité", "plus de 3/4", "aucun", "unanimité"],
    "base": ["exprimés", "réponses", "électeurs"],
    "quorum": ["10", "25%", "aucun", "1"],
    "minimum": ["0", "1", "3"],
    "bloque": ["1", "2", "personne", "contre"],
    "raison": ["aucune", "toutes", "objection"],
    "silence": ["oui", "non"],
    "durée": ["3 jours", "5 jours ouvrés", "72h"],
    "jours": ["ouvrés", "calendaires"],
    "prolongation": ["2 jours", "aucune"],
    "anticipé": ["oui", "non"],
    "choix": [
        "pour contre abstention",
        "consentement réserve objection",
        "d'accord désaccord blocage abstention",
    ],
    "texte": ["https://example.org/regles"],
    "fériés": ["2027-05-07"],
}
COMPLETE = {"seuil": "aucun", "bloque": "1", "durée": "3 jours", "texte": "https://example.org/regles"}
START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Paris", "Pacific/Auckland", "America/St_Johns")


@st.composite
def procedures(draw: st.DrawFn) -> Procedure:
    """A preset with some of its parameters changed; those that do not fit each other are left."""
    procedure = draw(st.sampled_from(list(PRESETS.values())))
    if procedure.unset:
        procedure = edited(procedure, COMPLETE)
    for name in draw(st.lists(st.sampled_from(list(GIVEN)), max_size=6)):
        try:
            procedure = edited(procedure, {name: draw(st.sampled_from(GIVEN[name]))})
        except CampaignError:
            continue
    return procedure


def ballots_of(procedure: Procedure, *, least: int = 0) -> st.SearchStrategy[list[Ballot]]:
    ballot = st.tuples(st.sampled_from(procedure.choices), st.sampled_from(["", "too soon"]), st.booleans())
    return st.lists(ballot, min_size=least, max_size=12).map(
        lambda drawn: [Ballot(number, *values) for number, values in enumerate(drawn)]
    )


@given(st.data())
def test_the_order_of_ballots_does_not_matter(data: st.DataObject) -> None:
    procedure = data.draw(procedures())
    ballots = data.draw(ballots_of(procedure))
    assert decide(procedure, 14, ballots) == decide(procedure, 14, data.draw(st.permutations(ballots)))


@given(st.data())
def test_more_consent_never_undoes_an_adoption(data: st.DataObject) -> None:
    """Neither a new ballot in favour nor one that turns to it: adopted is never blocked by that, nor anything else."""
    procedure = data.draw(procedures())
    ballots = data.draw(ballots_of(procedure, least=1))
    in_favour = Ballot("one more", procedure.supports, "because it is good")
    turned = data.draw(st.integers(0, len(ballots) - 1))
    better = [
        replace(in_favour, organisation=one.organisation) if number == turned else one
        for number, one in enumerate(ballots)
    ]
    electorate = len(ballots) + data.draw(st.integers(1, 8))
    if decide(procedure, electorate, ballots).result == "adopted":
        assert decide(procedure, electorate, [*ballots, in_favour]).result == "adopted"
        assert decide(procedure, electorate, better).result == "adopted"


@given(st.data())
def test_an_abstention_changes_a_quorum_and_never_a_majority(data: st.DataObject) -> None:
    procedure = data.draw(
        procedures().filter(
            lambda one: "abstain" in one.choices and one.base == "votes" and not one.silence_consents
        )
    )
    ballots = data.draw(ballots_of(procedure))
    more = [*ballots, Ballot("one more", "abstain", "not our business")]
    before, after = decide(procedure, 14, ballots), decide(procedure, 14, more)
    assert before.result in {after.result, "no quorum"}
    assert after.answered == before.answered + 1
    enough = replace(procedure, quorum_number=after.answered, quorum=procedure.quorum * 0)
    assert decide(enough, 14, ballots).result in {"no quorum", "blocked"}
    assert decide(enough, 14, more).result == decide(replace(enough, quorum_number=0), 14, more).result
    without_quorum = replace(procedure, quorum_number=0, quorum=procedure.quorum * 0, support_needed=1)
    assert decide(without_quorum, 14, ballots).result == decide(without_quorum, 14, more).result


@given(st.data())
def test_a_concern_or_a_resolved_objection_never_blocks(data: st.DataObject) -> None:
    procedure = data.draw(procedures())
    ballots = data.draw(ballots_of(procedure))
    harmless = [
        Ballot(f"r{n}", choice, "too soon", resolved=True) for n, choice in enumerate(procedure.blocks)
    ]
    if "concern" in procedure.choices:
        harmless.append(Ballot("c", "concern", "mind the camp"))
    if decide(procedure, 20, ballots).result != "blocked":
        assert decide(procedure, 20, [*ballots, *harmless]).result != "blocked"


@given(st.data())
def test_a_void_ballot_counts_for_nobody(data: st.DataObject) -> None:
    procedure = data.draw(procedures().filter(lambda one: one.reason_needed and not one.without_reason))
    ballots = data.draw(ballots_of(procedure))
    void = Ballot("void", procedure.reason_needed[0])
    before, after = decide(procedure, 20, ballots), decide(procedure, 20, [*ballots, void])
    assert (after.counts, after.answered, after.void) == (before.counts, before.answered, before.void + 1)


@given(procedures())
def test_what_is_kept_as_json_is_the_same_rule(procedure: Procedure) -> None:
    assert from_data(json.loads(json.dumps(to_data(procedure)))) == procedure


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda each: each.name)
def test_a_preset_is_kept_as_it_is(preset: Procedure) -> None:
    assert from_data(json.loads(json.dumps(to_data(preset)))) == preset


@pytest.mark.parametrize("name", to_data(PRESETS["consent"]))
def test_data_that_is_not_exactly_a_procedure_is_refused(name: str) -> None:
    kept = to_data(PRESETS["consent"])
    with pytest.raises(ValueError, match="procedure"):
        from_data({key: value for key, value in kept.items() if key != name})
    with pytest.raises(ValueError, match="unknown"):
        from_data({**kept, "colour": "red"})
    texts = () if name in {"name", "source"} else ("\u0000", "1e999999999", "perhaps")
    for odd in ({}, b"", object(), [None], ["perhaps"], -1, 1e400, float("nan"), 10**400, *texts):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it, it is one error
            from_data({**kept, name: odd})


WORDS = st.sampled_from([word for table in ANSWERS.values() for words in table.values() for word in words])
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from([value for values in GIVEN.values() for value in values]),
    st.lists(WORDS, max_size=4).map(" ".join),
    st.from_regex(r"[<>≥]? ?[0-9]{1,3}( ?[/%.,hdjm] ?[0-9]{0,3})?( ouvrés)?", fullmatch=True),
)
EDITS = st.dictionaries(
    st.one_of(st.sampled_from(list(PARAMETER_WORDS)), st.text(max_size=8)), VALUES, max_size=5
)


@given(st.sampled_from(list(PRESETS.values())), EDITS, st.data())
def test_whatever_is_typed_is_refused_in_words_or_decides(
    preset: Procedure, edits: dict[str, str], data: st.DataObject
) -> None:
    try:
        procedure = edited(preset, edits)
    except CampaignError:
        return
    assert from_data(to_data(procedure)) == procedure
    assert described(procedure, 12)
    if not procedure.decides:
        with pytest.raises(CampaignError):
            check_opening(procedure, 12)
    if not procedure.unset:
        assert decide(procedure, 12, data.draw(ballots_of(procedure))).result in {
            "adopted",
            "rejected",
            "blocked",
            "no quorum",
        }


@given(
    st.integers(1, 30),
    st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes)),
    st.sampled_from(ZONES),
)
def test_working_days_end_on_a_working_day_and_none_is_lost(days: int, opened: datetime, zone: str) -> None:
    procedure = at_opening(edited(PRESETS["consent"], {"durée": f"{days} jours ouvrés"}), opened, zone)
    closing = closes_at(procedure, opened, zone)
    here = ZoneInfo(zone)
    first, last = opened.astimezone(here).date(), closing.astimezone(here).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    working = [day for day in between if day.weekday() < 5 and day not in procedure.holidays]
    assert len(working) == days
    assert working[-1] == last


def test_the_legal_holidays_of_france() -> None:
    assert [f"{day:%m-%d}" for day in public_holidays("Europe/Paris", [2027])] == [
        "01-01",
        "03-29",
        "05-01",
        "05-06",
        "05-08",
        "05-17",
        "07-14",
        "08-15",
        "11-01",
        "11-11",
        "12-25",
    ]
    assert public_holidays("Pacific/Auckland", [2027]) == ()
