"""From the words after a command to its arguments."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import OSA

from campaign import dates
from campaign.chat import N_, Listing, Typed, say
from campaign.errors import CampaignError
from commands.command import UsageError
from commands.line.calling import clean, take_number
from commands.line.usage import usage
from commands.vocabulary import fold, in_language, option_words, read_choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campaign.chat import Text
    from commands.command import Command, Context, Parameter

_OPTION = re.compile(r"(?:^|(?<=\s))([^\W\d_]+)\s*=\s*")
_ABBREVIATION = re.compile(r"\w\.\w\.$")


def arguments(one: Command, rest: str, context: Context) -> tuple[dict[str, Any], str]:
    """Read what follows a command by its grammar; return the arguments and the `campaign=` that was given.

    Raises:
        UsageError: something is missing, unknown or too much; its text is the usage with an example.
        CampaignError: a date or a choice that cannot be read, with what to write instead.
    """
    found: dict[str, Any] = {}
    positional, options = _split_options(rest, one)
    _make_sure_of_the_options(rest, one, context.language)
    campaign, _, following = options.pop("campaign", "").partition(" ")  # a campaign's key is one word
    campaign, positional = campaign.strip('",;.'), f"{positional} {following}".strip()
    context = replace(context, campaign_key=campaign)  # whose zone the dates are in
    by_name = {parameter.name: parameter for parameter in one.parameters}
    if campaign and "campaign" in by_name:
        found["campaign"] = campaign
    for name, said in options.items():
        value, following = _ended(by_name[name], said)
        positional = f"{positional} {following}".strip()
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
        raise UsageError(_wanted(one, context, alone=not rest.strip()))
    return found, campaign


def _wanted(one: Command, context: Context, *, alone: bool) -> Text:
    """How to say a command; said without anything behind it, with what can be said now."""
    lines = [usage(one, context.language), *(one.also(context) if alone and one.also else ())]
    text = lines[0]
    for line in lines[1:]:
        text = say(N_("{line}\n{next_line}"), line=text, next_line=line)
    return text


def filled(one: Command, values: Mapping[str, str], context: Context) -> tuple[dict[str, Any], str]:
    """Read a form by a command's grammar, each value as if it had been typed; return what `arguments` does.

    Raises:
        UsageError: something that is required is empty.
        CampaignError: a date, a number or a choice that cannot be read, with what to write instead.
    """
    campaign = clean(values.get("campaign", ""))
    context = replace(context, campaign_key=campaign)
    found: dict[str, Any] = {}
    for parameter in one.parameters:
        value = clean(values.get(parameter.name, ""))
        if value:
            found[parameter.name] = _read(parameter, value, context)
        elif parameter.required:
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
    if parameter.kind in ("rest", "prose"):
        return _read(parameter, " ".join(words), context), []
    return _read(parameter, words[0], context), words[1:]


def _ended(parameter: Parameter, said: str) -> tuple[str, str]:
    """The value of an option and what follows it: a number or a choice ends with itself ("question=3 Nuage Libre")."""
    words = said.split()
    if parameter.kind == "number":
        number, following = take_number(words)
        return (str(number), " ".join(following)) if number is not None else (said, "")
    ends = parameter.kind == "choice" and len(words) > 1 and read_choice(words[0], parameter.choices)
    return (words[0], " ".join(words[1:])) if ends else (said, "")


def _signed(rest: str, one: Command) -> str:
    """Give an option for a number its sign where it was said first or last without one: "question 3"."""
    words = [
        re.escape(word)
        for parameter in one.parameters
        if parameter.is_option and parameter.kind == "number"
        for word in sorted(option_words(parameter.name))
    ]
    if not words:
        return rest
    said = rf"({'|'.join(words)})\s+(?=(?:n[o°º]\s?|#)?\d+"
    return re.sub(
        rf"^{said}\b)|(?<=\s){said}$)", lambda mark: f"{mark[1] or mark[2]}=", rest, flags=re.IGNORECASE
    )


def _led(rest: str, one: Command) -> str:
    """Take a number before the choice that a command begins with for its option for one: "3 withdrawn", as when voting."""
    first, *others = one.parameters or (None,)
    number, following = take_number(rest.split())
    if first is None or first.kind != "choice" or first.is_option or number is None or not following:
        return rest
    named = [each.name for each in others if each.is_option and each.kind == "number"]
    return f"{' '.join(following)} {named[0]}={number}" if len(named) == 1 else rest


def left_empty(one: Command, rest: str) -> tuple[str, ...]:
    """The options that were said with nothing behind them, by their English names: nothing is taken of them."""
    return tuple(name for name, value in _split_options(rest, one)[1].items() if not value)


def _make_sure_of_the_options(rest: str, one: Command, language: str) -> None:
    """Let nobody be misread who says an option that the command does not have.

    Behind a name any is meant as one; in a sentence, what is a letter or two away from one that there is.

    Raises:
        CampaignError: there is one; the text says which there are.
    """
    known = _known_options(one)
    options = [in_language(each.name, language) for each in one.parameters if each.is_option]
    if "=" not in rest or not options:
        return
    before: Parameter | None = next(
        (each for each in one.parameters if not each.is_option and each.kind in ("rest", "prose")), None
    )
    by_name = {each.name: each for each in one.parameters}
    for mark in _OPTION.finditer(rest):
        word = fold(mark[1])
        if word in known:
            before = by_name.get(known[word])
        elif rest[mark.end(1)] == "=" and (
            (before is not None and (before.name in _NAMES or before.kind == "option"))
            or _is_near(word, known)
        ):
            raise CampaignError(
                say(
                    N_("I do not know “{option}”. {command} takes: {options}"),
                    option=f"{mark[1]}=",
                    command=Typed(one.name),
                    options=" ".join(f"{each}=" for each in options),
                )
            )


_NAMES = frozenset({"organisation", "name"})
"""Parameters that are a name, in which nobody writes an equals sign."""


def _is_near(word: str, known: Iterable[str]) -> bool:
    allowed = 1 if len(word) < 6 else 2  # noqa: PLR2004 - as of commands: in a short word two make another
    return len(word) > 2 and any(  # noqa: PLR2004 - two letters are no word
        OSA.distance(word, each, score_cutoff=allowed) <= allowed
        for each in known
        if len(each) > 2  # noqa: PLR2004
    )


def _known_options(one: Command) -> dict[str, str]:
    # Where no campaign is meant, the word may end a name: "org merge Grande campagne = …".
    known = dict.fromkeys(option_words("campaign"), "campaign") if one.needs_campaign else {}
    for parameter in one.parameters:
        if parameter.is_option:
            known.update({fold(word): parameter.name for word in option_words(parameter.name)})
    return known


def _split_options(rest: str, one: Command) -> tuple[str, dict[str, str]]:
    rest = _led(_signed(rest.strip(), one), one)
    if "=" not in rest:
        return rest.strip(), {}
    known = _known_options(one)
    marks = [mark for mark in _OPTION.finditer(rest) if fold(mark[1]) in known]
    if not marks:
        return rest.strip(), {}
    several = {parameter.name for parameter in one.parameters if parameter.kind == "options"}
    prose = {parameter.name for parameter in one.parameters if parameter.kind == "prose"}
    options: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = rest[mark.end() : following.start()].rstrip(" ,;") if following else rest[mark.end() :]
        name, value = known[fold(mark[1])], value.strip()
        value = _unquote(value) if name in prose else _without_stop(_unquote(_without_stop(value)))
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
    return value if parameter.kind == "prose" else _without_stop(value)
