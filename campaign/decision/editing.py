"""Changing a procedure before its poll opens, from what a campaigner types in French or English."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from campaign.chat import N_, Listing, say
from campaign.decision import reading, timing, words
from campaign.decision.parameters import PARAMETER_WORDS, PARAMETERS, needs
from campaign.decision.procedure import SIDES, Procedure
from campaign.errors import CampaignError
from campaign.organisation import tidy_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LONGEST_VALUE = 500
"""Characters of a value that are read."""


def edited(procedure: Procedure, edits: Mapping[str, str]) -> Procedure:
    """Change a procedure by what was typed: parameter (English or French) → value, as in `{"seuil": "2/3"}`.

    They are applied in the order of `PARAMETERS`, however they were typed.

    Raises CampaignError for a parameter or a value that is not understood, or that this procedure cannot have, with
    what to write instead.
    """
    wanted: dict[str, str] = {}
    for typed, value in edits.items():
        name = PARAMETER_WORDS.get(reading.plain(typed))
        if name is None:
            raise CampaignError(
                say(
                    N_("A poll has no “{name}=”. What can be set: {parameters}."),
                    name=typed[:40],
                    parameters=Listing(tuple(say(each.example) for each in PARAMETERS.values())),
                )
            )
        wanted[name] = value
    for name in PARAMETERS:
        if name not in wanted:
            continue
        changed = _set(procedure, name, wanted[name])
        names = {*procedure.edited, *((name,) if changed != procedure else ())}
        procedure = replace(
            changed,
            edited=tuple(each for each in PARAMETERS if each in names),
            unset=tuple(each for each in procedure.unset if each != name),
        )
    return procedure


def _set(procedure: Procedure, name: str, typed: str) -> Procedure:
    plain = reading.plain(typed)
    try:
        if not plain or len(typed) > LONGEST_VALUE:
            raise reading.Unfit  # noqa: TRY301 - it is answered like every other value that does not fit
        return _SETTERS[name](procedure, typed if name == "text" else plain)
    except reading.Unfit:
        raise CampaignError(
            say(
                N_("I cannot read “{value}” as {parameter}: {help}. For example: `{example}`"),
                value=typed[:80],
                parameter=say(PARAMETERS[name].title),
                help=say(PARAMETERS[name].help),
                example=say(PARAMETERS[name].example),
            )
        ) from None


def _choices(procedure: Procedure, value: str) -> Procedure:
    chosen = tuple(reading.answers(value, tuple(SIDES)))
    sides = [SIDES[each] for each in chosen]
    if (
        sides.count("for") != 1
        or sides.count("against") > 1
        or sides.count("objection") > 1
        or len(chosen) == 1
    ):
        raise CampaignError(
            say(
                N_(
                    "One answer must be in favour, at most one against and one an objection, as in `{example}`."
                ),
                example=say(PARAMETERS["choices"].example),
            )
        )
    supports = chosen[sides.index("for")]
    blocks = tuple(each for each in chosen if each in procedure.blocks or SIDES[each] == "objection")
    reasons = {*procedure.reason_needed, *blocks}
    return replace(
        procedure,
        choices=chosen,
        supports=supports,
        opposes=chosen[sides.index("against")] if "against" in sides else "",
        blocks=blocks,
        reason_needed=tuple(each for each in chosen if each in reasons),
        without_reason=_stands_in(procedure, chosen, reasons),
    )


def _stands_in(procedure: Procedure, choices: Sequence[str], reasons: set[str]) -> str:
    """As what an answer counts that lacks its reason: as a concern where there are concerns."""
    for each in (procedure.without_reason, "concern"):
        if each in choices and each not in reasons and SIDES[each] != "for":
            return each
    return ""


def _blocks(procedure: Procedure, value: str) -> Procedure:
    if value in reading.NONE:
        return replace(procedure, blocks_at=0)
    number, chosen = 0, []
    for word in filter(None, reading.BETWEEN.split(value)):
        if word.isdecimal() and not number:
            number = reading.number(word)
        elif word not in reading.ONE:
            chosen += reading.answers(word, tuple(SIDES))
    if not chosen and not number and value not in reading.ONE:
        raise reading.Unfit
    # Who asks for objections means the one that is offered, whatever it is called there.
    objections = [each for each in procedure.choices if SIDES[each] == "objection"]
    objections += [each for each in chosen if SIDES[each] == "objection"] or ["objection"]
    blocks = {objections[0] if SIDES[each] == "objection" else each for each in chosen}
    blocks = blocks or set(procedure.blocks) or {objections[0]}
    if not blocks <= {objections[0], procedure.opposes, *procedure.blocks}:
        raise reading.Unfit  # a concern never blocks
    choices = (*procedure.choices, *sorted(blocks - set(procedure.choices)))
    reasons = {*procedure.reason_needed, *blocks}
    return replace(
        procedure,
        choices=choices,
        blocks=tuple(each for each in choices if each in blocks),
        blocks_at=number or procedure.blocks_at or 1,
        reason_needed=tuple(each for each in choices if each in reasons),
        without_reason=_stands_in(procedure, choices, reasons),
    )


def _reason(procedure: Procedure, value: str) -> Procedure:
    if value in reading.NONE:
        return replace(procedure, reason_needed=())
    if value in reading.ALL:
        reasons = set(procedure.choices)
    elif value in reading.YES:
        reasons = set(procedure.blocks or procedure.against)
    else:
        reasons = set(reading.answers(value, procedure.choices))
    return replace(
        procedure,
        reason_needed=tuple(each for each in procedure.choices if each in reasons),
        without_reason=_stands_in(procedure, procedure.choices, {*reasons, *procedure.blocks}),
    )


def _threshold(procedure: Procedure, value: str) -> Procedure:
    if value in reading.NONE:
        return replace(procedure, share=None, strictly=False, base="votes")
    rest = reading.AT_LEAST.sub("", reading.MORE_THAN.sub("", value))
    share = reading.part(rest)
    if share is None or not share:
        raise reading.Unfit
    # Half means a majority, which is more than half; every other part is reached by reaching it.
    strictly = bool(reading.MORE_THAN.match(value)) or (
        share == words.HALF and not reading.AT_LEAST.match(value)
    )
    if strictly and share == 1:
        raise reading.Unfit
    return replace(procedure, share=share, strictly=strictly)


def _strict(procedure: Procedure, value: str) -> Procedure:
    strictly = reading.yes_or_no(value)
    if procedure.share is None or (strictly and procedure.share == 1):
        raise needs("strict", "threshold")
    return replace(procedure, strictly=strictly)


def _base(procedure: Procedure, value: str) -> Procedure:
    base = reading.BASES.get(value)
    if base is None:
        raise reading.Unfit
    if procedure.share is None:
        raise needs("base", "threshold")
    return replace(procedure, base=base)


def _quorum(procedure: Procedure, value: str) -> Procedure:
    if value in reading.NONE:
        return replace(procedure, quorum=Fraction(0), quorum_number=0)
    value = reading.AT_LEAST.sub("", value)
    share = reading.part(value)
    if share is not None:
        return replace(procedure, quorum=share, quorum_number=0)
    return replace(procedure, quorum=Fraction(0), quorum_number=reading.number(value))


def _minimum(procedure: Procedure, value: str) -> Procedure:
    return replace(procedure, support_needed=0 if value in reading.NONE else reading.number(value))


def _silence(procedure: Procedure, value: str) -> Procedure:
    consents = {"consent", "assent", "agree", "accord", "consentement", "vaut accord", "pour", "for"}
    if value in consents:
        return replace(procedure, silence_consents=True)
    if value in reading.NONE:
        return replace(procedure, silence_consents=False)
    return replace(procedure, silence_consents=reading.yes_or_no(value))


def _text(procedure: Procedure, value: str) -> Procedure:
    return replace(procedure, source=tidy_url(value))


_SETTERS: Mapping[str, Callable[[Procedure, str], Procedure]] = {
    "choices": _choices,
    "blocks": _blocks,
    "reason": _reason,
    "threshold": _threshold,
    "strict": _strict,
    "base": _base,
    "quorum": _quorum,
    "minimum": _minimum,
    "silence": _silence,
    "duration": timing.duration,
    "days": timing.days,
    "holidays": timing.holidays,
    "extension": timing.extension,
    "late": timing.late,
    "early": timing.early,
    "text": _text,
}
