"""What of a plain sentence belongs to the command that is guessed from it: an organisation it names, a day it sets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign import dates
from campaign.errors import CampaignError
from commands.line import grammar, sentences
from commands.line.calling import clean
from commands.organisations import lookup
from commands.vocabulary import NOBODYS_NAME, fold

if TYPE_CHECKING:
    from commands.command import Command, Context

MOST_SHOWN = 120
"""Characters behind a command that are shown in a question: of a longer reason the beginning is enough."""
_LONGEST_NAME = 10
"""Words of a known name that are looked for in a sentence."""
_BEFORE = re.compile(
    r"\b(?:pour|for|on behalf of|au nom (?:du|de la|des|de|d')|de la part (?:du|de la|des|de|d'))\s*\b",
    re.IGNORECASE,
)
"""What stands before the name of whom one speaks for."""
_OWN = re.compile(
    r"(?:l'|(?:mon|ma|notre|nos|my|our) )(?:association|asso|organisation|organization|orga|collectif|collective)\b,? ?",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"\b(?:jusqu'|d'ici|until|till)", re.IGNORECASE)
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


def said_in(context: Context, one: Command, text: str) -> str:
    """What a whole sentence says besides which command it means: a day until when, whose organisation it speaks for."""
    text = clean(text)
    name = called(context, text) if "organisation" in _taken(one) else ""
    until = _UNTIL.search(text) if "until" in _taken(one) else None
    return f"{_day(context, text[until.start() :].split()) if until else ''} {name}".strip()


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
        if name and lookup.named(context.storage, name) is not None:
            return name
    return ""


def _can_be_called(name: str) -> bool:
    first = name.partition(" ")[0]
    return (
        bool(fold(name))
        and fold(name) not in NOBODYS_NAME
        and not (_TO_DO.fullmatch(first) or sentences.is_verb(first))
    )


def _day(context: Context, words: list[str]) -> str:
    """The date that some words begin with, as it was said; "" if with none."""
    said, _ = dates.split_date(words, now=context.now, zone=context.zone, languages=context.languages)
    return said
