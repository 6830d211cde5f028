"""How to say a command: its arguments as help shows them, with an example."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, Moment, Text, Typed, say
from commands.vocabulary import LABELS, in_language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commands.command import Command, Context, Parameter


def usage(one: Command, language: str) -> Text:
    """How to say a command, with its example."""
    return say(
        N_("Write {usage} — for example: `{example}`"),
        usage=Typed(one.name, shape(one, language)),
        example=say(one.example),
    )


def explained(context: Context, one: Command) -> tuple[Text, ...]:
    """What a command does, how to say it, and what there is to say with it now."""
    return say(one.help), usage(one, context.language), *(one.also(context) if one.also else ())


def said(one: Command, arguments: Mapping[str, Any], language: str) -> Typed:
    """A command with its arguments, as somebody would type it."""
    words = []
    for parameter in one.parameters:
        value = arguments.get(parameter.name)
        if value in (None, ""):
            continue
        written = in_language(value, language) if parameter.kind == "choice" else _written(value)
        words.append(f"{in_language(parameter.name, language)}={written}" if parameter.is_option else written)
    return Typed(one.name, " ".join(words))


def _written(value: Any) -> str:  # noqa: ANN401 - whatever the grammar reads
    match value:
        case Day():
            return value.day.isoformat()
        case Moment():
            return value.at.astimezone(ZoneInfo(value.zone)).strftime("%Y-%m-%dT%H:%M")
        case timedelta():
            return f"{value.total_seconds() / 3600:g}h"
        case _:
            return str(value)


def shape(one: Command, language: str) -> str:
    """The arguments of a command, as help shows them."""
    parts = []
    for parameter in one.parameters:
        if parameter.is_option:
            continue
        name = "|".join(in_language(c, language) for c in parameter.choices) or label(parameter, language)
        parts.append(f"<{name}>" if parameter.required else f"[{name}]")
    options = [
        f"{in_language(parameter.name, language)}="
        for parameter in one.parameters
        if parameter.is_option and parameter.kind != "more"
    ]
    if options:
        parts.append(f"[{' '.join(options)}]")
    return " ".join(parts)


def label(parameter: Parameter, language: str) -> str:
    """What an argument is called in help, in one word of a language."""
    return LABELS.get(language, {}).get(parameter.name) or in_language(parameter.name, language)
