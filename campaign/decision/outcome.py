"""What the ballots of a poll come to under its procedure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil, floor
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from campaign.chat import N_, Listing, Text, Typed, say
from campaign.decision import words
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campaign.decision.procedure import Procedure

Result: TypeAlias = Literal["adopted", "rejected", "blocked", "no quorum"]


@dataclass(frozen=True, slots=True)
class Ballot:
    """The standing answer of one organisation."""

    organisation: int | str
    choice: str
    reason: str = ""
    resolved: bool = False
    """Whether this objection was integrated or withdrawn: an answer still, for nothing and against nothing.

    It says nothing of an answer that does not block.
    """


@dataclass(frozen=True, slots=True)
class Tally:
    """Ballots counted, and what a procedure makes of the numbers."""

    counts: Mapping[str, int]
    """Ballots per choice, every choice of the procedure present; without those that are void or resolved."""
    eligible: int
    resolved: int = 0
    """Objections that were integrated or withdrawn: answers, shown apart."""
    void: int = 0
    """Ballots that lack the reason their choice needs: shown, not counted."""
    demoted: int = 0
    """Ballots that lack it and count as another choice until it is given; they are among `counts`."""

    @property
    def answered(self) -> int:
        """Organisations with a valid ballot."""
        return sum(self.counts.values()) + self.resolved

    @property
    def silent(self) -> int:
        """Organisations without any ballot: one that is void is not silence."""
        return self.eligible - self.answered - self.void


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a poll came to, with the numbers and the rule that made it so."""

    result: Result
    counts: Mapping[str, int]
    """Ballots per choice, every choice of the procedure present; without those that are void or resolved."""
    answered: int
    """Organisations with a valid ballot: the counts and the resolved objections."""
    eligible: int
    void: int
    """Ballots that lack the reason their choice needs: shown, not counted."""
    demoted: int
    """Ballots that lack it and count as another choice, such as a concern; they are among `counts`."""
    resolved: int
    """Objections that were integrated or withdrawn: answers that are shown apart and block nothing."""
    rule: Text
    """The rule as it was applied, in words and numbers."""


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
                choices=Listing(tuple(words.named(each) for each in procedure.choices), either=True),
            )
        )
    if lacks_reason(procedure, choice, reason):
        raise CampaignError(
            say(
                N_("This answer ({choice}) needs a reason, so that it can be answered. Say why: {example}"),
                choice=words.named(choice),
                example=Typed("vote", f"{choice} …"),
            )
        )


def lacks_reason(procedure: Procedure, choice: str, reason: str) -> bool:
    """Whether this answer does not stand for want of a reason; signs alone are none."""
    return choice in procedure.reason_needed and not any(character.isalnum() for character in reason)


def decide(procedure: Procedure, electorate: int, ballots: Iterable[Ballot]) -> Outcome:
    """Count one standing ballot per organisation and apply the procedure.

    In this order: as many standing objections as it takes block, whoever else answered; too few answers is no quorum; a
    share that is not reached rejects; too few in support is no quorum (nobody said yes, nobody said no). A ballot that
    lacks a needed reason counts as the choice the procedure names for that, else it is void: it neither blocks nor
    counts as an answer, and is no silence either. Where nobody answered, nothing is adopted unless silence consents.

    Raises ValueError if an organisation votes twice, more vote than may, or a choice is unknown: whoever
    stored the ballots had to refuse these, and a result computed from them would mean nothing. So it does for a
    procedure that lacks what has to be set before it opens.
    """
    if procedure.unset:
        raise ValueError(f"{procedure.name} decides nothing without {', '.join(procedure.unset)}")
    tally = count(procedure, electorate, ballots)
    needed = needed_support(procedure, tally)
    return Outcome(
        result=_result(procedure, tally, needed),
        counts=tally.counts,
        answered=tally.answered,
        eligible=electorate,
        void=tally.void,
        demoted=tally.demoted,
        resolved=tally.resolved,
        rule=_rule(procedure, tally, needed),
    )


def is_settled(procedure: Procedure, electorate: int, ballots: Iterable[Ballot]) -> bool:
    """Whether a poll may close before its time: everybody has answered, nothing blocks, and no reason is missing.

    An objection waits for the time that was given to integrate or to withdraw it.
    """
    if not procedure.closes_early:
        return False
    tally = count(procedure, electorate, ballots)
    missing = tally.eligible - tally.answered + tally.demoted
    return electorate > 0 and not missing and not _standing(procedure, tally)


def count(procedure: Procedure, electorate: int, ballots: Iterable[Ballot]) -> Tally:
    """Count one standing ballot per organisation. Raises ValueError as `decide` does."""
    cast = list(ballots)
    if len({ballot.organisation for ballot in cast}) != len(cast):
        raise ValueError("an organisation has more than one standing ballot")
    if len(cast) > electorate:
        raise ValueError(f"{len(cast)} ballots from an electorate of {electorate}")
    if unknown := sorted({ballot.choice for ballot in cast} - set(procedure.choices)):
        raise ValueError(f"no choice of {procedure.name}: {unknown}")
    resolved = [each for each in cast if each.resolved and each.choice in procedure.blocks]
    open_ = [each for each in cast if not (each.resolved and each.choice in procedure.blocks)]
    lacking = [each for each in open_ if lacks_reason(procedure, each.choice, each.reason)]
    tally = Counter(each.choice for each in open_ if not lacks_reason(procedure, each.choice, each.reason))
    if procedure.without_reason:
        tally[procedure.without_reason] += len(lacking)
    return Tally(
        counts=MappingProxyType({choice: tally[choice] for choice in procedure.choices}),
        eligible=electorate,
        resolved=len(resolved),
        void=0 if procedure.without_reason else len(lacking),
        demoted=len(lacking) if procedure.without_reason else 0,
    )


def needed_support(procedure: Procedure, tally: Tally) -> int:
    """How many must support for the share to be reached, of these ballots; 0 where nothing is weighed."""
    if procedure.share is None:
        return 0
    part = procedure.share * _weighed(procedure, tally)
    return floor(part) + 1 if procedure.strictly else ceil(part)


def _support(procedure: Procedure, tally: Tally) -> int:
    return tally.counts[procedure.supports] + (tally.silent if procedure.silence_consents else 0)


def _weighed(procedure: Procedure, tally: Tally) -> int:
    """What the share is a part of."""
    if procedure.base == "electorate":
        return tally.eligible
    if procedure.base == "answers":
        return tally.answered + (tally.silent if procedure.silence_consents else 0)
    return _support(procedure, tally) + sum(tally.counts[choice] for choice in procedure.against)


def _standing(procedure: Procedure, tally: Tally) -> int:
    """Objections that stand."""
    return sum(tally.counts[choice] for choice in procedure.blocks) if procedure.blocks_at else 0


def _result(procedure: Procedure, tally: Tally, needed: int) -> Result:
    support = _support(procedure, tally)
    if procedure.can_be_blocked and _standing(procedure, tally) >= procedure.blocks_at:
        return "blocked"
    if not tally.answered and not (procedure.silence_consents and tally.silent):
        return "no quorum"
    if tally.answered < words.quorum(procedure, tally.eligible):
        return "no quorum"
    if support < needed and _weighed(procedure, tally):
        return "rejected"
    # Where votes are weighed, nothing against nothing carries nothing.
    least = max(procedure.support_needed, procedure.share is not None)
    return "adopted" if support >= least else "no quorum"


def _rule(procedure: Procedure, tally: Tally, needed: int) -> Text:
    parts = [
        *words.conditions(procedure, tally.eligible),
        words.answered(tally.counts, tally.answered, tally.eligible),
    ]
    if tally.resolved:
        parts.append(say(N_("Objections integrated or withdrawn: {number}."), number=tally.resolved))
    if tally.demoted:
        parts.append(
            say(
                N_("Counted as “{choice}” for want of a reason: {number}."),
                choice=words.named(procedure.without_reason),
                number=tally.demoted,
            )
        )
    if tally.void:
        parts.append(say(N_("Not counted for want of a reason: {number}."), number=tally.void))
    if procedure.silence_consents and tally.silent:
        parts.append(
            say(
                N_("Silent, which counts as “{choice}”: {number}."),
                choice=words.named(procedure.supports),
                number=tally.silent,
            )
        )
    if procedure.share is not None and not words.is_plain_majority(procedure):
        parts.append(
            say(
                N_("In support: {support} of {weighed}, {needed} needed."),
                support=_support(procedure, tally),
                weighed=_weighed(procedure, tally),
                needed=needed,
            )
        )
    return words.joined(parts)
