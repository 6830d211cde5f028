"""Dates as people type them: what each way means on a given day, and what holds for any text."""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from campaign.chat import Text
from campaign.dates import END_OF_DAY, Which, read_day, read_days, read_moment, read_span, split_date
from campaign.errors import CampaignError

WAYS = Path(__file__).parents[1] / "data" / "dates.csv"
PARIS = "Europe/Paris"
NOW = datetime(2024, 8, 20, 14, 0, tzinfo=ZoneInfo(PARIS))
BOTH = ("fr", "en")
REFUSALS = {
    "unreadable": "cannot read",
    "absent": "no such day",
    "past": "is past",
    "skipped": "Clocks are put forward",
}
"""What each kind of refusal says; "asked" is any other one, for it asks which of two is meant."""

with WAYS.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row['language']}: {row['said']} ({row['now']})" for row in ROWS]
)
def test_each_way_to_say_a_date(row: dict[str, str]) -> None:
    zone = row["zone"]
    now = datetime.fromisoformat(row["now"]).replace(tzinfo=ZoneInfo(zone))
    languages = (row["language"], *(one for one in BOTH if one != row["language"]))
    try:
        moment = read_moment(row["said"], now=now, zone=zone, languages=languages)
    except CampaignError as refusal:
        kinds = [kind for kind, words in REFUSALS.items() if words in refusal.text.id] or ["asked"]
        assert kinds == [row["means"]]
    else:
        assert moment.zone == zone
        assert moment.at.tzinfo is UTC
        assert moment.at.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes") == row["means"]


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row['language']}: {row['said']} ({row['now']})" for row in ROWS]
)
def test_no_piece_of_a_date_is_taken_for_what_follows_it(row: dict[str, str]) -> None:
    now = datetime.fromisoformat(row["now"]).replace(tzinfo=ZoneInfo(row["zone"]))
    languages = (row["language"], *(one for one in BOTH if one != row["language"]))
    said, rest = split_date(row["said"].split(), now=now, zone=row["zone"], languages=languages)
    assert not said or not rest


DATED = {
    language: [
        row for row in ROWS if row["language"] == language and row["means"] not in ("unreadable", "absent")
    ]
    for language in BOTH
}
INSTEAD = {
    "fr": [
        "ou",
        "ou bien",
        "(ou",
        "et non",
        "mais pas",
        "au lieu de",
        "au lieu du",
        "plutôt que",
        "sinon",
    ],
    "en": [
        "or",
        "or else",
        "(or",
        "and not",
        "but not",
        "instead of",
        "rather than",
        "not",
        "/ or",
    ],
}


@given(st.data(), st.sampled_from(BOTH), st.sampled_from(["", "Hublot", "réponses des membres"]))
def test_a_date_and_another_one_instead_are_refused_as_they_stand(
    data: st.DataObject, language: str, name: str
) -> None:
    first, second = (data.draw(st.sampled_from(DATED[language])) for _ in range(2))
    between = data.draw(st.sampled_from(INSTEAD[language]))
    zone, now = first["zone"], datetime.fromisoformat(first["now"]).replace(tzinfo=ZoneInfo(first["zone"]))
    words = f"{first['said']} {between} {second['said']} {name}".split()
    said, rest = split_date(words, now=now, zone=zone, languages=(language,))
    assert rest in ([], name.split())
    with pytest.raises(CampaignError):
        read_moment(said, now=now, zone=zone, languages=(language,))


@given(st.data(), st.sampled_from(BOTH))
def test_a_date_behind_another_one_is_no_name(data: st.DataObject, language: str) -> None:
    first, second = (data.draw(st.sampled_from(DATED[language])) for _ in range(2))
    zone, now = first["zone"], datetime.fromisoformat(first["now"]).replace(tzinfo=ZoneInfo(first["zone"]))
    words = f"{first['said']} {second['said']}".split()
    said, rest = split_date(words, now=now, zone=zone, languages=(language,))
    if not rest:
        return
    try:
        read_moment(said, now=now, zone=zone, languages=(language,))
    except CampaignError:
        return  # behind something that is refused
    # "18h" goes on with the "30" of "30 août": that is half past six, and only the rest of a date is left.
    assert len(said.split()) > len(first["said"].split())


def test_there_are_enough_ways_in_each_language() -> None:
    for language in BOTH:
        assert len({row["said"].casefold() for row in ROWS if row["language"] == language}) >= 60


MONTHS = {
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
MINUTES = st.datetimes(datetime(2024, 8, 22), datetime(2090, 1, 1)).map(  # noqa: DTZ001 - a local time
    lambda local: local.replace(second=0, microsecond=0)
)


@given(MINUTES, st.sampled_from(BOTH), st.sampled_from([PARIS, "America/Toronto", "Indian/Reunion", "UTC"]))
def test_what_is_written_in_full_reads_back_the_same(local: datetime, language: str, zone: str) -> None:
    aware = local.replace(tzinfo=ZoneInfo(zone))
    assume(aware.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local)
    month = MONTHS[language][local.month - 1]
    ways = (
        f"{local:%Y-%m-%d %H:%M}",
        f"{local:%Y-%m-%dT%H:%M}",
        aware.isoformat(),
        f"le {local.day} {month} {local.year} à {local:%Hh%M}",
        f"{month} {local.day}, {local.year} at {local:%I:%M %p}",
    )
    for said in ways:
        assert read_moment(said, now=NOW, zone=zone, languages=(language,)).at == aware.astimezone(UTC), said


@given(st.dates(date(2024, 8, 20), date(2090, 1, 1)), st.sampled_from(BOTH))
def test_a_day_alone_is_that_day_and_as_a_moment_its_end(day: date, language: str) -> None:
    for said in (f"{day}", f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"):
        assert read_day(said, now=NOW, zone=PARIS, languages=(language,)).day == day
        at = read_moment(said, now=NOW, zone=PARIS, languages=(language,)).at
        assert at == datetime.combine(day, END_OF_DAY, ZoneInfo(PARIS)).astimezone(UTC)


ANY_WORDS = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            [
                "le",
                "the",
                "à",
                "at",
                "dans",
                "in",
                "fin",
                "mi",
                "end",
                "of",
                "next",
                "30",
                "31",
                "99",
                "0",
                "2024",
                "9999",
                "18h",
                "24h",
                "25h99",
                "12am",
                "6pm",
            ]
        ),
        st.sampled_from(
            [
                "lundi",
                "friday",
                "prochain",
                "en",
                "huit",
                "août",
                "may",
                "février",
                "jours",
                "weeks",
                "ans",
                "2024-02-30",
                "31/02",
                "½",
                "٣",
            ]
        ),
    ),
    max_size=6,
)


@given(ANY_WORDS, st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.permutations(BOTH))  # noqa: DTZ001
def test_any_text_gives_a_date_to_come_or_a_refusal(
    words: list[str], at: datetime, languages: list[str]
) -> None:
    text, now = " ".join(words), at.replace(tzinfo=UTC)
    with contextlib.suppress(CampaignError):
        assert read_moment(text, now=now, zone=PARIS, languages=languages).at > now
    try:
        day = read_day(text, now=now, zone=PARIS, languages=languages).day
        assert day >= now.astimezone(ZoneInfo(PARIS)).date()
    except CampaignError:
        pass
    with contextlib.suppress(CampaignError):
        assert timedelta() < read_span(text) <= timedelta(days=3660)
    said, rest = split_date(words, now=now, zone=PARIS, languages=languages)
    assert " ".join([said, *rest] if said else rest) == text


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("vendredi 18h", ["assemblée", "générale"]),
        ("dans 9 jours", ["Hublot"]),
        ("le vendredi 30 août 2024 à 18 h 30", ["Nuage", "Libre"]),
        ("hier", ["Hublot"]),
        ("mardi", ["Hublot"]),
        ("fin août", ["note=réunion"]),
        ("vendredi 18h", ["3", "Petits", "Nuages"]),
        ("vendredi 18h", ["2e", "relecture"]),
        ("vendredi", ["3 Petits Nuages"]),
        ("fin août", ["Deux", "Pierres"]),
        ("vendredi", ["à", "Lyon"]),
        ("30 novembre", ["réponses", "des", "membres"]),
        ("vendredi", ["Demain Ensemble"]),
        ("vendredi", ["Or", "Noir"]),
        ("vendredi", ["Pro", "Natura"]),
        ("lundi pro", ["Natura"]),
        ("vendredi", ["La", "Semaine", "Verte"]),
        ("vendredi", ["De", "la", "terre", "à", "l'assiette"]),
        ("vendredi", ["Noël", "des", "membres"]),
        ("1er septembre", ["rentrée"]),
        ("vendredi ou lundi 7", ["Nuage", "Libre"]),
        ("vendredi, samedi ou dimanche", ["relecture"]),
        ("vendredi de carême Nuage Libre", []),
        ("vendredi 18h", ["en", "plénière"]),
        ("friday", ["The", "Cloud"]),
        ("friday at 6", ["Hublot"]),
        ("demain 25h", ["Hublot"]),
        ("vendredi 18h CET", ["Hublot"]),
        ("vendredi 30 à 18h", ["Hublot"]),
        ("d'ici la fin du mois", ["Hublot"]),
        ("", ["12", "heures-libres"]),
        ("", ["10", "years", "of", "cloud"]),
        ("", ["Hublot", "demain"]),
        ("", ["Mon", "Nuage"]),
        ("", []),
    ],
)
def test_a_date_is_cut_off_the_beginning(said: str, rest: list[str]) -> None:
    assert split_date([*said.split(), *rest], now=NOW, zone=PARIS, languages=BOTH) == (said, rest)


@pytest.mark.parametrize(
    ("said", "length"),
    [
        ("3d", timedelta(days=3)),
        ("3 j", timedelta(days=3)),
        ("2m", timedelta(minutes=2)),
        ("90s", timedelta(seconds=90)),
        ("1h30", timedelta(minutes=90)),
        ("1w", timedelta(weeks=1)),
        ("3 jours", timedelta(days=3)),
        ("une semaine", timedelta(weeks=1)),
        ("a week", timedelta(weeks=1)),
        ("72 heures", timedelta(hours=72)),
        ("1 jour et 2 heures", timedelta(hours=26)),
        ("1 day, 12 hours", timedelta(hours=36)),
        ("1j12h", timedelta(hours=36)),
        ("2 heures 30", timedelta(minutes=150)),
        ("une demi-heure", timedelta(minutes=30)),
        ("a fortnight", timedelta(weeks=2)),
    ],
)
def test_each_way_to_say_a_span(said: str, length: timedelta) -> None:
    assert read_span(said) == length


@pytest.mark.parametrize(
    "said", ["", "3", "0d", "-3d", "3 nuages", "999999d", "d", "trois", "1h99h x", "3d!d"]
)
def test_what_is_no_span_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        read_span(said)
    assert "3d" in refusal.value.text.id


def test_a_refusal_gives_examples_that_can_be_read() -> None:
    with pytest.raises(CampaignError) as refusal:
        read_moment("bientôt", now=NOW, zone=PARIS, languages=BOTH)
    weekday, ahead, iso = (refusal.value.text.values[name] for name in ("weekday", "ahead", "iso"))
    assert isinstance(weekday, Text)
    assert isinstance(ahead, Text)
    for example in (weekday.id, ahead.id, str(iso)):
        assert read_moment(example, now=NOW, zone=PARIS, languages=BOTH).at > NOW


def test_a_text_longer_than_any_date_is_not_read_by_its_beginning() -> None:
    with pytest.raises(CampaignError, match="cannot read"):
        read_moment("demain 18h" + " x" * 300, now=NOW, zone=PARIS, languages=BOTH)
    spaced = "demain" + " " * 300
    assert read_moment(spaced + "18h", now=NOW, zone=PARIS, languages=BOTH).at.hour == 16
    with pytest.raises(CampaignError, match="cannot read"):
        read_moment(spaced + "peut-être", now=NOW, zone=PARIS, languages=BOTH)


@given(st.permutations(["3 mar 2030", "march 3", "1er mai", "dans 2 mois", "in 2 months", "may 3", "3 juil"]))
def test_what_was_read_before_changes_nothing(order: list[str]) -> None:
    alone = {
        "3 mar 2030": date(2030, 3, 3),
        "march 3": date(2025, 3, 3),
        "1er mai": date(2025, 5, 1),
        "dans 2 mois": date(2024, 10, 20),
        "in 2 months": date(2024, 10, 20),
        "may 3": date(2025, 5, 3),
        "3 juil": date(2025, 7, 3),
    }
    for said in order:
        assert read_day(said, now=NOW, zone=PARIS, languages=BOTH).day == alone[said]


@pytest.mark.parametrize("machine", ["Pacific/Kiritimati", "No/Such/Zone"])
def test_the_machine_has_no_say_in_a_date(machine: str) -> None:
    program = (
        "from datetime import UTC, datetime\n"
        "from campaign.dates import read_moment\n"
        "for said in ('dans 2 mois 18h', '30 août 2030 18h', 'demain 18h', 'in 2 hours'):\n"
        "    now = datetime(2024, 8, 20, 12, tzinfo=UTC)\n"
        "    print(read_moment(said, now=now, zone='Europe/Paris', languages=['fr']).at.isoformat())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "TZ": machine},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == [
        "2024-10-20T16:00:00+00:00",
        "2030-08-30T16:00:00+00:00",
        "2024-08-21T16:00:00+00:00",
        "2024-08-20T14:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("said", "language", "first", "last"),
    [
        ("20 juillet au 20 août", "fr", "2024-07-20", "2024-08-20"),
        ("du 20 juillet au 20 août 2025", "fr", "2025-07-20", "2025-08-20"),
        ("du 10 août au 25 août", "fr", "2024-08-10", "2024-08-25"),
        ("du 20 juillet au 21 août 2026", "fr", "2026-07-20", "2026-08-21"),
        ("20 au 28 décembre", "fr", "2024-12-20", "2024-12-28"),
        ("du 24 décembre jusqu'au 2 janvier", "fr", "2024-12-24", "2025-01-02"),
        ("24 Dec to 2 Jan", "en", "2024-12-24", "2025-01-02"),
        ("from july 20 until august 20", "en", "2024-07-20", "2024-08-20"),
        ("2025-07-20/2025-08-20", "fr", "2025-07-20", "2025-08-20"),
        ("2025-07-20 2025-08-20", "fr", "", ""),
        ("20/07 - 20/08", "fr", "2024-07-20", "2024-08-20"),
        ("20/07/2025 – 20/08/2025", "fr", "2025-07-20", "2025-08-20"),
        ("2024-08-01 → 2024-08-31", "en", "2024-08-01", "2024-08-31"),
        ("14 juillet", "fr", "2025-07-14", "2025-07-14"),
        ("2025-08-20 to 2025-07-20", "en", "", ""),
        ("2025-08-20 to 2029-07-20", "en", "", ""),
        ("du 1 juin au 3 juin 2024", "fr", "", ""),
        ("la semaine des quatre jeudis", "fr", "", ""),
    ],
)
def test_each_way_to_say_two_days(said: str, language: str, first: str, last: str) -> None:
    try:
        found = read_days(said, now=NOW, zone=PARIS, languages=(language,))
    except CampaignError:
        assert not first
    else:
        assert [one.day.isoformat() for one in found] == [first, last]


@given(ANY_WORDS, ANY_WORDS, st.sampled_from((" au ", " to ", "/", "-")), st.permutations(BOTH))
def test_any_two_texts_give_two_days_in_order_or_a_refusal(
    one: list[str], other: list[str], between: str, languages: list[str]
) -> None:
    text = f"{' '.join(one)}{between}{' '.join(other)}"
    with contextlib.suppress(CampaignError):
        first, last = read_days(text, now=NOW, zone=PARIS, languages=languages)
        assert first.day <= last.day
        assert last.day >= NOW.date()


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001 - a zone is given to it
    st.sampled_from([("du lundi au vendredi", 4), ("du vendredi saint au lundi de Pâques", 3)]),
)
def test_days_that_are_named_are_those_that_lie_together(local: datetime, named: tuple[str, int]) -> None:
    said, apart = named
    with contextlib.suppress(CampaignError):  # today's own name may be two days
        first, last = read_days(
            said, now=local.replace(tzinfo=ZoneInfo(PARIS)), zone=PARIS, languages=("fr",)
        )
        assert (last.day - first.day, last.day.weekday() in (0, 4)) == (timedelta(days=apart), True)
        assert last.day >= local.date()


def test_a_time_that_comes_twice_is_the_second_once_the_first_is_past() -> None:
    now = datetime(2025, 10, 26, 0, 45, tzinfo=UTC)
    at = read_moment("26 octobre 2025 2h30", now=now, zone=PARIS, languages=("fr",)).at
    assert at == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


THURSDAY = datetime(2024, 12, 5, 10, 0, tzinfo=ZoneInfo(PARIS))
WEEKDAYS = {
    "fr": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
NEXT = {"fr": "{} prochain", "en": "next {}"}
NEXT_WEEK = {"fr": "{} de la semaine prochaine", "en": "{} next week"}
ANY_TIME = st.datetimes(datetime(2024, 1, 1), datetime(2060, 1, 1))  # noqa: DTZ001 - a zone is given to it
ANY_ZONE = st.sampled_from([PARIS, "America/Toronto", "Pacific/Auckland", "UTC"])


@pytest.mark.parametrize(
    ("said", "language", "readings"),
    [
        ("vendredi prochain", "fr", ("2024-12-06", "2024-12-13")),
        ("vendredi prochain 18h", "fr", ("2024-12-06 18:00", "2024-12-13 18:00")),
        ("next friday 6pm UTC", "en", ("2024-12-06 18:00 UTC", "2024-12-13 18:00 UTC")),
        ("jeudi", "fr", ("2024-12-05", "2024-12-12")),
        ("thursday week", "en", ("2024-12-12", "2024-12-19")),
        ("06/12", "en", ("2025-06-12", "2024-12-06")),
        ("la semaine prochaine", "fr", ("2024-12-13", "2024-12-15")),
        ("next week at noon", "en", ("2024-12-13 12:00", "2024-12-15 12:00")),
        ("fin de semaine", "fr", ("2024-12-06", "2024-12-08")),
        ("next weekend", "en", ("2024-12-08", "2024-12-15")),
        ("le mois prochain", "fr", ("2025-01-15", "2025-01-31")),
        ("après les fêtes", "fr", ("2025-01-06",)),
        ("after the holidays", "en", ("2025-01-06",)),
        ("à la rentrée", "fr", ("2025-09-01",)),
        ("26 octobre 2025 2h30", "fr", ("2025-10-26T02:30+02:00", "2025-10-26T02:30+01:00")),
    ],
)
def test_what_is_asked_about_comes_with_what_can_be_typed_instead(
    said: str, language: str, readings: tuple[str, ...]
) -> None:
    with pytest.raises(Which) as asked:
        read_moment(said, now=THURSDAY, zone=PARIS, languages=(language,))
    assert (asked.value.readings, asked.value.said) == (readings, said)


@given(
    ANY_TIME,
    ANY_ZONE,
    st.sampled_from(BOTH),
    st.one_of(
        st.sampled_from([row["said"] for row in ROWS if row["means"] == "asked"]),
        st.tuples(st.sampled_from(list(NEXT.values())), st.integers(0, 6)).map(
            lambda one: one[0].format(WEEKDAYS["fr" if "prochain" in one[0] else "en"][one[1]])
        ),
    ),
)
def test_what_can_be_typed_instead_is_not_asked_about_again(
    local: datetime, zone: str, language: str, said: str
) -> None:
    now = local.replace(tzinfo=ZoneInfo(zone))
    asked = asked_about(said, now, zone, language)
    if asked is None:
        return
    assert len(set(asked.readings)) == len(asked.readings) >= 1
    for reading in asked.readings:
        try:
            at = read_moment(reading, now=now, zone=zone, languages=(language,)).at
        except CampaignError as refusal:
            why = str(refusal.text)
        else:
            why = "" if at > now else "not to come"
        assert not why or any(words in why for words in ("is past", "put forward", "comes twice")), reading


def asked_about(said: str, now: datetime, zone: str, language: str) -> Which | None:
    """What is asked about a date; None if it is read, or refused."""
    try:
        read_moment(said, now=now, zone=zone, languages=(language,))
    except Which as asked:
        return asked
    except CampaignError:
        pass
    return None


@given(ANY_TIME, ANY_ZONE, st.sampled_from(BOTH), st.integers(0, 6))
def test_a_next_weekday_is_taken_only_where_it_cannot_be_two(
    local: datetime, zone: str, language: str, number: int
) -> None:
    today = local.date()
    coming = next(day for ahead in range(1, 8) if (day := today + timedelta(days=ahead)).weekday() == number)
    is_this_week = coming.isocalendar()[:2] == today.isocalendar()[:2]
    said, now = NEXT[language].format(WEEKDAYS[language][number]), local.replace(tzinfo=ZoneInfo(zone))
    asked = asked_about(said, now, zone, language)
    if asked is None:
        assert not is_this_week
        assert read_day(said, now=now, zone=zone, languages=(language,)).day == coming
    else:
        assert is_this_week or coming - today == timedelta(days=1)
        assert asked.readings == (f"{coming}", f"{coming + timedelta(days=7)}")


@given(ANY_TIME, ANY_ZONE, st.sampled_from(BOTH), st.integers(0, 6))
def test_a_weekday_of_next_week_is_in_the_week_after_this_one(
    local: datetime, zone: str, language: str, number: int
) -> None:
    now = local.replace(tzinfo=ZoneInfo(zone))
    said = NEXT_WEEK[language].format(WEEKDAYS[language][number])
    day = read_day(said, now=now, zone=zone, languages=(language,)).day
    assert day.isocalendar()[:2] == (now.date() + timedelta(days=7)).isocalendar()[:2]
    assert day.weekday() == number
    # A day alone lasts until 23:59 by the clocks of the zone, on both sides of a change.
    at = read_moment(said, now=now, zone=zone, languages=(language,)).at.astimezone(ZoneInfo(zone))
    assert (at.date(), at.time()) == (day, END_OF_DAY)


@given(ANY_TIME, ANY_ZONE, st.sampled_from(["noël", "à Noël", "christmas", "by Christmas"]))
def test_a_feast_is_the_next_one_today_included(local: datetime, zone: str, said: str) -> None:
    now = local.replace(tzinfo=ZoneInfo(zone))
    day = read_day(said, now=now, zone=zone, languages=BOTH).day
    assert (day.month, day.day) == (12, 25)
    assert timedelta() <= day - now.date() < timedelta(days=366)
