"""Weeks, weekends and months said as a whole: what of them is one day, and what is asked about."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from campaign.dates.which import one_of, within

_WEEK = re.compile(
    r"(?:(?:a |en |dans |during )?(?:la |the )?(?:fin|courant|end)(?: de| d'| of)? ?)?"
    r"(?:(?:dans |during |within |of )?(?:la |cette |the )?(?P<coming>semaine prochaine|next week)"
    r"|(?:cette |la |the |this )?(?:semaine|week))"
)
_WEEKEND = re.compile(
    r"(?:(?:la )?fin du |(?:the )?end of )?(?:ce |cet |le |this |the |ce prochain )?(?P<before>next |prochain )?"
    r"(?:week-?end|week end|(?<=ce )we|(?<=le )we)(?P<after> prochain)?"
)
_NEXT_MONTH = re.compile(r"(?:(?:dans |courant |during )?(?:le |the )?)?(?:mois prochain|next month)")


def monday_of(day: date) -> date:
    """The day on which its week begins, as everywhere where these rooms are: ISO 8601."""
    return day - timedelta(days=day.weekday())


def week(text: str, today: date) -> tuple[date, date] | None:
    """The Monday and the Sunday of the week that is named, this one or the next; None if none is."""
    found = _WEEK.fullmatch(text)
    if found is None:
        return None
    monday = monday_of(today) + timedelta(days=7 if found["coming"] else 0)
    return monday, monday + timedelta(days=6)


def whole(text: str, today: date) -> date | None:
    """The one day that is meant by a week, a weekend or a month; None if it is none of them.

    A weekend lasts until its Sunday. A week may end with its work or with its Sunday, and "next weekend" is the coming one
    to some and the one after to others.

    Raises:
        Which: several days may be meant.
    """
    weekend = _WEEKEND.fullmatch(text)
    if weekend:
        return _weekend(today, is_next=bool(weekend["before"] or weekend["after"]))
    if _NEXT_MONTH.fullmatch(text):
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        raise within(first, last, first.replace(day=15), last)
    week = _WEEK.fullmatch(text)
    if week is None:
        return None
    monday = monday_of(today) + timedelta(days=7 if week["coming"] else 0)
    friday, sunday = monday + timedelta(days=4), monday + timedelta(days=6)
    if friday < today:
        return sunday  # nothing else is left of it
    raise within(max(monday, today), sunday, friday, sunday)


def _weekend(today: date, *, is_next: bool) -> date:
    sunday = monday_of(today) + timedelta(days=6)
    if not is_next:
        return sunday
    after = sunday + timedelta(days=7)
    if today >= sunday - timedelta(days=1):
        return after  # this one has begun
    raise one_of(sunday, after)
