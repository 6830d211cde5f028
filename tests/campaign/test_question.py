"""Questions: what is refused, and which of them are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.errors import CampaignError
from campaign.question import (
    ANSWER_LIMIT,
    MOST_SOURCES,
    QUESTION_LIMIT,
    SAME,
    likeness,
    likest,
    normal_question,
    read_sources,
    tidy_answer,
    tidy_question,
)

SAME_QUESTION = [
    ("Où va l'argent ?", "ou va l’argent"),
    ("Où va l'argent ?", "Bonjour, où va l'argent svp ?"),
    ("Où va vraiment l'argent du programme ?", "Où va l'argent du programme ?"),
    ("Est-ce que l'argent s'arrête vraiment ?", "L'argent s'arrête vraiment ?"),
    ("Quelle est la feuille de route ?", "C'est quoi la feuille de route ?"),
    ("Quelle est la feuille de route de NLnet ?", "Quelle est la feuille de route pour NLnet ?"),
    ("Qui a écrit la lettre ?", "Qui est-ce qui a écrit cette lettre ?"),
    ("Quand la lettre sera-t-elle envoyée ?", "Quand est-ce que la lettre sera envoyée ?"),
    ("À qui la lettre sera-t-elle envoyée ?", "À qui sera envoyée la lettre ?"),
    ("Combien d'argent a reçu le programme en 2023 ?", "Combien d'argent le programme a-t-il reçu en 2023 ?"),
    ("Peut-on signer à titre individuel ?", "Est-ce qu'on peut signer à titre individuel ?"),
    ("Quel budget pour le programme ?", "Quel est le budget du programme ?"),
    ("Pourquoi le programme s'arrête ?", "Pourquoi le programme s'arrete-t-il"),
    ("Les associations belges peuvent-elles signer ?", "Les assos belges peuvent signer ?"),
    ("Is the money really going?", "is the money realy going"),
    ("Where does the money go?", "Where does all the money go?"),
    ("Where does the money go?", "Please, where is the money going?"),
    ("What is the roadmap?", "what's the roadmap"),
    ("Who wrote the letter?", "Who wrote this letter?"),
    ("When will the letter be sent?", "When is the letter sent?"),
    ("Can individuals sign the letter?", "Can an individual sign the letter?"),
    ("How much money did the programme get in 2023?", "How much money did this programme get in 2023?"),
    ("Why does the programme end?", "Why is the programme ending?"),
    ("Qui sera destinataire de la lettre ?", "Qui sont les destinataires de la lettre ?"),
    ("Is there a translation into Spanish?", "Is there any Spanish translation?"),
]
OTHER_QUESTION = [
    ("Où va l'argent ?", "D'où vient l'argent ?"),
    ("Qui a écrit la lettre ?", "Qui a signé la lettre ?"),
    ("Quand la lettre sera-t-elle envoyée ?", "À qui la lettre sera-t-elle envoyée ?"),
    ("Quel est le budget de 2023 ?", "Quel est le budget de 2024 ?"),
    ("Peut-on signer à titre individuel ?", "Peut-on signer à plusieurs ?"),
    ("Pourquoi le programme s'arrête ?", "Quand le programme s'arrête ?"),
    ("Le programme est-il reconduit ?", "Le programme n'est-il pas reconduit ?"),
    ("Quelle est la feuille de route ?", "Quel est le budget ?"),
    ("Qui finance NLnet ?", "Qui finance la campagne ?"),
    ("Combien d'associations ont signé ?", "Combien d'argent est en jeu ?"),
    ("Qui décide du budget ?", "Quand décide-t-on du budget ?"),
    ("Les associations belges peuvent-elles signer ?", "Les associations suisses peuvent-elles signer ?"),
    ("La lettre existe-t-elle en allemand ?", "La lettre existe-t-elle en italien ?"),
    ("Faut-il une assemblée générale pour signer ?", "Faut-il un logo pour signer ?"),
    ("Where does the money go?", "Where does the money come from?"),
    ("Who wrote the letter?", "Who signed the letter?"),
    ("Who decides on the budget?", "When is the budget decided?"),
    ("What was the budget of 2023?", "What was the budget of 2024?"),
    ("Can individuals sign?", "Can individuals donate?"),
    ("Is the programme renewed?", "Is the programme not renewed?"),
    ("What is the roadmap?", "What is the budget?"),
    ("When will the letter be sent?", "Where will the letter be sent?"),
    ("Is the letter in German?", "Is the letter in Italian?"),
    ("How much money is at stake?", "How many organisations have signed?"),
]


@pytest.mark.parametrize(("one", "other"), SAME_QUESTION)
def test_a_question_is_known_again(one: str, other: str) -> None:
    assert likeness(normal_question(one), normal_question(other)) >= SAME


@pytest.mark.parametrize(("one", "other"), OTHER_QUESTION)
def test_another_question_is_another(one: str, other: str) -> None:
    assert likeness(normal_question(one), normal_question(other)) < SAME


def test_who_asks_is_not_asked_what_they_mean_by_order() -> None:
    known = [(1, "where money go"), (2, "budget 2024"), (3, "where all money go now")]
    assert likest("Where does the money go?", known) == [1, 3]
    assert likest("What is the budget of 2023?", known) == []


@given(st.text(max_size=80))
def test_the_normal_form_stays(text: str) -> None:
    assert normal_question(normal_question(text)) == normal_question(text)


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_has_no_side(one: str, other: str) -> None:
    one, other = normal_question(one), normal_question(other)
    assert likeness(one, other) == pytest.approx(likeness(other, one))
    assert 0 <= likeness(one, other) <= 100


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ?!",
        "<question>",
        "[votre question]",
        "votre question",
        "your question here",
        "xxx",
        "3",
        "budget ?",
        "Where <b>does</b> it go?",
        "Is [this](https://example.org) it?",
        "is it " + "so " * QUESTION_LIMIT,
        "\u200b\u2066",
    ],
)
def test_what_is_no_question_is_refused(raw: str) -> None:
    with pytest.raises(CampaignError):
        tidy_question(raw)


def test_a_question_is_kept_as_it_is_read() -> None:
    assert tidy_question("  Où\u200b va \u202el'argent\u0000 ? ") == "Où va l'argent ?"
    assert tidy_question("a" * 149 + " " + "b" * 150) == "a" * 149 + " " + "b" * 150


def test_an_answer_says_something_and_ends() -> None:
    assert tidy_answer(" To\u200b NLnet. ") == "To NLnet."
    for raw in ("", " … ", "a" * (ANSWER_LIMIT + 1)):
        with pytest.raises(CampaignError):
            tidy_answer(raw)


def test_sources_are_links_each_once() -> None:
    assert read_sources("nlnet.nl, https://example.org/a https://example.org/a") == [
        "https://nlnet.nl",
        "https://example.org/a",
    ]
    assert read_sources("") == []
    too_many = " ".join(f"https://example.org/{n}" for n in range(MOST_SOURCES + 1))
    for raw in (
        "ftp://example.org",
        "javascript:alert(1)",
        "https://user:pw@example.org",
        "nowhere",
        too_many,
    ):
        with pytest.raises(CampaignError):
            read_sources(raw)
