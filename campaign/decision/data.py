"""A procedure as plain data, in which an open poll keeps the rule it was opened with."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from campaign.decision.parameters import PARAMETERS
from campaign.decision.procedure import Procedure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION = 1
"""Of the form below. Another one is read by what wrote it, never guessed at."""

_PART = re.compile(r"\d{1,9}(?:/\d{1,9})?", re.ASCII)
_Reader: TypeAlias = "Callable[[Any], Any]"


def to_data(procedure: Procedure) -> dict[str, Any]:
    """Everything of a procedure in values that JSON has: parts as "2/3", lengths of time in seconds, days as ISO."""
    data = {field.name: _plain(getattr(procedure, field.name)) for field in fields(procedure)}
    return {"version": VERSION, **data}


def from_data(data: Mapping[str, Any]) -> Procedure:
    """The procedure of some data. Raises ValueError unless it is exactly what `to_data` gives for one."""
    values = dict(data)
    version = values.pop("version", None)
    if version != VERSION or isinstance(version, bool):
        raise ValueError(f"a procedure of version {version!r}")
    if wrong := sorted(set(_READERS) ^ set(values)):
        raise ValueError(f"fields of a procedure that are missing or unknown: {wrong}")
    try:
        return Procedure(**{name: _READERS[name](value) for name, value in values.items()})
    except (TypeError, ArithmeticError) as wrong_value:
        raise ValueError(f"no procedure: {wrong_value}") from wrong_value


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Fraction | date):
        return str(value)
    return value


def _exactly(kind: type) -> _Reader:
    def read(value: Any) -> Any:  # noqa: ANN401 - it is what has to be found out
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")
        return value

    return read


def _length(value: Any) -> timedelta:  # noqa: ANN401 - as above
    if type(value) not in {int, float}:
        raise TypeError(f"{value!r} is no length of time")
    return timedelta(seconds=value)


def _part(value: Any) -> Fraction:  # noqa: ANN401 - as above
    if not _PART.fullmatch(_text(value)):  # a fraction reads "1e999999999", too, and would take days to
        raise ValueError(f"{value!r} is no part")
    return Fraction(value)


def _optional_part(value: Any) -> Fraction | None:  # noqa: ANN401 - as above
    return None if value is None else _part(value)


def _day(value: Any) -> date:  # noqa: ANN401 - as above
    return date.fromisoformat(_text(value))


def _parameter(value: Any) -> str:  # noqa: ANN401 - as above
    if value not in PARAMETERS:
        raise ValueError(f"{value!r} is no parameter of a procedure")
    return str(value)


def _many(read: _Reader) -> _Reader:
    def read_many(value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as above
        return tuple(read(each) for each in _exactly(list)(value))

    return read_many


_text, _number, _flag = _exactly(str), _exactly(int), _exactly(bool)
_texts = _many(_text)

_READERS: Mapping[str, _Reader] = {
    "name": _text,
    "source": _text,
    "duration": _length,
    "choices": _texts,
    "supports": _text,
    "opposes": _text,
    "share": _optional_part,
    "strictly": _flag,
    "base": _text,
    "support_needed": _number,
    "quorum": _part,
    "quorum_number": _number,
    "blocks": _texts,
    "blocks_at": _number,
    "reason_needed": _texts,
    "without_reason": _text,
    "silence_consents": _flag,
    "late": _length,
    "extension": _length,
    "working_days": _flag,
    "holidays": _many(_day),
    "closes_early": _flag,
    "edited": _many(_parameter),
    "unset": _many(_parameter),
}
"""Every field of a procedure → how it is read."""
