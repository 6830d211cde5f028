"""The rule of a poll as a value: what can be answered, for how long, when it passes, what stops it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from campaign.chat import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

Base: TypeAlias = Literal["votes", "answers", "electorate"]
"""What a threshold is a part of: the votes for or against, every answer (abstentions too), or everybody who may vote."""
BASES: tuple[Base, ...] = ("votes", "answers", "electorate")
Side: TypeAlias = Literal["for", "against", "neither", "objection"]

CHOICE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "for": N_("for"),
        "against": N_("against"),
        "abstain": N_("abstain"),
        "consent": N_("consent"),
        "concern": N_("concern"),
        "objection": N_("objection"),
        "agree": N_("agree"),
        "disagree": N_("disagree"),
        "block": N_("block"),
    }
)
"""Every answer a procedure can offer, marked for translation."""

SIDES: Mapping[str, Side] = MappingProxyType(
    {
        "for": "for",
        "agree": "for",
        "consent": "for",
        "against": "against",
        "disagree": "against",
        "abstain": "neither",
        "concern": "neither",
        "objection": "objection",
        "block": "objection",
    }
)
"""What each answer is taken for in a procedure whose answers are chosen by hand."""

ANSWERS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "fr": MappingProxyType(
            {
                "for": ("pour", "oui"),
                "against": ("contre", "non"),
                "abstain": ("abstention", "blanc"),
                "consent": ("consentement", "consens", "ok"),
                "concern": ("réserve", "inquietude"),
                "objection": ("objection", "objecte"),
                "agree": ("d'accord", "accord", "daccord", "oui", "pour"),
                "disagree": ("désaccord", "non", "contre"),
                "block": ("blocage", "bloque", "veto", "objection"),
            }
        ),
        "en": MappingProxyType(
            {
                "for": ("for", "yes", "+1"),
                "against": ("against", "no", "-1"),
                "abstain": ("abstain", "abstention", "0"),
                "consent": ("consent", "agree", "+1"),
                "concern": ("concern",),
                "objection": ("objection", "object", "block", "-1"),
                "agree": ("agree", "yes", "+1"),
                "disagree": ("disagree", "no"),
                "block": ("block", "veto", "objection", "-1"),
            }
        ),
    }
)
"""Language → answer → what may be typed for it, compared folded; the first is shown in help."""

MOST_NUMBER = 100_000
"""The greatest number a procedure may ask for: more organisations than there will ever be."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """The rule of a poll. Frozen when the poll opens.

    Raises ValueError if its parts contradict each other: such a rule must not come out of a database either.
    """

    name: str
    source: str
    """Web address of the text the rule is taken from."""
    duration: timedelta
    """From opening to closing, unless the poll says otherwise; in whole days if only `working_days` count."""
    choices: tuple[str, ...]
    """English words, in the order in which they are offered."""
    supports: str
    """The choice that carries the proposal."""
    opposes: str = ""
    """The choice weighed against it, as every one that may block is; empty where there is no other."""
    share: Fraction | None = None
    """The part of the `base` that must support; None: votes are not weighed."""
    strictly: bool = False
    """Whether the support must exceed `share` rather than reach it."""
    base: Base = "votes"
    """What `share` is a part of."""
    support_needed: int = 1
    """How many must support, at the least."""
    quorum: Fraction = Fraction(0)
    """The part of the electorate that must answer; an abstention is an answer."""
    quorum_number: int = 0
    """How many of the electorate must answer."""
    blocks: tuple[str, ...] = ()
    """Choices that stop the proposal when `blocks_at` of them stand."""
    blocks_at: int = 1
    """How many standing ones it takes to stop the proposal; 0: they stop nothing, and only count against it."""
    reason_needed: tuple[str, ...] = ()
    """Choices that stand only with a reason."""
    without_reason: str = ""
    """The choice as which an answer counts that lacks its reason, until it is given; empty: it is void."""
    silence_consents: bool = False
    """Whether an organisation that did not answer counts as supporting."""
    late: timedelta = timedelta()
    """How long before closing an objection counts as a late one."""
    extension: timedelta = timedelta()
    """By how much the first late objection puts off the closing; nothing: it does not."""
    working_days: bool = False
    """Whether Saturdays, Sundays and `holidays` are left out of the duration and the extension."""
    holidays: tuple[date, ...] = ()
    """Days in the poll's zone that are no working days, besides Saturdays and Sundays; in order."""
    closes_early: bool = False
    """Whether the poll closes as soon as everybody has answered and nothing blocks it."""
    edited: tuple[str, ...] = ()
    """Names of the parameters that are not as the preset has them, in the order of `PARAMETERS`."""
    unset: tuple[str, ...] = ()
    """Names of the parameters without which it must not open; it decides nothing before."""

    def __post_init__(self) -> None:
        for wrong, what in self._contradictions():
            if wrong:
                raise ValueError(f"procedure {self.name}: {what}")

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        known = set(self.choices)
        objections = set(self.blocks)
        return (
            (len(known) != len(self.choices), "a choice is offered twice"),
            (not known <= set(CHOICE_NAMES), "an unknown choice"),
            (self.supports not in known, "no choice supports"),
            (self.opposes not in {"", *known} or self.opposes == self.supports, "who opposes is no choice"),
            (not objections <= known - {self.supports}, "what blocks is no choice, or supports"),
            (not known >= set(self.reason_needed), "what needs a reason is no choice"),
            (
                self.without_reason not in {"", *known} - objections - {self.supports},
                "an answer without its reason cannot count as this",
            ),
            (self.without_reason in self.reason_needed, "what stands for want of a reason needs one"),
            (self.share is not None and not 0 < self.share <= 1, "the share is no part"),
            (self.share == 1 and self.strictly, "more than everybody"),
            (self.base not in BASES, "unknown base"),
            (not 0 <= self.quorum <= 1, "the quorum is no part"),
            (
                not all(
                    0 <= one <= MOST_NUMBER
                    for one in (self.support_needed, self.quorum_number, self.blocks_at)
                ),
                "a number is out of bounds",
            ),
            (min(self.duration, self.late, self.extension) < timedelta(), "a length of time is negative"),
            (
                self.working_days and any(one % timedelta(days=1) for one in (self.duration, self.extension)),
                "working days are whole days",
            ),
            (list(self.holidays) != sorted(set(self.holidays)), "the holidays are not in order"),
        )

    @property
    def against(self) -> tuple[str, ...]:
        """The choices that are weighed against the support, in the order in which they are offered."""
        return tuple(one for one in self.choices if one == self.opposes or one in self.blocks)

    @property
    def decides(self) -> bool:
        """Whether any answers could keep the proposal from passing, but for their number."""
        return self.can_be_blocked or self.share is not None or self.support_needed > 0

    @property
    def can_be_blocked(self) -> bool:
        """Whether an objection can stop the proposal."""
        return bool(self.blocks) and self.blocks_at > 0
