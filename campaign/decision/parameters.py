"""What of a procedure can be changed before a poll opens, and the words that are typed for it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from campaign.chat import N_, say
from campaign.decision.reading import plain
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something of a procedure that is typed as `name=value`."""

    name: str
    french: tuple[str, ...]
    """What may be typed for it in French, compared without its accents; the first is shown in help."""
    title: str
    """What it is called in a sentence."""
    help: str
    """What it does, and what may be given."""
    example: str


PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        each.name: each
        for each in (
            Parameter(
                "choices",
                ("réponses", "choix"),
                N_("answers"),
                N_("what can be answered; one answer carries the proposal"),
                N_("choices=for,against,abstain"),
            ),
            Parameter(
                "blocks",
                ("bloque", "blocage"),
                N_("block rule"),
                N_("how many objections block, or none; or the answer that blocks"),
                N_("blocks=1"),
            ),
            Parameter(
                "reason",
                ("raison", "motif"),
                N_("reasons"),
                N_("answers that count only with a reason, or none"),
                N_("reason=objection"),
            ),
            Parameter(
                "threshold",
                ("seuil",),
                N_("threshold"),
                N_("the part that must be in favour, or none"),
                N_("threshold=2/3"),
            ),
            Parameter(
                "strict",
                ("strict", "stricte"),
                N_("strict majority"),
                N_("whether the threshold must be exceeded"),
                N_("strict=yes"),
            ),
            Parameter(
                "base",
                ("base",),
                N_("base of the threshold"),
                N_("votes (for or against), answers (abstentions too) or electorate (everybody)"),
                N_("base=electorate"),
            ),
            Parameter(
                "quorum",
                ("quorum",),
                N_("quorum"),
                N_("how many must answer: a number or a part, or none"),
                N_("quorum=25%"),
            ),
            Parameter(
                "minimum",
                ("minimum", "mini"),
                N_("votes needed"),
                N_("how many must be in favour, at the least"),
                N_("minimum=3"),
            ),
            Parameter(
                "silence",
                ("silence",),
                N_("silence"),
                N_("whether silence is consent"),
                N_("silence=nothing"),
            ),
            Parameter(
                "duration",
                ("durée",),
                N_("duration"),
                N_("how long it stays open"),
                N_("duration=7 days"),
            ),
            Parameter(
                "days",
                ("jours",),
                N_("working days"),
                N_("whether the duration is in working days (Saturdays, Sundays and holidays are left out)"),
                N_("days=working"),
            ),
            Parameter(
                "holidays",
                ("fériés", "conges"),
                N_("holidays"),
                N_("more days that are no working days"),
                N_("holidays=2027-05-28"),
            ),
            Parameter(
                "extension",
                ("prolongation", "extension"),
                N_("extension"),
                N_("by how much a late objection puts off the closing, once; or none"),
                N_("extension=2 days"),
            ),
            Parameter(
                "late",
                ("tardif", "tardive"),
                N_("late objections"),
                N_("how long before closing an objection is late"),
                N_("late=24h"),
            ),
            Parameter(
                "early",
                ("anticipé", "anticipee"),
                N_("early closing"),
                N_("whether it closes once everybody has answered"),
                N_("early=yes"),
            ),
            Parameter(
                "text",
                ("texte", "reglement"),
                N_("link to the text"),
                N_("where the rule is written"),
                N_("text=https://example.org/rules"),
            ),
        )
    }
)
"""English name → parameter, in the order in which they are read and listed."""

PARAMETER_WORDS: Mapping[str, str] = MappingProxyType(
    {plain(word): each.name for each in PARAMETERS.values() for word in (each.name, *each.french)}
)
"""What may be typed, folded → the parameter that is meant."""


def needs(name: str, other: str) -> CampaignError:
    """Why a parameter cannot be set before another one is."""
    return CampaignError(
        say(
            N_("{parameter}: this needs {other} first. Add for example: `{example}`"),
            parameter=say(PARAMETERS[name].title),
            other=say(PARAMETERS[other].title),
            example=say(PARAMETERS[other].example),
        )
    )
