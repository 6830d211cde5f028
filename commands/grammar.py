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
_NAME_ENDS = re.compile(r"[ :,]")
_AROUND_NAME = 20
"""Characters by which a name as typed may be longer than as it is compared: accents, signs around it."""
_NUMBERED = re.compile(
    r"(?:(?:le|la|the) )?(?:(?:#|n[o°º]|№|nr|num[eé]ro|number)\.? ?)?(\d{1,6})[.):]?(?: |$)", re.IGNORECASE
)
"""A number as people write it, and as the bot does ("n° 3"); nothing here is ever numbered higher."""
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
    if line.startswith(prefix):
        line = line[len(prefix) :].strip()
        _, rest = _after_name(line, names)
        line = rest.removeprefix(prefix).strip() or line
        return Line(line) if line[:1].isalpha() else None
    pointed, rest = _after_name(line, names)
    if rest and (mentioned or pointed):
        return Line(rest.removeprefix(prefix).strip())
    return None


def _after_name(line: str, names: Iterable[str]) -> tuple[bool, str]:
    """What follows one of these names at the beginning of a line ("" if none does), and whether `:` or `,` parts them.

    The longest name counts, so that `@tocsin:example.org: status` is not addressed to "tocsin".
    """
    known = {folded for name in names if (folded := fold(name.lstrip("@")))}
    longest = max(map(len, known), default=0) + _AROUND_NAME
    for cut in [one.start() for one in _NAME_ENDS.finditer(line[:longest])][::-1]:
        if fold(line[:cut].lstrip("@")) in known:
            rest = line[cut:].lstrip(" :,")
            between = line[cut - 1 : len(line) - len(rest)]
            return ":" in between or "," in between, rest
    return False, ""


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


def family(word: str, menu: Iterable[Command]) -> tuple[Command, ...]:
    """The commands of two words that begin with this one."""
    word = fold(word)
    return tuple(
        one for one in menu if word in {fold(name.split(" ")[0]) for name in one.names if " " in name}
    )


def summary(one: Command) -> Text:
    """A command in one line, as lists show it."""
    return say(N_("{command} — {help}"), command=Typed(one.name), help=say(one.help))


def nearest(line: Line, menu: Iterable[Command], *, campaigner: bool = False) -> Command | None:
    """The command one or two letters away from what was typed: a typo is a lost signature.

    Commands of campaigners are suggested to campaigners alone.
    """
    best: tuple[int, Command] | None = None
    for one in menu:
        if one.admin and not campaigner:
            continue
        for name in map(fold, one.names):
            typed = fold(" ".join(line.words[: name.count(" ") + 1]))
            if len(typed) <= 2:  # noqa: PLR2004 - two letters are no word
                continue
            allowed = 1 if len(name) < 5 else 2  # noqa: PLR2004 - in a short word two letters make another word
            distance = OSA.distance(typed, name, score_cutoff=allowed)
            if distance <= allowed and (best is None or distance < best[0]):
                best = (distance, one)
    return best[1] if best else None


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
    if not positional.strip(" !?.,;:…"):
        positional = ""  # "!statut !": what French keyboards and enthusiasm put there
    words = _unquote(positional).split() if '"' not in positional.strip('"') else _words(positional)
    for parameter in one.parameters:
        if parameter.is_option or not words:
            continue
        value, words = _take(parameter, words, context)
        if value is not None:
            found[parameter.name] = value
    missing = [
        parameter for parameter in one.parameters if parameter.required and parameter.name not in found
    ]
    if words or missing:
        raise UsageError(usage(one, context.language))
    return found, campaign


def _take(parameter: Parameter, words: list[str], context: Context) -> tuple[Any, list[str]]:
    """What a positional parameter takes of some words (None: nothing), and the words that follow."""
    if parameter.kind in ("moment", "day"):
        said, following = dates.split_date(
            words, now=context.now, zone=context.zone, languages=context.languages
        )
        if not said and parameter.required:
            said = " ".join(words[:2])  # reading it says what is wrong with it
        return (_read(parameter, said, context) if said else None), following
    if parameter.kind == "number":
        number, following = take_number(words)
        return _read(parameter, words[0], context) if number is None else number, following
    if parameter.kind == "rest":
        return _without_stop(" ".join(words)), []
    return _read(parameter, words[0], context), words[1:]


def take_number(words: list[str]) -> tuple[int | None, list[str]]:
    """The number some words begin with (None if with none), and the words that follow it."""
    text = " ".join(words)
    found = _NUMBERED.match(text)
    return (int(found[1]), text[found.end() :].split()) if found else (None, words)


def _split_options(rest: str, one: Command) -> tuple[str, dict[str, str]]:
    if "=" not in rest:
        return rest.strip(), {}
    # Where no campaign is meant, the word may end a name: "org merge Grande campagne = …".
    known = dict.fromkeys(option_words("campaign"), "campaign") if one.needs_campaign else {}
    for parameter in one.parameters:
        if parameter.is_option:
            known.update({fold(word): parameter.name for word in option_words(parameter.name)})
    marks = [mark for mark in _OPTION.finditer(rest) if fold(mark[1]) in known]
    if not marks:
        return rest.strip(), {}
    several = {parameter.name for parameter in one.parameters if parameter.kind == "options"}
    options: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = rest[mark.end() : following.start()].rstrip(" ,;") if following else rest[mark.end() :]
        name, value = known[fold(mark[1])], _without_stop(_unquote(_without_stop(value.strip())))
        options[name] = f"{options[name]} {value}" if name in several and name in options else value
    return rest[: marks[0].start()].strip(" ,;"), options


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
                    choices=Listing(
                        tuple(in_language(word, context.language) for word in parameter.choices), either=True
                    ),
                )
            )
        return choice
    if parameter.kind == "number":
        number, following = take_number([value])
        if number is None or following:
            raise CampaignError(
                say(N_("“{value}” is not a number. Please write only the number, such as 3."), value=value)
            )
        return number
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
        f"{in_language(parameter.name, language)}="
        for parameter in one.parameters
        if parameter.is_option and parameter.kind != "more"
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
        "names": "noms",
        "who": "adresse",
        "which": "laquelle",
        "why": "pourquoi",
        "procedure": "procedure",
        "form": "format",
        "code": "code",
        "language": "langue",
        "label": "libelle",
        "row": "numero",
        "number": "numero",
        "reference": "reference",
    }
}


def _label(parameter: Parameter, language: str) -> str:
    return _LABELS.get(language, {}).get(parameter.name, parameter.name)
