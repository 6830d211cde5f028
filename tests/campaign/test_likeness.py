"""What may be the same organisation, and what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.organisation import CLOSE, SAME, Names
from campaign.organisation.likeness import likeness, profile


def alike(one: str, other: str, site: str = "", other_site: str = "") -> float:
    return likeness(profile(one, site), profile(other, other_site))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alsace Réseau Neutre", "ARN"),
        ("Alsace Réseau Neutre", "A.R.N."),
        ("Alsace Réseau Neutre (ARN)", "Alsace Réseau Neutre"),
        ("ARN – Alsace Réseau Neutre", "ARN"),
        ("Réseau Alsace Neutre", "Alsace Réseau Neutre"),
        ("Deuxfleurs", "Deux Fleurs"),
        ("La Contre-Voie", "contrevoie"),
        ("L'Échappée Belle", "L Echappee belle"),
        ("L'Échappée Belle", "lechappée belle"),
        ("Picasoft", "picasoft.fr"),
        ("Picasoft", "https://www.picasoft.net/"),
        ("Picasoft", "Picassoft"),
        ("Fédération des Ruches", "Féd. des Ruches"),
        ("Fédération des Ruches", "Federation des Ruches"),
        ("Ligue pour le logiciel libre", "League for free software"),
        ("Liga für freie Software", "Ligue pour le logiciel libre"),
        ("Le collectif Picasoft", "Picasoft"),
        ("Picasoft – hébergement libre à Compiègne", "Picasoft"),
        ("Saint-Malo Ouverte", "St Malo ouverte"),
        ("Pica\u200bsoft", "Ｐｉｃａｓｏｆｔ"),
        ("Рicasoft", "Picasoft"),
    ],
)
def test_names_that_may_be_one_organisation_s(one: str, other: str) -> None:
    assert alike(one, other) >= SAME
    assert alike(other, one) == pytest.approx(alike(one, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Attentifs Lyon", "Attentifs Nantes"),
        ("Les Ruches de Saint-Étienne", "Les Ruches de Saint-Malo"),
        ("Union section 12", "Union section 13"),
        ("Rencontres du libre 2024", "Rencontres du libre 2025"),
        ("Ruches Nord", "Ruches Sud"),
        ("Fondation Nubo", "Syndicat Nubo"),
        ("Nubo", "Nuba"),
        ("Les Amis du Pain", "Les Amis du Bain"),
        ("Collectif", "Collectif des Ruches"),
        ("Ruches Jeunes", "Ruches Femmes"),
        ("AB", "Alsace Bois"),
        ("", "Picasoft"),
    ],
)
def test_names_that_only_look_alike_are_two(one: str, other: str) -> None:
    assert alike(one, other) < SAME
    assert alike(other, one) < SAME


def test_the_site_counts() -> None:
    assert alike("Les Ruches", "Abeilles et Cie", "https://ruches.example", "www.ruches.example/") >= SAME
    assert (
        alike("Les Ruches", "Abeilles et Cie", "https://ruches.example", "https://abeilles.example") < CLOSE
    )
    # A federation's groups share its site and half their name.
    assert alike("Ruches Lyon", "Ruches Nantes", "https://ruches.example/", "https://ruches.example") < SAME
    assert alike("Ruches", "Ruches Lyon", "ruches.example", "ruches.example/lyon") < SAME
    # A site of many says nothing.
    assert alike("Les Ruches", "Abeilles", "https://facebook.com/", "https://facebook.com/") < CLOSE
    # One letter, and each has a site of its own: two.
    assert alike("Drazovélo", "Drajovélo", "https://drazo.example", "https://drajo.example") < SAME


def test_an_organisation_is_found_by_its_site_whatever_its_name() -> None:
    known = Names([(1, "Les Ruches", "https://www.ruches.example"), (2, "Les Vignes", "")])
    assert [one.id for one in known.closest("ruches.example")] == [1]
    assert [one.id for one in known.closest("Abeilles de Savoie", "http://ruches.example")] == [1]


def test_names_that_are_gone_are_suggested_no_more_and_new_ones_are() -> None:
    known = Names([(1, "Picasoft", ""), (2, "Deuxfleurs", "")])
    assert [one.id for one in known.closest("Picassoft")] == [1]
    known.refresh([(2, "Deuxfleurs", ""), (3, "Picasofts", "")])
    assert [one.id for one in known.closest("Picassofts")] == [3]
    known.refresh([])
    assert known.closest("Deuxfleurs") == []
    assert len(known) == 0
    known.refresh([(4, "Deuxfleurs", "")])
    assert [one.id for one in known.closest("Deux fleurs")] == [4]


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=30), st.text(max_size=30))
@settings(deadline=None)
def test_whatever_is_compared_the_likeness_is_one_and_the_same_both_ways(
    one: str, other: str, site: str, other_site: str
) -> None:
    there = alike(one, other, site, other_site)
    assert 0 <= there <= 100
    if profile(one).normal:
        assert alike(one, one) == 100


@given(st.lists(st.text(max_size=20), max_size=8), st.text(max_size=20))
@settings(deadline=None)
def test_what_the_index_suggests_is_known_and_close(names: list[str], sought: str) -> None:
    known = Names((number, name, "") for number, name in enumerate(names))
    for found in known.closest(sought):
        assert names[found.id] == found.name
        assert found.likeness >= CLOSE
    assert not profile(sought).normal or sought not in names or known.closest(sought)[0].likeness == 100
