"""What of a plain sentence belongs to the command that is guessed from it: an organisation it names, a day it sets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign import dates
from campaign.errors import CampaignError
from commands.line import grammar, sentences
from commands.line.calling import clean
from commands.organisations import lookup
from commands.vocabulary import NOBODYS_NAME, fold, option_words

if TYPE_CHECKING:
    from commands.command import Command, Context

MOST_SHOWN = 120
"""Characters behind a command that are shown in a question: of a longer reason the beginning is enough."""
_LONGEST_NAME = 10
"""Words of a known name that are looked for in a sentence."""
_MOST_WORDS = 20
"""Words of a sentence in which they are looked for."""
_BEFORE = re.compile(
    r"\b(?:pour|for|on behalf of|au nom (?:du|de la|des|de|d')|de la part (?:du|de la|des|de|d'))\s*\b",
    re.IGNORECASE,
)
"""What stands before the name of whom one speaks for."""
_OWN = re.compile(
    r"(?:l'|(?:mon|ma|notre|nos|my|our) )(?:association|asso|organisation|organization|orga|collectif|collective)\b,? ?",
    re.IGNORECASE,
)
_OURSELVES = frozenset({"nous", "moi", "us", "me"})
"""With which the name of nobody begins in small letters: "pour nous on signe"."""
_OF_NOW = re.compile(r"(?:l'instant|le moment|cette fois|une fois|now|the (?:moment|time being)|once)\b")
"""What follows "for" in another sense: "pour l'instant on ne signe pas"."""
_UNTIL = re.compile(r"\b(?:jusqu'|d'ici|until|till)", re.IGNORECASE)
_WILL_SIGN = re.compile(r"\bsign(?:e|ons|er|era|erai|erons)? (?:vers |on )?", re.IGNORECASE)
"""What a day stands right behind that is not today: "on signera lundi"."""
_OF_OTHERS = re.compile(
    r"(?:n')?(?:a|ont|has|have)(?: \w+){0,2} sign(?:é|e|ed)\b"
    r"|(?:signe|signent|signera|signeront|signs|will sign),? (?:(?:mais|but) )?(?:pas|sans|not|without) (?:nous|moi|us|me)\b",
    re.IGNORECASE,
)
"""What is said of an organisation by others: "Nuage Libre a signé, pas nous"."""
_AND = re.compile(r",? (?:et|and|&|ainsi que) (?:(?:pour|for) )?(?=[^\W\d_])", re.IGNORECASE)
"""What stands before a second name."""
_MOST_OF_A_SECOND = 5
"""Words that one has which nobody is called yet."""
_ENDS = re.compile(r"[,;.!?](?:\s|$)")
_TO_DO = re.compile(r"[a-zà-ÿ']+(?:er|ir|re|ing)")
"""A verb in small letters: "pour signer", "for signing"."""


def behind(context: Context, one: Command, rest: str) -> str:
    """What of the words behind a phrase is said with the command it may mean: no name but one that is named as such."""
    if "organisation" not in _taken(one) or "=" in rest:
        return rest
    try:
        arguments, _ = grammar.arguments(one, rest, context)
    except CampaignError:
        return rest
    typed = arguments.get("organisation", "")
    if not typed:
        return rest
    before, found, _ = rest.partition(typed)
    return f"{before if found else ''} {_known(context, typed.split()) or called(context, typed)}".strip()


def until(context: Context, one: Command, text: str) -> str:
    """The day until when something holds that a whole sentence says; "" if it says none, or the command takes none."""
    text = clean(text)
    if "until" not in _taken(one):
        return ""
    found, signing = _UNTIL.search(text), _WILL_SIGN.search(text)
    begins = found.start() if found else signing.end() if signing else len(text)
    day = _day(context, text[begins:].split()).strip(" ,;.!")
    try:
        grammar.arguments(one, day, context)
    except CampaignError:
        return ""  # two days may be meant, so it is asked for
    return day


def is_day(context: Context, text: str) -> bool:
    """Whether a text is a day, or a time, and nothing else."""
    words = clean(text).strip(" ,;.!").split()
    return bool(words) and _day(context, words) == " ".join(words)


def spoken_for(context: Context, one: Command, text: str) -> list[str]:
    """The organisations that a whole sentence speaks of: one that "for" names, and those that are known, as they were said.

    What is known is looked for anywhere: who says "nous, La Fibre Partagée, nous signons" speaks for no other.
    """
    if "organisation" not in _taken(one):
        return []
    text = clean(text)
    name = called(context, text)
    found = {_who(context, name): name} if name else {}
    second = _second(context, text.partition(name)[2]) if found else ""
    if second:
        found.setdefault(_who(context, second), second)
    for mentioned in _mentioned(context, text.replace(name, " , ", 1) if name else text):
        found.setdefault(_who(context, mentioned), mentioned)
    return list(found.values())


def _who(context: Context, name: str) -> str:
    known = lookup.named(context.storage, name)
    return known.name if known is not None else name


def _second(context: Context, rest: str) -> str:
    """The name behind another one and "and"; "" if none is: one that is not known is written as a name, and ends the text."""
    before = _AND.match(rest)
    if before is None:
        return ""
    rest = rest[before.end() :]
    name = _ENDS.split(rest, maxsplit=1)[0].strip(' "')
    words = name.split()[: _MOST_OF_A_SECOND + 1]
    if known := _known(context, rest.split()[:_MOST_WORDS]):
        return known
    is_name = name[:1].isupper() and len(words) <= _MOST_OF_A_SECOND and _can_be_called(name)
    return (
        name
        if is_name and not any(map(sentences.is_verb, words)) and not sentences.is_common(words[0])
        else ""
    )


def _mentioned(context: Context, text: str) -> list[str]:
    """The known names in a text, the longest where several begin.

    What may as well be a word is none: one word in small letters, and whatever a stranger has called an organisation,
    unless it is written as that name is and does not begin the sentence.
    """
    words, found, place = text.split()[:_MOST_WORDS], [], 0
    while place < len(words):
        name = _known(context, words[place:])
        known = lookup.named(context.storage, name) if name else None
        count = len(name.split())
        as_written = known is not None and place > 0 and name == known.name and name != name.lower()
        capital = (
            any(map(str.isupper, name)) and fold(name) not in NOBODYS_NAME and not sentences.is_common(name)
        )
        of_others = _OF_OTHERS.match(" ".join(words[place + count :])) is not None
        if known is not None and not of_others and (as_written if known.flagged else count > 1 or capital):
            found.append(name)
            place += count - 1
        place += 1
    return found


def with_signs(context: Context, one: Command, rest: str) -> str:
    """Give an option behind a known organisation's name the sign that was left out: "Nuage Libre role : treasurer"."""
    options = {word for each in one.parameters if each.is_option for word in option_words(each.name)}
    words = rest.split()
    name = _known(context, words) if "organisation" in _taken(one) else ""
    before = len(name.split())
    following = words[before + 1 :]
    if not name or len(words) <= before or fold(words[before]) not in options or "=" in words[before]:
        return rest
    if following[:1] == [":"]:
        del following[0]
    if not following or following[0].startswith("="):
        return rest
    return f"{name} {words[before].strip(' :')}={' '.join(following)}"


def called(context: Context, text: str) -> str:
    """The organisation that is named in a text by "for" or "on behalf of"; of what is no known name, up to a comma."""
    for before in _BEFORE.finditer(text):
        rest = text[before.end() :]
        rest = rest[own.end() :] if (own := _OWN.match(rest)) else rest
        known = _known(context, rest.split())
        name = known or _ENDS.split(rest, maxsplit=1)[0].strip(' "')
        if known or (_can_be_called(name) and not _day(context, name.split())):
            return name
    return ""


def shown(text: str) -> str:
    """What stands behind a command, as a question shows it."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN].rstrip()}…"


def _taken(one: Command) -> frozenset[str]:
    return frozenset(each.name for each in one.parameters if not each.is_option)


def _known(context: Context, words: list[str]) -> str:
    """The longest known name that some words begin with; "" if they begin with none."""
    for count in range(min(len(words), _LONGEST_NAME), 0, -1):
        name = " ".join(words[:count]).strip(' ,;.!?"')
        try:
            if name and lookup.named(context.storage, name) is not None:
                return name
        except CampaignError:
            continue  # nobody can be called so
    return ""


def _can_be_called(name: str) -> bool:
    first = name.partition(" ")[0]
    return (
        bool(fold(name))
        and fold(name) not in NOBODYS_NAME
        and first not in _OURSELVES
        and not _OF_NOW.match(name)
        and not (_TO_DO.fullmatch(first) or sentences.is_verb(first))
    )


def _day(context: Context, words: list[str]) -> str:
    """The date that some words begin with, as it was said; "" if with none."""
    said, _ = dates.split_date(words, now=context.now, zone=context.zone, languages=context.languages)
    return said
