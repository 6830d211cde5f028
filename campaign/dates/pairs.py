"""Two days and what lies between them: "du 20 juillet au 20 août", "24 Dec to 2 Jan", `2027-07-20/2027-08-20`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, say
from campaign.dates.days import in_year
from campaign.dates.feasts import feast
from campaign.dates.reading import NoDate, read_day
from campaign.dates.weekdays import weekday_pattern
from campaign.dates.weeks import week
from campaign.dates.words import plain
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

LONGEST_PAIR = timedelta(days=366)
"""How far apart two days are at most."""

_FROM = re.compile(r"^(?:du|des|de|from|between|entre|the) (?:le )?")
_BETWEEN = re.compile(
    r" (?:jusqu'au|jusqu'a|au|a|to|until|till|through|et|and|-+|\u2013|\u2014|\u2192) (?:le |the )?|/(?=\d{4}-)|\.\."
)
_NUMBER = re.compile(r"(?:le |the )?(\d{1,2})(?:er|st|nd|rd|th)?")
_WITHOUT_ITS_NUMBER = re.compile(r"^(?:[a-z]+ )?(?:\d{1,2})(?:er|st|nd|rd|th)?(?= )")
_YEAR = re.compile(r"\d{4}")


def read_days(text: str, *, now: datetime, zone: str, languages: Sequence[str]) -> tuple[Day, Day]:
    """Read a first and a last day, both included; a day alone is both, a week its Monday and its Sunday. The last is today or later, see `read_day`.

    A first day without a year is the last one before the other day: a pause that has begun may still be said.

    Raises:
        CampaignError: they cannot be read, are over, are the wrong way round or more than a year apart.
    """
    said = _FROM.sub("", plain(text))

    def day(of: str) -> date:
        return read_day(of, now=now, zone=zone, languages=languages).day

    for between in _BETWEEN.finditer(said):
        left, right = said[: between.start()].strip(), said[between.end() :].strip()
        try:
            last = day(right)
        except CampaignError:
            continue
        number = _NUMBER.fullmatch(left)
        if number:  # "20 au 28 décembre"
            left = _WITHOUT_ITS_NUMBER.sub(number[1], right, count=1)
        return _checked(_first(left, last, now=now, zone=zone, languages=languages), last)
    whole = week(said, now.astimezone(ZoneInfo(zone)).date())
    if whole is not None:
        return Day(whole[0]), Day(whole[1])
    try:
        alone = day(text)
    except NoDate:
        raise NoDate(
            say(
                N_("I cannot read “{said}” as days. Write for example `{days}`."),
                said=text[:80],
                days=say(N_("20 July to 20 August")),
            )
        ) from None
    return Day(alone), Day(alone)


def _first(said: str, last: date, *, now: datetime, zone: str, languages: Sequence[str]) -> date:
    """The first day: where no year was said, the latest that is not after the last one."""
    if _YEAR.search(said):
        # A pause that has begun: its first day may be past, and is read from its own beginning on.
        year = int(_YEAR.findall(said)[0])
        now = min(now, now.replace(year=max(1, min(year, now.year)), month=1, day=1))
        return read_day(said, now=now, zone=zone, languages=languages).day
    first = read_day(said, now=now, zone=zone, languages=languages).day
    if timedelta() <= last - first <= LONGEST_PAIR:
        return first
    if weekday_pattern(next(iter(languages), "fr")).fullmatch(
        said
    ):  # "du lundi au vendredi", said on a Wednesday
        return last - timedelta(days=(last - first).days % 7)
    moves = feast(f"{said} {last.year}", last)
    if moves is not None:  # and it is not in every year on the same day
        return moves if moves <= last else feast(f"{said} {last.year - 1}", last) or moves
    here = in_year(first, last.year)
    return here if here <= last else in_year(first, last.year - 1)


def _checked(first: date, last: date) -> tuple[Day, Day]:
    if first > last:
        raise CampaignError(
            say(
                N_("{first} comes after {last}: please say the first day first."),
                first=Day(first),
                last=Day(last),
            )
        )
    if last - first > LONGEST_PAIR:
        raise CampaignError(
            say(N_("From {first} to {last} is more than a year."), first=Day(first), last=Day(last))
        )
    return Day(first), Day(last)
