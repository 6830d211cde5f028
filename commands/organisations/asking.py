"""Which organisation is meant, asked with what it was said for; and what a question keeps until it is answered."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from campaign.chat import N_, Day, Listing, Moment, Typed, say
from commands.command import Choice, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.chat import Text
    from commands.command import Command, Unclear


def which(one: Command, arguments: Mapping[str, Any], unclear: Unclear) -> Reply | None:
    """Ask which organisation a command is about; the answer says it again with that name. None if it cannot be asked."""
    said = _where(arguments, unclear.typed)
    if said is None or not unclear.near:
        return None
    ends = arguments[said].endswith(unclear.typed)
    before, _, after = (arguments[said].rpartition if ends else arguments[said].partition)(unclear.typed)
    choices = tuple(
        Choice(one.name, {**arguments, said: f"{before}{name}{after}"}, confirmed=False)
        for name in unclear.near
    )
    if len(choices) == 1:
        ask = say(
            N_("I do not know “{name}”. Did you mean **{near}**? If so, say {confirm} or react with ✅."),
            name=unclear.typed,
            near=unclear.near[0],
            confirm=Typed("confirm"),
        )
    else:
        ask = say(
            N_(
                "I do not know “{name}”. Which one do you mean? Reply to this message with a number, or say {pick}: {choices}"
            ),
            name=unclear.typed,
            pick=Typed("confirm", "1"),
            choices=numbered(unclear.near),
        )
    return Reply((ask,), choices=choices)


def _where(arguments: Mapping[str, Any], typed: str) -> str | None:
    """In which argument a name was said: the one that is that name, or else the only one that ends or begins with it."""
    said = {key: value for key, value in arguments.items() if isinstance(value, str)}
    exactly = [key for key, value in said.items() if value == typed]
    ending = [key for key, value in said.items() if value.endswith(f" {typed}")]
    beginning = [key for key, value in said.items() if value.startswith(f"{typed} ")]
    found = exactly or ending or beginning
    return found[0] if len(found) == 1 else None


def for_which(names: Sequence[str]) -> Text:
    """Ask for which of several organisations something is said."""
    return say(
        N_("For which organisation? Reply to this message with a number, or say {pick}: {choices}"),
        pick=Typed("confirm", "1"),
        choices=numbered(names),
    )


def numbered(names: Sequence[str]) -> Listing:
    """Names to choose from by their numbers."""
    return Listing(
        tuple(say(N_("{number}. {name}"), number=i, name=name) for i, name in enumerate(names, 1)),
        either=True,
    )


def kept(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Write arguments down so that they can wait: a day that was said stays that day."""
    return {key: _plain(value) for key, value in arguments.items()}


def restored(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Read back what `kept` wrote."""
    return {key: _said(value) if isinstance(value, dict) else value for key, value in arguments.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the grammar reads
    match value:
        case Day():
            return {"kind": "day", "day": value.day.isoformat()}
        case Moment():
            return {**asdict(value), "at": value.at.isoformat()}
        case timedelta():
            return {"kind": "span", "seconds": value.total_seconds()}
        case _:
            return value


def _said(value: dict[str, Any]) -> Day | Moment | timedelta:
    if value["kind"] == "day":
        return Day(date.fromisoformat(value["day"]))
    if value["kind"] == "moment":
        return Moment(datetime.fromisoformat(value["at"]), value["zone"])
    return timedelta(seconds=value["seconds"])
