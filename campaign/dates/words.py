"""Texts as dates are looked for in them: folded, and small numbers as figures."""

from __future__ import annotations

import re
import unicodedata

LONGEST_TEXT = 100
"""More signs than any date has: a longer text is none, however it begins."""
NUMBERS = {
    word: number
    for number, words in {
        1: "un une a an one",
        2: "deux two",
        3: "trois three",
        4: "quatre four",
        5: "cinq five",
        6: "six",
        7: "sept seven",
        8: "huit eight",
        9: "neuf nine",
        10: "dix ten",
        12: "douze twelve",
        15: "quinze fifteen",
        20: "vingt twenty",
        30: "trente thirty",
    }.items()
    for word in words.split()
}
_COUNTED = re.compile(
    rf"\b({'|'.join(sorted(NUMBERS, key=len, reverse=True))}) "
    r"(?=(?:minute|min|heure|hour|h|jour|day|semaine|week|mois|month|ans?\b|annee|year)s?\b)"
)
_SAID_OTHERWISE = {
    "une heure et demie": "90 minutes",
    "an hour and a half": "90 minutes",
    "une demi-heure": "30 minutes",
    "une demi heure": "30 minutes",
    "half an hour": "30 minutes",
    "un quart d'heure": "15 minutes",
    "a fortnight": "2 weeks",
    "une quinzaine de jours": "15 jours",
    "une quinzaine": "15 jours",
}
_NEXT_IN_SHORT = re.compile(
    r"\b(?:(?P<she>(?i:semaine|ann[ée]e))"
    r"|(?P<he>(?i:mois|an|we|week[- ]?end|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche))) pro\b\.?"
)
"""As on a phone: "la semaine pro". With a capital letter it begins a name."""
_OTHERWISE = re.compile(rf"\b({'|'.join(_SAID_OTHERWISE)})\b")


def plain(text: str) -> str:
    """Small letters without accents, one kind of space and apostrophe, nothing around it; "" if it is too long."""
    text = " ".join(text.split())
    if len(text) > LONGEST_TEXT:
        return ""
    text = _NEXT_IN_SHORT.sub(
        lambda said: f"{said['she']} prochaine" if said["she"] else f"{said['he']} prochain", text
    )
    return folded(text).strip(' .!?;,`"«»“”')  # examples are copied with the signs around them


def folded(text: str) -> str:
    """Small letters without accents, one kind of space and apostrophe."""
    text = unicodedata.normalize("NFKD", text.casefold()).replace("\u2019", "'")
    return " ".join("".join(sign for sign in text if not unicodedata.combining(sign)).split())


def in_figures(text: str) -> str:
    """Small numbers as figures where they count something: "dans une semaine" → "dans 1 semaine"."""
    text = _OTHERWISE.sub(lambda said: _SAID_OTHERWISE[said[1]], text)
    return _COUNTED.sub(lambda one: f"{NUMBERS[one[1]]} ", text)
