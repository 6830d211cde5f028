"""How a collective decides: procedures as data, and what their ballots come to."""

from campaign.decision.data import from_data, to_data
from campaign.decision.editing import edited
from campaign.decision.opening import at_opening, check_opening, lasting
from campaign.decision.outcome import (
    Ballot,
    Outcome,
    Result,
    decide,
    is_settled,
    lacks_reason,
    validate_ballot,
)
from campaign.decision.parameters import PARAMETER_WORDS, PARAMETERS, Parameter
from campaign.decision.present import NONE, present
from campaign.decision.presets import (
    COLLECTIVE,
    CONSENSUS,
    CONSENT,
    LAZY,
    MAJORITY,
    PRESETS,
    TWO_THIRDS,
    VETO,
)
from campaign.decision.procedure import ANSWERS, CHOICE_NAMES, Base, Procedure
from campaign.decision.term import closes_at, extended_to, public_holidays
from campaign.decision.words import described, joined, rule

__all__ = [
    "ANSWERS",
    "CHOICE_NAMES",
    "COLLECTIVE",
    "CONSENSUS",
    "CONSENT",
    "LAZY",
    "MAJORITY",
    "NONE",
    "PARAMETERS",
    "PARAMETER_WORDS",
    "PRESETS",
    "TWO_THIRDS",
    "VETO",
    "Ballot",
    "Base",
    "Outcome",
    "Parameter",
    "Procedure",
    "Result",
    "at_opening",
    "check_opening",
    "closes_at",
    "decide",
    "described",
    "edited",
    "extended_to",
    "from_data",
    "is_settled",
    "joined",
    "lacks_reason",
    "lasting",
    "present",
    "public_holidays",
    "rule",
    "to_data",
    "validate_ballot",
]
