"""What is said: sentences, and the values that go in their places."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads these annotations when the outbox is decoded
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    """Mark a message for translation and give it back unchanged: it is translated when it leaves."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - as above, for what depends on a number
    """Mark both forms of a message for translation and give them back unchanged."""
    return one, many


_NEAR = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (UTC) and the IANA zone in which it is to be read back."""

    at: datetime
    zone: str
    kind: Literal["moment"] = "moment"
    brief: bool = False
    """Without the year, and without the zone where it is the bot's own: for what is near, in what is read on a phone."""

    def seen(self, now: datetime) -> Moment:
        """The same as it is said now (UTC): brief while there can be no doubt which year is meant."""
        return replace(self, brief=abs(self.at - now) < _NEAR)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day."""

    day: date
    kind: Literal["day"] = "day"


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as the reader would type it, in their language: `Typed("sign", "Picasoft")`."""

    command: str
    rest: str = ""
    kind: Literal["typed"] = "typed"


@dataclass(frozen=True, slots=True)
class Link:
    """A web address, shown as it is."""

    url: str
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True)
class Markdown:
    """Text of the operator's own (a letter): formatted, raw HTML excluded. Never for what people typed."""

    source: str
    kind: Literal["markdown"] = "markdown"


@dataclass(frozen=True, slots=True)
class Listing:
    """Several values, joined as the language joins them ("a, b and c"); with `either`, one of them is meant ("or")."""

    items: tuple[Value, ...]
    either: bool = False
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True, slots=True)
class Named:
    """What somebody named in several languages: shown in the reader's, else in the first."""

    names: Mapping[str, str]
    """Language → name."""
    kind: Literal["named"] = "named"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence to say: an English message id in small Markdown, and the values that go in its `{places}`.

    A plain `str` among the values is data: it is escaped, whoever typed it. With `plural`, `count` chooses the form
    and is itself a value of that name.
    """

    id: str
    values: Mapping[str, Value] = field(default_factory=dict)
    plural: str = ""
    count: int = 0
    kind: Literal["text"] = "text"


Value: TypeAlias = str | int | Moment | Day | Typed | Link | Markdown | Listing | Named | Text


def say(message: str, /, **values: Value) -> Text:
    """Build a sentence: `say(N_("{name} has signed."), name=organisation.name)`."""
    return Text(message, values)


def say_many(one: str, many: str, /, count: int, **values: Value) -> Text:
    """Build a sentence whose form depends on a number, itself available as `{count}`.

    `say_many(*NN_("{count} organisation has signed.", "{count} organisations have signed."), count)`.
    """
    return Text(one, {"count": count, **values}, plural=many, count=count)
