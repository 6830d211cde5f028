"""The organisations' file is read in either language, and what is wrong in it is said with line, column and value."""

from __future__ import annotations

import pytest

from bot.config import read_roster
from campaign.chat import MATRIX, XMPP, Address


def roster(*lines: str) -> tuple[list[str], list[str]]:
    found, wrong = read_roster("\n".join(("name,aliases,website,representatives", *lines)))
    return [line.name for line in found], wrong


def test_an_organisation_is_read_with_all_that_stands_beside_it() -> None:
    (line,), wrong = read_roster(
        "Name;Aliases;Website;Representatives\n"
        " Alsace  Réseau Neutre ;ARN | A.R.N.;arn.example.org;@ana:example.org|xmpp:Bo@example.org\n"
    )
    assert not wrong
    assert line.name == "Alsace Réseau Neutre"
    assert line.aliases == ("ARN", "A.R.N.")
    assert line.website == "https://arn.example.org"
    assert line.representatives == (Address(MATRIX, "@ana:example.org"), Address(XMPP, "bo@example.org"))


ROSTER_MISTAKES: list[tuple[str, str]] = [
    (",alias,,", "name is missing"),
    ("Picasoft,,ftp://picasoft.example.org,", "website 'ftp://picasoft.example.org'"),
    ("Hublot,,,ana@example.org", "representatives 'ana@example.org'"),
    ("Nom de l'asso,,,", 'name "Nom de l\'asso"'),
    ("=HYPERLINK(1),,,", "name '=HYPERLINK(1)'"),
    ("Zaclys,<b>,,", "aliases '<b>'"),
    ("Picasoft, asso,,,", "more values than columns"),
]


@pytest.mark.parametrize(("line", "said"), ROSTER_MISTAKES)
def test_what_is_wrong_in_a_roster_is_said_with_its_line(line: str, said: str) -> None:
    _, (found,) = roster("Framasoft,,,", line, "Chapril,,,")
    assert found.startswith("line 3: ")
    assert said in found
    assert "{" not in found


def test_the_other_lines_of_a_roster_are_read_all_the_same() -> None:
    names, wrong = roster(*(line for line, _ in ROSTER_MISTAKES), "", "Chapril,,,")
    assert names[-1] == "Chapril"
    assert len(wrong) == len(ROSTER_MISTAKES)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("framasoft,,,", "'framasoft' — expected a name of its own: 'Framasoft' stands in line 2"),
        ("Fripon,Association Framasoft,,", "'Association Framasoft' — expected a name of its own"),
        ("Soft,,,", "'Soft' — expected a name of its own: 'SOFT' stands in line 2"),
        ("Chapril,soft,,", "'soft' — expected a name of its own: 'SOFT' stands in line 2"),
    ],
)
def test_two_lines_of_a_roster_with_one_name_are_said(line: str, said: str) -> None:
    names, (found,) = roster("Framasoft,SOFT|framasoft,,", line)
    assert names == ["Framasoft"]
    assert found.startswith("line 3: ")
    assert said in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a first line"),
        ("Picasoft\nChapril\n", "expected a first line"),
        ("name,mail\nPicasoft,a\n", "line 1: column 'mail' — expected one of name, aliases, website"),
        ('name\n"' + "x" * 200_000, "is not CSV"),
    ],
)
def test_what_is_no_roster_is_said(text: str, said: str) -> None:
    _, (found,) = read_roster(text)
    assert said in found


def test_a_file_with_french_columns_in_any_order() -> None:
    (line,), wrong = read_roster(
        "suppléants,Représentants,Témoignage,financement,domaine,site,Alias,Nom\n"
        "xmpp:bo@example.org,@ana:example.org,Quatre ans de salaire,indirect,arn.example,www.arn.example.org,ARN,Alsace Réseau Neutre\n"
    )
    assert not wrong
    assert (line.name, line.aliases) == ("Alsace Réseau Neutre", ("ARN",))
    assert (line.website, line.domain) == ("https://www.arn.example.org", "arn.example")
    assert (line.funded, line.testimony) == ("indirect", "Quatre ans de salaire")
    assert line.representatives == (Address(MATRIX, "@ana:example.org"),)
    assert line.deputies == (Address(XMPP, "bo@example.org"),)


@pytest.mark.parametrize(
    ("typed", "meant"), [("direct", "direct"), ("Indirecte", "indirect"), ("aucun", "none"), ("", "")]
)
def test_the_benefit_is_read_in_either_language(typed: str, meant: str) -> None:
    (line,), wrong = read_roster(f"name,funded\nPicasoft,{typed}\n")
    assert (line.funded, wrong) == (meant, [])


def test_without_a_domain_of_its_own_the_websites_is_meant() -> None:
    (line,), _ = read_roster("name,website\nPicasoft,https://www.picasoft.example.org/about\n")
    assert line.domain == "picasoft.example.org"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "nom,financement\nPicasoft,beaucoup\n",
            "line 2: financement 'beaucoup' — expected direct, indirect or none",
        ),
        ("name,domain\nPicasoft,not a domain\n", "line 2: domain 'not a domain' — "),
        ("name,testimony\nPicasoft," + "x" * 301 + "\n", " — expected 300 characters at most"),
        ("nom,suppléants\nPicasoft,bo\n", "line 2: suppléants 'bo' — expected a full Matrix ID"),
        (
            "name,representatives,deputies\nPicasoft,@a:example.org,@a:example.org\n",
            "line 2: deputies '@a:example.org' — expected a deputy, or a representative, not both",
        ),
        ("name,nom\nPicasoft,Picasoft\n", "line 1: column 'nom' — expected once: 'name' is the same"),
    ],
)
def test_each_value_is_checked(text: str, said: str) -> None:
    _, (found,) = read_roster(text)
    assert said in found
