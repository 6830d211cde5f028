"""How a collective decides: procedures as data, and what their ballots come to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from campaign.chat import N_, NN_, Listing, Text, Typed, say, say_many
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Result: TypeAlias = Literal["adopted", "rejected", "blocked", "no quorum"]

APACHE_VOTING = "https://www.apache.org/foundation/voting.html"
LOOMIO_CONSENT = "https://help.loomio.com/en/guides/consent_process/"

CHOICE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "for": N_("for"),
        "against": N_("against"),
        "abstain": N_("abstain"),
        "consent": N_("consent"),
        "concern": N_("concern"),
        "objection": N_("objection"),
    }
)
"""Every choice of every preset, marked for translation."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """The rule of a poll: what can be answered, for how long, when it passes. Frozen when the poll opens."""

    name: str
    source: str
    """Web address of the text the rule is taken from."""
    duration: timedelta
    """From opening to closing, unless the poll says otherwise."""
    choices: tuple[str, ...]
    """English words, in the order in which they are offered."""
    supports: str
    """The choice that carries the proposal."""
    opposes: str = ""
    """The choice weighed against it; empty where nothing is weighed."""
    share: Fraction | None = None
    """The part of the supporting and opposing votes that must support; None: votes are not weighed."""
    strictly: bool = False
    """Whether the support must exceed `share` rather than reach it."""
    support_needed: int = 1
    """How many must support, at the least."""
    quorum: Fraction = Fraction(0)
    """The part of the electorate that must answer; an abstention is an answer."""
    blocks: tuple[str, ...] = ()
    """Choices of which a single standing one stops the proposal."""
    reason_needed: tuple[str, ...] = ()
    """Choices that stand only with a reason."""
    silence_consents: bool = False
    """Whether an organisation that did not answer counts as supporting."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """The standing answer of one organisation."""

    organisation: int | str
    choice: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a poll came to, with the numbers and the rule that made it so."""

    result: Result
    counts: Mapping[str, int]
    """Valid ballots per choice, every choice of the procedure present."""
    answered: int
    """Organisations with a valid ballot."""
    eligible: int
    void: int
    """Ballots that lack the reason their choice needs: shown, not counted."""
    rule: Text
    """The rule as it was applied, in words and numbers."""


MAJORITY = Procedure(
    name="majority",
    source=APACHE_VOTING,
    duration=timedelta(hours=72),
    choices=("for", "against", "abstain"),
    supports="for",
    opposes="against",
    share=Fraction(1, 2),
    strictly=True,
)
"""More for than against, after 72 hours; a tie is not adopted.

Source: Apache, votes on procedural issues, https://www.apache.org/foundation/voting.html (more favourable
votes than unfavourable ones; a vote stays open for at least 72 hours).
"""

CONSENT = Procedure(
    name="consent",
    source=LOOMIO_CONSENT,
    duration=timedelta(days=7),
    choices=("consent", "concern", "objection", "abstain"),
    supports="consent",
    blocks=("objection",),
    reason_needed=("objection",),
)
"""No standing objection after seven days. An objection needs a reason; a concern is recorded, never blocks.

Silence is not consent here: at least one organisation must say "consent", so that a poll nobody saw adopts
nothing. Sources: Loomio, https://help.loomio.com/en/guides/consent_process/, and Sociocracy 3.0,
https://patterns.sociocracy30.org/consent-decision-making.html (an objection is an argument; concerns do not
stop).
"""

PRESETS: Mapping[str, Procedure] = MappingProxyType({each.name: each for each in (MAJORITY, CONSENT)})
"""The procedures a poll can be opened with, by name."""


def validate_ballot(procedure: Procedure, choice: str, reason: str) -> None:
    """Refuse a ballot that could not stand.

    Raises CampaignError if the procedure has no such choice, or if the choice needs a reason and none is
    given.
    """
    if choice not in procedure.choices:
        raise CampaignError(
            say(
                N_("“{choice}” is not an answer to this poll. Answer with one of these: {choices}."),
                choice=choice,
                choices=Listing(tuple(_named(each) for each in procedure.choices), either=True),
            )
        )
    if _lacks_reason(procedure, choice, reason):
        raise CampaignError(
            say(
                N_("This answer ({choice}) needs a reason, so that it can be answered. Say why: {example}"),
                choice=_named(choice),
                example=Typed("vote", f"{choice} …"),
            )
        )


def decide(procedure: Procedure, electorate: int, ballots: Iterable[Ballot]) -> Outcome:
    """Count one standing ballot per organisation and apply the procedure.

    In this order: one standing blocking choice blocks, whoever else answered; too few answers is no quorum; a
    share of the votes that is not reached rejects; too few in support is no quorum (nobody said yes, nobody
    said no). A ballot that lacks a needed reason is void: it neither blocks nor counts as an answer.

    Raises ValueError if an organisation votes twice, more vote than may, or a choice is unknown: whoever
    stored the ballots had to refuse these, and a result computed from them would mean nothing.
    """
    cast = list(ballots)
    if len({ballot.organisation for ballot in cast}) != len(cast):
        raise ValueError("an organisation has more than one standing ballot")
    if len(cast) > electorate:
        raise ValueError(f"{len(cast)} ballots from an electorate of {electorate}")
    if unknown := sorted({ballot.choice for ballot in cast} - set(procedure.choices)):
        raise ValueError(f"no choice of {procedure.name}: {unknown}")
    valid = [each for each in cast if not _lacks_reason(procedure, each.choice, each.reason)]
    tally = Counter(ballot.choice for ballot in valid)
    counts = MappingProxyType({choice: tally[choice] for choice in procedure.choices})
    void = len(cast) - len(valid)
    return Outcome(
        result=_result(procedure, electorate, counts),
        counts=counts,
        answered=len(valid),
        eligible=electorate,
        void=void,
        rule=_rule(procedure, electorate, counts, void),
    )


def _lacks_reason(procedure: Procedure, choice: str, reason: str) -> bool:
    return choice in procedure.reason_needed and not any(character.isalnum() for character in reason)


def _result(procedure: Procedure, electorate: int, counts: Mapping[str, int]) -> Result:
    answered = sum(counts.values())
    support = counts[procedure.supports]
    weighed = support + counts.get(procedure.opposes, 0)
    if procedure.silence_consents:
        support += electorate - answered
    if any(counts[choice] for choice in procedure.blocks):
        return "blocked"
    if answered < procedure.quorum * electorate:
        return "no quorum"
    if procedure.share is not None and weighed:
        needed = procedure.share * weighed
        if support < needed or (procedure.strictly and support == needed):
            return "rejected"
    return "adopted" if support >= procedure.support_needed else "no quorum"


def _rule(procedure: Procedure, electorate: int, counts: Mapping[str, int], void: int) -> Text:
    parts = [*_conditions(procedure, electorate)]
    parts.append(
        say_many(
            *NN_(
                "{count} of {eligible} organisations has answered: {counts}.",
                "{count} of {eligible} organisations have answered: {counts}.",
            ),
            sum(counts.values()),
            eligible=electorate,
            counts=Listing(
                tuple(
                    say(N_("{choice} {number}"), choice=_named(choice), number=number)
                    for choice, number in counts.items()
                )
            ),
        )
    )
    if void:
        parts.append(say(N_("Not counted for want of a reason: {number}."), number=void))
    text = parts[0]
    for part in parts[1:]:
        text = say(N_("{sentence} {next_sentence}"), sentence=text, next_sentence=part)
    return text


def _conditions(procedure: Procedure, electorate: int) -> Iterable[Text]:
    supports = _named(procedure.supports)
    if procedure.share is not None and procedure.opposes:
        values = {"supports": supports, "opposes": _named(procedure.opposes)}
        part = {"numerator": procedure.share.numerator, "denominator": procedure.share.denominator}
        if procedure.strictly and procedure.share == Fraction(1, 2):
            yield say(N_("It passes with more votes “{supports}” than “{opposes}”."), **values)
        elif procedure.strictly:
            yield say(
                N_(
                    "It passes if more than {numerator} in {denominator} of the votes “{supports}” or "
                    "“{opposes}” are “{supports}”."
                ),
                **values,
                **part,
            )
        else:
            yield say(
                N_(
                    "It passes if at least {numerator} in {denominator} of the votes “{supports}” or "
                    "“{opposes}” are “{supports}”."
                ),
                **values,
                **part,
            )
    for choice in procedure.blocks:
        yield say(N_("A single standing answer “{choice}” blocks it."), choice=_named(choice))
    if procedure.silence_consents:
        yield say(N_("Silence counts as “{supports}”."), supports=supports)
    elif procedure.share is None or procedure.support_needed > 1:
        yield say(
            N_("At least this many must answer “{supports}”: {number}."),
            supports=supports,
            number=procedure.support_needed,
        )
    if procedure.quorum:
        yield say(
            N_("At least this many must answer at all: {number}."), number=ceil(procedure.quorum * electorate)
        )


def _named(choice: str) -> Text:
    """Give a choice as a message of its own, so that it is said in the reader's language."""
    return say(CHOICE_NAMES.get(choice, choice))
