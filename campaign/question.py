"""Questions about a letter: tidied, compared, and recognised when they are asked again in other words."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, TypeVar

from rapidfuzz import fuzz

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import folded, tidy_url

if TYPE_CHECKING:
    from collections.abc import Iterable

Id = TypeVar("Id")

QUESTION_LIMIT = 300
"""The longest question, in characters."""
ANSWER_LIMIT = 1000
"""The longest answer, in characters: it is read on phones, and a source says the rest."""
MOST_SOURCES = 5
"""How many links an answer may give."""
MOST_OPEN = 5
"""How many questions of one person may be open in a campaign at once."""
MOST_OF_STRANGERS = 20
"""How many may be open of people who speak for none of the campaign's organisations, all together."""
SAME = 80
"""From which likeness (0 to 100) on a question counts as asked before; found by trying those in the tests."""
ONE_WORD = 75
"""From which likeness on two words are forms of one, or one of them is misspelt."""
NEAR = 60
"""From which likeness on a search shows a question."""

# --- tidying -------------------------------------------------------------------------------------------

_STANDS_FOR_ONE = re.compile(
    r"(?:(?:votre|ta|ma|la|une|your|my|the|a) )?(?:question|texte?|text)(?: (?:ici|here))?|todo|tbd|x{3,}|test"
)
"""Folded questions that nobody asks: what an example leaves to be filled in."""
_BRACKETED = re.compile(r"[<\[{(][^<>\[\]{}()]*[>\]})]")
_MARKUP = re.compile(r"<[/!?]?[a-z][^>]*>|\]\(|&(?:#\w+|[a-z]+);", re.IGNORECASE)


def tidy_question(raw: str) -> str:
    """Clean a question as typed: NFC, single spaces, nothing invisible or that turns text around.

    Raises CampaignError, which says what to do, for one that is a placeholder, markup, a number or a single word, or
    is longer than `QUESTION_LIMIT`.
    """
    text = _visible(raw)
    bare = folded(text)
    if not bare or _BRACKETED.fullmatch(text) or _STANDS_FOR_ONE.fullmatch(bare):
        raise CampaignError(say(N_("Please put your question in the place of “{text}”."), text=text or "…"))
    if bare.isdecimal():
        raise CampaignError(
            say(N_("To read question {number}: {context}"), number=bare, context=Typed("context", bare))
        )
    if _MARKUP.search(text):
        raise CampaignError(say(N_("Your question contains markup: please type it as plain text.")))
    if len(text) > QUESTION_LIMIT:
        raise CampaignError(
            say(
                N_("Your question has {count} characters, {limit} is the most: please shorten it."),
                count=len(text),
                limit=QUESTION_LIMIT,
            )
        )
    if len(bare.split()) == 1:
        raise CampaignError(say(N_("“{text}” is one word: please ask a whole question."), text=text))
    return text


def tidy_answer(raw: str) -> str:
    """Clean an answer as typed; it may be any text, up to `ANSWER_LIMIT`. Raises CampaignError."""
    text = _visible(raw)
    if not any(character.isalnum() for character in text):
        raise CampaignError(say(N_("The answer is missing: please type it after the number.")))
    if len(text) > ANSWER_LIMIT:
        raise CampaignError(
            say(
                N_(
                    "The answer has {count} characters, {limit} is the most: please shorten it, and link the rest with {source}"
                ),
                count=len(text),
                limit=ANSWER_LIMIT,
                source="source=",
            )
        )
    return text


def read_sources(raw: str) -> list[str]:
    """Read the links of an answer, parted by spaces or commas, each once. Raises CampaignError for what is no link."""
    found = list(dict.fromkeys(tidy_url(one) for one in re.split(r"[\s,;]+", raw.strip()) if one))
    if len(found) > MOST_SOURCES:
        raise CampaignError(
            say(
                N_("An answer can have {limit} links at most: please keep the best ones."), limit=MOST_SOURCES
            )
        )
    return found


def _visible(raw: str) -> str:
    """Text in NFC without what shows nothing or turns other text around."""
    kept = (
        " " if unicodedata.category(one) == "Cc" else one
        for one in raw
        if unicodedata.category(one) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


# --- comparing -----------------------------------------------------------------------------------------

_ASKING = {
    **dict.fromkeys(("qui", "who", "whom"), "who"),
    **dict.fromkeys(("quand", "when"), "when"),
    **dict.fromkeys(("ou", "where"), "where"),
    **dict.fromkeys(("pourquoi", "why"), "why"),
    **dict.fromkeys(("comment", "how"), "how"),
    **dict.fromkeys(("combien", "much", "many"), "howmuch"),
}
"""What is asked for, in French and English: who decides is not when it is decided. (`où` without its accent is `ou`,
and is asked for only where a question begins with it.)"""
_LITTLE = """
le la les l un une des du de d et a au aux en dans par pour sur est sont etait sera ce c cet cette ces
que qu quel quelle quels quelles il ils elle elles on nous vous y se s si ne n t je j tu svp merci bonjour salut
sait savoir peut pouvez
the an is are was were be been will would do does did done to of in on for it its this that these those there
what which we you they i at by and please hello hi anyone anybody know knows can could any some into
"""
_EMPTY = frozenset(_LITTLE.split())
"""Words that say little: without them, what is asked remains."""


_SHORT = {
    "asso": "association",
    "assos": "associations",
    "orga": "organisation",
    "orgas": "organisations",
    "orgs": "organisations",
}


def normal_question(text: str) -> str:
    """Bring a question to the form under which it is found again: its words that say something, in their order.

    Case, accents, punctuation, articles and politeness do not count. What has no other words keeps them.
    """
    words = [_SHORT.get(word, word) for word in folded(text).split()]
    return " ".join(word for word in words if word not in _EMPTY) or " ".join(words)


def likeness(one: str, other: str, least: float = 0) -> float:
    """Say how alike two questions are (0 to 100), given in their normal form; below `least`, more or less.

    Questions that name other numbers (2024, 2025), ask for another thing (who, when) or deny what the other says are
    not alike, however few letters part them.
    """
    if one == other:
        return 100
    if _marks(one) != _marks(other):
        return 0
    asked, also = _asks(one), _asks(other)
    if asked and also and asked != also:
        return 0
    best = fuzz.token_sort_ratio(one, other)
    # Every word of one in the other: said at greater length. Two words are in many a question.
    if min(len(one.split()), len(other.split())) > 2:  # noqa: PLR2004
        best = max(best, 0.85 * fuzz.token_set_ratio(one, other))
    if best < least:
        return best
    # With a word more it is the same at greater length; with a word in another's place, it asks for something else.
    return 0.8 * best if _left_over(one, other) and _left_over(other, one) else best


def _left_over(one: str, other: str) -> bool:
    """Whether one says a word of which the other has no form."""
    theirs = other.split()
    return any(not any(_one_word(mine, word) for word in theirs) for mine in one.split())


def _one_word(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long.startswith(short) or (len(short) > 3 and fuzz.ratio(one, other) >= ONE_WORD)  # noqa: PLR2004


def holds(normal: str, wanted: str) -> bool:
    """Whether each of some words, or another form of it, stands in a text; both in their normal form."""
    said = normal.split()
    return all(
        any(one == word or (len(one) > 2 and _one_word(one, word)) for word in said)  # noqa: PLR2004 - a word's beginning
        for one in wanted.split()
    )


def likest(text: str, known: Iterable[tuple[Id, str]], least: float = SAME) -> list[Id]:
    """Return those of the known questions (each with its normal form) that are at least so like this one, best first."""
    wanted = normal_question(text)
    found = [(likeness(wanted, normal, least), which) for which, normal in known]
    return [which for score, which in sorted(found, key=lambda each: -each[0]) if score >= least]


def _marks(normal: str) -> frozenset[str]:
    words = normal.split()
    denied = {
        "not" for word in words if word in ("pas", "not", "jamais", "never", "sans", "without", "non", "no")
    }
    return frozenset(denied | {word for word in words if any(character.isdigit() for character in word)})


def _asks(normal: str) -> frozenset[str]:
    words = normal.split()
    asked = {_ASKING[word] for word in words if word in _ASKING and word != "ou"}
    if words and words[0] == "ou":
        asked.add("where")
    if "howmuch" in asked:
        asked.discard("how")
    return frozenset(asked)
