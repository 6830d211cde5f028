"""Reading what was said as an instant, a day or a length of time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, Moment, say
from campaign.dates.days import day_of
from campaign.dates.spans import AHEAD, ALONE, EXACT, span
from campaign.dates.times import BARE_HOUR, END_OF_DAY, NoSuchDay, Unreadable, take_time
from campaign.dates.weekdays import numbered_weekday
from campaign.dates.which import Which
from campaign.dates.words import in_figures, plain
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence


_AT_THE_LATEST = re.compile(
    r",? (?:au plus tard|dernier delai|max(?:i|imum)?|pile|precises?|at the latest|latest|sharp"
    r"|inclus|compris|inclusive|included|svp|stp|s'il (?:vous|te) plait|please)$"
)
"""What may stand behind a date and changes nothing either."""
_ZONE_SAID = re.compile(
    r"(?<=[\dhm])(?: \(?|\(|(?=utc|gmt))(?:(?P<utc>utc|gmt)|(?:heure de |heure )?(?P<city>[a-z][a-z ]+?)(?: time)?)\)?$"
)
"""A zone behind a time of day: Greenwich's, or the one meant anyway, said by its city."""
_WITH_OFFSET = re.compile(
    r"(?P<local>\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?P<offset>z|[+-](?:0\d|1[0-4]):?[0-5]\d)"
)
"""An offset is read in the international form alone: "9:00-12:00" is opening hours."""


@dataclass(frozen=True, slots=True)
class Said:
    """A local day, and the time of day if one was said; or an instant, where nothing local is left to decide."""

    day: date
    at: time | None = None
    instant: datetime | None = None


def read_moment(
    text: str, *, now: datetime, zone: str, languages: Sequence[str], alone: time = END_OF_DAY
) -> Moment:
    """Read an instant still to come, in an IANA zone; a day without a time means its last minute.

    Where something begins, that is the wrong end of it: `alone` is the time of day that is meant then. `now` is aware. The first of `languages` decides how 03/04 is read.

    Raises:
        Which: it may be two days, or an hour that clocks repeat.
        CampaignError: it cannot be read, is past, or is an hour that clocks skip.
    """
    here = ZoneInfo(zone)
    try:
        said = read_local(plain(text), now.astimezone(here), languages)
        at = said.instant or _instant(said, here, zone, now, alone)
    except NoSuchDay:
        raise _no_such_day(text) from None
    except (Unreadable, OverflowError, ValueError):
        _refuse(text, now)
    except Which as which:
        raise which.about(text) from None
    if at <= now:
        raise CampaignError(say(N_("{at} is past: please give a date still to come."), at=Moment(at, zone)))
    return Moment(at, zone)


def read_day(text: str, *, now: datetime, zone: str, languages: Sequence[str]) -> Day:
    """Read a calendar day in a zone, today or later. See `read_moment`; a time of day is left out.

    Raises:
        Which: it may be two days.
        CampaignError: it cannot be read, or is past.
    """
    local = now.astimezone(ZoneInfo(zone))
    try:
        said = read_local(plain(text), local, languages)
    except NoSuchDay:
        raise _no_such_day(text) from None
    except (Unreadable, OverflowError, ValueError):
        _refuse(text, now)
    except Which as which:
        raise which.about(text) from None
    if said.day < local.date():
        raise CampaignError(say(N_("{at} is past: please give a date still to come."), at=Day(said.day)))
    return Day(said.day)


def read_span(text: str) -> timedelta:
    """Read a length of time: "3d", "2m" (minutes), "1h30", "3 jours", "a week", "1 day 12 hours".

    Raises:
        CampaignError: it cannot be read, is nothing, or is longer than ten years.
    """
    length = span(in_figures(plain(text)))
    if length is None:
        raise CampaignError(
            say(
                N_("“{said}” is not a length of time. Write for example `3d`, `12h` or `30 min`."),
                said=text[:80],
            )
        )
    return length


def read_local(text: str, now: datetime, languages: Sequence[str]) -> Said:
    """Read what `plain` made. `now` is local.

    Raises:
        Unreadable, OverflowError, ValueError: it is no date.
        CampaignError: it is one, but which one is to be asked.
    """
    text = _AT_THE_LATEST.sub("", text)
    exact = _WITH_OFFSET.fullmatch(text)
    if exact:
        offset = exact["offset"].replace("z", "+00:00")
        return _at_once(datetime.fromisoformat(f"{exact['local'].upper()}{offset}"), now)
    zone = _ZONE_SAID.search(text)
    if zone and zone["utc"]:
        return _in_utc(text[: zone.start()], now, languages)
    if zone and zone["city"] in _own_names(str(now.tzinfo)):
        said = read_local(text[: zone.start()], now, languages)
        if said.at is None:
            raise Unreadable
        return said
    if re.match(r"\d{4}-\d{2}-\d{2}t", text):
        local = datetime.fromisoformat(text.upper())
        return Said(local.date(), local.time())
    text = in_figures(text)
    if BARE_HOUR.search(text):
        raise Unreadable
    alone = ALONE.fullmatch(text)
    text = f"dans {alone[1]}" if alone else text
    text = numbered_weekday(next(iter(languages), "fr")).sub(r"\g<0>le ", text, count=1)
    ahead = AHEAD.fullmatch(text)
    if ahead and EXACT.fullmatch(ahead["length"] or ahead["from"]):
        length = span(ahead["length"] or ahead["from"])
        if length is None:
            raise Unreadable
        instant = now.astimezone(UTC) + length
        return Said(instant.astimezone(now.tzinfo).date(), instant=instant)
    text = text.replace("tonight", "today evening")
    text, at = take_time(text)
    if not text and at is None:
        raise Unreadable
    return Said(_day(text, now, at, languages) if text else now.date(), at)


def _day(text: str, now: datetime, at: time | None, languages: Sequence[str]) -> date:
    try:
        return day_of(text, now, at, languages)
    except Which as which:
        raise (which if at is None else which.behind(f" {at:%H:%M}")) from None


def _in_utc(text: str, now: datetime, languages: Sequence[str]) -> Said:
    """Read a day and a time behind which Greenwich's zone was said."""
    try:
        said = read_local(text, now.astimezone(UTC), languages)
    except Which as which:
        raise which.behind(" UTC") from None
    if said.at is None:
        raise Unreadable
    return _at_once(datetime.combine(said.day, said.at, UTC), now)


def _at_once(at: datetime, now: datetime) -> Said:
    """What was said with a zone of its own."""
    return Said(at.astimezone(now.tzinfo).date(), instant=at.astimezone(UTC))


@lru_cache
def _own_names(zone: str) -> frozenset[str]:
    """How people call the zone in which a date is meant anyway."""
    city = zone.rpartition("/")[2].replace("_", " ").casefold()
    return frozenset({city, "locale", "local"})


def _instant(said: Said, here: ZoneInfo, zone: str, now: datetime, alone: time) -> datetime:
    """A local time as an instant; of a day alone the time `alone`.

    Raises:
        CampaignError: clocks skip it, or show it twice and both are still to come.
    """
    local = datetime.combine(said.day, said.at or alone)
    at, second = (local.replace(tzinfo=here, fold=fold).astimezone(UTC) for fold in (0, 1))
    if at.astimezone(here).replace(tzinfo=None) != local:
        raise CampaignError(
            say(
                N_("Clocks are put forward then: {at} is what follows. Please write another time."),
                at=Moment(at, zone),
            )
        )
    if said.at is None or at <= now < second:
        return second
    if at != second:
        first, later = (one.astimezone(here).isoformat(timespec="minutes") for one in (at, second))
        question = say(N_("Clocks are put back then, and that time comes twice."))
        raise Which(question, (first, later))
    return at


class NoDate(CampaignError):
    """What was said cannot be read as a date."""


def _no_such_day(text: str) -> CampaignError:
    return CampaignError(say(N_("“{said}”: there is no such day. Please check the date."), said=text[:80]))


def _refuse(text: str, now: datetime) -> NoReturn:
    raise NoDate(
        say(
            N_("I cannot read “{said}” as a date. Write for example `{weekday}`, `{ahead}` or `{iso}`."),
            said=text[:80],
            weekday=say(N_("friday 18:00")),
            ahead=say(N_("in 3 days")),
            iso=f"{now + timedelta(days=30):%Y-%m-%d} 18:00",
        )
    ) from None
