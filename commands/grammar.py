"""From what a phone made of a line to a command and its arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import OSA

from campaign import dates
from campaign.chat import N_, Listing, Text, Typed, say
from campaign.errors import CampaignError
from commands.command import UsageError
from commands.vocabulary import fold, in_language, option_words, read_choice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from commands.command import Command, Context, Parameter

LONGEST = 4000
"""Characters of a line that are read; what a person types by hand is never longer."""

_QUOTES = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u02bc", "'"),
        "\uff01": "!",
        "\uff1d": "=",
    }
)
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_OPTION = re.compile(r"(?:^|(?<=\s))([^\W\d_]+)\s*=\s*")
_ABBREVIATION = re.compile(r"\w\.\w\.$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that calls the bot: its words after the prefix, cleaned of what phones put there."""

    text: str

    @property
    def words(self) -> list[str]:
        """The words of it."""
        return self.text.split(" ") if self.text else []


def clean(text: str) -> str:
    """One line of plain words: spaces made equal, invisible characters dropped, quotes and dashes made straight."""
    text = " ".join(text[:LONGEST].translate(_QUOTES).split())
    # Split again: what stood alone between two spaces may be gone.
    return " ".join(_INVISIBLE.sub("", text).replace("—", "--").split())


def without_quotation(text: str) -> str:
    """What a person wrote themselves: without the lines (`> …`) that clients quote before an answer."""
    lines = text.strip().split("\n")
    if lines[0].startswith(">"):
        while lines and (lines[0].startswith(">") or not lines[0].strip()):
            lines.pop(0)
    return "\n".join(lines)


def call(text: str, *, prefix: str, names: Iterable[str], mentioned: bool) -> Line | None:
    """What is asked of the bot in a line, or None: `!sign …`, `!tocsin sign …`, or the bot's name and then the rest.

    Only a single line can be a command, with a quotation before it or not: what is quoted or a letter never is.
    """
    text = without_quotation(text)
    if "\n" in text:
        return None
    line = clean(text)
    known = {fold(name) for name in names}
    if line.startswith(prefix):
        words = line[len(prefix) :].strip().split(" ")
        if len(words) > 1 and fold(words[0]) in known:
            words = words[1:]
        return Line(" ".join(words)) if words[0] and words[0][0].isalpha() else None
    first, _, rest = line.partition(" ")
    if fold(first.lstrip("@")) in known and rest and (mentioned or first.endswith((":", ","))):
        return Line(rest.removeprefix(prefix).strip())
    return None


def find(line: Line, menu: Iterable[Command]) -> tuple[Command, str] | None:
    """The command a line begins with (of two words before one), and what follows it."""
    words = line.words
    folded = [fold(word) for word in words[:2]]
    for length in (2, 1):
        name = " ".join(folded[:length])
        if len(words) < length:
            continue
        for one in menu:
            if name in (fold(one.name), fold(one.fr)):
                return one, " ".join(words[length:])
    return None


def nearest(line: Line, menu: Iterable[Command]) -> Command | None:
    """The public command one or two letters away from what was typed: a typo is a lost signature."""
    typed = fold(line.words[0]) if line.words else ""
    best: tuple[int, Command] | None = None
    for one in menu:
        if one.admin:
            continue
        for name in one.names:
            first = fold(name.split(" ")[0])
            allowed = 1 if len(first) < 5 else 2  # noqa: PLR2004 - in a short word two letters make another word
            distance = OSA.distance(typed, first, score_cutoff=allowed)
            if distance <= allowed and (best is None or distance < best[0]):
                best = (distance, one)
    return best[1] if best and len(typed) > 2 else None  # noqa: PLR2004 - two letters are no word


def arguments(one: Command, rest: str, context: Context) -> tuple[dict[str, Any], str]:
    """Read what follows a command by its grammar; return the arguments and the `campaign=` that was given.

    Raises:
        UsageError: something is missing, unknown or too much; its text is the usage with an example.
        CampaignError: a date or a choice that cannot be read, with what to write instead.
    """
    found: dict[str, Any] = {}
    positional, options = _split_options(rest, one)
    campaign = options.pop("campaign", "")
    context = replace(context, campaign_key=campaign)  # whose zone the dates are in
    by_name = {parameter.name: parameter for parameter in one.parameters}
    for name, value in options.items():
        if value:
            found[name] = _read(by_name[name], value, context)
    words = _unquote(positional).split() if '"' not in positional.strip('"') else _words(positional)
    for parameter in one.parameters:
        if parameter.is_option or not words:
            continue
        if parameter.kind in ("moment", "day"):
            said, words = dates.split_date(
                words, now=context.now, zone=context.zone, languages=context.languages
            )
            if said:
                found[parameter.name] = _read(parameter, said, context)
            elif parameter.required:
                _read(parameter, " ".join(words[:2]), context)
        elif parameter.kind == "rest":
            found[parameter.name] = _without_stop(" ".join(words))
            words = []
        else:
            found[parameter.name] = _read(parameter, words.pop(0), context)
    missing = [
        parameter for parameter in one.parameters if parameter.required and parameter.name not in found
    ]
    if words or missing:
        raise UsageError(usage(one, context.language))
    return found, campaign


def _split_options(rest: str, one: Command) -> tuple[str, dict[str, str]]:
    if "=" not in rest:
        return rest.strip(), {}
    known = {"campaign": "campaign"}
    for parameter in one.parameters:
        if parameter.is_option:
            known.update({fold(word): parameter.name for word in option_words(parameter.name)})
    known.update(dict.fromkeys(option_words("campaign"), "campaign"))
    marks = [mark for mark in _OPTION.finditer(rest) if fold(mark[1]) in known]
    if not marks:
        return rest.strip(), {}
    options: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = rest[mark.end() : following.start() if following else len(rest)].strip()
        options[known[fold(mark[1])]] = _without_stop(_unquote(_without_stop(value)))
    return rest[: marks[0].start()].strip(), options


def _unquote(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1].strip()
    return value


def _words(text: str) -> list[str]:
    """Words, with a quoted run as one of them."""
    return [quoted.strip() or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', text)]


def _without_stop(value: str) -> str:
    """Drop the full stop phones add, but not that of an abbreviation."""
    if value.endswith(".") and not value.endswith("..") and not _ABBREVIATION.search(value):
        return value[:-1].rstrip()
    return value


def _read(parameter: Parameter, value: str, context: Context) -> Any:  # noqa: ANN401 - whatever the grammar says
    if parameter.kind == "moment":
        return dates.read_moment(value, now=context.now, zone=context.zone, languages=context.languages)
    if parameter.kind == "day":
        return dates.read_day(value, now=context.now, zone=context.zone, languages=context.languages)
    if parameter.kind == "span":
        return dates.read_span(value)
    if parameter.kind == "choice":
        choice = read_choice(value, parameter.choices)
        if choice is None:
            raise CampaignError(
                say(
                    N_("“{value}” is not one of the choices: {choices}."),
                    value=value,
                    choices=Listing(tuple(in_language(word, context.language) for word in parameter.choices)),
                )
            )
        return choice
    if parameter.kind == "number":
        digits = value.lstrip("#n°").strip(".")
        if not digits.isdecimal() or len(digits) > 6:  # noqa: PLR2004 - nothing here is ever numbered that high
            raise CampaignError(
                say(N_("“{value}” is not a number. Please write only the number, such as 3."), value=value)
            )
        return int(digits)
    return _without_stop(value)


def usage(one: Command, language: str) -> Text:
    """How to say a command, with its example."""
    return say(
        N_("Write {usage} — for example: `{example}`"),
        usage=Typed(one.name, shape(one, language)),
        example=say(one.example),
    )


def shape(one: Command, language: str) -> str:
    """The arguments of a command, as help shows them."""
    parts = []
    for parameter in one.parameters:
        if parameter.is_option:
            continue
        name = "|".join(in_language(c, language) for c in parameter.choices) or _label(parameter, language)
        parts.append(f"<{name}>" if parameter.required else f"[{name}]")
    options = [
        f"{in_language(parameter.name, language)}=" for parameter in one.parameters if parameter.is_option
    ]
    if options:
        parts.append(f"[{' '.join(options)}]")
    return " ".join(parts)


_LABELS = {
    "fr": {
        "organisation": "organisation",
        "choice": "choix",
        "reason": "raison",
        "question": "question",
        "poll": "scrutin",
        "until": "date",
        "at": "date",
        "text": "texte",
        "about": "commande",
        "name": "nom",
        "who": "adresse",
        "which": "laquelle",
        "why": "pourquoi",
        "procedure": "procedure",
        "form": "format",
        "code": "code",
        "language": "langue",
        "label": "libelle",
    }
}


def _label(parameter: Parameter, language: str) -> str:
    return _LABELS.get(language, {}).get(parameter.name, parameter.name)
