from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any, get_args
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic import TypeAdapter

from campaign.publish import FORMATS
from campaign.publish.csv import COLUMNS, FRENCH, SEPARATORS, TIMES, guarded
from campaign.publish.markdown import escaped
from campaign.signature import FUNDED, LEVELS, MANDATES, Mandate, Signatory, SignatoryList, Standing

NOW = datetime(2024, 7, 20, 12, 30, tzinfo=UTC)
PICASOFT = Signatory(
    number=1,
    organisation="Picasoft",
    website="https://picasoft.example.org/a_(b)?c=d&copy=1",
    standing="signed",
    level="confirmed",
    network="matrix",
    address="@ada:example.org",
    person="Ada",
    role="trésorière",
    funded="direct",
    mandate=Mandate("assembly", date(2024, 6, 12), "https://example.org/minutes"),
    letter_version="2",
    letter_language="fr",
    signed_at=datetime(2024, 7, 19, 16, 0, 5, 1200, tzinfo=UTC),
    note="Élan; suite",
    testimony="250 k€ = quatre ans de salaire",
    letter_current=True,
    reconfirmed_at=datetime(2024, 7, 20, 9, 0, tzinfo=UTC),
)
SILENT = Signatory(organisation="Muette", standing="deciding", deciding_until=date(2024, 9, 1))

NASTY = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="=+-@\t\r\n ;,\"'a1\u200b\ufeff＝", max_size=12),
    st.text(alphabet="<>[]()!*_`~#&|\\:/. \n1-+=ahtpsw@", max_size=25),
    st.sampled_from(
        [
            "=1+1",
            " \t@SUM(A1)",
            "a;=cmd|x",
            "![x](https://evil.example/x.png)",
            "<img src=x>",
            "https://evil.example",
        ]
    ),
)
ROWS = st.builds(
    Signatory,
    organisation=NASTY,
    standing=st.sampled_from(["silent", "signed", "declared"]),
    number=st.none() | st.integers(1, 9999),
    website=NASTY | st.just("https://example.org"),
    level=st.none() | st.sampled_from(["declared", "confirmed", "verified", "rejected", "withdrawn"]),
    network=NASTY,
    address=NASTY,
    person=NASTY,
    role=NASTY,
    funded=st.none() | st.sampled_from(["direct", "indirect", "none"]),
    mandate=st.none() | st.builds(Mandate, NASTY, st.none() | st.dates(), NASTY),
    letter_version=NASTY,
    letter_language=NASTY,
    signed_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    note=NASTY,
    deciding_until=st.none() | st.dates(),
    testimony=NASTY,
    letter_current=st.none() | st.booleans(),
    reconfirmed_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)
LISTS = st.builds(
    SignatoryList,
    campaign=NASTY,
    generated_at=st.datetimes(timezones=st.just(UTC)),
    signatories=st.lists(ROWS, max_size=4).map(tuple),
)


def listed(*rows: Signatory, **more: Any) -> SignatoryList:
    return SignatoryList("NGI", NOW, rows, **more)


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_formats() -> None:
    assert {name: (each.extension, each.media_type) for name, each in FORMATS.items()} == {
        "csv": ("csv", "text/csv"),
        "json": ("json", "application/json"),
        "markdown": ("md", "text/markdown"),
    }


# --- JSON ---


def test_json_is_for_people_too() -> None:
    text = FORMATS["json"].write(listed(PICASOFT, SILENT)).decode()
    document = json.loads(text)
    assert list(document) == ["campaign", "generated_at", "signatories"]
    assert document["generated_at"] == "2024-07-20T12:30:00+00:00"
    first = document["signatories"][0]
    assert list(first) == sorted(first)
    assert set(first) == {field.name for field in fields(Signatory)}
    assert first["mandate"] == {
        "day": "2024-06-12",
        "kind": "assembly",
        "link": "https://example.org/minutes",
    }
    assert first["signed_at"] == "2024-07-19T16:00:05.001200+00:00"
    assert "trésorière" in text


@given(LISTS)
@example(listed(Signatory(organisation="half a pair \ud83d", standing="signed")))
def test_json_loses_nothing(whole: SignatoryList) -> None:
    document = json.loads(FORMATS["json"].write(whole).decode())
    assert document["campaign"] == whole.campaign
    assert datetime.fromisoformat(document["generated_at"]) == whole.generated_at
    assert tuple(read_json(each) for each in document["signatories"]) == whole.signatories


def read_json(row: dict[str, Any]) -> Signatory:
    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    mandate = row["mandate"]
    return Signatory(
        **{
            **row,
            "mandate": mandate and Mandate(mandate["kind"], day(mandate["day"]), mandate["link"]),
            "signed_at": row["signed_at"] and datetime.fromisoformat(row["signed_at"]),
            "deciding_until": day(row["deciding_until"]),
            "reconfirmed_at": row["reconfirmed_at"] and datetime.fromisoformat(row["reconfirmed_at"]),
        }
    )


# --- CSV ---


def test_csv_opens_in_a_spreadsheet() -> None:
    data = FORMATS["csv"].write(listed(PICASOFT, SILENT))
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == 3
    header, first, second = read_csv(data)
    assert tuple(header) == tuple(f"{one} (UTC)" if one in TIMES else one for one in COLUMNS)
    row = dict(zip(header, first, strict=True))
    assert row["role"] == "trésorière"
    assert row["number"] == "1"
    assert (row["mandate"], row["mandate_day"]) == ("assembly", "2024-06-12")
    assert row["signed_at (UTC)"] == "2024-07-19 16:00:05"
    assert dict(zip(header, second, strict=True))["deciding_until"] == "2024-09-01"
    assert (row["letter_current"], row["reconfirmed_at (UTC)"]) == ("yes", "2024-07-20 09:00:00")
    assert dict(zip(header, second, strict=True))["letter_current"] == ""


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+33 6", "'+33 6"),
        ("-1", "'-1"),
        ("@ada:example.org", "'@ada:example.org"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("  =1", "'  =1"),
        ("\u200b\ufeff=1", "'\u200b\ufeff=1"),
        ("＝1", "'＝1"),
        ("a;=1", "a;'=1"),
        (";=1", ";'=1"),
        ("\t=1", "'\t'=1"),
        ("a\n- b", "a\n'- b"),
        ("a=b - c@d", "a=b - c@d"),
        ("", ""),
    ],
)
def test_the_guard(cell: str, expected: str) -> None:
    assert guarded(cell) == expected


@given(LISTS)
def test_csv_says_the_same_and_no_cell_is_a_formula(whole: SignatoryList) -> None:
    data = FORMATS["csv"].write(whole)
    header, *rows = read_csv(data)
    assert len(rows) == len(whole.signatories)
    for signatory, cells in zip(whole.signatories, rows, strict=True):
        row = dict(zip(header, cells, strict=True))
        for column in ("organisation", "website", "person", "note", "testimony", "address", "role"):
            assert row[column] == guarded(getattr(signatory, column))
        read = datetime.fromisoformat(row["signed_at (UTC)"]) if row["signed_at (UTC)"] else None
        assert read == (signatory.signed_at and signatory.signed_at.replace(microsecond=0, tzinfo=None))
        for cell in cells:
            assert not cell.startswith(("\t", "\r"))
            # However a spreadsheet splits it, no part begins with a sign.
            for part in re.split(r"[;\t\r\n]", cell):
                assert not part.strip(" \u200b\ufeff").startswith(("=", "+", "-", "@", "＝"))


# --- Markdown ---

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def test_markdown_lists_who_signed_and_nobody_else() -> None:
    declared = Signatory(organisation="Perhaps", standing="declared", level="declared")
    rejected = Signatory(organisation="Never", standing="silent", level="rejected")
    page = FORMATS["markdown"].write(listed(PICASOFT, SILENT, declared, rejected)).decode()
    assert page == (
        "# NGI\n\n"
        "- [Picasoft](https://picasoft.example.org/a_%28b%29?c=d&amp;copy=1)\n\n"
        "  > 250 k€ = quatre ans de salaire\n"
    )
    assert "- Perhaps" in FORMATS["markdown"].write(listed(declared, counts_from="declared")).decode()


@pytest.mark.parametrize("word", ["deciding", "declined", "withdrawn"])
def test_markdown_names_no_organisation_that_said_otherwise_itself(word: Standing) -> None:
    declared = Signatory(organisation="Perhaps", standing=word, level="declared")
    assert "Perhaps" not in FORMATS["markdown"].write(listed(declared, counts_from="declared")).decode()


def test_markdown_keeps_who_signed_an_earlier_version_apart() -> None:
    earlier = Signatory(
        organisation="Before",
        standing="signed",
        level="confirmed",
        letter_version="1",
        letter_language="fr",
        letter_current=False,
    )
    declared = replace(earlier, organisation="Perhaps", level="declared")
    page = FORMATS["markdown"].write(listed(earlier, replace(PICASOFT, testimony=""), declared)).decode()
    assert page == (
        "# NGI\n\n"
        "- [Picasoft](https://picasoft.example.org/a_%28b%29?c=d&amp;copy=1)\n\n"
        "## Version 1 \\(fr\\)\n\n"
        "- Before\n"
    )


def test_ordinary_names_stay_readable() -> None:
    assert escaped("L'Échappée & Co") == "L'Échappée &#38; Co"
    assert escaped("La Contre-Voie") == r"La Contre\-Voie"


@given(NASTY, NASTY, st.just("https://example.org/") | NASTY)
@example("# x", "> y", "https://example.org/)[x](https://evil.example")
@example("a@evil.example", "www.evil.example", "javascript:alert(1)")
@example("", "", "")
def test_nothing_typed_makes_markup(name: str, testimony: str, website: str) -> None:
    row = Signatory(
        organisation=name, website=website, testimony=testimony, standing="signed", level="verified"
    )
    page = FORMATS["markdown"].write(listed(row, PICASOFT)).decode()
    tokens = READER.parse(page)
    assert [token.type for token in tokens].count("list_item_open") == 2
    allowed = {"heading", "paragraph", "bullet_list", "list_item", "blockquote", "inline"}
    assert {re.sub(r"_(open|close)$", "", token.type) for token in tokens} <= allowed
    texts, links = [], []
    for token in tokens:
        if token.type == "inline":
            assert {child.type for child in token.children or []} <= {"text", "link_open", "link_close"}
            texts.append("".join(child.content for child in token.children or []))
            links += [child.attrs["href"] for child in token.children or [] if child.type == "link_open"]
    shown = [shown_as(text) for text in ("NGI", name, testimony, PICASOFT.organisation, PICASOFT.testimony)]
    assert [text.replace("\u2060", "") for text in texts if text] == [text for text in shown if text]
    mine = website.startswith(("http://", "https://"))
    assert len(links) == 1 + mine
    if mine:
        assert str(links[0]).startswith(("http://", "https://"))


def shown_as(text: str) -> str:
    """What is left of a text on one line, without what cannot be seen."""
    kinds = {character: unicodedata.category(character) for character in text}
    kept = (" " if kinds[each] == "Cc" else each for each in text if kinds[each] not in {"Cf", "Cs"})
    return " ".join("".join(kept).split())


@given(NASTY)
def test_nothing_typed_can_be_taken_for_an_address(text: str) -> None:
    seen = html.unescape(re.sub(r"\\(.)", r"\1", escaped(text)))
    assert not re.search(r"@\w|://|www\.", seen, re.IGNORECASE)


def test_a_link_keeps_its_target() -> None:
    page = FORMATS["markdown"].write(listed(PICASOFT)).decode()
    link = next(
        child for token in READER.parse(page) for child in token.children or [] if child.type == "link_open"
    )
    assert unquote(str(link.attrs["href"])) == PICASOFT.website


def test_rows_can_be_stored_by_pydantic() -> None:
    kept = TypeAdapter(Signatory)
    assert kept.validate_json(kept.dump_json(PICASOFT)) == PICASOFT


def read_row(listed: SignatoryList, language: str) -> dict[str, str]:
    text = FORMATS["csv"].write(listed, language).decode("utf-8-sig")
    return next(csv.DictReader(io.StringIO(text, newline=""), delimiter=SEPARATORS[language]))


def test_a_spreadsheet_splits_at_what_its_language_splits_at() -> None:
    """Excel takes the list separator of the system: a comma in English, a semicolon where numbers have a comma."""
    for language, separator, other in (("en", ",", ";"), ("fr", ";", ",")):
        lines = FORMATS["csv"].write(listed(PICASOFT), language).decode("utf-8-sig").split("\r\n")
        assert lines[0].count(f'"{separator}"') == len(COLUMNS) - 1
        assert other not in lines[0]


def test_times_are_those_of_the_campaigns_clock_which_the_heading_names_and_a_spreadsheet_reads_them() -> (
    None
):
    winter = replace(PICASOFT, signed_at=datetime(2024, 1, 19, 22, 30, tzinfo=UTC), reconfirmed_at=None)
    for row, said in ((PICASOFT, "2024-07-19 18:00:05"), (winter, "2024-01-19 23:30:00")):
        paris = listed(row, timezone="Europe/Paris")
        french, english = read_row(paris, "fr"), read_row(paris, "en")
        assert french["signée le (Europe/Paris)"] == english["signed_at (Europe/Paris)"] == said


def test_a_spreadsheet_in_french_has_no_word_of_ours_in_english() -> None:
    assert set(FRENCH) == {*COLUMNS, *get_args(Standing), *LEVELS, *FUNDED, *MANDATES, "yes", "no"}
    listed = SignatoryList("Des communs", NOW, (PICASOFT,))
    english, french = (read_row(listed, language) for language in ("en", "fr"))
    assert (french["réponse"], french["niveau"], french["mandat"]) == ("signée", "confirmée", "assemblée")
    # What people typed is theirs.
    assert [french[FRENCH[one]] for one in ("organisation", "role", "website")] == [
        english[one] for one in ("organisation", "role", "website")
    ]


def test_only_what_is_published_counts_its_signatures() -> None:
    assert [name for name, one in FORMATS.items() if one.public] == ["markdown"]
    declared = replace(PICASOFT, organisation="Serveur du Coin", standing="declared", level="declared")
    listed = SignatoryList("Des communs", NOW, (PICASOFT, declared))
    assert listed.published.signatories == (PICASOFT,)
    assert replace(listed, counts_from="declared").published.signatories == (PICASOFT, declared)
