"""Days that are said by their name: those that have a date of their own, and what is said of a time of year."""

from __future__ import annotations

import re
from datetime import date, timedelta

from dateutil.easter import easter

from campaign.dates.which import no_day

_FEASTS = {
    r"(?:la )?veille de noel|(?:le )?reveillon de noel|christmas eve": (12, 24),
    r"noel|christmas|xmas|christmas day": (12, 25),
    r"(?:la )?veille du (?:nouvel an|jour de l'an)|(?:la )?saint[- ]sylvestre|new year'?s eve": (12, 31),
    r"(?:le )?(?:jour de l'an|nouvel an)|new year(?:'?s(?: day)?)?": (1, 1),
    r"(?:la )?toussaint|all saints(?:'? day)?": (11, 1),
}
"""Those with the same date every year."""
_EASTER = {
    r"mardi gras|shrove tuesday": -47,
    r"mercredi des cendres|ash wednesday": -46,
    r"(?:(?:dimanche )?des |les )?rameaux|palm sunday": -7,
    r"jeudi saint|maundy thursday|holy thursday": -3,
    r"vendredi[ -]saint|good friday": -2,
    r"samedi saint|holy saturday": -1,
    r"(?:dimanche de )?paques|easter(?: (?:sunday|day))?": 0,
    r"lundi de paques|easter monday": 1,
    r"(?:l'|jeudi de l')?ascension(?: day| thursday)?": 39,
    r"(?:la |dimanche de (?:la )?)?pentecote|(?:whit|pentecost) sunday|pentecost|whitsun": 49,
    r"lundi de (?:la )?pentecote|(?:whit|pentecost) monday": 50,
}
"""Those that Easter brings with it, and how many days after its Sunday."""
_FEAST = re.compile(
    r"(?:a |at |le |the |de |le jour de )?(?:"
    + "|".join(f"(?P<on_{month}_{day}>{names})" for names, (month, day) in _FEASTS.items())
    + "|"
    + "|".join(f"(?P<easter_{place}>{names})" for place, names in enumerate(_EASTER))
    + r")(?: (?:prochaine?|suivante?))?(?: (?P<year>\d{4}))?"
)
_AFTER_FEASTS = re.compile(
    r"(?:juste )?(?:apres|after) (?:les|the) (?:fetes|vacances de noel|holidays|festive season|christmas holidays)"
)
_BACK_TO_SCHOOL = re.compile(r"(?:juste )?(?:(?:a|apres) )?la rentree|back[- ]to[- ]school")


def feast(text: str, today: date) -> date | None:
    """The day of this name, the next one if no year was said; None if there is none.

    Raises:
        Which: it tells a time of year and no day; which one is never guessed.
    """
    found = _FEAST.fullmatch(text)
    if found:
        name = next(name for name, said in found.groupdict().items() if said and name != "year")
        this = _in_year(name, int(found["year"] or today.year))
        return this if found["year"] or this >= today else _in_year(name, today.year + 1)
    for pattern, month, day in ((_AFTER_FEASTS, 1, 6), (_BACK_TO_SCHOOL, 9, 1)):
        if pattern.fullmatch(text):
            raise no_day(_monday_from(month, day, today))
    return None


def _in_year(name: str, year: int) -> date:
    """The day in a year of what was found by this name."""
    kind, *which = name.split("_")
    if kind == "easter":
        sunday: date = easter(year)
        return sunday + timedelta(days=tuple(_EASTER.values())[int(which[0])])
    return date(year, int(which[0]), int(which[1]))


def _monday_from(month: int, day: int, today: date) -> date:
    """The next Monday that is this day of a year, or the first after it."""
    for year in (today.year, today.year + 1):
        from_then = date(year, month, day)
        monday = from_then + timedelta(days=-from_then.weekday() % 7)
        if monday > today:
            break
    return monday
