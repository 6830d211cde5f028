"""What a command takes: the signature of its function is its grammar."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from campaign.chat import Day, Moment

if TYPE_CHECKING:
    from collections.abc import Callable

Rest: TypeAlias = Annotated[str, "rest"]
"""A positional parameter that takes every word that remains."""

Prose: TypeAlias = Annotated[str, "prose"]
"""The same, or an option, that others read as it was typed: it keeps the full stop at its end."""

Option: TypeAlias = Annotated[str, "option"]
"""A keyword-only parameter, said as `key=value`; the value runs to the next known key."""

Options: TypeAlias = Annotated[str, "options"]
"""An option that may be said several times: its values follow each other, with a space between them."""

More: TypeAlias = Annotated[str, "more"]
"""Keyword arguments of any name: the options that a command is told of besides (`more=`)."""

Kind: TypeAlias = Literal[
    "word", "rest", "prose", "moment", "day", "span", "choice", "number", "option", "options", "more"
]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a command takes."""

    name: str
    kind: Kind
    required: bool
    is_option: bool
    choices: tuple[str, ...] = ()


def parameters_of(run: Callable[..., Any], more: tuple[str, ...]) -> tuple[Parameter, ...]:
    """Read a command's parameters off its function: the first is the context; `more` are what `**more` takes by name."""
    hints = get_type_hints(run, include_extras=True)
    parameters = []
    for parameter in list(inspect.signature(run).parameters.values())[1:]:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            parameters += [Parameter(name, "more", required=False, is_option=True) for name in more]
            continue
        kind, choices = _kind(hints[parameter.name])
        parameters.append(
            Parameter(
                parameter.name,
                kind,
                required=parameter.default is inspect.Parameter.empty,
                is_option=parameter.kind is inspect.Parameter.KEYWORD_ONLY,
                choices=choices,
            )
        )
    return tuple(parameters)


def _kind(hint: Any) -> tuple[Kind, tuple[str, ...]]:  # noqa: ANN401 - any annotation
    options = [one for one in get_args(hint) if one is not type(None)] if _is_union(hint) else [hint]
    for option in options:
        if get_origin(option) is Literal:
            return "choice", tuple(word for word in get_args(option) if word)
        for kind, meaning in (("moment", Moment), ("day", Day), ("span", timedelta), ("number", int)):
            if option is meaning:
                return kind, ()  # type: ignore[return-value]  # the tuple above names kinds only
        if get_origin(option) is Annotated:
            return get_args(option)[1], ()
    return "word", ()


def _is_union(hint: Any) -> bool:  # noqa: ANN401 - any annotation
    return bool(get_args(hint)) and type(None) in get_args(hint)
