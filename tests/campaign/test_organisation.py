from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaign.errors import CampaignError
from campaign.organisation import NAME_LIMIT, closest, domain_of, folded, normal_form, tidy_name, tidy_url


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Picasoft", "PICASOFT"),
        ("Picasoft", "Association Picasoft"),
        ("Picasoft", "picasoft (asso)"),
        ("Picasoft", "Picasoft, association loi 1901"),
        ("Picasoft", "https://www.Picasoft"),
        ("Picasoft", "www.picasoft"),
        ("Picasoft", "Pica\u200bsoft"),
        ("Picasoft", "Ｐｉｃａｓｏｆｔ"),
        ("Alsace Réseau Neutre", "alsace reseau neutre"),
        ("Alsace Réseau Neutre", "Alsace Re\u0301seau  Neutre"),
        ("La Contre-Voie", "la contre voie"),
        ("Chaos Treff e.V.", "Chaos Treff eV"),
        ("Chaos Treff e. V.", "chaos treff"),
        ("Le Bureau S.A.R.L.", "SARL Le Bureau"),
        ("Cœur Libre", "coeur libre"),
        ("Straße GmbH", "STRASSE"),
        ("Domaine Public asbl", "Domaine public"),
        ("Foo Ltd.", "foo"),
        ("Foo S. A. R. L.", "foo"),
        ("Foo, Sàrl", "foo"),
        ("Verein Foo", "foo"),
        ("Foo gGmbH", "foo"),
        ("Foo GmbH & Co. KG", "foo"),
        ("Foo UG (haftungsbeschränkt)", "foo"),
        ("Foo eingetragener Verein", "foo"),
        ("Asociación Foo", "foo"),
        ("Foo, S. Coop.", "foo"),
        ("Foo S.L.U.", "foo"),
        ("Associazione Foo APS", "foo"),
        ("Foo ONLUS", "foo"),
        ("Foo S.r.l.", "foo"),
        ("Foo Società Cooperativa a r. l.", "foo"),
        ("Foo vzw", "foo"),
        ("Foo BVBA", "foo"),
        ("Foo CIC", "foo"),
        ("Foo, Inc.", "foo"),
        ("Foo SCIC SA", "foo"),
        ("Foo (association loi du 1er juillet 1901)", "foo"),
        ("L\u02bcÉchappée", "L’échappée"),
    ],
)
def test_names_that_are_one(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Picasoft", "Picasoft Nord"),
        ("Association", "SAS"),
        ("Libre en Communs", "Libre"),
        ("कि", "का"),
        ("क्या", "कया"),
        ("Deux Fleurs 1", "Deux Fleurs 2"),
        ("Fondation Foo", "Syndicat Foo"),
        ("Stiftung Foo", "Foo"),
        ("Foo Lyon", "Foo Nantes"),
        ("Foo Nord", "Foo Sud"),
        ("Foo SC", "Foo"),
        ("Foo & Bar", "Foo Bar Baz"),
    ],
)
def test_names_that_are_two(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def test_a_name_that_is_only_a_legal_form_keeps_it() -> None:
    assert normal_form("Association") == "association"
    assert normal_form("S.A.S.") == "sas"
    assert normal_form("…") == ""


@given(st.text())
@example("İSTANBUL e.V. e.V.")
@example("association asso SAS www.https://www.x")
@example("Ǿre")
@example("s.a. r.l")
@example("\u0345ͅ")
def test_the_normal_form_is_idempotent(name: str) -> None:
    form = normal_form(name)
    assert normal_form(form) == form
    assert folded(folded(name)) == folded(name)
    assert form == " ".join(form.split())


@given(st.text(alphabet="abcé '-.ASBL", max_size=20), st.sampled_from(["association", "asbl", "SAS", "e.V."]))
def test_a_legal_form_at_the_end_does_not_count(name: str, legal: str) -> None:
    if normal_form(name):
        assert normal_form(f"{name} {legal}") == normal_form(name)


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("  Picasoft \t\n asso ", "Picasoft asso"),
        ("Re\u0301seau", "Réseau"),
        ("Pica\u200bsoft\u202e\ufeff", "Picasoft"),
        ("Pica\u0000soft", "Pica soft"),
        ("L'Échappée-Belle (Lyon)", "L'Échappée-Belle (Lyon)"),
        ("framasoft.org", "framasoft.org"),
        ("42", "42"),
        ("自由软件", "自由软件"),
        ("Org & Co", "Org & Co"),
        ("Le Collectif Libre", "Le Collectif Libre"),
        ("Structure Libre", "Structure Libre"),
        ("C++ Alliance", "C++ Alliance"),
        ("Ab" * (NAME_LIMIT // 2), "Ab" * (NAME_LIMIT // 2)),
    ],
)
def test_names_are_tidied(raw: str, tidy: str) -> None:
    assert tidy_name(raw) == tidy


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " \t ",
        "\u200b\u202e",
        "Ab" * NAME_LIMIT,
        "!!!",
        "🎉",
        "\u3164",
        "Nom de l'asso",
        "nom de votre association",
        "Nom de l’organisation",
        "your organisation",
        "Your Organization Name",
        "your name here",
        "Name of your organisation",
        "my org",
        "organisation",
        "Association",
        "<org>",
        "[Nom]",
        "{organisation}",
        "xxx",
        "N/A",
        "TODO",
        "<b>Picasoft</b>",
        "Picasoft <script>",
        "[Picasoft](https://example.org)",
        "Picasoft [site](https://example.org)",
        "**Picasoft**",
        "`Picasoft`",
        "Pica&#115;oft",
        "https://picasoft.example.org",
        "www.example.org",
        "contact@example.org",
        "=HYPERLINK(1)",
        "@picasoft",
        "+1",
        "-1",
    ],
)
def test_names_that_are_none_are_refused_with_what_to_do(raw: str) -> None:
    with pytest.raises(CampaignError) as refused:
        tidy_name(raw)
    assert refused.value.text.id


@given(st.text(max_size=140))
def test_a_tidy_name_is_visible_short_and_stays_as_it_is(raw: str) -> None:
    try:
        name = tidy_name(raw)
    except CampaignError:
        return
    assert tidy_name(name) == name
    assert 0 < len(name) <= NAME_LIMIT
    assert unicodedata.is_normalized("NFC", name)
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in name)
    assert name == " ".join(name.split())


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("example.org", "https://example.org"),
        ("Example.ORG/", "https://example.org"),
        (" <https://www.example.org/Qui-Sommes-Nous>. ", "https://www.example.org/Qui-Sommes-Nous"),
        ("HTTP://example.org:8080/a?b=c#d", "http://example.org:8080/a?b=c#d"),
        ("example.org:8443", "https://example.org:8443"),
        ("https://réseau.example.org", "https://réseau.example.org"),
        ("example.org.", "https://example.org"),
    ],
)
def test_addresses_are_tidied(raw: str, tidy: str) -> None:
    assert tidy_url(raw) == tidy
    assert tidy_url(tidy) == tidy


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "picasoft",
        "https://",
        "https://localhost/",
        "https://127.0.0.1/",
        "http://[::1]/",
        "http://[bad",
        "ftp://example.org",
        "javascript:alert(1)",
        "mailto:contact@example.org",
        "data:text/html,x",
        "https://user@example.org",
        "https://evil.example\\@example.org",
        "https://exa mple.org",
        "https://-a.example.org",
        "https://a-.example.org",
        "https://a..example.org",
        "https://example.org:99999",
        "https://example.org/<script>",
        "https://example.org/" + "a" * 500,
        "our site",
    ],
)
def test_what_is_no_address_is_refused(raw: str) -> None:
    with pytest.raises(CampaignError):
        tidy_url(raw)


@given(st.text(max_size=60) | st.text(alphabet="htps:/.@[]w#?ex-1é", max_size=30))
def test_a_tidy_address_is_on_the_web_and_stays_as_it_is(raw: str) -> None:
    try:
        url = tidy_url(raw)
    except CampaignError:
        return
    assert url.startswith(("https://", "http://"))
    assert tidy_url(url) == url
    assert "." in domain_of(url)


def test_the_domain_of_an_address() -> None:
    assert domain_of("https://www.Example.org:8443/x") == "example.org"
    assert domain_of("https://matrix.example.org") == "matrix.example.org"
    assert domain_of("") == ""
    assert domain_of("http://[bad") == ""


KNOWN = [
    (1, "Picasoft"),
    (2, "Alsace Réseau Neutre"),
    (3, "La Contre-Voie"),
    (4, "Deuxfleurs"),
    (5, "Libre en Communs"),
    (6, "Tila.im"),
    (7, "Underworld"),
    (8, "Microsillon"),
]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Picassoft", 1),
        ("picasoft.example.org", 1),
        ("ARN", 2),
        ("Alsace Reseau Neutre (ARN)", 2),
        ("contrevoie", 3),
        ("Deux Fleurs", 4),
        ("libre en comun", 5),
        ("tila", 6),
    ],
)
def test_close_names_are_suggested(typed: str, first: int) -> None:
    found = closest(typed, KNOWN)
    assert found
    assert found[0].id == first


@pytest.mark.parametrize("typed", ["Framasoft", "Zaclys", "", "!!", "la", "en", "Garbaye"])
def test_far_names_are_not(typed: str) -> None:
    assert closest(typed, KNOWN) == []


def test_aliases_of_one_organisation_make_one_suggestion() -> None:
    found = closest(
        "Picasoft", [(1, "Pica Soft Asso"), (1, "Picasoft"), (2, "Picasofts"), (3, "Picassot")], limit=2
    )
    assert [(each.id, each.name) for each in found] == [(1, "Picasoft"), (2, "Picasofts")]
