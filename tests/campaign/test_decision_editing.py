from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from campaign.decision import (
    COLLECTIVE,
    CONSENSUS,
    CONSENT,
    LAZY,
    MAJORITY,
    PARAMETER_WORDS,
    PARAMETERS,
    PRESETS,
    TWO_THIRDS,
    VETO,
    Procedure,
    described,
    edited,
    lasting,
    present,
)
from campaign.decision.reading import plain
from campaign.errors import CampaignError

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("procedure", "edits", "expected"),
    [
        (MAJORITY, {"threshold": "2/3"}, {"share": Fraction(2, 3), "strictly": False}),
        (MAJORITY, {"seuil": "2 / 3"}, {"share": Fraction(2, 3), "strictly": False}),
        (MAJORITY, {"seuil": "60 %"}, {"share": Fraction(3, 5), "strictly": False}),
        (MAJORITY, {"seuil": "66,7%"}, {"share": Fraction(667, 1000), "strictly": False}),
        (MAJORITY, {"seuil": "0,75"}, {"share": Fraction(3, 4), "strictly": False}),
        (MAJORITY, {"seuil": "⅔"}, {"share": Fraction(2, 3), "strictly": False}),
        (MAJORITY, {"seuil": "deux tiers"}, {"share": Fraction(2, 3), "strictly": False}),
        (MAJORITY, {"seuil": "plus de 2/3"}, {"share": Fraction(2, 3), "strictly": True}),
        (MAJORITY, {"seuil": "> 2/3"}, {"share": Fraction(2, 3), "strictly": True}),
        (MAJORITY, {"seuil": "≥ 1/2"}, {"share": HALF, "strictly": False}),
        (MAJORITY, {"threshold": ">= 50%"}, {"share": HALF, "strictly": False}),
        (TWO_THIRDS, {"seuil": "Majorité"}, {"share": HALF, "strictly": True}),
        (TWO_THIRDS, {"seuil": "unanimité"}, {"share": Fraction(1), "strictly": False}),
        (MAJORITY, {"seuil": "aucun"}, {"share": None, "strictly": False, "base": "votes"}),
        (TWO_THIRDS, {"strict": "oui"}, {"strictly": True}),
        (MAJORITY, {"base": "électeurs"}, {"base": "electorate"}),
        (MAJORITY, {"base": "inscrits"}, {"base": "electorate"}),
        (MAJORITY, {"base": "votants"}, {"base": "answers"}),
        (MAJORITY, {"base": "suffrages exprimés"}, {"base": "votes"}),
        (
            CONSENSUS,
            {"base": "electorate", "threshold": "75%"},
            {"share": Fraction(3, 4), "base": "electorate"},
        ),
        (MAJORITY, {"quorum": "10"}, {"quorum": Fraction(0), "quorum_number": 10}),
        (MAJORITY, {"quorum": "10 organisations"}, {"quorum_number": 10}),
        (MAJORITY, {"quorum": "25%"}, {"quorum": Fraction(1, 4), "quorum_number": 0}),
        (TWO_THIRDS, {"quorum": "5"}, {"quorum": Fraction(0), "quorum_number": 5}),
        (TWO_THIRDS, {"quorum": "aucun"}, {"quorum": Fraction(0), "quorum_number": 0}),
        (MAJORITY, {"minimum": "3"}, {"support_needed": 3}),
        (CONSENT, {"minimum": "aucun"}, {"support_needed": 0}),
        (CONSENT, {"silence": "consentement"}, {"silence_consents": True}),
        (LAZY, {"silence": "rien"}, {"silence_consents": False}),
        (CONSENT, {"bloque": "2"}, {"blocks_at": 2, "blocks": ("objection",)}),
        (CONSENT, {"bloque": "2 objections"}, {"blocks_at": 2, "blocks": ("objection",)}),
        (CONSENT, {"bloque": "personne"}, {"blocks_at": 0, "blocks": ("objection",)}),
        (
            CONSENSUS,
            {"bloque": "deux objections".replace("deux", "2")},
            {"blocks": ("block",), "blocks_at": 2},
        ),
        (
            MAJORITY,
            {"bloque": "une objection"},
            {
                "choices": ("for", "against", "abstain", "objection"),
                "blocks": ("objection",),
                "reason_needed": ("objection",),
                "without_reason": "",
            },
        ),
        (MAJORITY, {"bloque": "contre"}, {"blocks": ("against",), "reason_needed": ("against",)}),
        (VETO, {"bloque": "aucun"}, {"blocks_at": 0}),
        (MAJORITY, {"raison": "contre"}, {"reason_needed": ("against",)}),
        (MAJORITY, {"raison": "toutes"}, {"reason_needed": ("for", "against", "abstain")}),
        (CONSENT, {"raison": "aucune"}, {"reason_needed": ()}),
        (
            CONSENT,
            {"reason": "objection, réserve"},
            {"reason_needed": ("concern", "objection"), "without_reason": ""},
        ),
        (MAJORITY, {"duration": "5 days"}, {"duration": timedelta(days=5), "working_days": False}),
        (MAJORITY, {"durée": "2 semaines"}, {"duration": timedelta(days=14)}),
        (MAJORITY, {"durée": "5 jours ouvrés"}, {"duration": timedelta(days=5), "working_days": True}),
        (MAJORITY, {"jours": "ouvrés"}, {"duration": timedelta(days=3), "working_days": True}),
        (MAJORITY, {"fériés": "2027-05-28, 2027-05-07"}, {"holidays": (date(2027, 5, 7), date(2027, 5, 28))}),
        (CONSENT, {"extension": "2d"}, {"extension": timedelta(days=2), "late": timedelta(hours=24)}),
        (
            CONSENT,
            {"tardif": "12h", "prolongation": "1 jour"},
            {"extension": timedelta(days=1), "late": timedelta(hours=12)},
        ),
        (
            edited(CONSENT, {"tardif": "12h", "prolongation": "1 jour"}),
            {"prolongation": "3 jours"},
            {"extension": timedelta(days=3), "late": timedelta(hours=12)},
        ),
        (MAJORITY, {"prolongation": "1 jour", "bloque": "1"}, {"extension": timedelta(days=1)}),
        (CONSENT, {"anticipé": "oui"}, {"closes_early": True}),
        (
            MAJORITY,
            {"réponses": "pour contre"},
            {"choices": ("for", "against"), "supports": "for", "opposes": "against"},
        ),
        (
            COLLECTIVE,
            {"choices": "agree, abstain, disagree or block"},
            {
                "choices": ("agree", "abstain", "disagree", "block"),
                "supports": "agree",
                "opposes": "disagree",
                "blocks": ("block",),
                "reason_needed": ("block",),
            },
        ),
        (
            CONSENT,
            {"choix": "+1 / 0 / -1"},
            {
                "choices": ("for", "abstain", "against"),
                "blocks": (),
                "reason_needed": (),
                "without_reason": "",
            },
        ),
        (MAJORITY, {"texte": "example.org/regles"}, {"source": "https://example.org/regles"}),
    ],
)
def test_a_rule_is_changed_as_it_is_typed(
    procedure: Procedure, edits: dict[str, str], expected: dict[str, object]
) -> None:
    changed = edited(procedure, edits)
    assert {name: getattr(changed, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("procedure", "edits"),
    [
        (MAJORITY, {"seul": "2/3"}),
        (MAJORITY, {"": "2/3"}),
        (MAJORITY, {"seuil": ""}),
        (MAJORITY, {"seuil": " . "}),
        (MAJORITY, {"seuil": "beaucoup"}),
        (MAJORITY, {"seuil": "3/2"}),
        (MAJORITY, {"seuil": "0%"}),
        (MAJORITY, {"seuil": "1/0"}),
        (MAJORITY, {"seuil": "150%"}),
        (MAJORITY, {"seuil": "plus de 100%"}),
        (MAJORITY, {"seuil": "٢/٣"}),
        (CONSENT, {"strict": "oui"}),
        (LAZY, {"base": "tous"}),
        (MAJORITY, {"base": "moi"}),
        (MAJORITY, {"quorum": "-1"}),
        (MAJORITY, {"quorum": "9999999"}),
        (MAJORITY, {"minimum": "un peu"}),
        (MAJORITY, {"minimum": "200000"}),
        (CONSENT, {"bloque": "réserve"}),
        (CONSENT, {"bloque": "consentement"}),
        (CONSENT, {"bloque": "contre"}),
        (CONSENT, {"bloque": "00"}),
        (CONSENT, {"raison": "contre"}),
        (CONSENT, {"silence": "peut-être"}),
        (CONSENT, {"durée": "longtemps"}),
        (CONSENT, {"durée": "36h", "jours": "ouvrés"}),
        (edited(CONSENT, {"jours": "ouvrés"}), {"durée": "36h"}),
        (edited(CONSENT, {"jours": "ouvrés"}), {"prolongation": "36h"}),
        (CONSENT, {"jours": "ouvrables"}),
        (CONSENT, {"fériés": "2027-02-30"}),
        (CONSENT, {"fériés": "Noël"}),
        (MAJORITY, {"prolongation": "2 jours"}),
        (CONSENT, {"prolongation": "2 jours ouvrés"}),
        (CONSENT, {"tardif": "2h"}),
        (CONSENT, {"anticipé": "bientôt"}),
        (CONSENT, {"choix": "pour"}),
        (CONSENT, {"choix": "contre, abstention"}),
        (CONSENT, {"choix": "pour, d'accord"}),
        (CONSENT, {"choix": "pour, pour, contre"}),
        (CONSENT, {"choix": "pour, contre, désaccord"}),
        (CONSENT, {"choix": "pour, objection, blocage"}),
        (CONSENT, {"choix": "pour, peut-être"}),
        (CONSENT, {"texte": "javascript:alert(1)"}),
        (CONSENT, {"texte": "https://user@example.org/"}),
        (CONSENT, {"texte": f"https://example.org/{'a' * 2000}"}),
    ],
)
def test_what_does_not_fit_is_refused_in_words(procedure: Procedure, edits: dict[str, str]) -> None:
    with pytest.raises(CampaignError) as refused:
        edited(procedure, edits)
    assert refused.value.text.id


def test_what_was_changed_is_said_with_the_link() -> None:
    changed = edited(MAJORITY, {"quorum": "10", "base": "électeurs", "seuil": "majorité"})
    assert changed.edited == ("base", "quorum"), "a threshold that is as it was is no change"
    assert "parameters" in described(changed, 12)[-1].values
    assert "parameters" not in described(MAJORITY, 12)[-1].values
    own = edited(changed, {"texte": "https://example.org/regles"})
    assert "parameters" not in described(own, 12)[-1].values, "the text that is linked is this rule's own"


def test_the_order_in_which_it_is_typed_does_not_matter() -> None:
    edits = {"tardif": "2h", "prolongation": "1 jour", "bloque": "2", "base": "réponses", "seuil": "60%"}
    backwards = dict(reversed(edits.items()))
    assert edited(MAJORITY, edits) == edited(MAJORITY, backwards)


def test_every_parameter_can_be_typed_in_both_languages_and_says_what_it_is() -> None:
    assert len(PARAMETER_WORDS) == len(
        {plain(word) for one in PARAMETERS.values() for word in (one.name, *one.french)}
    )
    for parameter in PARAMETERS.values():
        words = [plain(word) for word in (parameter.name, *parameter.french)]
        assert all(word.isalpha() and word.isascii() for word in words)
        assert parameter.title
        assert parameter.help
        assert parameter.example.startswith(f"{parameter.name}=")


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda each: each.name)
def test_each_example_is_taken(parameter: object) -> None:
    assert hasattr(parameter, "example")
    name, _, value = parameter.example.partition("=")
    changed = edited(edited(MAJORITY, {"bloque": "1", "prolongation": "2 jours"}), {name: value})
    assert changed.unset == ()


def test_a_duration_can_be_given_by_a_date() -> None:
    assert lasting(COLLECTIVE, timedelta(hours=5)).unset == ("threshold", "blocks", "text")
    working = edited(CONSENT, {"jours": "ouvrés"})
    assert lasting(working, timedelta(hours=5)) == working
    with pytest.raises(ValueError, match="closes after it opens"):
        lasting(MAJORITY, timedelta())


def test_a_procedure_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        CONSENT.quorum = HALF  # type: ignore[misc]
    with pytest.raises(TypeError):
        PRESETS["consent"] = MAJORITY  # type: ignore[index]


@pytest.mark.parametrize(
    "wrong",
    [
        {"supports": "agree"},
        {"choices": ("for", "for", "against", "abstain")},
        {"choices": ("for", "against", "abstain", "perhaps")},
        {"opposes": "for"},
        {"blocks": ("for",)},
        {"reason_needed": ("objection",)},
        {"without_reason": "for"},
        {"blocks": ("against",), "without_reason": "against"},
        {"reason_needed": ("abstain",), "without_reason": "abstain"},
        {"share": Fraction(0)},
        {"share": Fraction(3, 2)},
        {"share": Fraction(1)},
        {"quorum": Fraction(-1, 2)},
        {"quorum_number": -1},
        {"support_needed": -1},
        {"blocks_at": -1},
        {"base": "friends"},
        {"duration": timedelta(-1)},
        {"working_days": True, "duration": timedelta(hours=36)},
        {"holidays": (date(2027, 5, 2), date(2027, 5, 1))},
    ],
)
def test_a_rule_that_contradicts_itself_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="procedure majority"):
        replace(MAJORITY, **wrong)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("procedure", PRESETS.values(), ids=PRESETS)
def test_what_is_shown_as_present_can_be_typed_and_changes_nothing(
    procedure: Procedure, language: str
) -> None:
    for name, value in present(procedure).items():
        said = edited(procedure, {name: value.names[language]})
        if not procedure.blocks:
            said = replace(said, blocks_at=procedure.blocks_at, edited=())  # of what cannot be said
        assert said == procedure, name
