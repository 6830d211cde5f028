"""The organisations' file is read in either language, and what is wrong in it is said with line, column and value."""

from __future__ import annotations

import pytest

from bot.config import RosterLine, read_roster
from bot.config.roster import COLUMNS, IN_WORDS
from bot.texts import Catalogue, Wording
from campaign.chat import MATRIX, XMPP, Address
from commands.vocabulary import fold


def read(text: str | bytes, language: str = "en") -> tuple[tuple[RosterLine, ...], list[str]]:
    found, wrong = read_roster(text.encode() if isinstance(text, str) else text)
    return found, [Wording(language).plain([one]) for one in wrong]


def roster(*lines: str) -> tuple[list[str], list[str]]:
    found, wrong = read("\n".join(("name,aliases,website,representatives", *lines)))
    return [line.name for line in found], wrong


def test_an_organisation_is_read_with_all_that_stands_beside_it() -> None:
    (line,), wrong = read(
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
    (
        "Picasoft,,ftp://picasoft.example.org,",
        "website “ftp://picasoft.example.org”: “ftp://picasoft.example.org” is not a web address",
    ),
    ("Hublot,,,ana@example.org", "representatives “ana@example.org”: please write a full Matrix ID"),
    ("Nom de l'asso,,,", "name “Nom de l'asso”"),
    ("=HYPERLINK(1),,,", "name “=HYPERLINK(1)”"),
    ("Zaclys,<b>,,", "aliases “<b>”"),
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


BY_SEMICOLON = (
    'a semicolon where this file parts its values by a comma: mend it, or put the value in "quotes"'
)
BY_COMMA = 'a comma where this file parts its values by a semicolon: mend it, or put the value in "quotes"'


@pytest.mark.parametrize(
    ("header", "line", "said"),
    [
        ("name,website", "Racines Numériques;x", BY_SEMICOLON),
        ("name,website", "Racines Numériques;", BY_SEMICOLON),
        ("nom", "Racines Numériques;https://racines.example", BY_SEMICOLON),
        ("nom,alias,site,témoignage", "Racines;;https://racines.example;Oui, vraiment", BY_SEMICOLON),
        ("nom;site", "Les Jardiniers,https://j.example", BY_COMMA),
        (
            "nom;site",
            "Les Jardiniers\thttps://j.example",
            "a tab where this file parts its values by a semicolon",
        ),
        (
            "nom;site",
            "Les Jardiniers https://j.example",
            "nom “Les Jardiniers https://j.example”: a web address",
        ),
        (
            "nom,site",
            "Les Jardiniers;https://j.example,",
            "nom “Les Jardiniers;https://j.example”: a web address",
        ),
    ],
)
def test_a_line_parted_by_another_sign_than_its_file_is_said_and_the_others_are_read(
    header: str, line: str, said: str
) -> None:
    found, (wrong,) = read(f"{header}\nFramasoft\n\n{line}\nChapril\n")
    assert wrong.startswith(f"line 4: {said}")
    assert [one.name for one in found] == ["Framasoft", "Chapril"]


@pytest.mark.parametrize(
    ("header", "line", "name"),
    [
        ("name,website", '"Racines; Numériques"', "Racines; Numériques"),
        ("name,website", "Racines; Numériques,", "Racines; Numériques"),
        ("nom;site", '"Picasoft, asso"', "Picasoft, asso"),
        ("nom;site", '"Picasoft, asso";', "Picasoft, asso"),
        ("nom;site", "Picasoft, asso;https://p.example", "Picasoft, asso"),
        ("nom;alias;site", "Picasoft, asso;Pica", "Picasoft, asso"),
        ("nom", '"Picasoft, asso; ou non"', "Picasoft, asso; ou non"),
        ("nom;site", '"Picasoft,\nasso"', "Picasoft, asso"),
        ("nom,alias,site,domaine", 'Picasoft,"Pica;PS;La Pic"', "Picasoft"),
    ],
)
def test_a_name_with_a_comma_or_a_semicolon_in_it_is_read(header: str, line: str, name: str) -> None:
    (found,), wrong = read(f"{header}\n{line}\n")
    assert (found.name, wrong) == (name, [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "framasoft,,,",
            "“framasoft” stands in line 2 already (“Framasoft”): each name is one organisation's",
        ),
        ("Fripon,Association Framasoft,,", "“Association Framasoft” stands in line 2 already"),
        ("Soft,,,", "“Soft” stands in line 2 already (“SOFT”)"),
        ("Chapril,soft,,", "“soft” stands in line 2 already (“SOFT”)"),
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
        ("", "the first line has to name the columns: name, aliases"),
        ("Picasoft\nChapril\n", "the first line has to name the columns"),
        ("name,mail\nPicasoft,a\n", "line 1: column “mail” is not one of these: name, aliases, website"),
        ('name\n"' + "x" * 200_000, "line 2: this is not CSV"),
    ],
)
def test_what_is_no_roster_is_said(text: str, said: str) -> None:
    _, (found,) = read(text)
    assert said in found


def test_a_file_with_french_columns_in_any_order() -> None:
    (line,), wrong = read(
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
    (line,), wrong = read(f"name,funded\nPicasoft,{typed}\n")
    assert (line.funded, wrong) == (meant, [])


def test_without_a_domain_of_its_own_the_websites_is_meant() -> None:
    (line,), _ = read("name,website\nPicasoft,https://www.picasoft.example.org/about\n")
    assert line.domain == "picasoft.example.org"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "nom,financement\nPicasoft,beaucoup\n",
            "line 2: financement “beaucoup”: please write direct, indirect or none",
        ),
        ("name,domain\nPicasoft,not a domain\n", "line 2: domain “not a domain”: "),
        ("name,testimony\nPicasoft," + "x" * 301 + "\n", "”: 300 characters at most"),
        ("nom,suppléants\nPicasoft,bo\n", "line 2: suppléants “bo”: please write a full Matrix ID"),
        (
            "name,representatives,deputies\nPicasoft,@a:example.org,@a:example.org\n",
            "line 2: deputies “@a:example.org”: either a deputy or a representative, not both",
        ),
        ("name,nom\nPicasoft,Picasoft\n", "line 1: column “nom” is the same as “name”"),
    ],
)
def test_each_value_is_checked(text: str, said: str) -> None:
    _, (found,) = read(text)
    assert said in found


# --- what is said in French, and the character sets of spreadsheets

FRENCH = "nom;alias;site;représentants\nFibre Partagée;;;\nRacines Numériques;RN;;\n"


def test_columns_are_named_as_they_are_understood() -> None:
    known = {one for column, others in COLUMNS.items() for one in (column, *others)}
    for language in ("en", "fr"):
        named = [fold(one) for one in "".join(Catalogue.of(language).one(IN_WORDS)).split(", ")]
        assert set(named) <= known
        assert len(named) == len(COLUMNS)


def _plain(said: str) -> str:
    """The same with the spaces of a keyboard."""
    return said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "nom,courriel\nPicasoft,a\n",
            "ligne 1 : la colonne « courriel » n'est pas de celles-ci : nom, alias",
        ),
        ("nom,name\nPicasoft,a\n", "ligne 1 : la colonne « name » est la même que « nom »"),
        ("", "la première ligne doit nommer les colonnes : nom, alias, site"),
        ("nom,alias\n,Picasoft\n", "ligne 2 : la colonne nom est vide"),
        (
            "nom,site\nPicasoft,ftp://x\n",
            "ligne 2 : site « ftp://x » : « ftp://x » n'est pas une adresse web",
        ),
        ("nom\nPicasoft\npicasoft\n", "ligne 3 : « picasoft » figure déjà à la ligne 2 (« Picasoft »)"),
        (
            "nom\nPicasoft, asso\n",
            "ligne 2 : plus de valeurs que de colonnes : une valeur qui contient une virgule",
        ),
        (
            "nom;site\nPicasoft;;x\n",
            "ligne 2 : plus de valeurs que de colonnes : une valeur qui contient un point-virgule",
        ),
        (
            "nom\tsite\nPicasoft\t\tx\n",
            "ligne 2 : plus de valeurs que de colonnes : une valeur qui contient une tabulation",
        ),
        ('nom\n"' + "x" * 200_000, "ligne 2 : ce n'est pas du CSV"),
        (
            "nom,site\nRacines;x\n",
            "ligne 2 : un point-virgule alors que les valeurs de ce fichier sont séparées par une virgule : corrigez",
        ),
        (
            "nom;site\nRacines https://r.example\n",
            "une adresse web en fait partie, qui va dans la colonne « site »",
        ),
        ("nom\nRacines NumÃ©riques\n", "ligne 2 : nom « Racines NumÃ©riques » : ses accents sont abîmés."),
        ("nom\nVoilÃ\u00a0 l'asso\n", "ses accents sont abîmés. Enregistrez de nouveau le fichier"),
        ("nom\nRacines Num\ufffdriques\n", "ses accents sont abîmés."),
    ],
)
def test_who_speaks_french_is_told_so_in_french(text: str, said: str) -> None:
    found, (wrong,) = read(text, "fr")
    assert said in _plain(wrong)
    assert len(found) <= 1
    english = read(text)[1][0]
    assert english != wrong
    assert not any(word in f" {wrong} " for word in (" line ", " column ", " expected ", " please "))


@pytest.mark.parametrize("charset", ["latin-1", "cp1252", "mac-roman", "utf-16"])
def test_another_character_set_is_told_and_nothing_of_it_kept(charset: str) -> None:
    found, (wrong,) = read(FRENCH.encode(charset), "fr")
    assert found == ()
    wrong = _plain(wrong)
    assert "n'est pas en UTF-8. Enregistrez de nouveau le fichier" in wrong
    assert "CSV UTF-8" in wrong
    if charset != "utf-16":
        assert wrong.startswith("ligne 1 : « nom;alias;site;repr\ufffdsentants » n'est pas en UTF-8.")


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_spreadsheets_file_in_utf8_is_read(charset: str, ends: str) -> None:
    found, wrong = read(FRENCH.replace("\n", ends).encode(charset))
    assert not wrong
    assert [one.name for one in found] == ["Fibre Partagée", "Racines Numériques"]


@pytest.mark.parametrize(
    "name",
    ["Été", "L’Œuvre d’Île", "Ça ira", "Ærø Ångström", "Ωmega", "Café №5", "Straße", "Naïve Ñandú", "São Ã"],
)
def test_accents_that_are_meant_are_not_taken_for_garbled(name: str) -> None:
    (line,), wrong = read(f"nom\n{name}\n")
    assert (line.name, wrong) == (name, [])
