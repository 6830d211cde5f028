"""A procedure in plain words, short enough for a phone: when a poll opens, and when its outcome is said."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Link, Listing, Text, say, say_many
from campaign.decision.parameters import PARAMETERS
from campaign.decision.procedure import CHOICE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from campaign.decision.procedure import Procedure

HALF = Fraction(1, 2)
SIMPLE = 10
"""The greatest denominator of a fraction that is said as one; others are said in percent."""


def described(procedure: Procedure, electorate: int) -> tuple[Text, ...]:
    """Say a procedure when it opens: what can be answered, when it passes, what stops it, and where that is written.

    Until when, and how to vote, is said by whoever opens the poll.
    """
    lines = [joined(_answers(procedure)), joined([*conditions(procedure, electorate), *_closing(procedure)])]
    if procedure.source:
        lines.append(_source(procedure))
    return tuple(lines)


def rule(procedure: Procedure, electorate: int) -> Text:
    """Say the same in one paragraph, where what can be answered is said already."""
    _, *reasons = _answers(procedure)
    source = [_source(procedure)] if procedure.source else []
    return joined([*conditions(procedure, electorate), *_closing(procedure), *reasons, *source])


def conditions(procedure: Procedure, electorate: int) -> Iterator[Text]:
    """Say when the proposal passes, sentence by sentence, in numbers of this electorate."""
    if not procedure.decides:
        yield say(N_("It passes whatever is answered."))
    plain = procedure.blocks_at == 1 and procedure.share is None  # nothing is weighed, nobody may object
    if procedure.share is not None:
        yield _threshold(procedure, electorate)
    if procedure.blocks and plain:
        yield _unless(procedure)
    elif procedure.blocks:
        yield _blocking(procedure)
    if procedure.silence_consents:
        yield say(N_("Silence counts as “{supports}”."), supports=named(procedure.supports))
    if procedure.support_needed > (procedure.share is not None) and not (procedure.blocks and plain):
        yield say(
            N_("It takes at least {number} “{supports}”."),
            supports=named(procedure.supports),
            number=procedure.support_needed,
        )
    if least := quorum(procedure, electorate):
        yield say(N_("Quorum: {number} of {eligible}."), number=least, eligible=electorate)


def answered(counts: Mapping[str, int], answered: int, eligible: int) -> Text:
    """Say how many have answered, of how many, and what."""
    return say_many(
        *NN_(
            "{count} of {eligible} organisations has answered: {counts}.",
            "{count} of {eligible} organisations have answered: {counts}.",
        ),
        answered,
        eligible=eligible,
        counts=Listing(
            tuple(
                say(N_("{choice} {number}"), choice=named(choice), number=number)
                for choice, number in counts.items()
            )
        ),
    )


def quorum(procedure: Procedure, electorate: int) -> int:
    """How many of an electorate must answer."""
    return max(ceil(procedure.quorum * electorate), procedure.quorum_number)


def is_plain_majority(procedure: Procedure) -> bool:
    """Whether it passes with more votes for than against: two numbers that speak for themselves."""
    return procedure.share == HALF and procedure.strictly and procedure.base == "votes"


def joined(parts: Iterable[Text]) -> Text:
    """Several sentences as one line."""
    text, *rest = parts
    for part in rest:
        text = say(N_("{sentence} {next_sentence}"), sentence=text, next_sentence=part)
    return text


def named(choice: str) -> Text:
    """Give a choice as a message of its own, so that it is said in the reader's language."""
    return say(CHOICE_NAMES.get(choice, choice))


def any_of(choices: Sequence[str]) -> Listing:
    """Several choices, of which one is meant."""
    return Listing(tuple(named(choice) for choice in choices), either=True)


def part(share: Fraction) -> Text | str:
    """Say a part: "2/3", "60%"."""
    percent = share * 100
    if share.denominator > SIMPLE and percent.denominator == 1:
        return say(N_("{number}%"), number=percent.numerator)
    return f"{share.numerator}/{share.denominator}"


def span(length: timedelta, *, working: bool = False) -> Text | Listing:
    """Say a length of time in days, hours and minutes; what is shorter than a minute is left out."""
    minutes = length // timedelta(minutes=1)
    days, hours, minutes = minutes // (24 * 60), minutes // 60 % 24, minutes % 60
    if days < 3 and not working and (hours or days == 1):  # noqa: PLR2004 - "36 hours", not a day and 12 hours
        days, hours = 0, hours + 24 * days
    said = []
    if days and working:
        said.append(say_many(*NN_("{count} working day", "{count} working days"), days))
    elif days:
        said.append(say_many(*NN_("{count} day", "{count} days"), days))
    if hours:
        said.append(say_many(*NN_("{count} hour", "{count} hours"), hours))
    if minutes or not said:
        said.append(say_many(*NN_("{count} minute", "{count} minutes"), minutes))
    return said[0] if len(said) == 1 else Listing(tuple(said))


def _answers(procedure: Procedure) -> Iterator[Text]:
    yield say(N_("Answers: {choices}."), choices=any_of(procedure.choices))
    if "concern" in procedure.choices:
        yield say(N_("“{choice}” is noted, and stops nothing."), choice=named("concern"))
    if not procedure.reason_needed:
        return
    values = {"choice": any_of(procedure.reason_needed)}
    if procedure.without_reason:
        yield say(
            N_("“{choice}” needs a reason, and counts as “{other}” until it is given."),
            **values,
            other=named(procedure.without_reason),
        )
    else:
        yield say(N_("“{choice}” needs a reason, and is not counted without."), **values)


def _threshold(procedure: Procedure, electorate: int) -> Text:
    assert procedure.share is not None  # noqa: S101 - for the type: who asks has looked
    supports = named(procedure.supports)
    if is_plain_majority(procedure) and procedure.against:
        opposes = Listing(tuple(named(choice) for choice in procedure.against))
        return say(
            N_("It passes with more votes “{supports}” than “{opposes}”."), supports=supports, opposes=opposes
        )
    if procedure.share == 1:
        return say(_UNANIMITY[procedure.base], supports=supports, eligible=electorate)
    message = _THRESHOLDS[procedure.base][procedure.strictly]
    return say(message, share=part(procedure.share), supports=supports, eligible=electorate)


_THRESHOLDS = {
    "votes": (
        N_("It passes if at least {share} of the votes for or against are “{supports}”."),
        N_("It passes if more than {share} of the votes for or against are “{supports}”."),
    ),
    "answers": (
        N_("It passes if at least {share} of all answers, abstentions included, are “{supports}”."),
        N_("It passes if more than {share} of all answers, abstentions included, are “{supports}”."),
    ),
    "electorate": (
        N_("It passes if at least {share} of the {eligible} organisations answer “{supports}”."),
        N_("It passes if more than {share} of the {eligible} organisations answer “{supports}”."),
    ),
}
"""Base → what is said of a share that must be reached, and of one that must be exceeded."""


_UNANIMITY = {
    "votes": N_("It passes if every vote for or against is “{supports}”."),
    "answers": N_("It passes if every answer is “{supports}”: an abstention is none."),
    "electorate": N_("It passes if all {eligible} organisations answer “{supports}”."),
}
"""Base → what is said where everybody must support."""


def _unless(procedure: Procedure) -> Text:
    choice = any_of(procedure.blocks)
    if not procedure.support_needed:
        return say(N_("It passes unless an answer “{choice}” stands."), choice=choice)
    return say(
        N_("It passes with at least {number} “{supports}” and no standing answer “{choice}”."),
        number=procedure.support_needed,
        supports=named(procedure.supports),
        choice=choice,
    )


def _blocking(procedure: Procedure) -> Text:
    choice = any_of(procedure.blocks)
    if not procedure.blocks_at and procedure.share is None:
        return say(N_("“{choice}” does not block it."), choice=choice)
    if not procedure.blocks_at:
        return say(N_("“{choice}” does not block it, and counts as a vote against."), choice=choice)
    if procedure.blocks_at == 1:
        return say(N_("A single standing answer “{choice}” blocks it."), choice=choice)
    return say(
        N_("{number} standing answers “{choice}” block it."), choice=choice, number=procedure.blocks_at
    )


def _closing(procedure: Procedure) -> Iterator[Text]:
    if procedure.extension and procedure.late and procedure.can_be_blocked:
        yield say(
            N_("An answer “{choice}” in the last {late} puts the closing off by {extension}, once."),
            choice=any_of(procedure.blocks),
            late=span(procedure.late),
            extension=span(procedure.extension, working=procedure.working_days),
        )
    if procedure.closes_early:
        yield say(N_("It closes early if everybody has answered and nothing blocks it."))


def _source(procedure: Procedure) -> Text:
    if procedure.edited and "text" not in procedure.edited:
        return say(
            N_("The rule: {link} (changed here: {parameters})"),
            link=Link(procedure.source),
            parameters=Listing(tuple(say(PARAMETERS[each].title) for each in procedure.edited)),
        )
    return say(N_("The rule: {link}"), link=Link(procedure.source))
