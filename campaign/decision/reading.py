"""Values of a procedure's parameters as people type them, in French and English."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import TYPE_CHECKING

from campaign.decision.procedure import ANSWERS, MOST_NUMBER, Base

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Unfit(Exception):
    """A value that cannot be read as what it is given for."""


YES = frozenset({"yes", "oui", "true", "vrai", "on", "1"})
_NO = frozenset({"no", "non", "false", "faux", "off", "0"})
NONE = frozenset(
    {"none", "nobody", "nothing", "no", "0", "aucun", "aucune", "personne", "rien", "non", "sans"}
)
ALL = frozenset({"all", "every", "tout", "tous", "toute", "toutes"})
BASES: Mapping[str, Base] = {
    **dict.fromkeys(
        ("votes", "vote", "cast", "votes cast", "voix", "exprimes", "suffrages", "suffrages exprimes"),
        "votes",
    ),
    **dict.fromkeys(("answers", "answer", "reponses", "reponse", "repondants", "votants"), "answers"),
    **dict.fromkeys(
        (
            "electorate",
            "electors",
            "all",
            "everybody",
            "members",
            "electeurs",
            "electorat",
            "inscrits",
            "membres",
            "tous",
        ),
        "electorate",
    ),
}
"""The French words are those of electoral law: an abstention makes a "votant", not a "suffrage exprimé"."""
PARTS: Mapping[str, Fraction] = {
    **dict.fromkeys(
        ("half", "moitie", "la moitie", "majority", "simple majority", "majorite", "majorite simple"),
        Fraction(1, 2),
    ),
    **dict.fromkeys(("third", "a third", "one third", "tiers", "un tiers", "1 tiers"), Fraction(1, 3)),
    **dict.fromkeys(
        ("two thirds", "two-thirds", "2 thirds", "deux tiers", "deux-tiers", "2 tiers"), Fraction(2, 3)
    ),
    **dict.fromkeys(("quarter", "a quarter", "one quarter", "quart", "un quart", "1 quart"), Fraction(1, 4)),
    **dict.fromkeys(("three quarters", "3 quarters", "trois quarts", "3 quarts"), Fraction(3, 4)),
    **dict.fromkeys(("unanimity", "unanimous", "unanimite", "unanime"), Fraction(1)),
}
_PART = re.compile(
    r"(?P<over>\d{1,4}) ?/ ?(?P<under>\d{1,4})|(?P<percent>\d{1,3}(?:[.,]\d{1,2})?) ?%|0[.,](?P<decimals>\d{1,4})",
    re.ASCII,
)
MORE_THAN = re.compile(r"^(?:> ?(?!=)|plus d(?:e |u |')(?:la )?|more than |over )")
AT_LEAST = re.compile(r"^(?:>= ?|≥ ?|au moins |at least )")
_COUNTED = re.compile(
    r"(\d{1,6})(?: (?:organisations?|orgas?|assos?|associations?|structures?|reponses?|answers?|votes?|voix))?",
    re.ASCII,
)
WORKING_DAYS = re.compile(r"(?P<count>.+?) ?(?:jours? ouvres?|working days?|business days?)")
BETWEEN = re.compile(r"(?:[\s,;/|]|\b(?:et|ou|and|or)\b)+")
ONE = frozenset({"a", "an", "any", "one", "un", "une", "toute", "single", "seule"})


def answers(value: str, choices: Sequence[str]) -> list[str]:
    """The answers that are named, in any language, each once. Raises Unfit if one is none of these."""
    found: list[str] = []
    for typed in filter(None, BETWEEN.split(value)):
        word = typed if typed in ("consens", "ok") else typed.removesuffix("s")  # "2 objections"
        meant = [
            each
            for each in choices
            if word == each or any(word in map(plain, table.get(each, ())) for table in ANSWERS.values())
        ]
        # "pour" is said for "agree" as well, but is the name of "for".
        exact = [
            each for each in meant if word == each or any(word == plain(t[each][0]) for t in ANSWERS.values())
        ]
        if not meant:
            raise Unfit
        found.append((exact or meant)[0])
    if not found or len(set(found)) != len(found):
        raise Unfit
    return found


def part(value: str) -> Fraction | None:
    """A part of something, from nothing to all; None if it is none."""
    if value in PARTS:
        return PARTS[value]
    found = _PART.fullmatch(value)
    if found is None:
        return None
    if found["percent"]:
        share = Fraction(found["percent"].replace(",", ".")) / 100
    elif found["decimals"]:
        share = Fraction(f"0.{found['decimals']}")
    elif int(found["under"]):
        share = Fraction(int(found["over"]), int(found["under"]))
    else:
        return None
    return share if share <= 1 else None


def number(value: str) -> int:
    """A number of organisations. Raises Unfit."""
    found = _COUNTED.fullmatch(value)
    if found is None or int(found[1]) > MOST_NUMBER:
        raise Unfit
    return int(found[1])


def yes_or_no(value: str) -> bool:
    """Whether yes was said. Raises Unfit if neither yes nor no was."""
    if value not in YES | _NO:
        raise Unfit
    return value in YES


def plain(text: str) -> str:
    """Small letters without accents, one space between words, nothing around them."""
    text = unicodedata.normalize("NFKD", text.casefold()).replace("\u2044", "/").replace("\u2019", "'")
    text = " ".join("".join(sign for sign in text if not unicodedata.combining(sign)).split())
    return text.strip(" .,;:!?\"'`«»“”")
