"""Commands as forms: which there are, the fields of each, what this person may choose there, and what is handed back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from campaign.chat import N_, Text, say
from commands.ballots import polling
from commands.dialogue import running
from commands.line import usage
from commands.organisations import authority
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from commands.command import Choice, Command, Context, Parameter

Label: TypeAlias = Text | str
"""What is said of a field or an option: a sentence of ours, or a name as it is."""
Options: TypeAlias = tuple[tuple[str, Label], ...]
"""Value → label of each thing that can be chosen."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in, or with `options` to choose."""

    name: str
    label: Label
    required: bool = False
    options: Options = ()
    value: str = ""
    """What stands there already."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What whoever handed a form in is shown. With a `question` (by id), one of its `choices` is to be chosen next."""

    lines: tuple[Text, ...]
    language: str
    refused: bool = False
    question: int = 0
    choices: tuple[str, ...] = ()


def offered(ctx: Context) -> tuple[Command, ...]:
    """The commands that this person may use as a form."""
    return tuple(
        one for one in ctx.menu if one.form and "private" in one.where and (ctx.is_admin or not one.admin)
    )


def fields(ctx: Context, command: Command) -> tuple[Field, ...]:
    """The fields of a command for this person; of several open campaigns, first of all which one is meant.

    Raises:
        CampaignError: it cannot be used now; the text says why.
    """
    running.authorise(ctx, command)
    ctx = replace(ctx, even_ended=command.even_ended)
    if command.needs_campaign and not ctx.campaign_key:
        campaigns = ctx.candidates
        if len(campaigns) > 1:
            options = tuple((one.key, say(N_("{text}"), text=one.named)) for one in campaigns)
            return (Field("campaign", say(_LABELS["campaign"]), required=True, options=options),)
    if command.needs_campaign:
        ctx = replace(ctx, resolved=ctx.campaign)
    return tuple(_field(ctx, parameter) for parameter in command.parameters)


def _field(ctx: Context, parameter: Parameter) -> Field:
    label = _LABELS.get(parameter.name)
    options: Options = tuple((word, in_language(word, ctx.language)) for word in parameter.choices)
    if parameter.name in _OFFERS and not options:
        options = _OFFERS[parameter.name](ctx)
    only = len(options) == 1
    return Field(
        parameter.name,
        say(label) if label else usage.label(parameter, ctx.language),
        required=parameter.required,
        options=options,
        value=options[0][0] if only else "",
    )


def _own_organisations(ctx: Context) -> Options:
    return tuple((one.name, one.name) for one in authority.shown(ctx))


def _answers(ctx: Context) -> Options:
    """Every answer of every poll that still takes one, as it would be typed: with the poll's number if there are several."""
    every = ctx.storage.polls.of_campaign(ctx.campaign.id, only_open=True)
    polls = [poll for poll in every if not poll.is_being_counted(ctx.now)]
    return tuple(
        (f"{poll.number} {choice}", _answer(poll.number, poll.question, choice, alone=len(polls) == 1))
        for poll in polls
        for choice in polling.procedure_of(poll).choices
    )


def _answer(number: int, question: str, choice: str, *, alone: bool) -> Text:
    if alone:
        return polling.named(choice)
    return say(
        N_("{number}. “{question}”: {choice}"),
        number=number,
        question=question,
        choice=polling.named(choice),
    )


_OFFERS: Mapping[str, Callable[[Context], Options]] = {
    "organisation": _own_organisations,
    "choice": _answers,
}
"""Parameter → what this person may choose for it; with nothing to choose from, they write."""

_LABELS = {
    "campaign": N_("Campaign"),
    "organisation": N_("Organisation"),
    "role": N_("Your role there"),
    "url": N_("Its web page"),
    "funded": N_("Funded by the programme"),
    "mandate": N_("Mandate (assembly, board, …)"),
    "note": N_("Note"),
    "testimony": N_("Testimony"),
    "publish": N_("Publish my name"),
    "choice": N_("Answer"),
    "reason": N_("Reason"),
    "until": N_("Until which day"),
    "leaning": N_("Leaning"),
    "question": N_("Question"),
    "language": N_("Language"),
    "where": N_("Where"),
}


def choices_of(choices: Sequence[Choice]) -> tuple[str, ...]:
    """What tells the answers to a question apart: the argument in which they differ."""
    if len(choices) < 2:  # noqa: PLR2004 - one is only yes or no
        return ("",) * len(choices)
    names = [name for name, value in choices[0].arguments.items() if isinstance(value, str)]
    for name in names:
        said = [str(one.arguments.get(name, "")) for one in choices]
        if len(set(said)) > 1:
            return tuple(said)
    return ("",) * len(choices)
