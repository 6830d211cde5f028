"""The parameters of a procedure as they are, in the words that would be typed for them: where one begins to change it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import Named
from campaign.decision.parameters import PARAMETERS
from campaign.decision.procedure import ANSWERS
from campaign.decision.words import HALF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.decision.procedure import Procedure

NONE = Named({"en": "none", "fr": "aucun"})
"""What is typed for a parameter that asks for nothing."""
_DAY = timedelta(days=1)
_BASES = {"votes": "voix", "answers": "réponses", "electorate": "électeurs"}


def present(procedure: Procedure) -> Mapping[str, Named]:
    """Parameter → its value; without those that are not set, or that need another one first."""
    found = {
        "choices": _answers(procedure.choices),
        "blocks": _blocks(procedure),
        "reason": _answers(procedure.reason_needed),
        "quorum": _number(procedure.quorum_number or procedure.quorum),
        "minimum": _number(procedure.support_needed),
        "silence": _either("consent", "accord") if procedure.silence_consents else _either("nothing", "rien"),
        "duration": _span(procedure.duration),
        "days": _either("working", "ouvrés")
        if procedure.working_days
        else _either("calendar", "calendaires"),
        "holidays": _number(", ".join(one.isoformat() for one in procedure.holidays)),
        "early": _yes(said=procedure.closes_early),
        "text": _number(procedure.source),
    }
    if procedure.share is not None:
        usual = procedure.strictly == (procedure.share == HALF)
        mark = "" if usual else "> " if procedure.strictly else ">= "
        found |= {
            "threshold": _number(f"{mark}{procedure.share}"),
            "strict": _yes(said=procedure.strictly),
            "base": _either(procedure.base, _BASES[procedure.base]),
        }
    else:
        found["threshold"] = NONE
    if procedure.can_be_blocked:
        found["extension"] = _span(procedure.extension)
    if procedure.extension:
        found["late"] = _span(procedure.late)
    return {name: found[name] for name in PARAMETERS if name in found and name not in procedure.unset}


def _either(english: str, french: str) -> Named:
    return Named({"en": english, "fr": french})


def _yes(*, said: bool) -> Named:
    return _either("yes", "oui") if said else _either("no", "non")


def _number(value: object) -> Named:
    return _either(str(value), str(value)) if value else NONE


def _answers(choices: Sequence[str]) -> Named:
    if not choices:
        return NONE
    return _either(",".join(choices), ",".join(ANSWERS["fr"][one][0] for one in choices))


def _blocks(procedure: Procedure) -> Named:
    if not procedure.can_be_blocked:
        return NONE
    named = _answers(procedure.blocks).names
    return Named({language: f"{procedure.blocks_at} {said}" for language, said in named.items()})


def _span(length: timedelta) -> Named:
    if not length:
        return NONE
    if length % _DAY:
        hours = f"{length / timedelta(hours=1):g}h"
        return _either(hours, hours)
    days = length // _DAY
    return _either(f"{days} day{'s' * (days > 1)}", f"{days} jour{'s' * (days > 1)}")
