"""What stands behind a date and belongs to it though it cannot be read with it: "friday … or saturday", "… at 6"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign.dates.times import TIMES_OF_DAY
from campaign.dates.weekdays import WEEKDAYS
from campaign.dates.words import NUMBERS, folded

if TYPE_CHECKING:
    from collections.abc import Sequence


_COUNTS = frozenset(NUMBERS) - {"un", "une", "a", "an", "one"}
_NUMBER_WORD = "|".join(_COUNTS)
_FULL_WEEKDAYS = frozenset(name.split()[0] for week in WEEKDAYS.values() for name in week)
_CLOCK_LIKE = r"\d{1,2} ?(?:h(?:eures?|rs?|ours?)?\b|h\d|[:.]\d\d|[ap]\.?m\b|o'clock)"
_PIECE = re.compile(
    r"(?:(?:,|a|at|@|vers|avant|apres|before|after|by|around|about|de|du|from|of|le|the|on|ou|or|au|to|until|et|and"
    r"|en|in|dans|la|cette|this|fin|end|debut|-|--) ?)*"
    rf"(?:{_CLOCK_LIKE}|(?:a|at|vers|around|about) (?:(?:{_NUMBER_WORD})\b|(?:half|quarter)\b(?: (?:past|to) \S+)?)"
    rf"|(?:{_NUMBER_WORD})(?:[- ](?:{_NUMBER_WORD}))* (?:heures?|hours?|o'clock)\b"
    rf"|(?:{'|'.join(TIMES_OF_DAY)}|matinee|soiree|journee)\b"
    r"|(?:utc|gmt|bst|i?st|wes?t|ces?t|ees?t|[ecmp][sd]t)\b|[+-]\d|heure (?:de |d')\S+|heure locale|(?:[a-z]+ )?time$"
    r"|\d{1,4}[/.-]\d{1,2}\b)"
)
"""A time of day, a zone or a day in figures, with what may lead up to it."""
_AT_FIGURES = re.compile(
    r"(?:,|a|at|@|vers|avant|apres|before|after|by|around|about|ou|or|au|to|until|-|--|et|and) ?\d{1,4}\b"
)
_FIGURES = re.compile(r"\d{1,4}(?:$|(?P<more> ))")
_INSTEAD = re.compile(
    r"\W*(?:ou (?:bien|alors|plutot|sinon)|or (?:else|rather|maybe)|(?:et|mais|and|but) (?:non|pas|not)|au lieu"
    r"|a la place|plutot|non pas|instead|in place of|rather|as opposed to)\b"
)
"""Whatever follows this is another date, or what was one: no name begins so."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


ALTERNATIVE = _words("ou or et and pas not non sinon voire puis then to until till")
"""Behind these, a date is another one, and one word of time a piece of it."""
_WHICH_ONE = _words("de du des d of avant apres before after")
"""Behind a weekday, these tell which one it is: "lundi de la rentrée", "the friday before the assembly"."""
_BETWEEN = ALTERNATIVE | _words(
    "a an at au aux by ce cet cette d de debut des du dans en end fin for from ici in jusqu l la le les mi mid of on",
    "par s start that the this un une one vers around about before after avant apres",
)
"""What may stand between words of time, and is none by itself."""
_OF_TIME = (
    _FULL_WEEKDAYS
    | _COUNTS
    | (_words(*TIMES_OF_DAY) - _BETWEEN)
    | _words(
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "january february march april may june july august september october november december",
        "jour jours day days journee semaine semaines sem week weeks weekend quinzaine fortnight mois month months",
        "an ans annee annees year years heure heures hour hours minute minutes",
        "matinee soiree nuit night tonight aujourd hui aujourdhui today demain tomorrow hier yesterday lendemain veille eve",
        "prochain prochaine prochains prochaines pro suivant suivante suivants dernier derniere derniers passe passee",
        "next last following previous cent mille hundred thousand",
        "saint sainte holy maundy paques easter pentecote pentecost whit whitsun ascension toussaint noel christmas xmas",
        "rameaux cendres careme lent gras assomption sylvestre",
        "h min am pm utc gmt environ pile precise precises tot tard early late later sharp",
    )
)
_TOKEN = re.compile(r"[^\W_]+")
_IN_FIGURES = re.compile(r"\d+(?:er|st|nd|rd|th|am|pm|h\d*|h|j|d|w|min|m|s)?")


def belonging(said: str, words: Sequence[str], *, to_the_minute: bool) -> int:
    """How many of the words behind the date `said` are a piece of it or of another date, though they cannot be read.

    A number alone would be an hour or a day, or a year; behind a time of day a name may begin with one.
    """
    text = folded(" ".join(words))
    if _INSTEAD.match(text) or _tells_which(said, words):
        return len(words)
    found = _PIECE.match(text) or _AT_FIGURES.match(text)
    if found is None:
        found = _FIGURES.match(text)
        if found is not None and to_the_minute and found["more"]:
            found = None
    return max(min(len(found[0].split()), len(words)) if found else 0, _of_time(words))


def _tells_which(said: str, words: Sequence[str]) -> bool:
    """Whether a weekday is one that is told by what follows it; with a capital letter that begins a name."""
    last, following = _TOKEN.findall(folded(said))[-1:], _TOKEN.match(words[0]) if words else None
    return (
        following is not None
        and following[0].islower()
        and folded(following[0]) in _WHICH_ONE
        and _FULL_WEEKDAYS.issuperset(last)
    )


def _of_time(words: Sequence[str]) -> int:
    """How many of the first words are of another date: all there are, some with two words of time, or one behind "or".

    One before something else begins a name: "Demain Ensemble".
    """
    count = run = 0
    spoken = [_TOKEN.findall(folded(word)) for word in words]
    for place, tokens in enumerate(spoken):
        of_time = [token for token in tokens if token in _OF_TIME or _IN_FIGURES.fullmatch(token)]
        if not _BETWEEN.issuperset(set(tokens) - set(of_time)):
            break
        count += len(of_time)
        run = place + 1 if of_time else run
    is_alternative = bool(words) and (words[0][0] in "([/" or not ALTERNATIVE.isdisjoint(spoken[0][:1]))
    if count and all(_BETWEEN.issuperset(tokens) for tokens in spoken[run:]):
        return len(words)
    return run if count > 1 or (count and is_alternative) else 0
