"""What is asked about a name before it is taken, and which links are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.errors import CampaignError
from campaign.organisation import doubt, tidy_name, tidy_url


@pytest.mark.parametrize(
    "raw",
    [
        "à compléter",
        "A REMPLIR",
        "Le nom de mon asso",
        "insérer le nom ici",
        "insert name here",
        "votre structure ici",
        "ma structure",
        "Organisation 1",
        "asso test",
        "test",
        "Lorem ipsum dolor sit amet",
        "particulier",
        "à titre personnel",
        "citoyen",
        "myself",
        "Raison sociale",
        "none",
        "aaa",
        "x",
        "qwerty",
        "(nom de l’organisation)",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
def test_what_only_stands_for_a_name_is_refused(raw: str) -> None:
    with pytest.raises(CampaignError):
        tidy_name(raw)


@pytest.mark.parametrize(
    "name",
    ["AA", "Test Achats", "Exemple à suivre", "Le Nom de la Rose", "Citoyens du Val", "42", "Sans Nom Fixe"],
)
def test_names_that_look_a_little_like_that_are_taken(name: str) -> None:
    assert tidy_name(name) == name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Camille Durandeau", "person"),
        ("DURANDEAU Camille", "person"),
        ("camille durandeau", "person"),
        ("Dr Ingrid Pélissol", "person"),
        ("Mme Durandeau", "person"),
        ("Jean-Baptiste Morvanec", "person"),
        ("Les Ruches / Les Vignes", "several"),
        ("Les Ruches + Les Vignes", "several"),
        ("Les Ruches; Les Vignes", "several"),
        ("Collectif Ruche et Association Vigne", "several"),
        ("Рicasoft", "alphabets"),
    ],
)
def test_names_that_have_to_be_asked_about(name: str, kind: str) -> None:
    found = doubt(name)
    assert found
    assert (found.kind, found.sure) == (kind, True)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Picasoft et Deuxfleurs", ("Picasoft", "Deuxfleurs")),
        ("Picasoft, Deuxfleurs", ("Picasoft", "Deuxfleurs")),
        ("Picasoft & Deuxfleurs", ("Picasoft", "Deuxfleurs")),
        ("Vélo et Territoires", ("Vélo", "Territoires")),
    ],
)
def test_names_that_are_two_if_one_of_them_is_known(name: str, parts: tuple[str, ...]) -> None:
    found = doubt(name)
    assert found
    assert (found.parts, found.sure) == (parts, False)


@pytest.mark.parametrize(
    "name",
    [
        "Picasoft",
        "Nuage Libre",
        "La Contre-Voie",
        "Fondation Camille Durandeau",
        "Café Rosa",
        "Camille",
        "Picasoft, association loi 1901",
        "Picasoft & Co",
        "24/7",
        "Ελεύθερο Λογισμικό",
        "Свободный Код",
        "自由软件",
        "Les Amis de Camille Durandeau",
    ],
)
def test_names_nobody_has_to_be_asked_about(name: str) -> None:
    assert doubt(name) is None


def test_who_gives_their_own_name_is_asked() -> None:
    assert doubt("Zébulon Kermadeg", said_by="zebulon kermadeg")
    assert doubt("Picasoft", said_by="Picasoft") is None


@given(st.text(max_size=80), st.text(max_size=20))
def test_a_doubt_names_parts_that_are_there(name: str, said_by: str) -> None:
    found = doubt(name, said_by)
    assert found is None or all(part in name for part in found.parts)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("https://example.com", "only an example"),
        ("http://www.example.com/site", "only an example"),
        ("votre-site.fr", "only an example"),
        ("https://bit.ly/3abc", "short link"),
        ("https://tinyurl.com/x", "short link"),
        ("http://192.168.1.10/", "number of a computer"),
        ("https://[2001:db8::1]/", "number of a computer"),
        ("http://localhost:8000", "reached by everybody"),
        ("https://serveur.local", "reached by everybody"),
        ("picasoft", "not a web address"),
        ("javascript:alert(1)", "not a web address"),
        ("JavaScript://example.net/%0aalert(1)", "not a web address"),
    ],
)
def test_links_that_lead_nowhere_are_refused_with_the_reason(raw: str, why: str) -> None:
    with pytest.raises(CampaignError) as refused:
        tidy_url(raw)
    assert why in refused.value.text.id
